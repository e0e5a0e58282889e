// delta_generator's flags, in the dialect of gflags: -flag value, -flag=value, and both
// with two dashes; words that are no flags are ignored, "--" ends the flags. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace argosy::update_engine {

struct DeltaGeneratorOptions {
  std::string old_dir;
  std::string new_dir;
  std::string old_image;
  std::string new_image;
  std::string old_kernel;
  std::string new_kernel;
  std::string pcr_policy;
  std::string in_file;
  std::string out_file;
  std::string out_hash_file;
  std::string out_metadata_hash_file;
  std::string private_key;
  std::string public_key;
  std::string public_key_version = "2";
  std::string prefs_dir = "/tmp/update_engine_prefs";
  std::string signature_size;
  std::string signature_file;
  // Ours.
  std::string metadata_signature_file;
  std::string profile = "compatible";
  std::string workers = "0";
  std::string memory_mb = "200";
  bool help = false;
};

// InvalidArgument with gflags' text.
Result<DeltaGeneratorOptions> parse_options(const std::vector<std::string>& arguments);

std::string usage();

// "a:b:c", without empty ones.
std::vector<std::string> split_colons(const std::string& text);

}  // namespace argosy::update_engine
