#include "parts/update_engine/install/work.h"

#include "base/format.h"
#include "parts/update_engine/status/status.h"
#include "sys/log/log.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kLargestKey = 1 << 20;

Result<void> refuse(Installer::Work& work, ErrorCode code, Error error) {
  work.outcome.code = code;
  work.outcome.text = error.text();
  return fail(std::move(error));
}

Result<std::optional<payload::Keyring>> read_keys(Disk& disk, const std::string& path) {
  if (path.empty() || !exists(disk, path)) {
    log_warn("no public key: the payload's signature will not be checked", {{"path", path}});
    return std::nullopt;
  }
  const Bytes pem = TRY(read_file(disk, path, kLargestKey));
  return TRY(payload::Keyring::from_pem({pem}));
}

// Nothing for an update that has to begin anew.
Result<std::optional<payload::Checkpoint>> take_up(Installer::Work& work) {
  auto checkpoint = work.store.resumable(work.job.payload_hash);
  if (checkpoint) {
    TRY(work.store.count_resumption());
    log_info("resuming an interrupted update", {{"operation", checkpoint->next_operation}});
  } else {
    TRY(work.store.begin(work.job.payload_hash));
  }
  return checkpoint;
}

Result<ApplicationOptions> plan(Installer::Work& work) {
  ApplicationOptions options;
  if (!work.job.payload_hash.empty()) {
    auto sha256 = from_base64(work.job.payload_hash);
    if (!sha256 || sha256->size() != 32) {
      return fail(Code::kInvalidArgument, format("{} is no SHA-256", work.job.payload_hash));
    }
    options.sha256 = *std::move(sha256);
  }
  if (work.job.size > 0) options.size = work.job.size;
  options.threads = 0;
  work.slots = TRY(find_slots(work.disk, work.machine.slots));
  options.slots = work.slots;
  return options;
}

}  // namespace

Result<void> prepare(Installer::Work& work) {
  auto options = plan(work);
  if (!options) {
    return refuse(work, ErrorCode::kOmahaResponseHandlerError, std::move(options).error());
  }
  auto keys = read_keys(work.disk, work.machine.public_key);
  if (!keys) {
    return refuse(work, ErrorCode::kDownloadPayloadPubKeyVerification, std::move(keys).error());
  }
  options->keys = *std::move(keys);
  auto checkpoint = take_up(work);
  if (!checkpoint) {
    return refuse(work, ErrorCode::kDownloadStateInitialization, std::move(checkpoint).error());
  }
  options->resume = *std::move(checkpoint);
  work.outcome.is_resumed = options->resume.has_value();
  log_info("installing", {{"from", work.slots.active},
                          {"to", work.slots.other},
                          {"bytes", work.slots.bytes},
                          {"kernel", work.slots.kernel}});
  ErrorCode code = ErrorCode::kSuccess;
  auto made = Application::open(work.disk, work.store, *std::move(options), code);
  if (!made) return refuse(work, code, std::move(made).error());
  work.application = *std::move(made);
  return {};
}

Result<void> apply_piece(Installer::Work& work, BytesView piece) {
  if (work.is_disk_bad) {
    return refuse(work, ErrorCode::kDownloadWrite,
                  Error(Code::kDataLoss, "the slot can't be made durable"));
  }
  if (auto done = work.application->feed(piece); !done) {
    return refuse(work, work.application->error_code(), std::move(done).error());
  }
  return {};
}

Result<void> verify_payload(Installer::Work& work) {
  if (auto done = work.application->verify_payload(); !done) {
    return refuse(work, work.application->error_code(), std::move(done).error());
  }
  return {};
}

Result<void> verify_slot(Installer::Work& work) {
  if (auto done = work.application->finish(); !done) {
    ErrorCode code = work.application->error_code();
    if (code == ErrorCode::kSuccess) code = ErrorCode::kNewRootfsVerification;
    return refuse(work, code, std::move(done).error());
  }
  return {};
}

Result<void> make_bootable(Installer::Work& work) {
  Postinst postinst{.device = work.slots.other,
                    .arguments = {},
                    .limit = work.machine.postinst_limit,
                    .temporary_directory = work.machine.temporary_directory};
  if (work.application->has_kernel()) {
    postinst.arguments.push_back("KERNEL=" + work.slots.kernel);
  }
  if (work.application->has_pcr_policy()) {
    postinst.arguments.push_back("PCR_POLICY=" + work.slots.pcr_policy);
  }
  const PostinstOutcome outcome = run_postinst(postinst, work.stop.get_token());
  if (outcome.code == ErrorCode::kSuccess) return {};
  return refuse(work, outcome.code, Error(Code::kAborted, outcome.text));
}

Result<void> conclude(Installer::Work& work) {
  const ErrorCode code = work.outcome.code;
  if (code == ErrorCode::kSuccess || loses_progress(Status::kDownloading, code)) {
    return work.store.forget_progress();
  }
  return {};
}

void commit(Installer::Work& work, const payload::Checkpoint& checkpoint) {
  auto done = work.application->commit(checkpoint);
  if (done) return;
  log_error("an update's progress can't be saved", {{"error", done.error()}});
  work.is_disk_bad = true;
}

}  // namespace argosy::update_engine
