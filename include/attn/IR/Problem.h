//===- Problem.h - extents and tiles of a mechanism ------------*- C++ -*-===//
//
// Declares the plain values that mechanisms, masks and passes exchange.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_PROBLEM_H
#define ATTN_IR_PROBLEM_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/ValueRange.h"
#include <optional>

namespace mlir::attn {

/// The extents of a mechanism: constants where static, values where dynamic.
struct ProblemExtents {
  OpFoldResult batches;  ///< B (1 without a batch dimension)
  OpFoldResult heads;    ///< H
  OpFoldResult kvHeads;  ///< Hk
  OpFoldResult rows;     ///< M
  OpFoldResult cols;     ///< N
  OpFoldResult keyWidth; ///< D
  OpFoldResult valWidth; ///< E
};

/// Points of a grid: the first coordinate and the extent on each axis.
struct GridBox {
  SmallVector<OpFoldResult> corner, sizes;
};

/// One cell of the grid: a block of queries of one head, or of several heads
/// that share their keys.
struct GridTile {
  Value batch;
  /// The first head, and the number of heads.
  Value head;
  OpFoldResult numHeads;
  /// First raw query row, and the number of rows (at most a query block).
  OpFoldResult row;
  OpFoldResult numRows;
  /// The points that the queries are where the schedule says so; then `row` is
  /// of no account.
  std::optional<GridBox> box = {};
  /// The first key and the number of keys of a part, or null for all keys.
  OpFoldResult key = {};
  OpFoldResult numKeys = {};
};

/// What a mask is verified and simplified against.
struct MaskProblem {
  /// M, N, B and H; `ShapedType::kDynamic` where unknown.
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t batches = 0;
  int64_t heads = 0;
  /// True if absolute query positions equal raw rows.
  bool positionsAreRows = false;
  /// True if the last query stands at the last key.
  bool lastQueryAtLastKey = false;
  /// True inside a grid: rows and columns are the coordinates on one axis.
  bool isGridAxis = false;
  /// The types of the op's mask operands, by slot.
  TypeRange operandTypes;
  /// Starts the diagnostic of a violated rule.
  llvm::function_ref<InFlightDiagnostic()> emitError;
};

} // namespace mlir::attn

#endif // ATTN_IR_PROBLEM_H
