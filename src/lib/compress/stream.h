// One format's unpacker, between two buffers. Private to this folder.
#pragma once

#include "lib/compress/decoder.h"

namespace argosy::compress {

class Decoder::Stream {
 public:
  virtual ~Stream() = default;

  // Takes from `input` and fills the front of `to`; the number of bytes it gave. It stops when
  // either is used up.
  virtual Result<size_t> run(BytesView& input, std::span<char> to) = 0;
  // Whether the input may end here.
  virtual bool is_complete() const = 0;
};

std::unique_ptr<Decoder::Stream> gzip_stream();
std::unique_ptr<Decoder::Stream> zstd_stream();
std::unique_ptr<Decoder::Stream> xz_stream();
std::unique_ptr<Decoder::Stream> bzip2_stream();

}  // namespace argosy::compress
