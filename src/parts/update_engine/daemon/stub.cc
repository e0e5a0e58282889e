#include "parts/update_engine/daemon/stub.h"

#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "parts/update_engine/daemon/host.h"
#include "parts/update_engine/daemon/server.h"
#include "sys/log/log.h"

namespace argosy::update_engine {
namespace {

// What the original says of a machine without an OEM.
constexpr std::string_view kNoOem = "diskless";
constexpr std::string_view kNotSaid[] = {"        <ping active=\"1\"></ping>\n",
                                         "        <updatecheck></updatecheck>\n"};

// A check without its ping and its question.
std::string event_of(const Situation& situation) {
  omaha::Client client = client_of(situation, "", false, false);
  if (client.oem.empty()) client.oem = kNoOem;
  std::string request = omaha::update_check_request(client, "");
  for (const std::string_view part : kNotSaid) request.erase(request.find(part), part.size());
  return request;
}

Task<void> tell(UvLoop* loop, Question question, int* code) {
  const Answer answer = co_await ask_server(*loop, std::move(question));
  if (!answer.is_good) log_error("The event was not heard: " + answer.error);
  *code = answer.is_good ? 0 : 1;
  loop->stop();
}

}  // namespace

int run_stub(const Options& options) {
  LogOptions logging;
  logging.as_json = false;
  (void)start_logging(logging);
  const Situation situation = read_situation(real_disk(), options);
  UvLoop loop;
  Scope scope(loop);
  int code = 1;
  Question question{.url = situation.config.server, .body = event_of(situation)};
  loop.post([&] { scope.spawn(tell(&loop, std::move(question), &code)); });
  loop.run();
  return code;
}

}  // namespace argosy::update_engine
