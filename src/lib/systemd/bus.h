// Bus: a connection to a D-Bus message bus (sd-bus(3)) for programs on our loop: calls,
// signals in and out, objects of one's own.
//
// sd-bus waits for its socket on a thread that each Bus has for itself; all that is seen
// here belongs to the loop's thread, and handlers run there. A Bus dies before its loop.
// Errors carry the text of the D-Bus error; their code is Unavailable when nobody owns
// the name or the connection is lost, DeadlineExceeded without an answer in time,
// Unimplemented for an unknown object, interface or method, PermissionDenied,
// InvalidArgument, and Unknown for all others.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "io/task/task.h"
#include "lib/systemd/value.h"

namespace argosy {
class Loop;
}

namespace argosy::systemd {

struct MethodName {
  std::string destination;
  std::string path;
  std::string interface;
  std::string member;
};

// What is empty matches everything.
struct SignalMatch {
  std::string sender;
  std::string path;
  std::string interface;
  std::string member;
};

struct Signal {
  std::string sender;
  std::string path;
  std::string interface;
  std::string member;
  Values values;
};
using OnSignal = std::function<void(const Signal&)>;

// A method of an exported object; ending with an error answers with one.
using MethodHandler = std::function<Task<Values>(Values)>;
struct Method {
  std::string name;
  std::string input;   // signature
  std::string output;  // signature
  MethodHandler handle;
};

struct Interface {
  std::string name;
  std::vector<Method> methods;
  // Names and signatures of the signals that emit() sends, for introspection.
  std::vector<std::pair<std::string, std::string>> signals;
  // The name of error answers.
  std::string error_name = "org.freedesktop.DBus.Error.Failed";
};

class Bus {
 public:
  // Connects and says Hello. The address is one of D-Bus ("unix:path=/x"); empty: the
  // system bus, as DBUS_SYSTEM_BUS_ADDRESS or the default say.
  static Task<std::unique_ptr<Bus>> connect(Loop& loop, std::string address = {},
                                            Duration limit = seconds(25));
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  Task<Values> call(MethodName method, Values arguments = {}, Duration limit = seconds(25));
  // Ends when the signal has been handed to the bus.
  Task<void> emit(std::string path, std::string interface, std::string member, Values values);
  // Ends when the bus has agreed; the handler stays as long as the Bus.
  Task<void> on_signal(SignalMatch match, OnSignal handle);
  // Introspection and peer methods come with it. Stays as long as the Bus.
  Task<void> export_object(std::string path, Interface interface);
  // AlreadyExists when another has it.
  Task<void> request_name(std::string name);
  // Told once, when the connection is lost; calls fail from then on.
  void on_lost(std::function<void(const Error&)> handle);

  struct Impl;

 private:
  explicit Bus(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy::systemd
