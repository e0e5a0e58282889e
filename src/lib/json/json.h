// JSON as a value that keeps the order of its members. Reading is strict (RFC 8259) and
// bounded in depth; writing is as Go's encoding/json does it, with <, > and & escaped,
// since the originals' files and answers come from there. Boost.JSON reads, in json.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace argosy::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;

class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : value_(value) {}
  Value(int value) : value_(static_cast<int64_t>(value)) {}
  Value(int64_t value) : value_(value) {}
  Value(uint64_t value) : value_(value) {}
  Value(double value) : value_(value) {}
  Value(const char* value) : value_(std::string(value)) {}
  Value(std::string_view value) : value_(std::string(value)) {}
  Value(std::string value) : value_(std::move(value)) {}
  Value(Array value) : value_(std::move(value)) {}
  Value(Object value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // Null pointers and empty values when it is of another type.
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }
  Object* as_object() { return std::get_if<Object>(&value_); }
  std::optional<bool> as_bool() const;
  // A whole number that fits.
  std::optional<int64_t> as_int() const;
  std::optional<uint64_t> as_uint() const;
  std::optional<double> as_double() const;

  // A member of an object; null when there is none or this is no object.
  const Value* find(std::string_view name) const;
  // The text of a member, or the empty one.
  std::string_view text_of(std::string_view name) const;

  bool operator==(const Value&) const = default;

 private:
  friend std::string to_text(const Value& value);
  friend void append(std::string& out, const Value& value, int indent, int depth);
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

inline constexpr size_t kMaxDepth = 64;

// InvalidArgument, with the offset, for what is not JSON.
Result<Value> parse(std::string_view text);

// On one line, without spaces.
std::string to_text(const Value& value);
// Over several lines, `indent` spaces a level.
std::string to_pretty_text(const Value& value, int indent = 2);
// One string, quoted.
std::string quote(std::string_view text);

}  // namespace argosy::json
