#include "parts/update_engine/delta_generator/options.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"

namespace argosy::update_engine {
namespace {

struct Flag {
  std::string_view name;
  std::string DeltaGeneratorOptions::* value;
  std::string_view type;
  std::string_view help;
};

using Options = DeltaGeneratorOptions;

constexpr Flag kFlags[] = {
    {"old_dir", &Options::old_dir, "string",
     "taken for compatibility; images are read without being mounted"},
    {"new_dir", &Options::new_dir, "string",
     "taken for compatibility; images are read without being mounted"},
    {"old_image", &Options::old_image, "string",
     "the old partition; with it a delta is made, without it a full payload"},
    {"new_image", &Options::new_image, "string", "the new partition"},
    {"old_kernel", &Options::old_kernel, "string", "the old kernel"},
    {"new_kernel", &Options::new_kernel, "string", "the new kernel"},
    {"pcr_policy", &Options::pcr_policy, "string", "the new PCR policy"},
    {"in_file", &Options::in_file, "string",
     "a payload to hash, sign, verify, or apply to old_image"},
    {"out_file", &Options::out_file, "string", "the payload to write"},
    {"out_hash_file", &Options::out_hash_file, "string", "where the hash to sign goes"},
    {"out_metadata_hash_file", &Options::out_metadata_hash_file, "string",
     "where the metadata's hash goes"},
    {"private_key", &Options::private_key, "string",
     "RSA key in PEM to sign with; several, by colons, sign side by side"},
    {"public_key", &Options::public_key, "string", "RSA key in PEM to verify in_file with"},
    {"public_key_version", &Options::public_key_version, "int32",
     "the signature that public_key belongs to"},
    {"prefs_dir", &Options::prefs_dir, "string", "taken for compatibility"},
    {"signature_size", &Options::signature_size, "string",
     "sizes in bytes, by colons, of the signatures that will be embedded"},
    {"signature_file", &Options::signature_file, "string",
     "raw signatures to embed, by colons; the last one is of version 2"},
    {"metadata_signature_file", &Options::metadata_signature_file, "string",
     "profile modern: raw signatures of the metadata, by colons"},
    {"profile", &Options::profile, "string",
     "compatible (major version 1, for every client) or modern (major version 2)"},
    {"workers", &Options::workers, "int32", "threads; 0: one for each processor"},
    {"memory_mb", &Options::memory_mb, "int32", "what the threads' work may take together"},
};

const Flag* find(std::string_view name) {
  const auto* found = std::ranges::find(kFlags, name, &Flag::name);
  return found == std::end(kFlags) ? nullptr : found;
}

bool is_number(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> assign(Options& options, const Flag& flag, std::string value) {
  if (flag.type == "int32" && !is_number(value)) {
    return fail(
        Code::kInvalidArgument,
        format("ERROR: illegal value '{}' specified for int32 flag '{}'", value, flag.name));
  }
  options.*flag.value = std::move(value);
  return {};
}

}  // namespace

Result<DeltaGeneratorOptions> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word == "--") break;
    if (!word.starts_with('-') || word == "-") continue;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name == "help" || name == "h") {
      options.help = true;
      continue;
    }
    const Flag* flag = find(name);
    if (flag == nullptr) {
      return fail(Code::kInvalidArgument, format("ERROR: unknown command line flag '{}'", name));
    }
    if (equals != std::string_view::npos) {
      TRY(assign(options, *flag, std::string(word.substr(equals + 1))));
    } else if (i + 1 < arguments.size()) {
      TRY(assign(options, *flag, arguments[++i]));
    } else {
      return fail(Code::kInvalidArgument,
                  format("ERROR: flag '{}' is missing its argument; flag description: {}",
                         arguments[i], flag->help));
    }
  }
  return options;
}

std::string usage() {
  const Options defaults;
  std::string text =
      "delta_generator: makes, signs, verifies and applies update payloads.\n\n"
      "  -new_image A -out_file P                    a full payload\n"
      "  -old_image A -new_image B -out_file P       a delta\n"
      "  -in_file P -signature_size 256 -out_hash_file H\n"
      "                                              the hash to sign elsewhere\n"
      "  -in_file P -signature_file S -out_file Q    embeds signatures\n"
      "  -in_file P -public_key K                    verifies; exit code 0 or 1\n"
      "  -in_file P -old_image A                     applies P to A\n\n";
  for (const Flag& flag : kFlags) {
    text += format("    -{} ({}) type: {} default: \"{}\"\n", flag.name, flag.help, flag.type,
                   defaults.*flag.value);
  }
  return text;
}

std::vector<std::string> split_colons(const std::string& text) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace argosy::update_engine
