#include "lib/appc/isolators.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"

namespace argosy::appc {
namespace {

using image::Fields;

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

Result<Texts> read_set(const Fields& fields) {
  Texts set = TRY(fields.texts("set"));
  if (set.empty()) return refuse("set must be non-empty");
  return set;
}

Result<std::optional<Quantity>> read_quantity(const Fields& fields, std::string_view member) {
  const json::Value* value = fields.find(member);
  if (value == nullptr) return std::nullopt;
  // A number is as good as its text.
  const std::string text =
      value->as_string() != nullptr ? *value->as_string() : json::to_text(*value);
  return TRY_CONTEXT(Quantity::parse(text), fields.path_of(member));
}

Result<Resource> read_resource(const Fields& fields, bool is_default) {
  if (TRY(fields.boolean("default")) != is_default) {
    return refuse(is_default ? "default must be true" : "default must be false");
  }
  Resource out{.request = TRY(read_quantity(fields, "request")),
               .limit = TRY(read_quantity(fields, "limit"))};
  if (is_default && out.request) {
    return refuse("request not supported by this resource, must be empty");
  }
  return out;
}

template <typename T>
Result<void> set_once(std::optional<T>& to, T value, std::string_view what) {
  if (to) return refuse(format("{} isolator specified more than once", what));
  to = std::move(value);
  return {};
}

Result<void> read_seccomp(Isolation& out, const Fields& fields, bool retains) {
  Seccomp seccomp{
      .retains = retains, .set = TRY(read_set(fields)), .error = TRY(fields.text("errno"))};
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (!std::ranges::all_of(seccomp.error, is_capital)) return refuse("errno must be upper case");
  return set_once(out.seccomp, std::move(seccomp), "seccomp");
}

Result<void> read_oom_score(Isolation& out, const json::Value& value) {
  const auto number = value.as_int();
  if (!number) return refuse("not a whole number");
  if (*number < -1000 || *number > 1000) {
    return refuse(format("oom-score-adj must be between -1000 and 1000, got {}", *number));
  }
  return set_once(out.oom_score_adjust, *number, "oom-score-adj");
}

Result<void> read_cpu_shares(Isolation& out, const json::Value& value) {
  const auto number = value.as_uint();
  if (!number) return refuse("not a whole number");
  return set_once(out.cpu_shares, *number, "cpu-shares");
}

Result<void> read_selinux(Isolation& out, const Fields& fields) {
  SelinuxContext context{.user = TRY(fields.text("user")),
                         .role = TRY(fields.text("role")),
                         .type = TRY(fields.text("type")),
                         .level = TRY(fields.text("level"))};
  for (const std::string* part : {&context.user, &context.role, &context.type, &context.level}) {
    const bool is_level = part == &context.level;
    if (part->empty() || (!is_level && part->find(':') != std::string::npos)) {
      return refuse("user, role, type and level must be set, and without colons");
    }
  }
  return set_once(out.selinux, std::move(context), "selinux-context");
}

Result<void> read_apparmor(Isolation& out, const Fields& fields) {
  std::string profile = TRY(fields.text("profile"));
  if (profile.empty()) return refuse("profile must be set");
  return set_once(out.apparmor_profile, std::move(profile), "apparmor-profile");
}

// Those whose value is no object; false: of another name.
Result<bool> read_plain(Isolation& out, const Isolator& isolator) {
  if (isolator.name == "os/linux/oom-score-adj") {
    TRY(read_oom_score(out, isolator.value));
  } else if (isolator.name == "os/linux/cpu-shares") {
    TRY(read_cpu_shares(out, isolator.value));
  } else if (isolator.name == "os/linux/no-new-privileges") {
    const auto value = isolator.value.as_bool();
    if (!value) return refuse("not a boolean");
    out.no_new_privileges = *value;
  } else {
    return false;
  }
  return true;
}

struct Kind {
  std::string_view name;
  Result<void> (*read)(Isolation& out, const Fields& fields);
};

template <std::optional<Texts> Isolation::* Member>
Result<void> read_capabilities(Isolation& out, const Fields& fields) {
  out.*Member = TRY(read_set(fields));
  return {};
}
template <std::optional<Resource> Isolation::* Member, bool IsDefault>
Result<void> read_amount(Isolation& out, const Fields& fields) {
  out.*Member = TRY(read_resource(fields, IsDefault));
  return {};
}
template <bool Retains>
Result<void> read_calls(Isolation& out, const Fields& fields) {
  return read_seccomp(out, fields, Retains);
}

constexpr std::array kKinds{
    Kind{"os/linux/capabilities-retain-set", read_capabilities<&Isolation::retained_capabilities>},
    Kind{"os/linux/capabilities-remove-set", read_capabilities<&Isolation::removed_capabilities>},
    Kind{"os/linux/seccomp-retain-set", read_calls<true>},
    Kind{"os/linux/seccomp-remove-set", read_calls<false>},
    Kind{"os/linux/selinux-context", read_selinux},
    Kind{"os/linux/apparmor-profile", read_apparmor},
    Kind{"resource/cpu", read_amount<&Isolation::cpu, false>},
    Kind{"resource/memory", read_amount<&Isolation::memory, false>},
    Kind{"resource/block-bandwidth", read_amount<&Isolation::block_bandwidth, true>},
    Kind{"resource/block-iops", read_amount<&Isolation::block_iops, true>},
    Kind{"resource/network-bandwidth", read_amount<&Isolation::network_bandwidth, true>},
};

Result<void> read_isolator(Isolation& out, const Isolator& isolator) {
  if (TRY(read_plain(out, isolator))) return {};
  const bool is_sysctl = isolator.name == "os/unix/sysctl";
  const auto kind = std::ranges::find(kKinds, isolator.name, &Kind::name);
  if (kind == kKinds.end() && !is_sysctl) {
    out.unknown.push_back(isolator.name);
    return {};
  }
  if (isolator.value.as_object() == nullptr) return refuse("not an object");
  if (is_sysctl) {
    const json::Value wrapped(json::Object{{"sysctl", isolator.value}});
    out.sysctl = TRY(Fields(wrapped).text_map("sysctl"));
    return {};
  }
  return kind->read(out, Fields(isolator.value));
}

}  // namespace

Result<Isolation> read_isolation(const std::vector<Isolator>& isolators) {
  Isolation out;
  for (const Isolator& isolator : isolators) {
    TRY_CONTEXT(read_isolator(out, isolator), isolator.name);
  }
  return out;
}

}  // namespace argosy::appc
