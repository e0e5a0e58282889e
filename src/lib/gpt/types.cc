#include "lib/gpt/types.h"

namespace argosy::gpt {
namespace {

constexpr Guid kMicrosoftData = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"_guid;
constexpr Guid kChromeOsFirmware = "cab6e88e-abf3-4102-a07a-d4bb9be3c1d3"_guid;
constexpr Guid kChromeOsRoot = "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec"_guid;
constexpr Guid kChromeOsReserved = "2e0a753d-9e48-43b0-8337-b15192cb1b5e"_guid;

constexpr TypeAlias kAliases[] = {
    {kChromeOsFirmware, "firmware", "ChromeOS firmware"},
    {kChromeOsKernel, "kernel", "ChromeOS kernel"},
    {kChromeOsRoot, "rootfs", "ChromeOS rootfs"},
    {kLinuxData, "data", "Alias for linux-data"},
    {kMicrosoftData, "chromeos-data", "Alias for mswin-data"},
    {kChromeOsReserved, "reserved", "ChromeOS reserved"},
    {kMicrosoftData, "mswin-data", "MS Windows data"},
    {kEfiSystem, "efi", "EFI System Partition"},
    {kBiosBoot, "bios", "BIOS Boot Partition"},
    {kUnused, "unused", "Unused (nonexistent) partition"},
    {kLinuxData, "linux-data", "Linux data"},
    {"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"_guid, "linux-swap", "Linux swap"},
    {"bc13c2ff-59e6-4262-a352-b275fd6f7172"_guid, "linux-boot", "Linux /boot"},
    {"933ac7e1-2eb4-4f13-b844-0e14e2aef915"_guid, "linux-home", "Linux /home"},
    {"e6d6d379-f507-44c2-a23c-238f2a3df928"_guid, "linux-lvm", "Linux LVM"},
    {"a19d880f-05fc-4d3b-a006-743f0f84911e"_guid, "linux-raid", "Linux RAID"},
    {"8da63339-0007-60c0-c436-083ac8230908"_guid, "linux-reserved", "Linux reserved"},
    {kUsrSlot, "coreos-usr", "Alias for coreos-rootfs"},
    {kUsrSlot, "coreos-rootfs", "CoreOS rootfs"},
    {kAutoResize, "coreos-resize", "CoreOS auto-resize"},
    {kOsReserved, "coreos-reserved", "CoreOS reserved"},
    {kRootRaid, "coreos-root-raid", "CoreOS RAID containing root"},
    {kUsrSlot, "flatcar-usr", "Alias for flatcar-rootfs"},
    {kUsrSlot, "flatcar-rootfs", "Flatcar Container Linux rootfs"},
    {kAutoResize, "flatcar-resize", "Flatcar Container Linux auto-resize"},
    {kOsReserved, "flatcar-reserved", "Flatcar Container Linux reserved"},
    {kRootRaid, "flatcar-root-raid", "Flatcar Container Linux RAID containing root"},
};

}  // namespace

std::span<const TypeAlias> type_aliases() {
  return kAliases;
}

std::optional<Guid> type_of_alias(std::string_view name) {
  for (const TypeAlias& alias : kAliases) {
    if (alias.name == name) return alias.type;
  }
  return std::nullopt;
}

std::optional<std::string_view> description_of(const Guid& type) {
  for (const TypeAlias& alias : kAliases) {
    if (alias.type == type) return alias.description;
  }
  return std::nullopt;
}

}  // namespace argosy::gpt
