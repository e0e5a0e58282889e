#include "io/http/h2_fields.h"

#include <nghttp2/nghttp2.h>

namespace argosy {
namespace {

std::string_view view(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

void H2Fields::add(nghttp2_rcbuf* name, nghttp2_rcbuf* value) {
  nghttp2_rcbuf_incref(name);
  nghttp2_rcbuf_incref(value);
  all_.push_back({view(name), view(value), name, value});
}

void H2Fields::clear() {
  for (const Field& field : all_) {
    nghttp2_rcbuf_decref(field.held_name);
    nghttp2_rcbuf_decref(field.held_value);
  }
  all_.clear();
}

std::string_view H2Fields::value_of(std::string_view lower_name) const {
  for (const Field& field : all_) {
    if (field.name == lower_name) return field.value;
  }
  return {};
}

Headers H2Fields::to_headers() const {
  Headers headers;
  headers.reserve(all_.size());
  for (const Field& field : all_) headers.add(field.name, field.value);
  return headers;
}

}  // namespace argosy
