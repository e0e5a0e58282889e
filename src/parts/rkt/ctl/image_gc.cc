#include <set>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/store/key.h"

namespace argosy::rkt {
namespace {

// What pods still need.
struct Used {
  std::set<std::string> trees;
  std::set<std::string> images;  // of those that run
};

// A pod that can't be read keeps everything: what it needs is not known.
Result<Used> used_by_pods(const Pods& pods, const TreeStore& trees) {
  Used out;
  for (const Pod& pod :
       TRY(pods.list({Place::kPrepare, Place::kPrepared, Place::kRun, Place::kExitedGarbage}))) {
    for (const std::string& id : pod.tree_ids()) {
      out.trees.insert(id);
      out.images.insert(trees.image_of(id));
    }
    const auto text = pod.manifest_text();
    const bool is_early = !text && text.error().code() == Code::kNotFound;
    if (is_early) continue;
    const auto manifest = TRY_CONTEXT(pod.manifest(), format("pod {}", pod.uuid()));
    for (const appc::RuntimeApp& app : manifest.apps) out.images.insert(key_of_id(app.image.id));
  }
  return out;
}

Result<void> remove_trees(const Context& context, const TreeStore& trees, const Used& used) {
  for (const std::string& id : TRY(trees.ids())) {
    if (used.trees.contains(id)) continue;
    TRY(trees.remove(id));
    context.complain(format("removed treestore {}", go_quote(id)));
  }
  return {};
}

Result<void> remove_images(const Context& context, const ImageStore& store, const Used& used) {
  const WallTime now = real_clock().wall_now();
  size_t done = 0;
  for (const ImageInfo& image : TRY(store.list())) {
    if (used.images.contains(image.key) || now < image.last_used + context.options.grace) continue;
    TRY(store.remove(image.key));
    context.print(format("successfully removed aci for image: {}", go_quote(image.key)));
    ++done;
  }
  if (done > 0) context.complain(format("{} image(s) successfully removed", done));
  return {};
}

}  // namespace

int image_gc_command(Context& context, const Words& /*words*/) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  const auto trees = context.trees();
  const auto pods = context.pods();
  if (!trees) return context.failure("cannot open store", trees.error());
  if (!pods) return context.failure("cannot open pods", pods.error());
  // Who prepares a pod has chosen images that no pod names yet.
  const auto lock = lock_prepare(context, LockMode::kExclusive);
  if (!lock) return context.failure("cannot get exclusive prepare lock", lock.error());
  const auto used = used_by_pods(**pods, **trees);
  if (!used) return context.failure("cannot get treestoreIDs referenced by pods", used.error());
  if (const auto done = remove_trees(context, **trees, *used); !done) {
    return context.failure("failed to remove unreferenced treestores", done.error());
  }
  if (const auto done = remove_images(context, **store, *used); !done) {
    return context.failure("failed to remove images", done.error());
  }
  if (const auto done = (*store)->clean(); !done) {
    return context.failure("failed to remove what killed fetches left", done.error());
  }
  return 0;
}

}  // namespace argosy::rkt
