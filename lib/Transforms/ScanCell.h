//===- ScanCell.h - one cell of a grid of linear attention -----*- C++ -*-===//
//
// Declares what the cells of the grids of attn.linear are made of: the slices
// of its tensors that belong to a cell, and the folds over them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCANCELL_H
#define ATTN_LIB_TRANSFORMS_SCANCELL_H

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskBuilders.h"
#include <optional>

namespace mlir::attn {

/// Where a slice of a tensor lies, and its type, which may lack dimensions.
struct ScanSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;
};

/// What a cell computed, and where it belongs in what the cells share.
struct CellResult {
  Value value;
  ScanSlice slice;
};

/// Rows of tokens, or of queries; columns of values, and so of the state.
struct ScanRange {
  OpFoldResult first, count;
};

/// What a tensor has behind its heads, that a cell may have some of.
enum class ScanDims { None, Tokens, Columns, TokensAndColumns };

/// Builds the code of cells; one cell at a time, all tokens of it or some.
class ScanCell {
public:
  ScanCell(OpBuilder &builder, LinearOp op, ScheduleAttr schedule);

  /// Builds what a cell computes at `place` from the tensors that are shared.
  using Body = llvm::function_ref<SmallVector<CellResult>(ValueRange place,
                                                          ValueRange shared)>;

  /// A grid whose first two dimensions are the batch and the head of the state;
  /// returns `inits` with what the cells computed.
  SmallVector<Value> buildGrid(ArrayRef<OpFoldResult> bounds, ValueRange inits,
                               Body body);

  /// Slices below are of these tokens alone, or of all.
  void setTokens(std::optional<ScanRange> range) { tokens = range; }

  /// Slices below are of these columns alone, or of all.
  void setColumns(std::optional<ScanRange> range) { columns = range; }

  /// The states before the first token lie in `tensor`, not in the operand.
  void setState(Value tensor) { states = tensor; }

  /// The rows of the heads that read one state.
  ScanSlice rowsOf(Value tensor, ScanDims dims = ScanDims::TokensAndColumns);
  /// What one state is made from: of a tensor with a head for each state, or
  /// for each head of the keys.
  ScanSlice stateOf(Value tensor, ScanDims dims);
  Value extract(Value tensor, const ScanSlice &slice);

  /// The type of a state padded to whole panels.
  RankedTensorType getStateType();
  /// Rows [row, row + count) of all heads of `tile`.
  ScanSlice blockOf(Value tile, OpFoldResult row, OpFoldResult count);

  /// The state before the first token, in `state`.
  Value buildInit(Value state);
  /// `source`, or 0, in `state`.
  Value buildState(Value source, Value state);
  /// Folds the tokens: into `out` too if there is one, and what they decay by
  /// into `total` if there is one.
  LinearStepOp buildStep(Value out, Value state, Value total = {});
  /// The same token by token, from the state of the user, or 0, to `end`.
  LinearRecurrenceOp buildRecurrence(Value out, Value end);
  /// What the rows of queries read from `state`, in `out`, block by block.
  Value buildRead(Value out, Value state);

  OpBuilder &builder;
  Location loc;
  IndexMath math;
  LinearOp op;
  ScheduleAttr schedule;
  LinearOp::Extents extents;

private:
  ScanSlice headsOf(Value tensor, OpFoldResult first, int64_t count,
                    bool isKept, ScanDims dims);
  Value extractState(Value tensor, ScanDims dims);
  Value extractDecay();
  /// The rows of queries, if there is an `out` for what they read.
  Value extractQuery(Value out);
  FloatAttr getEps();

  /// H, Hk and Hs.
  int64_t heads, kvHeads, stateHeads;
  /// Of the cell being built.
  Value batch, head;
  OpFoldResult kvHead;
  /// Those before the first token; null for 0.
  Value states;
  std::optional<ScanRange> tokens, columns;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCANCELL_H
