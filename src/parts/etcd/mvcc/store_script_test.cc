// Requests to a store and their answers, from testdata/store_*.txt. Those called
// recorded_* hold what etcd 3.4.23 answered (testdata/record.py).
#include <charconv>
#include <doctest/doctest.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/mvcc/apply.h"
#include "parts/etcd/mvcc/check_request.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/hash_kv.h"
#include "parts/etcd/mvcc/range.h"
#include "parts/etcd/mvcc/script.h"
#include "parts/etcd/mvcc/test_leases.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::mvcc {
namespace {

using Words = std::vector<std::string>;

// "a b 'c d' \0" -> {"a", "b", "c d", "\0"}
Words words_of(std::string_view line) {
  Words words;
  for (size_t at = 0; at < line.size();) {
    if (line[at] == ' ') {
      at++;
      continue;
    }
    const char end = line[at] == '\'' ? '\'' : ' ';
    if (end == '\'') at++;
    const size_t stop = std::min(line.find(end, at), line.size());
    std::string word(line.substr(at, stop - at));
    if (word == "\\0") word = std::string(1, '\0');
    words.push_back(std::move(word));
    at = stop + 1;
  }
  return words;
}

// Takes "name" or "name=value" out of the words.
std::optional<std::string> take(Words& words, const std::string& name) {
  for (size_t i = 1; i < words.size(); i++) {
    if (words[i] != name && !words[i].starts_with(name + "=")) continue;
    std::string value = words[i] == name ? "" : words[i].substr(name.size() + 1);
    words.erase(words.begin() + static_cast<ptrdiff_t>(i));
    return value;
  }
  return std::nullopt;
}

int64_t take_number(Words& words, const std::string& name) {
  const auto value = take(words, name);
  return value ? parse_int(*value).value() : 0;
}

std::string word(const Words& words, size_t i) {
  return i < words.size() ? words[i] : "";
}

// -- Reading requests.

RangeRequest parse_get(Words words) {
  RangeRequest r;
  r.limit = take_number(words, "limit");
  r.revision = take_number(words, "rev");
  r.sort_order = static_cast<SortOrder>(take_number(words, "order"));
  r.sort_target = static_cast<SortTarget>(take_number(words, "target"));
  r.keys_only = take(words, "keys_only").has_value();
  r.count_only = take(words, "count_only").has_value();
  r.min_mod_revision = take_number(words, "min_mod");
  r.max_mod_revision = take_number(words, "max_mod");
  r.min_create_revision = take_number(words, "min_create");
  r.max_create_revision = take_number(words, "max_create");
  r.key = word(words, 1);
  r.range_end = word(words, 2);
  return r;
}

PutRequest parse_put(Words words) {
  PutRequest r;
  r.lease = take_number(words, "lease");
  r.prev_kv = take(words, "prev").has_value();
  r.ignore_value = take(words, "ignore_value").has_value();
  r.ignore_lease = take(words, "ignore_lease").has_value();
  r.key = word(words, 1);
  r.value = word(words, 2);
  return r;
}

DeleteRangeRequest parse_del(Words words) {
  DeleteRangeRequest r;
  r.prev_kv = take(words, "prev").has_value();
  r.key = word(words, 1);
  r.range_end = word(words, 2);
  return r;
}

// "if version k > 3", "if value k [end=z] = text", operand=... names another member.
Compare parse_compare(Words words) {
  static const Words targets{"version", "create", "mod", "value", "lease"};
  static const Words results{"=", ">", "<", "!="};
  const auto number_of = [](const Words& all, const std::string& name) {
    return static_cast<int>(std::ranges::find(all, name) - all.begin());
  };
  Compare c;
  c.range_end = take(words, "end").value_or("");
  if (c.range_end == "\\0") c.range_end = std::string(1, '\0');
  c.target = static_cast<CompareTarget>(number_of(targets, words.at(1)));
  c.operand = c.target;
  if (const auto other = take(words, "operand")) {
    c.operand = static_cast<CompareTarget>(number_of(targets, *other));
  }
  c.key = words.at(2);
  c.result = static_cast<CompareResult>(number_of(results, words.at(3)));
  c.value = word(words, 4);
  c.number = parse_int(c.value).value_or(0);
  return c;
}

RequestOp parse_op(const Words& words, const std::vector<std::string>& lines, size_t& at);

// Lines "if ...", "then OP", "else OP" up to "end".
TxnRequest parse_txn(const std::vector<std::string>& lines, size_t& at) {
  TxnRequest txn;
  while (at < lines.size()) {
    Words words = words_of(lines[at++]);
    if (words.at(0) == "end") break;
    if (words[0] == "if") {
      txn.compare.push_back(parse_compare(words));
      continue;
    }
    auto& branch = words[0] == "then" ? txn.success : txn.failure;
    words.erase(words.begin());
    branch.push_back(parse_op(words, lines, at));
  }
  return txn;
}

RequestOp parse_op(const Words& words, const std::vector<std::string>& lines, size_t& at) {
  if (words.at(0) == "get") return {parse_get(words)};
  if (words[0] == "put") return {parse_put(words)};
  if (words[0] == "del") return {parse_del(words)};
  if (words[0] == "txn") return {parse_txn(lines, at)};
  return {};
}

// -- Writing answers.

std::string show(const KeyValueView& kv) {
  return format("{}={} create={} mod={} version={} lease={}\n", kv.key, kv.value,
                kv.create_revision, kv.mod_revision, kv.version, kv.lease);
}

std::string show(const RawKeyValues& kvs, const std::string& indent) {
  std::string text;
  for (size_t i = 0; i < kvs.size(); i++) text += indent + show(kvs.decoded(i));
  return text;
}

std::string show(const std::monostate&, const std::string& indent) {
  return indent + "nothing\n";
}

std::string show(const RangeResponse& r, const std::string& indent) {
  return indent + format("get revision={} count={} more={}\n", r.revision, r.count, r.more) +
         show(r.kvs, indent + "  ");
}

std::string show(const PutResponse& r, const std::string& indent) {
  std::string text = indent + format("put revision={}\n", r.revision);
  if (r.prev_kv) text += indent + "  " + show(stored_key_value(*r.prev_kv));
  return text;
}

std::string show(const DeleteRangeResponse& r, const std::string& indent) {
  return indent + format("del revision={} deleted={}\n", r.revision, r.deleted) +
         show(r.prev_kvs, indent + "  ");
}

std::string show(const TxnResponse& r, const std::string& indent) {
  std::string text = indent + format("txn revision={} succeeded={}\n", r.revision, r.succeeded);
  for (const ResponseOp& op : r.responses) {
    text += std::visit([&](const auto& one) { return show(one, indent + "  "); }, op.response);
  }
  return text;
}

template <typename T>
std::string show(const Result<T>& result) {
  if (result) return show(*result, "");
  return format("{}: {}\n", code_name(result.error().code()), result.error().message());
}

// -- The store behind the script.

class Fixture {
 public:
  std::string run(const std::vector<std::string>& lines) {
    const Words words = words_of(lines.at(0));
    const std::string& command = words.at(0);
    if (command == "get") return show(get(parse_get(words)));
    if (command == "put") return show(put(parse_put(words)));
    if (command == "del") return show(del(parse_del(words)));
    if (command == "txn") return show(txn(lines));
    if (command == "hash") return hash(parse_int(word(words, 1)).value_or(0));
    return administer(words);
  }

