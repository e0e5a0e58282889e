#include "lib/json/json.h"

#include <boost/json.hpp>
#include <cmath>

#include "base/format.h"
#include "base/text.h"

namespace argosy::json {
namespace {

Value convert(const boost::json::value& from) {
  switch (from.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return from.get_bool();
    case boost::json::kind::int64:
      return static_cast<int64_t>(from.get_int64());
    case boost::json::kind::uint64:
      return static_cast<uint64_t>(from.get_uint64());
    case boost::json::kind::double_:
      return from.get_double();
    case boost::json::kind::string: {
      const auto& text = from.get_string();
      return std::string(text.data(), text.size());
    }
    case boost::json::kind::array: {
      Array array;
      array.reserve(from.get_array().size());
      for (const auto& item : from.get_array()) array.push_back(convert(item));
      return array;
    }
    case boost::json::kind::object: {
      Object object;
      object.reserve(from.get_object().size());
      for (const auto& item : from.get_object()) {
        object.emplace_back(std::string(item.key().data(), item.key().size()),
                            convert(item.value()));
      }
      return object;
    }
  }
  return {};
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
  } else if (value == std::floor(value) && std::fabs(value) < 1e15) {
    out += format("{}", static_cast<int64_t>(value));
  } else {
    out += format("{}", value);
  }
}

void new_line(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent * depth), ' ');
}

}  // namespace

std::optional<bool> Value::as_bool() const {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<int64_t> Value::as_int() const {
  if (const auto* value = std::get_if<int64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<uint64_t>(&value_); value != nullptr && *value <= INT64_MAX) {
    return static_cast<int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<uint64_t> Value::as_uint() const {
  if (const auto* value = std::get_if<uint64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<int64_t>(&value_); value != nullptr && *value >= 0) {
    return static_cast<uint64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Value::as_double() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto number = as_int()) return static_cast<double>(*number);
  if (const auto number = as_uint()) return static_cast<double>(*number);
  return std::nullopt;
}

const Value* Value::find(std::string_view name) const {
  if (const Object* object = as_object()) {
    for (const Member& member : *object) {
      if (member.first == name) return &member.second;
    }
  }
  return nullptr;
}

std::string_view Value::text_of(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr || value->as_string() == nullptr) return {};
  return *value->as_string();
}

Result<Value> parse(std::string_view text) {
  boost::json::error_code error;
  boost::json::stream_parser parser({}, {.max_depth = kMaxDepth});
  const size_t used = parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) {
    return fail(Code::kInvalidArgument, format("not JSON at byte {}: {}", used, error.message()));
  }
  return convert(parser.release());
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '<':
      case '>':
      case '&':
        out += format("\\u{:04x}", static_cast<unsigned>(c));
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          out += format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  if (!is_valid_utf8(out)) {
    // What is not UTF-8 becomes U+FFFD, byte by byte, as in Go.
    std::string clean;
    for (size_t i = 0; i < out.size();) {
      size_t length = 1;
      while (length <= 4 && i + length <= out.size() &&
             !is_valid_utf8(std::string_view(out).substr(i, length))) {
        ++length;
      }
      const bool valid = length <= 4 && i + length <= out.size();
      clean += valid ? out.substr(i, length) : "\\ufffd";
      i += valid ? length : 1;
    }
    out = std::move(clean);
  }
  return out + '"';
}

void append(std::string& out, const Value& value, int indent, int depth) {
  if (value.is_null()) {
    out += "null";
  } else if (const auto boolean = value.as_bool()) {
    out += *boolean ? "true" : "false";
  } else if (const auto number = value.as_int()) {
    out += format("{}", *number);
  } else if (const auto large = value.as_uint()) {
    out += format("{}", *large);
  } else if (const auto real = value.as_double()) {
    append_number(out, *real);
  } else if (const std::string* text = value.as_string()) {
    out += quote(*text);
  } else if (const Array* array = value.as_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      new_line(out, indent, depth + 1);
      append(out, (*array)[i], indent, depth + 1);
    }
    if (!array->empty()) new_line(out, indent, depth);
    out += ']';
  } else if (const Object* object = value.as_object()) {
    out += '{';
    for (size_t i = 0; i < object->size(); ++i) {
      if (i > 0) out += ',';
      new_line(out, indent, depth + 1);
      out += quote((*object)[i].first) + (indent > 0 ? ": " : ":");
      append(out, (*object)[i].second, indent, depth + 1);
    }
    if (!object->empty()) new_line(out, indent, depth);
    out += '}';
  }
}

std::string to_text(const Value& value) {
  std::string out;
  append(out, value, 0, 0);
  return out;
}

std::string to_pretty_text(const Value& value, int indent) {
  std::string out;
  append(out, value, indent, 0);
  return out;
}

}  // namespace argosy::json
