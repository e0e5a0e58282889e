#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/trust/trust.h"
#include "sys/crypto/digest.h"

namespace argosy::channel_metadata {
namespace {

bool is_signed(const Document& document, const Keyring& keyring) {
  const Bytes digest = sha256(signed_text(document.metadata));
  return std::ranges::any_of(document.signatures, [&](const Signature& one) {
    const Key* key = keyring.find(one.key_id);
    return key != nullptr && key->key.verifies(digest, one.signature);
  });
}

Result<void> check_subject(const Metadata& metadata, const Expectation& expected) {
  if (!is_same_application(metadata.application, expected.application) ||
      !is_track_of(metadata, expected.channel) ||
      (metadata.arch != expected.arch && metadata.arch != "all")) {
    return fail(Code::kFailedPrecondition,
                format("channel metadata are of {} {} {}, not of {} {} {}", metadata.application,
                       metadata.channel, metadata.arch, expected.application, expected.channel,
                       expected.arch));
  }
  return {};
}

Result<void> check_time(const Metadata& metadata, WallTime now) {
  if (metadata.issued > now + kMaxClockLag) {
    return fail(Code::kUnavailable,
                format("channel metadata are of {} and it is {}: this clock is behind",
                       to_rfc3339(metadata.issued), to_rfc3339(now, 0)));
  }
  if (now >= metadata.expires) {
    return fail(Code::kDeadlineExceeded,
                format("channel metadata expired at {}, and it is {}: the server has nothing newer "
                       "that is signed, or somebody keeps it from here",
                       to_rfc3339(metadata.expires), to_rfc3339(now, 0)));
  }
  return {};
}

}  // namespace

Result<Metadata> verify(std::string_view text, const Keyring& keyring, WallTime now,
                        const Expectation& expected) {
  Document document = TRY(parse(text));
  if (!is_signed(document, keyring)) {
    return fail(Code::kPermissionDenied,
                document.signatures.empty()
                    ? "channel metadata are not signed"
                    : "channel metadata are signed by no key that is trusted here");
  }
  Metadata& metadata = document.metadata;
  TRY(check_subject(metadata, expected));
  if (metadata.sequence < expected.last_sequence) {
    return fail(Code::kOutOfRange,
                format("channel metadata are older than what was seen before: document {} after {}",
                       metadata.sequence, expected.last_sequence));
  }
  TRY(check_time(metadata, now));
  return std::move(metadata);
}

Signer sign_with(RsaPrivateKey key) {
  return [key = std::move(key)](std::string_view text) { return key.sign(sha256(text)); };
}

Result<void> sign(Document& document, const Key& key, const Signer& signer) {
  TRY(check_form(document.metadata));
  const std::string text = signed_text(document.metadata);
  Bytes signature = TRY(signer(text));
  if (!key.key.verifies(sha256(text), signature)) {
    return fail(Code::kPermissionDenied, format("what was made is no signature by key {}", key.id));
  }
  const auto same = std::ranges::find(document.signatures, key.id, &Signature::key_id);
  if (same != document.signatures.end()) {
    same->signature = std::move(signature);
  } else if (document.signatures.size() == kMaxSignatures) {
    return fail(Code::kResourceExhausted, format("{} keys have signed already", kMaxSignatures));
  } else {
    document.signatures.push_back({key.id, std::move(signature)});
  }
  return {};
}

}  // namespace argosy::channel_metadata
