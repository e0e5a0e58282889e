// What travels in a D-Bus message (D-Bus specification, "Type System"), as a value.
// Variants are read as what is in them; dictionaries as arrays of two-field structs.
// Variants and dictionaries are not written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace argosy::systemd {

class Value;
using Values = std::vector<Value>;

struct ObjectPath {
  std::string text;
  bool operator==(const ObjectPath&) const = default;
};

struct Array {
  std::string element;  // the signature of one item
  Values items;
  bool operator==(const Array&) const = default;
};

struct Struct {
  Values fields;
  bool operator==(const Struct&) const = default;
};

class Value {
 public:
  using Any = std::variant<bool, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t,
                           double, std::string, ObjectPath, Array, Struct>;

  template <typename T>
    requires std::constructible_from<Any, T>
  Value(T value) : any_(std::move(value)) {}
  Value(const char* text) : any_(std::string(text)) {}
  Value(std::string_view text) : any_(std::string(text)) {}

  const Any& any() const { return any_; }
  // Null when it is of another type.
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&any_);
  }
  // A string's or a path's text; empty otherwise.
  std::string_view text() const;

  // "s", "ao", "(xd)" and so on.
  std::string signature() const;
  bool operator==(const Value&) const = default;

 private:
  Any any_;
};

std::string signature_of(const Values& values);

}  // namespace argosy::systemd
