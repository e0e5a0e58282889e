// Keys and signatures: nothing here sends a private key anywhere, and only draft and push
// speak to the service.
#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/trust/trust.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/draft.h"
#include "sys/clock/clock.h"
#include "sys/file/disk.h"

namespace argosy::update_service::ctl {
namespace {

namespace cm = channel_metadata;

constexpr uint64_t kMaxKeyBytes = 1 << 20;

Result<std::string> read(const std::string& path, uint64_t limit) {
  return TRY_CONTEXT(read_file(real_disk(), path, limit), format("reading {}", path));
}

Result<void> write_new(const std::string& path, const std::string& text, uint32_t mode) {
  if (exists(real_disk(), path)) {
    return fail(Code::kAlreadyExists, format("{} is there already; nothing was written", path));
  }
  return replace_file(real_disk(), path, text, mode);
}

Result<cm::Document> read_document(const Context& context) {
  const std::string path = context.flag("file");
  const std::string text = TRY(read(path, cm::kMaxTextBytes + 1));
  return TRY_CONTEXT(cm::parse(trim(text)), path);
}

std::string describe(const cm::Document& document) {
  const cm::Metadata& metadata = document.metadata;
  std::string text =
      format("channel {} ({}) of {}, document {}\n  target {}{}\n  issued {}, expires {}\n",
             metadata.channel, metadata.arch, metadata.application, metadata.sequence,
             metadata.target, metadata.is_rollback_allowed ? ", machines above it go down" : "",
             to_rfc3339(metadata.issued), to_rfc3339(metadata.expires));
  if (!metadata.groups.empty()) {
    text += format("  also asked for as {}\n", join(metadata.groups, ", "));
  }
  for (const cm::Release& release : metadata.releases) {
    text += format("  release {}{}\n", release.version, release.is_floor ? " (floor)" : "");
    for (const cm::Package& package : release.packages) {
      text += format("    {} {} bytes sha256 {}{}\n", package.name, package.size,
                     to_hex(BytesView(package.sha256)),
                     package.from.empty() ? "" : " from " + package.from);
    }
  }
  for (const cm::Signature& one : document.signatures)
    text += format("  signed by {}\n", one.key_id);
  return text;
}

Result<void> key_generate(Context& context) {
  const auto bits = parse_uint(context.flag("bits"));
  if (!bits || *bits < 2048 || *bits > 16384) {
    return fail(Code::kInvalidArgument, "-bits is from 2048 to 16384");
  }
  const RsaPrivateKey key = TRY(RsaPrivateKey::generate(static_cast<unsigned>(*bits)));
  const std::string& path = context.words[0];
  TRY(write_new(path, key.to_pem(), 0600));
  TRY(write_new(path + ".pub", key.public_key().to_pem(), 0644));
  context.out = format("{}\n", cm::key_of(key.public_key()).id);
  return {};
}

Result<void> key_show(Context& context) {
  const std::string pem = TRY(read(context.words[0], kMaxKeyBytes));
  if (const auto key = RsaPrivateKey::from_pem(pem)) {
    context.out =
        format("{} private, {} bits\n", cm::key_of(key->public_key()).id, 8 * key->size());
    return {};
  }
  const cm::Keyring ring = TRY_CONTEXT(cm::Keyring::from_pem(pem), context.words[0]);
  for (const cm::Key& key : ring.keys()) {
    context.out += format("{} public, {} bits\n", key.id, 8 * key.key.size());
  }
  return {};
}

Result<json::Array> floors_of(Context& context, std::string_view channel_id) {
  const json::Value answer =
      TRY(context.client.call("GET", format("/api/channels/{}/floors?perpage=1000", channel_id)));
  return *answer.find("packages")->as_array();
}

Result<uint64_t> next_sequence(Context& context, const std::string& channel_id) {
  const auto old =
      context.client.call("GET", app_path(context, {"channels", channel_id, "metadata"}));
  if (!old && old.error().code() == Code::kNotFound) return 1;
  const json::Value document = TRY(old);
  const json::Value* inner = document.find("signed");
  const json::Value* number = inner != nullptr ? inner->find("sequence") : nullptr;
  return number != nullptr ? number->as_uint().value_or(0) + 1 : 1;
}

Result<void> channel_draft(Context& context) {
  const auto valid = parse_go_duration(context.flag("valid"));
  if (!valid || *valid < hours(1)) return fail(Code::kInvalidArgument, "-valid is 1h or more");
  const json::Value channel = TRY(the_channel(context));
  const std::string id(channel.text_of("id"));
  const WallTime now(std::chrono::floor<seconds>(real_clock().wall_now().time_since_epoch()));
  const DraftSource source{
      .channel = channel,
      .packages = TRY(list(context, app_path(context, {"packages"}), "packages")),
      .floors = TRY(floors_of(context, id)),
      .groups = TRY(list(context, app_path(context, {"groups"}), "groups")),
      .sequence = TRY(next_sequence(context, id)),
      .issued = now,
      .expires = now + std::chrono::floor<seconds>(*valid)};
  const cm::Document document{.signatures = {}, .metadata = TRY(draft(source))};
  TRY(write_new(context.flag("file"), cm::to_text(document) + "\n", 0644));
  context.out = describe(document);
  return {};
}

// With a private key in a file; or with a signature that a device made of what
// "channel text" gives.
Result<void> add_signature(Context& context, cm::Document& document) {
  if (!context.flag("key").empty()) {
    const std::string pem = TRY(read(context.flag("key"), kMaxKeyBytes));
    const RsaPrivateKey key = TRY_CONTEXT(RsaPrivateKey::from_pem(pem), context.flag("key"));
    return cm::sign(document, cm::key_of(key.public_key()), cm::sign_with(key));
  }
  if (context.flag("signature").empty() || context.flag("public-key").empty()) {
    return fail(Code::kInvalidArgument, "either -key, or -signature and -public-key are needed");
  }
  const std::string pem = TRY(read(context.flag("public-key"), kMaxKeyBytes));
  const cm::Keyring ring = TRY(cm::Keyring::from_pem(pem));
  const Bytes signature = TRY(read(context.flag("signature"), kMaxKeyBytes));
  return cm::sign(document, ring.keys().front(),
                  [&](std::string_view) -> Result<Bytes> { return signature; });
}

Result<void> channel_sign(Context& context) {
  cm::Document document = TRY(read_document(context));
  TRY(add_signature(context, document));
  TRY(replace_file(real_disk(), context.flag("file"), cm::to_text(document) + "\n", 0644));
  context.out = describe(document);
  return {};
}

Result<void> channel_text(Context& context) {
  const cm::Document document = TRY(read_document(context));
  context.out = cm::signed_text(document.metadata);
  return {};
}

Result<void> channel_show(Context& context) {
  const cm::Document document = TRY(read_document(context));
  if (!context.flag("public-key").empty()) {
    const std::string pem = TRY(read(context.flag("public-key"), kMaxKeyBytes));
    const cm::Keyring ring = TRY(cm::Keyring::from_pem(pem));
    const cm::Metadata& metadata = document.metadata;
    TRY(cm::verify(cm::to_text(document), ring, real_clock().wall_now(),
                   {metadata.application, metadata.channel, metadata.arch, 0}));
    context.out = "verified\n";
  }
  context.out += describe(document);
  return {};
}

Result<void> channel_push(Context& context) {
  const cm::Document document = TRY(read_document(context));
  const json::Array channels = TRY(list(context, app_path(context, {"channels"}), "channels"));
  const json::Value channel =
      TRY(find(channels, "name", document.metadata.channel, document.metadata.arch));
  TRY(context.client.call(
      "PUT", app_path(context, {"channels", std::string(channel.text_of("id")), "metadata"}),
      cm::to_text(document)));
  context.out = format("channel {} ({}) has document {} now, until {}\n", document.metadata.channel,
                       document.metadata.arch, document.metadata.sequence,
                       to_rfc3339(document.metadata.expires));
  return {};
}

const Flag kApp = {"app-id", "", "Application.", true};
const Flag kFile = {"file", "", "The document.", true};
const Flag kPublicKey = {"public-key", "", "Public keys in PEM."};

}  // namespace

std::span<const Command> signing_commands() {
  static const std::vector<Command> kCommands = {
      {"key generate",
       "<file>",
       "Make a key: <file> and <file>.pub. Prints its id.",
       {{"bits", "4096", "Size of the key."}},
       1,
       key_generate},
      {"key show", "<file>", "Show the ids of keys.", {}, 1, key_show},
      {"channel draft",
       "[OPTION]...",
       "Write down what a channel offers, to be signed.",
       {kApp,
        kFile,
        {"channel", "", "Channel's name or id.", true},
        {"arch", "amd64", "Architecture: all, amd64, aarch64, x86."},
        {"valid", "168h", "How long it is to be believed."}},
       0,
       channel_draft},
      {"channel sign",
       "[OPTION]...",
       "Sign a document, beside signatures that it has. Offline.",
       {kFile,
        {"key", "", "Private key in PEM."},
        {"signature", "", "Signature that a device made of the text."},
        kPublicKey},
       0,
       channel_sign},
      {"channel text",
       "[OPTION]...",
       "Print the bytes that a device has to sign.",
       {kFile},
       0,
       channel_text},
      {"channel show",
       "[OPTION]...",
       "Show a document; with -public-key, verify it first.",
       {kFile, kPublicKey},
       0,
       channel_show},
      {"channel push",
       "[OPTION]...",
       "Give a signed document to the service.",
       {kApp, kFile},
       0,
       channel_push},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
