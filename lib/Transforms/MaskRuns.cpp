//===- MaskRuns.cpp - blocks that kernels visit ---------------------------===//
//
// Lowers attn.mask_runs to the arithmetic with which kernels bound their loops
// (BlockRuns.h), so that what is shown of a mask is what is done with it.
//
//===----------------------------------------------------------------------===//

#include "MaskRuns.h"
#include "BlockRuns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// The disjuncts of the mask for the range that begins at row `first`.
static SmallVector<MaskDisjunct> buildDisjuncts(IndexMath &math, MaskRunsOp op,
                                                Value first) {
  MaskIntervalBuilder intervals(math.getBuilder(), math.getLoc());
  OpFoldResult rows = op.getRows();
  intervals.rowBegin =
      math.max(math.min(first, math.add(rows, -1)), math.constant(0));
  intervals.rowEnd =
      math.min(math.add(intervals.rowBegin, op.getQueryBlock()), rows);
  intervals.position = op.getPosition();
  intervals.numRows = rows;
  intervals.numCols = op.getCols();
  intervals.batch = op.getBatch();
  intervals.head = op.getHead();
  intervals.numHeads = math.constant(1);
  intervals.operands = op.getMaskOperands();
  SmallVector<MaskDisjunct> disjuncts;
  op.getMask().buildIntervals(intervals, disjuncts);
  for (MaskDisjunct &disjunct : disjuncts)
    disjunct = clampToCount(math, disjunct, op.getCols());
  return disjuncts;
}

/// Row `row` of the result, written into `out`.
static Value buildRow(OpBuilder &builder, MaskRunsOp op, Value row, Value out) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  Type integer = builder.getI32Type();
  Value first = buildLoadIndex(math, op.getFirst(), OpFoldResult(row));
  SmallVector<MaskDisjunct> disjuncts = buildDisjuncts(math, op, first);
  SmallVector<DisjunctEnds> sorted = buildSorted(math, disjuncts);
  OpFoldResult cursor = math.constant(0);
  for (int64_t k = 0; k < kMaxDisjuncts; ++k) {
    BlockRuns runs = {cursor, cursor, cursor, cursor};
    if (k < int64_t(sorted.size())) {
      auto [mayLo, mayHi, mustLo, mustHi] = sorted[k];
      runs = buildBlockRuns(math, {mayLo, mayHi, mustLo, mustHi},
                            op.getKeyBlock(), cursor);
      cursor = math.max(cursor, runs.t1);
    }
    for (auto [end, bound] :
         llvm::enumerate(ArrayRef({runs.t0, runs.f0, runs.f1, runs.t1}))) {
      Value narrow = arith::IndexCastOp::create(builder, loc, integer,
                                                math.materialize(bound));
      Value place[] = {row, math.materialize(math.constant(k)),
                       math.materialize(math.constant(end))};
      out = tensor::InsertOp::create(builder, loc, narrow, out, place);
    }
  }
  return out;
}

Value attn::buildMaskRuns(OpBuilder &builder, MaskRunsOp op) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  auto type = cast<RankedTensorType>(op.getResult().getType());
  OpFoldResult count = tensor::getMixedSize(builder, loc, op.getFirst(), 0);
  Value init = tensor::EmptyOp::create(
      builder, loc,
      ArrayRef<OpFoldResult>{count, math.constant(kMaxDisjuncts),
                             math.constant(4)},
      type.getElementType());
  auto loop = scf::ForOp::create(
      builder, loc, math.materialize(math.constant(0)), math.materialize(count),
      math.materialize(math.constant(1)), init,
      [&](OpBuilder &body, Location, Value row, ValueRange carried) {
        scf::YieldOp::create(body, loc,
                             buildRow(body, op, row, carried.front()));
      });
  return loop.getResult(0);
}
