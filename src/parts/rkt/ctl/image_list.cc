#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/ctl/tabs.h"
#include "parts/rkt/ctl/texts.h"
#include "parts/rkt/store/key.h"

namespace argosy::rkt {
namespace {

struct Field {
  std::string_view name;
  std::string_view heading;
  bool sorts;
};
constexpr std::array kFields{Field{"id", "ID", false}, Field{"name", "NAME", true},
                             Field{"size", "SIZE", true}, Field{"importtime", "IMPORT TIME", true},
                             Field{"lastused", "LAST USED", true}};

Result<std::vector<std::string>> parse_fields(std::string_view text, bool for_sorting) {
  std::vector<std::string> out;
  for (const std::string_view part : split(text, ',')) {
    std::string name = to_lower(part);
    const auto field = std::ranges::find(kFields, name, &Field::name);
    if (field == kFields.end() || (for_sorting && !field->sorts)) {
      return fail(Code::kInvalidArgument, format("unknown option {}", go_quote(part)));
    }
    if (std::ranges::find(out, name) != out.end()) {
      return fail(Code::kInvalidArgument, format("duplicated option {}", go_quote(part)));
    }
    out.push_back(std::move(name));
  }
  return out;
}

std::string shown_name(const ImageInfo& image) {
  return image.version.empty() ? image.name : image.name + ":" + image.version;
}

int compare(const ImageInfo& a, const ImageInfo& b, std::string_view field) {
  const auto order = [](const auto& left, const auto& right) {
    return left < right ? -1 : right < left ? 1 : 0;
  };
  if (field == "name") return order(a.name, b.name);
  if (field == "size") return order(a.whole_size(), b.whole_size());
  if (field == "lastused") return order(a.last_used, b.last_used);
  return order(a.imported, b.imported);
}

void sort_images(std::vector<ImageInfo>& images, const std::vector<std::string>& fields,
                 bool is_descending) {
  std::ranges::sort(images, [&](const ImageInfo& a, const ImageInfo& b) {
    for (const std::string& field : fields) {
      const int order = compare(a, b, field);
      if (order != 0) return is_descending ? order > 0 : order < 0;
    }
    return a.key < b.key;
  });
}

std::string value_of(const ImageInfo& image, std::string_view field, bool is_full, WallTime now) {
  const auto time = [&](WallTime when) {
    return is_full ? absolute_time(when) : relative_time(when, now);
  };
  if (field == "id") return is_full ? image.key : image.key.substr(0, kKeyPrefix.size() + 12);
  if (field == "name") return shown_name(image);
  if (field == "size") {
    return is_full ? format("{}", image.whole_size()) : size_text(image.whole_size());
  }
  return time(field == "importtime" ? image.imported : image.last_used);
}

json::Value to_json(const ImageInfo& image, bool is_full, WallTime now) {
  return json::Object{{"id", value_of(image, "id", is_full, now)},
                      {"name", shown_name(image)},
                      {"import_time", image.imported.time_since_epoch().count()},
                      {"last_used_time", image.last_used.time_since_epoch().count()},
                      {"size", image.whole_size()}};
}

std::string table_of(const std::vector<ImageInfo>& images, const std::vector<std::string>& fields,
                     const Options& options, WallTime now) {
  std::string out;
  std::vector<std::string> cells;
  if (!options.no_legend) {
    for (const std::string& field : fields) {
      cells.emplace_back(std::ranges::find(kFields, field, &Field::name)->heading);
    }
    out += join(cells, "\t") + "\n";
  }
  for (const ImageInfo& image : images) {
    cells.clear();
    for (const std::string& field : fields) {
      cells.push_back(value_of(image, field, options.full, now));
    }
    out += join(cells, "\t") + "\n";
  }
  return align_tabs(out);
}

}  // namespace

int image_list_command(Context& context, const Words& /*words*/) {
  const Options& options = context.options;
  const auto fields = parse_fields(options.fields, false);
  const auto sorting = parse_fields(options.sort, true);
  const bool is_descending = options.order == "desc";
  if (!fields) return context.failure("invalid --fields", fields.error());
  if (!sorting) return context.failure("invalid --sort", sorting.error());
  if (!is_descending && options.order != "asc") {
    context.complain(format("unknown order {}", go_quote(options.order)));
    return kFailure;
  }
  const bool is_json = options.format == "json" || options.format == "json-pretty";
  if (!is_json && !options.format.empty()) {
    context.complain(format("unknown format {}", go_quote(options.format)));
    return kFailure;
  }
  const auto store = context.store();
  if (!store) return context.failure("cannot open store", store.error());
  auto images = (*store)->list();
  if (!images) return context.failure("unable to get aci infos", images.error());
  sort_images(*images, *sorting, is_descending);
  const WallTime now = real_clock().wall_now();
  if (!is_json) {
    print_text(table_of(*images, *fields, options, now));
    return 0;
  }
  json::Array out;
  for (const ImageInfo& image : *images) out.push_back(to_json(image, options.full, now));
  print_json(out, options.format == "json-pretty");
  return 0;
}

}  // namespace argosy::rkt
