// An object on the bus, as sd-bus's table of methods. Private to this folder.
#pragma once

#include <functional>
#include <memory>
#include <systemd/sd-bus.h>

#include "lib/systemd/bus.h"

namespace argosy::systemd {

struct UnrefMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
// One of the message's references.
using MessageRef = std::unique_ptr<sd_bus_message, UnrefMessage>;

class Exported {
 public:
  // On the bus's thread.
  using OnCall = std::function<void(const Exported&, const Method&, MessageRef)>;

  Exported(std::string path, Interface interface, OnCall on_call);

  const std::string& path() const { return path_; }
  // All of these on the bus's thread. A negative errno when sd-bus refuses.
  int add_to(sd_bus* bus) const;
  void reply(sd_bus_message* call, const Result<Values>& outcome) const;

 private:
  static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);

  std::string path_;
  Interface interface_;
  OnCall on_call_;
  std::vector<sd_bus_vtable> table_;
};

}  // namespace argosy::systemd
