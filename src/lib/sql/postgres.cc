#include <libpq-fe.h>
#include <map>

#include "base/format.h"
#include "base/text.h"
#include "lib/sql/database.h"

namespace argosy::sql {
namespace {

// Of pg_type.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;

struct Closer {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(unsigned char* memory) const { PQfreemem(memory); }
};
using Connection = std::unique_ptr<PGconn, Closer>;
using Answer = std::unique_ptr<PGresult, Closer>;

// By class and condition (PostgreSQL manual, appendix A).
Code code_of(std::string_view state) {
  if (state == "23505") return Code::kAlreadyExists;
  if (state == "40001" || state == "40P01") return Code::kAborted;
  const std::string_view family = state.substr(0, 2);
  if (family == "08" || family == "57") return Code::kUnavailable;
  if (family == "23") return Code::kFailedPrecondition;
  if (family == "28") return Code::kPermissionDenied;
  if (family == "53") return Code::kResourceExhausted;
  return Code::kInternal;
}

std::string reason(const char* message) {
  return std::string(trim(message));
}

// Parameters as libpq takes them: texts, and bytes as they are.
struct Parameters {
  std::vector<std::string> texts;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  explicit Parameters(std::span<const Value> from) {
    texts.reserve(from.size());
    for (const Value& value : from) add(value);
  }

 private:
  void add(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return push(*text, kTextFormat);
    if (const auto* blob = std::get_if<Blob>(&value)) return push(blob->bytes, kBinaryFormat);
    if (const auto* whole = std::get_if<int64_t>(&value)) {
      return push(format("{}", *whole), kTextFormat);
    }
    if (const auto* real = std::get_if<double>(&value)) {
      return push(format("{:.17g}", *real), kTextFormat);
    }
    values.push_back(nullptr);
    lengths.push_back(0);
    formats.push_back(kTextFormat);
  }
  void push(std::string text, int of_format) {
    texts.push_back(std::move(text));
    values.push_back(texts.back().c_str());
    lengths.push_back(static_cast<int>(texts.back().size()));
    formats.push_back(of_format);
  }
};

Result<Value> column_of(const PGresult* answer, int row, int column) {
  if (PQgetisnull(answer, row, column) != 0) return Value(std::monostate());
  const std::string_view text(PQgetvalue(answer, row, column),
                              static_cast<size_t>(PQgetlength(answer, row, column)));
  const auto damaged = [&] {
    return fail(Code::kInternal, format("an answer that cannot be read: {}", text));
  };
  switch (PQftype(answer, column)) {
    case kBool:
      return Value(int64_t{text == "t" ? 1 : 0});
    case kInt2:
    case kInt4:
    case kInt8: {
      const auto number = parse_int(text);
      if (!number) return damaged();
      return Value(*number);
    }
    case kFloat4:
    case kFloat8:
      return Value(std::strtod(PQgetvalue(answer, row, column), nullptr));
    case kBytea: {
      size_t size = 0;
      const std::unique_ptr<unsigned char, Closer> bytes(PQunescapeBytea(
          reinterpret_cast<const unsigned char*>(PQgetvalue(answer, row, column)), &size));
      if (!bytes) return damaged();
      return Value(Blob{Bytes(reinterpret_cast<const char*>(bytes.get()), size)});
    }
    default:
      return Value(std::string(text));
  }
}

class Postgres final : public Database {
 public:
  explicit Postgres(std::string where) : where_(std::move(where)) {}

  Kind kind() const override { return Kind::kPostgres; }

  Result<Rows> query(std::string_view text, std::span<const Value> parameters) override {
    TRY(connect());
    const std::string name = TRY(prepared(text));
    const Parameters made(parameters);
    const Answer answer(PQexecPrepared(connection_.get(), name.c_str(),
                                       static_cast<int>(parameters.size()), made.values.data(),
                                       made.lengths.data(), made.formats.data(), kTextFormat));
    TRY(judge(answer.get(), text));
    if (static_cast<size_t>(PQntuples(answer.get())) > kMaxRows) {
      return fail(Code::kResourceExhausted, format("more than {} rows: {}", kMaxRows, text));
    }
    Rows rows;
    for (int i = 0; i < PQntuples(answer.get()); ++i) {
      std::vector<Value> values;
      for (int j = 0; j < PQnfields(answer.get()); ++j) {
        values.push_back(TRY(column_of(answer.get(), i, j)));
      }
      rows.emplace_back(std::move(values));
    }
    return rows;
  }

  Result<void> run_script(std::string_view script) override {
    TRY(connect());
    const std::string text(script);
    const Answer answer(PQexec(connection_.get(), text.c_str()));
    TRY(judge(answer.get(), text));
    is_in_transaction_ = PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
    return {};
  }

 private:
  // What was lost with a connection inside a transaction must not go on outside of it.
  Result<void> connect() {
    if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK) return {};
    if (std::exchange(is_in_transaction_, false)) {
      connection_.reset();
      return fail(Code::kAborted, "the connection was lost inside a transaction");
    }
    statements_.clear();
    connection_.reset(PQconnectdb(where_.c_str()));
    if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK) {
      PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
      return {};
    }
    Error error(Code::kUnavailable,
                connection_ ? reason(PQerrorMessage(connection_.get())) : "libpq has no memory");
    connection_.reset();
    return fail(std::move(error));
  }

  Result<void> judge(const PGresult* answer, std::string_view statement) const {
    const ExecStatusType status = PQresultStatus(answer);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
      return {};
    }
    const char* state = answer != nullptr ? PQresultErrorField(answer, PG_DIAG_SQLSTATE) : nullptr;
    const bool is_lost = PQstatus(connection_.get()) != CONNECTION_OK;
    return fail(is_lost ? Code::kUnavailable : code_of(state != nullptr ? state : ""),
                format("{} ({})", reason(PQerrorMessage(connection_.get())), statement));
  }

  Result<std::string> prepared(std::string_view text) {
    const auto known = statements_.find(text);
    if (known != statements_.end()) return known->second;
    const std::string name = format("s{}", statements_.size());
    const Answer answer(
        PQprepare(connection_.get(), name.c_str(), std::string(text).c_str(), 0, nullptr));
    TRY(judge(answer.get(), text));
    statements_.emplace(std::string(text), name);
    return name;
  }

  std::string where_;
  Connection connection_;
  bool is_in_transaction_ = false;
  std::map<std::string, std::string, std::less<>> statements_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(const std::string& connection) {
  char* why = nullptr;
  PQconninfoOption* options = PQconninfoParse(connection.c_str(), &why);
  if (options == nullptr) {
    Error error(Code::kInvalidArgument, why != nullptr ? reason(why) : "libpq has no memory");
    PQfreemem(why);
    return fail(std::move(error));
  }
  PQconninfoFree(options);
  return std::make_unique<Postgres>(connection);
}

}  // namespace argosy::sql
