#include "lib/sql/migrate.h"

#include "base/format.h"
#include "lib/sql/servers_lock.h"

namespace argosy::sql {
namespace {

// 'argosy' and 's' in ASCII.
constexpr int64_t kStepsLock = 0x617267'6f737973;

Result<void> check_known(const Rows& done, std::span<const Step> steps) {
  for (size_t i = 0; i < done.size(); ++i) {
    const std::string& name = done[i].text(0);
    if (i < steps.size() && steps[i].name == name) continue;
    return fail(Code::kFailedPrecondition,
                format("the database has had step {} ({}), which this version does not know: a "
                       "newer one has used it",
                       i + 1, name));
  }
  return {};
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Step> steps) {
  // PostgreSQL's CREATE TABLE IF NOT EXISTS fails when two servers do it at once.
  const ServersLock lock = TRY(ServersLock::take(database, kStepsLock));
  TRY(database.run_script(
      "CREATE TABLE IF NOT EXISTS schema_steps (number BIGINT PRIMARY KEY, name TEXT NOT NULL)"));
  Transaction transaction = TRY(Transaction::begin(database));
  const Rows done = TRY(database.ask("SELECT name FROM schema_steps ORDER BY number"));
  TRY(check_known(done, steps));
  for (size_t i = done.size(); i < steps.size(); ++i) {
    TRY_CONTEXT(database.run_script(steps[i].script), format("step {}", steps[i].name));
    TRY(database.ask("INSERT INTO schema_steps (number, name) VALUES ($1, $2)",
                     static_cast<int64_t>(i + 1), std::string(steps[i].name)));
  }
  return transaction.commit();
}

}  // namespace argosy::sql
