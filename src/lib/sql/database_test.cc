// The same on SQLite and, when ARGOSY_POSTGRES says where one is, on PostgreSQL.
#include "lib/sql/database.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/format.h"
#include "lib/sql/migrate.h"
#include "sys/file/disk.h"

namespace argosy::sql {
namespace {

class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/argosy-sql-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    for (const char* name : {"db", "db-wal", "db-shm"}) ::unlink((path_ + "/" + name).c_str());
    ::rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return path_ + "/db"; }

 private:
  std::string path_;
};

// Two connections to one database, whose tables go at the end.
struct Bench {
  explicit Bench(Database::Kind kind) : is_postgres(kind == Database::Kind::kPostgres) {
    first = open();
    second = open();
    drop();
  }
  ~Bench() {
    second.reset();
    drop();
  }

  std::unique_ptr<Database> open() const {
    auto opened =
        is_postgres ? open_postgres(std::getenv("ARGOSY_POSTGRES")) : open_sqlite(folder.file());
    REQUIRE_MESSAGE(opened.has_value(), opened.error().text());
    return *std::move(opened);
  }
  void drop() const {
    CHECK(first->run_script("DROP TABLE IF EXISTS fruit; DROP TABLE IF EXISTS schema_steps"));
  }

  Folder folder;
  bool is_postgres;
  std::unique_ptr<Database> first;
  std::unique_ptr<Database> second;
};

std::vector<Database::Kind> kinds() {
  if (std::getenv("ARGOSY_POSTGRES") == nullptr) return {Database::Kind::kSqlite};
  return {Database::Kind::kSqlite, Database::Kind::kPostgres};
}

constexpr Step kFruit{"fruit",
                      "CREATE TABLE fruit (name TEXT PRIMARY KEY, weight BIGINT, "
                      "price DOUBLE PRECISION)"};

TEST_CASE("what is put in comes out, by type") {
  for (const Database::Kind kind : kinds()) {
    Bench bench(kind);
    Database& db = *bench.first;
    REQUIRE(migrate(db, std::vector{kFruit}));
    REQUIRE(db.run_script(bench.is_postgres ? "ALTER TABLE fruit ADD COLUMN picture BYTEA"
                                            : "ALTER TABLE fruit ADD COLUMN picture BLOB"));
    const Bytes picture("\0\xff'\\x", 5);
    const std::string name = "caf\xC3\xA9 'x' $1";
    REQUIRE(
        db.ask("INSERT INTO fruit VALUES ($1, $2, $3, $4)", name, INT64_MIN, 0.1, Blob{picture}));
    REQUIRE(db.ask("INSERT INTO fruit VALUES ($1, $2, $3, $4)", std::string(), std::monostate(),
                   std::monostate(), std::monostate()));
    const auto rows =
        db.ask("SELECT name, weight, price, picture FROM fruit WHERE $1 = $1 ORDER BY name DESC",
               std::string("x"));
    REQUIRE_MESSAGE(rows.has_value(), rows.error().text());
    REQUIRE(rows->size() == 2);
    CHECK((*rows)[0].text(0) == name);
    CHECK((*rows)[0].integer(1) == INT64_MIN);
    CHECK((*rows)[0].real(2) == 0.1);
    CHECK((*rows)[0].blob(3) == picture);
    CHECK((*rows)[1].text(0).empty());
    CHECK((*rows)[1].is_null(1));
    CHECK((*rows)[1].integer(1) == 0);
    CHECK((*rows)[1].blob(3).empty());
  }
}

TEST_CASE("parameters are found by their numbers, not by their order") {
  for (const Database::Kind kind : kinds()) {
    Bench bench(kind);
    REQUIRE(migrate(*bench.first, std::vector{kFruit}));
    REQUIRE(bench.first->ask("INSERT INTO fruit (weight, name) VALUES ($2, $1)",
                             std::string("pear"), int64_t{7}));
    const auto rows =
        bench.first->ask("SELECT weight FROM fruit WHERE name = $1", std::string("pear"));
    CHECK((*rows)[0].integer(0) == 7);
  }
}

