#include "lib/omaha/xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy::omaha {

const std::string_view kXmlHeader = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

namespace {

// What pugixml lets pass and stricter readers refuse, seen in the text itself: document
// types, unknown entities, control characters, "<" in attributes. Comments, instructions and
// CDATA may hold any characters but control ones.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<void> scan() {
    const auto control = std::ranges::find_if(text_, is_control);
    if (control != text_.end()) {
      at_ = static_cast<size_t>(control - text_.begin());
      return refused("a control character");
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '&') {
        TRY(scan_reference());
        continue;
      }
      if (c == '<') {
        if (quote_ != 0) return refused("a < in an attribute");
        if (skip("<!--", "-->") || skip("<![CDATA[", "]]>") || skip("<?", "?>")) continue;
        if (text_.substr(at_).starts_with("<!")) return refused("a document type");
      }
      follow(c);
      ++at_;
    }
    return {};
  }

 private:
  // Whether what follows is within a tag, and there within quotes.
  void follow(char c) {
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (in_tag_ && (c == '"' || c == '\'')) {
      quote_ = c;
    } else if (c == '<' || c == '>') {
      in_tag_ = c == '<';
    }
  }

  static bool is_control(char c) {
    return static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  }

  std::unexpected<Error> refused(std::string_view what) const {
    return fail(Code::kInvalidArgument, format("XML: {} at byte {}", what, at_));
  }

  bool skip(std::string_view begin, std::string_view end) {
    if (!text_.substr(at_).starts_with(begin)) return false;
    const size_t found = text_.find(end, at_ + begin.size());
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
    return true;
  }

  Result<void> scan_reference() {
    const size_t end = text_.find(';', at_);
    const std::string_view name =
        end == std::string_view::npos ? "" : text_.substr(at_ + 1, end - at_ - 1);
    static constexpr std::string_view kKnown[] = {"lt", "gt", "amp", "quot", "apos"};
    if (std::ranges::count(kKnown, name) == 0 && !is_character(name)) {
      return refused("an unknown entity");
    }
    at_ = end + 1;
    return {};
  }

  // "#10", "#x1F6A2", of a character that XML allows.
  static bool is_character(std::string_view name) {
    if (name.size() < 2 || name[0] != '#') return false;
    const bool is_hex = name[1] == 'x';
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    if (digits.empty() || digits.size() > 7) return false;
    const auto number = is_hex ? parse_hex(digits) : parse_uint(digits);
    if (!number) return false;
    if (*number < 0x20) return *number == '\t' || *number == '\n' || *number == '\r';
    return *number <= 0x10ffff && (*number < 0xd800 || *number > 0xdfff);
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_tag_ = false;
  char quote_ = 0;
};

class Builder {
 public:
  Result<Element> build(const pugi::xml_node& node, size_t depth) {
    if (depth > kMaxDocumentDepth) return too_much("elements within elements");
    if (++count_ > kMaxElements) return too_much("elements");
    Element element;
    element.name = node.name();
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      if (element.find(attribute.name()) != nullptr) {
        return fail(Code::kInvalidArgument, format("XML: attribute {} of {} is there twice",
                                                   attribute.name(), element.name));
      }
      element.attributes.emplace_back(attribute.name(), attribute.value());
    }
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() == pugi::node_element) {
        element.children.push_back(TRY(build(child, depth + 1)));
      } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        element.text += child.value();
      }
    }
    return element;
  }

 private:
  static std::unexpected<Error> too_much(std::string_view of) {
    return fail(Code::kResourceExhausted, format("XML: too many {}", of));
  }

  size_t count_ = 0;
};

Result<void> check_encoding(const pugi::xml_document& document) {
  for (const pugi::xml_node& node : document.children()) {
    if (node.type() != pugi::node_declaration) continue;
    const std::string_view encoding = node.attribute("encoding").value();
    if (!encoding.empty() && !equal_ignoring_case(encoding, "utf-8")) {
      return fail(Code::kInvalidArgument, format("XML: encoding {} instead of UTF-8", encoding));
    }
  }
  return {};
}

Result<pugi::xml_node> only_element(const pugi::xml_document& document) {
  pugi::xml_node root;
  for (const pugi::xml_node& node : document.children()) {
    const bool is_element = node.type() == pugi::node_element;
    const bool is_text = node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
    if (is_text) return fail(Code::kInvalidArgument, "XML: text outside the element");
    if (is_element && root) return fail(Code::kInvalidArgument, "XML: more than one element");
    if (is_element) root = node;
  }
  if (!root) return fail(Code::kInvalidArgument, "XML: no element");
  return root;
}

