// A temporary authority with certificates, made by the openssl program, for tests.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "base/format.h"

namespace argosy {

class TestCertificates {
 public:
  TestCertificates() {
    char pattern[] = "/tmp/argosy-certificates-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    make_authority("ca");
  }
  ~TestCertificates() { std::filesystem::remove_all(folder_); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  std::string path(std::string_view file) const { return format("{}/{}", folder_, file); }
  std::string certificate(std::string_view name) const { return path(format("{}.crt", name)); }
  std::string key(std::string_view name) const { return path(format("{}.key", name)); }

  void make_authority(std::string_view name) {
    run(format("openssl req -x509 {} -keyout {} -out {} -subj /CN={} -days 30", kNewKey, key(name),
               certificate(name), name));
  }
  // NAME.crt and NAME.key; `names` as in "DNS:localhost,IP:127.0.0.1". Days below zero
  // make one that has expired.
  void make(std::string_view name, std::string_view names, int days = 10,
            std::string_view authority = "ca") {
    run(format("openssl req -new {} -keyout {} -out {}.csr -subj /CN={}", kNewKey, key(name),
               path(name), name));
    run(format("printf 'subjectAltName={}' > {}.ext", names, path(name)));
    run(
        format("openssl x509 -req -in {0}.csr -CA {1} -CAkey {2} -CAcreateserial -days {3} "
               "-extfile {0}.ext -out {0}.new && mv {0}.new {4}",
               path(name), certificate(authority), key(authority), days, certificate(name)));
  }

 private:
  static constexpr std::string_view kNewKey =
      "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

  void run(const std::string& command) {
    const int status = std::system(format("( {} ) >> {} 2>&1", command, path("log")).c_str());
    CAPTURE(command);
    REQUIRE(status == 0);
  }

  std::string folder_;
};

}  // namespace argosy