TEST_CASE("errors say what kind they are, and name the statement") {
  for (const Database::Kind kind : kinds()) {
    Bench bench(kind);
    Database& db = *bench.first;
    REQUIRE(migrate(db, std::vector{kFruit}));
    REQUIRE(db.ask("INSERT INTO fruit (name) VALUES ($1)", std::string("pear")));
    const auto twice = db.ask("INSERT INTO fruit (name) VALUES ($1)", std::string("pear"));
    REQUIRE(!twice.has_value());
    CHECK(twice.error().code() == Code::kAlreadyExists);
    CHECK(twice.error().text().contains("INSERT INTO fruit"));
    const auto unknown = db.ask("SELECT nothing FROM nowhere");
    CHECK(unknown.error().code() == Code::kInternal);
    CHECK(unknown.error().text().contains("nowhere"));
    CHECK(!db.ask("SELECT name FROM fruit WHERE name = $1").has_value());
    // The connection is good for more.
    CHECK(db.ask("SELECT name FROM fruit")->size() == 1);
  }
}

TEST_CASE("a transaction is seen by others when it is committed, or never") {
  for (const Database::Kind kind : kinds()) {
    Bench bench(kind);
    REQUIRE(migrate(*bench.first, std::vector{kFruit}));
    const auto count = [&] {
      return (*bench.second->ask("SELECT count(*) FROM fruit"))[0].integer(0);
    };
    {
      auto dropped = Transaction::begin(*bench.first);
      REQUIRE(dropped.has_value());
      REQUIRE(bench.first->ask("INSERT INTO fruit (name) VALUES ('a')"));
      CHECK(count() == 0);
    }
    CHECK(count() == 0);
    auto kept = Transaction::begin(*bench.first);
    REQUIRE(bench.first->ask("INSERT INTO fruit (name) VALUES ('b')"));
    REQUIRE(kept->commit());
    CHECK(count() == 1);
  }
}

TEST_CASE("of two transactions that contradict each other one is told to try again") {
  for (const Database::Kind kind : kinds()) {
    if (kind == Database::Kind::kSqlite) continue;  // there the second waits for the first
    Bench bench(kind);
    REQUIRE(migrate(*bench.first, std::vector{kFruit}));
    REQUIRE(bench.first->ask("INSERT INTO fruit VALUES ('a', 1, 0)"));
    auto one = Transaction::begin(*bench.first);
    auto two = Transaction::begin(*bench.second);
    REQUIRE(bench.first->ask("SELECT weight FROM fruit"));
    REQUIRE(bench.second->ask("SELECT weight FROM fruit"));
    REQUIRE(bench.first->ask("UPDATE fruit SET weight = 2"));
    REQUIRE(one->commit());
    const auto late = bench.second->ask("UPDATE fruit SET weight = 3");
    REQUIRE(!late.has_value());
    CHECK(late.error().code() == Code::kAborted);
  }
}

TEST_CASE("a lost connection is made again, but not inside a transaction") {
  for (const Database::Kind kind : kinds()) {
    if (kind == Database::Kind::kSqlite) continue;
    Bench bench(kind);
    const auto kill_first = [&] {
      REQUIRE(
          bench.second->ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                            "application_name = 'first' AND pid <> pg_backend_pid()"));
    };
    REQUIRE(bench.first->run_script("SET application_name = 'first'"));
    kill_first();
    CHECK(bench.first->ask("SELECT 1").error().code() == Code::kUnavailable);
    CHECK(bench.first->ask("SELECT 1").has_value());
    REQUIRE(bench.first->run_script("SET application_name = 'first'"));
    auto transaction = Transaction::begin(*bench.first);
    REQUIRE(transaction.has_value());
    kill_first();
    CHECK(bench.first->ask("SELECT 1").error().code() == Code::kUnavailable);
    CHECK(bench.first->ask("SELECT 1").error().code() == Code::kAborted);
  }
}

