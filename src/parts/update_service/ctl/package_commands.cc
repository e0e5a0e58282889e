#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/payload.h"
#include "parts/update_service/ctl/table.h"

namespace argosy::update_service::ctl {
namespace {

Result<void> show_packages(Context& context, const json::Array& packages) {
  Rows rows = {{"Version", "From", "URL", "Size"}};
  for (const json::Value& package : packages) {
    rows.push_back({std::string(package.text_of("version")),
                    std::string(package.text_of("source_version")),
                    format("{}{}", package.text_of("url"), package.text_of("filename")),
                    std::string(package.text_of("size"))});
  }
  context.out = to_table(rows);
  return {};
}

Result<void> show_package(Context& context, const json::Value& package) {
  if (context.shows_json(package)) return {};
  return show_packages(context, {package});
}

Result<void> package_list(Context& context) {
  const json::Array packages = TRY(list(context, app_path(context, {"packages"}), "packages"));
  if (context.shows_json(packages)) return {};
  return show_packages(context, packages);
}

std::string package_path(const Context& context, const json::Value& package,
                         const std::string& action = "") {
  std::vector<std::string> words = {"packages", std::string(package.text_of("id"))};
  if (!action.empty()) words.push_back(action);
  return app_path(context, words);
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// With -url the file is served there, under the name at its end, and only measured here;
// without, the service takes it in.
Result<void> package_create(Context& context) {
  const std::string& file = context.flag("file");
  const Measured measured = TRY(measure(real_disk(), file));
  const std::string& url = context.flag("url");
  const std::string name = base_name(url.empty() ? file : url);
  if (name.empty()) return fail(Code::kInvalidArgument, "-url has to end with the file's name");
  const json::Value body = json::Object{{"type", 1},
                                        {"arch", TRY(arch_number(context.flag("arch")))},
                                        {"version", context.flag("version")},
                                        {"source_version", context.flag("from")},
                                        {"url", url.substr(0, url.rfind('/') + 1)},
                                        {"filename", name},
                                        {"description", ""},
                                        {"size", measured.size},
                                        {"hash", measured.sha1},
                                        {"hash256", measured.sha256}};
  const json::Value made =
      TRY(context.client.call("POST", app_path(context, {"packages"}), json::to_text(body)));
  if (!url.empty()) return show_package(context, made);
  auto whole = context.client.send_file("PUT", package_path(context, made, "file"), file);
  if (!whole) {
    // Nobody has seen it yet.
    (void)context.client.call("DELETE", package_path(context, made));
    return fail(whole.error());
  }
  return show_package(context, *whole);
}

Result<void> package_upload(Context& context) {
  const json::Value package = TRY(the_package(context));
  const Measured file = TRY(measure(real_disk(), context.flag("file")));
  const std::string_view announced = package.text_of("hash256");
  if (!announced.empty() && announced != file.sha256) {
    return fail(
        Code::kFailedPrecondition,
        format("the package announces SHA-256 {}, the file has {}", announced, file.sha256));
  }
  return show_package(context,
                      TRY(context.client.send_file("PUT", package_path(context, package, "file"),
                                                   context.flag("file"))));
}

// Where a package's URL leads: a path of the service, or another server.
struct Source {
  Client client;
  std::string target;
};
Result<Source> source_of(const Context& context, const std::string& url) {
  if (url.starts_with('/')) return Source{context.client, url};
  const size_t scheme = url.find("://");
  const size_t slash = scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
  if (slash == std::string::npos) {
    return fail(Code::kFailedPrecondition, "the package has no file yet");
  }
  return Source{context.client.at(TRY(parse_server(url.substr(0, slash)))), url.substr(slash)};
}

Result<void> package_download(Context& context) {
  const json::Value package = TRY(the_package(context));
  const std::string path = context.flag("output").empty()
                               ? base_name(std::string(package.text_of("filename")))
                               : context.flag("output");
  TRY(download(context, package, path));
  if (context.shows_json(package)) return {};
  context.out = format("{} has {} bytes, as announced\n", path, package.text_of("size"));
  return {};
}

Result<void> package_delete(Context& context) {
  const json::Value package = TRY(the_package(context));
  TRY(context.client.call("DELETE", package_path(context, package)));
  return show_package(context, package);
}

const Flag kApp = {"app-id", "", "Application.", true};
const Flag kArch = {"arch", "amd64", "Architecture: all, amd64, aarch64, x86."};
const Flag kVersion = {"version", "", "Version of the package.", true};
const Flag kFrom = {"from", "", "A delta: the version that it starts at."};

}  // namespace

Result<json::Value> the_package(Context& context) {
  const auto from = context.flags.find("from");
  const std::string source = from == context.flags.end() ? "" : from->second;
  const int64_t arch = TRY(arch_number(context.flag("arch")));
  for (const json::Value& package :
       TRY(list(context, app_path(context, {"packages"}), "packages"))) {
    if (package.text_of("source_version") == source &&
        package.text_of("version") == context.flag("version") &&
        package.find("arch")->as_int() == arch) {
      return package;
    }
  }
  return fail(Code::kNotFound,
              format("there is no package {}{} of {}", context.flag("version"),
                     source.empty() ? "" : " from " + source, context.flag("arch")));
}

Result<void> download(Context& context, const json::Value& package, const std::string& path) {
  const auto size = parse_uint(package.text_of("size"));
  if (path.empty() || !size || *size == 0) {
    return fail(Code::kFailedPrecondition, "the package has no file yet");
  }
  const Source source =
      TRY(source_of(context, format("{}{}", package.text_of("url"), package.text_of("filename"))));
  Download file = TRY(Download::begin(real_disk(), path));
  TRY(source.client.fetch(source.target, *size,
                          [&](BytesView bytes) { return file.write(bytes); }));
  return file.keep({.size = *size,
                    .sha1 = std::string(package.text_of("hash")),
                    .sha256 = std::string(package.text_of("hash256"))});
}

std::span<const Command> package_commands() {
  static const std::vector<Command> kCommands = {
      {"package list", "[OPTION]...", "List all packages.", {kApp}, 0, package_list},
      {"package create",
       "[OPTION]...",
       "Create a new package for an application.",
       {kApp,
        kVersion,
        kArch,
        {"url", "", "Package URL, when another server has the file. Without: it is uploaded."},
        {"file", "", "Path to package file.", true},
        kFrom},
       0,
       package_create},
      {"package upload",
       "[OPTION]...",
       "Upload the file of a package.",
       {kApp, kVersion, kArch, kFrom, {"file", "", "Path to package file.", true}},
       0,
       package_upload},
      {"package download",
       "[OPTION]...",
       "Download the file of a package and check it.",
       {kApp, kVersion, kArch, kFrom, {"output", "", "Where to; default: the file's name here."}},
       0,
       package_download},
      {"package delete",
       "[OPTION]...",
       "Delete a package, and its file if the service has it.",
       {kApp, kVersion, kArch, kFrom},
       0,
       package_delete},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
