// What the files of this folder share: OpenSSL's context and how it is refreshed.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/tls/tls.h"

namespace argosy {

// The text of OpenSSL's newest error, and an empty queue.
std::string take_openssl_error();

// "127.0.0.1" or "::1", not a name.
bool is_address(const std::string& name);

struct TlsContext::Impl {
  bool is_server = false;
  TlsOptions options;
  std::shared_ptr<SSL_CTX> context;
  std::string stamp;  // sizes and times of the files that `context` was made from

  Result<void> load();
  // load() again if a file has changed; keeps the old context when that fails.
  void refresh();
  std::string files_stamp() const;
  // After the handshake: the certificate's names against what is allowed.
  Result<TlsPeer> inspect(SSL* ssl) const;
};

}  // namespace argosy
