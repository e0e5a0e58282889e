// update_engine: installs updates of /usr in the background.
#include "parts/update_engine/daemon/daemon.h"
#include "parts/update_engine/flags/program.h"

int main(int argc, char** argv) {
  using namespace argosy::update_engine;
  return run_program(argc, argv, parse_options, usage, "update_engine", run_daemon);
}
