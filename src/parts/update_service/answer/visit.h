// One application of one machine in one request: what it reports, then what it is told.
// Private to this folder.
#pragma once

#include "lib/omaha/request.h"
#include "lib/omaha/response.h"
#include "parts/update_service/answer/answer.h"
#include "parts/update_service/model/fleet.h"
#include "parts/update_service/rollout/decide.h"
#include "parts/update_service/rollout/report.h"

namespace argosy::update_service {

struct VisitContext {
  sql::Database& database;
  const model::Catalog& catalog;
  const omaha::Request& request;
  const omaha::AppRequest& app;
  const model::Application& application;
  const model::Group& group;
  const Origin& origin;
  const AnswerOptions& options;
  Zones& zones;
  WallTime now;
};

class Visit {
 public:
  explicit Visit(VisitContext context)
      : context_(context), is_rolling_out_(context.group.is_rolling_out) {}

  // False: the machine's id is none, and all else fails.
  bool is_identified() const;
  Result<void> find();
  // It was here before.
  bool is_known() const { return stored_.has_value(); }
  // Writes down who it is and that it was here.
  Result<void> register_machine();
  Result<void> report(const omaha::Event& event);
  // Into `response`: the update, or why not.
  Result<void> check(omaha::AppResponse& response);

 private:
  struct ActivityOf {
    model::ActivityClass kind;
    model::Severity severity;
    std::string version;
    bool is_of_machine = false;
  };

  const std::string& application_id() const { return context_.application.id; }
  omaha::Event as_meant(const omaha::Event& event) const;
  Result<Counts> counts(const std::string& version) const;
  Result<void> become(Status status, int error_code = 0);
  Result<void> write_down(const omaha::Event& event);
  Result<void> follow(const Consequence& consequence, const omaha::Event& event);
  Result<void> grant(const std::string& version);
  Result<void> stop_rollout(const std::string& version);
  Result<Decision> decide_now(const model::Channel* channel);
  Result<void> refuse(Refusal why, const std::string& version, omaha::AppResponse& response);
  Result<void> note(const ActivityOf& activity);
  Result<void> save(int error_code = 0);
  Instance as_known() const;

  VisitContext context_;
  // What the catalog does not know yet.
  bool is_rolling_out_;
  bool is_stopped_ = false;
  std::optional<model::FleetMember> stored_;
  model::FleetMember member_;
};

}  // namespace argosy::update_service
