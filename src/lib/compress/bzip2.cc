#include <algorithm>
#include <bzlib.h>

#include "base/check.h"
#include "base/format.h"
#include "lib/compress/stream.h"

namespace argosy::compress {
namespace {

class Bzip2 final : public Decoder::Stream {
 public:
  Bzip2() = default;
  ~Bzip2() override { end(); }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;

  Result<size_t> run(BytesView& input, std::span<char> to) override {
    if (!is_open_) {
      if (input.empty()) return size_t{0};
      stream_ = {};
      check(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK);
      is_open_ = true;
    }
    stream_.next_in = const_cast<char*>(input.data());
    stream_.avail_in = static_cast<unsigned>(std::min<size_t>(input.size(), UINT32_MAX));
    stream_.next_out = to.data();
    stream_.avail_out = static_cast<unsigned>(std::min<size_t>(to.size(), UINT32_MAX));
    const unsigned given = stream_.avail_in;
    const unsigned room = stream_.avail_out;
    const int code = BZ2_bzDecompress(&stream_);
    if (code != BZ_OK && code != BZ_STREAM_END) {
      return fail(Code::kInvalidArgument, format("damaged bzip2 data ({})", code));
    }
    input.remove_prefix(given - stream_.avail_in);
    const size_t count = room - stream_.avail_out;
    if (code == BZ_STREAM_END) end();
    return count;
  }
  bool is_complete() const override { return !is_open_; }

 private:
  void end() {
    if (is_open_) BZ2_bzDecompressEnd(&stream_);
    is_open_ = false;
  }

  bz_stream stream_{};
  bool is_open_ = false;
};

}  // namespace

std::unique_ptr<Decoder::Stream> bzip2_stream() {
  return std::make_unique<Bzip2>();
}

}  // namespace argosy::compress
