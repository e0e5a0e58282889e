#include "lib/fetch/attempt.h"

#include <algorithm>
#include <curl/curl.h>
#include <mutex>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "sys/clock/clock.h"

namespace argosy::fetch {
namespace {

constexpr long kReceiveBuffer = 256 << 10;
constexpr const char* kCaDirectory = "/etc/ssl/certs";

void start_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { check(curl_global_init(CURL_GLOBAL_DEFAULT) == 0, "libcurl starts"); });
}

// At least 1 of the units, since 0 means "no limit" to libcurl.
template <typename Unit>
long in(Duration duration) {
  return std::max<long>(1, std::chrono::ceil<Unit>(duration).count());
}

bool is_https(std::string_view url) {
  return equal_ignoring_case(url.substr(0, 6), "https:");
}

bool is_line(std::string_view text) {
  return !text.contains('\r') && !text.contains('\n') && !text.contains('\0');
}

Failure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Failure::kRequest;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_FILE_COULDNT_READ_FILE:
      return Failure::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
      return Failure::kTls;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Failure::kTruncated;
    case CURLE_TOO_MANY_REDIRECTS:
      return Failure::kRedirects;
    case CURLE_FILESIZE_EXCEEDED:
      return Failure::kTooLarge;
    default:
      return Failure::kProtocol;
  }
}

}  // namespace

// The handles of libcurl, and what its callbacks work on.
class Curl {
 public:
  explicit Curl(Transfer::Shared& shared) : shared_(shared), request_(shared.request) {
    start_curl_once();
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    check(multi_ != nullptr && easy_ != nullptr, "libcurl has memory");
  }
  ~Curl() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(fields_);
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  std::optional<Trouble> attempt(Progress& progress);
  void wake() { curl_multi_wakeup(multi_); }
  void wait(Duration limit) {
    int count = 0;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(in<milliseconds>(limit)), &count);
  }

 private:
  template <typename T>
  void set(CURLoption option, T value) {
    check(curl_easy_setopt(easy_, option, value) == CURLE_OK, "libcurl knows the option");
  }
  std::optional<Trouble> prepare();
  void set_request();
  void set_limits();
  void set_trust();
  CURLcode perform();
  Trouble explain(CURLcode code) const;
  int status() const;

  size_t on_field(std::string_view line);
  size_t on_body(BytesView bytes);
  bool begin_body();
  bool judge_status(Head& head);
  bool find_place(const Head& head);
  Head take_head();
  bool refuse(Failure failure, std::string text) {
    trouble_ = Trouble{failure, std::move(text), status()};
    return false;
  }

  static size_t field_callback(char* from, size_t size, size_t count, void* self) {
    return static_cast<Curl*>(self)->on_field({from, size * count});
  }
  static size_t body_callback(char* from, size_t size, size_t count, void* self) {
    return static_cast<Curl*>(self)->on_body({from, size * count});
  }

  Transfer::Shared& shared_;
  const Request& request_;
  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  curl_slist* fields_ = nullptr;

  // -- Of the attempt
  Progress* progress_ = nullptr;
  std::vector<Field> head_fields_;
  bool has_body_begun_ = false;
  bool is_paused_ = false;
  uint64_t asked_from_ = 0;
  uint64_t to_skip_ = 0;
  std::optional<Trouble> trouble_;
  char message_[CURL_ERROR_SIZE] = "";
};

// -- The request

void Curl::set_request() {
  set(CURLOPT_URL, request_.url.c_str());
  const bool from_https = is_https(request_.url);
  const std::string allowed = request_.allows_file ? "http,https,file" : "http,https";
  set(CURLOPT_PROTOCOLS_STR, allowed.c_str());
  set(CURLOPT_REDIR_PROTOCOLS_STR, from_https ? "https" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, request_.limits.redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(request_.limits.redirects));
  for (const Field& field : request_.fields) {
    fields_ = curl_slist_append(fields_, format("{}: {}", field.name, field.value).c_str());
  }
  // A body is sent at once, without asking for leave before.
  fields_ = curl_slist_append(fields_, "Expect:");
  set(CURLOPT_HTTPHEADER, fields_);
  if (request_.body) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
    set(CURLOPT_POSTFIELDS, request_.body->data());
  }
  if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  const std::string_view usual = request_.body ? "POST" : "GET";
  if (request_.method != usual && request_.method != "HEAD") {
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (!request_.user.empty() && (from_https || !request_.user_on_https_only)) {
    set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(CURLOPT_USERNAME, request_.user.c_str());
    set(CURLOPT_PASSWORD, request_.password.c_str());
  }
}

