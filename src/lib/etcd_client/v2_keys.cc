#include "lib/etcd_client/v2_keys.h"

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "lib/json/json.h"

namespace argosy::etcd_client {
namespace {

constexpr size_t kMaxAnswer = 4 << 20;
constexpr std::string_view kUnavailableText =
    "client: etcd cluster is unavailable or misconfigured";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.~").find(c) != std::string_view::npos;
}

// What a path keeps as it is besides, and what a form does not.
std::string percent_encode(std::string_view text, std::string_view also) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c) || also.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

Code code_of(int64_t v2_code) {
  switch (v2_code) {
    case kV2KeyNotFound:
      return Code::kNotFound;
    case kV2CompareFailed:
      return Code::kAborted;
    case kV2KeyExists:
      return Code::kAlreadyExists;
    case 110:
      return Code::kUnauthenticated;
    case 300:
    case 301:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

V2Node node_of(const json::Value& node) {
  V2Node out;
  out.key = node.text_of("key");
  out.value = node.text_of("value");
  const json::Value* directory = node.find("dir");
  out.is_directory = directory != nullptr && directory->as_bool().value_or(false);
  const auto number = [&](std::string_view name) {
    const json::Value* value = node.find(name);
    return value == nullptr ? 0 : value->as_uint().value_or(0);
  };
  out.modified = number("modifiedIndex");
  out.created = number("createdIndex");
  return out;
}

struct Answer {
  int status = 0;
  Bytes body;
};

Result<V2Node> read_answer(const Answer& answer) {
  auto body = json::parse(trim(answer.body));
  if (!body || body->as_object() == nullptr) {
    return fail(Code::kUnavailable, format("unexpected answer with status {} {}", answer.status,
                                           go_quote(answer.body.substr(0, 200))));
  }
  if (const json::Value* number = body->find("errorCode")) {
    const int64_t code = number->as_int().value_or(0);
    const json::Value* index = body->find("index");
    return fail(code_of(code),
                format("{}: {} ({}) [{}]", code, body->text_of("message"), body->text_of("cause"),
                       index == nullptr ? 0 : index->as_uint().value_or(0)));
  }
  const json::Value* node = body->find("node");
  if (node == nullptr) {
    return fail(Code::kUnavailable, format("an answer without a node, status {}", answer.status));
  }
  return node_of(*node);
}

}  // namespace

std::optional<int> v2_error_code(const Error& error) {
  const auto sides = cut(error.message(), ": ");
  if (!sides) return std::nullopt;
  const auto number = parse_uint(sides->first);
  if (!number || *number < 100 || *number > 500) return std::nullopt;
  return static_cast<int>(*number);
}

struct V2Keys::Impl {
  Impl(Loop& of, Network& over, ClientOptions with)
      : loop(of), network(over), options(std::move(with)) {}

  Task<std::unique_ptr<Stream>> dial(const Url* url) {
    auto stream = co_await network.connect(url->endpoint);
    if (!url->is_secure) co_return std::move(stream);
    co_return co_await tls->handshake(loop, std::move(stream), url->endpoint.host);
  }

  Headers headers_for(bool has_form) const {
    Headers headers;
    if (has_form) headers.add("Content-Type", "application/x-www-form-urlencoded");
    if (!options.username.empty()) {
      const Bytes pair = format("{}:{}", options.username, options.password);
      headers.add("Authorization", "Basic " + to_base64(pair));
    }
    return headers;
  }

  Task<Answer> exchange(std::unique_ptr<Stream> stream, const Url* url, std::string method,
                        std::string target, std::string form) {
    HttpConnection connection(loop, std::move(stream), url->endpoint.text());
    const ResponseHead head = co_await connection.request(
        std::move(method), url->path + target, headers_for(!form.empty()), std::move(form));
    co_return Answer{head.status, co_await connection.read_all(kMaxAnswer)};
  }

  // Asks one endpoint after the other.
  Task<Answer> ask(std::string method, std::string target, std::string form) {
    std::string reasons;
    for (size_t i = 0; i < urls.size(); ++i) {
      const Url* url = &urls[current % urls.size()];
      auto stream = co_await with_deadline(loop, loop.now() + options.connect_timeout, dial(url));
      std::optional<Error> error;
      if (stream) {
        auto answer =
            co_await with_deadline(loop, loop.now() + options.request_timeout,
                                   exchange(*std::move(stream), url, method, target, form));
        if (answer) co_return *std::move(answer);
        error = std::move(answer).error();
        ++current;
        if (method != "GET") co_return fail(*std::move(error));
      } else {
        error = std::move(stream).error();
        ++current;
      }
      reasons += format("; error #{}: {}\n", i, error->message());
    }
    co_return fail(Code::kUnavailable, format("{}{}", kUnavailableText, reasons));
  }

  Task<V2Node> ask_node(std::string method, std::string key, std::string form) {
    co_return read_answer(
        co_await ask(std::move(method), "/v2/keys/" + percent_encode(key, "/"), std::move(form)));
  }

  Loop& loop;
  Network& network;
  ClientOptions options;
  std::unique_ptr<TlsContext> tls;
  std::vector<Url> urls;
  size_t current = 0;
};

V2Keys::V2Keys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
V2Keys::~V2Keys() = default;

Result<std::unique_ptr<V2Keys>> V2Keys::make(Loop& loop, Network& network, ClientOptions options) {
  auto impl = std::make_unique<Impl>(loop, network, std::move(options));
  bool is_secure = false;
  for (const std::string& text : impl->options.endpoints) {
    impl->urls.push_back(TRY(parse_url(text)));
    is_secure = is_secure || impl->urls.back().is_secure;
  }
  if (impl->urls.empty()) return fail(Code::kInvalidArgument, "client: no endpoints available");
  if (is_secure) {
    TlsOptions tls;
    tls.cert_file = impl->options.cert_file;
    tls.key_file = impl->options.key_file;
    tls.ca_file = impl->options.ca_file;
    tls.alpn = {"http/1.1"};
    impl->tls = TRY(TlsContext::make(false, std::move(tls)));
  }
  return std::unique_ptr<V2Keys>(new V2Keys(std::move(impl)));
}

Task<V2Node> V2Keys::get(std::string key) {
  co_return co_await impl_->ask_node("GET", std::move(key), {});
}

Task<V2Node> V2Keys::create(std::string key, std::string value) {
  co_return co_await impl_->ask_node("PUT", std::move(key),
                                     format("prevExist=false&value={}", percent_encode(value, "")));
}

Task<V2Node> V2Keys::compare_and_swap(std::string key, std::string value, uint64_t modified) {
  co_return co_await impl_->ask_node(
      "PUT", std::move(key), format("prevIndex={}&value={}", modified, percent_encode(value, "")));
}

Task<V2Node> V2Keys::set(std::string key, std::string value) {
  co_return co_await impl_->ask_node("PUT", std::move(key),
                                     format("value={}", percent_encode(value, "")));
}

Task<void> V2Keys::remove(std::string key) {
  co_await impl_->ask_node("DELETE", std::move(key), {});
}

Task<std::string> V2Keys::server_version() {
  const Answer answer = co_await impl_->ask("GET", "/version", {});
  if (answer.status != 200) {
    co_return fail(Code::kUnavailable, format("/version answers with status {}", answer.status));
  }
  const auto body = json::parse(trim(answer.body));
  if (body && body->as_object() != nullptr) co_return std::string(body->text_of("etcdserver"));
  co_return std::string(trim(answer.body));
}

}  // namespace argosy::etcd_client
