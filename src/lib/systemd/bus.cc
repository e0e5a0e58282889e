#include "lib/systemd/bus.h"

#include <cerrno>

#include "base/check.h"
#include "base/format.h"
#include "io/task/scope.h"
#include "lib/systemd/bus_thread.h"
#include "lib/systemd/exported.h"
#include "lib/systemd/message.h"

namespace argosy::systemd {
namespace {

// What a coroutine waits for while the thread works on it; either may be gone first.
template <typename T>
struct Waiting {
  Eventual<T>* waiter = nullptr;
};

template <typename T>
class Reply {
 public:
  Reply(Loop& loop, std::shared_ptr<Waiting<T>> waiting)
      : loop_(&loop), waiting_(std::move(waiting)) {}

  // On the bus's thread.
  void set(Result<T> outcome) const {
    loop_->post_from_any_thread([waiting = waiting_, outcome = std::move(outcome)]() mutable {
      if (waiting->waiter != nullptr) waiting->waiter->set(std::move(outcome));
    });
  }

 private:
  Loop* loop_;
  std::shared_ptr<Waiting<T>> waiting_;
};

// Runs `work` on the bus's thread and waits until it has set the reply.
template <typename T>
Task<T> on_bus(Loop& loop, BusThread& thread,
               std::move_only_function<void(sd_bus*, Reply<T>)> work) {
  struct Registration {
    std::shared_ptr<Waiting<T>> waiting;
    ~Registration() { waiting->waiter = nullptr; }
  };
  auto waiting = std::make_shared<Waiting<T>>();
  Eventual<T> done(loop);
  waiting->waiter = &done;
  const Registration registration{waiting};
  Reply<T> reply(loop, waiting);
  thread.run([&thread, reply, work = std::move(work)](sd_bus* bus) mutable {
    if (bus == nullptr) return reply.set(fail(thread.reason()));
    work(bus, std::move(reply));
  });
  Result<T> outcome = co_await done.wait();
  if constexpr (std::is_void_v<T>) {
    co_await std::move(outcome);
  } else {
    co_return std::move(outcome);
  }
}

Result<void> outcome_of(int done, std::string what) {
  if (done < 0) return fail(failed_call(std::move(what), done));
  return {};
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

std::string_view or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

// A call that has been sent, until its answer.
struct Pending {
  Reply<Values> reply;

  static int on_answer(sd_bus_message* message, void* self, sd_bus_error*) {
    const sd_bus_error* error = sd_bus_message_get_error(message);
    static_cast<Pending*>(self)->reply.set(error != nullptr ? fail(error_of(*error))
                                                            : read_values(message));
    return 1;
  }
  static void destroy(void* self) { delete static_cast<Pending*>(self); }
};

Result<void> send_call(sd_bus* bus, const MethodName& method, const Values& arguments,
                       Duration limit, std::unique_ptr<Pending> pending) {
  sd_bus_message* message = nullptr;
  int done =
      sd_bus_message_new_method_call(bus, &message, method.destination.c_str(), method.path.c_str(),
                                     or_null(method.interface), method.member.c_str());
  if (done < 0) return fail(failed_call("calling " + method.member, done));
  const MessageRef holder(message);
  TRY(append_values(message, arguments));
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(limit).count();
  sd_bus_slot* slot = nullptr;
  done = sd_bus_call_async(bus, &slot, message, &Pending::on_answer, pending.get(),
                           static_cast<uint64_t>(std::max<int64_t>(1, microseconds)));
  if (done < 0) return fail(failed_call("calling " + method.member, done));
  // The slot lives until the answer or the connection's end, and owns what waits for it.
  sd_bus_slot_set_destroy_callback(slot, &Pending::destroy);
  sd_bus_slot_set_floating(slot, 1);
  sd_bus_slot_unref(slot);
  (void)pending.release();
  return {};
}

Result<void> send_signal(sd_bus* bus, const std::string& path, const std::string& interface,
                         const std::string& member, const Values& values) {
  sd_bus_message* message = nullptr;
  int done =
      sd_bus_message_new_signal(bus, &message, path.c_str(), interface.c_str(), member.c_str());
  if (done < 0) return fail(failed_call("emitting " + member, done));
  const MessageRef holder(message);
  TRY(append_values(message, values));
  done = sd_bus_send(bus, message, nullptr);
  if (done >= 0) done = sd_bus_flush(bus);
  return outcome_of(done, "emitting " + member);
}

}  // namespace

struct Bus::Impl {
  explicit Impl(Loop& of)
      : loop(of), is_alive(std::make_shared<bool>(true)), thread([this](Error error) {
          post([error = std::move(error)](Impl& self) {
            self.lost = error;
            if (self.on_lost) self.on_lost(error);
          });
        }) {
    scope.emplace(loop);
  }
  ~Impl() { *is_alive = false; }

  // From the thread to the loop; nothing happens when the Bus is gone by then.
  void post(std::move_only_function<void(Impl&)> function) {
    loop.post_from_any_thread([this, alive = is_alive, function = std::move(function)]() mutable {
      if (*alive) function(*this);
    });
  }

  struct Subscription {
    Impl* impl;
    OnSignal handle;
    std::optional<Reply<void>> agreed;

    static int on_message(sd_bus_message* message, void* self, sd_bus_error*) {
      static_cast<Subscription*>(self)->deliver(message);
      return 0;
    }
    static int on_agreed(sd_bus_message* message, void* self, sd_bus_error*) {
      const sd_bus_error* error = sd_bus_message_get_error(message);
      static_cast<Subscription*>(self)->agreed->set(error != nullptr ? fail(error_of(*error))
                                                                     : Result<void>{});
      return 1;
    }
    void deliver(sd_bus_message* message) {
      auto values = read_values(message);
      if (!values) return;
      Signal signal{std::string(or_empty(sd_bus_message_get_sender(message))),
                    std::string(or_empty(sd_bus_message_get_path(message))),
                    std::string(or_empty(sd_bus_message_get_interface(message))),
                    std::string(or_empty(sd_bus_message_get_member(message))), *std::move(values)};
      impl->post([this, signal = std::move(signal)](Impl&) { handle(signal); });
    }
  };

