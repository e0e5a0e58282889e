// How the settings name an etcd client's. Private to this folder.
#pragma once

#include "lib/etcd_client/client.h"
#include "parts/locksmith/store/store.h"

namespace argosy::locksmith {

inline etcd_client::ClientOptions client_options(const StoreSettings& settings) {
  etcd_client::ClientOptions options;
  options.endpoints = settings.endpoints;
  options.ca_file = settings.ca_file;
  options.cert_file = settings.cert_file;
  options.key_file = settings.key_file;
  options.username = settings.username;
  options.password = settings.password;
  return options;
}

}  // namespace argosy::locksmith
