#include "sys/process/proc.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace argosy {
namespace {

TEST_CASE("start times are found behind names of all kinds") {
  const std::string tail =
      " S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 2473984 200 18446744073709551615\n";
  CHECK(parse_start_ticks("7 (etcd)" + tail) == 98765);
  CHECK(parse_start_ticks("7 (a b) c (d))" + tail) == 98765);
  CHECK(!parse_start_ticks("7 (etcd) Z" + tail.substr(2)));
  CHECK(!parse_start_ticks("7 (etcd) S 1 7"));
  CHECK(!parse_start_ticks(""));
}

TEST_CASE("listeners are found in tables of both families") {
  constexpr std::string_view kTcp =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:094B 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 "
      "11 1 0000000000000000 100 0 0 10 0\n"
      "   1: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "22 1 0000000000000000 100 0 0 10 0\n";
  constexpr std::string_view kTcp6 =
      "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 33 1 0000000000000000 100 0 0 10 0\n";
  CHECK(parse_listener(kTcp, 2379) == 22);
  CHECK(!parse_listener(kTcp, 2380));
  CHECK(parse_listener(kTcp6, 8080) == 33);
  CHECK(!parse_listener("", 1));
  CHECK(!parse_listener("0: :094B 0A\n", 2379));
}

TEST_CASE("this process is found by its number and by its port") {
  const auto identity = identify(::getpid());
  REQUIRE(identity.has_value());
  CHECK(identity->start_ticks > 0);
  CHECK(!process_name(::getpid()).empty());
  CHECK(own_program()->starts_with("/"));
  CHECK(boot_id() == boot_id());

  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener.get(), any, size) == 0);
  REQUIRE(::getsockname(listener.get(), any, &size) == 0);
  const uint16_t port = ntohs(address.sin_port);
  CHECK(!holder_of_port(port));  // bound, not listening
  REQUIRE(::listen(listener.get(), 1) == 0);
  const auto holder = holder_of_port(port);
  REQUIRE(holder.has_value());
  CHECK(holder->pid == ::getpid());
  CHECK(holder->text().ends_with(")"));
}

TEST_CASE("there is no process 0 or -1 to find") {
  for (const int pid : {0, -1, 1 << 30}) {
    CHECK(!identify(pid));
    CHECK(process_name(pid).empty());
    CHECK(!Process::adopt({pid, 1}).has_value());
  }
}

}  // namespace
}  // namespace argosy
