#include "tests/scenario/faults/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "sys/process/process.h"

namespace argosy::faults {
namespace {

constexpr const char* kOwnNamespace = "/proc/self/ns/net";
constexpr const char* kOurAddress = "10.77.0.254/24";

Result<Fd> open_own() {
  Fd own(::open(kOwnNamespace, O_RDONLY | O_CLOEXEC));
  if (!own.is_open()) return fail(system_error("open the network namespace", errno));
  return own;
}

// ip(8), in the calling thread's namespace.
Result<void> ip(const std::string& words) {
  SpawnOptions options;
  options.program = "/sbin/ip";
  options.arguments = {"ip"};
  for (const std::string_view word : split(words, ' ')) options.arguments.emplace_back(word);
  Process process = TRY(spawn(options));
  const auto status = TRY(process.wait(seconds(10)));
  if (!status || !status->is_success()) {
    return fail(Code::kUnavailable,
                format("ip {}: {}", words, status ? status->text() : "it does not end"));
  }
  return {};
}

Result<Fd> new_namespace() {
  const Fd ours = TRY(open_own());
  if (::unshare(CLONE_NEWNET) != 0) return fail(system_error("unshare the network", errno));
  auto made = open_own();
  check(::setns(ours.get(), CLONE_NEWNET) == 0, "back to our own namespace");
  return made;
}

}  // namespace

InNamespace::InNamespace(int network) {
  if (network < 0) return;
  auto ours = open_own();
  check(ours.has_value(), "our own namespace can be opened");
  ours_ = *std::move(ours);
  check(::setns(network, CLONE_NEWNET) == 0, "a namespace that we made can be entered");
}

InNamespace::~InNamespace() {
  if (ours_.is_open()) check(::setns(ours_.get(), CLONE_NEWNET) == 0, "back to our own");
}

std::string Namespaces::address(size_t member) {
  return format("10.77.0.{}", member + 1);
}

Result<Namespaces> Namespaces::make(size_t members) {
  if (::unshare(CLONE_NEWNET) != 0) return fail(system_error("unshare the network", errno));
  TRY(ip("link set lo up"));
  TRY(ip("link add bridge type bridge"));
  TRY(ip(format("address add {} dev bridge", kOurAddress)));
  TRY(ip("link set bridge up"));
  Namespaces network;
  for (size_t i = 0; i < members; ++i) {
    network.members_.push_back(TRY(new_namespace()));
    TRY(ip(format("link add member{0} type veth peer name port{0}", i)));
    TRY(ip(format("link set member{} netns /proc/{}/fd/{}", i, ::getpid(),
                  network.members_.back().get())));
    TRY(ip(format("link set port{} master bridge up", i)));
    const InNamespace inside(network.members_.back().get());
    TRY(ip("link set lo up"));
    TRY(ip(format("address add {}/24 dev member{}", address(i), i)));
    TRY(ip(format("link set member{} up", i)));
  }
  return network;
}

Result<void> Namespaces::cut(size_t from, size_t to) {
  if (std::find(cuts_.begin(), cuts_.end(), std::pair(from, to)) != cuts_.end()) return {};
  const InNamespace inside(descriptor(from));
  TRY(ip(format("route add blackhole {}/32", address(to))));
  cuts_.emplace_back(from, to);
  return {};
}

Result<void> Namespaces::set_link(size_t member, bool is_up) {
  return ip(format("link set port{} {}", member, is_up ? "up" : "down"));
}

Result<void> Namespaces::heal() {
  for (const auto& [from, to] : cuts_) {
    const InNamespace inside(descriptor(from));
    TRY(ip(format("route del blackhole {}/32", address(to))));
  }
  cuts_.clear();
  for (size_t i = 0; i < members_.size(); ++i) TRY(set_link(i, true));
  return {};
}

}  // namespace argosy::faults
