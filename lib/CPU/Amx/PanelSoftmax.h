//===- PanelSoftmax.h - scores to weights, on AMX --------------*- C++ -*-===//
//
// Declares what happens to the scores of one panel between its two products:
// maxima, weights and their sums, and the accumulator rescaled where maxima
// have grown.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_AMX_PANELSOFTMAX_H
#define ATTN_LIB_CPU_AMX_PANELSOFTMAX_H

#include "Amx/BlockScales.h"
#include "Amx/PackedRows.h"
#include "Vector/KeyRange.h"
#include "Vector/PanelRows.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// A panel of queries against a block of keys.
struct AmxPanel {
  Value index;
  PanelRows queries;
  /// The keys it sees, and those in whole tiles around them.
  KeyRange keys;
  RowRange tiles;
};

/// Builds the weights of a step, panel by panel.
class PanelSoftmax {
public:
  /// `scores[key, query]` are read.
  PanelSoftmax(StepOp op, int64_t lanes, const BlockScales &scales,
               Value scores);

  LogicalResult build(VectorBuilder &b, const AmxPanel &of);

  /// Buffers `[tile, pair of keys, query]` of bf16 whose sum is what multiplies
  /// the values.
  ArrayRef<Value> getWeights() const { return weights; }

private:
  int64_t vectors() const { return panel / lanes; }

  SmallVector<Value> loadPanel(VectorBuilder &b, Value buffer);
  void storePanel(VectorBuilder &b, ArrayRef<Value> lanesOfPanel, Value buffer);

  void buildFill(VectorBuilder &b, Value lo, Value hi);
  SmallVector<Value> buildMaxima(VectorBuilder &b, ArrayRef<Value> old);
  SmallVector<Value> buildAdjusted(VectorBuilder &b, ArrayRef<Value> old,
                                   OpBuilder::InsertPoint prologue);
  void buildRaise(VectorBuilder &b, ArrayRef<Value> old, ArrayRef<Value> max);
  SmallVector<Value> buildWeights(VectorBuilder &b, ArrayRef<Value> reference);
  Value buildPower(VectorBuilder &b, Value j, int64_t v, Value minus);
  Value buildParts(VectorBuilder &b, Value power, Value j, Value sum,
                   SmallVectorImpl<Value> &parts);
  SmallVector<Value> buildSpeculativeWeights(VectorBuilder &b);

  StepOp op;
  Location loc;
  int64_t lanes, panel, keyBlock;
  /// True if the buffer holds finished scores before weights are made, false
  /// if it holds products still to be multiplied by the factor, which is
  /// positive and so keeps their order.
  bool isAdjusted;
  /// True if the sum of weights is a result, as exact as f32: then weights are
  /// rounded after they are summed up. False if it only divides the output: the
  /// sum of what was rounded does that best, with any maximum.
  bool isExact;
  const BlockScales &scales;
  Value scores;
  SmallVector<Value> weights;
  AmxPanel at;
  LogicalResult result = success();
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_AMX_PANELSOFTMAX_H
