#include "io/http/h2_fields.h"

namespace argosy {

std::string_view H2Fields::value_of(std::string_view lower_name) const {
  for (const Field field : *this) {
    if (field.name == lower_name) return field.value;
  }
  return {};
}

Headers H2Fields::to_headers() const {
  Headers headers;
  headers.reserve(lengths_.size());
  for (const Field field : *this) headers.add(field.name, field.value);
  return headers;
}

}  // namespace argosy
