//===- TileProduct.h - products on AMX tiles -------------------*- C++ -*-===//
//
// Declares the micro-kernel of the AMX form: a block of accumulator tiles that
// stays in tile registers while pairs of operand tiles pass by.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_AMX_TILEPRODUCT_H
#define ATTN_LIB_CPU_AMX_TILEPRODUCT_H

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// Rows of every tile, and columns of an accumulator.
inline constexpr int64_t kTileRows = 16;
/// bf16 elements of a row of an operand: what one product sums over.
inline constexpr int64_t kTileDepth = 32;

/// A block of `rows` by `columns` accumulator tiles, row by row in lists.
struct TileProduct {
  int64_t rows, columns;

  /// Loads operand tile number `index`.
  using LoadOperand = llvm::function_ref<Value(int64_t index)>;
  /// Where accumulator (row, column) lies: indices into the buffer given.
  using Place = llvm::function_ref<SmallVector<Value>(int64_t, int64_t)>;

  /// Accumulators of zeros, or from memory, and back to it.
  SmallVector<Value> buildZeros(OpBuilder &builder, Location loc) const;
  SmallVector<Value> buildLoads(OpBuilder &builder, Location loc, Value buffer,
                                Place place) const;
  void buildStores(OpBuilder &builder, Location loc, ValueRange acc,
                   Value buffer, Place place) const;

  /// What takes the place of accumulator (row, column) before its product.
  using Replace = llvm::function_ref<Value(int64_t, int64_t, Value)>;

  /// acc[r, c] += left[r] * right[c], over a depth of one tile.
  SmallVector<Value> buildStep(OpBuilder &builder, Location loc, ValueRange acc,
                               LoadOperand left, LoadOperand right) const;
  /// The same with new accumulators, each taken just before its first product:
  /// what was in its register is stored while others are multiplied. Stored and
  /// taken all at once, tiles would wait for each other.
  SmallVector<Value> buildFirstStep(OpBuilder &builder, Location loc,
                                    ValueRange acc, LoadOperand left,
                                    LoadOperand right, Replace replace) const;
};

/// One accumulator tile of zeros.
Value buildZeroTile(OpBuilder &builder, Location loc);

/// One operand tile from `buffer` at `indices`; its rows are those of the
/// buffer's second dimension from the end.
Value buildOperandTile(OpBuilder &builder, Location loc, Value buffer,
                       ValueRange indices);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_AMX_TILEPRODUCT_H