TEST_CASE("steps run once each, and a newer version's are not touched") {
  constexpr Step kMore{"colour", "ALTER TABLE fruit ADD COLUMN colour TEXT"};
  constexpr Step kBad{"bad", "CREATE TABLE half (a BIGINT); SELECT * FROM nowhere"};
  for (const Database::Kind kind : kinds()) {
    Bench bench(kind);
    REQUIRE(migrate(*bench.first, std::vector{kFruit}));
    REQUIRE(migrate(*bench.second, std::vector{kFruit, kMore}));
    REQUIRE(migrate(*bench.first, std::vector{kFruit, kMore}));
    CHECK(bench.first->ask("SELECT colour FROM fruit").has_value());
    const auto older = migrate(*bench.first, std::vector{kFruit});
    CHECK(older.error().text() ==
          "the database has had step 2 (colour), which this version does not know: a newer one "
          "has used it");
    const auto broken = migrate(*bench.first, std::vector{kFruit, kMore, kBad});
    CHECK(broken.error().text().starts_with("step bad: "));
    CHECK(!bench.second->ask("SELECT * FROM half").has_value());
  }
}

TEST_CASE("several servers that start at once make the tables once") {
  for (const Database::Kind kind : kinds()) {
    for (int round = 0; round < 5; ++round) {
      Bench bench(kind);
      std::vector<std::unique_ptr<Database>> servers;
      for (int i = 0; i < 6; ++i) servers.push_back(bench.open());
      std::vector<std::string> refusals(servers.size());
      std::vector<std::thread> threads;
      for (size_t i = 0; i < servers.size(); ++i) {
        threads.emplace_back([&, i] {
          const auto done = migrate(*servers[i], std::vector{kFruit});
          if (!done) refusals[i] = done.error().text();
        });
      }
      for (std::thread& thread : threads) thread.join();
      for (const std::string& refusal : refusals) CHECK(refusal.empty());
      CHECK(bench.first->ask("SELECT name FROM schema_steps")->size() == 1);
      servers.clear();
    }
  }
}

// Another process, as an operator's sqlite3: waits for a word, reads the table and ends.
class Stranger {
 public:
  explicit Stranger(const std::string& file) {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      char word = 0;
      const bool has_word = ::read(ends[0], &word, 1) == 1;
      auto database = open_sqlite(file);
      const bool has_read = has_word && database && (*database)->ask("SELECT * FROM fruit");
      if (database) database->reset();
      ::_exit(has_read ? 0 : 1);
    }
    ::close(ends[0]);
    word_ = ends[1];
  }
  // Whether it could read.
  bool looks() {
    const bool was_told = ::write(word_, "x", 1) == 1;
    ::close(word_);
    int status = 1;
    return was_told && ::waitpid(pid_, &status, 0) == pid_ && status == 0;
  }

 private:
  int pid_ = 0;
  int word_ = -1;
};

TEST_CASE("who looks into a SQLite database from outside takes nothing away") {
  const Folder folder;
  Stranger first(folder.file()), second(folder.file());
  const auto writer = *open_sqlite(folder.file());
  REQUIRE(migrate(*writer, std::vector{kFruit}));
  const auto reader = *open_sqlite(folder.file());
  REQUIRE(writer->ask("INSERT INTO fruit VALUES ('a', 1, 0)"));
  REQUIRE(first.looks());
  CHECK(exists(real_disk(), folder.file() + "-wal"));
  REQUIRE(writer->ask("INSERT INTO fruit VALUES ('b', 2, 0)"));
  REQUIRE(second.looks());
  const auto later = *open_sqlite(folder.file());
  CHECK(later->ask("SELECT name FROM fruit")->size() == 2);
  CHECK(reader->ask("SELECT name FROM fruit")->size() == 2);
}

TEST_CASE("a SQLite file is private, and what is no database is refused") {
  const Folder folder;
  REQUIRE(open_sqlite(folder.file()));
  struct stat status{};
  REQUIRE(::stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(replace_file(real_disk(), folder.file(), "this is no database at all, not one", 0600));
  CHECK(open_sqlite(folder.file()).error().code() == Code::kDataLoss);
  CHECK(open_sqlite("/nowhere/at/all").error().text() ==
        "open /nowhere/at/all: no such file or directory");
}

TEST_CASE("a connection text that cannot be one, and a server that is not there") {
  CHECK(open_postgres("host").error().code() == Code::kInvalidArgument);
  const auto database = open_postgres("host=127.0.0.1 port=1 connect_timeout=1");
  REQUIRE(database.has_value());
  CHECK((*database)->ask("SELECT 1").error().code() == Code::kUnavailable);
}

}  // namespace
}  // namespace argosy::sql
