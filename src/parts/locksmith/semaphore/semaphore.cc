#include "parts/locksmith/semaphore/semaphore.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/json/json.h"

namespace argosy::locksmith {
namespace {

Result<int64_t> number_of(const json::Value& object, std::string_view name) {
  for (const auto& [key, value] : *object.as_object()) {
    if (!equal_ignoring_case(key, name)) continue;
    const auto number = value.as_int();
    if (!number) {
      return fail(Code::kInvalidArgument, format("the semaphore's {} is not a number", name));
    }
    return *number;
  }
  return 0;
}

Result<void> take_holders(const json::Value& list, StoredSemaphore& to) {
  if (list.is_null()) return {};
  if (list.as_array() == nullptr) {
    return fail(Code::kInvalidArgument, "the semaphore's holders are not a list");
  }
  to.has_list = true;
  for (const json::Value& holder : *list.as_array()) {
    if (holder.as_string() == nullptr) {
      return fail(Code::kInvalidArgument, "a holder of the semaphore is not a text");
    }
    to.semaphore.holders.push_back(*holder.as_string());
  }
  std::ranges::sort(to.semaphore.holders);
  const auto twice = std::ranges::unique(to.semaphore.holders);
  to.semaphore.holders.erase(twice.begin(), twice.end());
  return {};
}

}  // namespace

bool Semaphore::is_held_by(std::string_view id) const {
  return std::ranges::binary_search(holders, id);
}

Result<void> Semaphore::lock(std::string_view id) {
  if (free <= 0) return fail(Code::kResourceExhausted, format("semaphore is at {}", free));
  const auto place = std::ranges::lower_bound(holders, id);
  if (place != holders.end() && *place == id) return fail(Code::kAlreadyExists, "holder exists");
  holders.insert(place, std::string(id));
  --free;
  return {};
}

Result<void> Semaphore::unlock(std::string_view id) {
  const auto place = std::ranges::lower_bound(holders, id);
  if (place == holders.end() || *place != id) {
    return fail(Code::kNotFound, "holder does not exist");
  }
  holders.erase(place);
  ++free;
  return {};
}

void Semaphore::set_max(int64_t value) {
  // Wraps, as the original's arithmetic does, where an operator asks for the absurd.
  const auto wrap = [](int64_t a, int64_t b, int64_t c) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b) -
                                static_cast<uint64_t>(c));
  };
  free = wrap(free, value, max);
  max = value;
}

std::string to_json(const Semaphore& semaphore, bool was_held) {
  std::string text =
      format("{{\"semaphore\":{},\"max\":{},\"holders\":", semaphore.free, semaphore.max);
  if (semaphore.holders.empty() && !was_held) return text + "null}";
  text += '[';
  for (const std::string& holder : semaphore.holders) {
    if (!text.ends_with('[')) text += ',';
    text += json::quote(holder);
  }
  return text + "]}";
}

Result<StoredSemaphore> parse_semaphore(std::string_view text) {
  const json::Value value = TRY_CONTEXT(json::parse(text), "the semaphore");
  if (value.as_object() == nullptr) {
    return fail(Code::kInvalidArgument, "the semaphore is not an object");
  }
  StoredSemaphore out;
  out.semaphore.free = TRY(number_of(value, "semaphore"));
  out.semaphore.max = TRY(number_of(value, "max"));
  for (const auto& [key, list] : *value.as_object()) {
    if (equal_ignoring_case(key, "holders")) TRY(take_holders(list, out));
  }
  return out;
}

}  // namespace argosy::locksmith
