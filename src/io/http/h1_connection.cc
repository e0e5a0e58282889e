#include "io/http/h1_connection.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy {
namespace {

constexpr Duration kLingerTime = seconds(1);
constexpr Duration kHalfClosedTime = seconds(5);

}  // namespace

class H1Connection::Served final : public Exchange, private task_internal::Completion {
 public:
  Served(H1Connection& connection, RequestHead head)
      : Exchange(connection.loop_), connection_(connection) {
    head_ = std::move(head);
  }

  void run(const HttpHandler& handler) {
    task_ = handler(*this).take_owner();
    task_.get().promise().completion = this;
    task_.get().resume();
  }

  using Exchange::body_arrived;
  using Exchange::body_broke;
  using Exchange::body_ended;
  using Exchange::drained;
  bool has_body_ended() const { return body_done_; }
  bool must_close() const { return must_close_; }

  const std::string& peer_address() const override { return connection_.stream_->peer_address(); }
  const TlsPeer* tls() const override { return connection_.stream_->tls(); }

  void start(int status, const Headers& headers) override {
    started_ = true;
    const bool is_old = connection_.parser_.is_old_version();
    has_body_ = may_have_body(status);
    const bool is_endless = has_body_ && headers.find("Content-Length") == nullptr;
    chunked_ = is_endless && !is_old;
    std::string text = format("HTTP/1.1 {} {}\r\n", status, status_text(status));
    for (const Header& header : headers) {
      text += format("{}: {}\r\n", header.name, header.value);
    }
    if (chunked_) text += "Transfer-Encoding: chunked\r\n";
    // What is left of the request would be taken for the next one.
    must_close_ = connection_.closing_ || !connection_.parser_.is_keep_alive() || !body_done_ ||
                  (is_endless && is_old);
    if (must_close_) {
      text += "Connection: close\r\n";
    } else if (is_old) {
      text += "Connection: keep-alive\r\n";
    }
    text += "\r\n";
    connection_.stream_->write(text);
  }

  void write(BytesView bytes) override {
    if (bytes.empty() || finished_ || !has_body_) return;
    if (!chunked_) return connection_.stream_->write(bytes);
    connection_.stream_->write(to_hex(bytes.size()) + "\r\n");
    connection_.stream_->write(bytes);
    connection_.stream_->write("\r\n");
  }

  void finish() override {
    if (std::exchange(finished_, true)) return;
    if (chunked_) connection_.stream_->write("0\r\n\r\n");
  }

 private:
  size_t backlog() const override { return connection_.stream_->backlog(); }
  void consumed(size_t bytes) override {
    buffered_ -= std::min(buffered_, bytes);
    if (buffered_ < kStreamHighMark / 2) connection_.stream_->pause_reading(false);
  }

  void is_wanting() override {
    if (!std::exchange(expects_continue_, false) || started_) return;
    connection_.stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
  }

  void on_complete() override {
    const auto& error = task_.get().promise().error;
    if (!started_) {
      respond(malformed_ ? 400 : 500, "text/plain; charset=utf-8",
              error ? error->text() + "\n" : "no response\n");
    } else if (error) {
      must_close_ = true;  // a chunked body without its end: the client sees it broke
    } else {
      finish();
    }
    connection_.served();
  }

  friend class H1Connection;
  H1Connection& connection_;
  task_internal::Owner<void> task_;
  size_t buffered_ = 0;
  bool expects_continue_ = false;
  bool has_body_ = true;
  bool chunked_ = false;
  bool must_close_ = false;
  bool malformed_ = false;  // the request's body
};

H1Connection::H1Connection(Loop& loop, std::unique_ptr<Stream> stream, const HttpHandler& handler,
                           Duration head_timeout, std::function<void()> on_closed)
    : loop_(loop),
      stream_(std::move(stream)),
      handler_(handler),
      head_timeout_(head_timeout),
      on_closed_(std::move(on_closed)),
      parser_(true, *this),
      head_timer_(loop, [this] { close(); }) {}

H1Connection::~H1Connection() = default;

