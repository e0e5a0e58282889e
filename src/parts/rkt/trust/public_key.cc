#include "parts/rkt/trust/public_key.h"

#include <optional>

#include "base/text.h"
#include "sys/crypto/digest.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kEnd = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr size_t kMostBytes = 1 << 20;
constexpr int kSecretKey = 5;
constexpr int kPublicKey = 6;
constexpr int kUserId = 13;
constexpr int kPublicSubkey = 14;

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

// Section 6.2: headers, an empty line, base 64, a checksum.
Result<Bytes> without_armor(std::string_view text) {
  if (text.size() > kMostBytes) return refuse("the key is too large");
  const auto from_begin = cut(text, kBegin);
  const auto block = from_begin ? cut(from_begin->second, kEnd) : std::nullopt;
  if (!block) return refuse("no PGP public key block");
  if (block->second.find("-----BEGIN") != std::string_view::npos) {
    return refuse("more than one PGP block");
  }
  std::string base64;
  bool is_after_headers = false;
  bool is_first = true;
  for (const std::string_view line : split(block->first, '\n')) {
    const std::string_view trimmed = trim(line);
    // What follows the begin on its own line is empty.
    if (std::exchange(is_first, false)) continue;
    if (!is_after_headers) {
      is_after_headers = trimmed.empty();
    } else if (!trimmed.starts_with('=')) {
      base64 += trimmed;
    }
  }
  const auto bytes = from_base64(base64);
  if (!bytes || bytes->empty()) return refuse("the armor holds no base 64");
  return *bytes;
}

struct Packet {
  int tag = 0;
  BytesView body;
};

// Section 4.2; streams of partial lengths are for data, not for keys.
Result<Packet> take_packet(BytesView& rest) {
  const auto byte = [&]() -> std::optional<uint8_t> {
    if (rest.empty()) return std::nullopt;
    const auto value = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    return value;
  };
  const auto number = [&](int count) -> std::optional<size_t> {
    size_t value = 0;
    for (int i = 0; i < count; ++i) {
      const auto next = byte();
      if (!next) return std::nullopt;
      value = value << 8 | *next;
    }
    return value;
  };
  const auto head = byte();
  if (!head || (*head & 0x80) == 0) return refuse("not an OpenPGP packet");
  std::optional<size_t> length;
  Packet out;
  if ((*head & 0x40) != 0) {
    out.tag = *head & 0x3f;
    length = number(1);
    if (length && *length == 255) {
      length = number(4);
    } else if (length && *length >= 224) {
      return refuse("a packet of unknown length");
    } else if (length && *length >= 192) {
      const auto low = number(1);
      if (low) length = ((*length - 192) << 8) + *low + 192;
      if (!low) length.reset();
    }
  } else {
    out.tag = (*head >> 2) & 0x0f;
    const int kind = *head & 3;
    if (kind == 3) return refuse("a packet of unknown length");
    length = number(1 << kind);
  }
  if (!length || *length > rest.size()) return refuse("a packet is cut off");
  out.body = rest.substr(0, *length);
  rest.remove_prefix(*length);
  return out;
}

// Section 12.2
Result<std::string> fingerprint_of(BytesView body) {
  // Version, time, algorithm, and something of a key.
  if (body.size() < 7 || body.front() != 4) return refuse("only keys of version 4 are known");
  if (body.size() > UINT16_MAX) return refuse("a key packet is too large");
  Bytes hashed("\x99");
  hashed += static_cast<char>(body.size() >> 8);
  hashed += static_cast<char>(body.size() & 0xff);
  hashed += body;
  return to_hex(sha1(hashed));
}

}  // namespace

Result<PublicKey> parse_public_key(std::string_view armored) {
  PublicKey out;
  out.packets = TRY(without_armor(armored));
  BytesView rest = out.packets;
  while (!rest.empty()) {
    const Packet packet = TRY(take_packet(rest));
    const bool is_first = out.fingerprint.empty();
    if (packet.tag == kSecretKey) return refuse("a secret key");
    if (is_first != (packet.tag == kPublicKey)) {
      return refuse(is_first ? "no public key" : "more than one public key");
    }
    if (packet.tag == kPublicKey) out.fingerprint = TRY(fingerprint_of(packet.body));
    if (packet.tag == kUserId) out.identities.emplace_back(packet.body);
    if (packet.tag == kPublicSubkey) out.subkeys.push_back(TRY(fingerprint_of(packet.body)));
  }
  return out;
}

}  // namespace argosy::rkt
