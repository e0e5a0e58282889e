// The commands of rkt. Private to this folder.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parts/rkt/config/config.h"
#include "parts/rkt/ctl/flags.h"
#include "parts/rkt/pod/collect.h"
#include "parts/rkt/store/tree_store.h"
#include "parts/rkt/trust/key_store.h"
#include "sys/clock/clock.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

namespace argosy::rkt {

inline constexpr std::string_view kVersion = "1.30.0+argosy";
inline constexpr int kFailure = 254;

using Words = std::vector<std::string>;

struct Globals {
  bool is_debug = false;
  std::string directory;
  std::string system_config, local_config, user_config;
  std::vector<std::string> insecure;
  bool trusts_keys_from_https = false;
};
void add_global_flags(Flags& flags, Globals& globals);

// All flags that commands have beside the global ones; each command takes those that it names.
struct Options {
  bool full = false;
  bool no_legend = false;
  std::string format;
  std::string fields, sort, order;
  bool overwrite = false;
  bool only_rootfs = false;
  bool pretty = true;
  Duration grace{};
  Duration expires_prepared{};
  bool only_marks = false;
  std::string uuid_file;
  std::string wait, wait_ready;
  bool store_only = false, no_store = false;
  std::string pull_policy;
  std::string signature;
  std::string prefix;
  bool is_for_root = false;
  bool skips_review = false;
  bool allows_http = false;
};

class Context {
 public:
  Context(std::string command, Globals globals, Options options)
      : globals(std::move(globals)), options(std::move(options)), command_(std::move(command)) {}

  // A line to stdout, or to stderr with the command's name before it.
  void print(std::string_view line) const;
  void complain(std::string_view line) const;
  // "what: cause"; with --debug the whole chain.
  void complain(std::string_view what, const Error& error) const;
  int failure(std::string_view what, const Error& error) const;
  Reporter reporter() const;

  bool is_insecure(std::string_view what) const;
  Result<const Config*> config();
  // DATA.
  Result<std::string> data();
  Result<const ImageStore*> store();
  Result<const TreeStore*> trees();
  Result<const Pods*> pods();
  KeyStore keys() const;

  Globals globals;
  Options options;

 private:
  std::string command_;
  std::optional<Config> config_;
  std::optional<std::string> data_;
  std::unique_ptr<ImageStore> store_;
  std::unique_ptr<TreeStore> trees_;
  std::unique_ptr<Pods> pods_;
};

// Locks out, or is locked out by, who prepares pods: DATA/locks/prepareLock.
Result<FileLock> lock_prepare(Context& context, LockMode mode);

struct Command {
  std::string_view name;  // "image list"
  std::string_view summary;
  std::string_view usage;  // after the name
  std::string_view description;
  void (*add_flags)(Flags& flags, Options& options);  // null: none
  // Null: known, but not there yet; such are not in the help.
  int (*run)(Context& context, const Words& words);
  bool needs_root = false;
  size_t least_words = 0;
  size_t most_words = SIZE_MAX;
};
std::span<const Command> commands();

// Of rkt itself when `command` is null; `group` is "image" or empty.
std::string help_text(const Command* command, std::string_view group);

void print_text(std::string_view text);
// On one line, or indented by tabs.
void print_json(const json::Value& value, bool is_pretty);

// The key of the image that a word names: a hash, or a name with labels.
Result<std::string> resolve_image(const ImageStore& store, const std::string& word);

int cat_manifest_command(Context& context, const Words& words);
int config_command(Context& context, const Words& words);
int fetch_command(Context& context, const Words& words);
int gc_command(Context& context, const Words& words);
int image_cat_manifest_command(Context& context, const Words& words);
int image_export_command(Context& context, const Words& words);
int image_extract_command(Context& context, const Words& words);
int image_gc_command(Context& context, const Words& words);
int image_list_command(Context& context, const Words& words);
int image_render_command(Context& context, const Words& words);
int image_rm_command(Context& context, const Words& words);
int image_verify_command(Context& context, const Words& words);
int list_command(Context& context, const Words& words);
int rm_command(Context& context, const Words& words);
int status_command(Context& context, const Words& words);
int trust_command(Context& context, const Words& words);
int version_command(Context& context, const Words& words);

}  // namespace argosy::rkt
