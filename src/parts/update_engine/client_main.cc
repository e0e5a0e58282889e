// update_engine_client: asks update_engine on D-Bus.
#include "parts/update_engine/client/client.h"
#include "parts/update_engine/flags/program.h"

int main(int argc, char** argv) {
  using namespace argosy::update_engine;
  return run_program(argc, argv, parse_client_options, client_usage, "update_engine_client",
                     run_client);
}
