#include "parts/update_engine/prefs/prefs.h"

#include <doctest/doctest.h>
#include <functional>

using namespace argosy::update_engine;

TEST_CASE("keys are file names that harm nobody") {
  CHECK(is_pref_key(prefs::kNextOperation));
  CHECK(is_pref_key(prefs::server_certificate(0, 1)));
  CHECK(prefs::server_certificate(0, 1) == "update-server-cert-0-1");
  CHECK(is_pref_key("A_z-9"));
  CHECK_FALSE(is_pref_key(""));
  CHECK_FALSE(is_pref_key("../passwd"));
  CHECK_FALSE(is_pref_key("a.b"));
}

TEST_CASE("numbers") {
  CHECK(parse_pref("42\n") == 42);
  CHECK(parse_pref("-1") == kNoOperation);
  CHECK(parse_pref(to_pref(INT64_MIN)) == INT64_MIN);
  CHECK_FALSE(parse_pref(""));
  CHECK_FALSE(parse_pref("+1"));
  CHECK_FALSE(parse_pref("1 2"));
  CHECK_FALSE(parse_pref("0x1"));
}

TEST_CASE("an update is resumed only if all of it is there") {
  const Progress whole{.next_operation = 7,
                       .next_data_offset = 0,
                       .metadata_size = 1000,
                       .resumed_failures = {},
                       .response_hash = "hash",
                       .sha256_context = "context"};
  CHECK(can_resume(whole, "hash"));
  CHECK_FALSE(can_resume(whole, "other"));
  CHECK_FALSE(can_resume(whole, ""));
  const auto without = [&](const std::function<void(Progress&)>& change) {
    Progress progress = whole;
    change(progress);
    return can_resume(progress, progress.response_hash);
  };
  CHECK_FALSE(without([](Progress& p) { p.next_operation.reset(); }));
  CHECK_FALSE(without([](Progress& p) { p.next_operation = 0; }));
  CHECK_FALSE(without([](Progress& p) { p.next_operation = kNoOperation; }));
  CHECK_FALSE(without([](Progress& p) { p.next_data_offset.reset(); }));
  CHECK_FALSE(without([](Progress& p) { p.next_data_offset = -1; }));
  CHECK_FALSE(without([](Progress& p) { p.metadata_size = 0; }));
  CHECK_FALSE(without([](Progress& p) { p.metadata_size.reset(); }));
  CHECK_FALSE(without([](Progress& p) { p.response_hash.clear(); }));
  CHECK_FALSE(without([](Progress& p) { p.sha256_context.clear(); }));
  CHECK(without([](Progress& p) { p.resumed_failures = 10; }));
  CHECK_FALSE(without([](Progress& p) { p.resumed_failures = 11; }));
}
