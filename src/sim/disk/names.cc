#include "sim/disk/names.h"

#include <functional>
#include <set>
#include <unordered_map>

#include "base/text.h"

namespace argosy::sim {
namespace {

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts = split(path, '/');
  std::erase_if(parts, [](std::string_view part) { return part.empty() || part == "."; });
  return parts;
}

}  // namespace

NodePtr Names::Place::node() const {
  if (!directory) return nullptr;
  const auto found = directory->entries.find(name);
  return found == directory->entries.end() ? nullptr : found->second;
}

NodePtr Names::find(std::string_view path) const {
  NodePtr node = root_;
  for (const std::string_view part : components(path)) {
    const auto found = node->entries.find(std::string(part));
    if (found == node->entries.end()) return nullptr;
    node = found->second;
  }
  return node;
}

Names::Place Names::place(std::string_view path) const {
  const auto parts = components(path);
  if (parts.empty()) return {};
  NodePtr node = root_;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto found = node->entries.find(std::string(parts[i]));
    if (found == node->entries.end() || !found->second->is_directory()) {
      return {nullptr, std::string(parts.back())};
    }
    node = found->second;
  }
  return {std::move(node), std::string(parts.back())};
}

void Names::add(const Place& to, NodePtr node) {
  to.directory->entries[to.name] = node;
  pending_.push_back({{}, to, std::move(node)});
}

void Names::rename(const Place& from, const Place& to) {
  NodePtr node = from.node();
  from.directory->entries.erase(from.name);
  to.directory->entries[to.name] = node;
  pending_.push_back({from, to, std::move(node)});
}

void Names::remove(const Place& from) {
  NodePtr node = from.node();
  from.directory->entries.erase(from.name);
  pending_.push_back({from, {}, std::move(node)});
}

void Names::make_durable(const Change& change) {
  if (change.from.directory) {
    auto& entries = change.from.directory->durable_entries;
    const auto found = entries.find(change.from.name);
    // When the change that brought it here was lost, there is nothing to take away.
    if (found != entries.end() && found->second == change.node) entries.erase(found);
  }
  if (change.to.directory) {
    change.to.directory->durable_entries[change.to.name] = change.node;
  }
}

void Names::sync(const NodePtr& directory) {
  std::erase_if(pending_, [&](const Change& change) {
    if (change.from.directory != directory && change.to.directory != directory) return false;
    make_durable(change);
    return true;
  });
}

void Names::lose_power(Random& random) {
  const auto mercy = static_cast<Mercy>(random.below(3));
  // A journal loses a suffix; without one, any change may be lost.
  const bool has_journal = random.chance(2);
  const size_t kept = random.below(pending_.size() + 1);
  for (size_t i = 0; i < pending_.size(); ++i) {
    bool survives = mercy == Mercy::kAll;
    if (mercy == Mercy::kMixed) survives = has_journal ? i < kept : random.chance(2);
    if (survives) make_durable(pending_[i]);
  }
  pending_.clear();
  std::set<Node*> seen;
  const std::function<void(Node&)> restart = [&](Node& node) {
    if (!seen.insert(&node).second) return;
    node.lock_holder = nullptr;
    if (!node.is_directory()) {
      node.content->lose_power(static_cast<Mercy>(random.below(3)), random);
    }
    node.entries = node.durable_entries;
    for (const auto& [name, child] : node.entries) restart(*child);
  };
  restart(*root_);
}

Names Names::copy() const {
  std::unordered_map<const Node*, NodePtr> copies;
  const std::function<NodePtr(const NodePtr&)> copy_node = [&](const NodePtr& node) -> NodePtr {
    if (!node) return nullptr;
    const auto [found, is_new] = copies.try_emplace(node.get());
    if (!is_new) return found->second;
    auto fresh = std::make_shared<Node>(node->mode);
    found->second = fresh;
    if (node->content) fresh->content = node->content->copy();
    for (const auto& [name, child] : node->entries) fresh->entries[name] = copy_node(child);
    for (const auto& [name, child] : node->durable_entries) {
      fresh->durable_entries[name] = copy_node(child);
    }
    return fresh;
  };
  Names other;
  other.root_ = copy_node(root_);
  for (const Change& change : pending_) {
    other.pending_.push_back({{copy_node(change.from.directory), change.from.name},
                              {copy_node(change.to.directory), change.to.name},
                              copy_node(change.node)});
  }
  return other;
}

}  // namespace argosy::sim
