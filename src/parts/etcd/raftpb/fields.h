// Reads the fields of one message by hand-written cases, strictly: what is wrong with a
// field is remembered as the message's one error, after which there are no more fields.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/protowire.h"
#include "base/result.h"

namespace argosy::etcd::raftpb {

class Fields {
 public:
  // `what` names the message in errors; it outlives this.
  Fields(std::string_view what, BytesView bytes) : in_(bytes), what_(what) {}

  bool next() { return why_.empty() && in_.next(); }
  uint32_t field() const { return in_.field(); }

  uint64_t number();
  bool boolean() { return number() != 0; }
  // Borrows from the message.
  BytesView bytes();
  // An enumerator from 0 to `last`.
  template <typename Enum>
  Enum enumerator(Enum last) {
    const uint64_t value = number();
    if (value <= static_cast<uint64_t>(last)) return static_cast<Enum>(value);
    refuse("unknown enumerator");
    return Enum{};
  }
  // Appends one number, or those of a packed list.
  template <typename Id>
  void append_numbers(std::vector<Id>& list) {
    if (in_.type() != protowire::WireType::kBytes) {
      list.push_back(Id(number()));
      return;
    }
    BytesView packed = in_.bytes();
    while (const auto value = take_varint(packed)) list.push_back(Id(*value));
  }
  // Reads an embedded message into `value`, on top of what is already there, as
  // protocol buffers want it when a field is repeated.
  template <typename Value>
  void merge(Value& value, Result<void> (*read)(BytesView, Value&)) {
    const BytesView inner = bytes();
    if (!why_.empty()) return;
    if (auto done = read(inner, value); !done) why_ = done.error().message();
  }
  void refuse(std::string_view why);

  // The error, once next() has returned false.
  Result<void> end() const;

 private:
  std::optional<uint64_t> take_varint(BytesView& packed);

  protowire::Reader in_;
  std::string_view what_;
  std::string why_;
};

}  // namespace argosy::etcd::raftpb
