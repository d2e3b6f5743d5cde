//===- ScanCell.cpp - one cell of a grid of linear attention --------------===//
//
// Implements the slices and the folds of cells.
//
//===----------------------------------------------------------------------===//

#include "ScanCell.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

static int64_t getConstant(OpFoldResult value) {
  return *getConstantIntValue(value);
}

static int64_t getExtent(OpFoldResult value) {
  return getConstantIntValue(value).value_or(ShapedType::kDynamic);
}

ScanCell::ScanCell(OpBuilder &builder, LinearOp op, ScheduleAttr schedule)
    : builder(builder), loc(op.getLoc()), math(builder, loc), op(op),
      schedule(schedule), extents(op.buildExtents(builder)),
      heads(getConstant(extents.heads)), kvHeads(getConstant(extents.kvHeads)),
      stateHeads(getConstant(extents.stateHeads)), states(op.getState()) {}

SmallVector<Value> ScanCell::buildGrid(ArrayRef<OpFoldResult> bounds,
                                       ValueRange inits, Body body) {
  auto forall = scf::ForallOp::create(builder, loc, bounds, inits,
                                      /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(forall.getTerminator());
  SmallVector<Value> place = forall.getInductionVars();
  batch = place[0];
  head = place[1];
  kvHead = math.floorDiv(head, stateHeads / kvHeads);
  tokens.reset();
  columns.reset();
  SmallVector<Value> shared(forall.getRegionIterArgs());
  SmallVector<CellResult> results = body(place, shared);
  builder.setInsertionPointToEnd(forall.getTerminator().getBody());
  for (auto [result, tensor] : llvm::zip_equal(results, shared))
    tensor::ParallelInsertSliceOp::create(
        builder, loc, result.value, tensor, result.slice.offsets,
        result.slice.sizes, result.slice.strides);
  return SmallVector<Value>(forall.getResults());
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// From `first` head on `count` heads of `tensor`, whose other dimensions, but
/// for `dims`, are whole; one head is no dimension.
ScanSlice ScanCell::headsOf(Value tensor, OpFoldResult first, int64_t count,
                            bool isKept, ScanDims dims) {
  auto type = cast<RankedTensorType>(tensor.getType());
  unsigned rank = type.getRank(), dim = op.hasBatch() ? 1 : 0;
  ScanSlice slice;
  slice.sizes = tensor::getMixedSizes(builder, loc, tensor);
  slice.offsets.assign(rank, math.constant(0));
  slice.strides.assign(rank, math.constant(1));
  if (dim) {
    slice.offsets[0] = batch;
    slice.sizes[0] = math.constant(1);
  }
  slice.offsets[dim] = first;
  slice.sizes[dim] = math.constant(count);
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = count;
  auto restrict = [&](unsigned k, const std::optional<ScanRange> &range) {
    if (!range)
      return;
    slice.offsets[k] = range->first;
    slice.sizes[k] = range->count;
    shape[k] = getExtent(range->count);
  };
  if (dims == ScanDims::Tokens || dims == ScanDims::TokensAndColumns)
    restrict(dim + 1, tokens);
  if (dims == ScanDims::Columns || dims == ScanDims::TokensAndColumns)
    restrict(rank - 1, columns);
  slice.type =
      RankedTensorType::get(ArrayRef(shape).drop_front(isKept ? dim : dim + 1),
                            type.getElementType());
  return slice;
}

ScanSlice ScanCell::rowsOf(Value tensor, ScanDims dims) {
  int64_t group = heads / stateHeads;
  return headsOf(tensor, math.mul(head, group), group, /*isKept=*/true, dims);
}

ScanSlice ScanCell::stateOf(Value tensor, ScanDims dims) {
  auto type = cast<RankedTensorType>(tensor.getType());
  int64_t count = type.getDimSize(op.hasBatch() ? 1 : 0);
  return headsOf(tensor, count == stateHeads ? OpFoldResult(head) : kvHead, 1,
                 /*isKept=*/false, dims);
}

Value ScanCell::extract(Value tensor, const ScanSlice &slice) {
  return tensor::ExtractSliceOp::create(builder, loc, slice.type, tensor,
                                        slice.offsets, slice.sizes,
                                        slice.strides);
}

Value ScanCell::extractState(Value tensor, ScanDims dims) {
  return tensor ? extract(tensor, stateOf(tensor, dims)) : Value();
}

Value ScanCell::extractQuery(Value out) {
  Value query = op.getQuery();
  return out ? extract(query, rowsOf(query, ScanDims::Tokens)) : Value();
}

/// The decay of the cell: one number where it is a constant of the head.
Value ScanCell::extractDecay() {
  Value decay = op.getDecay();
  auto type =
      decay ? cast<RankedTensorType>(decay.getType()) : RankedTensorType();
  if (!decay || type.getRank() != 1)
    return extractState(decay, ScanDims::Tokens);
  OpFoldResult first =
      type.getDimSize(0) == stateHeads ? OpFoldResult(head) : kvHead;
  OpFoldResult one = math.constant(1);
  return tensor::ExtractSliceOp::create(
      builder, loc, RankedTensorType::get(1, type.getElementType()), decay,
      first, one, one);
}

ScanSlice ScanCell::blockOf(Value tile, OpFoldResult row, OpFoldResult count) {
  auto type = cast<RankedTensorType>(tile.getType());
  ScanSlice slice;
  slice.sizes = tensor::getMixedSizes(builder, loc, tile);
  slice.offsets.assign(3, math.constant(0));
  slice.strides.assign(3, math.constant(1));
  slice.offsets[1] = row;
  slice.sizes[1] = count;
  SmallVector<int64_t> shape(type.getShape());
  shape[1] = getExtent(count);
  slice.type = RankedTensorType::get(shape, type.getElementType());
  return slice;
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

RankedTensorType ScanCell::getStateType() {
  int64_t width =
      cast<RankedTensorType>(op.getKey().getType()).getShape().back();
  int64_t padded = llvm::alignTo(op.getStateWidth(), schedule.getPanel());
  return RankedTensorType::get({width, padded}, op.getAccumulatorType());
}

Value ScanCell::buildInit(Value state) {
  return buildState(extractState(states, ScanDims::Columns), state);
}

Value ScanCell::buildState(Value source, Value state) {
  return LinearStateOp::create(builder, loc, state.getType(), source, state)
      .getResult(0);
}

LinearStepOp ScanCell::buildStep(Value out, Value state, Value total) {
  SmallVector<Type> types;
  for (Value init : {out, state, total})
    if (init)
      types.push_back(init.getType());
  return LinearStepOp::create(
      builder, loc, types, extractQuery(out),
      extractState(op.getKey(), ScanDims::Tokens),
      extractState(op.getValue(), ScanDims::TokensAndColumns), extractDecay(),
      extractState(op.getBeta(), ScanDims::Tokens), out, state, total,
      builder.getF64FloatAttr(op.getScaleOrDefault()), op.getDeltaAttr(),
      getEps(), schedule);
}

LinearRecurrenceOp ScanCell::buildRecurrence(Value out, Value end) {
  SmallVector<Type> types;
  for (Value init : {out, end})
    if (init)
      types.push_back(init.getType());
  return LinearRecurrenceOp::create(
      builder, loc, types, extractQuery(out),
      extractState(op.getKey(), ScanDims::Tokens),
      extractState(op.getValue(), ScanDims::TokensAndColumns), extractDecay(),
      extractState(op.getBeta(), ScanDims::Tokens),
      extractState(states, ScanDims::Columns), out, end,
      builder.getF64FloatAttr(op.getScaleOrDefault()), op.getDeltaAttr(),
      getEps(), schedule);
}

FloatAttr ScanCell::getEps() {
  return op.getNormalize() ? builder.getF64FloatAttr(op.getEpsOrDefault())
                           : FloatAttr();
}

Value ScanCell::buildRead(Value out, Value state) {
  Value query = extractQuery(out);
  OpFoldResult rows = tokens ? tokens->count : extents.rows;
  int64_t block = schedule.getQueryBlock();
  auto loop = scf::ForOp::create(
      builder, loc, math.materialize(math.constant(0)), math.materialize(rows),
      math.materialize(math.constant(block)), out,
      [&](OpBuilder &body, Location, Value row, ValueRange carried) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(body.getInsertionBlock(),
                                  body.getInsertionPoint());
        OpFoldResult count =
            math.min(math.constant(block), math.sub(rows, row));
        Value tile = extract(query, blockOf(query, row, count));
        ScanSlice slice = blockOf(carried[0], row, count);
        Value target = extract(carried[0], slice);
        Value read = LinearReadOp::create(
                         builder, loc, target.getType(), tile, state, target,
                         builder.getF64FloatAttr(op.getScaleOrDefault()),
                         getEps(), schedule)
                         .getResult(0);
        scf::YieldOp::create(builder, loc,
                             ValueRange{tensor::InsertSliceOp::create(
                                 builder, loc, read, carried[0], slice.offsets,
                                 slice.sizes, slice.strides)});
      });
  return loop.getResult(0);
}
