#include "lib/systemd/message.h"

#include <cstring>

#include "base/format.h"

namespace argosy::systemd {
namespace {

Result<Value> read_value(sd_bus_message* message, char type, const char* contents);

template <typename Wire, typename T = Wire>
Result<Value> read_basic(sd_bus_message* message, char type) {
  Wire value{};
  const int got = sd_bus_message_read_basic(message, type, &value);
  if (got < 0) return fail(failed_call("reading a message", got));
  return Value(T(value));
}

Result<Values> read_items(sd_bus_message* message) {
  Values values;
  while (true) {
    char type = 0;
    const char* contents = nullptr;
    const int more = sd_bus_message_peek_type(message, &type, &contents);
    if (more < 0) return fail(failed_call("reading a message", more));
    if (more == 0) return values;
    values.push_back(TRY(read_value(message, type, contents)));
  }
}

Result<Value> read_container(sd_bus_message* message, char type, const char* contents) {
  const std::string inside = contents;
  int done = sd_bus_message_enter_container(message, type, contents);
  if (done < 0) return fail(failed_call("reading a message", done));
  Values items = TRY(read_items(message));
  done = sd_bus_message_exit_container(message);
  if (done < 0) return fail(failed_call("reading a message", done));
  if (type == SD_BUS_TYPE_ARRAY) return Value(Array{inside, std::move(items)});
  if (type == SD_BUS_TYPE_VARIANT && items.size() == 1) return std::move(items.front());
  return Value(Struct{std::move(items)});
}

Result<Value> read_value(sd_bus_message* message, char type, const char* contents) {
  switch (type) {
    case SD_BUS_TYPE_BOOLEAN:
      return read_basic<int, bool>(message, type);
    case SD_BUS_TYPE_BYTE:
      return read_basic<uint8_t>(message, type);
    case SD_BUS_TYPE_INT16:
      return read_basic<int16_t>(message, type);
    case SD_BUS_TYPE_UINT16:
      return read_basic<uint16_t>(message, type);
    case SD_BUS_TYPE_INT32:
      return read_basic<int32_t>(message, type);
    case SD_BUS_TYPE_UINT32:
      return read_basic<uint32_t>(message, type);
    case SD_BUS_TYPE_INT64:
      return read_basic<int64_t>(message, type);
    case SD_BUS_TYPE_UINT64:
      return read_basic<uint64_t>(message, type);
    case SD_BUS_TYPE_DOUBLE:
      return read_basic<double>(message, type);
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_SIGNATURE:
      return read_basic<const char*, std::string>(message, type);
    case SD_BUS_TYPE_OBJECT_PATH:
      return read_basic<const char*, ObjectPath>(message, type);
    case SD_BUS_TYPE_ARRAY:
    case SD_BUS_TYPE_VARIANT:
    case SD_BUS_TYPE_STRUCT:
    case SD_BUS_TYPE_DICT_ENTRY:
      return read_container(message, type, contents);
    default:
      return fail(Code::kUnimplemented, format("a D-Bus value of type '{}'", type));
  }
}

struct Appender {
  sd_bus_message* message;

  template <typename T>
  int operator()(const T& value) const {
    return sd_bus_message_append_basic(message, Value(value).signature().front(), &value);
  }
  int operator()(bool value) const {
    const int wire = value ? 1 : 0;
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_BOOLEAN, &wire);
  }
  int operator()(const std::string& text) const {
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, text.c_str());
  }
  int operator()(const ObjectPath& path) const {
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_OBJECT_PATH, path.text.c_str());
  }
  int operator()(const Array& array) const {
    int done = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, array.element.c_str());
    for (const Value& item : array.items) {
      if (done >= 0) done = std::visit(*this, item.any());
    }
    return done < 0 ? done : sd_bus_message_close_container(message);
  }
  int operator()(const Struct& fields) const {
    const std::string contents = signature_of(fields.fields);
    int done = sd_bus_message_open_container(message, SD_BUS_TYPE_STRUCT, contents.c_str());
    for (const Value& field : fields.fields) {
      if (done >= 0) done = std::visit(*this, field.any());
    }
    return done < 0 ? done : sd_bus_message_close_container(message);
  }
};

}  // namespace

Result<Values> read_values(sd_bus_message* message) {
  return read_items(message);
}

Result<void> append_values(sd_bus_message* message, const Values& values) {
  for (const Value& value : values) {
    const int done = std::visit(Appender{message}, value.any());
    if (done < 0) return fail(failed_call("writing a message", done));
  }
  return {};
}

Error error_of(const sd_bus_error& error) {
  const std::string_view name = error.name == nullptr ? "" : error.name;
  const auto is = [&](std::string_view what) {
    return name.starts_with("org.freedesktop.DBus.Error.") && name.ends_with(what);
  };
  Code code = Code::kUnknown;
  if (is(".ServiceUnknown") || is(".NameHasNoOwner") || is(".Disconnected")) {
    code = Code::kUnavailable;
  } else if (is(".NoReply") || is(".Timeout") || is(".TimedOut")) {
    code = Code::kDeadlineExceeded;
  } else if (is(".UnknownMethod") || is(".UnknownObject") || is(".UnknownInterface")) {
    code = Code::kUnimplemented;
  } else if (is(".AccessDenied") || is(".AuthFailed")) {
    code = Code::kPermissionDenied;
  } else if (is(".InvalidArgs") || is(".InvalidSignature")) {
    code = Code::kInvalidArgument;
  }
  const bool has_text = error.message != nullptr && *error.message != '\0';
  return {code, has_text ? std::string(error.message) : std::string(name)};
}

Error failed_call(std::string what, int negative_errno) {
  const int number = -negative_errno;
  if (number == ENOTCONN || number == ECONNRESET || number == ESHUTDOWN || number == EPIPE) {
    return Error(Code::kUnavailable, format("{}: {}", what, std::strerror(number)))
        .with_errno(number);
  }
  return system_error(std::move(what), number);
}

}  // namespace argosy::systemd
