// The errors that a member answers, with the original's codes and exact texts: clients
// compare the texts. (Those of keys and revisions are in mvcc/errors.h.)
#pragma once

#include "base/result.h"

namespace argosy::etcd::error {

Error no_space();
Error too_many_requests();
Error too_large();
Error corrupt();

Error no_leader();
Error not_leader();
Error leader_changed();
Error stopped();
Error timeout();
Error timeout_due_to_leader_failure();
Error timeout_due_to_connection_lost();
Error timeout_waiting_applied_index();
Error unhealthy();
Error not_capable();
Error not_supported_for_learner();
Error bad_leader_transferee();

Error lease_exists();
Error lease_not_found();
Error lease_ttl_too_large();

Error member_not_found();
Error member_exists();
Error peer_urls_exist();
Error not_enough_started_members();
Error member_bad_urls();
Error member_not_learner();
Error learner_not_ready();
Error too_many_learners();
Error member_removed();
Error cluster_id_mismatch();

}  // namespace argosy::etcd::error
