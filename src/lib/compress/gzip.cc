#include <algorithm>
#include <isa-l/igzip_lib.h>

#include "base/format.h"
#include "lib/compress/stream.h"

namespace argosy::compress {
namespace {

class Gzip final : public Decoder::Stream {
 public:
  Gzip() { begin(); }

  Result<size_t> run(BytesView& input, std::span<char> to) override {
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      if (input.empty()) return size_t{0};
      begin();
    }
    state_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(input.data()));
    state_.avail_in = static_cast<uint32_t>(std::min<size_t>(input.size(), UINT32_MAX));
    state_.next_out = reinterpret_cast<uint8_t*>(to.data());
    state_.avail_out = static_cast<uint32_t>(std::min<size_t>(to.size(), UINT32_MAX));
    const uint32_t room = state_.avail_out;
    if (state_.avail_in > 0) has_begun_ = true;
    const int code = isal_inflate(&state_);
    if (code < 0) {
      return fail(Code::kInvalidArgument, format("damaged gzip data ({})", code));
    }
    input.remove_prefix(input.size() - state_.avail_in);
    return room - state_.avail_out;
  }
  bool is_complete() const override {
    return state_.block_state == ISAL_BLOCK_FINISH || !has_begun_;
  }

 private:
  void begin() {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    has_begun_ = false;
  }

  inflate_state state_;
  bool has_begun_ = false;
};

}  // namespace

std::unique_ptr<Decoder::Stream> gzip_stream() {
  return std::make_unique<Gzip>();
}

}  // namespace argosy::compress
