// XML as a small value, for documents of which neither side trusts the other: bounded in
// size, depth and count, UTF-8 only, no document types, no entities but the five of XML
// itself and characters by number. pugixml reads, in xml.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace argosy::omaha {

inline constexpr size_t kMaxDocumentBytes = 1 << 20;
inline constexpr size_t kMaxDocumentDepth = 16;
inline constexpr size_t kMaxElements = 10000;

struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Element> children;
  std::string text;  // of its own, in one piece; written as CDATA

  bool operator==(const Element&) const = default;
  // Null if there is none of this name.
  const std::string* find(std::string_view attribute) const;
  // Empty if there is none.
  std::string_view text_of(std::string_view attribute) const;
  const Element* child(std::string_view child_name) const;
  std::vector<const Element*> children_of(std::string_view child_name) const;
};

// The document's one element. InvalidArgument, which says
// what is wrong and at which byte; ResourceExhausted beyond the bounds.
Result<Element> parse_xml(std::string_view text);

// As Go's encoding/xml writes with a tab for each level: no self-closing tags, no line feed
// at the end.
std::string to_xml(const Element& element);
// An attribute's value in Go's escapes.
std::string escape_go(std::string_view text);
// In those of libxml2's xmlEncodeEntities: < > & by name, what is not ASCII by number; and
// quotes, which it forgets. Bytes that no document can hold are left out.
std::string escape_libxml(std::string_view text);

// "<?xml version="1.0" encoding="UTF-8"?>" and a line feed.
extern const std::string_view kXmlHeader;

}  // namespace argosy::omaha
