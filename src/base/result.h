// Errors as values: Result<T>, Error and TRY.
//
// An Error has a code from gRPC's canonical set (grpc.github.io, "Status codes"),
// because every part of the suite meets some RPC in the end and one vocabulary
// is easier to hold than two. Its message is what a person or a client reads; the
// context, outermost first, says what was being done.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argosy {

// The numbers are those of the gRPC wire.
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "InvalidArgument" and so on, as Go's codes package prints them.
std::string_view code_name(Code code);

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message);

  Code code() const { return body_->code; }
  // The innermost message, without context.
  const std::string& message() const { return body_->message; }
  // errno of a failed system call, 0 if there was none.
  int system_errno() const { return body_->system_errno; }

  // Says what was being done; the newest context comes first in text().
  Error context(std::string what) &&;
  Error with_errno(int number) &&;
  // "opening the log: reading 0.wal: no such file or directory"
  std::string text() const;

 private:
  struct Body {
    Code code;
    int system_errno = 0;
    std::string message;
    std::vector<std::string> contexts;
  };
  std::unique_ptr<Body> body_;

 public:
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

// The error of a system call that has just set errno: `what` names the call and
// its object ("open /var/lib/x"). The code is chosen from the errno.
Error system_error(std::string what, int number);

}  // namespace argosy

// TRY(expression): the value of a Result, or leave this function with its error.
// TRY_CONTEXT adds context on the way. Not for coroutines: there, co_await does it.
#define TRY(expression)                                                          \
  ({                                                                             \
    auto try_result_ = (expression);                                             \
    if (!try_result_) [[unlikely]]                                               \
      return ::std::unexpected<::argosy::Error>(std::move(try_result_).error()); \
    *std::move(try_result_);                                                     \
  })

#define TRY_CONTEXT(expression, what)                                                          \
  ({                                                                                           \
    auto try_result_ = (expression);                                                           \
    if (!try_result_) [[unlikely]]                                                             \
      return ::std::unexpected<::argosy::Error>(std::move(try_result_).error().context(what)); \
    *std::move(try_result_);                                                                   \
  })
