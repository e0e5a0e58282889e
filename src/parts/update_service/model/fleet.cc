#include "parts/update_service/model/fleet.h"

namespace argosy::update_service::model {

const std::string& Instance::shown_name() const {
  if (!alias.empty()) return alias;
  return machine_alias.empty() ? id : machine_alias;
}

std::optional<Span> parse_span(std::string_view text) {
  if (text == "1h") return Span::kHour;
  if (text == "1d") return Span::kDay;
  if (text == "7d") return Span::kWeek;
  if (text == "30d") return Span::kMonth;
  return std::nullopt;
}

Duration length_of(Span span) {
  switch (span) {
    case Span::kHour:
      return hours(1);
    case Span::kDay:
      return hours(24);
    case Span::kWeek:
      return hours(7 * 24);
    case Span::kMonth:
      return hours(30 * 24);
  }
  return hours(24);
}

Duration step_of(Span span) {
  switch (span) {
    case Span::kHour:
      return minutes(15);
    case Span::kDay:
      return hours(1);
    case Span::kWeek:
      return hours(24);
    case Span::kMonth:
      return hours(3 * 24);
  }
  return hours(1);
}

}  // namespace argosy::update_service::model
