#include "parts/update_service/api/upload.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service::api {
namespace {

// Unlike any other package's, and the same for the same package whenever it is sent again.
std::string hosted_name(const model::Package& package) {
  const std::string prefix = package.id + "-";
  const std::string name = package.filename.empty() ? "update.gz" : package.filename;
  return name.starts_with(prefix) ? name : prefix + name;
}

std::unexpected<Error> another_size(uint64_t size, const model::Package& package) {
  return fail(Code::kFailedPrecondition,
              format("the file has {} bytes, and the package announces {}", size, package.size));
}

// Before a byte is read.
Result<void> check_announced(const Exchange& exchange, const model::Package& package,
                             uint64_t limit) {
  const std::string_view text = exchange.head().headers.value_of("content-length");
  const auto length = parse_uint(text);
  if (!length) return {};  // in chunks: it is counted as it comes
  if (*length > limit) {
    return fail(Code::kOutOfRange, format("a file has at most {} bytes here", limit));
  }
  if (package.size != 0 && *length != package.size) return another_size(*length, package);
  if (*length == 0) return fail(Code::kInvalidArgument, "the file is empty");
  return {};
}

}  // namespace

Task<json::Value> Uploads::take_in(Exchange& exchange, model::Package package) {
  struct Place {
    size_t& count;
    explicit Place(size_t& of) : count(of) { ++count; }
    ~Place() { --count; }
  };
  if (hosting_ == nullptr) {
    co_return fail(Code::kFailedPrecondition,
                   "this service hosts no packages (-host-flatcar-packages)");
  }
  if (running_ >= kMaxUploads) {
    co_return fail(Code::kUnavailable, "too many uploads at once: try again later");
  }
  co_await check_announced(exchange, package, limit_);
  const Place place(running_);
  const HostedFile file = co_await receive(exchange, package);
  co_return json::Object{{"url", url_},
                         {"filename", file.name},
                         {"size", file.size},
                         {"hash", file.sha1},
                         {"hash256", file.sha256}};
}

Task<HostedFile> Uploads::receive(Exchange& exchange, const model::Package& package) {
  Upload upload = co_await hosting_->begin(hosted_name(package), limit_);
  uint64_t size = 0;
  while (auto piece = co_await exchange.read()) {
    size += piece->size();
    if (size > limit_) {
      co_return fail(Code::kOutOfRange, format("a file has at most {} bytes here", limit_));
    }
    if (package.size != 0 && size > package.size) co_return another_size(size, package);
    co_await upload.write(*std::move(piece));
  }
  if (size == 0) co_return fail(Code::kInvalidArgument, "the file is empty");
  if (package.size != 0 && size != package.size) co_return another_size(size, package);
  auto file =
      co_await result(upload.finish({.size = {}, .sha1 = package.sha1, .sha256 = package.sha256}));
  if (!file && file.error().code() == Code::kDataLoss) {
    co_return fail(Code::kFailedPrecondition, file.error().message());
  }
  co_return std::move(file);
}

Task<void> Uploads::forget(std::string package_id) {
  if (hosting_ == nullptr) co_return;
  const std::vector<std::string> names = co_await hosting_->list();
  for (const std::string& name : names) {
    if (name.starts_with(package_id + "-")) co_await hosting_->remove(name);
  }
}

}  // namespace argosy::update_service::api
