#include "parts/update_engine/attempt/action.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_engine {
namespace {

std::string_view to_text(Level level) {
  switch (level) {
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "";
}

// The elements of a request's app, and whether it takes deltas.
std::string gist_of(std::string_view request) {
  std::string gist;
  for (const std::string_view line : split(request, '\n')) {
    const std::string_view element = trim(line);
    if (element.starts_with("<app ")) {
      if (element.find("delta_okay=\"true\"") != element.npos) gist += " delta_okay";
    } else if (line.starts_with("        <")) {
      const auto inside = cut(element.substr(1), "></");
      gist += format(" [{}]", inside ? inside->first : element);
    }
    if (element.find("\"ondemandupdate\"") != element.npos) gist += " ondemand";
  }
  return gist;
}

std::string text_of(const InstallPlan& plan) {
  return format("install {} {} size={} sha256={}{}", plan.version, plan.url, plan.size, plan.sha256,
                plan.is_delta ? " delta" : "");
}

}  // namespace

std::string to_text(const Action& action) {
  using Kind = Action::Kind;
  switch (action.kind) {
    case Kind::kLog:
      return format("log {} {}", to_text(action.level), action.text);
    case Kind::kKeep:
      return format("keep {} {}", action.key, action.text);
    case Kind::kForget:
      return format("forget {}", action.key);
    case Kind::kMark:
      return "mark";
    case Kind::kUnmark:
      return "unmark";
    case Kind::kEmitStatus:
      return "emit";
    case Kind::kMarkGood:
      return "mark-good";
    case Kind::kCheck:
      return "check" + gist_of(action.text);
    case Kind::kReport:
      return "report" + gist_of(action.text);
    case Kind::kPing:
      return "ping" + gist_of(action.text);
    case Kind::kInstall:
      return text_of(action.plan);
    case Kind::kWait:
      return format("wait {}", to_go_duration(action.wait));
  }
  return "";
}

}  // namespace argosy::update_engine
