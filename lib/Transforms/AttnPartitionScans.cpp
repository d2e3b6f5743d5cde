//===- AttnPartitionScans.cpp - a parallel grid of ordered folds ----------===//
//
// Turns each scheduled attn.linear into an scf.forall over (batch, head of the
// state), whose cells fold all tokens in order; documents one after the other.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskBuilders.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPARTITIONSCANS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Where a part of a tensor lies, and the type of its last dimensions.
struct Part {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  RankedTensorType type;
};

/// The grid of one op by one schedule.
class ScanGrid {
public:
  ScanGrid(OpBuilder &builder, LinearOp op, ScheduleAttr schedule)
      : builder(builder), loc(op.getLoc()), math(builder, loc), op(op),
        schedule(schedule), extents(op.buildExtents(builder)),
        heads(getConstant(extents.heads)),
        kvHeads(getConstant(extents.kvHeads)),
        stateHeads(getConstant(extents.stateHeads)) {}

  /// The results, written into `inits`.
  SmallVector<Value> build(ValueRange inits) {
    SmallVector<OpFoldResult> bounds = {extents.batches, extents.stateHeads};
    auto forall = scf::ForallOp::create(builder, loc, bounds, inits,
                                        /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(forall.getTerminator());
    SmallVector<Value> place = forall.getInductionVars();
    batch = place[0];
    head = place[1];
    kvHead = math.floorDiv(head, stateHeads / kvHeads);
    SmallVector<Value> shared(forall.getRegionIterArgs());
    SmallVector<Part> parts = {rowsOf(shared[0])};
    if (shared.size() == 2)
      parts.push_back(stateOf(shared[1]));
    SmallVector<Value> tiles;
    for (auto [tensor, part] : llvm::zip_equal(shared, parts))
      tiles.push_back(extract(tensor, part));
    SmallVector<Value> results = op.getCausal()
                                     ? buildScan(tiles)
                                     : SmallVector<Value>{buildRead(tiles[0])};
    builder.setInsertionPointToEnd(forall.getTerminator().getBody());
    for (auto [result, tensor, part] : llvm::zip_equal(results, shared, parts))
      tensor::ParallelInsertSliceOp::create(
          builder, loc, result, tensor, part.offsets, part.sizes, part.strides);
    return SmallVector<Value>(forall.getResults());
  }

private:
  static int64_t getConstant(OpFoldResult value) {
    return *getConstantIntValue(value);
  }

  //===--------------------------------------------------------------------===//
  // Parts of tensors
  //===--------------------------------------------------------------------===//

  /// From `first` head on `count` heads of `tensor`, whose other dimensions are
  /// whole; one head is no dimension.
  Part headsOf(Value tensor, OpFoldResult first, int64_t count, bool isKept) {
    auto type = cast<RankedTensorType>(tensor.getType());
    unsigned rank = type.getRank(), dim = op.hasBatch() ? 1 : 0;
    Part part;
    part.sizes = tensor::getMixedSizes(builder, loc, tensor);
    part.offsets.assign(rank, math.constant(0));
    part.strides.assign(rank, math.constant(1));
    if (dim) {
      part.offsets[0] = batch;
      part.sizes[0] = math.constant(1);
    }
    part.offsets[dim] = first;
    part.sizes[dim] = math.constant(count);
    SmallVector<int64_t> shape;
    if (isKept)
      shape.push_back(count);
    llvm::append_range(shape, type.getShape().drop_front(dim + 1));
    part.type = RankedTensorType::get(shape, type.getElementType());
    return part;
  }

  /// The rows of the heads that read one state.
  Part rowsOf(Value tensor) {
    int64_t group = heads / stateHeads;
    return headsOf(tensor, math.mul(head, group), group, /*isKept=*/true);
  }

  /// What one state is made from: of a tensor with a head for each state, or
  /// for each head of the keys.
  Part stateOf(Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    int64_t count = type.getDimSize(op.hasBatch() ? 1 : 0);
    return headsOf(tensor, count == stateHeads ? OpFoldResult(head) : kvHead, 1,
                   /*isKept=*/false);
  }

  Value extract(Value tensor, const Part &part) {
    return tensor::ExtractSliceOp::create(builder, loc, part.type, tensor,
                                          part.offsets, part.sizes,
                                          part.strides);
  }

  Value extractState(Value tensor) {
    return tensor ? extract(tensor, stateOf(tensor)) : Value();
  }

  /// The decay of the cell: one number where it is a constant of the head.
  Value extractDecay() {
    Value decay = op.getDecay();
    auto type =
        decay ? cast<RankedTensorType>(decay.getType()) : RankedTensorType();
    if (!decay || type.getRank() != 1)
      return extractState(decay);
    OpFoldResult first =
        type.getDimSize(0) == stateHeads ? OpFoldResult(head) : kvHead;
    OpFoldResult one = math.constant(1);
    return tensor::ExtractSliceOp::create(
        builder, loc, RankedTensorType::get(1, type.getElementType()), decay,
        first, one, one);
  }

  //===--------------------------------------------------------------------===//
  // Folds
  //===--------------------------------------------------------------------===//

  /// The state before the first token, padded to whole panels.
  Value buildInit() {
    int64_t panel = schedule.getPanel();
    int64_t width =
        cast<RankedTensorType>(op.getKey().getType()).getShape().back();
    int64_t padded = llvm::alignTo(op.getStateWidth(), panel);
    Value state = tensor::EmptyOp::create(builder, loc, {width, padded},
                                          op.getAccumulatorType());
    return buildState(extractState(op.getState()), state);
  }

  /// `source`, or 0, in `state`.
  Value buildState(Value source, Value state) {
    return LinearStateOp::create(builder, loc, state.getType(), source, state)
        .getResult(0);
  }

  /// Folds all tokens, into `out` too if there is one.
  LinearStepOp buildStep(Value out, Value state) {
    SmallVector<Type> types;
    if (out)
      types.push_back(out.getType());
    types.push_back(state.getType());
    Value query = out ? extract(op.getQuery(), rowsOf(op.getQuery())) : Value();
    return LinearStepOp::create(
        builder, loc, types, query, extractState(op.getKey()),
        extractState(op.getValue()), extractDecay(), extractState(op.getBeta()),
        out, state, /*total=*/Value(),
        builder.getF64FloatAttr(op.getScaleOrDefault()), op.getDeltaAttr(),
        getEps(), schedule);
  }

  FloatAttr getEps() {
    return op.getNormalize() ? builder.getF64FloatAttr(op.getEpsOrDefault())
                             : FloatAttr();
  }

  /// The causal results: out, and the state if it is asked for.
  SmallVector<Value> buildScan(ValueRange tiles) {
    Value state = buildInit();
    LinearStepOp step = buildStep(tiles[0], state);
    SmallVector<Value> results(step->getResults());
    if (op.getDocs())
      results = buildDocuments(step, state);
    if (tiles.size() == 1)
      return {results[0]};
    return {results[0], buildState(results[1], tiles[1])};
  }

  /// The same document by document; replaces `step` over all tokens.
  SmallVector<Value> buildDocuments(LinearStepOp step, Value state) {
    Value docs = op.getDocs();
    Value count = math.materialize(math.add(buildLength(math, docs), -1));
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)), count,
        math.materialize(math.constant(1)), ValueRange{step.getOut(), state},
        [&](OpBuilder &body, Location, Value document, ValueRange carried) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(body.getInsertionBlock(),
                                    body.getInsertionPoint());
          Value begin = buildLoadIndex(math, docs, document);
          Value end =
              buildLoadIndex(math, docs, math.add(OpFoldResult(document), 1));
          Value fresh = buildState(extractState(op.getState()), carried[1]);
          scf::YieldOp::create(
              builder, loc,
              step.buildForKeys(builder, begin,
                                math.sub(OpFoldResult(end), begin),
                                {carried[0], fresh}));
        });
    step.erase();
    return SmallVector<Value>(loop.getResults());
  }

  /// Without order: all keys first, and then all queries, block by block.
  Value buildRead(Value out) {
    Value state = buildStep(Value(), buildInit()).getResult(0);
    Value query = extract(op.getQuery(), rowsOf(op.getQuery()));
    int64_t block = schedule.getQueryBlock();
    auto loop = scf::ForOp::create(
        builder, loc, math.materialize(math.constant(0)),
        math.materialize(extents.rows), math.materialize(math.constant(block)),
        out, [&](OpBuilder &body, Location, Value row, ValueRange carried) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(body.getInsertionBlock(),
                                    body.getInsertionPoint());
          OpFoldResult count =
              math.min(math.constant(block), math.sub(extents.rows, row));
          Value tile = extract(query, blockOf(query, row, count));
          Part part = blockOf(carried[0], row, count);
          Value rows = extract(carried[0], part);
          Value read = LinearReadOp::create(
                           builder, loc, rows.getType(), tile, state, rows,
                           builder.getF64FloatAttr(op.getScaleOrDefault()),
                           getEps(), schedule)
                           .getResult(0);
          scf::YieldOp::create(builder, loc,
                               ValueRange{tensor::InsertSliceOp::create(
                                   builder, loc, read, carried[0], part.offsets,
                                   part.sizes, part.strides)});
        });
    return loop.getResult(0);
  }

  /// Rows [row, row + count) of all heads of `tile`.
  Part blockOf(Value tile, OpFoldResult row, OpFoldResult count) {
    auto type = cast<RankedTensorType>(tile.getType());
    Part part;
    part.sizes = tensor::getMixedSizes(builder, loc, tile);
    part.offsets.assign(3, math.constant(0));
    part.strides.assign(3, math.constant(1));
    part.offsets[1] = row;
    part.sizes[1] = count;
    SmallVector<int64_t> shape(type.getShape());
    shape[1] = getConstantIntValue(count).value_or(ShapedType::kDynamic);
    part.type = RankedTensorType::get(shape, type.getElementType());
    return part;
  }

  OpBuilder &builder;
  Location loc;
  IndexMath math;
  LinearOp op;
  ScheduleAttr schedule;
  LinearOp::Extents extents;
  /// H, Hk and Hs.
  int64_t heads, kvHeads, stateHeads;
  /// Of the cell being built.
  Value batch, head;
  OpFoldResult kvHead;
};

