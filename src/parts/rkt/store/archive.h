// ACI files (appc/spec: aci.md, "Image Archives"): a tar archive of "manifest" and "rootfs".
#pragma once

#include <functional>

#include "base/bytes.h"
#include "lib/appc/manifest.h"
#include "lib/tar/reader.h"

namespace argosy::rkt {

// Reads all of an archive, unpacked, and judges it by appc's rules: only those two at its top,
// no path twice. InvalidArgument.
Result<appc::ImageManifest> read_archive(tar::Reader& archive);
// The manifest's bytes; reads no further. InvalidArgument when there is none.
Result<Bytes> find_manifest(tar::Reader& archive);

// "rootfs/bin/sh" of "./rootfs//bin/sh/". InvalidArgument for one with "..".
Result<std::string> clean_path(std::string_view path);

// An archive as a stream of another one, in which entries have other paths or are left out. The
// path that `rename` is given is a clean one; an empty answer leaves the entry out.
class Renamer {
 public:
  using Rename = std::function<std::string(const std::string& path, tar::Type type)>;
  Renamer(tar::Reader& from, Rename rename);
  ~Renamer();

  // The next bytes of the new archive, valid until the next call; empty at its end.
  Result<BytesView> next();

 private:
  struct State;
  Result<void> step();
  Result<bool> begin_entry();
  Result<void> copy_piece();
  Result<void> put_zeros();

  std::unique_ptr<State> state_;
};

}  // namespace argosy::rkt
