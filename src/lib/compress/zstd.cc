#include <zstd.h>

#include "base/check.h"
#include "base/format.h"
#include "lib/compress/stream.h"

namespace argosy::compress {
namespace {

constexpr int kMaxWindowLog = 27;

class Zstd final : public Decoder::Stream {
 public:
  Zstd() : context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    check(context_ != nullptr);
    check(ZSTD_isError(
              ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog)) == 0);
  }

  Result<size_t> run(BytesView& input, std::span<char> to) override {
    ZSTD_inBuffer in{.src = input.data(), .size = input.size(), .pos = 0};
    ZSTD_outBuffer out{.dst = to.data(), .size = to.size(), .pos = 0};
    const size_t hint = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) {
      return fail(Code::kInvalidArgument, format("damaged zstd data: {}", ZSTD_getErrorName(hint)));
    }
    if (in.pos > 0 || out.pos > 0) is_complete_ = hint == 0;
    input.remove_prefix(in.pos);
    return out.pos;
  }
  bool is_complete() const override { return is_complete_; }

 private:
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  bool is_complete_ = true;
};

}  // namespace

std::unique_ptr<Decoder::Stream> zstd_stream() {
  return std::make_unique<Zstd>();
}

}  // namespace argosy::compress
