// argosy: the suite on one machine. The verbs are in verbs.h.
#include <csignal>

#include "argosy/verbs.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::run({argv + 1, argv + argc});
}
