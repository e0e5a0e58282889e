// The fields of one header block as nghttp2 holds them: its buffers are shared, not
// copied, since most requests repeat what its table knows already. Private to io/http,
// but for who looks at a request's fields.
#pragma once

#include <vector>

#include "io/http/headers.h"

struct nghttp2_rcbuf;

namespace argosy {

class H2Fields {
 public:
  struct Field {
    std::string_view name;  // lower case; pseudo ones begin with ':'
    std::string_view value;
    nghttp2_rcbuf* held_name;
    nghttp2_rcbuf* held_value;
  };

  H2Fields() = default;
  ~H2Fields() { clear(); }
  H2Fields(const H2Fields&) = delete;
  H2Fields& operator=(const H2Fields&) = delete;

  void add(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
  void clear();
  void swap(H2Fields& other) noexcept { all_.swap(other.all_); }

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  // The first of that name, or the empty text.
  std::string_view value_of(std::string_view lower_name) const;
  Headers to_headers() const;

 private:
  std::vector<Field> all_;
};

}  // namespace argosy
