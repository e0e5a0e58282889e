// RSA signatures, PKCS#1 v1.5 with SHA-256 (RFC 8017, 8.2). Any thread.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy {

class RsaPrivateKey;

class RsaPublicKey {
 public:
  // A SubjectPublicKeyInfo in PEM ("BEGIN PUBLIC KEY"). InvalidArgument for what is no
  // RSA key of 2048 to 16384 bits.
  static Result<RsaPublicKey> from_pem(BytesView pem);

  // From a JSON Web Key's numbers, big-endian (RFC 7518, 6.3.1).
  static Result<RsaPublicKey> from_numbers(BytesView modulus, BytesView exponent);

  // SubjectPublicKeyInfo (RFC 5280, 4.1).
  Bytes to_der() const;
  std::string to_pem() const;

  // Whether `signature` is one of a message with this SHA-256.
  bool verifies(BytesView sha256, BytesView signature) const;
  // Of a signature, in bytes.
  size_t size() const;

 private:
  friend class RsaPrivateKey;
  explicit RsaPublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // immutable, so that copies may share it
};

class RsaPrivateKey {
 public:
  // PKCS#1 or PKCS#8 in PEM, not encrypted.
  static Result<RsaPrivateKey> from_pem(BytesView pem);
  // A new one; 2048 bits take a tenth of a second, 4096 a second and more.
  static Result<RsaPrivateKey> generate(unsigned bits);

  RsaPublicKey public_key() const;
  // PKCS#8, not encrypted.
  std::string to_pem() const;

  Result<Bytes> sign(BytesView sha256) const;
  size_t size() const;

 private:
  explicit RsaPrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

}  // namespace argosy
