#include "argosy/cluster.h"

#include "base/format.h"

namespace argosy {

Result<Cluster> Cluster::open(const std::string& data) {
  Cluster cluster(data);
  const auto text = read_file(real_disk(), cluster.places_.plan());
  if (text) {
    cluster.plan_ = TRY_CONTEXT(plan_from_json(*text), cluster.places_.plan());
  } else if (text.error().code() != Code::kNotFound) {
    return fail(text.error());
  }
  TRY(cluster.refresh());
  return cluster;
}

std::vector<Process> Cluster::members() const {
  std::vector<Process> running;
  for (const MemberState& member : state_.members) {
    if (auto process = find_running(member.process)) running.push_back(*std::move(process));
  }
  return running;
}

Result<void> Cluster::refresh() {
  state_ = TRY(load_state(real_disk(), places_.state()));
  return {};
}

ClusterView Cluster::view(std::vector<MemberHealth> health) const {
  return {places_.root, *plan_, state_, supervisor().has_value(), std::move(health)};
}

std::string last_lines(const std::string& path, uint64_t lines) {
  constexpr uint64_t kMost = 4 << 20;
  const auto file = real_disk().open(path, {.write = false});
  const auto size = file ? (*file)->size() : 0;
  if (!size) return {};
  std::string text(std::min(*size, kMost), '\0');
  const auto got = (*file)->read_at(*size - text.size(), text.data(), text.size());
  text.resize(got.value_or(0));
  size_t from = text.size();
  for (uint64_t left = lines; left > 0 && from > 0; --left) {
    from = text.rfind('\n', from < 2 ? 0 : from - 2);
    from = from == std::string::npos ? 0 : from + 1;
  }
  return lines == 0 ? text : text.substr(from);
}

}  // namespace argosy
