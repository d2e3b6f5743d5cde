//===- Cases.h - How the tests of the runtime are written -----------------===//
//
// Declares test cases, checks and what several cases share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_RUNTIME_CASES_H
#define ATTN_TEST_RUNTIME_CASES_H

#include "attn-rt/abi.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

/// Ends the process as failed unless `condition` holds.
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      std::fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__,          \
                   #condition);                                                \
      std::_Exit(1);                                                           \
    }                                                                          \
  } while (false)

/// As CHECK for two integers, both of which it prints.
#define CHECK_EQUAL(left, right)                                               \
  do {                                                                         \
    long long leftValue = (left), rightValue = (right);                        \
    if (leftValue != rightValue) {                                             \
      std::fprintf(stderr, "%s:%d: failed: %s == %s: %lld and %lld\n",         \
                   __FILE__, __LINE__, #left, #right, leftValue, rightValue);  \
      std::_Exit(1);                                                           \
    }                                                                          \
  } while (false)

/// A named test case, in the list of all cases from its construction on.
struct Case {
  /// Adds the case `name`, which `run` runs.
  Case(const char *name, void (*run)());

  const char *name;
  void (*run)();
  Case *next;

  /// The first of all cases.
  static Case *first;
};

/// Defines a test case of this C++ name, whose command-line name is `text`.
#define TEST_CASE(name, text)                                                  \
  static void name();                                                          \
  static Case name##Case(text, name);                                          \
  static void name()

/// Runs `cell(index)` for all cells of a grid of `count` cells.
template <typename Cell> void runGrid(int64_t count, Cell cell) {
  attn_rt_parallel_for(
      count,
      [](void *context, int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; ++index)
          (*static_cast<Cell *>(context))(index);
      },
      &cell);
}

/// Opens a launch, runs a grid of `count` cells in it and returns its counters.
template <typename Cell>
attn_rt_counters launchGrid(int64_t threads, int64_t count, Cell cell) {
  attn_rt_counters counters;
  attn_rt_launch_begin(threads);
  runGrid(count, cell);
  attn_rt_launch_end(&counters);
  return counters;
}

/// Waits until `expected` threads are here at the same time.
inline void meet(std::atomic<int> &arrived, int expected) {
  for (++arrived; arrived < expected;)
    ;
}

#endif // ATTN_TEST_RUNTIME_CASES_H
