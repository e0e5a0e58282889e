#include <filesystem>

#include "base/format.h"
#include "base/text.h"
#include "lib/unpack/layer.h"
#include "parts/rkt/arguments/image_argument.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/store/key.h"
#include "parts/rkt/trust/verify.h"

namespace argosy::rkt {
namespace {

using Kind = ImageArgument::Kind;

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kUnimplemented, std::move(why));
}

Result<std::string> pull_policy(const Options& options) {
  if (options.store_only && options.no_store) {
    return fail(Code::kInvalidArgument, "both --store-only and --no-store specified");
  }
  if (options.store_only) return std::string("never");
  if (options.no_store) return std::string("update");
  for (const char* policy : {"never", "new", "update"}) {
    if (options.pull_policy == policy) return std::string(policy);
  }
  return fail(Code::kInvalidArgument,
              format("unknown pull policy {}", go_quote(options.pull_policy)));
}

std::string signature_of(const std::string& path, const Options& options) {
  if (options.signature.starts_with("file://")) return options.signature.substr(7);
  return options.signature.empty() ? path + ".asc" : options.signature;
}

Result<void> verify(const Context& context, const ImageStore& store, const std::string& path) {
  auto source = TRY_CONTEXT(unpack::file_source(path), "error opening aci file");
  const auto manifest = TRY_CONTEXT(manifest_of(std::move(source)), "error reading image manifest");
  const auto keys = TRY_CONTEXT(context.keys().keys_for(manifest.name), "error loading keystore");
  const auto signers = TRY_CONTEXT(
      verify_file(path, signature_of(path, context.options), keys, store.directory() + "/tmp"),
      "error validating image");
  context.complain("signature verified:");
  for (const PublicKey& key : signers) {
    for (const std::string& identity : key.identities) context.complain("  " + identity);
  }
  return {};
}

Result<std::string> import_file(const Context& context, const ImageStore& store,
                                const std::string& path) {
  if (!context.is_insecure("image")) TRY(verify(context, store, path));
  auto source = TRY_CONTEXT(unpack::file_source(path), "error opening aci file");
  return store.import(std::move(source), false);
}

Result<std::string> fetch(Context& context, const ImageStore& store, const std::string& policy,
                          const std::string& word) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  ImageArgument image = TRY(parse_image_argument(word, here, [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
  }));
  switch (image.kind) {
    case Kind::kHash:
      return store.resolve(image.text);
    case Kind::kArchive:
      if (!image.path().empty()) return import_file(context, store, image.path());
      return refuse("images cannot be fetched over the network yet; give a file");
    case Kind::kDocker:
      if (!context.is_insecure("image")) {
        return refuse(
            "signature verification for docker images is not supported (try "
            "--insecure-options=image)");
      }
      return refuse("docker images cannot be fetched yet; give a file");
    case Kind::kName:
      break;
  }
  complete_labels(image);
  auto key = store.find(image.text, image.labels);
  if (key && policy != "update") return key;
  if (!key && policy == "never") return key;
  return refuse("image discovery is not done yet; give a file, or --pull-policy=never");
}

}  // namespace

int fetch_command(Context& context, const Words& words) {
  const auto policy = pull_policy(context.options);
  if (!policy) return context.failure("invalid pull policy", policy.error());
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  for (const std::string& word : words) {
    const auto key = fetch(context, **store, *policy, word);
    if (!key) return context.failure(format("error fetching image {}", word), key.error());
    if (const auto touched = (*store)->touch(*key); !touched) {
      return context.failure("error updating image", touched.error());
    }
    context.print(context.options.full ? *key : key->substr(0, kKeyPrefix.size() + 32));
  }
  return 0;
}

}  // namespace argosy::rkt
