#include "lib/sql/servers_lock.h"

namespace argosy::sql {

Result<ServersLock> ServersLock::take(Database& database, int64_t number) {
  if (database.kind() != Database::Kind::kPostgres) return ServersLock(nullptr, number);
  TRY(database.ask("SELECT 1 FROM (SELECT pg_advisory_lock($1)) AS taken", number));
  return ServersLock(&database, number);
}

ServersLock::~ServersLock() {
  if (database_ == nullptr) return;
  (void)database_->ask("SELECT 1 FROM (SELECT pg_advisory_unlock($1)) AS given", number_);
}

}  // namespace argosy::sql