// What a CDATA section cannot hold stands between two of them: its own end, and carriage
// returns, which readers would make line feeds.
void append_cdata(std::string& to, std::string_view text) {
  if (text.empty()) return;
  to += "<![CDATA[";
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') {
      to += "]]>&#xD;<![CDATA[";
    } else if (text.substr(at).starts_with("]]>")) {
      to += "]]]]><![CDATA[>";
      at += 2;
    } else {
      to += text[at];
    }
  }
  to += "]]>";
}

void append_element(std::string& to, const Element& element, size_t depth) {
  if (depth > 0) to += '\n';
  to.append(depth, '\t');
  to += format("<{}", element.name);
  for (const auto& [name, value] : element.attributes) {
    to += format(" {}=\"{}\"", name, escape_go(value));
  }
  to += '>';
  append_cdata(to, element.text);
  for (const Element& child : element.children) append_element(to, child, depth + 1);
  if (!element.children.empty()) {
    to += '\n';
    to.append(depth, '\t');
  }
  to += format("</{}>", element.name);
}

std::string_view escape_of_go(char c) {
  switch (c) {
    case '"':
      return "&#34;";
    case '\'':
      return "&#39;";
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\t':
      return "&#x9;";
    case '\n':
      return "&#xA;";
    case '\r':
      return "&#xD;";
    default:
      return static_cast<uint8_t>(c) < 0x20 ? "\xef\xbf\xbd" : "";
  }
}

// The code point that begins here, and how many bytes it has; 1 for a byte that begins none.
std::pair<uint32_t, size_t> point_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc0 ? 2 : 1;
  if (size == 1 || !is_valid_utf8(text.substr(at, size))) return {byte(0), 1};
  uint32_t point = byte(0) & (0x7fU >> size);
  for (size_t i = 1; i < size; ++i) point = (point << 6) | (byte(i) & 0x3fU);
  return {point, size};
}

}  // namespace

const std::string* Element::find(std::string_view attribute) const {
  for (const auto& [key, value] : attributes) {
    if (key == attribute) return &value;
  }
  return nullptr;
}

std::string_view Element::text_of(std::string_view attribute) const {
  const std::string* value = find(attribute);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

const Element* Element::child(std::string_view child_name) const {
  for (const Element& element : children) {
    if (element.name == child_name) return &element;
  }
  return nullptr;
}

std::vector<const Element*> Element::children_of(std::string_view child_name) const {
  std::vector<const Element*> found;
  for (const Element& element : children) {
    if (element.name == child_name) found.push_back(&element);
  }
  return found;
}

Result<Element> parse_xml(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return fail(Code::kResourceExhausted, format("XML: more than {} bytes", kMaxDocumentBytes));
  }
  if (!is_valid_utf8(text)) return fail(Code::kInvalidArgument, "XML: not UTF-8");
  TRY(Scanner(text).scan());
  constexpr unsigned kOptions =
      pugi::parse_default | pugi::parse_declaration | pugi::parse_fragment;
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) {
    return fail(Code::kInvalidArgument,
                format("XML: {} at byte {}", parsed.description(), parsed.offset));
  }
  TRY(check_encoding(document));
  const pugi::xml_node root = TRY(only_element(document));
  return Builder().build(root, 1);
}

std::string escape_go(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    if (static_cast<uint8_t>(text[at]) < 0x80) {
      const std::string_view escape = escape_of_go(text[at]);
      escaped += escape.empty() ? text.substr(at, 1) : escape;
      ++at;
      continue;
    }
    const auto [point, size] = point_at(text, at);
    escaped += size == 1 ? std::string_view("\xef\xbf\xbd") : text.substr(at, size);
    at += size;
  }
  return escaped;
}

std::string escape_libxml(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    const auto [point, size] = point_at(text, at);
    at += size;
    if (point == '<') {
      escaped += "&lt;";
    } else if (point == '>') {
      escaped += "&gt;";
    } else if (point == '&') {
      escaped += "&amp;";
    } else if (point == '"') {
      escaped += "&quot;";
    } else if (point == '\r' || (size == 1 && point >= 0x80)) {
      escaped += format("&#{};", point);
    } else if (point >= 0x80) {
      escaped += format("&#x{:X};", point);
    } else if (point >= 0x20 || point == '\t' || point == '\n') {
      escaped += static_cast<char>(point);
    }
  }
  return escaped;
}

std::string to_xml(const Element& element) {
  std::string text;
  append_element(text, element, 0);
  return text;
}

}  // namespace argosy::omaha
