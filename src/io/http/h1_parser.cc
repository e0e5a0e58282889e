#include "io/http/h1_parser.h"

#define BOOST_BEAST_USE_STD_STRING_VIEW
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/format.h"

namespace argosy {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

// "0\r\n\r\n": Beast, once it has seen the last chunk's first line, must not be asked
// again with fewer bytes (an assertion in 1.81's parse_chunk_header).
constexpr size_t kShortestEnd = 5;

std::string_view view(string_view text) {
  return {text.data(), text.size()};
}

template <bool kIsRequest>
class Parser final : public http::basic_parser<kIsRequest> {
 public:
  explicit Parser(H1Parser::Events& events) : events_(events) {}
  bool is_old() const { return is_old_; }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       ErrorCode&) override {
    is_old_ = version == 10;
    method_ = view(method);
    target_ = view(target);
  }
  void on_response_impl(int status, string_view, int version, ErrorCode&) override {
    is_old_ = version == 10;
    status_ = status;
  }
  void on_field_impl(http::field, string_view name, string_view value, ErrorCode&) override {
    headers_.add(view(name), view(value));
  }
  void on_header_impl(ErrorCode&) override {
    events_.on_head(std::move(method_), std::move(target_), status_, std::move(headers_));
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(string_view body, ErrorCode&) override {
    events_.on_body(view(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, ErrorCode&) override {
    events_.on_body(view(body));
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override { events_.on_message_end(); }

  H1Parser::Events& events_;
  std::string method_;
  std::string target_;
  int status_ = 0;
  bool is_old_ = false;
  Headers headers_;
};

}  // namespace

struct H1Parser::Impl {
  Events& events;
  bool parses_requests;
  size_t header_limit;
  std::optional<Parser<true>> request;
  std::optional<Parser<false>> response;
  bool between_chunks = false;  // and what was offered last was not enough

  template <typename F>
  auto with(F&& use) {
    return parses_requests ? use(*request) : use(*response);
  }

  void make() {
    request.reset();
    response.reset();
    between_chunks = false;
    if (parses_requests) {
      request.emplace(events);
    } else {
      response.emplace(events);
    }
    with([&](auto& parser) {
      parser.header_limit(static_cast<uint32_t>(header_limit));
      parser.body_limit(boost::none);
      // Body bytes arrive without waiting for the whole.
      parser.eager(true);
      return 0;
    });
  }
};

H1Parser::H1Parser(bool parses_requests, Events& events, size_t header_limit)
    : impl_(new Impl{events, parses_requests, header_limit, {}, {}, false}) {
  impl_->make();
}

H1Parser::~H1Parser() = default;

Result<size_t> H1Parser::parse(BytesView bytes) {
  if (impl_->between_chunks && bytes.size() < kShortestEnd) return 0;
  impl_->between_chunks = false;
  return impl_->with([&](auto& parser) -> Result<size_t> {
    size_t used = 0;
    while (used < bytes.size() && !parser.is_done()) {
      ErrorCode error;
      const size_t count =
          parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
      used += count;
      if (error == http::error::need_more) {
        impl_->between_chunks = parser.is_header_done() && parser.chunked();
        break;
      }
      if (error) {
        return fail(
            error == http::error::header_limit ? Code::kResourceExhausted : Code::kInvalidArgument,
            format("malformed HTTP: {}", error.message()));
      }
      if (count == 0) break;
    }
    return used;
  });
}

Result<void> H1Parser::end_of_input() {
  return impl_->with([&](auto& parser) -> Result<void> {
    if (!parser.got_some() || parser.is_done()) return {};
    ErrorCode error;
    parser.put_eof(error);
    if (error) return fail(Code::kUnavailable, "unexpected EOF");
    return {};
  });
}

void H1Parser::reset() {
  impl_->make();
}

bool H1Parser::in_message() const {
  return impl_->with([](auto& parser) { return parser.got_some() && !parser.is_done(); });
}
bool H1Parser::is_done() const {
  return impl_->with([](auto& parser) { return parser.is_done(); });
}
bool H1Parser::is_keep_alive() const {
  return impl_->with([](auto& parser) { return parser.keep_alive(); });
}
bool H1Parser::is_old_version() const {
  return impl_->with([](auto& parser) { return parser.is_old(); });
}
void H1Parser::expect_no_body() {
  if (impl_->response) impl_->response->skip(true);
}

}  // namespace argosy
