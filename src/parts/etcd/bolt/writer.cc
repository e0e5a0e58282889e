#include "parts/etcd/bolt/writer.h"

#include <bit>

#include "base/check.h"
#include "base/format.h"
#include "parts/etcd/bolt/stored_free_list.h"

namespace argosy::etcd::bolt {
namespace {

Result<void> check_sizes(BytesView key, BytesView value) {
  if (key.empty()) return fail(Code::kInvalidArgument, "key required");
  if (key.size() > kMaxKeySize) return fail(Code::kInvalidArgument, "key too large");
  if (value.size() > kMaxValueSize) return fail(Code::kInvalidArgument, "value too large");
  return {};
}

std::unexpected<Error> incompatible() {
  return fail(Code::kInvalidArgument, "incompatible value");
}

}  // namespace

Writer::Writer(std::shared_ptr<Core> core, Committed base)
    : core_(std::move(core)),
      base_(std::move(base)),
      meta_(base_.meta),
      workspace_(PageSource(core_->file->path(), *base_.mapping, core_->checked, base_.meta),
                 core_->free_list),
      root_(workspace_, meta_.root.root) {
  ++meta_.tx;
}

Writer::~Writer() {
  core_->end_write();
}

Writer::OpenBucket& Writer::at(size_t bucket) {
  check(bucket < buckets_.size() && !buckets_[bucket].is_erased);
  return buckets_[bucket];
}

Result<Tree> Writer::open_tree(BytesView value) {
  const PageId root = load_bucket_header(value.data()).root;
  if (root != 0) return Tree(workspace_, root);
  return Tree(workspace_, PageView(value.data() + kBucketHeaderSize));
}

Result<size_t> Writer::bucket(BytesView name, bool create_if_missing) {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return it->second;
  if (name.empty()) return fail(Code::kInvalidArgument, "bucket name required");
  if (name.size() > kMaxKeySize) return fail(Code::kInvalidArgument, "key too large");
  const Place place = TRY(root_.find(name));
  const BytesView owned = workspace_.bytes().copy(name);
  if (place.found) {
    if (!place.leaf.is_bucket(place.index)) return incompatible();
    const BytesView value = place.leaf.value(place.index);
    buckets_.push_back({.name = owned,
                        .tree = TRY(open_tree(value)),
                        .sequence = load_bucket_header(value.data()).sequence});
  } else if (create_if_missing) {
    buckets_.push_back(
        {.name = owned, .tree = Tree(workspace_), .is_new = true, .has_changed = true});
  } else {
    return fail(Code::kNotFound, "bucket not found");
  }
  by_name_.emplace(owned, buckets_.size() - 1);
  return buckets_.size() - 1;
}

Result<void> Writer::erase_bucket(BytesView name) {
  OpenBucket& bucket = at(TRY(this->bucket(name, false)));
  if (!bucket.is_new) {
    TRY(bucket.tree.free_all());
    TRY(root_.erase(name));
  }
  bucket.is_erased = true;
  by_name_.erase(name);
  return {};
}

Result<void> Writer::put(size_t bucket, BytesView key, BytesView value) {
  OpenBucket& to = at(bucket);
  TRY(check_sizes(key, value));
  Arena& arena = workspace_.bytes();
  if (!to.tree.appends(key)) {
    const Place place = TRY(to.tree.find(key));
    if (place.found && place.leaf.is_bucket(place.index)) return incompatible();
  }
  to.has_changed = true;
  return to.tree.put(arena.copy(key), arena.copy(value), 0);
}

Result<void> Writer::erase(size_t bucket, BytesView key) {
  OpenBucket& from = at(bucket);
  const Place place = TRY(from.tree.find(key));
  if (!place.found) return {};
  if (place.leaf.is_bucket(place.index)) return incompatible();
  from.has_changed = true;
  return from.tree.erase(key);
}

Result<std::optional<BytesView>> Writer::get(size_t bucket, BytesView key) {
  const Place place = TRY(at(bucket).tree.find(key));
  if (!place.found || place.leaf.is_bucket(place.index)) return std::optional<BytesView>();
  return std::optional(place.leaf.value(place.index));
}

Result<Cursor> Writer::cursor(size_t bucket) {
  return Cursor(workspace_.pages(), TRY(at(bucket).tree.root()));
}

void Writer::set_sequential(size_t bucket) {
  at(bucket).is_sequential = true;
}

void Writer::set_sequence(size_t bucket, uint64_t sequence) {
  OpenBucket& to = at(bucket);
  to.has_changed = to.has_changed || to.sequence != sequence;
  to.sequence = sequence;
}

Result<void> Writer::store_bucket(OpenBucket& bucket) {
  TRY(bucket.tree.settle());
  BucketHeader header{.root = 0, .sequence = bucket.sequence};
  const Node* leaf = bucket.tree.inlineable();
  const size_t inline_size = leaf != nullptr ? leaf->size() : 0;
  const size_t size = kBucketHeaderSize + inline_size;
  char* value = workspace_.bytes().allocate(size);
  if (leaf != nullptr) {
    write_page(value + kBucketHeaderSize, 0, true, leaf->inodes, 0);
  } else {
    const double fill = bucket.is_sequential ? kSequentialFillPercent : kFillPercent;
    header.root = TRY(bucket.tree.write(fill));
  }
  store_bucket_header(value, header);
  return root_.put(bucket.name, {value, size}, kBucketElement);
}

Result<void> Writer::build() {
  for (OpenBucket& bucket : buckets_) {
    if (bucket.has_changed && !bucket.is_erased) TRY(store_bucket(bucket));
  }
  TRY(root_.settle());
  meta_.root.root = TRY(root_.write(kFillPercent));
  if (meta_.free_list != kNoFreeList) {
    workspace_.free(TRY(read_free_list(workspace_.pages(), meta_.free_list)).pages);
    meta_.free_list = kNoFreeList;
  }
  meta_.high_water = workspace_.high_water();
  return {};
}

// Doubles while small, then grows by steps: a new size costs the sync a journal entry.
Result<void> Writer::grow_file() {
  const uint64_t needed = meta_.high_water * meta_.page_size;
  if (needed <= core_->file_size) return {};
  const uint64_t size = needed < kGrowthStep
                            ? std::bit_ceil(needed)
                            : (needed + kGrowthStep - 1) / kGrowthStep * kGrowthStep;
  TRY(core_->file->truncate(size));
  core_->file_size = size;
  return {};
}

Result<void> Writer::write_meta() {
  Bytes page(meta_.page_size, '\0');
  const PageId id = meta_.tx % 2;
  encode_meta_page(meta_, id, page.data());
  return core_->file->write_at(id * meta_.page_size, page);
}

Result<void> Writer::write_all() {
  TRY(build());
  TRY(grow_file());
  File& file = *core_->file;
  TRY(workspace_.write_pages(file));
  if (core_->options.sync) TRY(file.sync_data());
  TRY(write_meta());
  if (core_->options.sync) TRY(file.sync_data());
  for (const NewPage& page : workspace_.new_pages()) core_->checked.add(page.id);
  return core_->publish(meta_, workspace_.take_freed());
}

Result<void> Writer::commit() {
  auto result = write_all();
  if (!result) core_->poison(result.error());
  return result;
}

}  // namespace argosy::etcd::bolt
