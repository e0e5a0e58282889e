// cgpt: GUID partition tables, as Container Linux's scripts handle them.
#include <cstdio>

#include "parts/os/cgpt/command.h"
#include "parts/os/drive/devices.h"
#include "sys/random/random.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  const argosy::os::Outcome outcome =
      argosy::os::run_cgpt(words, argosy::os::DeviceTree{}, argosy::real_random());
  std::fputs(outcome.err.c_str(), stderr);
  std::fputs(outcome.out.c_str(), stdout);
  return outcome.exit_code;
}
