// TLS (OpenSSL 3) around any stream, either side. Certificates are read again when
// their files change, so that a renewal needs no restart.
#pragma once

#include <memory>

#include "io/net/stream.h"
#include "io/task/wait.h"

namespace argosy {

struct TlsOptions {
  std::string cert_file;  // PEM; a server needs one, a client may have one
  std::string key_file;
  std::string ca_file;      // trusted authorities; empty: the system's
  std::string crl_file;     // PEM; certificates in it are refused
  bool verify_peer = true;  // a server: ask for a client certificate and demand it
  // Who of the verified ones may come in; empty: everybody.
  std::vector<std::string> allowed_cns;
  std::vector<std::string> allowed_hostnames;
  std::vector<std::string> alpn;           // in order of preference
  std::vector<std::string> cipher_suites;  // Go's names (TLS_ECDHE_RSA_WITH_...)
  std::string min_version = "TLS1.2";      // or TLS1.3; empty max: the newest
  std::string max_version;
};

// Outlives its handshakes.
class TlsContext {
 public:
  // Reads the files; errors name the one that is bad.
  static Result<std::unique_ptr<TlsContext>> make(bool is_server, TlsOptions options);
  ~TlsContext();

  // The handshake. As a client, `server_name` is checked against the certificate
  // (names and addresses alike) and sent as SNI. An error says what failed; on a
  // server the stream is closed then.
  Task<std::unique_ptr<Stream>> handshake(Loop& loop, std::unique_ptr<Stream> stream,
                                          std::string server_name);

  struct Impl;

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Go's cipher suite names that this build knows.
bool is_known_cipher_suite(std::string_view name);

}  // namespace argosy
