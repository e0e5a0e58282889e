#include "lib/payload/format/signatures.h"

#include "base/protowire.h"
#include "lib/payload/format/constants.h"

namespace argosy::payload {

Bytes encode_signatures(const std::vector<Bytes>& signatures) {
  Bytes blob;
  protowire::Writer out(blob);
  // As the original counts, in 32 bits.
  auto version = static_cast<uint32_t>(kSignatureVersion + 1 - signatures.size());
  for (const Bytes& data : signatures) {
    Bytes one;
    protowire::Writer inner(one);
    inner.uint64(1, version++);
    inner.bytes(2, data);
    out.bytes(1, one);
  }
  return blob;
}

Result<std::vector<Signature>> decode_signatures(BytesView blob) {
  std::vector<Signature> signatures;
  bool is_broken = false;
  protowire::Reader in(blob);
  while (in.next()) {
    if (in.field() != 1) continue;
    Signature& signature = signatures.emplace_back();
    protowire::Reader inner(in.bytes());
    while (inner.next()) {
      if (inner.field() == 1) signature.version = static_cast<uint32_t>(inner.uint64());
      if (inner.field() == 2) signature.data = inner.bytes();
    }
    is_broken |= inner.failed();
  }
  if (is_broken || in.failed()) {
    return fail(Code::kInvalidArgument, "the signatures message is damaged");
  }
  return signatures;
}

uint64_t signatures_size(const std::vector<uint64_t>& sizes) {
  std::vector<Bytes> dummies;
  for (const uint64_t size : sizes) dummies.emplace_back(size, '\0');
  return encode_signatures(dummies).size();
}

}  // namespace argosy::payload
