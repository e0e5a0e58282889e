#include "lib/fetch/fetch.h"

#include "base/format.h"
#include "base/text.h"
#include "lib/fetch/shared.h"

namespace argosy::fetch {
namespace {

using SharedPtr = std::shared_ptr<Transfer::Shared>;

constexpr uint64_t kSmall = uint64_t{16} << 20;

Task<Head> wait_for_head(SharedPtr shared) {
  while (true) {
    {
      const std::scoped_lock lock(shared->mutex);
      if (shared->head) co_return *shared->head;
      if (shared->error) co_return fail(*shared->error);
    }
    co_await shared->changed->wait();
  }
}

Task<std::optional<Bytes>> next_piece(SharedPtr shared) {
  while (true) {
    {
      const std::scoped_lock lock(shared->mutex);
      if (!shared->pieces.empty()) {
        Bytes piece = std::move(shared->pieces.front());
        shared->pieces.pop_front();
        const size_t before = shared->buffered;
        shared->buffered -= piece.size();
        const size_t low_mark = shared->request.limits.buffered_bytes / 2;
        if (before > low_mark && shared->buffered <= low_mark && shared->wake) shared->wake();
        co_return std::optional<Bytes>(std::move(piece));
      }
      if (shared->error) co_return fail(*shared->error);
      if (shared->has_ended) co_return std::optional<Bytes>();
    }
    co_await shared->changed->wait();
  }
}

}  // namespace

std::string_view name_of(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kRequest:
      return "request";
    case Failure::kConnect:
      return "connect";
    case Failure::kTls:
      return "TLS";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kStalled:
      return "stalled";
    case Failure::kStatus:
      return "status";
    case Failure::kTooLarge:
      return "too large";
    case Failure::kTruncated:
      return "truncated";
    case Failure::kRedirects:
      return "redirects";
    case Failure::kProtocol:
      return "protocol";
  }
  unreachable("all failures are named");
}

std::string_view Head::value_of(std::string_view name) const {
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

Transfer::Transfer(Loop& loop, Request request)
    : shared_(std::make_shared<Shared>(loop, std::move(request))) {
  shared_->changed.emplace(loop);
  shared_->thread = std::thread([shared = shared_] { serve(shared); });
}

Transfer::~Transfer() {
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->is_cancelled = true;
    if (shared_->wake) shared_->wake();
  }
  shared_->thread.join();
  shared_->changed.reset();
}

Task<Head> Transfer::head() {
  return wait_for_head(shared_);
}
Task<std::optional<Bytes>> Transfer::read() {
  return next_piece(shared_);
}

Failure Transfer::failure() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->failure;
}
int Transfer::retries() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->retries;
}

namespace {

Task<Response> read_all(Transfer& transfer) {
  Response response;
  response.head = co_await transfer.head();
  while (auto piece = co_await transfer.read()) response.body += *piece;
  co_return response;
}

}  // namespace

Task<Response> fetch(Loop& loop, Request request, Failure* failure) {
  if (!request.limits.max_bytes) request.limits.max_bytes = kSmall;
  Transfer transfer(loop, std::move(request));
  Result<Response> response = co_await result(read_all(transfer));
  if (failure != nullptr) *failure = transfer.failure();
  co_return response;
}

std::string file_url(std::string_view path) {
  std::string url = "file://";
  for (const char byte : path) {
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') || std::string_view("/-._~").contains(byte);
    if (is_plain) {
      url += byte;
    } else {
      url += '%' + to_hex(BytesView(&byte, 1));
    }
  }
  return url;
}

}  // namespace argosy::fetch
