#include "lib/image/fields.h"

#include <algorithm>

#include "base/format.h"

namespace argosy::image {

Result<json::Value> parse_document(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return fail(Code::kInvalidArgument, format("a document of {} bytes; at most {} are allowed",
                                               text.size(), kMaxDocumentBytes));
  }
  auto value = TRY(json::parse(text));
  if (value.as_object() == nullptr) return fail(Code::kInvalidArgument, "not a JSON object");
  return value;
}

const json::Value* Fields::find(std::string_view name) const {
  const json::Value* last = nullptr;
  for (const json::Member& member : *object_.as_object()) {
    if (member.first == name) last = &member.second;
  }
  return last == nullptr || last->is_null() ? nullptr : last;
}

std::string Fields::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : format("{}.{}", path_, name);
}

std::unexpected<Error> Fields::refuse(std::string_view name, std::string_view why) const {
  return fail(Code::kInvalidArgument, format("{}: {}", path_of(name), why));
}

Result<std::string> Fields::text(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::string();
  if (value->as_string() == nullptr) return refuse(name, "not a string");
  return *value->as_string();
}

Result<std::string> Fields::required_text(std::string_view name) const {
  auto value = TRY(text(name));
  if (value.empty()) return refuse(name, "must be set");
  return value;
}

Result<uint64_t> Fields::number(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return uint64_t{0};
  const auto number = value->as_uint();
  if (!number || *number > INT64_MAX) return refuse(name, "not a whole number");
  return *number;
}

Result<bool> Fields::boolean(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return false;
  const auto boolean = value->as_bool();
  if (!boolean) return refuse(name, "not true or false");
  return *boolean;
}

Result<Texts> Fields::texts(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return Texts();
  if (value->as_array() == nullptr) return refuse(name, "not an array");
  Texts out;
  for (const json::Value& item : *value->as_array()) {
    if (item.as_string() == nullptr) {
      return refuse(format("{}[{}]", name, out.size()), "not a string");
    }
    out.push_back(*item.as_string());
  }
  return out;
}

Result<TextMap> Fields::text_map(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return TextMap();
  if (value->as_object() == nullptr) return refuse(name, "not an object");
  TextMap out;
  for (const auto& [key, item] : *value->as_object()) {
    if (item.is_null()) {
      out[key].clear();
    } else if (item.as_string() == nullptr) {
      return refuse(format("{}[{}]", name, json::quote(key)), "not a string");
    } else {
      out[key] = *item.as_string();
    }
  }
  return out;
}

Result<Texts> Fields::names(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return Texts();
  if (value->as_object() == nullptr) return refuse(name, "not an object");
  Texts out;
  for (const auto& member : *value->as_object()) out.push_back(member.first);
  std::ranges::sort(out);
  const auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

Result<std::optional<Fields>> Fields::object(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->as_object() == nullptr) return refuse(name, "not an object");
  return Fields(*value, path_of(name));
}

Result<std::vector<Fields>> Fields::objects(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::vector<Fields>();
  if (value->as_array() == nullptr) return refuse(name, "not an array");
  std::vector<Fields> out;
  for (const json::Value& item : *value->as_array()) {
    const std::string place = format("{}[{}]", name, out.size());
    if (item.as_object() == nullptr) return refuse(place, "not an object");
    out.emplace_back(item, path_of(place));
  }
  return out;
}

void put_text(json::Object& to, std::string_view name, std::string_view text) {
  if (!text.empty()) to.emplace_back(name, text);
}

void put_texts(json::Object& to, std::string_view name, const Texts& texts) {
  if (texts.empty()) return;
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  to.emplace_back(name, std::move(array));
}

void put_text_map(json::Object& to, std::string_view name, const TextMap& map) {
  if (map.empty()) return;
  json::Object object;
  for (const auto& [key, value] : map) object.emplace_back(key, value);
  to.emplace_back(name, std::move(object));
}

void put_names(json::Object& to, std::string_view name, const Texts& names) {
  if (names.empty()) return;
  json::Object object;
  for (const std::string& key : names) object.emplace_back(key, json::Object());
  to.emplace_back(name, std::move(object));
}

}  // namespace argosy::image
