// How a program's tables come to be: a list of steps that only grows. Each runs once, in
// order, in a transaction with the note that it has run; several servers may start at once
// and wait for each other.
#pragma once

#include <span>
#include <string_view>

#include "lib/sql/database.h"

namespace argosy::sql {

struct Step {
  std::string_view name;
  std::string_view script;
};

// Runs what has not run yet. FailedPrecondition when the database has more steps, or
// others, than the program knows: a newer version has used it.
Result<void> migrate(Database& database, std::span<const Step> steps);

}  // namespace argosy::sql
