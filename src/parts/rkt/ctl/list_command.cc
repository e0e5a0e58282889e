#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/ctl/pod_report.h"
#include "parts/rkt/ctl/tabs.h"
#include "parts/rkt/ctl/texts.h"

namespace argosy::rkt {
namespace {

constexpr size_t kShortUuid = 8;
constexpr size_t kShortImageId = 19;

std::string time_text(const std::optional<WallTime>& time, bool is_full, WallTime now) {
  if (!time) return {};
  return is_full ? absolute_time(*time) : relative_time(*time, now);
}

// A line for each app; what is the pod's stands in the first.
std::string lines_of(const PodReport& pod, bool is_full, WallTime now) {
  std::string out;
  const std::string uuid = is_full ? pod.uuid : pod.uuid.substr(0, kShortUuid);
  const std::string rest =
      format("{}\t{}\t{}\t{}", name_of(pod.state), time_text(pod.created, is_full, now),
             time_text(pod.started, is_full, now), networks_text(pod.networks));
  const auto line = [&](bool is_first, std::string_view app, std::string_view image,
                        std::string_view id) {
    const std::string id_cell = is_full ? format("{}\t", id.substr(0, kShortImageId)) : "";
    out += format("{}\t{}\t{}\t{}{}\n", is_first ? uuid : "", app, image, id_cell,
                  is_first ? rest : "\t\t\t");
  };
  if (pod.apps.empty()) line(true, "-", "-", "-");
  for (size_t i = 0; i < pod.apps.size(); ++i) {
    const AppReport& app = pod.apps[i];
    line(i == 0, app.status.name, app.image_name, app.image_id);
  }
  return out;
}

}  // namespace

int list_command(Context& context, const Words& /*words*/) {
  const Options& options = context.options;
  const bool is_json = options.format == "json" || options.format == "json-pretty";
  if (!is_json && !options.format.empty()) {
    context.complain(format("unknown format {}", go_quote(options.format)));
    return kFailure;
  }
  const auto pods = context.pods();
  if (!pods) return context.failure("cannot open pods", pods.error());
  const auto found =
      (*pods)->list({Place::kRun, Place::kExitedGarbage, Place::kPrepare, Place::kPrepared});
  if (!found) return context.failure("failed to get pod handles", found.error());
  std::vector<std::pair<std::string, Error>> problems;
  json::Array array;
  std::string table = options.no_legend ? ""
                      : options.full
                          ? "UUID\tAPP\tIMAGE NAME\tIMAGE ID\tSTATE\tCREATED\tSTARTED\tNETWORKS\n"
                          : "UUID\tAPP\tIMAGE NAME\tSTATE\tCREATED\tSTARTED\tNETWORKS\n";
  const WallTime now = real_clock().wall_now();
  for (const Pod& pod : *found) {
    const auto report = report_of(pod);
    if (!report) {
      // One that is being prepared may have none yet.
      if (pod.place() != Place::kPrepare) problems.emplace_back(pod.uuid(), report.error());
      continue;
    }
    if (is_json) {
      array.push_back(to_json(*report));
    } else {
      table += lines_of(*report, options.full, now);
    }
  }
  if (is_json) {
    print_json(array, options.format == "json-pretty");
  } else {
    print_text(align_tabs(table));
  }
  for (const auto& [uuid, error] : problems) {
    context.complain(format("pod {}", go_quote(uuid)), error);
  }
  return 0;
}

}  // namespace argosy::rkt
