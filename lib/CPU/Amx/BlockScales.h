//===- BlockScales.h - scales of a block's keys and values -----*- C++ -*-===//
//
// Declares what scales of keys and values multiply in the AMX form. Rows of
// eight bits are exact in bf16, rows times scales are not.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_AMX_BLOCKSCALES_H
#define ATTN_LIB_CPU_AMX_BLOCKSCALES_H

#include "Amx/PackedRows.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The factor of all scores of `op`.
double getFactor(StepOp op);

/// Buffers by key of a block: a scale of a key multiplies its scores, one of a
/// value the weights for it. One without a reciprocal, such as 0, multiplies
/// its row of values instead.
class BlockScales {
public:
  explicit BlockScales(StepOp op);

  bool hasKeys() const { return keyFactors != nullptr; }
  bool hasValues() const { return valueScales != nullptr; }
  /// What multiplies rows of values where they are copied, or null.
  Value getRowFactors() const { return rowFactors; }

  /// Reads the scales of the keys `inner`. Those around them get 1, which
  /// leaves a score of -inf what it is.
  void build(VectorBuilder &b, RowRange inner, RowRange outer);

  /// What multiplies the products of key `j`, the weights for it, and, undoing
  /// that, the weights once more: in all lanes.
  Value loadKeyFactor(VectorBuilder &b, Value j) const;
  Value loadValueScale(VectorBuilder &b, Value j) const;
  Value loadReciprocal(VectorBuilder &b, Value j) const;

private:
  void buildOfKey(VectorBuilder &b, Value key);

  StepOp op;
  double factor;
  Value keyFactors, valueScales, reciprocals, rowFactors;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_AMX_BLOCKSCALES_H
