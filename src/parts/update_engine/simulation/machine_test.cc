#include "parts/update_engine/simulation/machine_test.h"

#include <doctest/doctest.h>

#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "lib/gpt/types.h"
#include "parts/update_engine/goodroot/good_root.h"

namespace argosy::update_engine {
namespace {

using gpt::operator""_guid;

constexpr uint64_t kSector = 512;
constexpr uint64_t kSlotSectors = kSlotBytes / kSector;
constexpr uint64_t kThirdLba = 64;
constexpr uint64_t kFourthLba = kThirdLba + kSlotSectors;
constexpr gpt::Geometry kGeometry{.sector_bytes = kSector,
                                  .sectors = kFourthLba + kSlotSectors + 64};
constexpr int kMostChecks = 60;

std::string kernel_path(uint32_t number) {
  return number == 3 ? "/boot/coreos/vmlinuz-a" : "/boot/coreos/vmlinuz-b";
}

gpt::Entry slot_entry(uint32_t number) {
  gpt::Entry entry;
  entry.type = gpt::kUsrSlot;
  entry.unique = number == 3 ? "7130c94a-213a-4e5a-8e26-6cce9662f132"_guid
                             : "e03dd35c-7c2d-4a47-b3fe-27f15780a57c"_guid;
  entry.first_lba = number == 3 ? kThirdLba : kFourthLba;
  entry.last_lba = entry.first_lba + kSlotSectors - 1;
  return entry;
}

}  // namespace

Machine::Machine(UpdateServer& server, uint64_t seed)
    : server_(server),
      random_(seed),
      partitions_(disk_, {kThirdLba * kSector, kSlotBytes}, {kFourthLba * kSector, kSlotBytes}) {
  make_table();
  const Release& release = server.release(running_);
  auto slot = *partitions_.open("/dev/sda3", {});
  REQUIRE(slot->write_at(0, release.image).has_value());
  REQUIRE(slot->sync().has_value());
  REQUIRE(disk_.make_directories("/boot/coreos", 0755).has_value());
  REQUIRE(replace_file(disk_, kernel_path(3), release.kernel).has_value());
  REQUIRE(disk_.make_directories(std::string(kPrefsDirectory), 0700).has_value());
  for (std::string path(kPrefsDirectory); path != "/"; path = parent_path(path)) {
    REQUIRE(disk_.sync_directory(path).has_value());
  }
  REQUIRE(disk_.sync_directory("/").has_value());
  REQUIRE(disk_.sync_directory("/boot").has_value());
}

void Machine::make_table() {
  auto file = *disk_.open("/disk", {.create = true});
  REQUIRE(file->truncate(kGeometry.sectors * kSector).has_value());
  REQUIRE(file->sync().has_value());
  gpt::Table table = gpt::empty_table(kGeometry, "00000000-0000-0000-0000-000000000001"_guid);
  for (const uint32_t number : {3U, 4U}) {
    REQUIRE(gpt::put(table, number, slot_entry(number)).has_value());
  }
  gpt::mark_good(table.entries[2]);
  table.entries[2].attributes.set_priority(1);
  REQUIRE(write_table(table).has_value());
}

Result<gpt::Inspection> Machine::look() {
  const Bytes bytes = TRY(read("/disk", kGeometry.sectors * kSector));
  gpt::Inspection found = gpt::inspect(kGeometry, gpt::reader_of(bytes));
  return found;
}

Result<void> Machine::write_table(const gpt::Table& table) {
  gpt::Mbr mbr;
  mbr.protect(kGeometry, table);
  const auto file = TRY(disk_.open("/disk", {}));
  for (const auto& stage : gpt::plan_update(TRY(look()), table, mbr).stages) {
    for (const gpt::Write& write : stage) TRY(file->write_at(write.offset, write.bytes));
    TRY(file->sync_data());
  }
  return {};
}

Result<Bytes> Machine::read(const std::string& path, uint64_t size) {
  const auto file = TRY(partitions_.open(path, {.write = false}));
  Bytes bytes(size, '\0');
  bytes.resize(TRY(file->read_at(0, bytes.data(), size)));
  return bytes;
}

// -- The boot.

Result<std::string> Machine::version_in(uint32_t number) {
  const Bytes slot = TRY(read(number == 3 ? "/dev/sda3" : "/dev/sda4", kSlotBytes));
  const Bytes kernel = TRY(read_file(disk_, kernel_path(number)));
  for (const Release* release : server_.all()) {
    if (slot.starts_with(release->image) && kernel == release->kernel) return release->version;
  }
  return fail(Code::kDataLoss, format("GRUB boots partition {}, which is not whole", number));
}

Result<std::optional<Machine::Choice>> Machine::choose() {
  const auto found = look();
  if (disk_.has_crashed()) return std::nullopt;
  if (!found) return fail(found.error());
  if (!found->is_usable()) return fail(Code::kDataLoss, "no partition table is left");
  gpt::Table table = gpt::table_of(*found);
  const auto number = gpt::slot_for_grub(table);
  if (!number) return fail(Code::kDataLoss, "no slot can be booted");
  const std::string version = TRY(version_in(*number));
  gpt::Entry& entry = table.entries[*number - 1];
  const bool is_tried = entry.attributes.tries() > 0;
  gpt::take_try(entry);
  // Before it boots; what it cannot write it does not boot.
  if (is_tried && !write_table(table)) return std::nullopt;
  return Choice{*number, version};
}

Result<void> Machine::boot_once() {
  const auto choice = TRY(choose());
  if (choice) {
    ++boots_;
    number_ = choice->number;
    running_ = choice->version;
    if (UpdateServer::is_bad(running_)) {
      // It hangs, and somebody presses the button.
      ++bad_boots_;
    } else {
      TRY(run_engine());
    }
  }
  store_.reset();
  attempter_.reset();
  has_marker_ = false;
  disk_.power_loss(random_);
  return {};
}

Result<void> Machine::check_table() {
  const gpt::Inspection found = TRY(look());
  if (!found.is_clean()) return fail(Code::kDataLoss, "a copy of the table is not sound");
  const gpt::Table table = gpt::table_of(found);
  const bool is_good = table.entries[number_ - 1].attributes.is_successful();
  if (is_good && gpt::slot_for_grub(table) == number_) return {};
  return fail(Code::kDataLoss, "what runs is not good and first");
}

// -- The engine.

Situation Machine::situation() const {
  Situation situation;
  situation.family = Family::kCoreOs;
  situation.config.server = "http://server/";
  situation.config.app_version = running_;
  situation.config.track = "stable";
  situation.boot_id = format("{{{}}}", boots_);
  return situation;
}

Now Machine::now() {
  ++seconds_;
  return {WallTime(seconds(seconds_)), MonotonicTime(seconds(seconds_)), random_.next()};
}

Result<void> Machine::run_engine() {
  while (!store_ && !disk_.has_crashed()) {
    // It is started again when it cannot.
    auto store = Store::open(partitions_, std::string(kPrefsDirectory));
    if (store) store_.emplace(*std::move(store));
  }
  if (disk_.has_crashed()) return {};
  KeptValues kept;
  for (const std::string_view key : kept_keys()) {
    if (auto value = store_->read(key)) kept.emplace(key, *std::move(value));
  }
  is_timer_armed_ = false;
  actions_.clear();
  attempter_.emplace(situation(), std::move(kept), has_marker_);
  perform(attempter_->start(now()));
  perform(attempter_->on_good_root_due());
  for (int i = 0; i < kMostChecks; ++i) {
    if (disk_.has_crashed() || server_.has_settled()) return {};
    if (attempter_->report().status == Status::kUpdatedNeedReboot) return {};
    if (!is_timer_armed_) return fail(Code::kInternal, "it will never check again");
    is_timer_armed_ = false;
    perform(attempter_->on_timer(situation(), now()));
  }
  return fail(Code::kInternal, format("no end in sight: {} is offered", server_.target()));
}

void Machine::perform(const Actions& actions) {
  actions_.insert(actions_.end(), actions.begin(), actions.end());
  while (!actions_.empty() && !disk_.has_crashed()) {
    const Action action = std::move(actions_.front());
    actions_.pop_front();
    perform_one(action);
  }
}

void Machine::perform_one(const Action& action) {
  using Kind = Action::Kind;
  const auto follow = [this](const Actions& more) {
    actions_.insert(actions_.end(), more.begin(), more.end());
  };
  switch (action.kind) {
    case Kind::kLog:
    case Kind::kEmitStatus:
      return;
    case Kind::kKeep:
      return (void)store_->write(action.key, action.text);
    case Kind::kForget:
      return (void)store_->remove(action.key);
    case Kind::kMark:
    case Kind::kUnmark:
      has_marker_ = action.kind == Kind::kMark;
      return;
    case Kind::kMarkGood: {
      const auto marked = mark_good(partitions_, {"/disk", number_});
      return follow(attempter_->on_good_root(marked ? GoodRoot::kDone : GoodRoot::kFailed, now()));
    }
    case Kind::kCheck:
    case Kind::kReport:
    case Kind::kPing:
      return answer(action);
    case Kind::kInstall:
      return follow(attempter_->on_install_ended(install(action.plan), now()));
    case Kind::kWait:
      is_timer_armed_ = true;
      return;
  }
}

void Machine::answer(const Action& action) {
  // Now and then nobody hears it.
  Answer answer{.error = "no answer"};
  if (!random_.chance(10)) {
    answer = {.is_good = true, .http_status = 200, .body = server_.respond(action.text)};
  }
  const Actions more = action.kind == Action::Kind::kCheck ? attempter_->on_answer(answer, now())
                       : action.kind == Action::Kind::kReport
                           ? attempter_->on_event_answered(answer, now())
                           : attempter_->on_ping_answered(answer);
  actions_.insert(actions_.end(), more.begin(), more.end());
}

}  // namespace argosy::update_engine
