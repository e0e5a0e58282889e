// Distinct<Tag, Number>: an integer with a meaning of its own, so that a term
// cannot be passed where an index is wanted. It counts and compares; for anything
// else take value().
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace argosy {

template <typename Tag, typename Number = uint64_t>
class Distinct {
 public:
  constexpr Distinct() = default;
  constexpr explicit Distinct(Number value) : value_(value) {}

  constexpr Number value() const { return value_; }
  constexpr auto operator<=>(const Distinct&) const = default;

  constexpr Distinct operator+(Number count) const { return Distinct(value_ + count); }
  constexpr Distinct operator-(Number count) const { return Distinct(value_ - count); }
  // The distance between two; for unsigned numbers the right side is not the larger.
  constexpr Number operator-(Distinct other) const { return value_ - other.value_; }
  constexpr Distinct& operator++() {
    ++value_;
    return *this;
  }

 private:
  Number value_{};
};

}  // namespace argosy

template <typename Tag, typename Number>
struct std::hash<argosy::Distinct<Tag, Number>> {
  size_t operator()(argosy::Distinct<Tag, Number> id) const noexcept {
    return std::hash<Number>()(id.value());
  }
};
