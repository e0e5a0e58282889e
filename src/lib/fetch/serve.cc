#include "base/format.h"
#include "lib/fetch/attempt.h"
#include "sys/clock/clock.h"

namespace argosy::fetch {
namespace {

bool is_cancelled(Transfer::Shared& shared) {
  const std::scoped_lock lock(shared.mutex);
  return shared.is_cancelled;
}

// What may be different a little later, once the body has begun.
bool is_worth_retrying(Failure failure) {
  return failure == Failure::kConnect || failure == Failure::kTruncated ||
         failure == Failure::kStalled;
}

std::optional<Trouble> transfer(Transfer::Shared& shared, Session& session) {
  const Request& request = shared.request;
  Progress progress;
  if (request.limits.total) progress.deadline = real_clock().now() + *request.limits.total;
  int left = request.limits.retries;
  while (true) {
    auto trouble = session.attempt(progress);
    if (!trouble || is_cancelled(shared)) return std::nullopt;
    if (left == 0 || request.method != "GET" || !progress.head ||
        !is_worth_retrying(trouble->failure)) {
      return trouble;
    }
    --left;
    const MonotonicTime next = real_clock().now() + request.limits.retry_delay;
    if (progress.deadline && next >= *progress.deadline) return trouble;
    if (!session.pause_for(request.limits.retry_delay)) return std::nullopt;
    const std::scoped_lock lock(shared.mutex);
    ++shared.retries;
  }
}

}  // namespace

Error error_of(const Trouble& trouble, const Request& request) {
  const auto code = [&] {
    switch (trouble.failure) {
      case Failure::kRequest:
        return Code::kInvalidArgument;
      case Failure::kTls:
        return Code::kUnauthenticated;
      case Failure::kTimeout:
      case Failure::kStalled:
        return Code::kDeadlineExceeded;
      case Failure::kStatus:
        return trouble.status == 404 ? Code::kNotFound : Code::kUnavailable;
      case Failure::kTooLarge:
        return Code::kResourceExhausted;
      case Failure::kTruncated:
        return Code::kDataLoss;
      case Failure::kRedirects:
      case Failure::kProtocol:
        return Code::kFailedPrecondition;
      case Failure::kNone:
      case Failure::kConnect:
        break;
    }
    return Code::kUnavailable;
  }();
  return Error(code, format("{}: {}", request.url, trouble.text));
}

void serve(const std::shared_ptr<Transfer::Shared>& shared) {
  Session session(*shared);
  {
    const std::scoped_lock lock(shared->mutex);
    shared->wake = [&session] { session.wake(); };
  }
  const auto trouble = transfer(*shared, session);
  {
    const std::scoped_lock lock(shared->mutex);
    shared->wake = nullptr;
    shared->has_ended = true;
    if (trouble) {
      shared->error = error_of(*trouble, shared->request);
      shared->failure = trouble->failure;
    }
  }
  shared->tell();
}

}  // namespace argosy::fetch
