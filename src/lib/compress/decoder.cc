#include "lib/compress/decoder.h"

#include "base/format.h"
#include "lib/compress/stream.h"

namespace argosy::compress {
namespace {

class Plain final : public Decoder::Stream {
 public:
  Result<size_t> run(BytesView& input, std::span<char> to) override {
    const size_t count = input.copy(to.data(), to.size());
    input.remove_prefix(count);
    return count;
  }
  bool is_complete() const override { return true; }
};

std::unique_ptr<Decoder::Stream> stream_of(Format format) {
  switch (format) {
    case Format::kGzip:
      return gzip_stream();
    case Format::kZstd:
      return zstd_stream();
    case Format::kXz:
      return xz_stream();
    case Format::kBzip2:
      return bzip2_stream();
    case Format::kNone:
      break;
  }
  return std::make_unique<Plain>();
}

}  // namespace

std::string_view name_of(Format format) {
  switch (format) {
    case Format::kGzip:
      return "gzip";
    case Format::kZstd:
      return "zstd";
    case Format::kXz:
      return "xz";
    case Format::kBzip2:
      return "bzip2";
    case Format::kNone:
      break;
  }
  return "none";
}

Format format_of(BytesView beginning) {
  if (beginning.starts_with("\x1f\x8b")) return Format::kGzip;
  if (beginning.starts_with("\x28\xb5\x2f\xfd")) return Format::kZstd;
  // A frame to be skipped, which zstd:chunked puts at the end and others at the front.
  const bool is_skippable = beginning.size() >= 4 && beginning.substr(1, 3) == "\x2a\x4d\x18" &&
                            (static_cast<uint8_t>(beginning[0]) & 0xf0) == 0x50;
  if (is_skippable) return Format::kZstd;
  if (beginning.starts_with(std::string_view("\xfd"
                                             "7zXZ\0",
                                             6))) {
    return Format::kXz;
  }
  if (beginning.starts_with("BZh")) return Format::kBzip2;
  return Format::kNone;
}

Decoder::Decoder(Format format, Source source)
    : stream_(stream_of(format)), source_(std::move(source)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<size_t> Decoder::read(std::span<char> to) {
  size_t done = 0;
  while (done < to.size()) {
    if (input_.empty() && !source_ended_) {
      input_ = TRY(source_());
      source_ended_ = input_.empty();
    }
    const size_t before = input_.size();
    const size_t count = TRY(stream_->run(input_, to.subspan(done)));
    done += count;
    if (count > 0 || input_.size() < before || !source_ended_) continue;
    if (!stream_->is_complete()) {
      return fail(Code::kInvalidArgument, "the packed data ends too early");
    }
    break;
  }
  return done;
}

}  // namespace argosy::compress
