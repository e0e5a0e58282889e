// io/grpc's server on the real loop: bench_echo_argosy PORT.
#include "base/text.h"
#include "echo_sizes.h"
#include "io/grpc/server.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"

namespace {

using namespace argosy;

Task<Bytes> answer(const grpc::CallInfo&, BytesView request) {
  Bytes bytes(kAnswerSize, 'v');
  bytes.replace(0, request.size(), request);
  co_return std::move(bytes);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const auto port = static_cast<uint16_t>(parse_uint(arguments[1]).value_or(0));
  UvLoop loop;
  grpc::Server server(loop, {});
  server.add_unary(std::string(kEchoPath), answer);
  HttpServerOptions options;
  options.take_h2 = [&](H2Stream& stream) { return server.accept(stream); };
  HttpServer http(loop, std::move(options));
  const auto listener =
      loop.network().listen({"127.0.0.1", port, {}},
                            [&](std::unique_ptr<Stream> stream) { http.serve(std::move(stream)); });
  if (!listener) return 1;
  loop.run();
}
