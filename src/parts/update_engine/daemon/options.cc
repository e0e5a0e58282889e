#include "parts/update_engine/daemon/options.h"

#include "base/format.h"
#include "parts/update_engine/flags/flags.h"

namespace argosy::update_engine {
namespace {

Flags flags_of(Options& options) {
  Flags flags;
  flags.add("foreground", options.foreground, "Don't daemon()ize; run in foreground.");
  flags.add_ignored("logtostderr");
  flags.add("help", options.help, "show this help");
  flags.add("root", options.root, "the directory below which all files lie");
  flags.add("family", options.family, "coreos or flatcar; empty: what /usr/share has");
  flags.add("usr_device", options.usr_device, "of the running /usr; empty: rootdev says it");
  flags.add("other_usr_device", options.other_usr_device,
            "where updates go; empty: usr_device with 3 and 4 exchanged at its end");
  flags.add("rootdev", options.rootdev, "the program that tells the device of /usr");
  flags.add("set_good_root", options.set_good_root,
            "the program that marks what runs as good; empty: /usr/sbin/FAMILY-setgoodroot");
  flags.add("temporary_directory", options.temporary_directory, "holds the mount point");
  flags.add("time_divisor", options.time_divisor, "for tests: all waits are so much shorter");
  return flags;
}

}  // namespace

std::string Options::path(std::string_view absolute) const {
  const std::string_view base = root.ends_with('/')
                                    ? std::string_view(root).substr(0, root.size() - 1)
                                    : std::string_view(root);
  return format("{}{}", base, absolute);
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  TRY(flags_of(options).parse(arguments));
  if (options.time_divisor < 1) {
    return fail(Code::kInvalidArgument, "ERROR: time_divisor is at least 1");
  }
  if (!options.family.empty() && options.family != "coreos" && options.family != "flatcar") {
    return fail(Code::kInvalidArgument, "ERROR: family is coreos or flatcar");
  }
  return options;
}

std::string usage(std::string_view program) {
  Options options;
  return format("{}: installs updates of /usr in the background.\n\n  Flags:\n{}", program,
                flags_of(options).help());
}

}  // namespace argosy::update_engine
