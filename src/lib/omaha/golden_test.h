// Messages kept byte by byte in testdata/golden; ARGOSY_REWRITE=1 writes them anew.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>

#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy::omaha {

inline std::string read_testdata(std::string_view name) {
  const auto content = read_file(real_disk(), format("testdata/{}", name));
  REQUIRE_MESSAGE(content, name);
  return *content;
}

inline void check_golden(std::string_view name, std::string_view message) {
  const std::string path = format("testdata/golden/{}", name);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    CHECK(replace_file(real_disk(), path, message, 0644));
    return;
  }
  CAPTURE(name);
  CHECK(read_testdata(format("golden/{}", name)) == message);
}

// The lines of a table, cut at " | "; empty ones and comments are left out.
std::vector<std::vector<std::string>> read_table(std::string_view name);

}  // namespace argosy::omaha
