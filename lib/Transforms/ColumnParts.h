//===- ColumnParts.h - states in parts of their columns --------*- C++ -*-===//
//
// Declares how states of linear attention are cut by columns. Column e of a
// state, and of what queries read, is made from the keys and column e of the
// values alone, whatever decays and whatever rule writes. So a cell may have
// some columns, at the price of the tokens' products among themselves, which
// all cells of a state repeat. arXiv:2406.06484.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_COLUMNPARTS_H
#define ATTN_LIB_TRANSFORMS_COLUMNPARTS_H

#include "ScanCell.h"

namespace mlir::attn {

/// True if `schedule` cuts the states of `op` by columns, and they can be: what
/// normalize divides all of them by is a column itself, and without order
/// queries are folded elsewhere.
bool hasColumnParts(LinearOp op, ScheduleAttr schedule);

/// The parts of each state, as many as suit the threads of the launch.
class ColumnParts {
public:
  /// Asks how large they are, before the grid of `cell`, which has `copies`
  /// states of each batch element and head.
  ColumnParts(ScanCell &cell, OpFoldResult copies);

  /// Restricts `cell` to the columns of `part`.
  void enter(ScanCell &cell, Value part);

  /// How many parts there are.
  OpFoldResult count;

private:
  /// Columns of a state and, but for the last one, of a part.
  int64_t width;
  Value size;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_COLUMNPARTS_H
