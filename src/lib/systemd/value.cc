#include "lib/systemd/value.h"

namespace argosy::systemd {
namespace {

struct Signature {
  std::string operator()(bool) const { return "b"; }
  std::string operator()(uint8_t) const { return "y"; }
  std::string operator()(int16_t) const { return "n"; }
  std::string operator()(uint16_t) const { return "q"; }
  std::string operator()(int32_t) const { return "i"; }
  std::string operator()(uint32_t) const { return "u"; }
  std::string operator()(int64_t) const { return "x"; }
  std::string operator()(uint64_t) const { return "t"; }
  std::string operator()(double) const { return "d"; }
  std::string operator()(const std::string&) const { return "s"; }
  std::string operator()(const ObjectPath&) const { return "o"; }
  std::string operator()(const Array& array) const { return "a" + array.element; }
  std::string operator()(const Struct& fields) const {
    return "(" + signature_of(fields.fields) + ")";
  }
};

}  // namespace

std::string_view Value::text() const {
  if (const auto* plain = as<std::string>()) return *plain;
  if (const auto* path = as<ObjectPath>()) return path->text;
  return {};
}

std::string Value::signature() const {
  return std::visit(Signature(), any_);
}

std::string signature_of(const Values& values) {
  std::string all;
  for (const Value& value : values) all += value.signature();
  return all;
}

}  // namespace argosy::systemd
