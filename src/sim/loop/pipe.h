// Two streams that are each other's far end, without sockets. What one writes the other
// reads in the next round of the loop's turn; a reader that pauses fills the writer's
// backlog. For tests.
#pragma once

#include "io/net/stream.h"
#include "io/task/loop.h"

namespace argosy::sim {

class PipeEnd final : public Stream {
 public:
  explicit PipeEnd(Loop& loop) : loop_(loop) {}
  ~PipeEnd() override {
    if (far_ == nullptr) return;
    far_->far_ = nullptr;
    far_->end();
  }

  static std::pair<std::unique_ptr<PipeEnd>, std::unique_ptr<PipeEnd>> make(Loop& loop) {
    auto a = std::make_unique<PipeEnd>(loop);
    auto b = std::make_unique<PipeEnd>(loop);
    a->far_ = b.get();
    b->far_ = a.get();
    return {std::move(a), std::move(b)};
  }

  void start(Reader& reader) override {
    reader_ = &reader;
    loop_.schedule(deliver_);
  }
  void pause_reading(bool paused) override {
    paused_ = paused;
    if (!paused) loop_.schedule(deliver_);
  }
  void write(BytesView bytes) override {
    if (far_ == nullptr || finished_) return;
    far_->inbox_ += bytes;
    was_backlogged_ = was_backlogged_ || backlog() >= kStreamHighMark;
    loop_.schedule(far_->deliver_);
  }
  size_t backlog() const override { return far_ != nullptr ? far_->inbox_.size() : 0; }
  void finish() override {
    finished_ = true;
    if (far_ != nullptr) far_->end();
  }
  const std::string& peer_address() const override { return peer_address_; }

 private:
  class Deliver final : public Runnable {
   public:
    explicit Deliver(PipeEnd& end) : end_(end) {}
    void run() override { end_.deliver(); }

   private:
    PipeEnd& end_;
  };

  void end() {
    ending_ = true;
    loop_.schedule(deliver_);
  }
  void deliver() {
    if (reader_ == nullptr || paused_) return;
    if (!inbox_.empty()) {
      const Bytes bytes = std::exchange(inbox_, {});
      reader_->on_bytes(bytes);
      if (far_ != nullptr && std::exchange(far_->was_backlogged_, false)) {
        far_->reader_->on_drained();
      }
    }
    if (inbox_.empty() && ending_ && !paused_ && !std::exchange(ended_, true)) {
      reader_->on_end(std::nullopt);
    }
  }

  Loop& loop_;
  PipeEnd* far_ = nullptr;
  Reader* reader_ = nullptr;
  Bytes inbox_;
  bool paused_ = false;
  bool finished_ = false;  // nothing more is written here
  bool ending_ = false;    // nothing more comes
  bool ended_ = false;     // and the reader knows
  bool was_backlogged_ = false;
  std::string peer_address_ = "pipe";
  Deliver deliver_{*this};
};

// The test's own end: what came, and whether the other side has closed.
class PipePeer final : private Stream::Reader {
 public:
  explicit PipePeer(std::unique_ptr<PipeEnd> end) : end_(std::move(end)) { end_->start(*this); }

  PipeEnd& stream() { return *end_; }
  void send(BytesView bytes) { end_->write(bytes); }
  void hang_up() { end_.reset(); }
  // All that came since the last call.
  Bytes take() { return std::exchange(received_, {}); }
  const Bytes& received() const { return received_; }
  bool is_closed() const { return closed_; }

 private:
  void on_bytes(BytesView bytes) override { received_ += bytes; }
  void on_end(std::optional<Error>) override { closed_ = true; }

  Bytes received_;
  bool closed_ = false;
  std::unique_ptr<PipeEnd> end_;
};

}  // namespace argosy::sim
