#include "io/grpc/framing.h"

#include <zlib.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy::grpc {

namespace {

// Read messages are cut off the front when they are so many bytes, and most of it.
constexpr size_t kCutAfter = 64 * 1024;
constexpr size_t kInflateStep = 64 * 1024;

}  // namespace

void append_message(Bytes& out, BytesView message) {
  char header[kFrameHeader];
  header[0] = 0;
  store_be32(header + 1, static_cast<uint32_t>(message.size()));
  out.append(header, sizeof header);
  out += message;
}

void MessageReader::feed(BytesView bytes) {
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
  } else if (taken_ > kCutAfter && taken_ > buffer_.size() / 2) {
    buffer_.erase(0, std::exchange(taken_, 0));
  }
  buffer_ += bytes;
}

Result<std::optional<BytesView>> MessageReader::next() {
  if (buffer_.size() - taken_ < kFrameHeader) return std::nullopt;
  const char* header = buffer_.data() + taken_;
  const auto flag = static_cast<uint8_t>(header[0]);
  const uint32_t size = load_be32(header + 1);
  if (flag > 1) {
    return fail(Code::kInternal, format("grpc: received unexpected payload format {}", flag));
  }
  if (size > max_message_) {
    return fail(Code::kResourceExhausted,
                format("grpc: received message larger than max ({} vs. {})", size, max_message_));
  }
  if (buffer_.size() - taken_ - kFrameHeader < size) return std::nullopt;
  const BytesView message(header + kFrameHeader, size);
  taken_ += kFrameHeader + size;
  if (flag == 0) return message;
  return TRY(inflate(message));
}

Result<BytesView> MessageReader::inflate(BytesView compressed) {
  if (encoding_ == "identity") {
    return fail(Code::kInternal, "grpc: compressed flag set with identity or empty encoding");
  }
  if (encoding_ != "gzip") {
    return fail(Code::kUnimplemented,
                format("grpc: Decompressor is not installed for grpc-encoding \"{}\"", encoding_));
  }
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) return fail(Code::kInternal, "grpc: no memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  inflated_.clear();
  int status = Z_OK;
  while (status == Z_OK && inflated_.size() <= max_message_) {
    const size_t before = inflated_.size();
    inflated_.resize(before + kInflateStep);
    stream.next_out = reinterpret_cast<Bytef*>(inflated_.data() + before);
    stream.avail_out = kInflateStep;
    status = ::inflate(&stream, Z_NO_FLUSH);
    inflated_.resize(inflated_.size() - stream.avail_out);
    if (status == Z_BUF_ERROR) break;
  }
  ::inflateEnd(&stream);
  if (inflated_.size() > max_message_) {
    return fail(Code::kResourceExhausted,
                format("grpc: received message larger than max ({} vs. {})", inflated_.size(),
                       max_message_));
  }
  if (status != Z_STREAM_END) {
    return fail(Code::kInternal, "grpc: failed to decompress the received message");
  }
  return BytesView(inflated_);
}

namespace {

struct TimeoutUnit {
  char letter;
  int64_t nanoseconds;
};
constexpr TimeoutUnit kTimeoutUnits[] = {{'n', 1},
                                         {'u', 1'000},
                                         {'m', 1'000'000},
                                         {'S', 1'000'000'000},
                                         {'M', 60'000'000'000},
                                         {'H', 3'600'000'000'000}};

}  // namespace

std::optional<int64_t> parse_timeout_nanoseconds(std::string_view text) {
  if (text.size() < 2 || text.size() > 9 || text.front() == '+') return std::nullopt;
  const auto number = parse_uint(text.substr(0, text.size() - 1));
  if (!number) return std::nullopt;
  for (const TimeoutUnit& unit : kTimeoutUnits) {
    if (unit.letter != text.back()) continue;
    int64_t value = 0;
    if (__builtin_mul_overflow(static_cast<int64_t>(*number), unit.nanoseconds, &value)) {
      return INT64_MAX;
    }
    return value;
  }
  return std::nullopt;
}

std::string timeout_text(int64_t nanoseconds) {
  if (nanoseconds <= 0) return "0n";
  for (const TimeoutUnit& unit : kTimeoutUnits) {
    const int64_t rest = nanoseconds % unit.nanoseconds;
    const int64_t count = nanoseconds / unit.nanoseconds + (rest == 0 ? 0 : 1);
    if (count < 100'000'000) return format("{}{}", count, unit.letter);
  }
  return "99999999H";
}

std::string encode_binary_metadata(BytesView value) {
  std::string text = to_base64(value);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::vector<Bytes>> decode_binary_metadata(std::string_view text) {
  std::vector<Bytes> values;
  for (const std::string_view part : split(text, ',')) {
    std::string padded(trim(part));
    while (padded.size() % 4 != 0) padded += '=';
    auto value = from_base64(padded);
    if (!value) return std::nullopt;
    values.push_back(*std::move(value));
  }
  return values;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F && byte != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace argosy::grpc
