#include "parts/update_engine/errors/error_code.h"

#include <doctest/doctest.h>

using namespace argosy::update_engine;

TEST_CASE("names stand at their numbers") {
  CHECK(name_of(ErrorCode::kSuccess) == "kActionCodeSuccess");
  CHECK(name_of(ErrorCode::kDownloadTransferError) == "kActionCodeDownloadTransferError");
  CHECK(name_of(ErrorCode::kDownloadOperationHashMismatch) ==
        "kActionCodeDownloadOperationHashMismatch");
  CHECK(name_of(ErrorCode::kOmahaResponseInvalid) == "kActionCodeOmahaResponseInvalid");
  CHECK(name_of(ErrorCode::kUpdateDeferredForBackoff) ==
        "kActionCodeOmahaUpdateDeferredForBackoff");
  CHECK(name_of(ErrorCode::kRollback) == "kActionCodeRollbackError");
  CHECK(name_of(ErrorCode::kDownloadIncomplete) == "kActionCodeDownloadIncomplete");
  CHECK(name_of(static_cast<ErrorCode>(2404)) == "kActionCodeOmahaRequestHTTPResponseBase");
  CHECK(name_of(static_cast<ErrorCode>(45)) == "Unknown error");
  CHECK(name_of(static_cast<ErrorCode>(-1)) == "Unknown error");
}

TEST_CASE("HTTP statuses are numbers of their own, and one class") {
  CHECK(static_cast<int>(code_of_http_status(404)) == 2404);
  CHECK(static_cast<int>(code_of_http_status(0)) == 2000);
  CHECK(static_cast<int>(code_of_http_status(1000)) == 2999);
  CHECK(static_cast<int>(code_of_http_status(-1)) == 2999);
  CHECK(base_code(code_of_http_status(503)) == ErrorCode::kOmahaErrorInHttpResponse);
  CHECK(base_code(ErrorCode::kDownloadWrite) == ErrorCode::kDownloadWrite);
}

TEST_CASE("circumstances are the high bits") {
  CHECK(reported_code(ErrorCode::kDownloadTransferError, {}) == 9);
  CHECK(reported_code(ErrorCode::kDownloadTransferError, {.is_other_server = true}) == 0x10000009);
  CHECK(reported_code(ErrorCode::kDownloadTransferError,
                      {.is_resumed = true, .is_test_image = true}) == 0x60000009);
  const int worst = reported_code(code_of_http_status(404), {true, true, true, true});
  CHECK(worst < 0);
  CHECK(code_of_report(worst) == code_of_http_status(404));
  CHECK(code_of_report(9) == ErrorCode::kDownloadTransferError);
}

TEST_CASE("deferrals are no errors") {
  CHECK(is_deferral(ErrorCode::kUpdateDeferredPerPolicy));
  CHECK(is_deferral(ErrorCode::kUpdateDeferredForBackoff));
  CHECK_FALSE(is_deferral(ErrorCode::kError));
}
