// A connection to a SQL database. One thread at a time; every call may block on disk or
// network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::sql {

// NULL, whole numbers, floating ones, text, and bytes (BLOB, bytea).
struct Blob {
  Bytes bytes;
  bool operator==(const Blob&) const = default;
};
using Value = std::variant<std::monostate, int64_t, double, std::string, Blob>;

// One row of an answer, in the order of the columns that were asked for. Asking for a
// column that is not there, or as what it is not, is a programmer's error; NULL counts as
// "", 0 and false.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

  size_t size() const { return values_.size(); }
  const Value& at(size_t column) const;
  bool is_null(size_t column) const;
  int64_t integer(size_t column) const;
  double real(size_t column) const;
  bool boolean(size_t column) const { return integer(column) != 0; }
  const std::string& text(size_t column) const;
  const Bytes& blob(size_t column) const;

 private:
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

class Database {
 public:
  enum class Kind : uint8_t { kSqlite, kPostgres };

  virtual ~Database() = default;
  virtual Kind kind() const = 0;

  // One statement with parameters $1, $2, ...; the rows that it gives, at most `kMaxRows`
  // (ResourceExhausted beyond). The text is kept prepared.
  virtual Result<Rows> query(std::string_view statement, std::span<const Value> parameters) = 0;
  // Several statements without parameters, separated by semicolons.
  virtual Result<void> run_script(std::string_view script) = 0;

  template <typename... Parameters>
  Result<Rows> ask(std::string_view statement, Parameters... parameters) {
    const std::vector<Value> values{Value(std::move(parameters))...};
    return query(statement, values);
  }
};

inline constexpr size_t kMaxRows = 1'000'000;

// A transaction that others see whole or not at all (serializable). SQLite: takes the
// write lock at its begin, so that it need not fail later.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Aborted: others were faster; nothing has happened, try the whole again.
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

// The file is made if it is not there, with mode 0600; ":memory:" is one without a file.
// Writes are durable when commit() returns (WAL, synchronous=FULL).
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path);
// libpq's connection string or URL. Connects at the first use, and again after the
// connection was lost.
Result<std::unique_ptr<Database>> open_postgres(const std::string& connection);

}  // namespace argosy::sql
