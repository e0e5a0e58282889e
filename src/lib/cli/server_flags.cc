#include "lib/cli/server_flags.h"

#include "base/format.h"

namespace argosy::cli {

std::optional<Ending> read_command_line(FlagSet& flags, const std::vector<std::string>& arguments) {
  const auto words = flags.parse(arguments);
  if (words && words->empty()) return std::nullopt;
  if (!words && words.error().code() == Code::kAborted) {
    return Ending{.code = 0, .out = flags.usage(), .err = {}};
  }
  const std::string what =
      words ? "unexpected argument: " + words->front() : words.error().message();
  return Ending{.code = 2,
                .out = {},
                .err = format("{}\nRun '{} --help' for usage.\n", what, flags.program())};
}

Result<void> read_variable(FlagSet& flags, std::string_view flag, const std::string& variable,
                           const Environment& environment) {
  const char* value = environment(variable.c_str());
  if (value == nullptr || *value == '\0' || flags.was_given(flag)) return {};
  TRY_CONTEXT(flags.set(flag, value), variable);
  return {};
}

Result<void> read_environment(FlagSet& flags, std::string_view prefix,
                              const Environment& environment) {
  for (const std::string& name : flags.names()) {
    TRY(read_variable(flags, name, environment_name(prefix, name), environment));
  }
  return {};
}

}  // namespace argosy::cli
