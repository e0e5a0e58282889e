// The packers that payloads use, one stream at a time: bzip2 (what every client
// unpacks), xz and zstd. Pure; a stream belongs to one thread.
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::payload {

enum class Packing { kNone, kBzip2, kXz, kZstd };

// Packs what is added piece by piece, as well as is worth its time: bzip2 -9, xz -6 with
// a window of up to 4 MiB (and no larger than `size_hint`), zstd -12. They take 8 MB, 12
// times the window, and 30 MB of memory.
class Packer {
 public:
  Packer(Packing packing, uint64_t size_hint);
  ~Packer();
  Packer(Packer&&) noexcept;
  Packer& operator=(Packer&&) noexcept;

  void add(BytesView bytes);
  // Once.
  Bytes finish();

  class Stream;

 private:
  std::unique_ptr<Stream> stream_;
};

Bytes pack(Packing packing, BytesView bytes);

// Unpacks on demand from memory that outlives it. It allocates no more than the
// packer's window (xz: 80 MB at most, zstd: 128 MB), however much comes out.
class Unpacker {
 public:
  Unpacker(Packing packing, BytesView packed);
  ~Unpacker();
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;

  // Fills `to` but for the end, where it gives less, and then nothing. InvalidArgument
  // for damaged or truncated input; bytes after the end of the stream are left alone.
  Result<size_t> read(std::span<char> to);

  class Stream;

 private:
  std::unique_ptr<Stream> stream_;
};

// All of it; ResourceExhausted when that is more than `limit` bytes.
Result<Bytes> unpack(Packing packing, BytesView packed, uint64_t limit);

}  // namespace argosy::payload
