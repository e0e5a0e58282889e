#include "parts/rkt/store/image_info.h"

#include <sys/stat.h>

#include "lib/image/fields.h"

namespace argosy::rkt {
namespace {

int64_t nanoseconds_of(WallTime time) {
  return time.time_since_epoch().count();
}

Result<WallTime> time_of(const image::Fields& fields, std::string_view name) {
  const json::Value* value = fields.find(name);
  const auto number = value == nullptr ? std::optional<int64_t>(0) : value->as_int();
  if (!number) return fields.refuse(name, "not a time");
  return WallTime(Duration(*number));
}

}  // namespace

Bytes to_text(const ImageInfo& info) {
  return json::to_text(json::Object{{"name", info.name},
                                    {"version", info.version},
                                    {"importTime", nanoseconds_of(info.imported)},
                                    {"lastUsed", nanoseconds_of(info.last_used)},
                                    {"latest", info.is_latest},
                                    {"size", info.size},
                                    {"treeStoreSize", info.tree_size}});
}

Result<ImageInfo> parse_info(std::string_view text) {
  const json::Value value = TRY(image::parse_document(text));
  const image::Fields fields(value);
  return ImageInfo{.key = {},
                   .name = TRY(fields.required_text("name")),
                   .version = TRY(fields.text("version")),
                   .imported = TRY(time_of(fields, "importTime")),
                   .last_used = TRY(time_of(fields, "lastUsed")),
                   .is_latest = TRY(fields.boolean("latest")),
                   .size = TRY(fields.number("size")),
                   .tree_size = TRY(fields.number("treeStoreSize"))};
}

WallTime changed_at(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  return WallTime(seconds(info.st_mtim.tv_sec) + nanoseconds(info.st_mtim.tv_nsec));
}

}  // namespace argosy::rkt
