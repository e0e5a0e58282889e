// One layer of a real image: this program's own beside `igzip -dc | tar x` and the two hashes.
// ARGOSY_BENCH_LAYER names a .tar.gz; without it /usr/include is one.
// Trees stay until the end, and the first run is not counted: on ext4 the first unpack after a
// large removal pays for it.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>

#include "base/check.h"
#include "base/format.h"
#include "lib/unpack/layer.h"
#include "sys/file/fd.h"

namespace argosy::unpack {
namespace {

class Scratch {
 public:
  Scratch() {
    char pattern[] = "/var/tmp/argosy-unpack-bench-XXXXXX";
    check(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
    const char* given = std::getenv("ARGOSY_BENCH_LAYER");
    layer_ = given != nullptr ? given : path_ + "/layer.tar.gz";
    if (given == nullptr) {
      run(format("tar c -C / usr/include | gzip > {}", layer_));
    }
    (void)tree("warm");
  }
  ~Scratch() { run("rm -rf " + path_); }

  const std::string& layer() const { return layer_; }
  std::string next() { return tree(format("{}", count_++)); }
  static void run(const std::string& command) { check(::system(command.c_str()) >= 0); }

 private:
  std::string tree(const std::string& name) {
    std::string path = path_ + "/" + name;
    check(::mkdir(path.c_str(), 0755) == 0);
    return path;
  }

  std::string path_;
  std::string layer_;
  int count_ = 0;
};

Scratch& scratch() {
  static Scratch only;
  return only;
}

void ours(benchmark::State& state) {
  const std::string layer = scratch().layer();
  for (auto _ : state) {
    const std::string path = scratch().next();
    const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto source = file_source(layer);
    check(source.has_value());
    const auto result = unpack_layer({.source = *source}, directory.get(), {});
    check(result.has_value(), result ? "" : result.error().text().c_str());
    state.SetBytesProcessed(state.bytes_processed() + static_cast<int64_t>(result->archive_size));
  }
}

// Everything that has to be done, by the fastest tools: hashing, too, overlaps here.
void tools(benchmark::State& state) {
  const std::string layer = scratch().layer();
  for (auto _ : state) {
    const std::string path = scratch().next();
    const std::string command = format(
        "bash -c 'openssl sha256 {0} >/dev/null & "
        "igzip -dc {0} | tee >(openssl sha256 >/dev/null) | tar x -C {1} --xattrs; wait'",
        layer, path);
    check(::system(command.c_str()) == 0);
  }
}

BENCHMARK(ours)->Name("warm/ours")->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(tools)->Name("warm/tools")->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ours)->Iterations(5)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(tools)->Iterations(5)->UseRealTime()->MeasureProcessCPUTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace argosy::unpack
