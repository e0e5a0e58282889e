#include "parts/update_service/hosting/hosting.h"

#include <algorithm>
#include <cerrno>

#include "base/format.h"
#include "parts/update_service/hosting/range.h"

namespace argosy::update_service {
namespace {

// What is read at once, and what is held of one response beside the stream's backlog.
constexpr size_t kPiece = size_t{256} * 1024;
// Small, so that hundreds who share a rate each get something before they call it stalled.
constexpr size_t kLimitedPiece = size_t{16} * 1024;

Result<Bytes> read_piece(const OpenFile& file, uint64_t offset, size_t size) {
  Bytes bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::pread(file.fd.get(), bytes.data() + filled, size - filled,
                                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error("reading a package", errno));
    if (got == 0) return fail(Code::kDataLoss, "a package has become shorter");
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

Result<void> check_expected(const HostedFile& file, const ExpectedFile& expected) {
  const auto differs = [&](std::string_view what, const std::string& want, const std::string& is) {
    return fail(Code::kDataLoss,
                format("{} of {} is {} and not {} as expected", what, file.name, is, want));
  };
  if (expected.size && *expected.size != file.size) {
    return differs("the size", format("{}", *expected.size), format("{}", file.size));
  }
  if (!expected.sha1.empty() && expected.sha1 != file.sha1) {
    return differs("the SHA-1", expected.sha1, file.sha1);
  }
  if (!expected.sha256.empty() && expected.sha256 != file.sha256) {
    return differs("the SHA-256", expected.sha256, file.sha256);
  }
  return {};
}

Headers headers_of(const Selection& part, const OpenFile& file) {
  Headers headers;
  headers.add("content-type", "application/octet-stream");
  headers.add("accept-ranges", "bytes");
  headers.add("etag", file.etag);
  if (part.status == 416) headers.add("content-range", format("bytes */{}", file.size));
  if (part.status == 206) {
    headers.add("content-range",
                format("bytes {}-{}/{}", part.first, part.first + part.size - 1, file.size));
  }
  if (part.status != 304) headers.add("content-length", format("{}", part.size));
  return headers;
}

}  // namespace

Task<void> Upload::write(Bytes bytes) {
  co_await on_worker<void>(
      loop_, [incoming = incoming_, bytes = std::move(bytes)] { return incoming->write(bytes); });
}

Task<HostedFile> Upload::finish(ExpectedFile expected) {
  co_return co_await on_worker<HostedFile>(
      loop_, [incoming = incoming_, expected = std::move(expected)]() -> Result<HostedFile> {
        HostedFile file = TRY(incoming->seal());
        TRY(check_expected(file, expected));
        TRY(incoming->publish(file));
        return file;
      });
}

Result<std::unique_ptr<Hosting>> Hosting::open(Loop& loop, const std::string& path,
                                               uint64_t max_rate) {
  return std::unique_ptr<Hosting>(new Hosting(loop, TRY(Directory::open(path)), max_rate));
}

HttpHandler Hosting::handler(std::string prefix) {
  return [this, prefix = std::move(prefix)](Exchange& exchange) {
    const std::string_view path = exchange.head().path();
    return serve(exchange, path.starts_with(prefix) ? url_decode(path.substr(prefix.size()), false)
                                                    : std::string());
  };
}

Task<void> Hosting::serve(Exchange& exchange, std::string name) {
  const std::string& method = exchange.head().method;
  if (method != "GET" && method != "HEAD") {
    exchange.respond_text(405, "Method Not Allowed", {{"allow", "GET, HEAD"}});
    co_return;
  }
  auto opened = co_await result(on_worker<std::shared_ptr<OpenFile>>(
      loop_, [directory = directory_, name]() -> Result<std::shared_ptr<OpenFile>> {
        return std::make_shared<OpenFile>(TRY(directory->open_file(name)));
      }));
  if (!opened) {
    exchange.respond_text(404, "404 page not found");
    co_return;
  }
  const std::shared_ptr<OpenFile> file = *std::move(opened);
  const Headers& asked = exchange.head().headers;
  const Selection part =
      select({asked.value_of("range"), asked.value_of("if-range"), asked.value_of("if-none-match")},
             file->size, file->etag);
  exchange.start(part.status, headers_of(part, *file));
  const bool has_body = method == "GET" && (part.status == 200 || part.status == 206);
  for (uint64_t sent = 0; has_body && sent < part.size;) {
    const size_t most = pace_.is_limited() ? kLimitedPiece : kPiece;
    const auto size = static_cast<size_t>(std::min<uint64_t>(most, part.size - sent));
    const Bytes piece = co_await on_worker<Bytes>(loop_, [file, offset = part.first + sent, size] {
      return read_piece(*file, offset, size);
    });
    co_await exchange.writable();
    exchange.write(piece);
    sent += size;
    bytes_served_ += size;
    if (const auto until = pace_.after(size)) co_await sleep_until(loop_, *until);
  }
  exchange.finish();
}

Task<Upload> Hosting::begin(std::string name, uint64_t limit) {
  auto incoming = co_await on_worker<std::shared_ptr<Incoming>>(
      loop_, [directory = directory_, name = std::move(name), limit] {
        return directory->begin(name, limit);
      });
  co_return Upload(loop_, std::move(incoming));
}

Task<HostedFile> Hosting::receive(Exchange& exchange, std::string name, uint64_t limit,
                                  ExpectedFile expected) {
  Upload upload = co_await begin(std::move(name), limit);
  while (auto piece = co_await exchange.read()) co_await upload.write(*std::move(piece));
  co_return co_await upload.finish(std::move(expected));
}

Task<void> Hosting::remove(std::string name) {
  co_await on_worker<void>(
      loop_, [directory = directory_, name = std::move(name)] { return directory->remove(name); });
}

Task<std::vector<std::string>> Hosting::list() {
  co_return co_await on_worker<std::vector<std::string>>(
      loop_, [directory = directory_] { return directory->list(); });
}

Task<HostedFile> Hosting::describe(std::string name) {
  co_return co_await on_worker<HostedFile>(loop_, [directory = directory_, name = std::move(name)] {
    return directory->describe(name);
  });
}

}  // namespace argosy::update_service
