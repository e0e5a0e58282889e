// The service's own affairs: its database, and the upstream that it follows.
#include "base/format.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/payload.h"
#include "parts/update_service/ctl/table.h"

namespace argosy::update_service::ctl {
namespace {

// Size is not known before; as long as a large file may take.
constexpr uint64_t kLargeBackup = uint64_t{4} << 30;

// The service has made its tables before it answers anything.
Result<void> database_init(Context& context) {
  TRY(context.client.call("GET", "/api/session"));
  if (context.shows_json(json::Object{{"status", "ok"}})) return {};
  context.out = "ok\n";
  return {};
}

Result<void> database_backup(Context& context) {
  Download file = TRY(Download::begin(real_disk(), context.words[0]));
  uint64_t size = 0;
  TRY(context.client.fetch("/api/database/backup", kLargeBackup, [&](BytesView bytes) {
    size += bytes.size();
    return file.write(bytes);
  }));
  TRY(file.keep({.size = size, .sha1 = {}, .sha256 = {}}));
  if (context.shows_json(json::Object{{"file", context.words[0]}, {"size", size}})) return {};
  context.out = format("{} has {} bytes\n", context.words[0], size);
  return {};
}

Result<void> upstream_list(Context& context) {
  const json::Value upstream = TRY(context.client.call("GET", "/api/upstream"));
  if (context.shows_json(upstream)) return {};
  const auto count = [&](std::string_view name) {
    const json::Value* value = upstream.find(name);
    return format("{}", value != nullptr ? value->as_uint().value_or(0) : 0);
  };
  context.out =
      to_table({{"Url", "Interval", "Last Round", "Rounds", "Failures", "Packages"},
                {std::string(upstream.text_of("url")), std::string(upstream.text_of("interval")),
                 std::string(upstream.text_of("last_round")), count("rounds"), count("failures"),
                 count("packages")}});
  for (const json::Value& trouble : *upstream.find("troubles")->as_array()) {
    context.out += format("{}\n", *trouble.as_string());
  }
  return {};
}

Result<void> upstream_sync(Context& context) {
  const json::Value begun = TRY(context.client.call("POST", "/api/upstream/sync"));
  if (context.shows_json(begun)) return {};
  context.out = format("Status: {}\n", begun.text_of("status"));
  return {};
}

Result<void> upstream_is_a_flag(Context&) {
  return fail(Code::kUnimplemented,
              "the service has one upstream, and its flags name it: -enable-syncer and "
              "-sync-update-url");
}

}  // namespace

std::span<const Command> service_commands() {
  static const std::vector<Command> kCommands = {
      {"database init", "", "Say whether the database is there.", {}, 0, database_init},
      {"database backup",
       "<output file>",
       "Grab a backup of the database.",
       {},
       1,
       database_backup},
      {"upstream list", "", "Show the upstream and how following it goes.", {}, 0, upstream_list},
      {"upstream sync", "", "Ask upstream now.", {}, 0, upstream_sync},
      {"upstream create", "", "Says what there is instead.", {}, kAnyWords, upstream_is_a_flag},
      {"upstream update", "", "Says what there is instead.", {}, kAnyWords, upstream_is_a_flag},
      {"upstream delete", "", "Says what there is instead.", {}, kAnyWords, upstream_is_a_flag},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
