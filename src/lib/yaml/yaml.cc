#include "lib/yaml/yaml.h"

#include <cstdlib>
#include <yaml.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy::yaml {
namespace {

constexpr size_t kMaxNodes = 100'000;

struct Document {
  yaml_parser_t parser{};
  yaml_document_t document{};
  bool has_document = false;

  ~Document() {
    if (has_document) yaml_document_delete(&document);
    yaml_parser_delete(&parser);
  }
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// What a plain scalar means in YAML 1.1.
json::Value plain_scalar(std::string_view text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) {
    return true;
  }
  if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
    return false;
  }
  if (const auto number = parse_int(text)) return *number;
  if (const auto number = parse_uint(text)) return *number;
  const bool is_number_like = text.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
                              text.find_first_of("0123456789") != std::string_view::npos;
  if (is_number_like) {
    const std::string copy(text);
    char* end = nullptr;
    const double number = std::strtod(copy.c_str(), &end);
    if (*end == '\0') return number;
  }
  return text;
}

class Converter {
 public:
  explicit Converter(yaml_document_t& document) : document_(document) {}

  Result<json::Value> convert(int index, size_t depth) {
    const yaml_node_t* node = yaml_document_get_node(&document_, index);
    if (node == nullptr) return json::Value();
    if (++seen_ > kMaxNodes || depth > json::kMaxDepth) {
      return fail(Code::kInvalidArgument,
                  format("yaml: line {}: too deep or too large", node->start_mark.line + 1));
    }
    switch (node->type) {
      case YAML_SCALAR_NODE:
        return scalar(*node);
      case YAML_SEQUENCE_NODE:
        return sequence(*node, depth);
      case YAML_MAPPING_NODE:
        return mapping(*node, depth);
      default:
        return json::Value();
    }
  }

 private:
  static std::string_view text_of(const yaml_node_t& node) {
    return {reinterpret_cast<const char*>(node.data.scalar.value), node.data.scalar.length};
  }

  static Result<json::Value> scalar(const yaml_node_t& node) {
    if (node.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) return plain_scalar(text_of(node));
    return json::Value(text_of(node));
  }

  Result<json::Value> sequence(const yaml_node_t& node, size_t depth) {
    json::Array array;
    for (const auto* item = node.data.sequence.items.start; item < node.data.sequence.items.top;
         ++item) {
      array.push_back(TRY(convert(*item, depth + 1)));
    }
    return array;
  }

  Result<json::Value> mapping(const yaml_node_t& node, size_t depth) {
    json::Object object;
    for (const auto* pair = node.data.mapping.pairs.start; pair < node.data.mapping.pairs.top;
         ++pair) {
      const yaml_node_t* key = yaml_document_get_node(&document_, pair->key);
      if (key == nullptr || key->type != YAML_SCALAR_NODE) {
        return fail(Code::kInvalidArgument,
                    format("yaml: line {}: a key that is no text", node.start_mark.line + 1));
      }
      object.emplace_back(std::string(text_of(*key)), TRY(convert(pair->value, depth + 1)));
    }
    return object;
  }

  yaml_document_t& document_;
  size_t seen_ = 0;
};

}  // namespace

Result<json::Value> parse(std::string_view text) {
  Document holder;
  if (yaml_parser_initialize(&holder.parser) == 0) return fail(Code::kInternal, "yaml: no memory");
  yaml_parser_set_input_string(&holder.parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  if (yaml_parser_load(&holder.parser, &holder.document) == 0) {
    return fail(Code::kInvalidArgument,
                format("yaml: line {}, column {}: {}", holder.parser.problem_mark.line + 1,
                       holder.parser.problem_mark.column + 1,
                       holder.parser.problem != nullptr ? holder.parser.problem : "not YAML"));
  }
  holder.has_document = true;
  if (yaml_document_get_root_node(&holder.document) == nullptr) return json::Value();
  return Converter(holder.document).convert(1, 0);
}

}  // namespace argosy::yaml
