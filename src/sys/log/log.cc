#include "sys/log/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "base/time.h"
#include "sys/clock/clock.h"

namespace argosy {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

bool needs_escape(char c) {
  return c == '"' || c == '\\' || static_cast<uint8_t>(c) < 0x20;
}

// A line is JSON whatever bytes a key or a peer has sent.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text, i);
    if (length == 0) {
      out += "\\ufffd";
    } else if (needs_escape(text[i])) {
      append_escaped(out, text[i]);
    } else {
      out += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return out + '"';
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kFatal:
      return "fatal";
  }
  return "info";
}

struct Logger {
  LogLevel level = LogLevel::kInfo;
  bool as_json = true;
  std::vector<std::shared_ptr<spdlog::sinks::sink>> sinks{
      std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Logger() { set_pattern(); }
  void set_pattern() {
    for (auto& sink : sinks) sink->set_pattern("%v");
  }
};

Logger& logger() {
  static Logger instance;
  return instance;
}

// "parts/etcd/member/boot.cc:41": the last two parts, as zap shortens.
std::string caller(const std::source_location& where) {
  std::string_view file = where.file_name();
  const size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) {
    const size_t before = file.rfind('/', slash - 1);
    if (before != std::string_view::npos) file.remove_prefix(before + 1);
  }
  return format("{}:{}", file, where.line());
}

std::string json_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields, const std::source_location& where) {
  std::string line =
      format("{{\"level\":\"{}\",\"ts\":\"{}\",\"caller\":{},\"msg\":{}", level_name(level),
             to_rfc3339(real_clock().wall_now(), 3), quote(caller(where)), quote(message));
  for (const LogField& field : fields) line += format(",{}:{}", quote(field.name), field.json);
  return line + '}';
}

std::string text_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line =
      format("{} {:<5} {}", to_rfc3339(real_clock().wall_now(), 3), level_name(level), message);
  for (const LogField& field : fields) line += format(" {}={}", field.name, field.json);
  return line;
}

}  // namespace

LogField::LogField(std::string_view field_name, std::string_view text)
    : name(field_name), json(quote(text)) {}
LogField::LogField(std::string_view field_name, const char* text)
    : name(field_name), json(quote(text)) {}
LogField::LogField(std::string_view field_name, const std::string& text)
    : name(field_name), json(quote(text)) {}
LogField::LogField(std::string_view field_name, bool value)
    : name(field_name), json(value ? "true" : "false") {}
LogField::LogField(std::string_view field_name, int value)
    : name(field_name), json(std::to_string(value)) {}
LogField::LogField(std::string_view field_name, int64_t value)
    : name(field_name), json(std::to_string(value)) {}
LogField::LogField(std::string_view field_name, uint64_t value)
    : name(field_name), json(std::to_string(value)) {}
LogField::LogField(std::string_view field_name, const Error& error)
    : name(field_name), json(quote(error.text())) {}
LogField::LogField(std::string_view field_name, const std::vector<std::string>& values)
    : name(field_name), json("[") {
  for (const std::string& value : values) {
    if (json.size() > 1) json += ',';
    json += quote(value);
  }
  json += ']';
}

Result<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warn") return LogLevel::kWarn;
  if (text == "error" || text == "dpanic") return LogLevel::kError;
  if (text == "panic" || text == "fatal") return LogLevel::kFatal;
  return fail(Code::kInvalidArgument, format("unrecognized level: \"{}\"", text));
}

Result<void> start_logging(const LogOptions& options) {
  Logger& log = logger();
  log.level = options.level;
  log.as_json = options.as_json;
  log.sinks.clear();
  for (const std::string& output : options.outputs) {
    if (output == "default" || output == "stderr" || output == "systemd/journal") {
      log.sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    } else if (output == "stdout") {
      log.sinks.push_back(std::make_shared<spdlog::sinks::stdout_sink_mt>());
    } else {
      try {
        log.sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(output));
      } catch (const spdlog::spdlog_ex& refused) {
        return fail(Code::kInvalidArgument, format("log output {}: {}", output, refused.what()));
      }
    }
  }
  log.set_pattern();
  return {};
}

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
              std::source_location where) {
  Logger& log = logger();
  if (level < log.level) return;
  const std::string line =
      log.as_json ? json_line(level, message, fields, where) : text_line(level, message, fields);
  const spdlog::details::log_msg entry("", spdlog::level::info, line);
  for (auto& sink : log.sinks) {
    sink->log(entry);
    sink->flush();
  }
}

void log_fatal(std::string_view message, std::initializer_list<LogField> fields,
               std::source_location where) {
  log_line(LogLevel::kFatal, message, fields, where);
  ::_exit(1);
}

}  // namespace argosy