 private:
  std::string administer(const Words& words) {
    const std::string& command = words.at(0);
    const int64_t number = parse_int(word(words, 1)).value_or(0);
    if (command == "lease") {
      leases_.leases.insert(number);
    } else if (command == "revoke") {
      if (!leases_.has_lease(number)) return show<RangeResponse>(fail(lease_not_found_error()));
      std::vector<Bytes> keys;
      for (const auto& [key, lease] : leases_.attached) {
        if (lease == number) keys.push_back(key);
      }
      delete_keys(*store_, keys);
      leases_.leases.erase(number);
    } else if (command == "compact") {
      const auto done = store_->compact(number);
      if (!done) return format("{}: {}\n", code_name(done.error().code()), done.error().message());
    } else if (command == "step") {
      while (store_->compact_step() == Store::Compaction::kMore) continue;
    } else if (command == "slice") {
      store_->compact_step(static_cast<size_t>(number));
    } else if (command == "restart") {
      store_ = std::make_unique<Store>(storage_, leases_);
    } else if (command == "status") {
      return format("revision={} compacted={} finished={} keys={} stored={}\n", store_->revision(),
                    store_->compact_revision(), store_->finished_compact_revision(),
                    store_->key_count(), stored_count());
    } else {
      return "no such command\n";
    }
    return "ok\n";
  }

  Result<RangeResponse> get(const RangeRequest& request) {
    TRY(check_range(request));
    return range(*store_, request);
  }
  Result<PutResponse> put(const PutRequest& request) {
    TRY(check_put(request));
    return apply_put(*store_, request, changes_);
  }
  Result<DeleteRangeResponse> del(const DeleteRangeRequest& request) {
    TRY(check_delete_range(request));
    return apply_delete_range(*store_, request, changes_);
  }
  Result<TxnResponse> txn(const std::vector<std::string>& lines) {
    size_t at = 1;
    const TxnRequest request = parse_txn(lines, at);
    TRY(check_txn(request));
    if (is_read_only(request)) return read_txn(*store_, request);
    return apply_txn(*store_, request, changes_);
  }

  std::string hash(int64_t revision) {
    auto plan = HashPlan::open(*store_, revision);
    if (!plan) return format("{}\n", plan.error().message());
    while (!plan->step(3).value()) continue;
    HashScope scope = plan->take();
    const int64_t compacted = scope.compact_revision;
    KvHasher hasher(std::move(scope));
    storage_.scan(Bucket::kKey, {}, {}, [&](BytesView key, BytesView value) {
      hasher.add(key, value);
      return true;
    });
    return format("hash={} compacted={}\n", hasher.hash(), compacted);
  }

  size_t stored_count() {
    size_t count = 0;
    storage_.scan(Bucket::kKey, {}, {}, [&](BytesView, BytesView) {
      count++;
      return true;
    });
    return count;
  }

  MemoryStorage storage_;
  TestLeases leases_;
  std::unique_ptr<Store> store_ = std::make_unique<Store>(storage_, leases_);
  Changes changes_;
};

void run_file(const std::string& name) {
  Fixture fixture;
  run_script("testdata/" + name,
             [&](const std::vector<std::string>& lines) { return fixture.run(lines); });
}

}  // namespace

TEST_CASE("range requests") {
  run_file("store_range.txt");
}
TEST_CASE("put and delete") {
  run_file("store_put.txt");
}
TEST_CASE("transactions") {
  run_file("store_txn.txt");
}
TEST_CASE("checks of transactions") {
  run_file("store_check.txt");
}
TEST_CASE("compaction") {
  run_file("store_compact.txt");
}
TEST_CASE("what etcd answered to random requests") {
  run_file("recorded_1.txt");
  run_file("recorded_2.txt");
}

}  // namespace argosy::etcd::mvcc
