//===- KeyRange.h - the keys of a block that queries may see ---*- C++ -*-===//
//
// Declares the clamping of a block of keys to what a mask leaves of it, and
// where keys stand.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_KEYRANGE_H
#define ATTN_LIB_CPU_VECTOR_KEYRANGE_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Keys [lo, hi) of a block, relative to its first.
struct KeyRange {
  Value lo, hi;
};

/// The keys of the step's block of `numKeys` that some query of the raw rows
/// [rowBegin, rowEnd) may see: the hull of the mask's intervals, all without a
/// mask, and where keys have places. An empty range has hi <= lo.
KeyRange buildKeyRange(IndexMath &math, StepOp step, Value numKeys,
                       OpFoldResult rowBegin, OpFoldResult rowEnd);

/// The place among all N keys of key `key` of the step's block.
Value buildKeyPlace(IndexMath &math, StepOp step, Value key);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_KEYRANGE_H
