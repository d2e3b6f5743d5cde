//===- Grid.cpp - Tests of attn_rt_parallel_for ---------------------------===//
//
// Which cells run, in which order, on which threads.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <memory>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/// Runs a grid of `count` cells and checks that each ran exactly once.
static void checkEachCellOnce(int64_t threads, int64_t count) {
  auto runs = std::make_unique<std::atomic<int>[]>(count + 1);
  launchGrid(threads, count, [&](int64_t cell) {
    CHECK(cell >= 0 && cell < count);
    ++runs[cell];
  });
  for (int64_t cell = 0; cell < count; ++cell)
    CHECK_EQUAL(runs[cell], 1);
}

/// As above with few and with many threads.
static void checkEachCellOnce(int64_t count) {
  for (int64_t threads : {1, 2, 3, 8, 0})
    checkEachCellOnce(threads, count);
}

TEST_CASE(cells0, "cells-0") { checkEachCellOnce(0); }
TEST_CASE(cells1, "cells-1") { checkEachCellOnce(1); }
TEST_CASE(cells2, "cells-2") { checkEachCellOnce(2); }
TEST_CASE(cells7, "cells-7") { checkEachCellOnce(7); }
TEST_CASE(cells1000, "cells-1000") { checkEachCellOnce(1000); }
TEST_CASE(cells100000, "cells-100000") { checkEachCellOnce(100000); }

TEST_CASE(negativeCount, "cells-negative") {
  std::atomic<int64_t> cells{0};
  launchGrid(2, -1, [&](int64_t) { ++cells; });
  launchGrid(2, INT64_MIN, [&](int64_t) { ++cells; });
  CHECK_EQUAL(cells, 0);
}

// Blocks of rows are halved until each thread gets four cells, down to the least.
TEST_CASE(cellRows, "cell-rows") {
  auto choose = [](int64_t threads, int64_t columns, int64_t rows, int64_t most,
                   int64_t least) {
    attn_rt_launch_begin(threads);
    int64_t chosen = attn_rt_cell_rows(columns, rows, most, least);
    attn_rt_launch_end(nullptr);
    return chosen;
  };
  // One thread waits for none.
  CHECK_EQUAL(choose(1, 1, 4096, 512, 64), 512);
  // 8 cells for 2 threads are enough, 7 are not.
  CHECK_EQUAL(choose(2, 8, 512, 512, 64), 512);
  CHECK_EQUAL(choose(2, 7, 512, 512, 64), 256);
  // 8 heads of 512 rows for 16 threads: 64 cells of 64 rows.
  CHECK_EQUAL(choose(16, 8, 512, 512, 64), 64);
  // The least, however many threads there are; an odd number is not halved.
  CHECK_EQUAL(choose(64, 1, 512, 512, 64), 64);
  CHECK_EQUAL(choose(64, 1, 1000, 192, 64), 96);
  CHECK_EQUAL(choose(64, 1, 1000, 15, 5), 15);
  // No rows, no columns.
  CHECK_EQUAL(choose(4, 8, 0, 512, 64), 64);
  CHECK_EQUAL(choose(4, 0, 512, 512, 64), 64);
  // Inside of a grid there is one thread.
  launchGrid(4, 2, [](int64_t) {
    CHECK_EQUAL(attn_rt_cell_rows(1, 512, 512, 64), 512);
  });
}

