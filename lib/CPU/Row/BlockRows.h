//===- BlockRows.h - rows of a block as vectors ----------------*- C++ -*-===//
//
// Declares the view of a block of K or V whose rows are read vector by vector.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_ROW_BLOCKROWS_H
#define ATTN_LIB_CPU_ROW_BLOCKROWS_H

#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Rows of a block, of whole vectors of neighbouring elements: the block itself
/// where it is like that, else a copy with rows filled up by zeros. Whether the
/// elements of a row are neighbours is known at run time only; a width that is
/// no multiple of a vector always asks for the copy.
class BlockRows {
public:
  /// The `count` rows of `source`, a block of `step`; `tag` names its copy,
  /// whose rows are as long as those of `state`, the queries or the
  /// accumulator.
  BlockRows(VectorBuilder &b, StepOp step, Value source, Value count,
            Value state, StringRef tag);

  /// Elements of a row to go through: a multiple of the vector.
  OpFoldResult getWidth() const { return width; }
  /// The vector of row `row` that begins at `column`, as accumulators.
  Value load(VectorBuilder &b, Value row, Value column) const;
  /// How many elements a cache line holds, or a vector where that is longer.
  int64_t getLanesOfLine(VectorBuilder &b) const;
  /// The cache lines of `count` rows before `column`.
  OpFoldResult countLines(VectorBuilder &b, Value column,
                          OpFoldResult count) const;
  /// Asks for the `number`th cache line of the rows from `first` on, `ahead`
  /// rows further, in the order of addresses: only that order is one that
  /// machines read ahead in. Where rows are no whole lines, for what `load`
  /// will read at `row` and `column`.
  void prefetch(VectorBuilder &b, Value first, OpFoldResult number, Value row,
                Value column, OpFoldResult ahead) const;

private:
  /// A copy of the rows, filled up.
  Value buildCopy(VectorBuilder &b, StepOp step, Value source, Value count,
                  Value state, StringRef tag);

  OpFoldResult width;
  Value rows;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_ROW_BLOCKROWS_H
