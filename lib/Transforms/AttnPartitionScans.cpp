//===- AttnPartitionScans.cpp - a parallel grid of ordered folds ----------===//
//
// Turns each scheduled attn.linear into an scf.forall over (batch, head of the
// state), whose cells fold all tokens in order; over documents, unless the
// state after the last one results, and over parts of the columns, or into
// grids over parts of the tokens, where the schedule has such.
//
//===----------------------------------------------------------------------===//

#include "ColumnParts.h"
#include "GridResults.h"
#include "ScanCell.h"
#include "ScanParts.h"
#include "attn/IR/Inplace.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPARTITIONSCANS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The results of one op by one schedule, a cell folding all tokens of a state.
class ScanGrid {
public:
  ScanGrid(OpBuilder &builder, LinearOp op, ScheduleAttr schedule)
      : builder(builder), loc(op.getLoc()), op(op),
        cell(builder, op, schedule) {}

  /// Written into `inits`, of which the state may be the one to start from.
  SmallVector<Value> build(ValueRange inits) {
    bool isUpdate = inits.size() == 2 && inits[1] == op.getState();
    SmallVector<OpFoldResult> bounds = {cell.extents.batches,
                                        cell.extents.stateHeads};
    OpFoldResult states = cell.math.constant(1);
    if (hasDocumentCells()) {
      bounds.push_back(buildNumDocuments());
      states = buildNumLongest();
    }
    std::optional<ColumnParts> parts;
    if (hasColumnParts(op, cell.schedule)) {
      parts.emplace(cell, states);
      bounds.push_back(parts->count);
    }
    return cell.buildGrid(
        bounds, inits, [&](ValueRange place, ValueRange shared) {
          if (hasDocumentCells())
            cell.setTokens(buildDocument(place[2]));
          if (parts)
            parts->enter(cell, place.back());
          SmallVector<CellResult> results;
          results.push_back({Value(), cell.rowsOf(shared[0])});
          if (shared.size() == 2)
            results.push_back(
                {Value(), cell.stateOf(shared[1], ScanDims::Columns)});
          for (auto [tensor, result] : llvm::zip_equal(shared, results))
            result.value = cell.extract(tensor, result.slice);
          if (isUpdate)
            cell.setState(shared[1]);
          if (!op.getCausal())
            results[0].value =
                cell.buildRead(results[0].value, buildWholeState());
          else if (!isRecurrent())
            buildScan(results, cell.buildInit(buildEmptyState()));
          else if (op.getDocs())
            buildRecurrencesOfDocuments(results);
          else
            buildRecurrence(results);
          return results;
        });
  }

private:
  Value buildEmptyState() {
    RankedTensorType type = cell.getStateType();
    return tensor::EmptyOp::create(builder, loc, type.getShape(),
                                   type.getElementType());
  }

  /// True if each document is a cell: all begin with the same state, and nobody
  /// asks for that after the last one.
  bool hasDocumentCells() {
    return op.getDocs() && !op.getNewState() && !isRecurrent();
  }

  OpFoldResult buildNumDocuments() {
    return cell.math.add(buildLength(cell.math, op.getDocs()), -1);
  }

  /// The tokens of a document.
  ScanRange buildDocument(OpFoldResult document) {
    IndexMath &math = cell.math;
    OpFoldResult begin = buildLoadIndex(math, op.getDocs(), document);
    OpFoldResult end =
        buildLoadIndex(math, op.getDocs(), math.add(document, 1));
    return {begin, math.sub(end, begin)};
  }

