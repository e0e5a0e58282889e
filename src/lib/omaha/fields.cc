#include "lib/omaha/fields.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/omaha/codes.h"

namespace argosy::omaha {

void FieldReader::refuse(std::string_view name, std::string_view value) {
  if (refusal_.empty()) {
    refusal_ = format("{} of <{}> cannot be {}", name, element_.name, go_quote(value));
  }
}

std::optional<int64_t> FieldReader::number(std::string_view name, int64_t lowest, int64_t highest) {
  const std::string* value = element_.find(name);
  if (value == nullptr) return std::nullopt;
  if (value->empty()) return 0;
  const auto number = parse_int(trim(*value));
  if (number && *number >= lowest && *number <= highest) return number;
  refuse(name, *value);
  return std::nullopt;
}

void FieldReader::read(std::string_view name, std::string& field) const {
  field = element_.text_of(name);
}

void FieldReader::read(std::string_view name, int& field) {
  const auto value = number(name, INT32_MIN, INT32_MAX);
  if (value) field = static_cast<int>(*value);
}

void FieldReader::read(std::string_view name, uint32_t& field) {
  const auto value = number(name, 0, UINT32_MAX);
  if (value) field = static_cast<uint32_t>(*value);
}

void FieldReader::read(std::string_view name, uint64_t& field) {
  const auto value = number(name, 0, INT64_MAX);
  if (value) field = static_cast<uint64_t>(*value);
}

void FieldReader::read(std::string_view name, std::optional<int>& field) {
  const auto value = number(name, INT32_MIN, INT32_MAX);
  if (value) field = static_cast<int>(*value);
}

void FieldReader::read(std::string_view name, bool& field) {
  static constexpr std::string_view kTrue[] = {"1", "t", "T", "true", "TRUE", "True"};
  static constexpr std::string_view kFalse[] = {"", "0", "f", "F", "false", "FALSE", "False"};
  const std::string* value = element_.find(name);
  if (value == nullptr) return;
  const std::string_view word = trim(*value);
  if (std::ranges::count(kTrue, word) != 0) {
    field = true;
  } else if (std::ranges::count(kFalse, word) != 0) {
    field = false;
  } else {
    refuse(name, *value);
  }
}

Result<void> FieldReader::end() const {
  if (refusal_.empty()) return {};
  return fail(Code::kInvalidArgument, refusal_);
}

void write(Element& to, std::string_view name, std::string_view value, Zero zero) {
  if (zero == Zero::kOmit && value.empty()) return;
  to.attributes.emplace_back(name, value);
}

void write(Element& to, std::string_view name, int64_t value, Zero zero) {
  if (zero == Zero::kOmit && value == 0) return;
  to.attributes.emplace_back(name, format("{}", value));
}

void write(Element& to, std::string_view name, bool value, Zero zero) {
  if (zero == Zero::kOmit && !value) return;
  to.attributes.emplace_back(name, value ? "true" : "false");
}

void write(Element& to, std::string_view name, const char* value, Zero zero) {
  write(to, name, std::string_view(value), zero);
}

Result<void> check_name(const Element& root, std::string_view name) {
  if (root.name == name) return {};
  return fail(Code::kInvalidArgument,
              format("expected element type <{}> but have <{}>", name, root.name));
}

Result<void> check_protocol(std::string_view protocol) {
  if (protocol == kProtocol) return {};
  return fail(Code::kInvalidArgument, format("unsupported omaha protocol: {}", go_quote(protocol)));
}

}  // namespace argosy::omaha
