#include "parts/rkt/arguments/escape.h"

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy::rkt {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string query_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<std::string> query_unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) {
      return fail(Code::kInvalidArgument,
                  format("invalid URL escape {}", go_quote(text.substr(i, 3))));
    }
    out += *byte;
    i += 2;
  }
  return out;
}

}  // namespace argosy::rkt
