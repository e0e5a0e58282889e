// Reading documents field by field. An error names the place: "layers[2].size: not a whole
// number". As Go's decoders do, null counts as absent and unknown members are passed over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lib/json/json.h"

namespace argosy::image {

// What a registry must take (distribution-spec 1.1.1), and the most that we do.
inline constexpr size_t kMaxDocumentBytes = size_t{4} << 20;

using Texts = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;

// InvalidArgument for what is larger than kMaxDocumentBytes, not JSON, or not an object.
Result<json::Value> parse_document(std::string_view text);

// One object of a document, borrowed. Reading a member that is absent gives the empty value.
class Fields {
 public:
  explicit Fields(const json::Value& object, std::string path = {})
      : object_(object), path_(std::move(path)) {}

  // Null for one that is absent.
  const json::Value* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }

  Result<std::string> text(std::string_view name) const;
  Result<std::string> required_text(std::string_view name) const;
  Result<uint64_t> number(std::string_view name) const;
  Result<bool> boolean(std::string_view name) const;
  Result<Texts> texts(std::string_view name) const;
  Result<TextMap> text_map(std::string_view name) const;
  // The names of an object whose values mean nothing, as Go's map[string]struct{}.
  Result<Texts> names(std::string_view name) const;
  // An object of its own; nothing if absent.
  Result<std::optional<Fields>> object(std::string_view name) const;
  // An array of objects.
  Result<std::vector<Fields>> objects(std::string_view name) const;

  std::string path_of(std::string_view name) const;
  std::unexpected<Error> refuse(std::string_view name, std::string_view why) const;

 private:
  const json::Value& object_;
  std::string path_;
};

// For writing: members that are empty are left out, as by Go's omitempty.
void put_text(json::Object& to, std::string_view name, std::string_view text);
void put_texts(json::Object& to, std::string_view name, const Texts& texts);
void put_text_map(json::Object& to, std::string_view name, const TextMap& map);
void put_names(json::Object& to, std::string_view name, const Texts& names);

}  // namespace argosy::image
