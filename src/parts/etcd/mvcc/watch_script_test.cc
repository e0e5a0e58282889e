// Watches and what their streams show, from testdata/watch.txt.
#include <doctest/doctest.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/mvcc/script.h"
#include "parts/etcd/mvcc/test_leases.h"
#include "parts/etcd/mvcc/watch_events.h"
#include "parts/etcd/mvcc/watch_hub.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::mvcc {
namespace {

struct Words {
  std::vector<std::string> list;
  std::map<std::string, std::string> options;

  explicit Words(const std::string& line) {
    for (const std::string_view part : split(line, ' ')) {
      if (const auto option = cut(part, "=")) {
        options.emplace(option->first, option->second);
      } else {
        list.emplace_back(part == "\\0" ? std::string_view("\0", 1) : part);
      }
    }
  }
  std::string at(size_t i) const { return i < list.size() ? list[i] : ""; }
  int64_t number(size_t i) const { return parse_int(at(i)).value_or(0); }
  bool has(const std::string& name) const { return std::ranges::find(list, name) != list.end(); }
  int64_t option(const std::string& name) const {
    const auto found = options.find(name);
    return found != options.end() ? parse_int(found->second).value() : 0;
  }
};

std::string show(const WatchedEvent& event) {
  const auto show_kv = [](const KeyValueView& kv) {
    return format("{}={} create={} mod={} version={}", kv.key, kv.value, kv.create_revision,
                  kv.mod_revision, kv.version);
  };
  std::string text = format("  {} {}", event.is_delete ? "DELETE" : "PUT", show_kv(event.kv));
  if (event.prev_kv) text += format(" (before: {})", show_kv(*event.prev_kv));
  return text + "\n";
}

std::string show(const WatchResponse& response) {
  std::string text = format("id={} revision={}", response.watch_id, response.revision);
  if (response.created) text += " created";
  if (response.canceled) text += " canceled";
  if (response.compact_revision != 0) text += format(" compacted={}", response.compact_revision);
  if (!response.cancel_reason.empty()) text += format(" '{}'", response.cancel_reason);
  text += "\n";
  if (!response.events) return text;
  for (const WatchedEvent& event : decode_events(*response.events)) text += show(event);
  return text;
}

class Fixture {
 public:
  std::string run(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += run_one(Words(line), line);
    return text;
  }

 private:
  std::string run_one(const Words& words, const std::string& line) {
    const std::string command = words.at(0);
    if (command == "write") return write(line);
    if (command == "compact") return store_.compact(words.number(1)).has_value() ? "" : "refused\n";
    if (command == "step") {
      while (store_.compact_step() == Store::Compaction::kMore) continue;
      return "";
    }
    if (command == "restored") {
      store_.restore();
      hub_->store_was_restored();
      return "";
    }
    if (command == "limits") return limit(words);
    if (command == "sync") {
      while (hub_->sync_slice()) continue;
      return "";
    }
    if (command == "slice") return hub_->sync_slice() ? "more\n" : "done\n";
    if (command == "status") {
      return format("watchers={} slow={}\n", hub_->watcher_count(), hub_->slow_watcher_count());
    }
    return run_stream(words);
  }

  std::string run_stream(const Words& words) {
    const std::string command = words.at(0);
    const auto known = streams_.find(words.at(1));
    const WatchStreamId stream =
        known != streams_.end() ? known->second : streams_[words.at(1)] = hub_->open_stream();
    if (command == "watch") {
      hub_->create(stream, watch_of(words));
    } else if (command == "cancel") {
      hub_->cancel(stream, words.number(2));
    } else if (command == "refuse") {
      hub_->refuse(stream, words.at(2));
    } else if (command == "progress") {
      hub_->request_progress(stream);
    } else if (command == "tick") {
      hub_->progress_tick(stream);
    } else if (command == "close") {
      hub_->close_stream(stream);
      streams_.erase(words.at(1));
    } else if (command == "pop") {
      return pop(stream, words.at(2).empty() ? 1000 : words.number(2));
    } else {
      return "no such command\n";
    }
    return "";
  }

  static WatchRequest watch_of(const Words& words) {
    return {.key = words.at(2) == "''" ? "" : words.at(2),
            .range_end = words.at(3).size() > 2 ? "" : words.at(3),
            .start_revision = words.option("start"),
            .watch_id = words.option("id"),
            .no_put = words.has("no_put"),
            .no_delete = words.has("no_delete"),
            .prev_kv = words.has("prev_kv"),
            .progress_notify = words.has("progress_notify")};
  }

  // "write a=1 b=2 -c": one revision.
  std::string write(const std::string& line) {
    WriteTxn txn(store_);
    for (const std::string_view part : split(line, ' ')) {
      if (part.starts_with('-')) txn.delete_range(part.substr(1), {});
      if (const auto pair = cut(part, "=")) txn.put(pair->first, pair->second, 0);
    }
    hub_->publish(txn.end());
    return "";
  }

  std::string limit(const Words& words) {
    WatchHub::Limits limits;
    limits.queued_responses_per_watcher = 1;
    if (const auto n = words.option("responses")) limits.queued_responses = static_cast<size_t>(n);
    if (const auto n = words.option("revisions")) limits.slice_revisions = static_cast<size_t>(n);
    if (const auto n = words.option("watchers")) limits.slice_watchers = static_cast<size_t>(n);
    hub_ = std::make_unique<WatchHub>(store_, limits);
    streams_.clear();
    return "";
  }

  std::string pop(WatchStreamId stream, int64_t count) {
    std::string text;
    while (count-- > 0) {
      const auto response = hub_->pop(stream);
      if (!response) break;
      text += show(*response);
    }
    return text;
  }

  MemoryStorage storage_;
  TestLeases leases_;
  Store store_{storage_, leases_};
  std::unique_ptr<WatchHub> hub_ = std::make_unique<WatchHub>(store_);
  std::map<std::string, WatchStreamId> streams_;
};

}  // namespace

TEST_CASE("watches") {
  Fixture fixture;
  run_script("testdata/watch.txt",
             [&](const std::vector<std::string>& lines) { return fixture.run(lines); });
}

TEST_CASE("streams are ready once until they have been empty") {
  MemoryStorage storage;
  TestLeases leases;
  Store store(storage, leases);
  WatchHub hub(store);
  const WatchStreamId a = hub.open_stream();
  const WatchStreamId b = hub.open_stream();
  CHECK(hub.take_ready().empty());
  hub.create(a, {.key = "k"});
  hub.request_progress(a);
  hub.request_progress(b);
  CHECK(hub.take_ready() == std::vector{a, b});
  hub.request_progress(a);
  CHECK(hub.take_ready().empty());
  while (hub.pop(a)) continue;
  hub.request_progress(a);
  CHECK(hub.take_ready() == std::vector{a});
  hub.close_stream(a);
  CHECK(hub.watcher_count() == 0);
  CHECK(hub.stream_count() == 1);
}

}  // namespace argosy::etcd::mvcc
