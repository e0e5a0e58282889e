#include "parts/rkt/trust/verify.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"
#include "sys/process/process.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kProgram = "/usr/bin/gpgv";

// The keys in a file, for as long as this lives.
class Keyring {
 public:
  static Result<Keyring> make(const std::vector<PublicKey>& keys, const std::string& directory) {
    std::string path = join_path(directory, "keyring-XXXXXX");
    const Fd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd.is_open()) return fail(system_error("create " + path, errno));
    Keyring out(path);
    Bytes all;
    for (const PublicKey& key : keys) all += key.packets;
    auto file = TRY(real_disk().open(path, {}));
    TRY(file->write_at(0, all));
    return out;
  }
  Keyring(Keyring&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Keyring& operator=(Keyring&&) = delete;
  ~Keyring() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  explicit Keyring(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

Result<std::string> read_all(int fd) {
  std::string out;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error("read", errno));
    if (count == 0) return out;
    out.append(buffer.data(), static_cast<size_t>(count));
  }
}

struct Answer {
  bool is_success = false;
  std::string status;
};

Result<Answer> run_gpgv(const std::string& file, const std::string& signature,
                        const std::string& keyring, const std::string& home) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(system_error("pipe", errno));
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const Fd null = TRY(open_null());
  SpawnOptions options{.program = std::string(kProgram),
                       .arguments = {"gpgv", "--homedir", home, "--status-fd", "1", "--keyring",
                                     keyring, "--", signature, file},
                       .environment = std::vector<std::string>{"LC_ALL=C"},
                       .fds = {{null.get(), 0}, {to.get(), 1}, {null.get(), 2}}};
  auto process = spawn(options);
  to.close();
  if (!process && process.error().code() == Code::kNotFound) {
    return fail(Code::kUnavailable, "signatures are verified by gpgv, which is not installed");
  }
  if (!process) return fail(std::move(process).error());
  Answer out{.status = TRY(read_all(from.get()))};
  const auto status = TRY(process->wait(minutes(1)));
  out.is_success = status && status->is_success();
  return out;
}

// "[GNUPG:] VALIDSIG fingerprint ... primary-fingerprint"
std::vector<PublicKey> signers_of(std::string_view status, const std::vector<PublicKey>& keys) {
  std::vector<PublicKey> out;
  for (const std::string_view line : split(status, '\n')) {
    if (!line.starts_with("[GNUPG:] VALIDSIG ")) continue;
    const std::string primary = to_lower(line.substr(line.rfind(' ') + 1));
    const auto key = std::ranges::find(keys, primary, &PublicKey::fingerprint);
    if (key != keys.end()) out.push_back(*key);
  }
  return out;
}

}  // namespace

Result<std::vector<PublicKey>> verify_file(const std::string& file, const std::string& signature,
                                           const std::vector<PublicKey>& keys,
                                           const std::string& temporary) {
  constexpr const char* kUnknown = "openpgp: signature made by unknown entity";
  if (keys.empty()) return fail(Code::kPermissionDenied, kUnknown);
  const Keyring keyring = TRY(Keyring::make(keys, temporary));
  const Answer answer = TRY(run_gpgv(file, signature, keyring.path(), temporary));
  auto signers = signers_of(answer.status, keys);
  if (answer.is_success && !signers.empty()) return signers;
  const bool is_unknown = answer.status.find("[GNUPG:] NO_PUBKEY") != std::string::npos;
  if (is_unknown) return fail(Code::kPermissionDenied, kUnknown);
  return fail(Code::kPermissionDenied, format("the signature of {} is not good", file));
}

}  // namespace argosy::rkt
