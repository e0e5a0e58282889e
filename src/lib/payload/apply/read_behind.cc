#include "lib/payload/apply/read_behind.h"

#include <algorithm>
#include <atomic>

#include "lib/payload/apply/aligned_bytes.h"

namespace argosy::payload {
namespace {

// Read at once; whole blocks, since a medium is read in no less.
constexpr uint64_t kPiece = 1 << 20;
// Less is not worth a turn of the executor.
constexpr uint64_t kTurn = 8 << 20;

}  // namespace

struct ReadBehind::State {
  enum class Turn : uint8_t { kNone, kWaiting, kReading };

  explicit State(Storage& of_storage) : storage(of_storage) {}

  void read_to(uint64_t end) {
    while (done && at < end) {
      const uint64_t size = std::min(end - at, kPiece);
      done = storage.read(at, piece.span().first(size));
      if (!done) return;
      hash.update(piece.view().substr(0, size));
      at += size;
    }
  }
  // Once for each turn, if nobody has called it off.
  void take_turn() {
    Turn waiting = Turn::kWaiting;
    if (!turn.compare_exchange_strong(waiting, Turn::kReading)) return;
    read_to(target);
    turn.store(Turn::kNone, std::memory_order_release);
    turn.notify_all();
  }
  void end_turn() {
    Turn waiting = Turn::kWaiting;
    if (turn.compare_exchange_strong(waiting, Turn::kNone)) return;
    turn.wait(Turn::kReading, std::memory_order_acquire);
  }

  Storage& storage;
  AlignedBytes piece = AlignedBytes(kPiece);
  std::atomic<Turn> turn = Turn::kNone;
  // -- Of whose turn it is; in between, of the one thread.
  uint64_t target = 0;
  uint64_t at = 0;
  Sha256 hash;
  Result<void> done;
};

ReadBehind::ReadBehind(Storage& storage, Executor& executor, uint64_t size)
    : executor_(executor), size_(size), state_(std::make_shared<State>(storage)) {}

ReadBehind::~ReadBehind() {
  state_->end_turn();
}

void ReadBehind::advance(uint64_t end) {
  end = std::min(end, size_) / kPiece * kPiece;
  if (end < begun_ + kTurn || state_->turn.load(std::memory_order_acquire) != State::Turn::kNone) {
    return;
  }
  begun_ = end;
  state_->target = end;
  state_->turn.store(State::Turn::kWaiting, std::memory_order_release);
  executor_.run([state = state_] { state->take_turn(); });
}

Result<Bytes> ReadBehind::finish() {
  state_->end_turn();
  state_->read_to(size_);
  TRY(state_->done);
  return state_->hash.finish();
}

}  // namespace argosy::payload
