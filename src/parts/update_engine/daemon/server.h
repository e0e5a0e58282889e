// One Omaha request and what came of it.
#pragma once

#include "io/task/task.h"
#include "parts/update_engine/attempt/attempter.h"

namespace argosy {
class Loop;
}

namespace argosy::update_engine {

struct Question {
  std::string url;
  std::string body;
  // While nobody answers: so often again, so far apart.
  int retries = 0;
  Duration pause = seconds(10);
};
// A response is at most 1 MiB. Never ends with an error: that is in the answer.
Task<Answer> ask_server(Loop& loop, Question question);

}  // namespace argosy::update_engine
