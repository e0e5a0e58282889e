// Tables of bad input: what is sent, and what is said of it.
#include <sstream>

#include "base/text.h"
#include "lib/omaha/client_response.h"
#include "lib/omaha/golden_test.h"
#include "lib/omaha/request.h"
#include "lib/omaha/response.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {

std::vector<std::vector<std::string>> read_table(std::string_view name) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(read_testdata(name));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> row;
    std::string_view rest = line;
    while (const auto parts = cut(rest, " | ")) {
      row.emplace_back(parts->first);
      rest = parts->second;
    }
    row.emplace_back(rest);
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

// "\xff" and so on, for bytes that no text file should hold.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\\x") && i + 3 < text.size()) {
      plain += static_cast<char>(parse_hex(text.substr(i + 2, 2)).value());
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

template <typename T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : result.error().text();
}

}  // namespace

TEST_CASE("documents that are no XML, or more than we take") {
  const auto rows = read_table("bad_xml.txt");
  CHECK(rows.size() > 20);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 2);
    CAPTURE(row[0]);
    CHECK(outcome(parse_xml(unescape(row[0]))) == row[1]);
  }
}

TEST_CASE("requests that a server refuses") {
  const auto rows = read_table("bad_requests.txt");
  CHECK(rows.size() > 10);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 2);
    CAPTURE(row[0]);
    CHECK(outcome(parse_request(row[0])) == row[1]);
  }
}

// A good response with one piece of it replaced.
TEST_CASE("responses that update_engine refuses, with its codes") {
  const std::string good = read_testdata("golden/response_minimal.xml");
  REQUIRE(read_client_response(good));
  const auto rows = read_table("bad_responses.txt");
  CHECK(rows.size() > 15);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 4);
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    std::string body = good;
    const size_t at = body.find(row[0]);
    REQUIRE(at != std::string::npos);
    body.replace(at, row[0].size(), row[1]);
    const auto read = read_client_response(body);
    REQUIRE_FALSE(read);
    CHECK(static_cast<int>(read.error().defect) == parse_int(row[2]));
    CHECK(read.error().text == row[3]);
  }
}

TEST_CASE("bounds of size, depth and count") {
  const auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += "<a>";
    for (size_t i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  CHECK(parse_xml(nested(kMaxDocumentDepth)));
  CHECK(parse_xml(nested(kMaxDocumentDepth + 1)).error().code() == Code::kResourceExhausted);
  CHECK(parse_xml(nested(100000)).error().code() == Code::kResourceExhausted);
  std::string many = "<a>";
  for (size_t i = 1; i < kMaxElements; ++i) many += "<b/>";
  CHECK(parse_xml(many + "</a>"));
  CHECK(parse_xml(many + "<b/></a>").error().code() == Code::kResourceExhausted);
  const std::string large = "<a b='" + std::string(kMaxDocumentBytes - 9, 'x') + "'/>";
  CHECK(large.size() == kMaxDocumentBytes);
  CHECK(parse_xml(large));
  CHECK(parse_xml(large + " ").error().code() == Code::kResourceExhausted);
}

}  // namespace argosy::omaha