// Columns are cut where threads are done earlier, with what parts repeat.
TEST_CASE(cellColumns, "cell-columns") {
  auto choose = [](int64_t threads, int64_t states, int64_t width,
                   int64_t least, int64_t shared) {
    attn_rt_launch_begin(threads);
    int64_t chosen = attn_rt_cell_columns(states, width, least, shared);
    attn_rt_launch_end(nullptr);
    return chosen;
  };
  // One thread does nothing twice, nor do as many as there are states.
  CHECK_EQUAL(choose(1, 1, 128, 32, 40), 128);
  CHECK_EQUAL(choose(4, 4, 128, 32, 40), 128);
  CHECK_EQUAL(choose(4, 8, 128, 32, 0), 128);
  // One state for two threads and for four: as many parts.
  CHECK_EQUAL(choose(2, 1, 128, 32, 40), 64);
  CHECK_EQUAL(choose(4, 1, 128, 32, 40), 32);
  CHECK_EQUAL(choose(64, 1, 128, 32, 40), 32);
  // For three, of which one would take two of four parts.
  CHECK_EQUAL(choose(3, 1, 128, 32, 40), 64);
  CHECK_EQUAL(choose(3, 1, 96, 32, 40), 32);
  // Three states for four threads: two turns of halves are more than one of
  // wholes, unless little is repeated.
  CHECK_EQUAL(choose(4, 3, 64, 32, 40), 64);
  CHECK_EQUAL(choose(4, 5, 64, 32, 0), 32);
  CHECK_EQUAL(choose(4, 5, 64, 32, 40), 64);
  // A width that is no multiple; all of a width that is none; no states.
  CHECK_EQUAL(choose(2, 1, 72, 32, 0), 64);
  CHECK_EQUAL(choose(4, 1, 72, 32, 0), 32);
  CHECK_EQUAL(choose(4, 1, 32, 32, 0), 32);
  CHECK_EQUAL(choose(4, 0, 64, 32, 0), 64);
  // Inside of a grid there is one thread.
  launchGrid(4, 2, [](int64_t) {
    CHECK_EQUAL(attn_rt_cell_columns(1, 128, 32, 40), 128);
  });
}

// The last cells of a huge grid are counted right; the task takes whole ranges.
TEST_CASE(hugeCount, "cells-huge") {
  static std::atomic<int64_t> sum;
  for (int64_t threads : {1, 4}) {
    sum = 0;
    attn_rt_launch_begin(threads);
    attn_rt_parallel_for(
        INT64_MAX,
        [](void *, int64_t begin, int64_t end) { sum += end - begin; },
        nullptr);
    attn_rt_launch_end(nullptr);
    CHECK_EQUAL(sum, INT64_MAX);
  }
}

TEST_CASE(ascending, "ascending") {
  launchGrid(4, 10000, [](int64_t cell) {
    static thread_local int64_t last = -1;
    CHECK(cell > last);
    last = cell;
  });
}

TEST_CASE(callerTakesPart, "caller-takes-part") {
  // No grid can do without its caller: the cells wait for it.
  std::thread::id caller = std::this_thread::get_id();
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::atomic<bool> callerCame{false};
    launchGrid(2, 2, [&](int64_t) {
      if (std::this_thread::get_id() == caller)
        callerCame = true;
      while (!callerCame)
        ;
    });
  }
}

// Cells that wait for each other end only if all threads run at once.
TEST_CASE(together, "threads-together") {
  for (int threads : {2, 3, 4, 8}) {
    std::atomic<int> arrived{0};
    launchGrid(threads, threads, [&](int64_t) { meet(arrived, threads); });
    CHECK_EQUAL(arrived, threads);
  }
}

TEST_CASE(afterSleep, "threads-together-after-sleep") {
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::atomic<int> arrived{0};
    launchGrid(4, 4, [&](int64_t) { meet(arrived, 4); });
    usleep(repeat * 20); // around the time for which a worker spins
  }
}

/// Leaves idle threads in the pool, which a grid could wrongly use.
static void fillPool() {
  std::atomic<int> arrived{0};
  launchGrid(8, 8, [&](int64_t) { meet(arrived, 8); });
}

TEST_CASE(limit, "thread-limit") {
  fillPool();
  for (int threads : {1, 2, 3}) {
    std::atomic<int> inside{0};
    attn_rt_counters counters = launchGrid(threads, 300, [&](int64_t) {
      CHECK(++inside <= threads);
      usleep(20);
      --inside;
    });
    CHECK_EQUAL(counters.threads, threads);
  }
}

