#include <array>

#include "parts/update_service/store/catalog_store.h"

// Times are milliseconds since 1970, lengths milliseconds, truths 0 or 1. What has no time
// or no id yet is 0 or ''. fleet_count holds how many active machines there are of each
// kind; fleet_sample what it held at each quarter of an hour.
namespace argosy::update_service::store {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE catalog (generation BIGINT NOT NULL);
INSERT INTO catalog (generation) VALUES (1);
CREATE TABLE application (
  id TEXT PRIMARY KEY, product_id TEXT UNIQUE, name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL, created BIGINT NOT NULL);
CREATE TABLE package (
  id TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  type BIGINT NOT NULL, arch BIGINT NOT NULL, version TEXT NOT NULL,
  source_version TEXT NOT NULL, description TEXT NOT NULL, url TEXT NOT NULL,
  filename TEXT NOT NULL, size BIGINT NOT NULL, sha1 TEXT NOT NULL, sha256 TEXT NOT NULL,
  is_for_update_engine BIGINT NOT NULL, created BIGINT NOT NULL,
  UNIQUE (application_id, version, arch, source_version));
CREATE TABLE package_file (
  package_id TEXT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
  place BIGINT NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL, sha1 TEXT NOT NULL,
  sha256 TEXT NOT NULL, PRIMARY KEY (package_id, place));
CREATE TABLE channel (
  id TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  name TEXT NOT NULL, color TEXT NOT NULL, arch BIGINT NOT NULL, package_id TEXT NOT NULL,
  forces_rollback BIGINT NOT NULL, is_pinned BIGINT NOT NULL, metadata TEXT NOT NULL,
  created BIGINT NOT NULL, UNIQUE (application_id, name, arch));
CREATE TABLE channel_blacklist (
  channel_id TEXT NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
  package_id TEXT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
  PRIMARY KEY (channel_id, package_id));
CREATE TABLE channel_floor (
  channel_id TEXT NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
  package_id TEXT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
  reason TEXT NOT NULL, PRIMARY KEY (channel_id, package_id));
CREATE TABLE fleet_group (
  id TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL, track TEXT NOT NULL,
  channel_id TEXT NOT NULL, time_zone TEXT NOT NULL, is_rolling_out BIGINT NOT NULL,
  updates_enabled BIGINT NOT NULL, safe_mode BIGINT NOT NULL, office_hours BIGINT NOT NULL,
  max_updates BIGINT NOT NULL, period BIGINT NOT NULL, timeout BIGINT NOT NULL,
  percent BIGINT NOT NULL, hurries_on_demand BIGINT NOT NULL, ramp_start BIGINT NOT NULL,
  ramp_length BIGINT NOT NULL, ramp_frame BIGINT NOT NULL, created BIGINT NOT NULL,
  UNIQUE (application_id, name));
CREATE TABLE group_window (
  group_id TEXT NOT NULL REFERENCES fleet_group (id) ON DELETE CASCADE,
  place BIGINT NOT NULL, weekday BIGINT NOT NULL, first_minute BIGINT NOT NULL,
  minutes BIGINT NOT NULL, PRIMARY KEY (group_id, place));
)sql";

constexpr std::string_view kFleet = R"sql(
CREATE TABLE instance (
  id TEXT PRIMARY KEY, ip TEXT NOT NULL, alias TEXT NOT NULL, machine_alias TEXT NOT NULL,
  oem TEXT NOT NULL, oem_version TEXT NOT NULL, aleph_version TEXT NOT NULL,
  created BIGINT NOT NULL);
CREATE TABLE instance_application (
  instance_id TEXT NOT NULL, application_id TEXT NOT NULL, group_id TEXT NOT NULL,
  version TEXT NOT NULL, status BIGINT NOT NULL, created BIGINT NOT NULL,
  last_check BIGINT NOT NULL, granted_at BIGINT NOT NULL, granted_version TEXT NOT NULL,
  is_updating BIGINT NOT NULL, is_active BIGINT NOT NULL,
  PRIMARY KEY (instance_id, application_id));
CREATE INDEX instance_application_group ON instance_application (group_id, instance_id);
CREATE INDEX instance_application_updating ON instance_application (group_id, granted_at)
  WHERE is_updating = 1;
CREATE INDEX instance_application_granted ON instance_application (group_id, granted_at)
  WHERE granted_at > 0;
CREATE TABLE status_history (
  instance_id TEXT NOT NULL, application_id TEXT NOT NULL, group_id TEXT NOT NULL,
  at BIGINT NOT NULL, version TEXT NOT NULL, status BIGINT NOT NULL,
  error_code BIGINT NOT NULL);
CREATE INDEX status_history_instance ON status_history (instance_id, application_id, at);
CREATE TABLE event (
  instance_id TEXT NOT NULL, application_id TEXT NOT NULL, at BIGINT NOT NULL,
  type BIGINT NOT NULL, result BIGINT NOT NULL, error_code BIGINT NOT NULL,
  previous_version TEXT NOT NULL);
CREATE INDEX event_instance ON event (instance_id, application_id, at);
CREATE TABLE activity (
  at BIGINT NOT NULL, kind BIGINT NOT NULL, severity BIGINT NOT NULL, version TEXT NOT NULL,
  application_id TEXT NOT NULL, group_id TEXT NOT NULL, channel_id TEXT NOT NULL,
  instance_id TEXT NOT NULL);
CREATE INDEX activity_at ON activity (at);
CREATE INDEX activity_group ON activity (group_id, kind, version);
CREATE TABLE fleet_count (
  application_id TEXT NOT NULL, group_id TEXT NOT NULL, version TEXT NOT NULL,
  granted_version TEXT NOT NULL, status BIGINT NOT NULL, machines BIGINT NOT NULL,
  PRIMARY KEY (group_id, version, granted_version, status));
CREATE TABLE fleet_sample (
  at BIGINT NOT NULL, group_id TEXT NOT NULL, version TEXT NOT NULL, status BIGINT NOT NULL,
  machines BIGINT NOT NULL, PRIMARY KEY (group_id, at, version, status));
CREATE INDEX fleet_sample_at ON fleet_sample (at);
)sql";

constexpr std::array<sql::Step, 2> kSteps{
    {{"update service: catalog", kTables}, {"update service: fleet", kFleet}}};

// What is old goes by its age.
constexpr std::string_view kHistoryByAge = R"sql(
CREATE INDEX status_history_at ON status_history (at);
CREATE INDEX event_at ON event (at);
)sql";
constexpr std::array<sql::Step, 1> kHistorySteps{
    {{"update service: history by age", kHistoryByAge}}};

}  // namespace

std::span<const sql::Step> steps() {
  return kSteps;
}

std::span<const sql::Step> history_steps() {
  return kHistorySteps;
}

}  // namespace argosy::update_service::store
