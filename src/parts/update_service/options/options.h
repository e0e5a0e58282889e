// update-service's flags. Not judged: what they name may not exist, or not fit together.
#pragma once

#include <string>

#include "lib/cli/flag_set.h"
#include "lib/cli/server_flags.h"
#include "parts/update_service/mirror/mirror.h"
#include "parts/update_service/oidc/login.h"
#include "parts/update_service/server/server.h"

namespace argosy::update_service {

struct OidcFlags {
  oidc::LoginOptions login;
  std::string client_secret_file;
  std::string admin_roles, operator_roles, viewer_roles, scopes;
  std::string management_url, logout_url;
};

struct Options {
  std::string host;
  uint64_t port = 0;
  std::string database;
  bool is_debug = false;
  std::string public_url;
  uint64_t max_floors = 0;
  bool hosts_packages = false;
  std::string packages_path;
  uint64_t max_upload = 0;
  uint64_t max_download_rate = 0;
  bool mirrors = false;
  MirrorOptions mirror;
  std::string sync_keys_file;
  std::string auth_mode;
  std::string root_token_file;
  std::string channel_keys_file;
  std::string title;
  std::string session_secret_file;
  OidcFlags oidc;
  std::string page_directory;
  ServerOptions server;
};

void add_flags(cli::FlagSet& flags, Options& options);
// UPDATE_SERVICE_FLAG, then the variables that Nebraska has, where the command line says nothing.
Result<void> read_environment(cli::FlagSet& flags, const cli::Environment& environment);

}  // namespace argosy::update_service
