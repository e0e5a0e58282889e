#include "lib/sql/database.h"

#include "base/check.h"

namespace argosy::sql {
namespace {

template <typename Wanted>
const Wanted& value_as(const Value& value, const Wanted& of_null) {
  if (std::holds_alternative<std::monostate>(value)) return of_null;
  const Wanted* found = std::get_if<Wanted>(&value);
  check(found != nullptr, "the column is of another type");
  return *found;
}

}  // namespace

const Value& Row::at(size_t column) const {
  check(column < values_.size(), "the answer has no such column");
  return values_[column];
}

bool Row::is_null(size_t column) const {
  return std::holds_alternative<std::monostate>(at(column));
}

int64_t Row::integer(size_t column) const {
  return value_as<int64_t>(at(column), 0);
}

double Row::real(size_t column) const {
  const Value& value = at(column);
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  return value_as<double>(value, 0);
}

const std::string& Row::text(size_t column) const {
  static const std::string kNone;
  return value_as<std::string>(at(column), kNone);
}

const Bytes& Row::blob(size_t column) const {
  static const Blob kNone;
  return value_as<Blob>(at(column), kNone).bytes;
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.run_script(database.kind() == Database::Kind::kSqlite
                              ? "BEGIN IMMEDIATE"
                              : "BEGIN ISOLATION LEVEL SERIALIZABLE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  const auto rolled_back = database_->run_script("ROLLBACK");
  (void)rolled_back;  // a connection that is gone has rolled back by itself
}

Result<void> Transaction::commit() {
  check(database_ != nullptr, "a transaction ends once");
  TRY(database_->run_script("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace argosy::sql
