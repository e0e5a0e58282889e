// Debian's grpc++ with raw messages, so that no code generator is measured:
// bench_echo_grpcpp PORT callback|queue.
#include <cstring>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <string>

#include "echo_sizes.h"

namespace {

grpc::ByteBuffer make_answer(const grpc::ByteBuffer& request) {
  grpc::Slice whole;
  std::string bytes(kAnswerSize, 'v');
  if (request.DumpToSingleSlice(&whole).ok()) {
    std::memcpy(bytes.data(), whole.begin(), std::min(whole.size(), bytes.size()));
  }
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    answer_ = make_answer(request_);
    StartWriteAndFinish(&answer_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

class CallbackService final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Reactor;
  }
};

// One call's way through the queue: asked for, read, answered.
class QueueCall {
 public:
  QueueCall(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_.RequestCall(&context_, &stream_, &queue_, &queue_, this);
  }
  void advance(bool ok) {
    switch (step_++) {
      case 0:
        if (!ok) break;
        new QueueCall(service_, queue_);
        return stream_.Read(&request_, this);
      case 1:
        if (!ok) return stream_.Finish(grpc::Status::OK, this);
        return stream_.WriteAndFinish(make_answer(request_), {}, grpc::Status::OK, this);
      default:
        break;
    }
    delete this;
  }

 private:
  grpc::AsyncGenericService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  grpc::ByteBuffer request_;
  int step_ = 0;
};

void serve_queue(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue) {
  for (int i = 0; i < 200; ++i) new QueueCall(service, queue);
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<QueueCall*>(tag)->advance(ok);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const bool with_queue = std::string_view(arguments[2]) == "queue";
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + arguments[1],
                           grpc::InsecureServerCredentials());
  CallbackService callbacks;
  grpc::AsyncGenericService generic;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  if (with_queue) {
    builder.RegisterAsyncGenericService(&generic);
    queue = builder.AddCompletionQueue();
  } else {
    builder.RegisterCallbackGenericService(&callbacks);
  }
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  if (with_queue) serve_queue(generic, *queue);
  server->Wait();
}
