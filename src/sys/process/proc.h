// What proc(5) says of processes and of who listens where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/process/process.h"

namespace argosy {

// A file below /proc, whose size the kernel does not tell.
Result<std::string> read_proc_file(const std::string& path);

// When a process was started; nothing if there is none, or one that has ended and was
// not yet reaped.
std::optional<uint64_t> start_ticks(int pid);
std::optional<ProcessIdentity> identify(int pid);
// The name of its program, as in comm; empty if there is no such process.
std::string process_name(int pid);
// Differs after each boot; empty if the kernel does not say.
std::string boot_id();
// The program that this process runs, as an absolute path.
Result<std::string> own_program();

struct PortHolder {
  int pid = 0;  // 0: a process that we may not look into
  std::string name;

  // "etcd (pid 812)"
  std::string text() const;
};
// Who listens on a TCP port, on any address of either family.
std::optional<PortHolder> holder_of_port(uint16_t port);

// -- The formats themselves.

// Field 22 of /proc/PID/stat; nothing for a zombie.
std::optional<uint64_t> parse_start_ticks(std::string_view stat);
// The inode of the socket that listens on the port, from /proc/net/tcp or tcp6.
std::optional<uint64_t> parse_listener(std::string_view table, uint16_t port);

}  // namespace argosy