  /// How many documents as long as the longest one the tokens would be: threads
  /// wait for it, so what is beside it counts as much as it does.
  OpFoldResult buildNumLongest() {
    IndexMath &math = cell.math;
    Value zero = math.materialize(math.constant(0));
    Value one = math.materialize(math.constant(1));
    auto longest = scf::ForOp::create(
        builder, loc, zero, math.materialize(buildNumDocuments()), one, one,
        [&](OpBuilder &body, Location, Value document, ValueRange carried) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(body.getInsertionBlock(),
                                    body.getInsertionPoint());
          Value size = math.materialize(
              math.max(carried[0], buildDocument(document).count));
          scf::YieldOp::create(builder, loc, size);
        });
    return arith::DivUIOp::create(builder, loc,
                                  math.materialize(cell.extents.tokens),
                                  longest.getResult(0))
        .getResult();
  }

  bool isRecurrent() { return cell.schedule.getForm() == Form::Recurrent; }

  /// The state after all tokens, of which nothing was read.
  Value buildWholeState() {
    if (isRecurrent())
      return cell.buildRecurrence(Value(), buildEmptyState()).getResult(0);
    return cell.buildStep(Value(), cell.buildInit(buildEmptyState()))
        .getResult(0);
  }

  /// The causal results: out, and the state if it is asked for.
  void buildScan(MutableArrayRef<CellResult> results, Value state) {
    LinearStepOp step = cell.buildStep(results[0].value, state);
    SmallVector<Value> ends(step->getResults());
    if (op.getDocs() && !hasDocumentCells())
      ends = buildDocuments(step, state);
    results[0].value = ends[0];
    if (results.size() == 2)
      results[1].value = cell.buildState(ends[1], results[1].value);
  }

  /// The same token by token. The state goes from where the user has it to
  /// where it is asked for, without a place in between.
  void buildRecurrence(MutableArrayRef<CellResult> results) {
    Value end = results.size() == 2 ? results[1].value : buildEmptyState();
    LinearRecurrenceOp fold = cell.buildRecurrence(results[0].value, end);
    for (auto [result, value] : llvm::zip(results, fold.getResults()))
      result.value = value;
  }

  /// The same document by document. The state of the user is that before each
  /// of them, and, where there is none, that after all.
  void buildRecurrencesOfDocuments(MutableArrayRef<CellResult> results) {
    IndexMath &math = cell.math;
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)),
        math.materialize(buildNumDocuments()),
        math.materialize(math.constant(1)),
        ValueRange{results[0].value, cell.buildInit(buildEmptyState())},
        [&](OpBuilder &body, Location, Value document, ValueRange carried) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(body.getInsertionBlock(),
                                    body.getInsertionPoint());
          ScanRange tokens = buildDocument(document);
          cell.setTokens(tokens);
          ScanSlice rows = cell.blockOf(carried[0], tokens.first, tokens.count);
          LinearRecurrenceOp fold =
              cell.buildRecurrence(cell.extract(carried[0], rows), carried[1]);
          Value out = tensor::InsertSliceOp::create(
              builder, loc, fold.getResult(0), carried[0], rows.offsets,
              rows.sizes, rows.strides);
          scf::YieldOp::create(builder, loc,
                               ValueRange{out, fold.getResult(1)});
        });
    results[0].value = loop.getResult(0);
    if (results.size() == 2)
      results[1].value = cell.buildState(loop.getResult(1), results[1].value);
  }

  /// What `buildScan` makes, document by document; replaces `step` over all
  /// tokens.
  SmallVector<Value> buildDocuments(LinearStepOp step, Value state) {
    IndexMath &math = cell.math;
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)),
        math.materialize(buildNumDocuments()),
        math.materialize(math.constant(1)), ValueRange{step.getOut(), state},
        [&](OpBuilder &body, Location, Value document, ValueRange carried) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(body.getInsertionBlock(),
                                    body.getInsertionPoint());
          ScanRange tokens = buildDocument(document);
          Value fresh = cell.buildInit(carried[1]);
          scf::YieldOp::create(builder, loc,
                               step.buildForKeys(builder, tokens.first,
                                                 tokens.count,
                                                 {carried[0], fresh}));
        });
    step.erase();
    return SmallVector<Value>(loop.getResults());
  }

  OpBuilder &builder;
  Location loc;
  LinearOp op;
  ScanCell cell;
};

/// The results of `op`, cut as one schedule says.
SmallVector<Value> buildGrid(OpBuilder &builder, LinearOp op,
                             ScheduleAttr schedule, ValueRange inits) {
  if (hasScanParts(op, schedule))
    return buildScanParts(builder, op, schedule, inits);
  return ScanGrid(builder, op, schedule).build(inits);
}

/// The results of `op`, cut as its schedules say.
SmallVector<Value> buildGrids(OpBuilder &builder, LinearOp op,
                              ValueRange inits) {
  ScheduleAttr few = op.getFewAttr();
  if (!few)
    return buildGrid(builder, op, op.getScheduleAttr(), inits);
  return buildByNumber(builder, op.getLoc(), op.buildExtents(builder).tokens,
                       few, op.getScheduleAttr(),
                       [&](OpBuilder &inner, ScheduleAttr chosen) {
                         return buildGrid(inner, op, chosen, inits);
                       });
}

struct AttnPartitionScans
    : attn::impl::AttnPartitionScansBase<AttnPartitionScans> {
  void runOnOperation() override {
    SmallVector<LinearOp> ops;
    getOperation().walk([&](LinearOp op) { ops.push_back(op); });
    for (LinearOp op : ops) {
      if (!op.getScheduleAttr()) {
        op.emitOpError() << "has no schedule, expected attn-select-schedule "
                            "to run before";
        return signalPassFailure();
      }
      auto build = [&](OpBuilder &builder, ValueRange inits) {
        SmallVector<Value> targets(inits);
        if (op.getNewState() && op.getState() && isInplace(op.getState()))
          targets[1] = op.getState();
        return buildGrids(builder, op, targets);
      };
      if (failed(replaceByGrids(
              cast<ReifyRankedShapedTypeOpInterface>(op.getOperation()),
              build)))
        return signalPassFailure();
    }
  }
};

} // namespace
