#include "parts/update_service/api/call.h"

#include "base/format.h"
#include "base/text.h"
#include "io/http/exchange.h"
#include "parts/update_service/auth/accounts.h"

namespace argosy::update_service::api {
namespace {

constexpr uint64_t kMaxPage = 1'000'000;
constexpr uint64_t kMaxPerPage = 1000;

std::string text_or_empty(const json::Value& value) {
  return value.is_null() ? "" : json::to_text(value);
}

Result<uint64_t> number_of(const Call& call, std::string_view key, uint64_t otherwise,
                           uint64_t most) {
  const std::string text = query_text(call, key);
  if (text.empty()) return otherwise;
  const auto number = parse_uint(text);
  if (!number || *number == 0 || *number > most) {
    return fail(Code::kInvalidArgument, format("{} is a number from 1 to {}", key, most));
  }
  return *number;
}

template <typename T>
Result<const T*> found(const T* object, const std::string& application_id, std::string_view what,
                       const std::string& word) {
  if (object == nullptr || object->application_id != application_id) {
    return fail(Code::kNotFound, format("no {} {}", what, go_quote(word)));
  }
  return object;
}

const json::Value* member(const Call& call, std::string_view name) {
  const json::Value* value = call.body.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::unexpected<Error> wrong_type(std::string_view name, std::string_view type) {
  return fail(Code::kInvalidArgument, format("{} has to be {}", name, type));
}

}  // namespace

Result<void> Call::note(std::string action, std::string object, const json::Value& before,
                        const json::Value& after) const {
  return auth::note(database, {.number = 0,
                               .at = now,
                               .who = identity.name,
                               .action = std::move(action),
                               .object = std::move(object),
                               .before = text_or_empty(before),
                               .after = text_or_empty(after)});
}

Result<Page> page_of(const Call& call) {
  return Page{.number = TRY(number_of(call, "page", 1, kMaxPage)),
              .size = TRY(number_of(call, "perpage", 10, kMaxPerPage))};
}

std::string query_text(const Call& call, std::string_view key) {
  return query_value(call.query, key).value_or("");
}

Result<const model::Application*> application_of(const Call& call) {
  const model::Application* application = call.catalog.application(call.words[0]);
  if (application == nullptr) {
    return fail(Code::kNotFound, format("no application {}", go_quote(call.words[0])));
  }
  return application;
}

Result<const model::Group*> group_of(const Call& call) {
  return found(call.catalog.group(call.words[1]), TRY(application_of(call))->id, "group",
               call.words[1]);
}

Result<const model::Channel*> channel_of(const Call& call) {
  return found(call.catalog.channel(call.words[1]), TRY(application_of(call))->id, "channel",
               call.words[1]);
}

Result<const model::Package*> package_of(const Call& call) {
  return found(call.catalog.package(call.words[1]), TRY(application_of(call))->id, "package",
               call.words[1]);
}

Result<const model::Channel*> bare_channel_of(const Call& call, size_t word) {
  const model::Channel* channel = call.catalog.channel(call.words[word]);
  if (channel == nullptr) {
    return fail(Code::kNotFound, format("no channel {}", go_quote(call.words[word])));
  }
  return channel;
}

Result<void> take(const Call& call, std::string_view name, std::string& value) {
  const json::Value* given = member(call, name);
  if (given == nullptr) return {};
  if (given->as_string() == nullptr) return wrong_type(name, "a text");
  value = *given->as_string();
  return {};
}

Result<void> take(const Call& call, std::string_view name, bool& value) {
  const json::Value* given = member(call, name);
  if (given == nullptr) return {};
  if (!given->as_bool()) return wrong_type(name, "true or false");
  value = *given->as_bool();
  return {};
}

Result<void> take(const Call& call, std::string_view name, int64_t& value) {
  const json::Value* given = member(call, name);
  if (given == nullptr) return {};
  if (!given->as_int()) return wrong_type(name, "a whole number");
  value = *given->as_int();
  return {};
}

}  // namespace argosy::update_service::api
