#include "lib/etcd_client/v2_keys.h"
#include "parts/locksmith/store/backends.h"
#include "parts/locksmith/store/client_options.h"

namespace argosy::locksmith {
namespace {

// v2 changes one key at a time: there are no notes, which could stay behind.
class V2Backend final : public Backend {
 public:
  V2Backend(std::unique_ptr<etcd_client::V2Keys> keys, const std::string& group)
      : keys_(std::move(keys)), key_(semaphore_key(group)) {}

  Task<void> create(std::string json) override {
    const auto created = co_await result(keys_->create(key_, std::move(json)));
    if (created) co_return;
    if (etcd_client::v2_error_code(created.error()) == etcd_client::kV2KeyExists) co_return;
    co_await failure(created.error());
  }

  Task<Found> read() override {
    const etcd_client::V2Node node = co_await keys_->get(key_);
    co_return Found{node.value, node.modified};
  }

  Task<void> replace(std::string json, Found found, std::optional<Note>) override {
    co_await keys_->compare_and_swap(key_, std::move(json), found.version);
  }

  Task<std::vector<HolderNote>> notes() override { co_return std::vector<HolderNote>(); }

 private:
  std::unique_ptr<etcd_client::V2Keys> keys_;
  std::string key_;
};

}  // namespace

Task<std::unique_ptr<Backend>> make_v2_backend(Loop& loop, Network& network,
                                               StoreSettings settings) {
  auto keys = co_await etcd_client::V2Keys::make(loop, network, client_options(settings));
  co_return std::make_unique<V2Backend>(std::move(keys), settings.group);
}

Task<bool> has_only_v2(Loop& loop, Network& network, StoreSettings settings) {
  auto keys = co_await etcd_client::V2Keys::make(loop, network, client_options(settings));
  const auto version = co_await result(keys->server_version());
  co_return version && (version->starts_with("2.") || version->starts_with("etcd 0."));
}

}  // namespace argosy::locksmith
