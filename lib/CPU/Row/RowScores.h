//===- RowScores.h - vectors of scores of a few keys ------------*- C++ -*-===//
//
// Declares what makes scores of the products of form row, in whose vectors the
// queries of a panel for one key lie beside those for the next key.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_ROW_ROWSCORES_H
#define ATTN_LIB_CPU_ROW_ROWSCORES_H

#include "Vector/KeyRange.h"
#include "Vector/Lanes.h"
#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// A vector of products to scores, in the units of the step's rule. Its first
/// lanes stand for key `first` of the block; lanes beyond the last key of
/// `visible` get the score of dropped pairs.
FailureOr<Value> finishRowScore(VectorBuilder &b, StepOp step, Lanes &places,
                                Value score, OpFoldResult first,
                                KeyRange visible);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_ROW_ROWSCORES_H
