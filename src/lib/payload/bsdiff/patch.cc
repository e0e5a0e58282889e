#include "lib/payload/bsdiff/patch.h"

#include <algorithm>

#include "base/check.h"
#include "lib/payload/compression/compression.h"

namespace argosy::payload {
namespace {

// "BSDIFF40", then three numbers: the packed sizes of the control and difference
// streams, and the size of the new file. The streams follow, the extra bytes last.
constexpr std::string_view kPatchMagic = "BSDIFF40";
constexpr size_t kPatchHeader = 32;
constexpr size_t kControlSize = 24;
constexpr size_t kPiece = 64 << 10;

// Numbers have their sign in the highest bit, and are else little endian.
constexpr uint64_t kSign = uint64_t{1} << 63;

void append_number(Bytes& to, int64_t value) {
  char raw[8];
  const uint64_t magnitude =
      value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  store_le64(raw, magnitude | (value < 0 ? kSign : 0));
  to.append(raw, sizeof raw);
}

int64_t load_number(const char* from) {
  const uint64_t raw = load_le64(from);
  const auto magnitude = static_cast<int64_t>(raw & ~kSign);
  return (raw & kSign) != 0 ? -magnitude : magnitude;
}

// One line of the control stream: add so many bytes, take so many extra ones, then move
// in the old file.
struct Control {
  int64_t add;
  int64_t take;
  int64_t move;
};

Bytes control_stream(uint64_t fresh_size, const std::vector<Match>& matches) {
  Packer packer(Packing::kBzip2, matches.size() * kControlSize);
  uint64_t fresh_at = 0;
  uint64_t old_at = 0;
  const auto put = [&](uint64_t add, uint64_t next_fresh, uint64_t next_old) {
    Bytes line;
    append_number(line, static_cast<int64_t>(add));
    append_number(line, static_cast<int64_t>(next_fresh - fresh_at - add));
    append_number(line, static_cast<int64_t>(next_old - old_at - add));
    packer.add(line);
    fresh_at = next_fresh;
    old_at = next_old;
  };
  for (size_t i = 0; i < matches.size(); ++i) {
    const Match& match = matches[i];
    if (i == 0 && (match.fresh_at != 0 || match.old_at != 0)) put(0, match.fresh_at, match.old_at);
    const bool is_last = i + 1 == matches.size();
    put(match.size, is_last ? fresh_size : matches[i + 1].fresh_at,
        is_last ? match.old_at + match.size : matches[i + 1].old_at);
  }
  if (matches.empty() && fresh_size > 0) put(0, fresh_size, 0);
  return packer.finish();
}

Bytes difference_stream(BytesView old, BytesView fresh, const std::vector<Match>& matches) {
  Packer packer(Packing::kBzip2, fresh.size());
  char piece[kPiece];
  for (const Match& match : matches) {
    check(match.fresh_at + match.size <= fresh.size() && match.old_at + match.size <= old.size());
    for (uint64_t done = 0; done < match.size;) {
      const size_t size = std::min<uint64_t>(kPiece, match.size - done);
      const char* was = old.data() + match.old_at + done;
      const char* is = fresh.data() + match.fresh_at + done;
      for (size_t i = 0; i < size; ++i) piece[i] = static_cast<char>(is[i] - was[i]);
      packer.add({piece, size});
      done += size;
    }
  }
  return packer.finish();
}

Bytes extra_stream(BytesView fresh, const std::vector<Match>& matches) {
  Packer packer(Packing::kBzip2, fresh.size());
  uint64_t at = 0;
  for (const Match& match : matches) {
    packer.add(fresh.substr(at, match.fresh_at - at));
    at = match.fresh_at + match.size;
  }
  packer.add(fresh.substr(at));
  return packer.finish();
}

std::unexpected<Error> broken(std::string_view why) {
  return fail(Code::kInvalidArgument, "patch: " + std::string(why));
}

class Application {
 public:
  Application(BytesView control, BytesView difference, BytesView extra, uint64_t old_size,
              const ReadOld& read_old, const WriteNew& write_new)
      : control_(Packing::kBzip2, control),
        difference_(Packing::kBzip2, difference),
        extra_(Packing::kBzip2, extra),
        old_size_(static_cast<int64_t>(old_size)),
        read_old_(read_old),
        write_new_(write_new),
        piece_(kPiece, '\0'),
        old_piece_(kPiece, '\0') {}

