#include "parts/locksmith/fleetlock/protocol.h"

#include <algorithm>

#include "base/format.h"
#include "lib/json/json.h"
#include "parts/locksmith/semaphore/keys.h"

namespace argosy::locksmith {
namespace {

std::unexpected<FleetError> bad_identity(std::string value) {
  return std::unexpected(
      FleetError{.status = 400, .kind = "invalid_client_identity", .value = std::move(value)});
}

}  // namespace

std::string to_json(const FleetError& error) {
  return json::to_text(
      json::Object{{"kind", json::Value(error.kind)}, {"value", json::Value(error.value)}});
}

std::string describe_answer(int status, std::string_view body) {
  const auto value = json::parse(body);
  if (!value || value->text_of("kind").empty()) return format("unexpected status {}", status);
  return format("{}: {}", value->text_of("kind"), value->text_of("value"));
}

bool is_group_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

std::expected<FleetRequest, FleetError> read_request(std::string_view header,
                                                     std::string_view body) {
  if (header != "true") {
    return bad_identity(format("wrong 'fleet-lock-protocol' header: {}", header));
  }
  const auto value = json::parse(body);
  if (!value) return bad_identity("the body is " + value.error().text());
  const json::Value* client = value->find("client_params");
  if (client == nullptr) return bad_identity("the body has no client_params");
  FleetRequest request{std::string(client->text_of("group")), std::string(client->text_of("id"))};
  if (request.group.empty()) return bad_identity("empty client group");
  if (!is_group_name(request.group)) return bad_identity("a group's name is [a-zA-Z0-9.-]+");
  if (request.id.empty()) return bad_identity("empty client ID");
  return request;
}

std::string to_json(const FleetRequest& request) {
  return json::to_text(
      json::Object{{"client_params", json::Value(json::Object{{"group", json::Value(request.group)},
                                                              {"id", json::Value(request.id)}})}});
}

bool Slots::is_held_by(std::string_view id) const {
  return std::ranges::binary_search(holders, id);
}

Result<bool> Slots::take(std::string_view id) {
  const auto place = std::ranges::lower_bound(holders, id);
  if (place != holders.end() && *place == id) return false;
  if (static_cast<int64_t>(holders.size()) >= total) {
    return fail(Code::kResourceExhausted, format("all {} semaphore slots currently locked", total));
  }
  holders.insert(place, std::string(id));
  return true;
}

bool Slots::give_back(std::string_view id) {
  const auto place = std::ranges::lower_bound(holders, id);
  if (place == holders.end() || *place != id) return false;
  holders.erase(place);
  return true;
}

std::string to_json(const Slots& slots) {
  json::Array holders;
  for (const std::string& holder : slots.holders) holders.emplace_back(holder);
  return json::to_text(json::Object{{"total_slots", json::Value(slots.total)},
                                    {"holders", json::Value(std::move(holders))}});
}

Result<Slots> parse_slots(std::string_view text) {
  const json::Value value = TRY_CONTEXT(json::parse(text), "the slots");
  const json::Value* total = value.find("total_slots");
  const json::Value* holders = value.find("holders");
  if (total == nullptr || !total->as_int()) {
    return fail(Code::kInvalidArgument, "the slots have no total_slots");
  }
  Slots slots{*total->as_int(), {}};
  if (holders == nullptr || holders->is_null()) return slots;
  if (holders->as_array() == nullptr) {
    return fail(Code::kInvalidArgument, "the holders of the slots are not a list");
  }
  for (const json::Value& holder : *holders->as_array()) {
    if (holder.as_string() == nullptr) {
      return fail(Code::kInvalidArgument, "a holder of a slot is not a text");
    }
    slots.holders.push_back(*holder.as_string());
  }
  std::ranges::sort(slots.holders);
  const auto twice = std::ranges::unique(slots.holders);
  slots.holders.erase(twice.begin(), twice.end());
  return slots;
}

std::string slots_key(std::string_view group) {
  return format("com.coreos.airlock/groups/{}/v1/semaphore", query_escape(group));
}

}  // namespace argosy::locksmith
