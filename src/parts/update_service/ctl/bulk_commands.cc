// Many packages at once, by a directory: for each package NAME_info.json, which is what the
// service says of it, and its payload NAME_FILE beside.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/semver/semver.h"
#include "parts/update_service/ctl/command.h"
#include "sys/file/disk.h"

namespace argosy::update_service::ctl {
namespace {

constexpr std::string_view kInfo = "_info.json";
constexpr uint64_t kMaxInfoBytes = 1 << 20;

struct Info {
  std::string stem;  // with the directory, without "_info.json"
  json::Value package;
};

std::string directory_of(const Context& context) {
  const std::string& given = context.flag("dir");
  return given.empty() ? "." : given;
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string payload_path(const Info& info) {
  return info.stem + "_" + file_name(info.package.text_of("filename"));
}

std::string stem_of(const json::Value& package) {
  const std::string_view from = package.text_of("source_version");
  return format("{}_{}_{}{}", package.text_of("application_id"), package.text_of("version"),
                arch_name(package.find("arch")->as_int().value_or(-1)),
                from.empty() ? "" : format("_from_{}", from));
}

Result<Info> read_info(const std::string& path) {
  Info info{.stem = path.substr(0, path.size() - kInfo.size()), .package = {}};
  const Bytes text = TRY(read_file(real_disk(), path, kMaxInfoBytes));
  info.package = TRY(json::parse(text));
  if (info.package.text_of("application_id").empty() || info.package.text_of("version").empty()) {
    return fail(Code::kInvalidArgument, "it does not describe a package");
  }
  return info;
}

// Does `work` for each description in the directory; what fails is told at the end, all of it.
Result<void> each_info(Context& context, std::string_view done,
                       Result<void> (*work)(Context&, const Info&)) {
  const std::string directory = directory_of(context);
  std::vector<std::string> names = TRY(real_disk().list(directory));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(kInfo); });
  std::ranges::sort(names);
  std::string errors;
  uint64_t failures = 0;
  for (const std::string& name : names) {
    const auto info = read_info(join_path(directory, name));
    const auto outcome = info ? work(context, *info) : fail(info.error());
    if (outcome) {
      if (!context.wants_json) context.say(format("{} {}\n", done, name));
      continue;
    }
    ++failures;
    errors += format("\n  {}: {}", name, outcome.error().text());
  }
  if (failures > 0) {
    return fail(Code::kUnknown, format("Total={} Errors={}{}", names.size(), failures, errors));
  }
  if (context.shows_json(json::Object{{"total", uint64_t{names.size()}}, {"errors", 0}})) return {};
  context.out = format("Total={} Errors=0\n", names.size());
  return {};
}

void set(json::Value& object, std::string_view name, std::string value) {
  for (auto& [key, member] : *object.as_object()) {
    if (key != name) continue;
    member = json::Value(std::move(value));
    return;
  }
}

Result<void> create_one(Context& context, const Info& info) {
  json::Value package = info.package;
  const std::string base = context.flag("base-url");
  if (!base.empty()) {
    set(package, "url", base.ends_with('/') ? base : base + "/");
    set(package, "filename", file_name(payload_path(info)));
  } else if (!package.text_of("url").starts_with("http")) {
    // It was hosted by the service that it came from; this one has to be given the file.
    set(package, "url", "");
    set(package, "filename", file_name(package.text_of("filename")));
  }
  set(package, "id", "");
  TRY(context.client.call(
      "POST", format("/api/apps/{}/packages", escaped(package.text_of("application_id"))),
      json::to_text(package)));
  return {};
}

Result<json::Value> same_package(Context& context, const json::Value& wanted) {
  const std::string path =
      format("/api/apps/{}/packages", escaped(wanted.text_of("application_id")));
  for (json::Value& there : TRY(list(context, path, "packages"))) {
    if (there.text_of("version") == wanted.text_of("version") &&
        there.text_of("source_version") == wanted.text_of("source_version") &&
        *there.find("arch") == *wanted.find("arch")) {
      return std::move(there);
    }
  }
  return fail(Code::kNotFound, "the service has no such package: package create bulk");
}

Result<void> upload_one(Context& context, const Info& info) {
  const json::Value package = TRY(same_package(context, info.package));
  TRY(context.client.send_file(
      "PUT",
      format("/api/apps/{}/packages/{}/file", escaped(package.text_of("application_id")),
             escaped(package.text_of("id"))),
      payload_path(info)));
  return {};
}

bool is_wanted(const Context& context, const json::Value& package) {
  const std::string& least = context.flag("min-version");
  if (least.empty()) return true;
  return semver::compare_versions(package.text_of("version"), least) >= 0;
}

// The description comes last: where it is, the payload is whole.
Result<void> download_one(Context& context, const json::Value& package) {
  const Info info{.stem = join_path(directory_of(context), stem_of(package)), .package = package};
  if (exists(real_disk(), info.stem + std::string(kInfo))) return {};
  TRY(download(context, package, payload_path(info)));
  TRY(replace_file(real_disk(), info.stem + std::string(kInfo),
                   json::to_pretty_text(package) + "\n", 0644));
  if (!context.wants_json) context.say(format("{}\n", payload_path(info)));
  return {};
}

Result<void> download_bulk(Context& context) {
  TRY(real_disk().make_directories(directory_of(context), 0700));
  uint64_t total = 0;
  std::string errors;
  for (const json::Value& package :
       TRY(list(context, app_path(context, {"packages"}), "packages"))) {
    if (!is_wanted(context, package)) continue;
    ++total;
    const auto done = download_one(context, package);
    if (!done) errors += format("\n  {}: {}", stem_of(package), done.error().text());
  }
  if (!errors.empty()) return fail(Code::kUnknown, "some were not downloaded:" + errors);
  if (context.shows_json(json::Object{{"total", total}, {"errors", 0}})) return {};
  context.out = format("Total={} Errors=0\n", total);
  return {};
}

Result<void> create_bulk(Context& context) {
  return each_info(context, "created", create_one);
}

Result<void> upload_bulk(Context& context) {
  return each_info(context, "uploaded", upload_one);
}

const Flag kDirectory = {"dir", "", "Directory of descriptions and payloads; default: this one."};

}  // namespace

std::span<const Command> bulk_commands() {
  static const std::vector<Command> kCommands = {
      {"package create bulk",
       "[OPTION]...",
       "Create the packages of a directory that 'package download bulk' has made.",
       {kDirectory, {"base-url", "", "URL that the payloads are served below, by another server."}},
       0,
       create_bulk},
      {"package upload bulk",
       "[OPTION]...",
       "Upload a directory of package payload files.",
       {kDirectory},
       0,
       upload_bulk},
      {"package download bulk",
       "[OPTION]...",
       "Download all packages of an application with their descriptions.",
       {{"app-id", "", "Application.", true},
        kDirectory,
        {"min-version", "", "The oldest version that is wanted."}},
       0,
       download_bulk},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
