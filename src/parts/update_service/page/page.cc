#include "parts/update_service/page/page.h"

#include "base/format.h"
#include "base/text.h"
#include "sys/crypto/digest.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kHashedNames = "assets/";
constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
constexpr int kMaxDepth = 4;

constexpr std::string_view kPlaceholder =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Update service</title>\n"
    "<h1>The page was not built into this program</h1>\n"
    "<p>With npm installed, <code>./argosy web</code> builds it; then build update-service again, "
    "or start it with <code>-http-static-dir web/update_service/dist</code>.\n"
    "<p>Without the page: <code>updateservicectl status</code>.\n</html>\n";

// "trusted-types": markup comes from Lit's templates only.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html";

Headers safe_headers() {
  return {{"Content-Security-Policy", std::string(kPolicy)},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"}};
}

struct Walk {
  Disk& disk;
  std::vector<PageFile> files;
  uint64_t left = kMaxBytes;

  Result<void> take(const std::string& directory, const std::string& below, int depth) {
    if (depth > kMaxDepth) {
      return fail(Code::kInvalidArgument, format("{} is too deep for a page", directory));
    }
    for (const std::string& name : TRY(disk.list(directory))) {
      if (name.starts_with('.')) continue;
      const std::string path = join_path(directory, name);
      const std::string shown = below.empty() ? name : format("{}/{}", below, name);
      if (TRY(disk.stat(path)).is_directory()) {
        TRY(take(path, shown, depth + 1));
        continue;
      }
      Bytes content = TRY(read_file(disk, path, left));
      left -= content.size();
      files.push_back({.path = shown, .content = std::move(content)});
    }
    return {};
  }
};

bool names_etag(std::string_view list, std::string_view etag) {
  for (std::string_view each : split(list, ',')) {
    each = trim(each);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == etag || each == "*") return true;
  }
  return false;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"}};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

Result<std::vector<PageFile>> read_page_files(Disk& disk, const std::string& directory) {
  Walk walk{.disk = disk, .files = {}};
  TRY(walk.take(directory, "", 1));
  return std::move(walk.files);
}

Page::Page(std::vector<PageFile> files) {
  for (PageFile& file : files) add(std::move(file));
  if (!files_.contains(kIndex)) {
    add({.path = std::string(kIndex), .content = Bytes(kPlaceholder)});
  }
}

void Page::add(PageFile file) {
  constexpr size_t kEnough = 16;
  std::string etag = format("\"{}\"", to_hex(sha256(file.content).substr(0, kEnough)));
  Served served{.content = std::move(file.content),
                .etag = std::move(etag),
                .type = content_type_of(file.path),
                .never_changes = file.path.starts_with(kHashedNames)};
  files_.insert_or_assign(std::move(file.path), std::move(served));
}

HttpHandler Page::handler() {
  return [this](Exchange& exchange) -> Task<void> {
    serve(exchange);
    co_return;
  };
}

const Page::Served* Page::find(const RequestHead& head) const {
  std::string_view path = head.path();
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  auto found = files_.find(path.empty() ? kIndex : path);
  // A browser on its way to a view of the page, not somebody who mistyped an API's path.
  const bool is_visit = head.headers.value_of("accept").contains("text/html");
  if (found == files_.end() && is_visit && !path.starts_with(kHashedNames)) {
    found = files_.find(kIndex);
  }
  return found == files_.end() ? nullptr : &found->second;
}

void Page::serve(Exchange& exchange) const {
  const RequestHead& head = exchange.head();
  Headers headers = safe_headers();
  if (head.method != "GET" && head.method != "HEAD") {
    headers.add("Allow", "GET, HEAD");
    return exchange.respond_text(405, "Method Not Allowed", std::move(headers));
  }
  const Served* file = find(head);
  if (file == nullptr) {
    return exchange.respond_text(404, "404 page not found", std::move(headers));
  }
  headers.add("ETag", file->etag);
  headers.add("Cache-Control",
              file->never_changes ? "public, max-age=31536000, immutable" : "no-cache");
  if (names_etag(head.headers.value_of("if-none-match"), file->etag)) {
    return exchange.respond(304, file->type, "", std::move(headers));
  }
  exchange.respond(200, file->type, file->content, std::move(headers));
}

}  // namespace argosy::update_service
