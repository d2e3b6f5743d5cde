//===- MaskShares.cpp - how much intervals prove --------------------------===//
//
// Counts blocks that are empty or full by the definitions of masks, and by the
// intervals that they build.
//
//===----------------------------------------------------------------------===//

#include "MaskShares.h"
#include "MaskPrograms.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Blocks of keys that the definitions and the intervals call empty or full.
struct Tally {
  int64_t blocks = 0;
  int64_t empty = 0, provedEmpty = 0;
  int64_t full = 0, provedFull = 0;

  /// All blocks of a row of them.
  void count(const MaskModel &model, const Scene &scene, int64_t begin,
             int64_t end, const std::vector<Bounds> &bounds, int64_t block) {
    for (int64_t first = 0; first < scene.cols; first += block)
      countBlock(model, scene, begin, end, bounds,
                 {first, std::min(first + block, scene.cols)});
  }

  void countBlock(const MaskModel &model, const Scene &scene, int64_t begin,
                  int64_t end, const std::vector<Bounds> &bounds,
                  KeyRange keys) {
    bool isEmpty = true, isFull = true;
    for (int64_t row = begin; row < end; ++row)
      for (int64_t col = keys.begin; col < keys.end; ++col) {
        Heads holds(model, scene, row, col);
        isEmpty &= !holds.some;
        isFull &= holds.every;
      }
    bool isProvedEmpty = true, isProvedFull = false;
    for (const Bounds &b : bounds) {
      isProvedEmpty &=
          std::max(b.mayLo, keys.begin) >= std::min(b.mayHi, keys.end);
      isProvedFull |= b.mustLo <= keys.begin && keys.end <= b.mustHi;
    }
    ++blocks;
    empty += isEmpty;
    full += isFull;
    provedEmpty += isEmpty && isProvedEmpty;
    provedFull += isFull && isProvedFull;
  }

  void report(const char *what, double least) const {
    double emptyShare = 100.0 * provedEmpty / empty;
    double fullShare = 100.0 * provedFull / full;
    std::printf("%s: %lld blocks, proved %.2f %% of %lld empty and %.2f %% of "
                "%lld full ones\n",
                what, (long long)blocks, emptyShare, (long long)empty,
                fullShare, (long long)full);
    if (emptyShare < least || fullShare < least) {
      std::fprintf(stderr, "failed: expected %.0f %% of each\n", least);
      std::exit(1);
    }
  }
};

/// Counts what is proved of random compositions of masks of `kinds`, with
/// dynamic and with static extents.
void countProved(MLIRContext *context, MaskKinds kinds, double least) {
  Tally dynamic, constant;
  constexpr int64_t extent = 96, block = 8;
  Generator random(7);
  for (int k = 0; k < 1500; ++k) {
    kinds.operands = k % 2 == 0;
    MaskModel model = random.drawMask(2, extent, kinds);
    MaskAttrInterface mask = buildAttribute(context, model);
    IntervalProgram program(context, mask);
    Scene scene = random.drawScene(extent, model);
    // Heads of their own have tiles of their own but in decoding steps.
    scene.numHeads = 1;
    for (int64_t begin = 0; begin < scene.rows; begin += block) {
      int64_t end = std::min(begin + block, scene.rows);
      dynamic.count(model, scene, begin, end, program.run(scene, begin, end),
                    block);
      if (!kinds.operands)
        constant.count(model, scene, begin, end,
                       *foldIntervals(context, mask, scene, begin, end), block);
    }
  }
  dynamic.report("dynamic extents", least);
  constant.report("static extents", least);
}

} // namespace

/// Soundness costs little: nearly all blocks that are empty or full are known
/// to be where rows are intervals, on blocks and for each head too.
void testShareProved(MLIRContext *context) {
  MaskKinds kinds;
  kinds.scattered = kinds.grids = false;
  countProved(context, kinds, 98);
}

/// The boxes of grids are no intervals, but their rows are, and few enough.
void testShareProvedOfGrids(MLIRContext *context) {
  MaskKinds kinds;
  kinds.scattered = false;
  countProved(context, kinds, 98);
}

/// And fewer with masks whose rows are nothing like intervals. The order of
/// grids is counted above.
void testShareProvedOfAll(MLIRContext *context) {
  MaskKinds kinds;
  kinds.boxes = kinds.draws = false;
  countProved(context, kinds, 90);
}

/// Lists ask about one block at a time, of which intervals know more.
void testShareProvedOfBlocks(MLIRContext *context) {
  Tally tally;
  constexpr int64_t extent = 96, block = 8;
  // Which keys are drawn is known from hashes alone.
  MaskKinds kinds;
  kinds.draws = false;
  Generator random(12);
  for (int k = 0; k < 1500; ++k) {
    MaskModel model = random.drawMask(2, extent, kinds);
    IntervalProgram program(context, buildAttribute(context, model),
                            /*ofRange=*/true);
    Scene scene = random.drawScene(extent, model);
    scene.numHeads = 1;
    for (int64_t begin = 0; begin < scene.rows; begin += block)
      for (int64_t first = 0; first < scene.cols; first += block) {
        int64_t end = std::min(begin + block, scene.rows);
        KeyRange keys = {first, std::min(first + block, scene.cols)};
        tally.countBlock(model, scene, begin, end,
                         program.run(scene, begin, end, keys), keys);
      }
  }
  tally.report("asked block by block", 98);
}