void H1Connection::start(BytesView first) {
  stream_->start(*this);
  head_timer_.arm_after(head_timeout_);
  if (!first.empty()) on_bytes(first);
}

void H1Connection::close_when_idle() {
  closing_ = true;
  if (!served_) close();
}

void H1Connection::on_bytes(BytesView bytes) {
  if (closed_ || deaf_) return;
  pending_ += bytes;
  parse();
}

void H1Connection::parse() {
  // One request at a time: a pipelined one waits in `pending_`.
  while (!closed_ && !pending_.empty() && !(served_ && parser_.is_done())) {
    if (!parser_.in_message() && !head_timer_.is_armed()) head_timer_.arm_after(head_timeout_);
    const auto used = parser_.parse(pending_);
    if (!used) return refuse(used.error());
    if (*used == 0) break;
    pending_.erase(0, *used);
    if (served_) run_served();
  }
  if (served_ && parser_.is_done() && pending_.size() > kStreamHighMark) {
    stream_->pause_reading(true);
  }
}

void H1Connection::on_head(std::string method, std::string target, int, Headers headers) {
  head_timer_.disarm();
  RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.host = headers.value_of("Host");
  const bool expects_continue = equal_ignoring_case(headers.value_of("Expect"), "100-continue");
  head.headers = std::move(headers);
  served_ = std::make_unique<Served>(*this, std::move(head));
  served_->expects_continue_ = expects_continue && !parser_.is_old_version();
}

void H1Connection::on_body(BytesView bytes) {
  served_->expects_continue_ = false;
  served_->buffered_ += bytes.size();
  if (served_->buffered_ > kStreamHighMark) stream_->pause_reading(true);
  served_->body_arrived(bytes);
}

void H1Connection::on_message_end() {
  served_->body_ended();
}

// Outside the parser, which so has told all that it knows: whether a body follows.
void H1Connection::run_served() {
  if (served_->task_.get()) return;
  if (!parser_.is_old_version() && served_->head().headers.find("Host") == nullptr) {
    return refuse(Error(Code::kInvalidArgument, "missing required Host header"));
  }
  served_->run(handler_);
}

void H1Connection::refuse(const Error& error) {
  closing_ = deaf_ = true;
  pending_.clear();
  if (served_ && served_->task_.get()) {
    served_->malformed_ = true;
    return served_->body_broke(error);
  }
  served_.reset();
  answer_refusal(error);
  finish_closing();
}

void H1Connection::answer_refusal(const Error& error) {
  const int status = error.code() == Code::kResourceExhausted ? 431 : 400;
  const std::string body = error.message() + "\n";
  stream_->write(
      format("HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\n"
             "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
             status, status_text(status), body.size(), body));
}

// Closing while the client still sends would reset the connection, and so lose the
// answer on its way: it gets a moment to read it and to close first.
void H1Connection::finish_closing() {
  closing_ = deaf_ = true;
  stream_->finish();
  stream_->pause_reading(false);
  head_timer_.arm_after(kLingerTime);
}

// The handler is done; its stack is not gone yet.
void H1Connection::served() {
  loop_.schedule(next_);
}

void H1Connection::next() {
  const bool must_close = served_->must_close() || closing_ || !served_->has_body_ended();
  served_.reset();
  if (must_close) return finish_closing();
  parser_.reset();
  stream_->pause_reading(false);
  parse();
}

void H1Connection::on_end(std::optional<Error> error) {
  // A client may half-close after its request and still wait for the answer; one that
  // has gone looks the same, so the answer has to come soon.
  if (!error && served_ && served_->has_body_ended()) {
    closing_ = true;
    head_timer_.arm_after(kHalfClosedTime);
    return;
  }
  if (served_) {
    served_->body_broke(error ? *std::move(error) : Error(Code::kUnavailable, "unexpected EOF"));
  }
  close();
}

void H1Connection::on_drained() {
  if (served_) served_->drained();
}

void H1Connection::close() {
  if (std::exchange(closed_, true)) return;
  head_timer_.disarm();
  on_closed_();
}

}  // namespace argosy
