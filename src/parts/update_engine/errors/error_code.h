// What an update attempt ends with: the numbers that update_engine reports to the server
// (event attribute errorcode) and people find in logs.
#pragma once

#include <string_view>

#include "lib/payload/format/error_code.h"

namespace argosy::update_engine {

using payload::ErrorCode;

// "kActionCodeDownloadTransferError", as update_engine's log has it; "Unknown error" for a
// number that is none.
std::string_view name_of(ErrorCode code);

// 2000 and the status; what is no status of three digits is 999.
ErrorCode code_of_http_status(int status);
// HTTP errors of an Omaha request as the one code that stands for all of them.
ErrorCode base_code(ErrorCode code);

// What was special about the attempt, in the high bits of a reported code.
struct Circumstances {
  bool is_developer_mode = false;  // bit 31
  bool is_resumed = false;         // bit 30
  bool is_test_image = false;      // bit 29: not an official build
  bool is_other_server = false;    // bit 28: not the default Omaha URL
};
// As it stands in errorcode, where bit 31 makes it negative.
int reported_code(ErrorCode code, const Circumstances& circumstances);
// The code without circumstances.
ErrorCode code_of_report(int reported);

// A policy or the backoff put the update off: reported with result "deferred", not "error".
bool is_deferral(ErrorCode code);

}  // namespace argosy::update_engine
