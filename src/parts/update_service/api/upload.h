// The file of a package on its way in: from a request's body into the Hosting, in pieces.
// The loop's thread. Private to this folder.
#pragma once

#include "lib/json/json.h"
#include "parts/update_service/hosting/hosting.h"
#include "parts/update_service/model/records.h"

namespace argosy::update_service::api {

// More at once are refused, since each may fill the disk.
inline constexpr size_t kMaxUploads = 8;

class Uploads {
 public:
  // `hosting` may be null: nothing is taken in then.
  Uploads(Hosting* hosting, std::string url, uint64_t limit)
      : hosting_(hosting), url_(std::move(url)), limit_(limit) {}

  // The body becomes the package's file if it has the size and digests that the package
  // announces. Gives the fields to be written down. The file is there when this returns, but
  // no machine knows its name before they are.
  // Errors: FailedPrecondition (not hosted, not as announced), OutOfRange (beyond the limit),
  // ResourceExhausted (the disk is full), AlreadyExists (there is another file of it).
  Task<json::Value> take_in(Exchange& exchange, model::Package package);
  // Removes what was taken in for a package that is no more.
  Task<void> forget(std::string package_id);

 private:
  Task<HostedFile> receive(Exchange& exchange, const model::Package& package);

  Hosting* hosting_;
  std::string url_;
  uint64_t limit_;
  size_t running_ = 0;
};

}  // namespace argosy::update_service::api
