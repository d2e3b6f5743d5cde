//===- Buffers.cpp - Tests of workspace -----------------------------------===//
//
// Alignment, counting and exhaustion of attn_rt_alloc.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <algorithm>
#include <cstring>
#include <malloc.h>
#include <random>
#include <thread>
#include <vector>

TEST_CASE(alignment, "alloc-alignment") {
  for (uint64_t alignment = sizeof(void *); alignment <= (1 << 21);
       alignment *= 2)
    for (uint64_t bytes : {1, 7, 64, 1000, 70000, 3000000}) {
      void *block = attn_rt_alloc(bytes, alignment);
      CHECK(block);
      CHECK_EQUAL(reinterpret_cast<uintptr_t>(block) % alignment, 0);
      std::memset(block, 0x5a, bytes);
      attn_rt_free(block);
    }
}

TEST_CASE(zeroBytes, "alloc-zero-bytes") {
  void *first = attn_rt_alloc(0, 64), *second = attn_rt_alloc(0, 64);
  CHECK(first && second && first != second);
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
  attn_rt_free(first);
  attn_rt_free(second);
}

TEST_CASE(freeNull, "alloc-free-null") {
  attn_rt_free(nullptr);
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

// Blocks never overlap, whatever is allocated and freed between.
TEST_CASE(disjoint, "alloc-disjoint") {
  launchGrid(4, 8, [](int64_t cell) {
    std::minstd_rand random(cell + 1);
    struct Piece {
      unsigned char *data;
      size_t bytes;
      unsigned char fill;
    };
    std::vector<Piece> pieces;
    auto drop = [&](size_t index) {
      Piece &piece = pieces[index];
      CHECK(std::all_of(piece.data, piece.data + piece.bytes,
                        [&](unsigned char c) { return c == piece.fill; }));
      attn_rt_free(piece.data);
      std::swap(piece, pieces.back());
      pieces.pop_back();
    };
    for (int step = 0; step < 500; ++step) {
      if (pieces.size() > 12)
        drop(random() % pieces.size());
      size_t bytes = 1 + random() % (step % 50 ? 5000 : 1500000);
      Piece piece = {static_cast<unsigned char *>(
                         attn_rt_alloc(bytes, size_t(8) << random() % 8)),
                     bytes, static_cast<unsigned char>(random())};
      std::memset(piece.data, piece.fill, bytes);
      pieces.push_back(piece);
    }
    while (!pieces.empty())
      drop(pieces.size() - 1);
  });
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

TEST_CASE(livePeak, "alloc-peak") {
  attn_rt_counters counters;
  attn_rt_launch_begin(1);
  void *first = attn_rt_alloc(1000, 64);
  CHECK_EQUAL(attn_rt_live_bytes(), 1000);
  void *second = attn_rt_alloc(500, 4096);
  CHECK_EQUAL(attn_rt_live_bytes(), 1500);
  attn_rt_free(first);
  CHECK_EQUAL(attn_rt_live_bytes(), 500);
  void *third = attn_rt_alloc(600, 64);
  attn_rt_free(third);
  attn_rt_free(second);
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.workspace_bytes, 1500);
}

TEST_CASE(peakOfThreads, "alloc-peak-of-threads") {
  std::atomic<int> allocated{0}, seen{0};
  attn_rt_counters counters = launchGrid(3, 3, [&](int64_t) {
    void *block = attn_rt_alloc(1000, 64);
    meet(allocated, 3);
    CHECK_EQUAL(attn_rt_live_bytes(), 3000);
    meet(seen, 3);
    attn_rt_free(block);
  });
  CHECK_EQUAL(counters.workspace_bytes, 3000);
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

// Each cell needs the same: more cells do not need more.
TEST_CASE(peakOfCells, "alloc-peak-independent-of-cells") {
  for (int64_t count : {10, 10000}) {
    attn_rt_counters counters = launchGrid(
        1, count, [](int64_t) { attn_rt_free(attn_rt_alloc(777, 64)); });
    CHECK_EQUAL(counters.workspace_bytes, 777);
  }
}

TEST_CASE(live, "alloc-live-returns-to-zero") {
  std::vector<std::thread> hosts;
  for (int host = 0; host < 4; ++host)
    hosts.emplace_back([] {
      for (int repeat = 0; repeat < 20; ++repeat)
        launchGrid(3, 100, [](int64_t cell) {
          void *first = attn_rt_alloc(cell * 100, 64);
          void *second = attn_rt_alloc(50, 64);
          attn_rt_free(first);
          attn_rt_free(second);
        });
    });
  for (std::thread &host : hosts)
    host.join();
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

TEST_CASE(otherThread, "alloc-free-on-other-thread") {
  attn_rt_counters counters;
  attn_rt_launch_begin(2);
  void *blocks[2];
  for (void *&block : blocks)
    block = attn_rt_alloc(1000, 64);
  std::atomic<int> arrived{0};
  runGrid(2, [&](int64_t cell) {
    meet(arrived, 2);
    attn_rt_free(blocks[cell]);
  });
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.workspace_bytes, 2000);
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

TEST_CASE(failure, "alloc-failure") {
  for (uint64_t bytes :
       {UINT64_MAX, UINT64_MAX - 100, uint64_t(INT64_MAX), uint64_t(1) << 62}) {
    attn_rt_counters counters;
    attn_rt_launch_begin(1);
    CHECK(!attn_rt_alloc(bytes, 64));
    CHECK_EQUAL(attn_rt_live_bytes(), 0);
    void *block = attn_rt_alloc(100, 64);
    CHECK(block);
    attn_rt_free(block);
    attn_rt_launch_end(&counters);
    CHECK_EQUAL(counters.failed, 1);
    CHECK_EQUAL(counters.workspace_bytes, 100);
  }
}

TEST_CASE(failureOnWorker, "alloc-failure-on-worker") {
  std::thread::id caller = std::this_thread::get_id();
  std::atomic<int> arrived{0};
  attn_rt_counters counters = launchGrid(2, 2, [&](int64_t) {
    meet(arrived, 2);
    if (std::this_thread::get_id() != caller)
      CHECK(!attn_rt_alloc(UINT64_MAX, 64));
  });
  CHECK_EQUAL(counters.failed, 1);
}

TEST_CASE(failureElsewhere, "alloc-failure-in-other-launch") {
  attn_rt_counters counters;
  attn_rt_launch_begin(1);
  std::thread([] {
    attn_rt_counters counters = launchGrid(
        2, 10, [](int64_t) { CHECK(!attn_rt_alloc(UINT64_MAX, 64)); });
    CHECK_EQUAL(counters.failed, 1);
  }).join();
  attn_rt_launch_end(&counters);
  CHECK_EQUAL(counters.failed, 0);
}

TEST_CASE(bounded, "alloc-cache-bounded") {
  // Memory that malloc has given out. Sanitizers bring a malloc that says 0.
  auto inUse = [] {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  size_t before = inUse();
  std::vector<void *> blocks(50);
  for (size_t bytes : {1000000, 300000, 5000, 20000000, 40000000}) {
    for (void *&block : blocks)
      block = attn_rt_alloc(bytes, 64);
    for (void *block : blocks)
      attn_rt_free(block);
    CHECK(inUse() <= before + (size_t(64) << 20) + 65536);
  }
  // What a thread kept goes with it.
  before = inUse();
  for (int repeat = 0; repeat < 20; ++repeat)
    std::thread([] {
      void *blocks[8];
      for (void *&block : blocks)
        block = attn_rt_alloc(900000, 64);
      for (void *block : blocks)
        attn_rt_free(block);
    }).join();
  CHECK(inUse() <= before + (size_t(1) << 20));
}
