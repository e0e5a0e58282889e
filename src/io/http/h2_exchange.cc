#include "io/http/h2_exchange.h"

#include "base/text.h"

namespace argosy {
namespace {

constexpr uint32_t kInternalError = 2;  // RFC 9113 section 7

class H2Exchange final : public H2Stream::Handler,
                         private Exchange,
                         private task_internal::Completion {
 public:
  H2Exchange(Loop& loop, H2Stream& stream, const HttpHandler& handler)
      : Exchange(loop), stream_(stream) {
    head_.is_http2 = true;
    for (const auto field : stream.fields()) {
      if (field.name == ":method") head_.method = field.value;
      if (field.name == ":path") head_.target = field.value;
      if (field.name == ":authority") head_.host = field.value;
      if (!field.name.starts_with(':')) head_.headers.add(field.name, field.value);
    }
    if (head_.host.empty()) head_.host = head_.headers.value_of("host");
    task_ = handler(*this).take_owner();
    task_.get().promise().completion = this;
    task_.get().resume();
  }

  void on_headers(Headers, bool) override {}
  void on_data(BytesView bytes) override { body_arrived(bytes); }
  void on_finished() override { body_ended(); }
  void on_drained() override { drained(); }
  void on_close(uint32_t) override {
    finished_ = true;
    task_ = {};
  }

  const std::string& peer_address() const override {
    return stream_.session().transport().peer_address();
  }
  const TlsPeer* tls() const override { return stream_.session().transport().tls(); }

  void start(int status, const Headers& headers) override {
    started_ = true;
    has_body_ = may_have_body(status);
    const std::string number = std::to_string(status);
    std::vector<std::string> names;
    names.reserve(headers.size());
    std::vector<HeaderView> views{{":status", number}};
    for (const Header& header : headers) {
      names.push_back(to_lower(header.name));
      views.push_back({names.back(), header.value});
    }
    stream_.send_headers(views, false);
  }
  void write(BytesView bytes) override {
    if (has_body_) stream_.send_data(bytes);
  }
  void finish() override {
    finished_ = true;
    stream_.finish();
  }

 private:
  size_t backlog() const override { return stream_.backlog(); }
  void consumed(size_t bytes) override { stream_.consumed(bytes); }

  void on_complete() override {
    const auto& error = task_.get().promise().error;
    if (finished_) return;
    if (!started_) {
      respond(500, "text/plain; charset=utf-8", error ? error->text() + "\n" : "no response\n");
    } else if (error) {
      stream_.reset(kInternalError);
    } else {
      finish();
    }
  }

  H2Stream& stream_;
  bool has_body_ = true;
  task_internal::Owner<void> task_;
};

}  // namespace

std::unique_ptr<H2Stream::Handler> make_h2_exchange(Loop& loop, H2Stream& stream,
                                                    const HttpHandler& handler) {
  return std::make_unique<H2Exchange>(loop, stream, handler);
}

}  // namespace argosy
