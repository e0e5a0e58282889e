// Who asks, and what they may do. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argosy::update_service::auth {

// Each may what those before may.
enum class Role : uint8_t {
  kViewer = 1,    // sees everything but users
  kOperator = 2,  // rollouts, groups, channels, packages, names of machines
  kAdmin = 3,     // applications, users and tokens
};
// "viewer", "operator", "admin".
std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view name);

struct Identity {
  std::string name;
  Role role = Role::kViewer;
  std::string token_id;  // of the token that says so; empty: of the configuration

  bool may(Role least) const { return role >= least; }
  bool operator==(const Identity&) const = default;
};

}  // namespace argosy::update_service::auth
