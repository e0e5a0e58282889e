#include "parts/locksmith/options/options.h"

#include "base/format.h"
#include "base/text.h"
#include "lib/cli/flag_set.h"

namespace argosy::locksmith {
namespace {

constexpr std::string_view kEndpoints = "http://127.0.0.1:2379,http://127.0.0.1:4001";

const FlagLine& line_of(std::string_view name) {
  for (const FlagLine& line : flag_lines()) {
    if (line.name == name) return line;
  }
  return flag_lines().front();
}

void add_flags(cli::FlagSet& flags, Options& options) {
  const auto text = [&](std::string_view name, std::string& variable) {
    flags.add(std::string(name), variable, "", line_of(name).help);
  };
  flags.add("debug", options.debug, false, line_of("debug").help);
  flags.add("endpoint", options.endpoints, std::string(kEndpoints), line_of("endpoint").help);
  text("etcd-cafile", options.ca_file);
  text("etcd-certfile", options.cert_file);
  text("etcd-keyfile", options.key_file);
  text("etcd-password", options.password);
  text("etcd-username", options.username);
  text("group", options.group);
  flags.add("version", options.version, false, line_of("version").help);
}

// As Go's flag package prints it when nobody says otherwise.
std::string go_usage() {
  std::string text = "Usage of locksmithctl:\n";
  for (const FlagLine& line : flag_lines()) {
    const std::string_view kind = line.is_boolean ? "" : line.is_list ? " value" : " string";
    text += format("  -{}{}\n    \t{}\n", line.name, kind, line.help);
  }
  return text;
}

}  // namespace

const std::vector<FlagLine>& flag_lines() {
  static const std::vector<FlagLine> lines{
      {"debug", "false", "Print out debug information to stderr.", true, false},
      {"endpoint", std::string(kEndpoints),
       "etcd endpoint for locksmith. Specify multiple times to use multiple endpoints.", false,
       true},
      {"etcd-cafile", "", "etcd CA file authentication", false, false},
      {"etcd-certfile", "", "etcd cert file authentication", false, false},
      {"etcd-keyfile", "", "etcd key file authentication", false, false},
      {"etcd-password", "", "password for secure etcd communication", false, false},
      {"etcd-username", "", "username for secure etcd communication", false, false},
      {"group", "", "locksmith group", false, false},
      {"version", "false", "Print the version and exit.", true, false},
  };
  return lines;
}

std::expected<Options, Ending> parse_options(const std::vector<std::string>& arguments,
                                             std::string_view prefix,
                                             const Environment& environment) {
  Options options;
  cli::FlagSet flags("locksmithctl");
  add_flags(flags, options);
  auto words = flags.parse(arguments);
  if (!words) {
    if (words.error().code() == Code::kAborted) {
      return std::unexpected(Ending{.code = 0, .out = {}, .err = go_usage()});
    }
    return std::unexpected(
        Ending{.code = 2, .out = {}, .err = words.error().message() + "\n" + go_usage()});
  }
  options.words = *std::move(words);
  for (const std::string& name : flags.names()) {
    const std::string_view value = value_of(environment, cli::environment_name(prefix, name));
    if (value.empty() || flags.was_given(name)) continue;
    const auto set = flags.set(name, value);
    (void)set;
  }
  return options;
}

std::expected<std::vector<std::string>, Ending> parse_command(
    const std::vector<std::string>& arguments) {
  cli::FlagSet flags("");
  auto words = flags.parse(arguments);
  if (words) return *std::move(words);
  const bool is_help = words.error().code() == Code::kAborted;
  const std::string error = words.error().message() + "\n";
  return std::unexpected(
      Ending{.code = 2, .out = error, .err = is_help ? "Usage:\n" : error + "Usage:\n"});
}

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

Result<Duration> duration_of(const Environment& environment, std::string_view name,
                             Duration initial) {
  const std::string_view text = value_of(environment, name);
  if (text.empty()) return initial;
  const auto duration = parse_go_duration(text);
  if (!duration || *duration < Duration(0)) {
    return fail(Code::kInvalidArgument,
                format("{} is not a duration such as 5m: {}", name, go_quote(text)));
  }
  return *duration;
}

}  // namespace argosy::locksmith
