#include "lib/systemd/exported.h"

#include "lib/systemd/message.h"

namespace argosy::systemd {
namespace {

sd_bus_vtable start_row() {
  sd_bus_vtable row{};
  row.type = _SD_BUS_VTABLE_START;
  row.x.start.element_size = sizeof(sd_bus_vtable);
  row.x.start.features = _SD_BUS_VTABLE_PARAM_NAMES;
  row.x.start.vtable_format_reference = &sd_bus_object_vtable_format;
  return row;
}

sd_bus_vtable end_row() {
  sd_bus_vtable row{};
  row.type = _SD_BUS_VTABLE_END;
  return row;
}

}  // namespace

Exported::Exported(std::string path, Interface interface, OnCall on_call)
    : path_(std::move(path)), interface_(std::move(interface)), on_call_(std::move(on_call)) {
  table_.push_back(start_row());
  for (const Method& method : interface_.methods) {
    sd_bus_vtable row{};
    row.type = _SD_BUS_VTABLE_METHOD;
    // Who may call is the bus's policy to say, not a capability of the caller.
    row.flags = SD_BUS_VTABLE_UNPRIVILEGED;
    row.x.method.member = method.name.c_str();
    row.x.method.signature = method.input.c_str();
    row.x.method.result = method.output.c_str();
    row.x.method.handler = &Exported::on_message;
    row.x.method.names = "";
    table_.push_back(row);
  }
  for (const auto& [name, signature] : interface_.signals) {
    sd_bus_vtable row{};
    row.type = _SD_BUS_VTABLE_SIGNAL;
    row.x.signal.member = name.c_str();
    row.x.signal.signature = signature.c_str();
    row.x.signal.names = "";
    table_.push_back(row);
  }
  table_.push_back(end_row());
}

int Exported::add_to(sd_bus* bus) const {
  return sd_bus_add_object_vtable(bus, nullptr, path_.c_str(), interface_.name.c_str(),
                                  table_.data(), const_cast<Exported*>(this));
}

int Exported::on_message(sd_bus_message* message, void* self, sd_bus_error*) {
  const auto& object = *static_cast<const Exported*>(self);
  const std::string_view member = sd_bus_message_get_member(message);
  for (const Method& method : object.interface_.methods) {
    if (method.name != member) continue;
    object.on_call_(object, method, MessageRef(sd_bus_message_ref(message)));
    return 1;
  }
  return 0;
}

void Exported::reply(sd_bus_message* call, const Result<Values>& outcome) const {
  if (!outcome) {
    sd_bus_reply_method_errorf(call, interface_.error_name.c_str(), "%s",
                               outcome.error().message().c_str());
    return;
  }
  sd_bus_message* raw = nullptr;
  if (sd_bus_message_new_method_return(call, &raw) < 0) return;
  const MessageRef answer(raw);
  const auto written = append_values(raw, *outcome);
  if (written) {
    sd_bus_send(nullptr, raw, nullptr);
  } else {
    sd_bus_reply_method_errorf(call, interface_.error_name.c_str(), "%s",
                               written.error().text().c_str());
  }
}

}  // namespace argosy::systemd
