#include <cstdio>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/image/fields.h"
#include "parts/rkt/ctl/command.h"

namespace argosy::rkt {
namespace {

// "AAAA BBBB ..."
std::string in_groups(const std::string& fingerprint) {
  std::string out;
  for (size_t at = 0; at < fingerprint.size(); at += 4) {
    if (at > 0) out += ' ';
    for (const char c : fingerprint.substr(at, 4)) {
      out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return out;
}

void show(const Context& context, const PublicKey& key, const Options& options,
          const std::string& path) {
  context.print(options.is_for_root
                    ? format("root key: {}", path)
                    : format("prefix: {}\nkey: {}", go_quote(options.prefix), go_quote(path)));
  context.print(format("gpg key fingerprint is: {}", in_groups(key.fingerprint)));
  for (const std::string& subkey : key.subkeys) {
    context.print(format("    Subkey fingerprint: {}", in_groups(subkey)));
  }
  for (const std::string& identity : key.identities) context.print(format("\t{}", identity));
}

std::optional<std::string> read_line() {
  std::string out;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c == '\n') return out;
    out += static_cast<char>(c);
  }
  return std::nullopt;
}

Result<bool> review(const Context& context, const std::string& prefix) {
  if (::isatty(STDIN_FILENO) == 0) {
    return fail(Code::kFailedPrecondition,
                format("unable to ask for review when terminal is not a TTY; use "
                       "--trust-keys-from-https or `rkt trust --prefix {}`",
                       go_quote(prefix)));
  }
  while (true) {
    context.print("Are you sure you want to trust this key (yes/no)?");
    const auto answer = read_line();
    if (!answer) return false;
    if (*answer == "yes") return true;
    if (*answer == "no") return false;
    context.print("Please enter 'yes' or 'no'");
  }
}

Result<void> trust(const Context& context, const std::string& word) {
  const Options& options = context.options;
  if (word.find("://") != std::string::npos && !word.starts_with("file://")) {
    return fail(Code::kUnimplemented, "keys cannot be fetched over the network yet; give a file");
  }
  const std::string path = word.starts_with("file://") ? word.substr(7) : word;
  const Bytes text = TRY(read_file(real_disk(), path, image::kMaxDocumentBytes));
  const PublicKey key = TRY(parse_public_key(text));
  show(context, key, options, path);
  if (!options.skips_review && !TRY(review(context, options.prefix))) {
    return fail(Code::kCancelled, format("not trusting {}", go_quote(path)));
  }
  const std::string_view how =
      options.skips_review ? "without fingerprint review" : "after fingerprint review";
  if (options.is_for_root) {
    context.complain(format("Trusting {} for root {}.", go_quote(path), how));
  } else {
    context.complain(
        format("Trusting {} for prefix {} {}.", go_quote(path), go_quote(options.prefix), how));
  }
  const std::string kept = TRY(context.keys().add(options.prefix, text));
  context.complain(options.is_for_root ? format("Added root key at {}", go_quote(kept))
                                       : format("Added key for prefix {} at {}",
                                                go_quote(options.prefix), go_quote(kept)));
  return {};
}

}  // namespace

int trust_command(Context& context, const Words& words) {
  const Options& options = context.options;
  if (options.prefix.empty() && !options.is_for_root) {
    context.complain(
        "aborting due to implicit unbounded trust (root domain). Use --root to trust keys for "
        "the root domain");
    return kFailure;
  }
  if (!options.prefix.empty() && options.is_for_root) {
    context.complain("--root and --prefix usage mutually exclusive");
    return kFailure;
  }
  if (options.prefix.find("://") != std::string::npos) {
    context.complain("--prefix must not contain a URL scheme");
    return kFailure;
  }
  if (words.empty()) {
    context.complain("keys cannot be discovered yet; give a file");
    return kFailure;
  }
  for (const std::string& word : words) {
    if (const auto done = trust(context, word); !done) {
      return context.failure("error adding keys", done.error());
    }
  }
  return 0;
}

}  // namespace argosy::rkt
