#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace argosy {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kOk:
      return "OK";
    case Code::kCancelled:
      return "Canceled";
    case Code::kUnknown:
      return "Unknown";
    case Code::kInvalidArgument:
      return "InvalidArgument";
    case Code::kDeadlineExceeded:
      return "DeadlineExceeded";
    case Code::kNotFound:
      return "NotFound";
    case Code::kAlreadyExists:
      return "AlreadyExists";
    case Code::kPermissionDenied:
      return "PermissionDenied";
    case Code::kResourceExhausted:
      return "ResourceExhausted";
    case Code::kFailedPrecondition:
      return "FailedPrecondition";
    case Code::kAborted:
      return "Aborted";
    case Code::kOutOfRange:
      return "OutOfRange";
    case Code::kUnimplemented:
      return "Unimplemented";
    case Code::kInternal:
      return "Internal";
    case Code::kUnavailable:
      return "Unavailable";
    case Code::kDataLoss:
      return "DataLoss";
    case Code::kUnauthenticated:
      return "Unauthenticated";
  }
  return "Unknown";
}

Error::Error(Code code, std::string message)
    : body_(std::make_unique<Body>(Body{code, 0, std::move(message), {}})) {}

Error::Error(const Error& other) : body_(std::make_unique<Body>(*other.body_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) body_ = std::make_unique<Body>(*other.body_);
  return *this;
}

Error Error::context(std::string what) && {
  body_->contexts.push_back(std::move(what));
  return std::move(*this);
}

Error Error::with_errno(int number) && {
  body_->system_errno = number;
  return std::move(*this);
}

std::string Error::text() const {
  std::string out;
  for (auto it = body_->contexts.rbegin(); it != body_->contexts.rend(); ++it) {
    out += *it;
    out += ": ";
  }
  return out + body_->message;
}

namespace {

Code code_of_errno(int number) {
  switch (number) {
    case ENOENT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kResourceExhausted;
    case EINVAL:
      return Code::kInvalidArgument;
    case ETIMEDOUT:
      return Code::kDeadlineExceeded;
    case ECANCELED:
      return Code::kCancelled;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EAGAIN:
    case ENETUNREACH:
    case EHOSTUNREACH:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Error system_error(std::string what, int number) {
  char buffer[128];
  std::string reason = strerror_r(number, buffer, sizeof buffer);
  // As Go prints it: "no such file or directory", but "RPC struct is bad".
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (reason.size() > 1 && is_upper(reason[0]) && !is_upper(reason[1])) {
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  }
  return Error(code_of_errno(number), std::move(what) + ": " + reason).with_errno(number);
}

}  // namespace argosy
