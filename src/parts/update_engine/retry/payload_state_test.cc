#include "parts/update_engine/retry/payload_state.h"

#include <cstdlib>
#include <doctest/doctest.h>

#include "sys/random/random.h"

using namespace argosy;
using namespace argosy::update_engine;

namespace {

// In the middle of the fuzz.
constexpr uint64_t kNoFuzz = 360;
const WallTime kStart{hours(24 * 365 * 50)};

omaha::ClientUpdate response(size_t urls, uint32_t max_failures = 10) {
  omaha::ClientUpdate update;
  update.has_update = true;
  for (size_t i = 0; i < urls; ++i)
    update.urls.push_back("http://h" + std::string(1, static_cast<char>('0' + i)) + "/p");
  update.size = 100;
  update.sha256 = "hash";
  update.max_failures_per_url = max_failures;
  return update;
}

PayloadState state_with(const omaha::ClientUpdate& update) {
  PayloadState state;
  state.set_response(update);
  return state;
}

}  // namespace

TEST_CASE("the signature has the original's lines") {
  CHECK(response_signature(response(2)) ==
        "NumURLs = 2\nUrl0 = http://h0/p\nUrl1 = http://h1/p\nPayload Size = 100\n"
        "Payload Sha256 Hash = hash\nIs Delta Payload = 0\nMax Failure Count Per Url = 10\n"
        "Disable Payload Backoff = 0\n");
}

TEST_CASE("bad content moves on at once, bad transfers after some") {
  PayloadState state = state_with(response(2, 3));
  const PayloadState::Now now{kStart, kNoFuzz};
  CHECK(state.url() == "http://h0/p");
  state.update_failed(ErrorCode::kDownloadTransferError, now);
  state.update_failed(code_of_http_status(404), now);
  CHECK(state.url() == "http://h0/p");
  CHECK(state.stored().url_failures == 2);
  state.update_failed(ErrorCode::kDownloadWrite, now);
  CHECK(state.url() == "http://h1/p");
  CHECK(state.stored().url_failures == 0);
  CHECK_FALSE(state.should_back_off(kStart, true));
  state.update_failed(ErrorCode::kPayloadHashMismatch, now);
  CHECK(state.url() == "http://h0/p");
  CHECK(state.stored().attempt == 1);
  CHECK(state.should_back_off(kStart + hours(23), true));
  CHECK_FALSE(state.should_back_off(kStart + hours(25), true));
  CHECK_FALSE(state.should_back_off(kStart, false));
}

TEST_CASE("bytes that come forgive; failures that are nobody's do not count") {
  PayloadState state = state_with(response(1, 3));
  const PayloadState::Now now{kStart, kNoFuzz};
  state.update_failed(ErrorCode::kDownloadTransferError, now);
  state.download_progress(0);
  CHECK(state.stored().url_failures == 1);
  state.download_progress(1);
  CHECK(state.stored().url_failures == 0);
  const PayloadState::Stored before = state.stored();
  for (const ErrorCode code :
       {ErrorCode::kPostinstallRunnerError, ErrorCode::kOmahaResponseInvalid,
        ErrorCode::kNewRootfsVerification, ErrorCode::kUpdateDeferredForBackoff,
        ErrorCode::kRollback, ErrorCode::kSuccess}) {
    state.update_failed(code, now);
  }
  CHECK(state.stored() == before);
  PayloadState nothing;
  nothing.update_failed(ErrorCode::kDownloadTransferError, now);
  CHECK(nothing.stored() == PayloadState::Stored{});
  CHECK(nothing.url().empty());
}

TEST_CASE("backoffs double up to sixteen days, six hours more or less") {
  const int64_t days[] = {1, 2, 4, 8, 16, 16, 16};
  for (uint32_t attempt = 1; attempt <= 7; ++attempt) {
    CHECK(backoff_after(attempt, kNoFuzz) == hours(24 * days[attempt - 1]));
  }
  CHECK(backoff_after(4000000000, kNoFuzz) == hours(24 * 16));
  CHECK(backoff_after(1, 0) == hours(18));
  CHECK(backoff_after(1, 720) == hours(30));
}

TEST_CASE("a whole download counts as an attempt, in case its installation fails") {
  PayloadState state = state_with(response(1));
  state.download_complete({kStart, kNoFuzz});
  CHECK(state.stored().attempt == 1);
  CHECK(state.should_back_off(kStart, true));
}

TEST_CASE("deltas and servers that forbid it are never put off") {
  omaha::ClientUpdate update = response(1);
  update.is_delta = true;
  PayloadState state = state_with(update);
  state.download_complete({kStart, kNoFuzz});
  CHECK(state.stored().attempt == 0);
  update = response(1);
  update.disables_backoff = true;
  state = state_with(update);
  state.download_complete({kStart, kNoFuzz});
  CHECK(state.stored().attempt == 1);
  CHECK_FALSE(state.stored().backoff_until);
  CHECK_FALSE(state.should_back_off(kStart, true));
}

TEST_CASE("what is kept serves the same response only") {
  PayloadState state = state_with(response(2));
  state.update_failed(ErrorCode::kPayloadHashMismatch, {kStart, kNoFuzz});
  PayloadState again(state.stored());
  again.set_response(response(2));
  CHECK(again.url() == "http://h1/p");
  omaha::ClientUpdate changed = response(2);
  changed.sha256 = "other";
  again.set_response(changed);
  CHECK(again.url() == "http://h0/p");
  // An index that was tampered with.
  PayloadState::Stored stored = state.stored();
  stored.url_index = 7;
  stored.attempt = 3;
  again = PayloadState(stored);
  again.set_response(response(2));
  CHECK(again.stored().url_index == 0);
  CHECK(again.stored().attempt == 0);
  CHECK(again.stored().response_signature == response_signature(response(2)));
}

// The model: a counter of failures that each cost a URL's budget.
TEST_CASE("any failures: the index is the count of spent URLs") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const size_t urls = 1 + random.below(4);
    const auto limit = static_cast<uint32_t>(random.below(4));
    PayloadState state = state_with(response(urls, limit));
    uint64_t spent = 0;
    uint64_t failures = 0;
    for (int step = 0; step < 100; ++step) {
      const bool is_content = random.chance(4);
      state.update_failed(is_content ? ErrorCode::kDownloadOperationHashMismatch
                                     : ErrorCode::kDownloadTransferError,
                          {kStart, random.next()});
      ++failures;
      if (is_content || failures >= limit) {
        ++spent;
        failures = 0;
      }
      CHECK(state.stored().url_index == spent % urls);
      CHECK(state.stored().attempt == spent / urls);
      CHECK(state.stored().url_failures == failures);
    }
  }
}
