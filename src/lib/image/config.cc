#include "lib/image/config.h"

#include <algorithm>

#include "base/format.h"

namespace argosy::image {
namespace {

Result<RunConfig> read_run(const Fields& fields) {
  return RunConfig{.user = TRY(fields.text("User")),
                   .exposed_ports = TRY(fields.names("ExposedPorts")),
                   .env = TRY(fields.texts("Env")),
                   .entrypoint = TRY(fields.texts("Entrypoint")),
                   .cmd = TRY(fields.texts("Cmd")),
                   .volumes = TRY(fields.names("Volumes")),
                   .working_dir = TRY(fields.text("WorkingDir")),
                   .labels = TRY(fields.text_map("Labels")),
                   .stop_signal = TRY(fields.text("StopSignal"))};
}

Result<std::vector<Digest>> read_diff_ids(const Fields& root) {
  const auto rootfs = TRY(root.object("rootfs"));
  if (!rootfs) return root.refuse("rootfs", "must be set");
  const std::string type = TRY(rootfs->text("type"));
  if (type != "layers") return rootfs->refuse("type", "must be \"layers\"");
  std::vector<Digest> out;
  for (const std::string& text : TRY(rootfs->texts("diff_ids"))) {
    auto digest = Digest::parse(text);
    if (!digest) {
      return rootfs->refuse(format("diff_ids[{}]", out.size()), digest.error().message());
    }
    out.push_back(*std::move(digest));
  }
  return out;
}

Result<HistoryStep> read_step(const Fields& fields) {
  return HistoryStep{.created = TRY(fields.text("created")),
                     .author = TRY(fields.text("author")),
                     .created_by = TRY(fields.text("created_by")),
                     .comment = TRY(fields.text("comment")),
                     .has_empty_layer = TRY(fields.boolean("empty_layer"))};
}

json::Value to_json(const RunConfig& run) {
  json::Object out;
  put_text(out, "User", run.user);
  put_names(out, "ExposedPorts", run.exposed_ports);
  put_texts(out, "Env", run.env);
  put_texts(out, "Entrypoint", run.entrypoint);
  put_texts(out, "Cmd", run.cmd);
  put_names(out, "Volumes", run.volumes);
  put_text(out, "WorkingDir", run.working_dir);
  put_text_map(out, "Labels", run.labels);
  put_text(out, "StopSignal", run.stop_signal);
  return out;
}

json::Value to_json(const HistoryStep& step) {
  json::Object out;
  put_text(out, "created", step.created);
  put_text(out, "author", step.author);
  put_text(out, "created_by", step.created_by);
  put_text(out, "comment", step.comment);
  if (step.has_empty_layer) out.emplace_back("empty_layer", true);
  return out;
}

}  // namespace

Result<Config> parse_config(std::string_view text) {
  const json::Value value = TRY(parse_document(text));
  const Fields fields(value);
  Config out;
  out.created = TRY(fields.text("created"));
  out.author = TRY(fields.text("author"));
  out.platform = {.architecture = TRY(fields.text("architecture")),
                  .os = TRY(fields.text("os")),
                  .os_version = TRY(fields.text("os.version")),
                  .os_features = TRY(fields.texts("os.features")),
                  .variant = TRY(fields.text("variant"))};
  if (const auto run = TRY(fields.object("config"))) out.run = TRY(read_run(*run));
  out.diff_ids = TRY(read_diff_ids(fields));
  for (const Fields& step : TRY(fields.objects("history"))) {
    out.history.push_back(TRY(read_step(step)));
  }
  out.comment = TRY(fields.text("comment"));
  const auto layers =
      static_cast<size_t>(std::ranges::count(out.history, false, &HistoryStep::has_empty_layer));
  if (!out.history.empty() && layers != out.diff_ids.size()) {
    return fields.refuse("history", format("{} steps have layers, but there are {} diff_ids",
                                           layers, out.diff_ids.size()));
  }
  return out;
}

json::Value to_json(const Config& config) {
  json::Object out;
  put_text(out, "created", config.created);
  put_text(out, "author", config.author);
  out.emplace_back("architecture", config.platform.architecture);
  put_text(out, "variant", config.platform.variant);
  out.emplace_back("os", config.platform.os);
  put_text(out, "os.version", config.platform.os_version);
  put_texts(out, "os.features", config.platform.os_features);
  out.emplace_back("config", to_json(config.run));
  json::Array diff_ids;
  for (const Digest& digest : config.diff_ids) diff_ids.emplace_back(digest.text());
  json::Object rootfs{{"type", "layers"}};
  rootfs.emplace_back("diff_ids", std::move(diff_ids));
  out.emplace_back("rootfs", std::move(rootfs));
  json::Array history;
  for (const HistoryStep& step : config.history) history.push_back(to_json(step));
  if (!history.empty()) out.emplace_back("history", std::move(history));
  put_text(out, "comment", config.comment);
  return out;
}

}  // namespace argosy::image
