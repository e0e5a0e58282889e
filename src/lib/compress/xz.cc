#include <lzma.h>

#include "base/check.h"
#include "base/format.h"
#include "lib/compress/stream.h"

namespace argosy::compress {
namespace {

constexpr uint64_t kMaxMemory = 80 << 20;

class Xz final : public Decoder::Stream {
 public:
  Xz() { check(lzma_stream_decoder(&stream_, kMaxMemory, LZMA_CONCATENATED) == LZMA_OK); }
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;

  Result<size_t> run(BytesView& input, std::span<char> to) override {
    if (has_ended_) {
      if (!input.empty()) return fail(Code::kInvalidArgument, "data after the end of xz data");
      return size_t{0};
    }
    // Streams after one another end when the source does: no input means that.
    const lzma_action action = input.empty() ? LZMA_FINISH : LZMA_RUN;
    stream_.next_in = reinterpret_cast<const uint8_t*>(input.data());
    stream_.avail_in = input.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(to.data());
    stream_.avail_out = to.size();
    if (!input.empty()) has_begun_ = true;
    if (!has_begun_) return size_t{0};
    const lzma_ret code = lzma_code(&stream_, action);
    has_ended_ = code == LZMA_STREAM_END;
    if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR) {
      return fail(Code::kInvalidArgument, format("damaged xz data ({})", static_cast<int>(code)));
    }
    input.remove_prefix(input.size() - stream_.avail_in);
    return to.size() - stream_.avail_out;
  }
  bool is_complete() const override { return has_ended_ || !has_begun_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool has_begun_ = false;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder::Stream> xz_stream() {
  return std::make_unique<Xz>();
}

}  // namespace argosy::compress
