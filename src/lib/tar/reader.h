// Reads tar archives as streams: v7, ustar, GNU (long names, sparse files) and pax (POSIX.1-2001
// with SCHILY.xattr and GNU.sparse 0.0, 0.1 and 1.0). What is accepted, and what it means, is
// what Go's archive/tar makes of it, since that is what images are made and tested with: a
// name's bytes stay as they are, global pax headers are passed over, only files have bodies,
// and an archive may end without its zero blocks. Pure; one thread.
#pragma once

#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/tar/entry.h"

namespace argosy::tar {

struct Limits {
  uint64_t header_bytes = 1 << 20;  // of one entry's long names and pax records
  size_t extents = 1 << 20;         // of one sparse file
};

class Reader {
 public:
  // The archive's next bytes, any number of them, valid until the next call; empty at its end.
  using Source = std::function<Result<BytesView>()>;
  explicit Reader(Source source, Limits limits = {});

  // The next entry, borrowed until the next call; null at the archive's end. What was not read
  // of the last one is passed over. InvalidArgument for what is no tar.
  Result<const Entry*> next();

  struct Piece {
    uint64_t offset = 0;  // in the file
    BytesView bytes;      // valid until the next call; empty at the file's end
  };
  // The next data of the current entry; between pieces are holes.
  Result<Piece> read();

  // Reads what comes after the archive's end, for who needs all bytes to have passed.
  Result<void> drain();

 private:
  struct Pax;
  Result<BytesView> take(uint64_t most);
  Result<std::optional<BytesView>> take_block();
  Result<Bytes> take_text(uint64_t size);
  Result<void> skip(uint64_t size);
  Result<bool> read_header(Pax& pax);
  Result<void> read_extension(char type, uint64_t size, Pax& pax);
  Result<void> fill_entry(BytesView block, const Pax& pax);
  Result<void> read_gnu_extents(BytesView block);
  Result<void> read_pax_extents(const Pax& pax);
  Result<void> read_extents_in_body();
  Result<void> judge_extents();

  Source source_;
  Limits limits_;
  BytesView piece_;
  bool source_ended_ = false;
  bool archive_ended_ = false;
  char block_[512];
  Entry entry_;
  uint64_t body_left_ = 0;    // stored bytes of the current body
  uint64_t padding_ = 0;      // after the body
  size_t extent_ = 0;         // in which we read
  uint64_t extent_done_ = 0;  // bytes of it
};

}  // namespace argosy::tar
