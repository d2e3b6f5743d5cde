//===- Launch.cpp - Tests of launches and their counters ------------------===//
//
// What a launch counts, and that no launch counts for another.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <cstring>
#include <sched.h>
#include <thread>
#include <vector>

TEST_CASE(tileCounters, "counters-tiles") {
  attn_rt_counters counters = launchGrid(
      4, 1000, [](int64_t cell) { attn_rt_record_tiles(10, 3, cell % 2); });
  CHECK_EQUAL(counters.tiles_total, 10000);
  CHECK_EQUAL(counters.tiles_visited, 3000);
  CHECK_EQUAL(counters.tiles_partial, 500);
  CHECK_EQUAL(counters.workspace_bytes, 0);
  CHECK_EQUAL(counters.failed, 0);
}

TEST_CASE(countersReset, "counters-reset") {
  launchGrid(2, 10, [](int64_t) {
    attn_rt_record_tiles(1, 1, 1);
    attn_rt_free(attn_rt_alloc(100, 64));
    CHECK(!attn_rt_alloc(UINT64_MAX, 64));
  });
  attn_rt_counters counters = launchGrid(2, 10, [](int64_t) {});
  CHECK_EQUAL(counters.threads, 2);
  CHECK_EQUAL(counters.tiles_total, 0);
  CHECK_EQUAL(counters.tiles_visited, 0);
  CHECK_EQUAL(counters.tiles_partial, 0);
  CHECK_EQUAL(counters.workspace_bytes, 0);
  CHECK_EQUAL(counters.failed, 0);
}

TEST_CASE(severalGrids, "counters-of-several-grids") {
  attn_rt_counters counters;
  attn_rt_launch_begin(2);
  for (int repeat = 0; repeat < 5; ++repeat)
    runGrid(10, [](int64_t) { attn_rt_record_tiles(2, 1, 0); });
  attn_rt_record_tiles(1, 1, 1);
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.tiles_total, 101);
  CHECK_EQUAL(counters.tiles_visited, 51);
  CHECK_EQUAL(counters.tiles_partial, 1);
}

TEST_CASE(independent, "counters-of-concurrent-launches") {
  std::vector<std::thread> hosts;
  for (int host = 1; host <= 4; ++host)
    hosts.emplace_back([host] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        attn_rt_counters counters = launchGrid(3, 100, [&](int64_t) {
          attn_rt_record_tiles(host, host, 0);
          attn_rt_free(attn_rt_alloc(host, 64));
        });
        CHECK_EQUAL(counters.tiles_total, 100 * host);
        CHECK_EQUAL(counters.tiles_visited, 100 * host);
        CHECK(counters.workspace_bytes >= host);
        CHECK(counters.workspace_bytes <= 3 * host);
      }
    });
  for (std::thread &host : hosts)
    host.join();
}

TEST_CASE(outside, "counters-outside-a-launch") {
  attn_rt_record_tiles(5, 5, 5);
  attn_rt_free(attn_rt_alloc(100, 64));
  attn_rt_counters counters;
  std::memset(&counters, -1, sizeof(counters));
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.threads, 0);
  CHECK_EQUAL(counters.tiles_total, 0);
  CHECK_EQUAL(counters.workspace_bytes, 0);
  CHECK_EQUAL(counters.failed, 0);
  attn_rt_launch_end(nullptr);
}

TEST_CASE(manyThreads, "threads-too-many") {
  attn_rt_counters counters;
  attn_rt_launch_begin(INT64_MAX);
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.threads, 1024);
  attn_rt_launch_begin(-3);
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.threads, attn_rt_default_threads());
}

/// Checks that an unspecified number of threads means `expected`.
static void checkDefault(int64_t expected) {
  CHECK_EQUAL(attn_rt_default_threads(), expected);
  attn_rt_counters counters = launchGrid(0, 10, [](int64_t) {});
  CHECK_EQUAL(counters.threads, expected);
}

/// The processors in the affinity mask of this thread.
static int64_t processors() {
  cpu_set_t mask;
  CHECK_EQUAL(sched_getaffinity(0, sizeof(mask), &mask), 0);
  return CPU_COUNT(&mask);
}

// With ATTN_NUM_THREADS as lit sets it: absent or not a number in one test
// each, or a number.
TEST_CASE(defaultThreads, "threads-default") {
  const char *expected = std::getenv("EXPECTED_THREADS");
  checkDefault(expected ? std::atoll(expected) : processors());
}