void Curl::set_limits() {
  const Limits& limits = request_.limits;
  set(CURLOPT_CONNECTTIMEOUT_MS, in<milliseconds>(limits.connect));
  set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(limits.slow_bytes_per_second));
  set(CURLOPT_LOW_SPEED_TIME, in<std::chrono::seconds>(limits.slow_time));
  if (progress_->deadline) {
    set(CURLOPT_TIMEOUT_MS, in<milliseconds>(*progress_->deadline - real_clock().now()));
  }
  if (asked_from_ > 0) set(CURLOPT_RANGE, format("{}-", asked_from_).c_str());
}

void Curl::set_trust() {
  const Tls& tls = request_.tls;
  const bool has_own = !tls.ca_directory.empty() || !tls.ca_file.empty();
  const char* directory = has_own ? tls.ca_directory.c_str() : kCaDirectory;
  set(CURLOPT_CAPATH, *directory != '\0' ? directory : nullptr);
  set(CURLOPT_CAINFO, tls.ca_file.empty() ? nullptr : tls.ca_file.c_str());
  if (!tls.certificate_file.empty()) set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
  if (!tls.key_file.empty()) set(CURLOPT_SSLKEY, tls.key_file.c_str());
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

std::optional<Trouble> Curl::prepare() {
  const bool are_lines = std::ranges::all_of(request_.fields, [](const Field& field) {
    return is_line(field.name) && is_line(field.value) && !field.name.contains(':');
  });
  if (!are_lines || !is_line(request_.url) || !is_line(request_.method)) {
    return Trouble{Failure::kRequest, "a line break in a header field, a method or a URL"};
  }
  curl_easy_reset(easy_);
  curl_slist_free_all(std::exchange(fields_, nullptr));
  message_[0] = '\0';
  set(CURLOPT_ERRORBUFFER, message_);
  set(CURLOPT_NOSIGNAL, 1L);
  // Without waiting for a name server's answer when it is cancelled.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(CURLOPT_HEADERFUNCTION, field_callback);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, body_callback);
  set(CURLOPT_WRITEDATA, this);
  set_request();
  set_limits();
  set_trust();
  return std::nullopt;
}

// -- The answer

int Curl::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

size_t Curl::on_field(std::string_view line) {
  const size_t size = line.size();
  // Each answer of a chain of redirects begins anew.
  if (line.starts_with("HTTP/")) head_fields_.clear();
  if (const auto sides = cut(trim(line), ":")) {
    head_fields_.push_back({std::string(trim(sides->first)), std::string(trim(sides->second))});
  }
  return size;
}

Head Curl::take_head() {
  Head head{.status = status(), .fields = head_fields_, .size = {}, .url = {}};
  const char* url = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  if (url != nullptr) head.url = url;
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (head.status == 206) {
    const std::string_view range = head.value_of("content-range");
    const auto sides = cut(range, "/");
    if (sides) head.size = parse_uint(trim(sides->second));
  } else if (length >= 0) {
    // libcurl tells what is left of a file.
    head.size = static_cast<uint64_t>(length) + (head.status == 0 ? asked_from_ : 0);
  }
  return head;
}

bool Curl::judge_status(Head& head) {
  const bool is_good = head.status == 0 || head.status == 200 ||
                       (head.status == 206 && asked_from_ > 0) ||
                       (head.status / 100 == 2 && asked_from_ == 0 && head.status != 206);
  if (is_good || (request_.accepts_any_status && progress_->received == 0)) return true;
  return refuse(Failure::kStatus, format("HTTP status {}", head.status));
}

// Where the body begins, and whether it goes on with what came before.
bool Curl::find_place(const Head& head) {
  to_skip_ = 0;
  if (head.status == 200) to_skip_ = asked_from_;
  if (head.status == 206) {
    const std::string_view range = head.value_of("content-range");
    const std::string expected = format("bytes {}-", asked_from_);
    if (!range.starts_with(expected)) {
      return refuse(Failure::kProtocol, format("another range than was asked for: \"{}\"", range));
    }
  }
  if (!progress_->head) return true;
  const Head& before = *progress_->head;
  const bool is_same = (!before.size || !head.size || before.size == head.size) &&
                       before.value_of("etag") == head.value_of("etag");
  if (is_same) return true;
  return refuse(Failure::kProtocol, "it has changed while it was being transferred");
}

bool Curl::begin_body() {
  if (std::exchange(has_body_begun_, true)) return true;
  Head head = take_head();
  if (!judge_status(head) || !find_place(head)) return false;
  if (progress_->head) return true;
  const auto& most = request_.limits.max_bytes;
  if (most && head.size && *head.size > request_.from && *head.size - request_.from > *most &&
      request_.method != "HEAD") {
    return refuse(Failure::kTooLarge, format("{} bytes, at most {} are wanted", *head.size, *most));
  }
  progress_->head = head;
  const std::scoped_lock lock(shared_.mutex);
  shared_.head = std::move(head);
  return true;
}

size_t Curl::on_body(BytesView bytes) {
  const size_t size = bytes.size();
  if (!begin_body()) return CURL_WRITEFUNC_ERROR;
  const std::scoped_lock lock(shared_.mutex);
  if (shared_.is_cancelled) return CURL_WRITEFUNC_ERROR;
  if (shared_.buffered >= request_.limits.buffered_bytes) {
    is_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const uint64_t skipped = std::min<uint64_t>(to_skip_, size);
  to_skip_ -= skipped;
  bytes.remove_prefix(skipped);
  if (bytes.empty()) return size;
  const auto& most = request_.limits.max_bytes;
  if (most && progress_->received + bytes.size() > *most) {
    refuse(Failure::kTooLarge, format("more than {} bytes", *most));
    return CURL_WRITEFUNC_ERROR;
  }
  progress_->received += bytes.size();
  shared_.buffered += bytes.size();
  shared_.pieces.emplace_back(bytes);
  return size;
}

// -- The work

CURLcode Curl::perform() {
  curl_multi_add_handle(multi_, easy_);
  std::optional<CURLcode> outcome;
  size_t told = 0;
  while (!outcome) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) outcome = message->data.result;
    }
    bool has_room = false;
    {
      const std::scoped_lock lock(shared_.mutex);
      if (shared_.is_cancelled) outcome = CURLE_ABORTED_BY_CALLBACK;
      has_room = shared_.buffered <= request_.limits.buffered_bytes / 2;
      const size_t news = progress_->received + (shared_.head ? 1 : 0);
      if (std::exchange(told, news) != news) shared_.tell();
    }
    if (outcome) break;
    if (is_paused_ && has_room) {
      is_paused_ = false;
      curl_easy_pause(easy_, CURLPAUSE_CONT);
      continue;
    }
    wait(seconds(1));
  }
  curl_multi_remove_handle(multi_, easy_);
  return *outcome;
}

