// Amounts of a resource: a decimal number with a suffix, "250m", "1.5G", "64Mi" (appc/spec:
// ace.md, "Resource Isolators"). Exact to a thousand-millionth, rounded up beyond it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace argosy::appc {

class Quantity {
 public:
  // Suffixes n u m, none, k K M G T P E, Ki Mi Gi Ti Pi Ei. InvalidArgument with the reference
  // code's texts; OutOfRange for what does not fit.
  static Result<Quantity> parse(std::string_view text);

  // Rounded up to whole ones, as the reference code's Value(); at most what an int64_t holds.
  int64_t value() const;
  // Rounded up to thousandths: of a CPU, its shares of 1000.
  int64_t millis() const;

  bool operator==(const Quantity&) const = default;

 private:
  __extension__ using Wide = __int128;
  explicit Quantity(Wide nanos) : nanos_(nanos) {}

  Wide nanos_;
};

}  // namespace argosy::appc
