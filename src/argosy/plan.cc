#include "argosy/plan.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy {
namespace {

constexpr std::string_view kHost = "http://127.0.0.1";

Result<uint16_t> port_of(const json::Value& member, std::string_view name) {
  const json::Value* value = member.find(name);
  const auto number = value != nullptr ? value->as_uint() : std::nullopt;
  if (!number || *number == 0 || *number > 65535) {
    return fail(Code::kDataLoss, format("{} is no port", name));
  }
  return static_cast<uint16_t>(*number);
}

}  // namespace

std::string MemberPlan::client_url() const {
  return format("{}:{}", kHost, client_port);
}
std::string MemberPlan::peer_url() const {
  return format("{}:{}", kHost, peer_port);
}

const MemberPlan* ClusterPlan::find(std::string_view name) const {
  for (const MemberPlan& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::optional<uint16_t> port_candidate(uint16_t first, size_t member, size_t n) {
  // Members lie 10000 apart, so that their ports show whose they are; when the numbers
  // end, the next ones lie between.
  constexpr size_t kStride = 10000;
  constexpr size_t kNextTry = 10;
  const size_t columns = (65535 - first) / kStride + 1;
  const size_t port = first + member % columns * kStride + (member / columns + n) * kNextTry;
  if (port + 1 > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

json::Value to_json(const ClusterPlan& plan) {
  json::Array members;
  for (const MemberPlan& member : plan.members) {
    members.emplace_back(json::Object{{"name", member.name},
                                      {"client_port", int{member.client_port}},
                                      {"peer_port", int{member.peer_port}}});
  }
  return json::Object{{"token", plan.token}, {"members", std::move(members)}};
}

Result<ClusterPlan> plan_from_json(std::string_view text) {
  const json::Value value = TRY(json::parse(text));
  const json::Value* members = value.find("members");
  if (members == nullptr || members->as_array() == nullptr) {
    return fail(Code::kDataLoss, "it has no members");
  }
  ClusterPlan plan{std::string(value.text_of("token")), {}};
  for (const json::Value& member : *members->as_array()) {
    plan.members.push_back({std::string(member.text_of("name")),
                            TRY(port_of(member, "client_port")),
                            TRY(port_of(member, "peer_port"))});
  }
  if (plan.token.empty() || plan.members.empty()) {
    return fail(Code::kDataLoss, "it has no token or no members");
  }
  return plan;
}

std::vector<std::string> etcd_arguments(const ClusterPlan& plan, const MemberPlan& member,
                                        const std::string& data_dir) {
  std::vector<std::string> all;
  all.reserve(plan.members.size());
  for (const MemberPlan& one : plan.members) {
    all.push_back(format("{}={}", one.name, one.peer_url()));
  }
  return {"etcd",
          "--name",
          member.name,
          "--data-dir",
          data_dir,
          "--listen-client-urls",
          member.client_url(),
          "--advertise-client-urls",
          member.client_url(),
          "--listen-peer-urls",
          member.peer_url(),
          "--initial-advertise-peer-urls",
          member.peer_url(),
          "--initial-cluster",
          join(all, ","),
          "--initial-cluster-state",
          "new",
          "--initial-cluster-token",
          plan.token};
}

std::string client_urls(const ClusterPlan& plan) {
  std::vector<std::string> urls;
  urls.reserve(plan.members.size());
  for (const MemberPlan& member : plan.members) urls.push_back(member.client_url());
  return join(urls, ",");
}

std::string Places::log_of(std::string_view name) const {
  return format("{}/{}.log", logs(), name);
}
std::string Places::data_of(std::string_view name) const {
  return format("{}/{}", members(), name);
}

}  // namespace argosy