TEST_CASE(singleThread, "single-thread") {
  pthread_t caller = pthread_self();
  int64_t last = -1;
  launchGrid(1, 1000, [&](int64_t cell) {
    CHECK(pthread_equal(pthread_self(), caller));
    CHECK_EQUAL(cell, last + 1);
    last = cell;
  });
}

TEST_CASE(nested, "nested") {
  fillPool();
  std::atomic<int64_t> cells{0};
  launchGrid(3, 20, [&](int64_t) {
    pthread_t outer = pthread_self();
    int64_t last = -1;
    runGrid(25, [&](int64_t cell) {
      CHECK(pthread_equal(pthread_self(), outer));
      CHECK_EQUAL(cell, last + 1);
      last = cell;
      usleep(10); // time for another thread to come
      runGrid(2, [&](int64_t) {
        CHECK(pthread_equal(pthread_self(), outer));
        ++cells;
      });
    });
  });
  CHECK_EQUAL(cells, 20 * 25 * 2);
}

// A grid of one cell is a grid too: what it nests stays on its thread.
TEST_CASE(nestedInOne, "nested-in-one-cell") {
  fillPool();
  pthread_t caller = pthread_self();
  launchGrid(4, 1, [&](int64_t) {
    runGrid(100, [&](int64_t) {
      CHECK(pthread_equal(pthread_self(), caller));
      usleep(10);
    });
  });
  // And after it grids are parallel again.
  std::atomic<int> arrived{0};
  launchGrid(2, 2, [&](int64_t) { meet(arrived, 2); });
}

TEST_CASE(withoutLaunch, "without-launch") {
  std::atomic<int64_t> sum{0};
  runGrid(1000, [&](int64_t cell) { sum += cell; });
  CHECK_EQUAL(sum, 999 * 1000 / 2);
}

// Small grids end before their helpers have begun: the helpers are taken back.
TEST_CASE(backToBack, "back-to-back") {
  int64_t expected = 0;
  std::atomic<int64_t> sum{0};
  attn_rt_launch_begin(4);
  for (int64_t repeat = 0; repeat < 20000; ++repeat) {
    int64_t count = repeat % 9;
    runGrid(count, [&](int64_t cell) { sum += cell + 1; });
    expected += count * (count + 1) / 2;
    CHECK_EQUAL(sum, expected);
  }
  attn_rt_launch_end(nullptr);
}

TEST_CASE(concurrent, "concurrent-launches") {
  std::vector<std::thread> hosts;
  for (int host = 0; host < 4; ++host)
    hosts.emplace_back([host] {
      for (int repeat = 0; repeat < 100; ++repeat)
        checkEachCellOnce(1 + (host + repeat) % 4, 1 + repeat * 7);
    });
  for (std::thread &host : hosts)
    host.join();
}

// A host whose grid waits for another host's grid: no grid waits for workers.
TEST_CASE(entangled, "concurrent-launches-entangled") {
  std::atomic<int> arrived{0};
  std::vector<std::thread> hosts;
  for (int host = 0; host < 4; ++host)
    hosts.emplace_back([&] {
      launchGrid(2, 2, [&](int64_t cell) {
        if (cell == 0)
          meet(arrived, 4);
      });
    });
  for (std::thread &host : hosts)
    host.join();
}

TEST_CASE(hostsThatEnd, "hosts-that-end") {
  for (int repeat = 0; repeat < 50; ++repeat)
    std::thread([] { checkEachCellOnce(3, 100); }).join();
}

#if defined(__x86_64__)
TEST_CASE(floatControl, "float-control") {
  unsigned previous = _mm_getcsr();
  for (unsigned flush : {0x8040u, 0u}) {
    _mm_setcsr((previous & ~0x8040u) | flush);
    std::atomic<int> arrived{0};
    launchGrid(4, 4, [&](int64_t) {
      meet(arrived, 4);
      CHECK_EQUAL(_mm_getcsr() & 0x8040u, flush);
    });
  }
  _mm_setcsr(previous);
}
#endif
