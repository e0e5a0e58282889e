#include "parts/update_service/auth/identity.h"

namespace argosy::update_service::auth {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kOperator:
      return "operator";
    case Role::kAdmin:
      return "admin";
  }
  return "";
}

std::optional<Role> parse_role(std::string_view name) {
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    if (name == role_name(role)) return role;
  }
  return std::nullopt;
}

}  // namespace argosy::update_service::auth
