#include "parts/update_engine/status/status.h"

#include <doctest/doctest.h>

using namespace argosy::update_engine;

namespace {

constexpr Status kAll[] = {Status::kIdle,
                           Status::kCheckingForUpdate,
                           Status::kUpdateAvailable,
                           Status::kDownloading,
                           Status::kVerifying,
                           Status::kFinalizing,
                           Status::kUpdatedNeedReboot,
                           Status::kReportingErrorEvent};

}  // namespace

TEST_CASE("names and back") {
  CHECK(name_of(Status::kIdle) == "UPDATE_STATUS_IDLE");
  CHECK(name_of(Status::kReportingErrorEvent) == "UPDATE_STATUS_REPORTING_ERROR_EVENT");
  for (const Status status : kAll) CHECK(parse_status(name_of(status)) == status);
  CHECK_FALSE(parse_status("IDLE"));
  CHECK_FALSE(parse_status(""));
}

TEST_CASE("only an idle engine starts, one that waits for a reboot pings") {
  for (const Status status : kAll) {
    const Attempt attempt = on_attempt(status);
    CHECK((attempt == Attempt::kStart) == (status == Status::kIdle));
    CHECK((attempt == Attempt::kPing) == (status == Status::kUpdatedNeedReboot));
  }
}

TEST_CASE("only a finished update can be forgotten") {
  for (const Status status : kAll) {
    const Reset reset = on_reset(status);
    CHECK((reset == Reset::kNothing) == (status == Status::kIdle));
    CHECK((reset == Reset::kForgetUpdate) == (status == Status::kUpdatedNeedReboot));
  }
}

TEST_CASE("a broken transfer keeps what it had") {
  CHECK_FALSE(loses_progress(Status::kDownloading, ErrorCode::kDownloadTransferError));
  CHECK(loses_progress(Status::kDownloading, ErrorCode::kDownloadOperationHashMismatch));
  CHECK(loses_progress(Status::kFinalizing, ErrorCode::kPostinstallRunnerError));
  CHECK_FALSE(loses_progress(Status::kCheckingForUpdate, ErrorCode::kOmahaResponseInvalid));
  CHECK_FALSE(loses_progress(Status::kFinalizing, ErrorCode::kSuccess));
}

TEST_CASE("the client's five lines") {
  CHECK(lines_of({}) ==
        "LAST_CHECKED_TIME=0\nPROGRESS=0.000000\nCURRENT_OP=UPDATE_STATUS_IDLE\n"
        "NEW_VERSION=0.0.0\nNEW_SIZE=0\n");
  CHECK(lines_of({1600000000, 0.25, Status::kDownloading, "2.0.0", 12345}) ==
        "LAST_CHECKED_TIME=1600000000\nPROGRESS=0.250000\n"
        "CURRENT_OP=UPDATE_STATUS_DOWNLOADING\nNEW_VERSION=2.0.0\nNEW_SIZE=12345\n");
}
