// The service's own affairs: the upstream that it follows, and copies of its database.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "io/task/wait.h"
#include "parts/update_service/api/answers.h"
#include "parts/update_service/api/api.h"
#include "parts/update_service/auth/accounts.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::update_service::api {
namespace {

constexpr size_t kPiece = size_t{256} * 1024;

// The copy's own directory, for nobody else to read; what a crash left there goes.
Result<std::string> copy_into(sql::Database& database, const std::string& directory) {
  if (database.kind() != sql::Database::Kind::kSqlite) {
    return fail(Code::kFailedPrecondition, "the database is PostgreSQL's: use pg_dump");
  }
  TRY(remove_all(real_disk(), directory));
  TRY(real_disk().make_directories(directory, 0700));
  const std::string path = join_path(directory, "copy");
  TRY(database.ask("VACUUM INTO $1", path));
  return path;
}

Result<std::shared_ptr<File>> open_copy(const std::string& path) {
  return std::shared_ptr<File>(TRY(real_disk().open(path, {.write = false})));
}

Result<void> note_backup(sql::Database& database, WallTime now, const std::string& who) {
  return auth::note(database, {.number = 0,
                               .at = now,
                               .who = who,
                               .action = "database.backup",
                               .object = "database",
                               .before = "",
                               .after = ""});
}

Task<void> send_file(Exchange* exchange, std::shared_ptr<File> file) {
  const uint64_t size = co_await file->size();
  Headers headers = safe_headers();
  headers.add("Content-Type", "application/vnd.sqlite3");
  headers.add("Content-Length", format("{}", size));
  exchange->start(200, headers);
  for (uint64_t sent = 0; sent < size;) {
    const Bytes piece =
        co_await on_worker<Bytes>(exchange->loop(), [file, sent, size]() -> Result<Bytes> {
          Bytes bytes(std::min<uint64_t>(kPiece, size - sent), '\0');
          bytes.resize(TRY(file->read_at(sent, bytes.data(), bytes.size())));
          return bytes;
        });
    if (piece.empty()) co_await failure(Code::kDataLoss, "the copy has become shorter");
    co_await exchange->writable();
    exchange->write(piece);
    sent += piece.size();
  }
  exchange->finish();
}

}  // namespace

const Api::ServiceCall* Api::service_call(std::string_view method, std::string_view path) {
  static constexpr std::array kCalls = {
      ServiceCall{"GET", "upstream", auth::Role::kViewer, &Api::show_upstream},
      ServiceCall{"POST", "upstream/sync", auth::Role::kOperator, &Api::sync_upstream},
      ServiceCall{"GET", "database/backup", auth::Role::kAdmin, &Api::send_backup}};
  const auto place = std::ranges::find_if(
      kCalls, [&](const ServiceCall& call) { return call.method == method && call.path == path; });
  return place == kCalls.end() ? nullptr : &*place;
}

Task<void> Api::show_upstream(Exchange& exchange, auth::Identity) {
  if (!upstream_) {
    co_return refuse(exchange, 409, "conflict", "no upstream is followed (-enable-syncer)");
  }
  exchange.respond(200, kJson, json::to_text(upstream_->describe()) + "\n", safe_headers());
}

Task<void> Api::sync_upstream(Exchange& exchange, auth::Identity identity) {
  if (!upstream_) {
    co_return refuse(exchange, 409, "conflict", "no upstream is followed (-enable-syncer)");
  }
  log_info("upstream is asked by hand", {{"who", identity.name}});
  upstream_->sync();
  exchange.respond(200, kJson, json::to_text(json::Object{{"status", "started"}}) + "\n",
                   safe_headers());
}

// One at a time: each is as large as the database.
Task<void> Api::send_backup(Exchange& exchange, auth::Identity identity) {
  struct Place {
    bool& is_taken;
    explicit Place(bool& flag) : is_taken(flag) { is_taken = true; }
    ~Place() { is_taken = false; }
  };
  if (is_backing_up_) co_return refuse(exchange, 429, "too_many", "a backup is under way");
  const Place place(is_backing_up_);
  const std::string directory = database_ + ".backup";
  const auto path = co_await result(desk_.read<std::string>(
      [directory](sql::Database& database) { return copy_into(database, directory); }));
  auto file = path ? open_copy(*path) : Result<std::shared_ptr<File>>(fail(path.error()));
  // What is open can be read to its end.
  if (path)
    co_await result(on_worker<void>(exchange.loop(),
                                    [directory] { return remove_all(real_disk(), directory); }));
  if (!file) co_return refuse(exchange, file.error());
  co_await desk_.write<void>(
      [now = clock_.wall_now(), who = identity.name](sql::Database& database) {
        return note_backup(database, now, who);
      });
  co_await send_file(&exchange, *std::move(file));
}

}  // namespace argosy::update_service::api
