//===- Grid.cpp - Parallel grids ------------------------------------------===//
//
// Implements attn_rt_parallel_for: the cells of a grid as a job of the pool.
//
//===----------------------------------------------------------------------===//

#include "FloatControl.h"
#include "Launch.h"
#include "ThreadCount.h"
#include "ThreadPool.h"

#include "attn-rt/abi.h"

#include <algorithm>

using namespace attn::rt;

/// Whether this thread is inside a grid, where further grids run alone.
static thread_local bool insideGrid = false;

namespace {

/// The cells of one grid and who may run them.
struct Grid : Job {
  /// Makes a grid of `count` cells for `threads` threads in all.
  Grid(int64_t count, attn_rt_task task, void *context, int64_t threads)
      : Job(runShare), count(count), task(task), context(context),
        threads(threads), launch(currentLaunch()),
        floatControl(readFloatControl()) {}

  /// Claims and runs cells until none is left.
  static void runShare(Job &job);

  /// Claims the next cells. Many at first, since every claim costs a cache line
  /// that all threads write and every task its set-up; single ones at the end,
  /// so that the threads end together.
  bool claim(int64_t &begin, int64_t &end);

  const int64_t count;
  const attn_rt_task task;
  void *const context;
  const int64_t threads;
  Launch *const launch;
  const uint64_t floatControl;

  /// The first cell that is not claimed, on a cache line of its own.
  alignas(128) std::atomic<int64_t> next{0};
};

} // namespace

/// Calls `task` as code inside of a grid.
static void runCells(attn_rt_task task, void *context, int64_t begin,
                     int64_t end) {
  bool wasInside = insideGrid;
  insideGrid = true;
  task(context, begin, end);
  insideGrid = wasInside;
}

bool Grid::claim(int64_t &begin, int64_t &end) {
  begin = next.load(std::memory_order_relaxed);
  do {
    if (begin >= count)
      return false;
    end = begin + std::max<int64_t>((count - begin) / (threads * 16), 1);
  } while (!next.compare_exchange_weak(begin, end, std::memory_order_relaxed));
  return true;
}

void Grid::runShare(Job &job) {
  Grid &grid = static_cast<Grid &>(job);
  LaunchScope scope(grid.launch);
  writeFloatControl(grid.floatControl);
  int64_t begin, end;
  while (grid.claim(begin, end))
    runCells(grid.task, grid.context, begin, end);
}

/// The threads that a grid of the calling thread may use.
static int64_t countThreads() {
  if (insideGrid)
    return 1;
  Launch *launch = currentLaunch();
  return launch ? launch->threads : defaultThreads();
}

int64_t attn_rt_cell_rows(int64_t columns, int64_t rows, int64_t most,
                          int64_t least) {
  // Cells are of unequal cost, and the last ones are waited for: with four a
  // thread that is an eighth of the time at most where costs are equal.
  constexpr int64_t cellsOfThread = 4;
  int64_t threads = countThreads();
  int64_t size = most;
  while (threads > 1 && size % 2 == 0 && size / 2 >= least &&
         columns * ((rows + size - 1) / size) < threads * cellsOfThread)
    size /= 2;
  return size;
}

int64_t attn_rt_cell_columns(int64_t states, int64_t width, int64_t least,
                             int64_t shared) {
  int64_t threads = countThreads();
  auto timeOf = [&](int64_t columns) {
    int64_t cells = states * ((width + columns - 1) / columns);
    return (cells + threads - 1) / threads * (columns + shared);
  };
  int64_t best = width;
  for (int64_t columns = (width - 1) / least * least; columns > 0;
       columns -= least)
    if (timeOf(columns) < timeOf(best))
      best = columns;
  return best;
}

void attn_rt_parallel_for(int64_t count, attn_rt_task task, void *context) {
  if (count <= 0)
    return;
  int64_t threads = std::min(countThreads(), count);
  if (threads == 1) {
    runCells(task, context, 0, count);
    return;
  }
  Grid grid(count, task, context, threads);
  runWithHelpers(grid, threads - 1);
}
