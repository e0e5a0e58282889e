#include "io/http/exchange.h"

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy {

std::string_view RequestHead::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view RequestHead::query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

Task<std::optional<Bytes>> Exchange::read() {
  while (true) {
    if (!body_.empty()) {
      Bytes piece = std::move(body_.front());
      body_.pop_front();
      consumed(piece.size());
      co_return std::move(piece);
    }
    if (body_error_) co_return fail(*body_error_);
    if (body_done_) co_return std::nullopt;
    is_wanting();
    co_await readable_.wait();
  }
}

Task<Bytes> Exchange::read_all(size_t limit) {
  Bytes all;
  while (std::optional<Bytes> piece = co_await read()) {
    if (all.size() + piece->size() > limit) {
      co_return fail(Code::kResourceExhausted, format("the body is larger than {} bytes", limit));
    }
    all += *piece;
  }
  co_return std::move(all);
}

void Exchange::respond(int status, std::string_view content_type, BytesView body, Headers more) {
  Headers headers = std::move(more);
  for (const Header& header : always_) headers.add(header.name, header.value);
  headers.add("Date", to_http_date(loop_.wall_now()));
  if (!content_type.empty()) headers.add("Content-Type", content_type);
  if (status != 204 && status != 304) headers.add("Content-Length", std::to_string(body.size()));
  start(status, headers);
  if (!body.empty()) write(body);
  finish();
}

void Exchange::respond_text(int status, std::string_view line, Headers more) {
  more.add("X-Content-Type-Options", "nosniff");
  respond(status, "text/plain; charset=utf-8", std::string(line) + "\n", std::move(more));
}

Task<void> Exchange::writable() {
  while (backlog() > kStreamHighMark) co_await writable_.wait();
}

void Exchange::body_arrived(BytesView bytes) {
  if (!bytes.empty()) body_.emplace_back(bytes);
  readable_.notify_all();
}

void Exchange::body_ended() {
  body_done_ = true;
  readable_.notify_all();
}

void Exchange::body_broke(Error error) {
  body_error_.emplace(std::move(error));
  readable_.notify_all();
}

std::string_view status_text(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Requested Range Not Satisfiable";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

std::string url_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
      continue;
    }
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<std::string> query_values(std::string_view query, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string_view pair : split(query, '&')) {
    const auto sides = cut(pair, "=");
    const std::string_view name = sides ? sides->first : pair;
    if (pair.empty() || url_decode(name, true) != key) continue;
    values.push_back(sides ? url_decode(sides->second, true) : std::string());
  }
  return values;
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  auto values = query_values(query, key);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

}  // namespace argosy
