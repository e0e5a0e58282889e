// Logging: lines with a level, a message and fields, as JSON in zap's layout (what the
// original's users parse) or as text. One sink for the process, any thread.
//
//   log_info("ready to serve client requests", {{"address", address}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kFatal };
// "debug", "info", "warn", "error", "panic", "fatal"; InvalidArgument otherwise.
Result<LogLevel> parse_log_level(std::string_view text);

struct LogField {
  LogField(std::string_view field_name, std::string_view text);
  LogField(std::string_view field_name, const char* text);
  LogField(std::string_view field_name, const std::string& text);
  LogField(std::string_view field_name, bool value);
  LogField(std::string_view field_name, int value);
  LogField(std::string_view field_name, int64_t value);
  LogField(std::string_view field_name, uint64_t value);
  LogField(std::string_view field_name, const std::vector<std::string>& values);
  LogField(std::string_view field_name, const Error& error);

  std::string_view name;
  std::string json;  // the value
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool as_json = true;
  // "stderr", "stdout", "default" (stderr) or paths of files to append to.
  std::vector<std::string> outputs{"default"};
};
// Before the first line; errors name the output that cannot be opened.
Result<void> start_logging(const LogOptions& options);

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
              std::source_location where);

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {},
                      std::source_location where = std::source_location::current()) {
  log_line(LogLevel::kDebug, message, fields, where);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {},
                     std::source_location where = std::source_location::current()) {
  log_line(LogLevel::kInfo, message, fields, where);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {},
                     std::source_location where = std::source_location::current()) {
  log_line(LogLevel::kWarn, message, fields, where);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {},
                      std::source_location where = std::source_location::current()) {
  log_line(LogLevel::kError, message, fields, where);
}
// Says why and ends the process with exit code 1, without unwinding: for a member
// that must not go on.
[[noreturn]] void log_fatal(std::string_view message, std::initializer_list<LogField> fields = {},
                            std::source_location where = std::source_location::current());

}  // namespace argosy
