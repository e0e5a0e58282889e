#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kDefaultData = "/var/lib/rkt";

void put(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

// Outermost first, one a line.
std::string chain_of(const Error& error) {
  const std::string text = error.text();
  const std::string& cause = error.message();
  std::vector<std::string> links;
  if (text.size() > cause.size() + 2) {
    const std::string outer = text.substr(0, text.size() - cause.size() - 2);
    std::string_view rest = outer;
    while (const auto sides = cut(rest, ": ")) {
      links.emplace_back(sides->first);
      rest = sides->second;
    }
    links.emplace_back(rest);
  }
  links.push_back(cause);
  std::string out;
  for (size_t depth = 0; depth < links.size(); ++depth) {
    out += format("\n{}└─{}", std::string(2 * (depth + 1), ' '), links[depth]);
  }
  return out;
}

}  // namespace

void add_global_flags(Flags& flags, Globals& globals) {
  flags.add("debug", globals.is_debug, false, "print out more debug information to stderr");
  flags.add("dir", globals.directory, "", "rkt data directory");
  flags.add("system-config", globals.system_config, "/usr/lib/rkt",
            "system configuration directory");
  flags.add("local-config", globals.local_config, "/etc/rkt", "local configuration directory");
  flags.add("user-config", globals.user_config, "", "user configuration directory");
  flags.add("insecure-options", globals.insecure, "none",
            "comma-separated list of security features to disable. Allowed values: \"none\", "
            "\"image\", \"tls\", \"ondisk\", \"http\", \"pubkey\", \"capabilities\", \"paths\", "
            "\"seccomp\", \"all-fetch\", \"all-run\", \"all\"");
  flags.add("trust-keys-from-https", globals.trusts_keys_from_https, false,
            "automatically trust gpg keys fetched from https");
}

void print_text(std::string_view text) {
  put(stdout, text);
}

void print_json(const json::Value& value, bool is_pretty) {
  if (!is_pretty) {
    put(stdout, json::to_text(value) + "\n");
    return;
  }
  // One blank a level; inside of texts there are no line ends.
  const std::string text = json::to_pretty_text(value, 1);
  std::string out;
  bool is_start = true;
  for (const char c : text) {
    is_start = c == '\n' || (is_start && c == ' ');
    out += is_start && c == ' ' ? '\t' : c;
  }
  put(stdout, out + (out.ends_with('\n') ? "" : "\n"));
}

void Context::print(std::string_view line) const {
  put(stdout, format("{}\n", line));
}

void Context::complain(std::string_view line) const {
  put(stderr, format("{}: {}\n", command_, line));
}

void Context::complain(std::string_view what, const Error& error) const {
  complain(globals.is_debug ? format("{}{}", what, chain_of(error))
                            : format("{}: {}", what, error.message()));
}

int Context::failure(std::string_view what, const Error& error) const {
  complain(what, error);
  return kFailure;
}

Reporter Context::reporter() const {
  return {.say = [this](std::string_view line) { print(line); },
          .complain = [this](std::string_view line) { complain(line); }};
}

bool Context::is_insecure(std::string_view what) const {
  const bool is_of_fetch = what == "image" || what == "tls" || what == "http" || what == "pubkey";
  return std::ranges::any_of(globals.insecure, [&](const std::string& word) {
    return word == what || word == "all" || word == (is_of_fetch ? "all-fetch" : "all-run");
  });
}

Result<const Config*> Context::config() {
  if (!config_) {
    std::vector<std::string> directories{globals.system_config, globals.local_config};
    if (!globals.user_config.empty()) directories.push_back(globals.user_config);
    config_ = TRY_CONTEXT(load_config(real_disk(), directories), "cannot get configuration");
  }
  return &*config_;
}

Result<std::string> Context::data() {
  if (data_) return *data_;
  std::string path = globals.directory;
  if (path.empty()) path = TRY(config())->data_directory;
  if (path.empty()) path = kDefaultData;
  std::error_code error;
  const auto absolute = std::filesystem::weakly_canonical(path, error);
  if (error) return fail(system_error("resolve " + path, error.value()));
  data_ = absolute.string();
  return *data_;
}

Result<const ImageStore*> Context::store() {
  if (store_ == nullptr) {
    const std::string cas = TRY(data()) + "/cas";
    auto store = std::make_unique<ImageStore>(ImageStore::World{.disk = real_disk(),
                                                                .random = real_random(),
                                                                .clock = real_clock(),
                                                                .lock = lock_images(cas)},
                                              cas);
    // The store's group shall get what is made in it, whatever the user's mask.
    const mode_t mask = ::umask(0);
    const auto prepared = store->prepare();
    ::umask(mask);
    TRY_CONTEXT(prepared, "cannot open store");
    store_ = std::move(store);
  }
  return store_.get();
}

Result<const TreeStore*> Context::trees() {
  if (trees_ == nullptr) trees_ = std::make_unique<TreeStore>(*TRY(store()));
  return trees_.get();
}

Result<const Pods*> Context::pods() {
  if (pods_ == nullptr) pods_ = std::make_unique<Pods>(TRY(data()));
  return pods_.get();
}

KeyStore Context::keys() const {
  return {real_disk(), globals.system_config, globals.local_config};
}

Result<FileLock> lock_prepare(Context& context, LockMode mode) {
  const std::string directory = TRY(context.data()) + "/locks";
  TRY(real_disk().make_directories(directory, 02750));
  return TRY_CONTEXT(lock_key(directory, "prepareLock", mode), "cannot get prepare lock");
}

}  // namespace argosy::rkt
