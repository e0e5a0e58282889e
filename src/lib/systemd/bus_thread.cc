#include "lib/systemd/bus_thread.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/check.h"
#include "lib/systemd/message.h"

namespace argosy::systemd {
namespace {

// sd-bus speaks of CLOCK_MONOTONIC in microseconds.
uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

int poll_milliseconds(uint64_t until) {
  if (until == UINT64_MAX) return -1;
  const uint64_t now = monotonic_microseconds();
  const uint64_t left = until > now ? (until - now + 999) / 1000 : 0;
  return static_cast<int>(std::min<uint64_t>(left, 3'600'000));
}

}  // namespace

BusThread::BusThread(OnLost on_lost)
    : on_lost_(std::move(on_lost)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  check(wake_.is_open(), "eventfd");
}

BusThread::~BusThread() {
  stopping_ = true;
  ::eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
  queue_.clear();
  sd_bus_flush_close_unref(bus_);
}

void BusThread::start(std::string address) {
  thread_ = std::thread([this, address = std::move(address)] { serve(address); });
}

void BusThread::run(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  ::eventfd_write(wake_.get(), 1);
}

Result<void> BusThread::open(const std::string& address) {
  int done = 0;
  if (address.empty()) {
    done = sd_bus_open_system(&bus_);
  } else {
    done = sd_bus_new(&bus_);
    if (done >= 0) done = sd_bus_set_address(bus_, address.c_str());
    if (done >= 0) done = sd_bus_set_bus_client(bus_, 1);
    if (done >= 0) done = sd_bus_start(bus_);
  }
  if (done < 0) return fail(failed_call("connecting to the bus", done));
  return {};
}

void BusThread::serve(const std::string& address) {
  auto opened = open(address);
  if (!opened) lose(std::move(opened).error());
  while (!stopping_) {
    // Opening only begins: the bus has let us in when Hello was answered.
    if (is_lost_ || sd_bus_is_ready(bus_) > 0) do_work();
    if (!is_lost_ && !process()) continue;
    wait();
  }
}

void BusThread::do_work() {
  std::vector<Work> works;
  {
    const std::lock_guard lock(mutex_);
    works.swap(queue_);
  }
  for (Work& work : works) work(is_lost_ ? nullptr : bus_);
}

bool BusThread::process() {
  while (!stopping_) {
    const bool was_ready = sd_bus_is_ready(bus_) > 0;
    const int done = sd_bus_process(bus_, nullptr);
    if (done < 0) {
      lose(failed_call(was_ready ? "the bus" : "connecting to the bus", done));
      return false;
    }
    if (!was_ready && sd_bus_is_ready(bus_) > 0) return false;
    if (done == 0) return true;
  }
  return true;
}

void BusThread::lose(Error error) {
  is_lost_ = true;
  reason_ = error;
  if (bus_ != nullptr) sd_bus_close(bus_);
  on_lost_(std::move(error));
}

void BusThread::wait() {
  pollfd fds[2] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                   {.fd = -1, .events = 0, .revents = 0}};
  uint64_t until = UINT64_MAX;
  if (!is_lost_) {
    fds[1].fd = sd_bus_get_fd(bus_);
    fds[1].events = static_cast<short>(sd_bus_get_events(bus_));
    if (sd_bus_get_timeout(bus_, &until) <= 0) until = UINT64_MAX;
  }
  ::poll(fds, 2, poll_milliseconds(until));
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
}

}  // namespace argosy::systemd
