#include "io/http/h1_connection.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy {

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

  const std::string& peer_address() const override {
    return connection_.stream_->peer_address();
  }
  const TlsPeer* tls() const override { return connection_.stream_->tls(); }

  void start(int status, const Headers& headers) override {
    started_ = true;
    const bool bodiless = status == 204 || status == 304 || status < 200;
    chunked_ = !bodiless && headers.find("Content-Length") == nullptr && head_.method != "HEAD";
    std::string text = format("HTTP/1.1 {} {}\r\n", status, status_text(status));
    for (const Header& header : headers) {
      text += format("{}: {}\r\n", header.name, header.value);
    }
    if (chunked_) text += "Transfer-Encoding: chunked\r\n";
    // What is left of the request would be taken for the next one.
    must_close_ = connection_.closing_ || !connection_.parser_.is_keep_alive() || !body_done_;
    if (must_close_) text += "Connection: close\r\n";
    text += "\r\n";
    connection_.stream_->write(text);
  }

  void write(BytesView bytes) override {
    if (bytes.empty() || finished_) return;
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

  void on_complete() override {
    const auto& error = task_.get().promise().error;
    if (!started_) {
      respond(500, "text/plain; charset=utf-8", error ? error->text() + "\n" : "no response\n");
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
  bool chunked_ = false;
  bool must_close_ = false;
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
  if (closed_) return;
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
  if (equal_ignoring_case(headers.value_of("Expect"), "100-continue")) {
    stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  head.headers = std::move(headers);
  served_ = std::make_unique<Served>(*this, std::move(head));
}

void H1Connection::on_body(BytesView bytes) {
  if (!served_->task_.get()) served_->run(handler_);
  served_->buffered_ += bytes.size();
  if (served_->buffered_ > kStreamHighMark) stream_->pause_reading(true);
  served_->body_arrived(bytes);
}

void H1Connection::on_message_end() {
  served_->body_ended();
  if (!served_->task_.get()) served_->run(handler_);
}

void H1Connection::refuse(const Error& error) {
  if (!served_) {
    const std::string body = error.message() + "\n";
    stream_->write(format("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                          body.size(), body));
    stream_->finish();
  } else {
    served_->body_broke(error);
  }
  closing_ = true;
  if (!served_) {
    pending_.clear();
    head_timer_.arm_after(seconds(1));
  }
}

// The handler is done; its stack is not gone yet.
void H1Connection::served() { loop_.schedule(next_); }

void H1Connection::next() {
  const bool must_close = served_->must_close() || closing_ || !served_->has_body_ended();
  served_.reset();
  if (must_close) {
    stream_->finish();
    head_timer_.arm_after(seconds(1));
    closing_ = true;
    return;
  }
  parser_.reset();
  stream_->pause_reading(false);
  parse();
}

void H1Connection::on_end(std::optional<Error> error) {
  // A client may half-close after its request and still wait for the answer.
  if (!error && served_ && served_->has_body_ended() && !served_->has_started()) {
    closing_ = true;
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