/// The results of `op`, cut as its schedules say.
SmallVector<Value> buildGrids(OpBuilder &builder, LinearOp op,
                              ValueRange inits) {
  ScheduleAttr few = op.getFewAttr();
  if (!few)
    return ScanGrid(builder, op, op.getScheduleAttr()).build(inits);
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  Value isFew = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sle,
      math.materialize(op.buildExtents(builder).tokens),
      math.materialize(math.constant(few.getQueryBlock())));
  auto buildCase = [&](ScheduleAttr chosen) {
    return [&, chosen](OpBuilder &inner, Location) {
      scf::YieldOp::create(inner, loc,
                           ScanGrid(inner, op, chosen).build(inits));
    };
  };
  auto branch = scf::IfOp::create(builder, loc, isFew, buildCase(few),
                                  buildCase(op.getScheduleAttr()));
  return SmallVector<Value>(branch.getResults());
}

LogicalResult partition(LinearOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(builder, op, shapes)))
    return op.emitOpError() << "does not tell the shapes of its results";
  SmallVector<Value> inits;
  for (auto [shape, type] : llvm::zip_equal(shapes, op->getResultTypes()))
    inits.push_back(tensor::EmptyOp::create(
        builder, loc, shape, cast<RankedTensorType>(type).getElementType()));
  for (auto [result, value] :
       llvm::zip_equal(op->getResults(), buildGrids(builder, op, inits))) {
    // Users may expect more static types than reified shapes give.
    Value replacement = value;
    if (value.getType() != result.getType())
      replacement =
          tensor::CastOp::create(builder, loc, result.getType(), value);
    result.replaceAllUsesWith(replacement);
  }
  op->erase();
  return success();
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
      if (failed(partition(op)))
        return signalPassFailure();
    }
  }
};

} // namespace
