#include "parts/update_engine/install/application.h"

#include <algorithm>

#include "base/format.h"
#include "parts/update_engine/install/targets.h"
#include "parts/update_engine/install/worker_threads.h"

namespace argosy::update_engine {

using payload::Applier;

Application::Application(Disk& disk, Store& store, ApplicationOptions options)
    : disk_(disk), store_(store), options_(std::move(options)) {}
Application::~Application() = default;

Result<void> Application::open_files(ErrorCode& code) {
  const Slots& slots = options_.slots;
  code = ErrorCode::kInstallDeviceOpenError;
  active_file_ = TRY(disk_.open(slots.active, {.write = false}));
  active_ = payload::file_storage(*active_file_, payload::Storage::kUnbounded, true);
  slot_ = TRY(SlotStorage::open(disk_, slots.other, slots.bytes));
  code = ErrorCode::kKernelDeviceOpenError;
  if (exists(disk_, slots.active_kernel)) {
    kernel_file_ = TRY(disk_.open(slots.active_kernel, {.write = false}));
    active_kernel_ = payload::file_storage(*kernel_file_, payload::Storage::kUnbounded, false);
  }
  kernel_ = std::make_unique<FileOnDemand>(disk_, slots.kernel);
  pcr_policy_ = std::make_unique<FileOnDemand>(disk_, slots.pcr_policy);
  code = ErrorCode::kSuccess;
  return {};
}

Result<std::unique_ptr<Application>> Application::open(Disk& disk, Store& store,
                                                       ApplicationOptions options,
                                                       ErrorCode& code) {
  std::unique_ptr<Application> made(new Application(disk, store, std::move(options)));
  TRY(made->open_files(code));
  const ApplicationOptions& given = made->options_;
  std::vector<payload::Target> targets{
      {std::string(payload::kMainPartition), made->slot_.get(), made->active_.get()},
      {std::string(payload::kKernelFile), made->kernel_.get(), made->active_kernel_.get()},
      {std::string(payload::kPcrPolicyFile), made->pcr_policy_.get(), nullptr}};
  if (given.threads) made->threads_ = std::make_unique<WorkerThreads>(*given.threads);
  payload::Expectations expect{.size = given.size,
                               .sha256 = given.sha256,
                               .keys = given.keys,
                               .limits = {},
                               .executor = made->threads_.get()};
  made->applier_ =
      given.resume ? std::make_unique<Applier>(std::move(targets), std::move(expect), *given.resume)
                   : std::make_unique<Applier>(std::move(targets), std::move(expect));
  return made;
}

Result<void> Application::feed(BytesView bytes) {
  const bool was_known = applier_->manifest() != nullptr;
  TRY(applier_->feed(bytes));
  if (!was_known && applier_->manifest() != nullptr) is_full_ = is_full();
  return {};
}

Result<void> Application::verify_payload() {
  return applier_->verify_payload();
}

Result<void> Application::finish() {
  slot_->begin_verification();
  TRY(applier_->finish());
  return make_durable();
}

ErrorCode Application::error_code() const {
  if (kernel_->failed_to_open()) return ErrorCode::kKernelDeviceOpenError;
  return applier_->error_code();
}

// By paths, so that the files that are being written need not stand still.
Result<void> Application::make_durable() {
  const Slots& slots = options_.slots;
  const auto slot = TRY(disk_.open(slots.other, {.write = false}));
  TRY(slot->sync_data());
  TRY(sync_path(disk_, slots.kernel));
  return sync_path(disk_, slots.pcr_policy);
}

Result<void> Application::commit(const payload::Checkpoint& checkpoint) {
  TRY(make_durable());
  return store_.save(checkpoint, is_full_);
}

bool Application::has_part(std::string_view name) const {
  if (applier_->manifest() == nullptr) return false;
  const auto parts = payload::parts_of(*applier_->manifest());
  return std::ranges::any_of(parts, [&](const payload::Part& one) { return one.name == name; });
}
bool Application::has_kernel() const {
  return has_part(payload::kKernelFile);
}
bool Application::has_pcr_policy() const {
  return has_part(payload::kPcrPolicyFile);
}

bool Application::is_full() const {
  const auto parts = payload::parts_of(*applier_->manifest());
  return std::ranges::all_of(parts, [](const payload::Part& part) {
    return part.old_info == nullptr &&
           std::ranges::all_of(*part.operations, [](const payload::Operation& operation) {
             return operation.src_extents.empty();
           });
  });
}

}  // namespace argosy::update_engine
