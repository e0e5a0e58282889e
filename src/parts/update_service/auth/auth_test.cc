#include <doctest/doctest.h>

#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/auth/limiter.h"
#include "parts/update_service/auth/session.h"
#include "parts/update_service/auth/token.h"

using namespace argosy;
using namespace argosy::update_service::auth;

namespace {

WallTime at_second(int64_t second) {
  return WallTime(seconds(second));
}

std::unique_ptr<sql::Database> new_database() {
  auto database = sql::open_sqlite(":memory:");
  REQUIRE(database);
  REQUIRE(sql::migrate(**database, steps()));
  return *std::move(database);
}

}  // namespace

TEST_CASE("roles climb") {
  const Identity viewer{"v", Role::kViewer, ""};
  const Identity admin{"a", Role::kAdmin, ""};
  CHECK(viewer.may(Role::kViewer));
  CHECK_FALSE(viewer.may(Role::kOperator));
  CHECK(admin.may(Role::kOperator));
  CHECK(parse_role("operator") == Role::kOperator);
  CHECK_FALSE(parse_role("Admin"));
}

TEST_CASE("tokens are new each time, and only their hashes are stored") {
  SeededRandom random(7);
  const std::string token = new_token(random);
  CHECK(token.size() == 7 + 64);
  CHECK(new_token(random) != token);
  CHECK(token_hash(token).size() == 64);
  CHECK(token_hash(token) != token_hash(token + "x"));
  const auto database = new_database();
  REQUIRE(add_user(*database, {"ann", Role::kOperator, at_second(1)}));
  REQUIRE(add_token(*database, {"t1", "ann", "laptop", at_second(1), {}}, token_hash(token)));
  for (const char* table : {"operator_user", "operator_token", "operator_audit"}) {
    const auto rows = database->ask("SELECT * FROM " + std::string(table));
    REQUIRE(rows);
    for (const sql::Row& row : *rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        const auto* text = std::get_if<std::string>(&row.at(i));
        CHECK((text == nullptr || text->find(token.substr(7)) == std::string::npos));
      }
    }
  }
}

TEST_CASE("a token says who it is until it expires or is taken away") {
  const auto database = new_database();
  REQUIRE(add_user(*database, {"ann", Role::kOperator, at_second(1)}));
  REQUIRE(add_token(*database, {"t1", "ann", "", at_second(1), at_second(100)}, "h1"));
  const Identity ann{"ann", Role::kOperator, "t1"};
  CHECK(*identity_of_hash(*database, "h1", at_second(99)) == ann);
  CHECK(*identity_of_token_id(*database, "t1", at_second(99)) == ann);
  CHECK_FALSE(identity_of_hash(*database, "h1", at_second(100))->has_value());
  CHECK_FALSE(identity_of_hash(*database, "h2", at_second(99))->has_value());
  REQUIRE(set_role(*database, "ann", Role::kViewer));
  CHECK((*identity_of_hash(*database, "h1", at_second(99)))->role == Role::kViewer);
  CHECK(remove_token(*database, "bob", "t1").error().code() == Code::kNotFound);
  REQUIRE(remove_token(*database, "ann", "t1"));
  CHECK_FALSE(identity_of_hash(*database, "h1", at_second(99))->has_value());
}

TEST_CASE("users come and go with their tokens") {
  const auto database = new_database();
  REQUIRE(add_user(*database, {"ann", Role::kAdmin, at_second(1)}));
  CHECK(add_user(*database, {"ann", Role::kAdmin, at_second(1)}).error().code() ==
        Code::kAlreadyExists);
  for (const char* bad : {"", "a b", "a\n", "\xc3\xa4"}) {
    CHECK(add_user(*database, {bad, Role::kAdmin, {}}).error().code() == Code::kInvalidArgument);
  }
  CHECK(add_token(*database, {"t", "bob", "", {}, {}}, "h").error().code() == Code::kNotFound);
  REQUIRE(add_token(*database, {"t", "ann", "x", at_second(3), {}}, "h"));
  CHECK(list_tokens(*database, "ann")->size() == 1);
  REQUIRE(remove_user(*database, "ann"));
  CHECK_FALSE(identity_of_hash(*database, "h", at_second(4))->has_value());
  CHECK(list_users(*database)->empty());
  CHECK(remove_user(*database, "ann").error().code() == Code::kNotFound);
}

TEST_CASE("the audit book, the newest first, page by page") {
  const auto database = new_database();
  for (int i = 1; i <= 5; ++i) {
    REQUIRE(note(*database, {0, at_second(i), "ann", "group.pause", std::to_string(i), "{}", ""}));
  }
  CHECK(*count_audit(*database) == 5);
  const auto page = list_audit(*database, 2, 2);
  REQUIRE(page);
  REQUIRE(page->size() == 2);
  CHECK(page->front() == AuditEntry{3, at_second(3), "ann", "group.pause", "3", "{}", ""});
}

