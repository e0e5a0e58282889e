#include "parts/update_engine/daemon/server.h"

#include "base/format.h"
#include "io/task/wait.h"
#include "lib/fetch/fetch.h"
#include "sys/log/log.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kMaxResponseBytes = 1 << 20;
constexpr int kOk = 200;
// The idiom for a machine that is not to be updated.
constexpr std::string_view kDisabled = "disabled";

fetch::Request request_of(const Question& question) {
  fetch::Request request;
  request.url = question.url;
  request.method = "POST";
  request.fields = {{"Content-Type", "text/xml"}};
  request.body = question.body;
  request.accepts_any_status = true;
  request.limits.max_bytes = kMaxResponseBytes;
  return request;
}

Answer answer_of(Result<fetch::Response> response) {
  if (!response) return {.error = response.error().text()};
  Answer answer;
  answer.http_status = response->head.status;
  answer.is_good = answer.http_status == kOk;
  if (!answer.is_good) answer.error = format("HTTP status {}", answer.http_status);
  answer.body = std::move(response->body);
  return answer;
}

}  // namespace

Task<Answer> ask_server(Loop& loop, Question question) {
  if (question.url == kDisabled) co_return Answer{.error = "the server is disabled"};
  log_info("Posting an Omaha request to " + question.url);
  log_info("Request: " + question.body);
  Answer answer;
  for (int tries = 0;; ++tries) {
    answer = answer_of(co_await result(fetch::fetch(loop, request_of(question))));
    if (answer.http_status != 0 || tries >= question.retries) break;
    log_info("No answer; the request is repeated: " + answer.error);
    co_await sleep_for(loop, question.pause);
  }
  if (answer.is_good) log_info("Omaha request response: " + answer.body);
  co_return answer;
}

}  // namespace argosy::update_engine