  Result<void> subscribe(sd_bus* bus, const SignalMatch& match, Subscription& subscription) {
    const int done = sd_bus_match_signal_async(
        bus, nullptr, or_null(match.sender), or_null(match.path), or_null(match.interface),
        or_null(match.member), &Subscription::on_message, &Subscription::on_agreed, &subscription);
    return outcome_of(done, "matching " + match.member);
  }

  // An exported object was called; on the thread.
  void on_called(const Exported& object, const Method& method, MessageRef message) {
    auto values = read_values(message.get());
    if (!values) {
      sd_bus_reply_method_errnof(message.get(), EINVAL, "%s", values.error().text().c_str());
      return;
    }
    post([&object, &method, message = std::move(message),
          arguments = *std::move(values)](Impl& self) mutable {
      self.scope->spawn(self.answer(&object, &method, std::move(message), std::move(arguments)));
    });
  }

  Task<void> answer(const Exported* object, const Method* method, MessageRef message,
                    Values arguments) {
    auto outcome = co_await result(method->handle(std::move(arguments)));
    thread.run(
        [object, message = std::move(message), outcome = std::move(outcome)](sd_bus* bus) mutable {
          if (bus != nullptr) object->reply(message.get(), outcome);
        });
  }

  Loop& loop;
  std::shared_ptr<bool> is_alive;  // read and written on the loop's thread
  std::optional<Error> lost;
  std::function<void(const Error&)> on_lost;
  // Their addresses are known to sd-bus, so they outlive the thread below.
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  std::vector<std::unique_ptr<Exported>> exported;
  // Handlers hold messages, which the thread must not touch at the same time: they die
  // after it.
  std::optional<Scope> scope;
  BusThread thread;
};

Bus::Bus(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Bus::~Bus() = default;

Task<std::unique_ptr<Bus>> Bus::connect(Loop& loop, std::string address, Duration limit) {
  std::unique_ptr<Bus> bus(new Bus(std::make_unique<Impl>(loop)));
  bus->impl_->thread.start(std::move(address));
  // Answered when the connection is there, since work comes after it.
  auto settled = on_bus<void>(loop, bus->impl_->thread,
                              [](sd_bus*, const Reply<void>& reply) { reply.set({}); });
  co_await co_await with_deadline(loop, loop.now() + limit, std::move(settled));
  co_return std::move(bus);
}

Task<Values> Bus::call(MethodName method, Values arguments, Duration limit) {
  co_return co_await on_bus<Values>(impl_->loop, impl_->thread,
                                    [method = std::move(method), arguments = std::move(arguments),
                                     limit](sd_bus* bus, const Reply<Values>& reply) {
                                      auto sent =
                                          send_call(bus, method, arguments, limit,
                                                    std::make_unique<Pending>(Pending{reply}));
                                      if (!sent) reply.set(fail(std::move(sent).error()));
                                    });
}

Task<void> Bus::emit(std::string path, std::string interface, std::string member, Values values) {
  co_await on_bus<void>(
      impl_->loop, impl_->thread,
      [path = std::move(path), interface = std::move(interface), member = std::move(member),
       values = std::move(values)](sd_bus* bus, const Reply<void>& reply) {
        reply.set(send_signal(bus, path, interface, member, values));
      });
}

Task<void> Bus::on_signal(SignalMatch match, OnSignal handle) {
  impl_->subscriptions.push_back(
      std::make_unique<Impl::Subscription>(Impl::Subscription{impl_.get(), std::move(handle), {}}));
  Impl::Subscription* subscription = impl_->subscriptions.back().get();
  co_await on_bus<void>(impl_->loop, impl_->thread,
                        [impl = impl_.get(), match = std::move(match), subscription](
                            sd_bus* bus, const Reply<void>& reply) {
                          subscription->agreed = reply;
                          auto begun = impl->subscribe(bus, match, *subscription);
                          if (!begun) reply.set(std::move(begun));
                        });
}

Task<void> Bus::export_object(std::string path, Interface interface) {
  Impl* impl = impl_.get();
  impl->exported.push_back(std::make_unique<Exported>(
      std::move(path), std::move(interface),
      [impl](const Exported& object, const Method& method, MessageRef message) {
        impl->on_called(object, method, std::move(message));
      }));
  const Exported* object = impl->exported.back().get();
  co_await on_bus<void>(impl->loop, impl->thread, [object](sd_bus* bus, const Reply<void>& reply) {
    reply.set(outcome_of(object->add_to(bus), "exporting " + object->path()));
  });
}

Task<void> Bus::request_name(std::string name) {
  co_await on_bus<void>(
      impl_->loop, impl_->thread, [name = std::move(name)](sd_bus* bus, const Reply<void>& reply) {
        const int done = sd_bus_request_name(bus, name.c_str(), 0);
        if (done == -EEXIST || done == -EALREADY) {
          return reply.set(fail(Code::kAlreadyExists, format("the name {} is taken", name)));
        }
        reply.set(outcome_of(done, "requesting the name " + name));
      });
}

void Bus::on_lost(std::function<void(const Error&)> handle) {
  impl_->on_lost = std::move(handle);
  if (impl_->lost && impl_->on_lost) impl_->on_lost(*impl_->lost);
}

}  // namespace argosy::systemd
