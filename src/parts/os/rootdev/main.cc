// rootdev: the device that a path is on.
#include <cstdio>
#include <cstdlib>
#include <getopt.h>

#include "parts/os/rootdev/rootdev.h"

namespace argosy::os {
namespace {

struct Arguments {
  RootdevQuestion question;
  uint32_t major = 0;
  uint32_t minor = 0;
  bool wants_help = false;
};

void print_help(const char* program) {
  std::fprintf(stderr,
               "%s [OPTIONS] [PATH]\n"
               "Outputs the containing device for the specified PATH.\n"
               "With no arguments, '/' is assumed.\n"
               "\n"
               "Options:\n"
               "  -h\tthis message.\n"
               "\n"
               "  -c\tcreate the /dev node if it cannot be found\n"
               "  -d\treturn the block device only if possible\n"
               "  -i\treturn path even if the node doesn't exist\n"
               "  -s\tif possible, return the first slave of the root device\n"
               "\n"
               "  --block [path]\tset the path to block under the sys mount point\n"
               "  --dev [path]\tset the path to dev mount point\n"
               "  --major [num]\tset the major number of the rootdev\n"
               "  --minor [num]\tset the minor number of the rootdev\n",
               program);
}

enum LongOption : int { kBlock = 256, kDev, kMajor, kMinor };

void take(int option, Arguments& arguments) {
  RootdevQuestion& question = arguments.question;
  switch (option) {
    case 'c':
      question.create_node = true;
      break;
    case 'd':
      question.strip_partition = true;
      break;
    case 'i':
      question.ignore_missing = true;
      break;
    case 's':
      question.use_slave = true;
      break;
    case kBlock:
      question.block_path = optarg;
      break;
    case kDev:
      question.dev_path = optarg;
      break;
    case kMajor:
      arguments.major = static_cast<uint32_t>(std::atoi(optarg));
      break;
    case kMinor:
      arguments.minor = static_cast<uint32_t>(std::atoi(optarg));
      break;
    default:
      arguments.wants_help = true;
  }
}

Arguments parse(int argc, char** argv) {
  static const option kLongOptions[] = {{"c", no_argument, nullptr, 'c'},
                                        {"d", no_argument, nullptr, 'd'},
                                        {"h", no_argument, nullptr, 'h'},
                                        {"i", no_argument, nullptr, 'i'},
                                        {"s", no_argument, nullptr, 's'},
                                        {"block", required_argument, nullptr, kBlock},
                                        {"dev", required_argument, nullptr, kDev},
                                        {"major", required_argument, nullptr, kMajor},
                                        {"minor", required_argument, nullptr, kMinor},
                                        {}};
  Arguments arguments;
  int option = 0;
  while (!arguments.wants_help &&
         (option = ::getopt_long_only(argc, argv, "", kLongOptions, nullptr)) != -1) {
    take(option, arguments);
  }
  if (arguments.question.create_node && arguments.question.strip_partition) {
    std::fprintf(stderr, "rootdev: -c and -d are incompatible at present.\n");
    arguments.wants_help = true;
    return arguments;
  }
  if (optind < argc) arguments.question.path = argv[optind++];
  if (optind < argc) {
    std::fprintf(stderr, "Too many free arguments: %d\n", argc - optind);
    arguments.wants_help = true;
  }
  if (arguments.major != 0 || arguments.minor != 0) {
    arguments.question.number = DeviceNumber{arguments.major, arguments.minor};
  }
  return arguments;
}

}  // namespace
}  // namespace argosy::os

int main(int argc, char** argv) {
  const argosy::os::Arguments arguments = argosy::os::parse(argc, argv);
  if (arguments.wants_help) {
    argosy::os::print_help(argv[0]);
    return 1;
  }
  const argosy::os::RootdevAnswer answer = argosy::os::find_rootdev(arguments.question);
  std::fputs(answer.error.c_str(), stderr);
  if (!answer.path.empty()) std::printf("%s\n", answer.path.c_str());
  return answer.exit_code;
}
