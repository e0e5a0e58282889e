// etcdserverpb.Maintenance and grpc.health.v1.
#include "base/format.h"
#include "base/protowire.h"
#include "parts/etcd/backend/db_hash.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/member/hash_kv.h"
#include "parts/etcd/rpc/admission.h"
#include "parts/etcd/rpc/messages.h"
#include "parts/etcd/rpc/services.h"
#include "sys/crypto/digest.h"

namespace argosy::etcd::rpc {
namespace {

using grpc::CallInfo;
using grpc::ServerStream;
using member::Member;

constexpr size_t kSnapshotPiece = 32 * 1024;

std::string_view alarm_name(apply::AlarmType type) {
  switch (type) {
    case apply::AlarmType::kNone:
      return "NONE";
    case apply::AlarmType::kNoSpace:
      return "NOSPACE";
    case apply::AlarmType::kCorrupt:
      return "CORRUPT";
  }
  return "NONE";
}

Task<Bytes> alarm(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::AlarmRequest>(raw);
  const apply::AlarmRequest wanted{static_cast<apply::AlarmAction>(request.action()),
                                   request.memberid(),
                                   static_cast<apply::AlarmType>(request.alarm())};
  const apply::Response response =
      co_await member.propose(apply::kAlarmField, apply::encode(wanted));
  etcdserverpb::AlarmResponse answer;  // without a header, as the original's
  for (const apply::Alarm& raised : std::get<apply::AlarmResult>(response).alarms) {
    auto* listed = answer.add_alarms();
    listed->set_memberid(raised.member_id);
    listed->set_alarm(static_cast<etcdserverpb::AlarmType>(raised.type));
  }
  co_return answer.SerializeAsString();
}

Task<Bytes> status(Member& member, const CallInfo& info, BytesView) {
  co_await admit(info, member, OnLearner::kServed);
  etcdserverpb::StatusResponse answer;
  fill(*answer.mutable_header(), member.header());
  answer.set_version(std::string(member::kServerVersion));
  answer.set_dbsize(static_cast<int64_t>(member.backend().size()));
  answer.set_dbsizeinuse(static_cast<int64_t>(member.backend().size_in_use()));
  answer.set_leader(member.leader());
  answer.set_raftindex(member.committed());
  answer.set_raftterm(member.term());
  answer.set_raftappliedindex(member.applied());
  answer.set_islearner(member.is_learner());
  if (member.leader() == 0) answer.add_errors(error::no_leader().message());
  for (const apply::Alarm& raised : member.state().alarms().list()) {
    answer.add_errors(format("memberID:{} alarm:{} ", raised.member_id, alarm_name(raised.type)));
  }
  co_return answer.SerializeAsString();
}

Task<Bytes> defragment(Member& member, const CallInfo& info, BytesView) {
  co_await admit(info, member);
  co_await member.defragment();
  etcdserverpb::DefragmentResponse answer;
  co_return answer.SerializeAsString();
}

Task<Bytes> hash(Member& member, const CallInfo& info, BytesView) {
  co_await admit(info, member);
  co_await member.commit_backend();
  auto tx = std::make_shared<bolt::ReadTx>(member.backend().committed());
  const uint32_t value = co_await on_worker<uint32_t>(
      member.loop(), [tx] { return backend::hash(*tx, backend::HashedKeys::kSameOnAllMembers); });
  etcdserverpb::HashResponse answer;
  fill(*answer.mutable_header(), member.header());
  answer.set_hash(value);
  co_return answer.SerializeAsString();
}

Task<Bytes> hash_kv(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::HashKVRequest>(raw);
  const member::HashedKv hashed = co_await member::hash_kv(member, request.revision());
  etcdserverpb::HashKVResponse answer;
  wire::Header header = member.header();
  header.revision = hashed.current_revision;
  fill(*answer.mutable_header(), header);
  answer.set_hash(hashed.hash);
  answer.set_compact_revision(hashed.compact_revision);
  co_return answer.SerializeAsString();
}

Task<Bytes> move_leader(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::MoveLeaderRequest>(raw);
  co_await member.move_leader(request.targetid());
  etcdserverpb::MoveLeaderResponse answer;
  co_return answer.SerializeAsString();
}

// SnapshotResponse{2 remaining_bytes, 3 blob}, without a copy through a message.
Bytes snapshot_message(uint64_t remaining, BytesView blob) {
  Bytes out;
  out.reserve(blob.size() + 32);
  protowire::Writer writer(out);
  if (remaining != 0) writer.uint64(2, remaining);
  writer.bytes(3, blob);
  return out;
}

struct SnapshotPiece {
  Bytes bytes;
  uint64_t remaining = 0;
};

Task<void> snapshot(Member& member, ServerStream& stream) {
  co_await admit(stream.info(), member);
  co_await stream.read();
  co_await member.commit_backend();
  struct Source {
    backend::DbSnapshot database;
    Sha256 digest;
  };
  auto source = std::make_shared<Source>(member.backend().open_snapshot());
  while (source->database.remaining() > 0) {
    // Pages may have to come from the disk: not on the loop.
    const SnapshotPiece piece =
        co_await on_worker<SnapshotPiece>(member.loop(), [source]() -> Result<SnapshotPiece> {
          SnapshotPiece read;
          read.bytes.resize(kSnapshotPiece * 32);
          read.bytes.resize(source->database.read(read.bytes.data(), read.bytes.size()));
          read.remaining = source->database.remaining();
          source->digest.update(read.bytes);
          return read;
        });
    for (size_t at = 0; at < piece.bytes.size(); at += kSnapshotPiece) {
      const BytesView blob = BytesView(piece.bytes).substr(at, kSnapshotPiece);
      stream.write(snapshot_message(piece.remaining + piece.bytes.size() - at - blob.size(), blob));
    }
    co_await stream.writable();
  }
  stream.write(snapshot_message(0, source->digest.finish()));
}

// grpc.health.v1: HealthCheckRequest{1 service}, HealthCheckResponse{1 status}.
constexpr uint64_t kServing = 1;

Bytes serving() {
  Bytes out;
  protowire::Writer(out).uint64(1, kServing);
  return out;
}

Result<void> check_service(BytesView request) {
  protowire::Reader in(request);
  while (in.next()) {
    if (in.field() == 1 && !in.bytes().empty()) return fail(Code::kNotFound, "unknown service");
  }
  return {};
}

Task<Bytes> health_check(const CallInfo&, BytesView request) {
  co_await check_service(request);
  co_return serving();
}

Task<void> health_watch(ServerStream& stream) {
  co_await stream.read();
  stream.write(serving());
  // Until the client ends it.
  while (co_await stream.read()) {
  }
}

}  // namespace

void add_maintenance(grpc::Server& server, Member& member) {
  add_unary(server, member, "/etcdserverpb.Maintenance/Alarm", alarm);
  add_unary(server, member, "/etcdserverpb.Maintenance/Status", status);
  add_unary(server, member, "/etcdserverpb.Maintenance/Defragment", defragment);
  add_unary(server, member, "/etcdserverpb.Maintenance/Hash", hash);
  add_unary(server, member, "/etcdserverpb.Maintenance/HashKV", hash_kv);
  add_unary(server, member, "/etcdserverpb.Maintenance/MoveLeader", move_leader);
  server.add_stream("/etcdserverpb.Maintenance/Snapshot", grpc::CallKind::kServerStream,
                    [&member](ServerStream& stream) { return snapshot(member, stream); });
}

void add_health(grpc::Server& server) {
  server.add_unary("/grpc.health.v1.Health/Check", health_check);
  server.add_stream("/grpc.health.v1.Health/Watch", grpc::CallKind::kServerStream, health_watch);
}

}  // namespace argosy::etcd::rpc
