// Attributes as Go's encoding/xml reads and writes the fields of a struct. Private to this
// folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {

// Fails with the first attribute that cannot be read; absent ones leave the field.
class FieldReader {
 public:
  explicit FieldReader(const Element& element) : element_(element) {}

  void read(std::string_view name, std::string& field) const;
  // Decimal, with white space around; empty is 0.
  void read(std::string_view name, int& field);
  void read(std::string_view name, uint32_t& field);
  void read(std::string_view name, uint64_t& field);
  void read(std::string_view name, std::optional<int>& field);
  // "1", "t", "T", "true", "TRUE", "True" and their opposites; empty is false.
  void read(std::string_view name, bool& field);

  Result<void> end() const;

 private:
  std::optional<int64_t> number(std::string_view name, int64_t lowest, int64_t highest);
  void refuse(std::string_view name, std::string_view value);

  const Element& element_;
  std::string refusal_;
};

// With `omit`, a field of Go's zero value is not written.
enum class Zero : uint8_t { kOmit, kWrite };
void write(Element& to, std::string_view name, std::string_view value, Zero zero = Zero::kOmit);
void write(Element& to, std::string_view name, int64_t value, Zero zero = Zero::kOmit);
void write(Element& to, std::string_view name, bool value, Zero zero = Zero::kOmit);
// A text that is no std::string would else be a bool.
void write(Element& to, std::string_view name, const char* value, Zero zero = Zero::kOmit);

// "XML: expected element type <request> but have <x>"
Result<void> check_name(const Element& root, std::string_view name);
// "unsupported omaha protocol: "2.0""
Result<void> check_protocol(std::string_view protocol);

}  // namespace argosy::omaha
