#include <algorithm>
#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

#include "base/check.h"
#include "lib/payload/compression/compression.h"

namespace argosy::payload {

class Packer::Stream {
 public:
  virtual ~Stream() = default;
  // With `is_last` nothing follows.
  virtual void add(BytesView bytes, bool is_last) = 0;

  Bytes out;

 protected:
  // Room for the next piece of output, which `commit` ends.
  char* room() {
    used_ = out.size();
    out.resize(used_ + kRoom);
    return out.data() + used_;
  }
  void commit(size_t unused) { out.resize(used_ + kRoom - unused); }

  static constexpr size_t kRoom = 256 << 10;

 private:
  size_t used_ = 0;
};

namespace {

class Stored final : public Packer::Stream {
 public:
  void add(BytesView bytes, bool) override { out += bytes; }
};

class Bzip2 final : public Packer::Stream {
 public:
  Bzip2() { check(BZ2_bzCompressInit(&bz_, 9, 0, 0) == BZ_OK); }
  ~Bzip2() override { BZ2_bzCompressEnd(&bz_); }

  void add(BytesView bytes, bool is_last) override {
    constexpr size_t kMost = 1U << 30;
    while (bytes.size() > kMost) {
      run(bytes.substr(0, kMost), BZ_RUN);
      bytes.remove_prefix(kMost);
    }
    if (!bytes.empty()) run(bytes, BZ_RUN);
    if (is_last) run({}, BZ_FINISH);
  }

 private:
  void run(BytesView bytes, int action) {
    bz_.next_in = const_cast<char*>(bytes.data());
    bz_.avail_in = static_cast<unsigned>(bytes.size());
    int done = BZ_OK;
    do {
      bz_.next_out = room();
      bz_.avail_out = kRoom;
      done = BZ2_bzCompress(&bz_, action);
      check(done >= 0, "bzip2 is used correctly");
      commit(bz_.avail_out);
    } while (action == BZ_FINISH ? done != BZ_STREAM_END : bz_.avail_in > 0);
  }

  bz_stream bz_{};
};

class Xz final : public Packer::Stream {
 public:
  explicit Xz(uint64_t size_hint) {
    constexpr uint32_t kLeastWindow = 64 << 10;
    constexpr uint32_t kMostWindow = 4 << 20;
    lzma_options_lzma options;
    check(!lzma_lzma_preset(&options, 6));
    options.dict_size =
        static_cast<uint32_t>(std::clamp<uint64_t>(size_hint, kLeastWindow, kMostWindow));
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    // The small decoder of other clients knows no larger check.
    check(lzma_stream_encoder(&xz_, filters, LZMA_CHECK_CRC32) == LZMA_OK);
  }
  ~Xz() override { lzma_end(&xz_); }

  void add(BytesView bytes, bool is_last) override {
    xz_.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
    xz_.avail_in = bytes.size();
    lzma_ret done = LZMA_OK;
    do {
      xz_.next_out = reinterpret_cast<uint8_t*>(room());
      xz_.avail_out = kRoom;
      done = lzma_code(&xz_, is_last ? LZMA_FINISH : LZMA_RUN);
      check(done == LZMA_OK || done == LZMA_STREAM_END, "xz is used correctly");
      commit(xz_.avail_out);
    } while (is_last ? done != LZMA_STREAM_END : xz_.avail_in > 0);
  }

 private:
  lzma_stream xz_ = LZMA_STREAM_INIT;
};

class Zstd final : public Packer::Stream {
 public:
  explicit Zstd(uint64_t size_hint) : context_(ZSTD_createCCtx()) {
    constexpr int kLevel = 12;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 0);
    ZSTD_CCtx_setPledgedSrcSize(context_, size_hint);
  }
  ~Zstd() override { ZSTD_freeCCtx(context_); }

  void add(BytesView bytes, bool is_last) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer to{room(), kRoom, 0};
      left = ZSTD_compressStream2(context_, &to, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
      check(ZSTD_isError(left) == 0, "zstd is used correctly");
      commit(kRoom - to.pos);
    } while (is_last ? left != 0 : in.pos < in.size);
  }

 private:
  ZSTD_CCtx* context_;
};

std::unique_ptr<Packer::Stream> make_stream(Packing packing, uint64_t size_hint) {
  switch (packing) {
    case Packing::kNone:
      return std::make_unique<Stored>();
    case Packing::kBzip2:
      return std::make_unique<Bzip2>();
    case Packing::kXz:
      return std::make_unique<Xz>(size_hint);
    case Packing::kZstd:
      return std::make_unique<Zstd>(size_hint);
  }
  unreachable("a packing");
}

}  // namespace

Packer::Packer(Packing packing, uint64_t size_hint) : stream_(make_stream(packing, size_hint)) {}
Packer::~Packer() = default;
Packer::Packer(Packer&&) noexcept = default;
Packer& Packer::operator=(Packer&&) noexcept = default;

void Packer::add(BytesView bytes) {
  if (!bytes.empty()) stream_->add(bytes, false);
}

Bytes Packer::finish() {
  stream_->add({}, true);
  return std::move(stream_->out);
}

Bytes pack(Packing packing, BytesView bytes) {
  Packer packer(packing, bytes.size());
  packer.add(bytes);
  return packer.finish();
}

}  // namespace argosy::payload
