#include "lib/etcd_client/client.h"
#include "parts/locksmith/store/backends.h"
#include "parts/locksmith/store/client_options.h"

namespace argosy::locksmith {
namespace {

using etcd_client::Compare;
using etcd_client::Operation;

class V3Backend final : public Backend {
 public:
  V3Backend(std::unique_ptr<etcd_client::Client> client, std::string group)
      : client_(std::move(client)), group_(std::move(group)), key_(semaphore_key(group_)) {}

  Task<void> create(std::string json) override {
    etcd_client::Txn txn;
    txn.compares = {Compare::version(key_, 0)};
    txn.success = {Operation::put(key_, std::move(json))};
    co_await client_->txn(std::move(txn));
  }

  Task<Found> read() override {
    const auto kv = co_await client_->get_key(key_);
    if (!kv) co_return fail(Code::kNotFound, "key not found");
    co_return Found{kv->value, static_cast<uint64_t>(kv->modified.value())};
  }

  Task<void> replace(std::string json, Found found, std::optional<Note> note) override {
    etcd_client::Txn txn;
    txn.compares = {
        Compare::modified(key_, etcd_client::Revision(static_cast<int64_t>(found.version)))};
    txn.success = {Operation::put(key_, std::move(json))};
    if (note) {
      const std::string key = holder_key(group_, note->id);
      txn.success.push_back(note->note ? Operation::put(key, to_json(*note->note))
                                       : Operation::remove(key));
    }
    const auto done = co_await client_->txn(std::move(txn));
    if (!done.succeeded) {
      co_await failure(Code::kAborted,
                       "failed to set the semaphore - it got updated in the meantime");
    }
  }

  Task<std::vector<HolderNote>> notes() override {
    const std::string prefix = holder_prefix(group_);
    const auto found =
        co_await client_->get({.key = prefix, .end = etcd_client::prefix_end(prefix)});
    std::vector<HolderNote> notes;
    for (const etcd_client::KeyValue& kv : found.kvs) {
      if (auto note = parse_holder_note(kv.value)) notes.push_back(*std::move(note));
    }
    co_return std::move(notes);
  }

 private:
  std::unique_ptr<etcd_client::Client> client_;
  std::string group_;
  std::string key_;
};

}  // namespace

Task<std::unique_ptr<Backend>> make_v3_backend(Loop& loop, Network& network, Random& random,
                                               StoreSettings settings) {
  auto client = co_await etcd_client::Client::make(loop, network, random, client_options(settings));
  co_return std::make_unique<V3Backend>(std::move(client), settings.group);
}

}  // namespace argosy::locksmith
