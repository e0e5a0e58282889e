#include "parts/rkt/ctl/command.h"

namespace argosy::rkt {
namespace {

void add_format(Flags& flags, Options& options) {
  flags.add("format", options.format, "",
            "choose the output format, allowed format includes 'json', 'json-pretty'. If empty, "
            "then the result is printed as key value pairs");
}

void fetch_flags(Flags& flags, Options& options) {
  flags.add("signature", options.signature, "",
            "local signature file to use in validating the preceding image");
  flags.add("store-only", options.store_only, false, "DEPRECATED: use --pull-policy=never");
  flags.add("no-store", options.no_store, false, "DEPRECATED: use --pull-policy=update");
  flags.add("full", options.full, false, "print the full image hash after fetching");
  flags.add("pull-policy", options.pull_policy, "update", "when to pull an image");
}
void image_list_flags(Flags& flags, Options& options) {
  flags.add("fields", options.fields, "id,name,size,importtime,lastused",
            "comma-separated list of fields to display");
  flags.add("sort", options.sort, "importtime",
            "sort the output according to the provided comma-separated list of fields");
  flags.add("order", options.order, "asc",
            "choose the sorting order if at least one sort field is provided (--sort)");
  flags.add("no-legend", options.no_legend, false, "suppress a legend with the list");
  flags.add("full", options.full, false, "use long output format");
  add_format(flags, options);
}
void image_gc_flags(Flags& flags, Options& options) {
  flags.add("grace-period", options.grace, Duration(hours(24)),
            "duration to wait since an image was last used before removing it");
}
void overwrite_flag(Flags& flags, Options& options) {
  flags.add("overwrite", options.overwrite, false, "overwrite output ACI");
}
void extract_flags(Flags& flags, Options& options) {
  flags.add("rootfs-only", options.only_rootfs, false, "extract rootfs only");
  flags.add("overwrite", options.overwrite, false, "overwrite output directory");
}
void pretty_flag(Flags& flags, Options& options) {
  flags.add("pretty-print", options.pretty, true, "apply indent to format the output");
}
void list_flags(Flags& flags, Options& options) {
  flags.add("no-legend", options.no_legend, false, "suppress a legend with the list");
  flags.add("full", options.full, false, "use long output format");
  add_format(flags, options);
}
void status_flags(Flags& flags, Options& options) {
  flags.add("wait", options.wait, "false", "toggle waiting for the pod to exit");
  flags.add("wait-ready", options.wait_ready, "false", "toggle waiting until the pod is ready");
  flags.add("uuid-file", options.uuid_file, "", "read pod UUID from file instead of argument");
  add_format(flags, options);
}
void rm_flags(Flags& flags, Options& options) {
  flags.add("uuid-file", options.uuid_file, "", "read pod UUID from file instead of argument");
}
void gc_flags(Flags& flags, Options& options) {
  flags.add("grace-period", options.grace, Duration(minutes(30)),
            "duration to wait before discarding inactive pods from garbage");
  flags.add("expire-prepared", options.expires_prepared, Duration(hours(24)),
            "duration to wait before expiring prepared pods");
  flags.add("mark-only", options.only_marks, false,
            "if set to true, then the exited/aborted pods will be moved to the garbage "
            "directories without actually deleting them, this is useful for marking the exit "
            "time of a pod");
}

void trust_flags(Flags& flags, Options& options) {
  flags.add("prefix", options.prefix, "", "prefix to limit trust to");
  flags.add("root", options.is_for_root, false, "add root key without a prefix");
  flags.add("insecure-allow-http", options.allows_http, false,
            "DEPRECATED: use --insecure-options=http");
  flags.add("skip-fingerprint-review", options.skips_review, false,
            "accept key without fingerprint confirmation");
}

// What a drop-in for rkt must know, and refuses until it is there.
Command missing(std::string_view name) {
  return {.name = name};
}

const Command kCommands[] = {
    {.name = "cat-manifest",
     .summary = "Inspect and print the pod manifest",
     .usage = "UUID",
     .description = "Prints the pod manifest of a pod that was prepared or run.",
     .add_flags = pretty_flag,
     .run = cat_manifest_command,
     .least_words = 1,
     .most_words = 1},
    {.name = "config",
     .summary = "Print configuration for each stage in JSON format",
     .usage = "",
     .description = "Prints what the configuration directories say together.",
     .add_flags = pretty_flag,
     .run = config_command,
     .most_words = 0},
    {.name = "fetch",
     .summary = "Fetch image(s) and store them in the local store",
     .usage = "IMAGE...",
     .description = "Brings images into the local store and prints their hashes.",
     .add_flags = fetch_flags,
     .run = fetch_command,
     .least_words = 1},
    {.name = "gc",
     .summary = "Garbage collect rkt pods no longer in use",
     .usage = "[--grace-period=duration] [--expire-prepared=duration]",
     .description = "Meant to be run by a timer. A first run marks pods that have ended, a later "
                    "one removes those that were marked for longer than the grace period.",
     .add_flags = gc_flags,
     .run = gc_command,
     .needs_root = true,
     .most_words = 0},
    {.name = "image cat-manifest",
     .summary = "Inspect and print the image manifest",
     .usage = "IMAGE",
     .description = "IMAGE is an image's hash or name.",
     .add_flags = pretty_flag,
     .run = image_cat_manifest_command,
     .least_words = 1,
     .most_words = 1},
    {.name = "image export",
     .summary = "Export a stored image to an ACI file",
     .usage = "IMAGE OUTPUT_ACI_FILE",
     .description = "The file is not compressed.",
     .add_flags = overwrite_flag,
     .run = image_export_command,
     .least_words = 2,
     .most_words = 2},
    {.name = "image extract",
     .summary = "Extract a stored image to a directory",
     .usage = "IMAGE OUTPUT_DIR",
     .description = "The files of this image alone; see image render.",
     .add_flags = extract_flags,
     .run = image_extract_command,
     .least_words = 2,
     .most_words = 2},
    {.name = "image gc",
     .summary = "Garbage collect local store",
     .usage = "",
     .description = "Removes trees that no pod uses, and images that nobody used lately.",
     .add_flags = image_gc_flags,
     .run = image_gc_command,
     .most_words = 0},
    {.name = "image list",
     .summary = "List images in the local store",
     .usage = "",
     .description = "Lists images with their sizes and times.",
     .add_flags = image_list_flags,
     .run = image_list_command,
     .most_words = 0},
    {.name = "image render",
     .summary = "Render a stored image to a directory with all its dependencies",
     .usage = "IMAGE OUTPUT_DIR",
     .description = "The files of this image and of those that it depends on.",
     .add_flags = extract_flags,
     .run = image_render_command,
     .least_words = 2,
     .most_words = 2},
    {.name = "image rm",
     .summary = "Remove image(s) with the given ID(s) or name(s) from the local store",
     .usage = "IMAGE...",
     .description = "A name stands for all images of that name.",
     .run = image_rm_command,
     .least_words = 1},
    {.name = "image verify",
     .summary = "Verify one or more rendered images in the local store",
     .usage = "IMAGE...",
     .description = "An image whose files are not as they were rendered is rendered again.",
     .run = image_verify_command,
     .least_words = 1},
    {.name = "list",
     .summary = "List pods",
     .usage = "",
     .description = "Lists pods, a line for each of their apps.",
     .add_flags = list_flags,
     .run = list_command,
     .most_words = 0},
    {.name = "rm",
     .summary = "Remove all files and resources associated with an exited pod",
     .usage = "--uuid-file=FILE | UUID ...",
     .description = "Unlike gc, rm removes the pods that one names, at once.",
     .add_flags = rm_flags,
     .run = rm_command,
     .needs_root = true},
    {.name = "status",
     .summary = "Check the status of a rkt pod",
     .usage = "[--wait=bool|timeout] [--wait-ready=bool|timeout] --uuid-file=FILE | UUID",
     .description = "Prints the pod's state and its apps' exit codes.",
     .add_flags = status_flags,
     .run = status_command,
     .most_words = 1},
    {.name = "trust",
     .summary = "Trust a key for image verification",
     .usage = "[--prefix=PREFIX] [--root] [PUBKEY ...]",
     .description = "Adds keys to the local key store, for images below a prefix or for all.",
     .add_flags = trust_flags,
     .run = trust_command},
    {.name = "version",
     .summary = "Print the version and exit",
     .usage = "",
     .description = "Prints the versions of rkt and of appc.",
     .run = version_command,
     .most_words = 0},
    missing("api-service"),
    missing("app"),
    missing("attach"),
    missing("completion"),
    missing("enter"),
    missing("export"),
    missing("metadata-service"),
    missing("prepare"),
    missing("run"),
    missing("run-prepared"),
    missing("stop"),
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace argosy::rkt
