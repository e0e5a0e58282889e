#include "argosy/state.h"

#include "base/format.h"
#include "lib/json/json.h"
#include "sys/process/proc.h"

namespace argosy {
namespace {

json::Object to_json(const ProcessIdentity& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}};
}

Result<uint64_t> number(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  const auto as_number = found != nullptr ? found->as_uint() : std::nullopt;
  if (!as_number) return fail(Code::kDataLoss, format("{} is no number", name));
  return *as_number;
}

Result<ProcessIdentity> identity(const json::Value& value) {
  return ProcessIdentity{static_cast<int>(TRY(number(value, "pid"))),
                         TRY(number(value, "start_ticks"))};
}

Result<MemberState> member(const json::Value& value) {
  const json::Value* given_up = value.find("given_up");
  return MemberState{std::string(value.text_of("name")), TRY(identity(value)),
                     TRY(number(value, "restarts")), std::string(value.text_of("last_exit")),
                     given_up != nullptr && given_up->as_bool().value_or(false)};
}

}  // namespace

const MemberState* State::find(std::string_view name) const {
  for (const MemberState& one : members) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string to_text(const State& state) {
  json::Array members;
  for (const MemberState& one : state.members) {
    json::Object object{{"name", one.name}};
    for (json::Member& field : to_json(one.process)) object.push_back(std::move(field));
    object.emplace_back("restarts", one.restarts);
    object.emplace_back("last_exit", one.last_exit);
    object.emplace_back("given_up", one.given_up);
    members.emplace_back(std::move(object));
  }
  return json::to_pretty_text(json::Object{{"boot", state.boot},
                                           {"supervisor", to_json(state.supervisor)},
                                           {"members", std::move(members)}}) +
         "\n";
}

Result<State> parse_state(std::string_view text) {
  const json::Value value = TRY(json::parse(text));
  const json::Value* supervisor = value.find("supervisor");
  const json::Value* members = value.find("members");
  if (supervisor == nullptr || members == nullptr || members->as_array() == nullptr) {
    return fail(Code::kDataLoss, "it has no supervisor or no members");
  }
  State state{std::string(value.text_of("boot")), TRY(identity(*supervisor)), {}};
  for (const json::Value& one : *members->as_array()) state.members.push_back(TRY(member(one)));
  return state;
}

Result<void> save_state(Disk& disk, const std::string& path, const State& state) {
  return replace_file(disk, path, to_text(state));
}

Result<State> load_state(Disk& disk, const std::string& path) {
  constexpr uint64_t kLimit = 1 << 20;
  const auto text = read_file(disk, path, kLimit);
  if (!text) {
    if (text.error().code() == Code::kNotFound) return State{};
    return fail(text.error());
  }
  State state = TRY_CONTEXT(parse_state(*text), path);
  if (state.boot != boot_id()) return State{};
  return state;
}

std::optional<Process> find_running(ProcessIdentity identity) {
  if (identity.pid <= 0) return std::nullopt;
  auto process = Process::adopt(identity);
  if (!process) return std::nullopt;
  return *std::move(process);
}

}  // namespace argosy
