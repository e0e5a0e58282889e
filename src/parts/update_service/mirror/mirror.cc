#include "parts/update_service/mirror/mirror.h"

#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/metadata.h"
#include "lib/fetch/fetch.h"
#include "lib/omaha/request.h"
#include "parts/update_service/hosting/pace.h"
#include "parts/update_service/mirror/keep.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/crypto/digest.h"
#include "sys/log/log.h"

namespace argosy::update_service {
namespace {

// Nebraska's servers know a syncer by it.
constexpr std::string_view kUpdaterVersion = "CoreOSUpdateEngine-0.1.0.0";
constexpr size_t kMaxManifests = 64;

std::string board_of(model::Arch arch) {
  return arch == model::Arch::kAarch64 ? "arm64-usr" : "amd64-usr";
}

// The same machine for upstream at every round, and another for each channel.
std::string machine_id_of(const model::Channel& channel) {
  return to_hex(sha256(format("mirror {}", channel.id))).substr(0, 32);
}

omaha::Request request_for(const model::Channel& channel, std::string version) {
  omaha::AppRequest app;
  app.id = format("{{{}}}", channel.application_id);
  app.version = std::move(version);
  app.track = channel.name;
  app.board = board_of(channel.arch);
  app.machine_id = machine_id_of(channel);
  app.multi_manifest_okay = true;
  app.update_check.emplace();
  omaha::Request request;
  request.version = kUpdaterVersion;
  request.updater_version = kUpdaterVersion;
  request.install_source = "scheduler";
  request.is_machine = 1;
  request.os = {.platform = "CoreOS", .version = "Chateau", .service_pack = {}, .arch = {}};
  request.apps.push_back(std::move(app));
  return request;
}

std::string with(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// Base64 of a digest that may have been sent in hex; empty if it is none.
std::string digest_text(std::string_view text, size_t size) {
  const auto bytes = omaha::read_digest(text, size);
  return bytes ? to_base64(*bytes) : std::string();
}

Result<model::Package> package_of(const omaha::Manifest& manifest, const model::Channel& channel,
                                  std::string url) {
  if (manifest.packages.empty()) return fail(Code::kDataLoss, "a manifest without packages");
  const omaha::Package& payload = manifest.packages.front();
  model::Package package;
  package.application_id = channel.application_id;
  package.arch = channel.arch;
  package.version = manifest.version;
  package.url = std::move(url);
  package.filename = payload.name;
  package.size = payload.size;
  package.sha1 = digest_text(payload.sha1, 20);
  package.sha256 = digest_text(payload.sha256, 32);
  for (const omaha::Action& action : manifest.actions) {
    if (action.event != "postinstall") continue;
    if (action.is_delta) return fail(Code::kFailedPrecondition, "upstream has offered a delta");
    package.sha256 = digest_text(action.sha256, 32);
  }
  if (package.sha256.empty()) return fail(Code::kDataLoss, "a package without a SHA-256");
  for (size_t i = 1; i < manifest.packages.size(); ++i) {
    const omaha::Package& file = manifest.packages[i];
    package.extra_files.push_back({.name = file.name,
                                   .size = file.size,
                                   .sha1 = digest_text(file.sha1, 20),
                                   .sha256 = digest_text(file.sha256, 32)});
  }
  return package;
}

// What a machine would ask of the statement before it took this.
channel_metadata::Offer offer_of(const omaha::Manifest& manifest, const model::Package& package,
                                 const std::string& running) {
  return {.current_version = running,
          .version = manifest.version,
          .package = package.filename,
          .size = package.size,
          .sha256 = from_base64(package.sha256).value_or(""),
          .is_delta = false};
}

std::string slashed(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

}  // namespace

Task<void> Mirror::run() {
  while (true) {
    const auto done = co_await result(run_once());
    if (!done) log_warn("mirroring", {{"error", done.error()}});
    co_await pause_until_next();
  }
}

void Mirror::hurry() {
  is_hurried_ = true;
  wanted_.notify_all();
}

Task<void> Mirror::pause_until_next() {
  struct Wait {
    static Task<void> for_wish(Mirror* mirror) { co_await mirror->wanted_.wait(); }
    static Task<void> for_time(Loop* loop, Duration length) { co_await sleep_for(*loop, length); }
  };
  if (!is_hurried_) {
    co_await co_await first_of(loop_, Wait::for_wish(this),
                               Wait::for_time(&loop_, options_.interval));
  }
  is_hurried_ = false;
}

Task<void> Mirror::run_once() {
  ++figures_.rounds;
  std::vector<std::string> troubles;
  const auto catalog = co_await desk_.read<model::CatalogView>(
      [](sql::Database& database) { return store::load_catalog(database); });
  for (const model::Channel& channel : catalog->channels) {
    if (channel.application_id != model::kContainerLinuxId || channel.is_pinned) continue;
    const auto done = co_await result(follow(catalog, channel));
    if (done) continue;
    ++figures_.failures;
    troubles.push_back(
        format("{} ({}): {}", channel.name, model::arch_name(channel.arch), done.error().text()));
    log_warn("a channel cannot be mirrored", {{"channel", channel.name},
                                              {"arch", model::arch_name(channel.arch)},
                                              {"error", done.error()}});
  }
  figures_.last_round = clock_.wall_now();
  figures_.troubles = std::move(troubles);
}

Task<void> Mirror::follow(model::CatalogView catalog, model::Channel channel) {
  const model::Package* current = catalog->package(channel.package_id);
  const omaha::AppResponse app =
      co_await ask(channel, current != nullptr ? current->version : "0.0.0");
  const omaha::Update update = app.update.value_or(omaha::Update{});
  if (update.status.empty() || update.status == omaha::update_status::kNoUpdate) {
    const std::string renewed = co_await checked_statement(catalog, channel, app);
    if (hosting_ == nullptr) co_await renew(channel.id, renewed);
    co_return;
  }
  if (app.status != omaha::app_status::kOk || update.status != omaha::update_status::kOk) {
    co_await failure(Code::kUnavailable, format("upstream says {} {}", app.status, update.status));
  }
  if (update.urls.empty() || update.manifests.empty() || update.manifests.size() > kMaxManifests) {
    co_await failure(Code::kDataLoss, "an update without a URL, or with too many manifests");
  }
  const std::string statement = co_await checked_statement(catalog, channel, app);
  Learned learned{.channel_id = channel.id};
  const bool has_url_each = update.urls.size() == update.manifests.size();
  for (size_t i = 0; i < update.manifests.size(); ++i) {
    const omaha::Manifest& manifest = update.manifests[i];
    const model::Package* known =
        catalog->package(channel.application_id, manifest.version, channel.arch);
    model::Package package =
        known != nullptr
            ? *known
            : co_await take_in(channel, manifest, slashed(update.urls[has_url_each ? i : 0]));
    learned.steps.push_back({std::move(package), manifest.is_floor, manifest.floor_reason});
  }
  // It names files as upstream does; hosted ones have other names.
  if (hosting_ == nullptr) learned.metadata = statement;
  figures_.packages +=
      co_await desk_.write<uint64_t>([learned, now = clock_.wall_now()](sql::Database& database) {
        return keep(database, learned, now);
      });
  log_info("a channel was mirrored", {{"channel", channel.name},
                                      {"arch", model::arch_name(channel.arch)},
                                      {"version", learned.steps.back().package.version}});
}

Result<std::string> Mirror::checked_statement(const model::CatalogView& catalog,
                                              const model::Channel& channel,
                                              const omaha::AppResponse& app) const {
  namespace cm = channel_metadata;
  if (options_.keys.is_empty()) {
    return cm::parse(app.channel_metadata) ? app.channel_metadata : std::string();
  }
  if (app.channel_metadata.empty()) {
    return fail(Code::kPermissionDenied, "upstream sends no signed metadata of the channel");
  }
  uint64_t last = 0;
  if (const auto known = cm::parse(channel.metadata)) last = known->metadata.sequence;
  const cm::Metadata metadata =
      TRY(cm::verify(app.channel_metadata, options_.keys, clock_.wall_now(),
                     {.application = channel.application_id,
                      .channel = channel.name,
                      .arch = model::arch_name(channel.arch),
                      .last_sequence = last}));
  const model::Package* current = catalog->package(channel.package_id);
  std::string running = current != nullptr ? current->version : "0.0.0";
  if (!app.update) return app.channel_metadata;
  for (const omaha::Manifest& manifest : app.update->manifests) {
    const model::Package package = TRY(package_of(manifest, channel, ""));
    TRY(cm::permits(metadata, offer_of(manifest, package, running)));
    running = manifest.version;
  }
  return app.channel_metadata;
}

Task<void> Mirror::renew(std::string channel_id, std::string statement) {
  if (statement.empty()) co_return;
  const Learned learned{
      .channel_id = std::move(channel_id), .steps = {}, .metadata = std::move(statement)};
  co_await desk_.write<uint64_t>([learned, now = clock_.wall_now()](sql::Database& database) {
    return keep(database, learned, now);
  });
}

Task<omaha::AppResponse> Mirror::ask(const model::Channel& channel, std::string version) {
  fetch::Request request;
  request.url = options_.upstream;
  request.method = "POST";
  request.fields = {{"Content-Type", "text/xml"}};
  request.body = omaha::to_xml(request_for(channel, std::move(version)));
  request.limits.total = minutes(2);
  request.limits.max_bytes = uint64_t{1} << 20;
  const fetch::Response answer = co_await fetch::fetch(loop_, std::move(request));
  omaha::Response response = co_await omaha::parse_response(answer.body);
  if (response.apps.size() != 1) {
    co_await failure(Code::kDataLoss, "upstream's response is not for one application");
  }
  co_return std::move(response.apps.front());
}

Task<model::Package> Mirror::take_in(const model::Channel& channel, omaha::Manifest manifest,
                                     std::string url) {
  model::Package package = co_await package_of(manifest, channel, url);
  co_await check_valid(package);
  if (hosting_ != nullptr) {
    co_await host(package, url);
  } else if (!options_.packages_url.empty()) {
    const std::string with_arch =
        with(options_.packages_url, "{{ARCH}}", model::arch_name(channel.arch));
    package.url = slashed(with(with_arch, "{{VERSION}}", package.version));
  }
  co_return std::move(package);
}

// The files get names that tell versions apart, as Nebraska's syncer gives them.
Task<void> Mirror::host(model::Package& package, std::string url) {
  const std::string_view arch = model::arch_name(package.arch);
  const std::string name = format("flatcar-{}-{}.gz", arch, package.version);
  const HostedFile payload =
      co_await download(url + package.filename, name,
                        {.size = package.size, .sha1 = package.sha1, .sha256 = package.sha256});
  package.filename = name;
  package.sha1 = payload.sha1;
  package.url = options_.hosted_url;
  for (model::PackageFile& file : package.extra_files) {
    const std::string extra = format("extrafile-{}-{}-{}", arch, package.version, file.name);
    const HostedFile hosted = co_await download(
        url + file.name, extra, {.size = file.size, .sha1 = file.sha1, .sha256 = file.sha256});
    file.name = extra;
    file.sha1 = hosted.sha1;
    file.sha256 = hosted.sha256;
  }
}

Task<HostedFile> Mirror::download(std::string url, std::string name, ExpectedFile expected) {
  fetch::Request request;
  request.url = std::move(url);
  request.limits.retries = 20;
  request.limits.max_bytes = options_.max_payload;
  Upload upload = co_await hosting_->begin(std::move(name), options_.max_payload);
  fetch::Transfer transfer(loop_, std::move(request));
  Pace pace(loop_, options_.max_rate);
  while (auto piece = co_await transfer.read()) {
    const size_t size = piece->size();
    co_await upload.write(*std::move(piece));
    if (const auto until = pace.after(size)) co_await sleep_until(loop_, *until);
  }
  co_return co_await upload.finish(std::move(expected));
}

}  // namespace argosy::update_service