TEST_CASE("a session cannot be forged, prolonged or kept") {
  const Sessions sessions("secret of many bytes");
  const std::string session = sessions.open("id", "t1", at_second(1000));
  CHECK(sessions.read(session, at_second(1001))->subject == "t1");
  CHECK(sessions.read(session, at_second(1000 + 12 * 3600 - 1))->subject == "t1");
  CHECK_FALSE(sessions.read(session, at_second(1000 + 12 * 3600)));
  CHECK_FALSE(Sessions("another").read(session, at_second(1001)));
  for (size_t i = 0; i < session.size(); ++i) {
    std::string bad = session;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CAPTURE(bad);
    CHECK_FALSE(sessions.read(bad, at_second(1001)));
  }
  CHECK_FALSE(sessions.read("", at_second(1)));
  CHECK_FALSE(sessions.read("a.b", at_second(1)));
}

TEST_CASE("a session that was ended is known until it would have ended") {
  const auto database = sql::open_sqlite(":memory:");
  REQUIRE(database);
  std::vector<sql::Step> all(steps().begin(), steps().end());
  all.insert(all.end(), session_steps().begin(), session_steps().end());
  REQUIRE(sql::migrate(**database, all));
  const auto is_ended = [&](std::string_view id) { return *is_session_ended(**database, id); };
  CHECK_FALSE(is_ended("one"));
  REQUIRE(end_session(**database, "one", at_second(100), at_second(1)));
  REQUIRE(end_session(**database, "one", at_second(100), at_second(2)));
  CHECK(is_ended("one"));
  CHECK_FALSE(is_ended("other"));
  REQUIRE(end_session(**database, "other", at_second(200), at_second(99)));
  CHECK(is_ended("one"));
  REQUIRE(end_session(**database, "third", at_second(200), at_second(100)));
  CHECK_FALSE(is_ended("one"));
  CHECK(is_ended("other"));
  const Sessions sessions("secret of many bytes");
  CHECK(sessions.read(sessions.open("a", "t", at_second(1)), at_second(2))->id == "a");
}

TEST_CASE("a CSRF token is of one session") {
  const Sessions sessions("secret");
  const std::string one = sessions.open("id", "t1", at_second(1));
  const std::string other = sessions.open("id", "t2", at_second(1));
  CHECK(sessions.is_csrf(one, sessions.csrf(one)));
  CHECK_FALSE(sessions.is_csrf(other, sessions.csrf(one)));
  CHECK_FALSE(sessions.is_csrf(one, ""));
}

TEST_CASE("cookies") {
  CHECK(cookie_value("a=1; b=2;c=3", "b") == "2");
  CHECK(cookie_value("a=1; b=2;c=3", "c") == "3");
  CHECK_FALSE(cookie_value("ab=1", "b"));
  CHECK_FALSE(cookie_value("", "b"));
  CHECK(session_cookie("x", true) ==
        "update_service_session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
  CHECK(session_cookie("", false) ==
        "update_service_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST_CASE("who guesses tokens has to wait, others have not") {
  LoginLimiter limiter;
  MonotonicTime now{};
  for (int i = 0; i < LoginLimiter::kFailures; ++i) {
    CHECK(limiter.may_try("a", now));
    limiter.failed("a", now);
  }
  CHECK_FALSE(limiter.may_try("a", now));
  CHECK(limiter.may_try("b", now));
  // One place becomes free after a tenth of the time, all of them after the whole.
  CHECK(limiter.may_try("a", now + seconds(7)));
  limiter.failed("a", now + seconds(7));
  limiter.failed("a", now + seconds(7));
  CHECK_FALSE(limiter.may_try("a", now + seconds(7)));
  CHECK(limiter.may_try("a", now + minutes(2)));
  limiter.succeeded("a");
  CHECK(limiter.may_try("a", now + seconds(7)));
}

TEST_CASE("a session without a token carries the name and the role, and may end earlier") {
  const Identity ann{"oidc:\xc3\xa4nn.:", Role::kOperator, ""};
  CHECK(identity_of_subject(session_subject(ann)) == ann);
  const Sessions sessions("secret of many bytes");
  const std::string session =
      sessions.open("id", session_subject(ann), at_second(1000), at_second(1300));
  CHECK(identity_of_subject(sessions.read(session, at_second(1299))->subject) == ann);
  CHECK_FALSE(sessions.read(session, at_second(1300)));
  const std::string whole = sessions.open("id", "t1", at_second(1000), at_second(1000'000'000));
  CHECK_FALSE(sessions.read(whole, at_second(1000 + 12 * 3600)));
  for (const char* bad : {"", "root", "user:", "user:admin", "user:admin:", "user:boss:6162",
                          "user:admin:6", "user:admin:xy", "0123456789abcdef0123456789abcdef"}) {
    CAPTURE(bad);
    CHECK_FALSE(identity_of_subject(bad));
  }
}
