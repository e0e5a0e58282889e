// Any bytes as a message: reading ends. What was read is the same after writing and reading.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/omaha/client_response.h"
#include "lib/omaha/request.h"
#include "lib/omaha/response.h"
#include "lib/omaha/xml.h"

using namespace argosy;
using namespace argosy::omaha;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto update = read_client_response(text);
  if (update && update->has_update) check(!update->urls.empty() && update->size > 0);
  (void)escape_libxml(text);
  const auto escaped = parse_xml("<a b=\"" + escape_go(text) + "\"/>");
  check(escaped.has_value() || size > kMaxDocumentBytes / 10, "an escaped value is readable");
  if (const auto request = parse_request(text)) {
    const auto again = parse_request(to_xml(*request));
    check(again && *again == *request, "a request stays what it is");
  }
  if (const auto response = parse_response(text)) {
    const auto again = parse_response(to_xml(*response));
    check(again && *again == *response, "a response stays what it is");
  }
  return 0;
}
