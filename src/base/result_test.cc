#include "base/result.h"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/id.h"

namespace argosy {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Code::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int once = TRY(half(number));
  return TRY_CONTEXT(half(once), "second time");
}

Result<void> demand_even(int number) {
  TRY(half(number));
  return {};
}

TEST_CASE("TRY gives the value or leaves with the error") {
  CHECK(quarter(8) == 2);
  CHECK(quarter(3).error().text() == "odd");
  CHECK(quarter(6).error().text() == "second time: odd");
  CHECK(demand_even(2).has_value());
  CHECK(demand_even(1).error().code() == Code::kInvalidArgument);
}

TEST_CASE("the newest context comes first and the message stays") {
  const Error error = Error(Code::kDataLoss, "bad page").context("reading db").context("starting");
  CHECK(error.text() == "starting: reading db: bad page");
  CHECK(error.message() == "bad page");
  CHECK(error.code() == Code::kDataLoss);
}

TEST_CASE("a copied error is independent") {
  Error first(Code::kAborted, "x");
  const Error second = first;
  first = std::move(first).context("later");
  CHECK(second.text() == "x");
  CHECK(first.text() == "later: x");
  Error third(Code::kOk, "");
  third = first;
  CHECK(third.text() == "later: x");
}

TEST_CASE("errors of system calls keep errno and choose a code") {
  struct Row {
    int number;
    Code code;
  };
  for (const Row& row :
       {Row{ENOENT, Code::kNotFound}, Row{EEXIST, Code::kAlreadyExists},
        Row{EACCES, Code::kPermissionDenied}, Row{EROFS, Code::kPermissionDenied},
        Row{ENOSPC, Code::kResourceExhausted}, Row{EMFILE, Code::kResourceExhausted},
        Row{ECONNREFUSED, Code::kUnavailable}, Row{ETIMEDOUT, Code::kDeadlineExceeded},
        Row{EIO, Code::kInternal}}) {
    const Error error = system_error("open /x", row.number);
    CHECK(error.code() == row.code);
    CHECK(error.system_errno() == row.number);
  }
  CHECK(system_error("open /x", ENOENT).text() == "open /x: no such file or directory");
}

TEST_CASE("codes have the names that Go prints") {
  CHECK(code_name(Code::kCancelled) == "Canceled");
  CHECK(code_name(Code::kDeadlineExceeded) == "DeadlineExceeded");
  CHECK(code_name(static_cast<Code>(99)) == "Unknown");
}

TEST_CASE("a failed check ends the process with the place") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], 2);
    check(1 + 1 == 3, "arithmetic");
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char piece[256];
  ssize_t got = 0;
  while ((got = ::read(ends[0], piece, sizeof piece)) > 0) {
    said.append(piece, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(said.starts_with("check failed: arithmetic: "));
  CHECK(said.find("result_test.cc:") != std::string::npos);
}

TEST_CASE("distinct numbers count, compare and hash") {
  using Length = Distinct<struct LengthTag>;
  using Offset = Distinct<struct OffsetTag, int64_t>;
  static_assert(!std::is_convertible_v<uint64_t, Length>);
  static_assert(!std::is_convertible_v<Length, Offset>);
  Length length(5);
  CHECK((length + 2).value() == 7);
  CHECK((length - 2).value() == 3);
  CHECK(Length(9) - length == 4);
  CHECK(++length == Length(6));
  CHECK(length < Length(7));
  CHECK(Offset(-3) - Offset(2) == -5);
  CHECK(std::hash<Length>()(Length(6)) == std::hash<uint64_t>()(6));
  CHECK(Length() == Length(0));
}

}  // namespace
}  // namespace argosy
