//===- PanelRows.h - the queries of a panel --------------------*- C++ -*-===//
//
// Declares which queries a panel of a tile has, and where they stand.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_PANELROWS_H
#define ATTN_LIB_CPU_VECTOR_PANELROWS_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// The queries of a panel. Where heads are folded together, those of one row
/// follow each other, so that a panel is of few rows.
struct PanelRows {
  /// The number of the first in its tile, and how many there are.
  Value first, count;
  /// The raw rows they are of, [begin, end).
  OpFoldResult begin, end;
};

/// How many queries the tile of `step` has: rows times heads.
Value buildQueryCount(IndexMath &math, StepOp step);

/// Those of panel `panel`.
PanelRows buildPanelRows(IndexMath &math, StepOp step, Value panel);

/// The head and the raw row of query `lane` of the panel.
std::pair<Value, Value> buildPlaceOfQuery(IndexMath &math, StepOp step,
                                          const PanelRows &queries, Value lane);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_PANELROWS_H
