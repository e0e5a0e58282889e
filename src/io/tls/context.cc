#include "io/tls/context.h"

#include <arpa/inet.h>
#include <map>
#include <openssl/err.h>
#include <sys/stat.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy {

std::string take_openssl_error() {
  const unsigned long number = ERR_get_error();
  ERR_clear_error();
  if (number == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(number);
  return reason != nullptr ? reason : format("error {:x}", number);
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(parsed);
  return parsed != nullptr;
}

namespace {

const std::map<std::string_view, std::string_view>& cipher_names() {
  static const std::map<std::string_view, std::string_view> names{
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
      {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
      {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"},
      {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
      {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
  };
  return names;
}

Result<int> version_number(const std::string& name) {
  if (name.empty()) return 0;
  if (name == "TLS1.0") return TLS1_VERSION;
  if (name == "TLS1.1") return TLS1_1_VERSION;
  if (name == "TLS1.2") return TLS1_2_VERSION;
  if (name == "TLS1.3") return TLS1_3_VERSION;
  return fail(Code::kInvalidArgument, format("unexpected TLS version \"{}\"", name));
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size,
                const unsigned char* offered, unsigned int offered_size, void* user) {
  const auto& wanted = *static_cast<const std::vector<std::string>*>(user);
  for (const std::string& name : wanted) {
    for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
      const std::string_view have(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
      if (have != name) continue;
      *out = offered + at + 1;
      *out_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<void> use_certificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.cert_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    return fail(Code::kInvalidArgument,
                format("certificate {}: {}", options.cert_file, take_openssl_error()));
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Code::kInvalidArgument,
                format("key {}: {}", options.key_file, take_openssl_error()));
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return fail(Code::kInvalidArgument, format("key {} does not belong to certificate {}",
                                               options.key_file, options.cert_file));
  }
  return {};
}

Result<void> use_authorities(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
    return fail(Code::kInvalidArgument,
                format("authorities {}: {}", options.ca_file, take_openssl_error()));
  }
  if (options.crl_file.empty()) return {};
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr ||
      X509_load_crl_file(lookup, options.crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
    return fail(Code::kInvalidArgument,
                format("revocation list {}: {}", options.crl_file, take_openssl_error()));
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

Result<void> use_ciphers(SSL_CTX* context, const std::vector<std::string>& suites) {
  if (suites.empty()) return {};
  std::string list;
  for (const std::string& suite : suites) {
    const auto found = cipher_names().find(suite);
    if (found == cipher_names().end()) {
      return fail(Code::kInvalidArgument, format("unexpected TLS cipher suite \"{}\"", suite));
    }
    if (!list.empty()) list += ':';
    list += found->second;
  }
  if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) {
    return fail(Code::kInvalidArgument, format("cipher suites: {}", take_openssl_error()));
  }
  return {};
}

std::string common_name_of(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  // With its length: a zero byte inside must not make a shorter name of it.
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return name;
}

void add_alternative_names(X509* certificate, TlsPeer& peer) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      peer.dns_names.emplace_back(
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
          static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      const ASN1_OCTET_STRING* raw = name->d.iPAddress;
      char text[INET6_ADDRSTRLEN] = "";
      ::inet_ntop(raw->length == 4 ? AF_INET : AF_INET6, raw->data, text, sizeof text);
      peer.ip_addresses.emplace_back(text);
    }
  }
  GENERAL_NAMES_free(names);
}

bool is_for_host(X509* certificate, const std::string& name) {
  if (is_address(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                         nullptr) == 1;
}

bool is_one_of(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

bool is_known_cipher_suite(std::string_view name) {
  return cipher_names().contains(name);
}

std::string TlsContext::Impl::files_stamp() const {
  std::string text;
  for (const std::string* file :
       {&options.cert_file, &options.key_file, &options.ca_file, &options.crl_file}) {
    struct stat info{};
    if (file->empty() || ::stat(file->c_str(), &info) != 0) continue;
    text += format("{}:{}:{}:{};", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                   info.st_mtim.tv_nsec);
  }
  return text;
}

Result<void> TlsContext::Impl::load() {
  std::string new_stamp = files_stamp();
  const std::shared_ptr<SSL_CTX> fresh(
      SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
  SSL_CTX* raw = fresh.get();
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  // No resumption: what was allowed once is asked again, and with fresh files.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_min_proto_version(raw, TRY(version_number(options.min_version)));
  SSL_CTX_set_max_proto_version(raw, TRY(version_number(options.max_version)));
  TRY(use_certificate(raw, options));
  TRY(use_authorities(raw, options));
  TRY(use_ciphers(raw, options.cipher_suites));
  if (options.verify_peer) {
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | (is_server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    // Tells clients with several certificates which one is wanted.
    if (is_server && !options.ca_file.empty()) {
      SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.ca_file.c_str()));
    }
  }
  if (is_server) {
    SSL_CTX_set_alpn_select_cb(raw, choose_alpn, &options.alpn);
  } else {
    std::string offered;
    for (const std::string& name : options.alpn) {
      offered += static_cast<char>(name.size());
      offered += name;
    }
    SSL_CTX_set_alpn_protos(raw, reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
  }
  context = fresh;
  stamp = std::move(new_stamp);
  return {};
}

void TlsContext::Impl::refresh() {
  if (files_stamp() == stamp) return;
  // A half-written renewal: what was good stays in use until the files are.
  const auto loaded = load();
  (void)loaded;
}

Result<TlsPeer> TlsContext::Impl::inspect(SSL* ssl) const {
  TlsPeer peer;
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn != nullptr) peer.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl),
                                                                X509_free);
  if (certificate) {
    peer.has_certificate = true;
    peer.common_name = common_name_of(certificate.get());
    add_alternative_names(certificate.get(), peer);
  }
  if (!options.allowed_cns.empty() && !is_one_of(options.allowed_cns, peer.common_name)) {
    return fail(Code::kUnauthenticated, "client certificate authentication failed");
  }
  if (!options.allowed_hostnames.empty()) {
    const bool allowed = std::any_of(options.allowed_hostnames.begin(),
                                     options.allowed_hostnames.end(), [&](const std::string& name) {
                                       return certificate && is_for_host(certificate.get(), name);
                                     });
    if (!allowed) {
      return fail(Code::kUnauthenticated, "client certificate authentication failed");
    }
  }
  return peer;
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::make(bool is_server, TlsOptions options) {
  if (is_server && (options.cert_file.empty() || options.key_file.empty())) {
    return fail(Code::kInvalidArgument, "a TLS server needs a certificate and a key");
  }
  auto impl = std::make_unique<Impl>();
  impl->is_server = is_server;
  impl->options = std::move(options);
  TRY(impl->load());
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

}  // namespace argosy
