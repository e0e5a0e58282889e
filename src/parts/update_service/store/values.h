// How values are put into the tables, here and in parts/update_service/auth.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "lib/sql/database.h"

namespace argosy::update_service::store {

inline int64_t to_ms(WallTime time) {
  return std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
}
inline int64_t to_ms(Duration length) {
  return std::chrono::duration_cast<milliseconds>(length).count();
}
inline WallTime time_of(int64_t ms) {
  return WallTime(milliseconds(ms));
}
inline int64_t truth(bool value) {
  return value ? 1 : 0;
}
template <typename E>
int64_t number(E value) {
  return static_cast<int64_t>(value);
}
// The catalog has changed.
Result<void> touch(sql::Database& database);
// NotFound: "no channel 5b81..." when a change has met no row.
Result<void> check_met(const sql::Rows& rows, std::string_view what, std::string_view id);

inline std::string text(std::string_view value) {
  return std::string(value);
}

}  // namespace argosy::update_service::store
