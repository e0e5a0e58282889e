// cgpt boot: sector 0 for SYSLINUX 3, which finds its partition by the GUID there.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "base/format.h"
#include "lib/gpt/plan.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/drive/sanity.h"

namespace argosy::os {
namespace {

struct Parameters {
  uint32_t number = 0;
  std::optional<std::string> code_path;
  bool make_mbr = false;

  bool is_edit() const { return number != 0 || code_path || make_mbr; }
};

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} boot [OPTIONS] DRIVE\n\n"
      "Edit the PMBR sector for legacy BIOSes\n\n"
      "For use with SYSLINUX 3's gptmbr.bin only!\n\n"
      "Options:\n"
      "  -i NUM       Set bootable partition\n"
      "  -b FILE      Install bootloader code in the PMBR\n"
      "  -p           Create legacy PMBR partition table\n"
      "\n"
      "With no options, it will just print the PMBR boot guid\n"
      "\n",
      report.program());
}

bool set_partition(Report& report, const Drive& drive, uint32_t number, gpt::Mbr& mbr) {
  const gpt::Inspection found = drive.inspect();
  if (!found.is_usable()) {
    report.error(sanity_text(found.verdict) + "\n");
    return false;
  }
  const gpt::Table table = gpt::table_of(found);
  const gpt::Entry* entry = gpt::find(table, number);
  if (entry == nullptr) {
    report.error(format("invalid partition number: {}\n", static_cast<int32_t>(number)));
    return false;
  }
  mbr.set_boot_guid(entry->unique);
  return true;
}

bool set_code(Report& report, const std::string& path, gpt::Mbr& mbr) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) {
    report.error(format("Can't read {}: {}\n", path, std::strerror(errno)));
    return false;
  }
  Bytes code(gpt::Mbr::kSyslinuxCodeBytes, '\0');
  errno = 0;
  const ssize_t count = ::read(fd.get(), code.data(), code.size());
  if (count < 1) {
    report.error(format("problem reading {}: {}\n", path, std::strerror(errno)));
    return false;
  }
  mbr.set_boot_code(BytesView(code).substr(0, static_cast<size_t>(count)));
  return true;
}

int boot(Report& report, const std::string& path, const Parameters& parameters) {
  auto drive = open_drive(report, path, {.write = parameters.is_edit()});
  if (!drive) return kFailed;
  const auto sector = drive->read(0, gpt::kMbrBytes);
  if (!sector) {
    report.error("Unable to read PMBR\n");
    return kFailed;
  }
  gpt::Mbr mbr(*sector);
  if (parameters.make_mbr) {
    mbr = gpt::Mbr();
    mbr.protect(drive->geometry());
    mbr.mark_syslinux();
  }
  if (parameters.number != 0 && !set_partition(report, *drive, parameters.number, mbr)) {
    return kFailed;
  }
  if (parameters.code_path && !set_code(report, *parameters.code_path, mbr)) return kFailed;
  report.print(gpt::to_upper_text(mbr.boot_guid()) + "\n");
  if (!parameters.is_edit()) return kDone;
  return carry_out(report, *drive, {{{{gpt::Piece::kBootSector, 0, mbr.bytes()}}}});
}

}  // namespace

int run_boot(Call& call) {
  Report& report = call.report;
  Parameters parameters;
  const Options parsed = parse_options(call.arguments, "hi:b:p");
  const auto ended = take_options(report, parsed, usage(report), [&](const Option& option) {
    if (option.letter == 'i') {
      parameters.number = static_cast<uint32_t>(take_number(report, option));
    }
    if (option.letter == 'b') parameters.code_path = option.argument;
    if (option.letter == 'p') parameters.make_mbr = true;
  });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.error("missing drive argument\n");
    return kFailed;
  }
  return boot(report, parsed.operands.front(), parameters);
}

}  // namespace argosy::os
