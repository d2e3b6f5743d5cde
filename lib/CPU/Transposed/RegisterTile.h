//===- RegisterTile.h - the micro-kernel -----------------------*- C++ -*-===//
//
// Declares the product that all dense arithmetic of a fold goes through: a
// tile of rows by vectors of queries, held in registers over a depth.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_TRANSPOSED_REGISTERTILE_H
#define ATTN_LIB_CPU_TRANSPOSED_REGISTERTILE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::attn {

/// The shape of a register tile: `rows` by `vectors` vectors of `lanes`.
struct RegisterTile {
  int64_t rows, vectors, lanes;
  FloatType element;

  /// The type of one vector, and of the rows against one vector.
  VectorType getVectorType() const { return VectorType::get({lanes}, element); }
  VectorType getBlockType() const {
    return VectorType::get({rows, lanes}, element);
  }
  RegisterTile withRows(int64_t number) const {
    return {number, vectors, lanes, element};
  }

  /// Loads of one element to broadcast (depth, row) and of one vector (depth,
  /// vector).
  using LoadRow = llvm::function_ref<Value(OpBuilder &, Value, int64_t)>;
  using LoadVector = llvm::function_ref<Value(OpBuilder &, Value, int64_t)>;

  /// acc[r, v] += sum over depth in [lo, hi) of row(depth, r) * vector(depth,
  /// v), one block of accumulators for each vector. With a `stride`, rows are
  /// asked for by depth * stride, which is summed up on the way.
  SmallVector<Value> buildProduct(OpBuilder &builder, Location loc,
                                  ArrayRef<Value> acc, Value lo, Value hi,
                                  LoadRow loadRow, LoadVector loadVector,
                                  Value stride = {}) const;

  /// Row `r` of a block of accumulators.
  Value buildRow(OpBuilder &builder, Location loc, Value block,
                 int64_t r) const;
  /// A block of accumulators from its rows.
  Value buildBlock(OpBuilder &builder, Location loc,
                   llvm::function_ref<Value(int64_t)> row) const;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_TRANSPOSED_REGISTERTILE_H
