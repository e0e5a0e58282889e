// The partition types that have a name here: those of cgpt, of both its families.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/gpt/guid.h"

namespace argosy::gpt {

inline constexpr Guid kUnused{};
inline constexpr Guid kEfiSystem = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"_guid;
inline constexpr Guid kBiosBoot = "21686148-6449-6e6f-744e-656564454649"_guid;
inline constexpr Guid kLinuxData = "0fc63daf-8483-4772-8e79-3d69d8477de4"_guid;
inline constexpr Guid kChromeOsKernel = "fe3a2a5d-4f32-41a7-b725-accc3285a309"_guid;
// A slot for /usr: GRUB and `cgpt next` choose among these by their attributes.
inline constexpr Guid kUsrSlot = "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6"_guid;
// Grown at boot to the space that follows.
inline constexpr Guid kAutoResize = "3884dd41-8582-4404-b9a8-e9b84f2df50e"_guid;
inline constexpr Guid kOsReserved = "c95dc21a-df0e-4340-8d7b-26cbfa9a03e0"_guid;
inline constexpr Guid kRootRaid = "be9067b9-ea49-4f15-b4f6-f36f8c9e1818"_guid;

struct TypeAlias {
  Guid type;
  std::string_view name;
  std::string_view description;
};

// In the order of cgpt's help. A type may stand there twice: its first description is
// the one that cgpt shows.
std::span<const TypeAlias> type_aliases();

// By exact name.
std::optional<Guid> type_of_alias(std::string_view name);
std::optional<std::string_view> description_of(const Guid& type);

}  // namespace argosy::gpt
