#include <algorithm>
#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

#include "base/check.h"
#include "lib/payload/compression/compression.h"

namespace argosy::payload {

class Unpacker::Stream {
 public:
  virtual ~Stream() = default;
  // At least one byte, or 0 at the end.
  virtual Result<size_t> some(std::span<char> to) = 0;
};

namespace {

class Stored final : public Unpacker::Stream {
 public:
  explicit Stored(BytesView packed) : left_(packed) {}
  Result<size_t> some(std::span<char> to) override {
    const size_t size = std::min(to.size(), left_.size());
    std::memcpy(to.data(), left_.data(), size);
    left_.remove_prefix(size);
    return size;
  }

 private:
  BytesView left_;
};

class Bunzip2 final : public Unpacker::Stream {
 public:
  explicit Bunzip2(BytesView packed) : left_(packed) {
    check(BZ2_bzDecompressInit(&bz_, 0, 0) == BZ_OK);
  }
  ~Bunzip2() override { BZ2_bzDecompressEnd(&bz_); }

  Result<size_t> some(std::span<char> to) override {
    const size_t size = std::min<size_t>(to.size(), 1U << 30);
    bz_.next_out = to.data();
    bz_.avail_out = static_cast<unsigned>(size);
    while (!is_done_ && bz_.avail_out == size) {
      const size_t given = std::min<size_t>(left_.size(), 1U << 30);
      bz_.next_in = const_cast<char*>(left_.data());
      bz_.avail_in = static_cast<unsigned>(given);
      const int done = BZ2_bzDecompress(&bz_);
      left_.remove_prefix(given - bz_.avail_in);
      is_done_ = done == BZ_STREAM_END;
      const bool is_stuck = left_.empty() && bz_.avail_out == size && !is_done_;
      if ((done != BZ_OK && !is_done_) || is_stuck) {
        return fail(Code::kInvalidArgument, "bzip2 data is damaged or truncated");
      }
    }
    return size - bz_.avail_out;
  }

 private:
  BytesView left_;
  bz_stream bz_{};
  bool is_done_ = false;
};

class Unxz final : public Unpacker::Stream {
 public:
  explicit Unxz(BytesView packed) {
    constexpr uint64_t kMemory = 80 << 20;
    check(lzma_stream_decoder(&xz_, kMemory, 0) == LZMA_OK);
    xz_.next_in = reinterpret_cast<const uint8_t*>(packed.data());
    xz_.avail_in = packed.size();
  }
  ~Unxz() override { lzma_end(&xz_); }

  Result<size_t> some(std::span<char> to) override {
    xz_.next_out = reinterpret_cast<uint8_t*>(to.data());
    xz_.avail_out = to.size();
    while (!is_done_ && xz_.avail_out == to.size()) {
      const lzma_ret done = lzma_code(&xz_, LZMA_FINISH);
      is_done_ = done == LZMA_STREAM_END;
      if (done != LZMA_OK && !is_done_) {
        return fail(Code::kInvalidArgument, "xz data is damaged or truncated");
      }
    }
    return to.size() - xz_.avail_out;
  }

 private:
  lzma_stream xz_ = LZMA_STREAM_INIT;
  bool is_done_ = false;
};

class Unzstd final : public Unpacker::Stream {
 public:
  explicit Unzstd(BytesView packed)
      : context_(ZSTD_createDCtx()), in_{packed.data(), packed.size(), 0} {}
  ~Unzstd() override { ZSTD_freeDCtx(context_); }

  Result<size_t> some(std::span<char> to) override {
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    while (!is_done_ && out.pos == 0) {
      const size_t before = in_.pos;
      const size_t left = ZSTD_decompressStream(context_, &out, &in_);
      is_done_ = left == 0;
      const bool is_stuck = !is_done_ && out.pos == 0 && in_.pos == before;
      if (ZSTD_isError(left) != 0 || is_stuck) {
        return fail(Code::kInvalidArgument, "zstd data is damaged or truncated");
      }
    }
    return out.pos;
  }

 private:
  ZSTD_DCtx* context_;
  ZSTD_inBuffer in_;
  bool is_done_ = false;
};

std::unique_ptr<Unpacker::Stream> make_stream(Packing packing, BytesView packed) {
  switch (packing) {
    case Packing::kNone:
      return std::make_unique<Stored>(packed);
    case Packing::kBzip2:
      return std::make_unique<Bunzip2>(packed);
    case Packing::kXz:
      return std::make_unique<Unxz>(packed);
    case Packing::kZstd:
      return std::make_unique<Unzstd>(packed);
  }
  unreachable("a packing");
}

}  // namespace

Unpacker::Unpacker(Packing packing, BytesView packed) : stream_(make_stream(packing, packed)) {}
Unpacker::~Unpacker() = default;
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;

Result<size_t> Unpacker::read(std::span<char> to) {
  size_t filled = 0;
  while (filled < to.size()) {
    const size_t size = TRY(stream_->some(to.subspan(filled)));
    if (size == 0) break;
    filled += size;
  }
  return filled;
}

Result<Bytes> unpack(Packing packing, BytesView packed, uint64_t limit) {
  constexpr uint64_t kPiece = 1 << 20;
  Unpacker unpacker(packing, packed);
  Bytes out;
  while (true) {
    const size_t before = out.size();
    const size_t piece = std::min(limit + 1 - before, kPiece);
    out.resize(before + piece);
    const size_t size = TRY(unpacker.read(std::span(out).subspan(before)));
    out.resize(before + size);
    if (out.size() > limit) {
      return fail(Code::kResourceExhausted, "unpacked it is larger than it may be");
    }
    if (size < piece) return out;
  }
}

}  // namespace argosy::payload
