#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"

namespace argosy::rkt {
namespace {

Result<std::string> read_uuid(const std::string& path) {
  const Bytes text = TRY(read_file(real_disk(), path, 4096));
  return std::string(trim(text));
}

}  // namespace

int cat_manifest_command(Context& context, const Words& words) {
  const auto pods = context.pods();
  if (!pods) return context.failure("cannot open pods", pods.error());
  const auto pod = (*pods)->find(words[0]);
  if (!pod) return context.failure("problem retrieving pod", pod.error());
  const auto manifest = pod->manifest();
  if (!manifest) return context.failure("cannot read pod manifest", manifest.error());
  print_json(appc::to_json(*manifest), context.options.pretty);
  return 0;
}

int rm_command(Context& context, const Words& words) {
  const std::string& file = context.options.uuid_file;
  Words uuids = words;
  bool has_failed = false;
  if (words.empty() == file.empty()) {
    context.complain("give UUIDs, or --uuid-file");
    return kFailure;
  }
  if (!file.empty()) {
    const auto uuid = read_uuid(file);
    if (!uuid) return context.failure("unable to resolve UUID from file", uuid.error());
    uuids.push_back(*uuid);
  }
  const auto pods = context.pods();
  if (!pods) return context.failure("cannot open pods", pods.error());
  for (const std::string& uuid : uuids) {
    auto pod = (*pods)->find(uuid);
    if (!pod) {
      has_failed = true;
      context.complain("cannot get pod", pod.error());
      continue;
    }
    if (remove_pod(*pod, context.reporter())) {
      context.print(go_quote(pod->uuid()));
    } else {
      has_failed = true;
    }
  }
  if (!has_failed) return 0;
  context.complain("failed to remove one or more pods");
  return kFailure;
}

int gc_command(Context& context, const Words& /*words*/) {
  const auto pods = context.pods();
  if (!pods) return context.failure("cannot open pods", pods.error());
  const Options& options = context.options;
  const auto done = collect(**pods, real_clock().wall_now(),
                            {.grace = options.grace,
                             .expires_prepared = options.expires_prepared,
                             .only_marks = options.only_marks},
                            context.reporter());
  return done ? 0 : context.failure("garbage collection", done.error());
}

int config_command(Context& context, const Words& /*words*/) {
  const auto config = context.config();
  if (!config) return context.failure("cannot get configuration", config.error());
  print_json(json::Object{{"stage0", (*config)->to_json()}}, context.options.pretty);
  return 0;
}

int version_command(Context& context, const Words& /*words*/) {
  context.print(format("rkt Version: {}", kVersion));
  context.print(format("appc Version: {}", appc::kSpecVersion));
  context.print("Go Version: none");
#if defined(__x86_64__)
  context.print("Go OS/Arch: linux/amd64");
#else
  context.print("Go OS/Arch: linux/arm64");
#endif
  context.print("Features: -TPM -SDJOURNAL");
  return 0;
}

}  // namespace argosy::rkt
