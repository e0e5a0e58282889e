// What names an image on rkt's command line, and its canonical form, a "cimd:" string (rkt:
// Documentation/devel/distribution-point.md). Pure: whether a file exists is asked of the caller.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lib/appc/manifest.h"

namespace argosy::rkt {

struct ImageArgument {
  enum class Kind : uint8_t {
    kHash,     // `text` is "sha512-" and at least two characters
    kArchive,  // `text` is the URL of an ACI: file, http or https
    kDocker,   // `text` is Docker's reference
    kName,     // `text` is an appc name; `labels` select
  };
  Kind kind = Kind::kName;
  std::string text;
  appc::NamedValues labels;
  bool operator==(const ImageArgument&) const = default;

  // The path of a file URL; empty for others.
  std::string path() const;
  // "cimd:appc:v=0:example.com/etcd?version=v2"; the hash itself for one.
  std::string canonical() const;
};

using IsRegularFile = std::function<bool(const std::string& path)>;

// A relative path is taken from `directory`, which is absolute. InvalidArgument.
Result<ImageArgument> parse_image_argument(std::string_view text, const std::string& directory,
                                           const IsRegularFile& is_regular_file);

// "example.com/etcd:v2.0.0,os=linux". InvalidArgument.
Result<ImageArgument> parse_image_name(std::string_view text);

// Adds the labels os and arch of this machine where they are missing.
void complete_labels(ImageArgument& name);

}  // namespace argosy::rkt