Trouble Curl::explain(CURLcode code) const {
  if (trouble_) return *trouble_;
  Trouble trouble{failure_of(code), message_[0] != '\0' ? message_ : curl_easy_strerror(code),
                  status()};
  long redirects = 0;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_COUNT, &redirects);
  if (trouble.failure == Failure::kRequest && (redirects > 0 || trouble.status / 100 == 3)) {
    trouble.failure = Failure::kRedirects;
  }
  curl_off_t before_transfer = 0;
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &before_transfer);
  // HTTP/0.9, as which libcurl takes what is no HTTP.
  if (trouble.failure == Failure::kRequest && before_transfer > 0) {
    trouble.failure = Failure::kProtocol;
  }
  // A proxy that refused the tunnel, which libcurl takes for a broken connection.
  long of_proxy = 0;
  curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &of_proxy);
  if (before_transfer == 0 && of_proxy / 100 > 2) trouble.failure = Failure::kConnect;
  if (code == CURLE_OPERATION_TIMEDOUT) {
    // libcurl's clock is a little ahead.
    const MonotonicTime now = real_clock().now() + milliseconds(50);
    const bool is_late = progress_->deadline && now >= *progress_->deadline;
    trouble.failure = is_late                ? Failure::kTimeout
                      : before_transfer == 0 ? Failure::kConnect
                                             : Failure::kStalled;
  }
  return trouble;
}

std::optional<Trouble> Curl::attempt(Progress& progress) {
  progress_ = &progress;
  head_fields_.clear();
  has_body_begun_ = false;
  is_paused_ = false;
  trouble_.reset();
  asked_from_ = request_.from + progress.received;
  if (auto trouble = prepare()) return trouble;
  const CURLcode code = perform();
  if (code != CURLE_OK) return explain(code);
  // An answer without a body.
  if (!begin_body()) return trouble_;
  if (to_skip_ > 0) return Trouble{Failure::kTruncated, "it ends before the range that is wanted"};
  return std::nullopt;
}

// -- The door

Session::Session(Transfer::Shared& shared)
    : shared_(shared), curl_(std::make_unique<Curl>(shared)) {}
Session::~Session() = default;

std::optional<Trouble> Session::attempt(Progress& progress) {
  return curl_->attempt(progress);
}
void Session::wake() {
  curl_->wake();
}

bool Session::pause_for(Duration delay) {
  const MonotonicTime until = real_clock().now() + delay;
  while (true) {
    {
      const std::scoped_lock lock(shared_.mutex);
      if (shared_.is_cancelled) return false;
    }
    const Duration left = until - real_clock().now();
    if (left <= Duration(0)) return true;
    curl_->wait(left);
  }
}

}  // namespace argosy::fetch
