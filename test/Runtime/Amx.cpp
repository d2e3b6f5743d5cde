//===- Amx.cpp - Tests of the permission to use AMX -----------------------===//
//
// What the runtime answers, and what a launch says about a refusal.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <fstream>
#include <string>

/// Whether the system lists the tiles among the processor's features.
static bool machineHasTiles() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string word; file >> word;)
    if (word == "amx_tile")
      return true;
  return false;
}

TEST_CASE(amxAnswer, "amx-answer") {
  // Outside of a launch there is nobody to tell.
  int answer = attn_rt_request_amx();
  CHECK_EQUAL(answer, machineHasTiles() ? 1 : 0);
  // All threads of a launch get the same answer.
  std::atomic<int> others{0};
  attn_rt_counters counters =
      launchGrid(3, 100, [&](int64_t) { others += attn_rt_request_amx(); });
  CHECK_EQUAL(others, 100 * answer);
  CHECK_EQUAL(counters.amx_refused == 0, answer == 1);
  CHECK_EQUAL(counters.failed, 0);
}

TEST_CASE(amxRefusalReset, "amx-refusal-reset") {
  launchGrid(2, 10, [](int64_t) { attn_rt_request_amx(); });
  attn_rt_counters counters = launchGrid(2, 10, [](int64_t) {});
  CHECK_EQUAL(counters.amx_refused, 0);
}
