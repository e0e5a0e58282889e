#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/arguments/image_argument.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/removal/removal.h"
#include "parts/rkt/store/key.h"

namespace argosy::rkt {
namespace {

Result<void> write_all(int fd, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error("write", errno));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<void> copy(File& from, int to) {
  Bytes buffer(1 << 18, '\0');
  uint64_t offset = 0;
  while (true) {
    const size_t count = TRY(from.read_at(offset, buffer.data(), buffer.size()));
    if (count == 0) break;
    TRY(write_all(to, BytesView(buffer).substr(0, count)));
    offset += count;
  }
  if (::fsync(to) != 0) return fail(system_error("fsync", errno));
  return {};
}

// The directory for an image's files, empty.
Result<void> make_output(const std::string& path, bool overwrites) {
  if (overwrites) TRY(remove_tree(path));
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return fail(Code::kAlreadyExists, "output directory exists, use --overwrite to overwrite it");
  }
  return real_disk().make_directories(path, 0755);
}

int extract(Context& context, const Words& words, bool has_dependencies) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  const auto key = resolve_image(**store, words[0]);
  if (!key) return context.failure("image lookup failed", key.error());
  const auto made = make_output(words[1], context.options.overwrite);
  if (!made) return context.failure("cannot make output directory", made.error());
  const auto done = extract_image(**store, *key, words[1],
                                  {.only_rootfs = context.options.only_rootfs,
                                   .has_dependencies = has_dependencies,
                                   .keeps_owners = ::geteuid() == 0});
  if (!done) {
    return context.failure(has_dependencies ? "error rendering image" : "error extracting image",
                           done.error());
  }
  const auto touched = (*store)->touch(*key);
  return touched ? 0 : context.failure("error updating image", touched.error());
}

// What a word of `image rm` names: one image by its hash, or all of a name.
Result<std::vector<std::string>> images_of(const ImageStore& store, const std::string& word) {
  if (word.starts_with(kKeyPrefix)) return std::vector{TRY(store.resolve(word))};
  const ImageArgument wanted = TRY(parse_image_name(word));
  std::vector<std::string> out;
  for (ImageInfo& image : TRY(store.list())) {
    if (image.name != wanted.text) continue;
    const auto manifest = store.manifest(image.key);
    if (!manifest) continue;
    bool has_all = true;
    for (const appc::NamedValue& label : wanted.labels) {
      const std::string* value = appc::find(manifest->labels, label.name);
      has_all = has_all && value != nullptr && *value == label.value;
    }
    if (has_all) out.push_back(std::move(image.key));
  }
  if (out.empty()) {
    return fail(Code::kNotFound, format("image name {} not found", go_quote(word)));
  }
  return out;
}

}  // namespace

Result<std::string> resolve_image(const ImageStore& store, const std::string& word) {
  if (word.starts_with(kKeyPrefix)) return store.resolve(word);
  const ImageArgument name = TRY(parse_image_name(word));
  return store.find(name.text, name.labels);
}

int image_rm_command(Context& context, const Words& words) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  std::set<std::string> keys;
  size_t failed = 0;
  for (const std::string& word : words) {
    const auto found = images_of(**store, word);
    if (found) {
      keys.insert(found->begin(), found->end());
      continue;
    }
    ++failed;
    context.complain(format("image {} cannot be found", go_quote(word)), found.error());
  }
  size_t done = 0;
  for (const std::string& key : keys) {
    if (const auto removed = (*store)->remove(key); !removed) {
      ++failed;
      context.complain(format("error removing aci for image {}", go_quote(key)), removed.error());
      continue;
    }
    context.print(format("successfully removed aci for image: {}", go_quote(key)));
    ++done;
  }
  if (done > 0) context.complain(format("{} image(s) successfully removed", done));
  if (failed == 0) return 0;
  context.complain(format("{} image(s) cannot be removed", failed));
  return kFailure;
}

int image_export_command(Context& context, const Words& words) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  const auto key = resolve_image(**store, words[0]);
  if (!key) return context.failure("image lookup failed", key.error());
  const auto image = (*store)->open(*key);
  if (!image) return context.failure("error reading image", image.error());
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (context.options.overwrite ? O_TRUNC : O_EXCL);
  const Fd file(::open(words[1].c_str(), flags, 0644));
  if (!file.is_open() && errno == EEXIST) {
    context.complain("output ACI file exists (try --overwrite)");
    return kFailure;
  }
  if (!file.is_open()) {
    return context.failure(format("unable to open output ACI file {}", words[1]),
                           system_error("open", errno));
  }
  // Here the original's code is 1.
  if (const auto copied = copy(**image, file.get()); !copied) {
    context.complain("error writing to ACI file", copied.error());
    return 1;
  }
  return 0;
}

int image_extract_command(Context& context, const Words& words) {
  return extract(context, words, false);
}

int image_render_command(Context& context, const Words& words) {
  return extract(context, words, true);
}

int image_cat_manifest_command(Context& context, const Words& words) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  const auto key = resolve_image(**store, words[0]);
  if (!key) return context.failure("image lookup failed", key.error());
  const auto manifest = (*store)->manifest(*key);
  if (!manifest) return context.failure("cannot get image manifest", manifest.error());
  print_json(appc::to_json(*manifest), context.options.pretty);
  return 0;
}

int image_verify_command(Context& context, const Words& words) {
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  const auto trees = context.trees();
  if (!trees) return context.failure("cannot open store", trees.error());
  for (const std::string& word : words) {
    const auto key = resolve_image(**store, word);
    if (!key) return context.failure(format("unable to resolve image {}", word), key.error());
    const auto id = (*trees)->id_of(*key);
    if (!id) return context.failure(format("unable to get id of image {}", word), id.error());
    if (!(*trees)->is_rendered(*id)) {
      context.print(format("image {} not rendered; no verification needed", go_quote(word)));
      continue;
    }
    const auto verified = (*trees)->verify(*id);
    if (verified) {
      context.print(format("successfully verified checksum for image: {} ({})", go_quote(word),
                           go_quote(*key)));
      continue;
    }
    context.complain(format("tree cache verification failed for image {}: {};  rebuilding...", word,
                            verified.error().message()));
    if (const auto again = (*trees)->render(*key, true); !again) {
      return context.failure(format("unable to render image {}", word), again.error());
    }
  }
  return 0;
}

}  // namespace argosy::rkt
