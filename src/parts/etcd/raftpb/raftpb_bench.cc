#include <benchmark/benchmark.h>

#include "parts/etcd/raftpb/raftpb.h"

using namespace argosy;
using namespace argosy::etcd;

namespace {

// A leader's append of `count` entries with 256 bytes each.
raft::Message append_message(size_t count) {
  raft::Message message;
  message.type = raft::MessageType::kApp;
  message.to = raft::NodeId(0x8e9e05c52164694d);
  message.from = raft::NodeId(0x6c8a36cc2abf7e87);
  message.term = raft::Term(5);
  message.index = raft::LogIndex(1'000'000);
  for (size_t i = 0; i < count; ++i) {
    message.entries.push_back({raft::EntryType::kNormal, raft::Term(5),
                               raft::LogIndex(1'000'001 + i), SharedBytes(Bytes(256, 'v'))});
  }
  return message;
}

void encode_message(benchmark::State& state) {
  const raft::Message message = append_message(static_cast<size_t>(state.range(0)));
  Bytes out;
  for (auto _ : state) {
    out.clear();
    raftpb::append(out, message);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(out.size()));
}
BENCHMARK(encode_message)->Arg(0)->Arg(1)->Arg(100);

void decode_message(benchmark::State& state) {
  const Bytes bytes = raftpb::to_bytes(append_message(static_cast<size_t>(state.range(0))));
  for (auto _ : state) {
    auto message = raftpb::decode_message(bytes);
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(decode_message)->Arg(0)->Arg(1)->Arg(100);

}  // namespace
