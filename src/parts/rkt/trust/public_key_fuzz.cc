// Any bytes as an armored key, and as the packets in the armor.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "parts/rkt/trust/public_key.h"

using namespace argosy;
using namespace argosy::rkt;

namespace {

void judge(std::string_view text) {
  const auto key = parse_public_key(text);
  if (!key) return;
  check(key->fingerprint.size() == 40);
  for (const std::string& subkey : key->subkeys) check(subkey.size() == 40);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  judge(text);
  judge("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + to_base64(text) +
        "\n-----END PGP PUBLIC KEY BLOCK-----\n");
  return 0;
}
