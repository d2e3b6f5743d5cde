//===- BlockRuns.h - runs of blocks of keys --------------------*- C++ -*-===//
//
// Declares what a mask's intervals of keys come to in blocks: with may(I) the
// keys some query sees and must(I) those every query sees, and blocks of B
// keys,
//
//   t0 = floor(may.lo / B)  f0 = ceil(must.lo / B)
//   f1 = floor(must.hi / B) t1 = ceil(may.hi / B)
//
// clamped to t0 <= f0 <= f1 <= t1: blocks [t0, f0) are partial, [f0, f1) full,
// [f1, t1) partial, all others empty.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_BLOCKRUNS_H
#define ATTN_LIB_TRANSFORMS_BLOCKRUNS_H

#include "attn/IR/MaskBuilders.h"
#include <array>

namespace mlir::attn {

/// Bounds of three runs of blocks, in blocks.
struct BlockRuns {
  OpFoldResult t0, f0, f1, t1;
};

/// The ends of a disjunct as values: may.lo, may.hi, must.lo, must.hi.
using DisjunctEnds = std::array<Value, 4>;

/// `value` within [lo, hi], where lo <= hi. An end of the range is its own
/// clamp even where the other end is unknown: loops that never run vanish.
OpFoldResult clampBetween(IndexMath &math, OpFoldResult value, OpFoldResult lo,
                          OpFoldResult hi);

/// 0 <= may.lo <= must.lo <= must.hi <= may.hi <= count.
MaskDisjunct clampToCount(IndexMath &math, MaskDisjunct disjunct,
                          OpFoldResult count);

/// The runs of a clamped disjunct in blocks of `block` keys, none before block
/// `cursor`.
BlockRuns buildBlockRuns(IndexMath &math, const MaskDisjunct &disjunct,
                         int64_t block, OpFoldResult cursor);

/// Clamped disjuncts in the order of their first key, by a network of
/// compare-exchanges (insertion sort unrolled: at most six of them).
SmallVector<DisjunctEnds> buildSorted(IndexMath &math,
                                      ArrayRef<MaskDisjunct> disjuncts);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_BLOCKRUNS_H
