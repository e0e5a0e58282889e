// What the two threads of a transfer share. Private to this folder.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "io/task/wait.h"
#include "lib/fetch/fetch.h"

namespace argosy::fetch {

struct Transfer::Shared : std::enable_shared_from_this<Transfer::Shared> {
  explicit Shared(Loop& of_loop, Request what) : loop(of_loop), request(std::move(what)) {}

  Loop& loop;
  const Request request;
  std::thread thread;
  // The loop's thread only; gone with the Transfer.
  std::optional<Wakeup> changed;

  std::mutex mutex;
  // -- Guarded
  std::deque<Bytes> pieces;
  size_t buffered = 0;
  std::optional<Head> head;
  bool has_ended = false;
  std::optional<Error> error;
  Failure failure = Failure::kNone;
  int retries = 0;
  bool is_cancelled = false;
  std::function<void()> wake;  // the curl thread, while it works

  // The reader looks again. Any thread.
  void tell() {
    loop.post_from_any_thread([self = shared_from_this()] {
      if (self->changed) self->changed->notify_all();
    });
  }
};

// The curl thread's whole life.
void serve(const std::shared_ptr<Transfer::Shared>& shared);

}  // namespace argosy::fetch
