#include <fcntl.h>
#include <map>
#include <sqlite3.h>
#include <unistd.h>

#include "base/format.h"
#include "lib/sql/database.h"

namespace argosy::sql {
namespace {

constexpr int kBusyMilliseconds = 10'000;

struct Closer {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;
using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

Code code_of(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return Code::kAlreadyExists;
    default:
      break;
  }
  switch (extended & 0xFF) {
    case SQLITE_CONSTRAINT:
      return Code::kFailedPrecondition;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kAborted;
    case SQLITE_FULL:
      return Code::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return Code::kPermissionDenied;
    default:
      return Code::kInternal;
  }
}

Value column_of(sqlite3_stmt* statement, int column) {
  const auto bytes = [&](const void* from) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
    return from == nullptr ? Bytes() : Bytes(static_cast<const char*>(from), size);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(statement, column))};
    default:
      return std::monostate();
  }
}

class Sqlite final : public Database {
 public:
  Sqlite(Handle handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}

  Kind kind() const override { return Kind::kSqlite; }

  Result<Rows> query(std::string_view text, std::span<const Value> parameters) override {
    sqlite3_stmt* statement = TRY(prepared(text));
    struct Reset {
      sqlite3_stmt* used;
      ~Reset() {
        sqlite3_reset(used);
        sqlite3_clear_bindings(used);
      }
    };
    const Reset reset{statement};
    TRY(bind_all(statement, text, parameters));
    Rows rows;
    while (true) {
      const int status = sqlite3_step(statement);
      if (status == SQLITE_DONE) return rows;
      if (status != SQLITE_ROW) return fail(error(text));
      if (rows.size() == kMaxRows) {
        return fail(Code::kResourceExhausted, format("more than {} rows: {}", kMaxRows, text));
      }
      std::vector<Value> values;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        values.push_back(column_of(statement, i));
      }
      rows.emplace_back(std::move(values));
    }
  }

  Result<void> run_script(std::string_view script) override {
    const std::string text(script);
    if (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return fail(error(text));
    }
    return {};
  }

 private:
  Error error(std::string_view statement) const {
    return Error(code_of(sqlite3_extended_errcode(handle_.get())),
                 format("{}: {} ({})", path_, sqlite3_errmsg(handle_.get()), statement));
  }

  Result<sqlite3_stmt*> prepared(std::string_view text) {
    const auto known = statements_.find(text);
    if (known != statements_.end()) return known->second.get();
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), text.data(), static_cast<int>(text.size()),
                           SQLITE_PREPARE_PERSISTENT, &made, nullptr) != SQLITE_OK) {
      return fail(error(text));
    }
    Statement statement(made);
    if (made == nullptr) return fail(Code::kInvalidArgument, "an empty statement");
    return statements_.emplace(std::string(text), std::move(statement)).first->second.get();
  }

  // $1 is a name for SQLite, which numbers names in the order of their appearance.
  Result<void> bind_all(sqlite3_stmt* statement, std::string_view text,
                        std::span<const Value> parameters) {
    if (static_cast<size_t>(sqlite3_bind_parameter_count(statement)) > parameters.size()) {
      return fail(Code::kInvalidArgument, format("parameters are missing: {}", text));
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      const int place = sqlite3_bind_parameter_index(statement, format("${}", i + 1).c_str());
      if (place == 0) {
        return fail(Code::kInvalidArgument, format("there is no parameter ${}: {}", i + 1, text));
      }
      if (bind_one(statement, place, parameters[i]) != SQLITE_OK) return fail(error(text));
    }
    return {};
  }

  static int bind_one(sqlite3_stmt* statement, int place, const Value& value) {
    if (const auto* whole = std::get_if<int64_t>(&value)) {
      return sqlite3_bind_int64(statement, place, *whole);
    }
    if (const auto* real = std::get_if<double>(&value)) {
      return sqlite3_bind_double(statement, place, *real);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
      return sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    }
    if (const auto* blob = std::get_if<Blob>(&value)) {
      return sqlite3_bind_blob64(statement, place, blob->bytes.data(), blob->bytes.size(),
                                 SQLITE_TRANSIENT);
    }
    return sqlite3_bind_null(statement, place);
  }

  Handle handle_;
  std::string path_;
  std::map<std::string, Statement, std::less<>> statements_;
};

// Made by us, so that nobody else can read what it holds while SQLite makes it. One that is
// there is not opened: closing it would take away the locks of this process's connections
// (fcntl_locking(2)), and the next stranger would remove the log that they write.
Result<void> make_private_file(const std::string& path) {
  if (path == ":memory:") return {};
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return {};
  if (fd < 0) return fail(system_error(format("open {}", path), errno));
  ::close(fd);
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path) {
  TRY(make_private_file(path));
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(opened);
  if (status != SQLITE_OK) {
    return fail(code_of(status), format("{}: {}", path, sqlite3_errstr(status)));
  }
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  sqlite3_extended_result_codes(opened, 1);
  auto database = std::make_unique<Sqlite>(std::move(handle), path);
  TRY(
      database->run_script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                           "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF"));
  return database;
}

}  // namespace argosy::sql
