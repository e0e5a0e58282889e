// Streams unpacked on demand: gzip (RFC 1952, by ISA-L), zstd (RFC 8878), xz, bzip2, or none.
// Several streams after one another are one, as gzip(1) and zstd(1) read them. Pure; a decoder
// belongs to one thread.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::compress {

enum class Format : uint8_t { kNone, kGzip, kZstd, kXz, kBzip2 };
std::string_view name_of(Format format);

// By the first bytes; six are enough.
inline constexpr size_t kMagicBytes = 6;
Format format_of(BytesView beginning);

class Decoder {
 public:
  // The packed stream's next bytes, any number of them, valid until the next call; empty at
  // its end.
  using Source = std::function<Result<BytesView>()>;

  // xz and zstd take at most 80 and 128 MB of memory; streams that want more are refused.
  Decoder(Format format, Source source);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Fills `to` but for the end, where it gives less, and then nothing. InvalidArgument for
  // damaged or truncated input, and for what follows the last stream and is none.
  Result<size_t> read(std::span<char> to);

  class Stream;

 private:
  std::unique_ptr<Stream> stream_;
  Source source_;
  BytesView input_;
  bool source_ended_ = false;
};

}  // namespace argosy::compress
