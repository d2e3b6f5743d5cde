//===- BlockRanks.h - the ranks of a row of blocks -------------*- C++ -*-===//
//
// Declares what a selection chooses by in one row of blocks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_BLOCKRANKS_H
#define ATTN_LIB_TRANSFORMS_BLOCKRANKS_H

#include "attn/IR/AttnOps.h"
#include "attn/IR/BlockLists.h"

namespace mlir::attn {

/// A tensor of i32, one for each block of keys, in the order in which `op`
/// chooses for `place` (batch element, group of heads, row of blocks):
/// `kNeverRank` for blocks that `among` does not list, `kAlwaysRank` for
/// initial and local ones, and for the others the rank of their importance.
/// Without tensors in `among`, all blocks are candidates.
Value buildRanks(OpBuilder &builder, SelectOp op, const BlockListTensors &among,
                 ValueRange place);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_BLOCKRANKS_H
