// update_engine_stub: says that a machine runs which is not to be updated.
#include "parts/update_engine/daemon/stub.h"
#include "parts/update_engine/flags/program.h"

int main(int argc, char** argv) {
  using namespace argosy::update_engine;
  return run_program(argc, argv, parse_options, usage, "update_engine_stub", run_stub);
}
