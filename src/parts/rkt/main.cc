// rkt: images, and pods made of them, from a command line.
#include <csignal>

#include "parts/rkt/ctl/ctl.h"

int main(int argc, char** argv) {
  // Who reads our output and goes is an error of writing, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::rkt::run_ctl({argv + (argc > 0 ? 1 : 0), argv + argc});
}
