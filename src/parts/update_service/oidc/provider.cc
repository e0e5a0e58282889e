#include "parts/update_service/oidc/provider.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/fetch/fetch.h"
#include "sys/log/log.h"

namespace argosy::update_service::oidc {
namespace {

constexpr uint64_t kMaxAnswerBytes = 512 * 1024;

bool is_local(std::string_view url) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

Error unavailable(std::string why) {
  return {Code::kUnavailable, "the OpenID provider " + std::move(why)};
}

// RFC 6749, section 5.2: a code from a short list; nothing else of it is shown.
std::string error_code(const json::Value& answer) {
  const std::string_view code = answer.text_of("error");
  const bool is_plain = !code.empty() && code.size() <= 64 && std::ranges::all_of(code, [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  });
  return std::string(is_plain ? code : "no reason");
}

// Counts up as long as it lives.
struct Place {
  int& count;
  explicit Place(int& of) : count(of) { ++count; }
  ~Place() { --count; }
  Place(const Place&) = delete;
};

// Others wait as long as it lives, also when its coroutine is dropped.
struct Turn {
  bool& is_taken;
  Wakeup& over;
  Turn(bool& taken, Wakeup& wakeup) : is_taken(taken), over(wakeup) { is_taken = true; }
  ~Turn() {
    is_taken = false;
    over.notify_all();
  }
  Turn(const Turn&) = delete;
};

}  // namespace

bool is_usable_url(std::string_view url, bool is_local_allowed) {
  const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '@' || c == '\\'; };
  if (std::ranges::any_of(url, is_odd) || url.find('#') != std::string_view::npos) return false;
  if (url.starts_with("https://")) return url.size() > std::string_view("https://").size();
  return is_local_allowed && is_local(url);
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

Result<Endpoints> read_discovery(std::string_view text, std::string_view issuer) {
  const auto document = json::parse(text);
  if (!document || document->as_object() == nullptr) {
    return fail(Code::kInvalidArgument, "has no discovery document in JSON");
  }
  if (document->text_of("issuer") != issuer) {
    return fail(Code::kInvalidArgument, "calls itself by another issuer than -oidc-issuer-url");
  }
  Endpoints found{.authorization = std::string(document->text_of("authorization_endpoint")),
                  .token = std::string(document->text_of("token_endpoint")),
                  .userinfo = std::string(document->text_of("userinfo_endpoint")),
                  .keys = std::string(document->text_of("jwks_uri"))};
  for (const std::string& url : {found.authorization, found.token, found.keys}) {
    if (!is_usable_url(url, is_local(issuer))) {
      return fail(Code::kInvalidArgument, "names an endpoint that cannot be used");
    }
  }
  if (!found.userinfo.empty() && !is_usable_url(found.userinfo, is_local(issuer))) {
    return fail(Code::kInvalidArgument, "names an endpoint that cannot be used");
  }
  return found;
}

Provider::Provider(Loop& loop, const Clock& clock, ProviderOptions options)
    : loop_(loop), clock_(clock), options_(std::move(options)), has_learned_(loop) {}

// The answer's JSON whatever its status is below 500; with a form it is a POST.
Task<json::Value> Provider::ask(std::string url, std::string authorization,
                                std::optional<Bytes> form) {
  if (transfers_ >= kMaxTransfers) {
    co_await failure(Code::kResourceExhausted, "too many logins at once; try again");
  }
  const Place place(transfers_);
  fetch::Request request;
  request.url = url;
  request.fields.push_back({"Accept", "application/json"});
  if (!authorization.empty()) request.fields.push_back({"Authorization", authorization});
  if (form) {
    request.method = "POST";
    request.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.body = std::move(form);
  }
  request.accepts_any_status = true;
  request.limits.connect = kTransferTime / 2;
  request.limits.total = kTransferTime;
  request.limits.max_bytes = kMaxAnswerBytes;
  request.limits.redirects = 0;
  request.tls.ca_file = options_.ca_file;
  const auto response = co_await result(fetch::fetch(loop_, std::move(request)));
  if (!response) {
    log_warn("the OpenID provider cannot be asked", {{"url", url}, {"error", response.error()}});
    co_await failure(unavailable("does not answer"));
  }
  const int status = response->head.status;
  auto value = json::parse(response->body);
  if (status >= 500 || !value || value->as_object() == nullptr) {
    log_warn("the OpenID provider answers strangely", {{"url", url}, {"status", status}});
    co_await failure(unavailable("does not answer sensibly"));
  }
  if (status != 200) {
    co_await failure(Code::kUnauthenticated,
                     format("the OpenID provider has refused it: {}", error_code(*value)));
  }
  co_return *std::move(value);
}

bool Provider::has_fresh_keys() const {
  return learned_at_ && clock_.now() - *learned_at_ < kKeysAge;
}

Task<void> Provider::learn() {
  if (failed_at_ && clock_.now() - *failed_at_ < kRestTime) {
    co_await failure(unavailable("does not answer"));
  }
  const Turn turn(is_learning_, has_learned_);
  const auto learned = co_await result(try_to_learn());
  failed_at_ = learned ? std::nullopt : std::optional(clock_.now());
  co_await learned;
}

Task<void> Provider::try_to_learn() {
  std::string base = options_.issuer;
  while (base.ends_with('/')) base.pop_back();
  const auto document = co_await result(ask(base + "/.well-known/openid-configuration", "", {}));
  if (!document) co_await failure(unavailable("has no discovery document"));
  const auto found = read_discovery(json::to_text(*document), options_.issuer);
  if (!found) co_await failure(unavailable(found.error().text()));
  const auto set = co_await result(ask(found->keys, "", {}));
  if (!set) co_await failure(unavailable("has no key set"));
  const auto keys = jwt::parse_keys(json::to_text(*set));
  if (!keys) co_await failure(unavailable("has no key set: " + keys.error().text()));
  KeyRing ring(*keys);
  if (ring.is_empty()) co_await failure(unavailable("has no key for RS256 or ES256"));
  endpoints_ = *found;
  keys_ = std::move(ring);
  learned_at_ = clock_.now();
}

Task<Endpoints> Provider::endpoints() {
  while (is_learning_) co_await has_learned_.wait();
  if (!has_fresh_keys()) co_await learn();
  co_return endpoints_;
}

Task<void> Provider::learn_newer() {
  if (looked_at_ && clock_.now() - *looked_at_ < kLookForKeysEvery) {
    co_await failure(Code::kUnauthenticated, "the token's key is not known");
  }
  looked_at_ = clock_.now();
  co_await learn();
}

Task<void> Provider::verify(jwt::Token token) {
  co_await endpoints();
  auto verified = keys_.verify(token);
  if (!verified && verified.error().code() == Code::kNotFound) {
    while (is_learning_) co_await has_learned_.wait();
    verified = keys_.verify(token);
    if (!verified && verified.error().code() == Code::kNotFound) {
      co_await learn_newer();
      verified = keys_.verify(token);
    }
  }
  if (!verified) co_await failure(Code::kUnauthenticated, verified.error().text());
}

Task<json::Value> Provider::exchange(std::string code, std::string verifier) {
  const Endpoints known = co_await endpoints();
  std::string form =
      format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}&client_id={}",
             url_encode(code), url_encode(options_.redirect_url), url_encode(verifier),
             url_encode(options_.client_id));
  std::string authorization;
  if (!options_.client_secret.empty()) {
    authorization = "Basic " + to_base64(format("{}:{}", url_encode(options_.client_id),
                                                url_encode(options_.client_secret)));
  }
  co_return co_await ask(known.token, std::move(authorization), std::move(form));
}

Task<json::Value> Provider::userinfo(std::string access_token) {
  const Endpoints known = co_await endpoints();
  if (known.userinfo.empty()) co_await failure(unavailable("has no userinfo endpoint"));
  co_return co_await ask(known.userinfo, "Bearer " + access_token, {});
}

}  // namespace argosy::update_service::oidc
