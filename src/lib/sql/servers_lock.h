// Of all servers on one PostgreSQL the one that does something alone: an advisory lock of the
// session, not the transaction, whose view of the data must be younger. On SQLite, where the
// file's lock does it, this is nothing. One thread, as its database.
#pragma once

#include <cstdint>

#include "lib/sql/database.h"

namespace argosy::sql {

class ServersLock {
 public:
  // Waits for whoever has the lock of this number.
  static Result<ServersLock> take(Database& database, int64_t number);
  ServersLock(ServersLock&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)), number_(other.number_) {}
  ServersLock& operator=(ServersLock&&) = delete;
  // A connection that is lost gives it back as well.
  ~ServersLock();

 private:
  ServersLock(Database* database, int64_t number) : database_(database), number_(number) {}

  Database* database_;  // null: there is nothing to give back
  int64_t number_;
};

}  // namespace argosy::sql