  Result<void> run(uint64_t fresh_size) {
    auto left = static_cast<int64_t>(fresh_size);
    bool was_idle = false;
    while (left > 0) {
      const Control line = TRY(next_line());
      if (line.add < 0 || line.take < 0 || line.add > left || line.take > left - line.add) {
        return broken("a length is out of range");
      }
      TRY(add(line.add));
      TRY(take(line.take));
      if (__builtin_add_overflow(old_at_, line.move, &old_at_)) {
        return broken("a move is out of range");
      }
      const bool is_idle = line.add == 0 && line.take == 0;
      // Two in a row never stand in a patch, and might never end.
      if (is_idle && was_idle) return broken("the control stream makes nothing");
      was_idle = is_idle;
      left -= line.add + line.take;
    }
    // The ends hold check sums.
    for (Unpacker* stream : {&control_, &difference_, &extra_}) {
      if (TRY(stream->read({piece_.data(), 1})) != 0) return broken("a stream is too long");
    }
    return {};
  }

 private:
  Result<Control> next_line() {
    char raw[kControlSize];
    if (TRY(control_.read(raw)) != sizeof raw) return broken("the control stream is too short");
    return Control{load_number(raw), load_number(raw + 8), load_number(raw + 16)};
  }

  Result<void> add(int64_t size) {
    while (size > 0) {
      const auto some = static_cast<size_t>(std::min<int64_t>(size, kPiece));
      if (TRY(difference_.read({piece_.data(), some})) != some) {
        return broken("the difference stream is too short");
      }
      TRY(add_old(some));
      TRY(write_new_(BytesView(piece_).substr(0, some)));
      size -= static_cast<int64_t>(some);
      if (__builtin_add_overflow(old_at_, static_cast<int64_t>(some), &old_at_)) {
        return broken("a move is out of range");
      }
    }
    return {};
  }

  // What is outside of the old bytes counts as zero, as in bspatch.
  Result<void> add_old(size_t size) {
    const int64_t begin = std::clamp<int64_t>(old_at_, 0, old_size_);
    int64_t end = 0;
    if (__builtin_add_overflow(old_at_, static_cast<int64_t>(size), &end)) end = old_size_;
    end = std::clamp<int64_t>(end, begin, old_size_);
    if (begin == end) return {};
    const auto count = static_cast<size_t>(end - begin);
    TRY(read_old_(static_cast<uint64_t>(begin), {old_piece_.data(), count}));
    char* to = piece_.data() + (begin - old_at_);
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<char>(to[i] + old_piece_[i]);
    return {};
  }

  Result<void> take(int64_t size) {
    while (size > 0) {
      const auto some = static_cast<size_t>(std::min<int64_t>(size, kPiece));
      if (TRY(extra_.read({piece_.data(), some})) != some) {
        return broken("the extra stream is too short");
      }
      TRY(write_new_(BytesView(piece_).substr(0, some)));
      size -= static_cast<int64_t>(some);
    }
    return {};
  }

  Unpacker control_;
  Unpacker difference_;
  Unpacker extra_;
  int64_t old_size_;
  int64_t old_at_ = 0;
  const ReadOld& read_old_;
  const WriteNew& write_new_;
  Bytes piece_;
  Bytes old_piece_;
};

}  // namespace

Bytes make_patch(BytesView old, BytesView fresh, const std::vector<Match>& matches) {
  const Bytes control = control_stream(fresh.size(), matches);
  const Bytes difference = difference_stream(old, fresh, matches);
  Bytes patch(kPatchMagic);
  append_number(patch, static_cast<int64_t>(control.size()));
  append_number(patch, static_cast<int64_t>(difference.size()));
  append_number(patch, static_cast<int64_t>(fresh.size()));
  patch += control;
  patch += difference;
  patch += extra_stream(fresh, matches);
  return patch;
}

Result<uint64_t> patched_size(BytesView patch) {
  if (patch.size() < kPatchHeader || !patch.starts_with(kPatchMagic)) {
    return broken("not in the format BSDIFF40");
  }
  const int64_t size = load_number(patch.data() + 24);
  if (size < 0) return broken("the new size is negative");
  return static_cast<uint64_t>(size);
}

Result<void> apply_patch(BytesView patch, uint64_t old_size, const ReadOld& read_old,
                         const WriteNew& write_new) {
  const uint64_t fresh_size = TRY(patched_size(patch));
  const int64_t control = load_number(patch.data() + 8);
  const int64_t difference = load_number(patch.data() + 16);
  const BytesView streams = patch.substr(kPatchHeader);
  const auto size = static_cast<int64_t>(streams.size());
  if (control < 0 || control > size || difference < 0 || difference > size - control ||
      old_size > (uint64_t{1} << 62)) {
    return broken("a stream is longer than the patch");
  }
  const auto first = static_cast<size_t>(control);
  const auto second = static_cast<size_t>(difference);
  return Application(streams.substr(0, first), streams.substr(first, second),
                     streams.substr(first + second), old_size, read_old, write_new)
      .run(fresh_size);
}

}  // namespace argosy::payload
