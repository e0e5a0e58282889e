// The machine's installer: what Installer does with its threads and its network, without them.
#include "lib/gpt/slots.h"
#include "parts/update_engine/install/application.h"
#include "parts/update_engine/simulation/machine_test.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kPiece = 5000;
constexpr uint64_t kPiecesPerCheckpoint = 3;

}  // namespace

Slots Machine::slots() const {
  const bool is_third = number_ == 3;
  return {.active = is_third ? "/dev/sda3" : "/dev/sda4",
          .other = is_third ? "/dev/sda4" : "/dev/sda3",
          .letter = is_third ? 'b' : 'a',
          .active_kernel = is_third ? "/boot/coreos/vmlinuz-a" : "/boot/coreos/vmlinuz-b",
          .kernel = is_third ? "/boot/coreos/vmlinuz-b" : "/boot/coreos/vmlinuz-a",
          .pcr_policy = "/var/lib/update_engine/pcrs.zip",
          .bytes = kSlotBytes};
}

InstallEnd Machine::install(const InstallPlan& plan) {
  InstallEnd end;
  end.code = apply(server_.release(plan.version), plan.sha256, end.is_resumed);
  resumptions_ += end.is_resumed ? 1 : 0;
  const bool is_over =
      end.code == ErrorCode::kSuccess || loses_progress(Status::kDownloading, end.code);
  if (is_over) (void)store_->forget_progress();
  return end;
}

ErrorCode Machine::apply(const Release& release, const std::string& hash, bool& is_resumed) {
  ApplicationOptions options{.slots = slots(),
                             .keys = {},
                             .size = release.payload.size(),
                             .sha256 = sha256(release.payload),
                             .resume = store_->resumable(hash)};
  is_resumed = options.resume.has_value();
  const auto begun = is_resumed ? store_->count_resumption() : store_->begin(hash);
  if (!begun) return ErrorCode::kDownloadStateInitialization;
  ErrorCode code = ErrorCode::kError;
  const auto made = Application::open(partitions_, *store_, std::move(options), code);
  if (!made) return code;
  Application& application = **made;
  // Some connections break.
  const uint64_t enough = random_.chance(3) ? random_.below(20) : UINT64_MAX;
  for (uint64_t pieces = 0; application.position() < release.payload.size(); ++pieces) {
    if (pieces == enough) return ErrorCode::kDownloadTransferError;
    const Bytes piece = release.payload.substr(application.position(), kPiece);
    perform(attempter_->on_received(piece.size()));
    if (!application.feed(piece)) return application.error_code();
    perform(attempter_->on_progress(application.position(), release.payload.size(), now()));
    const auto checkpoint = application.checkpoint();
    if (pieces % kPiecesPerCheckpoint == 0 && checkpoint && !application.commit(*checkpoint)) {
      return ErrorCode::kDownloadWrite;
    }
  }
  if (!application.verify_payload()) return application.error_code();
  perform(attempter_->on_downloaded(now()));
  if (!application.finish()) return ErrorCode::kNewRootfsVerification;
  return run_postinst() ? ErrorCode::kSuccess : ErrorCode::kPostinstallRunnerError;
}

// `cgpt repair`, `cgpt add -S0 -T1`, `cgpt prioritize`.
Result<void> Machine::run_postinst() {
  const gpt::Inspection found = TRY(look());
  gpt::Table table = gpt::repaired(found);
  const uint32_t other = number_ == 3 ? 4 : 3;
  gpt::mark_for_trial(table.entries[other - 1]);
  TRY(gpt::prioritize(table, {.number = other}));
  return write_table(table);
}

}  // namespace argosy::update_engine
