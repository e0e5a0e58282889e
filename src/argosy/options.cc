#include "argosy/options.h"

#include "argosy/plan.h"
#include "base/format.h"
#include "lib/cli/flag_set.h"

namespace argosy {
namespace {

struct VerbName {
  std::string_view name;
  Verb verb;
};
constexpr VerbName kVerbs[] = {
    {"help", Verb::kHelp}, {"--help", Verb::kHelp},         {"-h", Verb::kHelp},
    {"up", Verb::kUp},     {"status", Verb::kStatus},       {"down", Verb::kDown},
    {"logs", Verb::kLogs}, {"supervise", Verb::kSupervise},
};

Result<Verb> verb_of(std::string_view name) {
  for (const VerbName& verb : kVerbs) {
    if (verb.name == name) return verb.verb;
  }
  return fail(
      Code::kInvalidArgument,
      format("there is no command \"{}\"; there are up, status, logs, down and help", name));
}

void add_flags(cli::FlagSet& flags, Options& options, const std::string& default_data) {
  flags.add("data", options.data, default_data, "directory of the cluster");
  flags.add("json", options.json, false, "print JSON");
  switch (options.verb) {
    case Verb::kUp:
      flags.add("members", options.members, 0, "how many members");
      flags.add("port", options.port, 0, "client port of the first member");
      flags.add("wait", options.wait, minutes(1), "how long to wait until it is healthy");
      [[fallthrough]];
    case Verb::kSupervise:
      flags.add("etcd", options.etcd, "", "the program etcd");
      break;
    case Verb::kDown:
      flags.add("purge", options.purge, false, "delete the data too");
      break;
    case Verb::kLogs:
      flags.add("f", options.follow, false, "go on as lines are added");
      flags.add("n", options.lines, 100, "the last so many lines");
      break;
    case Verb::kHelp:
    case Verb::kStatus:
      break;
  }
}

// Go's flags end at the first word that is none; here they may follow it.
Result<std::vector<std::string>> parse_mixed(cli::FlagSet& flags,
                                             std::vector<std::string> arguments) {
  std::vector<std::string> words;
  arguments = TRY(flags.parse(arguments));
  while (!arguments.empty()) {
    words.push_back(std::move(arguments.front()));
    arguments.erase(arguments.begin());
    arguments = TRY(flags.parse(arguments));
  }
  return words;
}

Result<void> check_values(const Options& options) {
  if (options.members > kMaxMembers) {
    return fail(Code::kInvalidArgument,
                format("--members must be at most {}, not {}", kMaxMembers, options.members));
  }
  if (options.port > kMaxFirstPort) {
    return fail(Code::kInvalidArgument,
                format("--port must be at most {}, not {}", kMaxFirstPort, options.port));
  }
  return {};
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments,
                              const std::string& default_data) {
  Options options;
  options.data = default_data;
  if (arguments.empty()) return options;
  options.verb = TRY(verb_of(arguments.front()));
  if (options.verb == Verb::kHelp) return options;
  cli::FlagSet flags("argosy " + arguments.front());
  add_flags(flags, options, default_data);
  auto parsed = parse_mixed(flags, {arguments.begin() + 1, arguments.end()});
  if (!parsed && parsed.error().code() == Code::kAborted) {
    options.verb = Verb::kHelp;
    return options;
  }
  const std::vector<std::string> words = TRY(std::move(parsed));
  const size_t wanted = options.verb == Verb::kLogs ? 1 : 0;
  if (words.size() < wanted) return fail(Code::kInvalidArgument, "logs needs a member, as in m1");
  if (words.size() > wanted) {
    return fail(Code::kInvalidArgument,
                format("{} has no use for \"{}\"", arguments.front(), words[wanted]));
  }
  if (wanted == 1) options.member = words.front();
  if (flags.was_given("members") && options.members == 0) {
    return fail(Code::kInvalidArgument, "--members must be at least 1");
  }
  TRY(check_values(options));
  return options;
}

std::string help_text(const std::string& default_data) {
  return format(R"(Usage: argosy COMMAND [OPTION...]

  up       start an etcd cluster on this machine and wait until it is healthy
    --members N     how many members (3, or as many as the cluster has)
    --port N        client port of the first member (2379, or the next free); its peer
                    port is the next one, those of other members 10000 higher each
    --wait TIME     how long it may take to become healthy (1m)
    --etcd PATH     the program etcd (the one beside argosy)
  status   show its members: id, leader, term, index, endpoints, size; 1 unless healthy
  logs M   what member M (m1, m2 ..., or supervisor) has said
    -f              go on as lines are added
    -n N            the last N lines (100); 0 for all
  down     stop it
    --purge         delete its data too

  Each of them:
    --data DIR      directory of the cluster ({})
    --json          print JSON

Exit codes: 0 done, 1 failed, 2 not understood.
)",
                default_data);
}

}  // namespace argosy
