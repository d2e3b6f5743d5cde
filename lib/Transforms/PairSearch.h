//===- PairSearch.h - whether a mask keeps a pair of a block ---*- C++ -*-===//
//
// Declares the search of a block of queries and keys for a pair.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_PAIRSEARCH_H
#define ATTN_LIB_TRANSFORMS_PAIRSEARCH_H

#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// A block: the queries are those of `queries`.
struct SearchedBlock {
  const MaskIntervalBuilder &queries;
  OpFoldResult colBegin, colEnd;
};

/// Builds an i1: whether `mask` of `op` keeps some pair of `block`. Rows are
/// looked at one after another, up to the first that has one; the keys of a row
/// all at once, in a loop without an exit, which compilers make vectors of. Of
/// queries and keys between which the mask does not tell, one is looked at.
Value buildHasPair(OpBuilder &builder, Operation *op, MaskAttrInterface mask,
                   const SearchedBlock &block);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_PAIRSEARCH_H
