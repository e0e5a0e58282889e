#include "io/http/client.h"

#include "base/format.h"

namespace argosy {

HttpConnection::HttpConnection(Loop& loop, std::unique_ptr<Stream> stream, std::string host)
    : stream_(std::move(stream)),
      host_(std::move(host)),
      parser_(false, *this),
      changed_(loop),
      writable_(loop) {
  stream_->start(*this);
}

Task<ResponseHead> HttpConnection::request(std::string method, std::string target, Headers headers,
                                           Bytes body) {
  if (!body.empty() || method == "POST" || method == "PUT") {
    headers.add("Content-Length", std::to_string(body.size()));
  }
  begin(method, target, headers);
  if (!body.empty()) stream_->write(body);
  co_return co_await response();
}

void HttpConnection::begin(std::string_view method, std::string_view target,
                           const Headers& headers) {
  if (std::exchange(used_, true)) {
    parser_.reset();
    head_.reset();
    whole_ = false;
  }
  if (method == "HEAD") parser_.expect_no_body();
  is_head_ = method == "HEAD";
  std::string text = format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, target, host_);
  for (const Header& header : headers) text += format("{}: {}\r\n", header.name, header.value);
  text += "\r\n";
  stream_->write(text);
}

Task<void> HttpConnection::writable() {
  while (stream_->backlog() > kStreamHighMark && !error_) co_await writable_.wait();
  if (error_) co_await failure(*error_);
}

Task<ResponseHead> HttpConnection::response() {
  while (!head_) {
    if (error_) co_return fail(*error_);
    co_await changed_.wait();
  }
  co_return std::move(*head_);
}

Task<std::optional<Bytes>> HttpConnection::read() {
  while (true) {
    if (!body_.empty()) {
      Bytes piece = std::move(body_.front());
      body_.pop_front();
      buffered_ -= piece.size();
      if (buffered_ < kStreamHighMark / 2) stream_->pause_reading(false);
      co_return std::move(piece);
    }
    if (whole_) co_return std::nullopt;
    if (error_) co_return fail(*error_);
    co_await changed_.wait();
  }
}

Task<Bytes> HttpConnection::read_all(size_t limit) {
  Bytes all;
  while (std::optional<Bytes> piece = co_await read()) {
    if (all.size() + piece->size() > limit) {
      co_return fail(Code::kResourceExhausted,
                     format("the response is larger than {} bytes", limit));
    }
    all += *piece;
  }
  co_return std::move(all);
}

bool HttpConnection::is_reusable() const {
  return whole_ && body_.empty() && !error_ && parser_.is_keep_alive();
}

void HttpConnection::on_bytes(BytesView bytes) {
  unparsed_ += bytes;
  while (!unparsed_.empty() && !error_) {
    if (parser_.is_done()) return broke(Error(Code::kUnavailable, "a response without a request"));
    const auto used = parser_.parse(unparsed_);
    if (!used) return broke(used.error());
    if (*used == 0) return;
    unparsed_.erase(0, *used);
    if (!interim_ || !parser_.is_done()) continue;
    interim_ = false;
    parser_.reset();
    if (is_head_) parser_.expect_no_body();
  }
}

void HttpConnection::on_end(std::optional<Error> error) {
  if (error) return broke(*std::move(error));
  const auto complete = parser_.end_of_input();
  if (!complete || !whole_) return broke(Error(Code::kUnavailable, "EOF"));
  broke(Error(Code::kUnavailable, "EOF"));
}

void HttpConnection::broke(Error error) {
  if (!error_) error_.emplace(std::move(error));
  changed_.notify_all();
  writable_.notify_all();
}

void HttpConnection::on_head(std::string, std::string, int status, Headers headers) {
  // 100 Continue and its like come before the answer.
  interim_ = status < 200 && status != 101;
  if (interim_) return;
  head_ = ResponseHead{status, std::move(headers)};
  changed_.notify_all();
}

void HttpConnection::on_body(BytesView bytes) {
  body_.emplace_back(bytes);
  buffered_ += bytes.size();
  if (buffered_ > kStreamHighMark) stream_->pause_reading(true);
  changed_.notify_all();
}

void HttpConnection::on_message_end() {
  if (interim_) return;
  whole_ = true;
  changed_.notify_all();
}

}  // namespace argosy
