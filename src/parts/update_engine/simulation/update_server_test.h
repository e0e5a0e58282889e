// For tests: an update server and its operator as a function. It offers 2.0.0, which is good,
// then 3.0.0, which is not, until a machine has said so; and what a machine refuses twice it
// follows with the next.
#pragma once

#include <map>

#include "base/format.h"
#include "parts/update_engine/simulation/release_test.h"

namespace argosy::update_engine {

class UpdateServer {
 public:
  const Release& release(const std::string& version) {
    auto& release = releases_[version];
    if (release.version.empty()) release = ReleaseMaker(version).make();
    return release;
  }
  std::vector<const Release*> all() const {
    std::vector<const Release*> all;
    for (const auto& [version, release] : releases_) all.push_back(&release);
    return all;
  }
  static bool is_bad(std::string_view version) { return version.starts_with("3."); }

  std::string respond(std::string_view request) {
    note(request);
    if (request.find("<updatecheck>") == request.npos) return "<response/>";
    const std::string running(attribute(request, "version=\"", "<app "));
    if (running.starts_with("2.") && target_.starts_with("2.")) publish("3.0.0");
    if (running == target_) {
      has_settled_ = running.starts_with("4.");
      return "<response><app><updatecheck status=\"noupdate\"/></app></response>";
    }
    return offer(release(target_));
  }

  bool has_settled() const { return has_settled_; }
  int fallbacks() const { return fallbacks_; }
  int refusals() const { return refusals_; }
  const std::string& target() const { return target_; }

 private:
  static std::string_view attribute(std::string_view text, std::string_view name,
                                    std::string_view after) {
    const size_t from = text.find(name, text.find(after)) + name.size();
    return text.substr(from, text.find('"', from) - from);
  }

  void note(std::string_view request) {
    if (request.find("errorcode=\"44\"") != request.npos) ++fallbacks_;
    // 35, with the bit of another server.
    if (request.find(format("eventresult=\"9\" errorcode=\"{}\"", 35 | 1 << 28)) == request.npos) {
      return;
    }
    ++refusals_;
    if (++refused_ < 2) return;
    publish(is_bad(target_) ? "4.0.0" : format("{}.0.{}", target_[0], ++patch_));
  }

  void publish(std::string version) {
    target_ = std::move(version);
    refused_ = 0;
  }

  static std::string offer(const Release& release) {
    return format(
        "<response><app><updatecheck status=\"ok\"><urls><url codebase=\"http://server/\"/>"
        "</urls><manifest version=\"{}\"><packages><package name=\"{}\" size=\"{}\"/></packages>"
        "<actions><action event=\"postinstall\" sha256=\"{}\" DisablePayloadBackoff=\"true\"/>"
        "</actions></manifest></updatecheck></app></response>",
        release.version, release.version, release.payload.size(),
        to_base64(sha256(release.payload)));
  }

  std::map<std::string, Release> releases_;
  std::string target_ = "2.0.0";
  int refused_ = 0;  // the target, by the machine
  int patch_ = 0;
  int fallbacks_ = 0;
  int refusals_ = 0;
  bool has_settled_ = false;
};

}  // namespace argosy::update_engine
