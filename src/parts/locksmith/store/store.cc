#include "parts/locksmith/store/store.h"

#include <algorithm>

#include "io/task/loop.h"
#include "parts/locksmith/store/backends.h"

namespace argosy::locksmith {

Result<Api> parse_api(std::string_view text) {
  if (text.empty() || text == "auto") return Api::kAuto;
  if (text == "v2" || text == "2") return Api::kV2;
  if (text == "v3" || text == "3") return Api::kV3;
  return fail(Code::kInvalidArgument,
              "the interface of etcd is auto, v2 or v3, not " + std::string(text));
}

Task<std::unique_ptr<LockStore>> LockStore::open(Loop& loop, Network& network, Random& random,
                                                 StoreSettings settings) {
  const std::string initial = to_json(Semaphore());
  if (settings.api != Api::kV2) {
    auto backend = co_await make_v3_backend(loop, network, random, settings);
    const auto created = co_await result(backend->create(initial));
    if (created) co_return std::make_unique<LockStore>(loop, std::move(backend));
    const bool may_be_old = settings.api == Api::kAuto &&
                            created.error().code() != Code::kUnauthenticated &&
                            created.error().code() != Code::kPermissionDenied;
    if (!may_be_old || !co_await has_only_v2(loop, network, settings)) {
      co_return fail(created.error());
    }
  }
  auto backend = co_await make_v2_backend(loop, network, settings);
  co_await backend->create(initial);
  co_return std::make_unique<LockStore>(loop, std::move(backend));
}

Task<Semaphore> LockStore::read() {
  const Backend::Found found = co_await backend_->read();
  co_return (co_await parse_semaphore(found.json)).semaphore;
}

Task<void> LockStore::change(Change change, std::optional<Backend::Note> note) {
  Backend::Found found = co_await backend_->read();
  StoredSemaphore stored = co_await parse_semaphore(found.json);
  co_await change(stored.semaphore);
  const bool has_list = stored.has_list || !stored.semaphore.holders.empty();
  co_await backend_->replace(to_json(stored.semaphore, has_list), std::move(found),
                             std::move(note));
}

Backend::Note LockStore::note_of(std::string id) const {
  const auto now = std::chrono::floor<seconds>(loop_.wall_now().time_since_epoch()).count();
  return {id, HolderNote{id, now}};
}

Task<void> LockStore::lock(std::string id) {
  co_await change([id](Semaphore& semaphore) { return semaphore.lock(id); }, note_of(id));
}

Task<void> LockStore::lock_again(std::string id) {
  co_await change(
      [id](Semaphore& semaphore) -> Result<void> {
        if (semaphore.is_held_by(id)) return fail(Code::kAlreadyExists, "holder exists");
        return semaphore.lock(id);
      },
      note_of(id));
}

Task<void> LockStore::unlock(std::string id) {
  co_await change([id](Semaphore& semaphore) { return semaphore.unlock(id); },
                  Backend::Note{id, std::nullopt});
}

Task<LockStore::MaxChange> LockStore::set_max(int64_t max) {
  auto outcome = std::make_shared<MaxChange>();
  co_await change(
      [outcome, max](Semaphore& semaphore) -> Result<void> {
        outcome->before = semaphore.max;
        semaphore.set_max(max);
        outcome->after = semaphore.max;
        return {};
      },
      std::nullopt);
  co_return *outcome;
}

Task<std::vector<HolderNote>> LockStore::holder_notes() {
  const Semaphore semaphore = co_await read();
  std::vector<HolderNote> notes = co_await backend_->notes();
  std::erase_if(notes, [&](const HolderNote& note) { return !semaphore.is_held_by(note.machine); });
  co_return std::move(notes);
}

}  // namespace argosy::locksmith
