//===- Sdpa.cpp - softmax attention ---------------------------------------===//
//
// Implements attn.sdpa: its rules, its shapes, and its fold over blocks of
// keys (online softmax, arXiv:1805.02867).
//
//===----------------------------------------------------------------------===//

#include "attn/IR/GridBoxes.h"
#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

ParseResult SdpaOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseScoreOp<SdpaOp>(parser, result, 3);
}

void SdpaOp::print(OpAsmPrinter &printer) { printScoreOp(printer, *this, 3); }

bool SdpaOp::hasBatch() {
  return cast<RankedTensorType>(getQuery().getType()).getRank() == 4;
}

FloatType SdpaOp::getAccumulatorType() {
  return ScoreClauses::of(*this).getAccumulatorType();
}

double SdpaOp::getScaleOrDefault() {
  return ScoreClauses::of(*this).getScale();
}

bool SdpaOp::hasAffineScore() {
  return !getSoftcapAttr() && getScore().empty();
}

bool SdpaOp::fitsTiles() {
  auto query = cast<RankedTensorType>(getQuery().getType());
  if (!query.getElementType().isBF16() || getUnnormalized())
    return false;
  // Keys and values are of the type of queries, or of eight bits.
  return llvm::all_of(ValueRange{getQuery(), getKey(), getValue()},
                      [](Value operand) {
                        auto type = cast<RankedTensorType>(operand.getType());
                        return !type.isDynamicDim(type.getRank() - 1);
                      });
}

LogicalResult SdpaOp::verify() {
  if (failed(verifyScoreClauses(ScoreClauses::of(*this))))
    return failure();
  auto query = cast<RankedTensorType>(getQuery().getType());
  auto key = cast<RankedTensorType>(getKey().getType());
  auto value = cast<RankedTensorType>(getValue().getType());
  auto out = cast<RankedTensorType>(getOut().getType());
  unsigned rank = query.getRank();
  if (value.getRank() != rank)
    return emitOpError() << "value has rank " << value.getRank()
                         << ", query has rank " << rank
                         << ": expected them to be equal";
  if (failed(verifyQuantization(*this, query, "value", value, getValueScale())))
    return failure();
  static constexpr StringLiteral names[] = {"batch size", "head count",
                                            "length"};
  for (unsigned dim = 0; dim + 1 < rank; ++dim)
    if (failed(verifySameExtent(*this, names[dim + 4 - rank], "value",
                                value.getDimSize(dim), "key",
                                key.getDimSize(dim))))
      return failure();

  if (getUnnormalized() && (getSink() || getLse()))
    return emitOpError() << "has normalize(none) and "
                         << (getSink() ? "a sink" : "a log-sum-exp")
                         << ", expected one of them: without softmax there are "
                            "no exponentials to sum";

  for (ScheduleAttr schedule : {getScheduleAttr(), getFewAttr()}) {
    if (!schedule)
      continue;
    if (schedule.getForm() == Form::AMX && !fitsTiles())
      return emitOpError() << "form amx has query " << query << ", key " << key
                           << " and value " << value
                           << ", expected queries of bf16 and static widths"
                           << (getUnnormalized() ? ", and no normalize(none)"
                                                 : "");
    if (int64_t alike = countAlikeHeads(); alike % schedule.getHeads() != 0)
      return emitOpError() << "schedule folds " << schedule.getHeads()
                           << " heads, expected a divisor of the " << alike
                           << " neighbouring heads that are known to see the "
                              "same keys";
  }
  if (failed(verifyBoxes(*this)))
    return failure();

  SmallVector<int64_t> expected(query.getShape());
  expected.back() = value.getDimSize(rank - 1);
  if (expected.back() == 0)
    return emitOpError() << "value has width 0, expected at least 1";
  auto want = RankedTensorType::get(expected, query.getElementType());
  if (out != want)
    return emitOpError() << "result has type " << out << ", expected " << want;
  if (getLse()) {
    auto wantLse = RankedTensorType::get(ArrayRef(expected).drop_back(),
                                         getAccumulatorType());
    if (getLse().getType() != wantLse)
      return emitOpError() << "log-sum-exp has type " << getLse().getType()
                           << ", expected " << wantLse;
  }
  return success();
}

LogicalResult SdpaOp::verifyRegions() {
  return verifyScoreRegion(*this, getScore(), getAccumulatorType());
}

ProblemExtents SdpaOp::buildExtents(OpBuilder &builder) {
  Location loc = getLoc();
  unsigned base = hasBatch() ? 1 : 0;
  auto size = [&](Value tensor, unsigned dim) {
    return tensor::getMixedSize(builder, loc, tensor, dim);
  };
  ProblemExtents extents;
  extents.batches = hasBatch() ? size(getQuery(), 0) : builder.getIndexAttr(1);
  extents.heads = size(getQuery(), base);
  extents.kvHeads = size(getKey(), base);
  extents.rows = size(getQuery(), base + 1);
  extents.cols = size(getKey(), base + 1);
  extents.keyWidth = size(getQuery(), base + 2);
  extents.valWidth = size(getValue(), base + 2);
  return extents;
}

LogicalResult SdpaOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<OpFoldResult> out =
      tensor::getMixedSizes(builder, getLoc(), getQuery());
  SmallVector<OpFoldResult> lse(ArrayRef(out).drop_back());
  out.back() =
      tensor::getMixedSize(builder, getLoc(), getValue(), out.size() - 1);
  // A static result type must meet a constant, whatever the operands say.
  auto type = cast<RankedTensorType>(getOut().getType());
  for (unsigned dim = 0; dim < out.size(); ++dim)
    if (!type.isDynamicDim(dim))
      out[dim] = builder.getIndexAttr(type.getDimSize(dim));
  shapes.push_back(out);
  if (getLse())
    shapes.push_back(SmallVector<OpFoldResult>(ArrayRef(out).drop_back()));
  return success();
}

//===----------------------------------------------------------------------===//
// The fold
//===----------------------------------------------------------------------===//

/// The `[heads, length, width]` slice of `tensor` from (batch, head, begin), or
/// `[length, width]` for one head.
static Value buildHeadSlice(IndexMath &math, Value tensor, Value batch,
                            OpFoldResult head, OpFoldResult heads,
                            OpFoldResult begin, OpFoldResult length) {
  OpBuilder &builder = math.getBuilder();
  auto type = cast<RankedTensorType>(tensor.getType());
  unsigned rank = type.getRank();
  OpFoldResult one = math.constant(1);
  SmallVector<OpFoldResult> offsets, sizes, strides(rank, one);
  if (rank == 4) {
    offsets.push_back(batch);
    sizes.push_back(one);
  }
  offsets.append({head, begin, math.constant(0)});
  sizes.append(
      {heads, length,
       tensor::getMixedSize(builder, math.getLoc(), tensor, rank - 1)});
  SmallVector<int64_t> shape;
  unsigned kept = isConstantIntValue(heads, 1) ? 2 : 3;
  for (OpFoldResult size : ArrayRef<OpFoldResult>(sizes).take_back(kept)) {
    std::optional<int64_t> extent = getConstantIntValue(size);
    shape.push_back(extent ? *extent : ShapedType::kDynamic);
  }
  auto sliceType = RankedTensorType::get(shape, type.getElementType());
  return tensor::ExtractSliceOp::create(builder, math.getLoc(), sliceType,
                                        tensor, offsets, sizes, strides);
}

/// The points of the box of `tile`, `[b1, …, br, D]`, of a tensor with a row
/// for each point of a grid.
static Value buildBoxSlice(IndexMath &math, Value tensor, const GridTile &tile,
                           ArrayRef<int64_t> extents) {
  OpBuilder &builder = math.getBuilder();
  unsigned dim = cast<RankedTensorType>(tensor.getType()).getRank() - 2;
  Value points = buildOnGrid(builder, math.getLoc(), tensor, dim, extents);
  auto type = cast<RankedTensorType>(points.getType());
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  SmallVector<OpFoldResult> offsets, sizes(dim, one);
  SmallVector<OpFoldResult> strides(type.getRank(), one);
  if (dim == 2)
    offsets.push_back(tile.batch);
  offsets.push_back(tile.head);
  llvm::append_range(offsets, tile.box->corner);
  offsets.push_back(zero);
  llvm::append_range(sizes, tile.box->sizes);
  sizes.push_back(
      tensor::getMixedSize(builder, math.getLoc(), points, type.getRank() - 1));
  SmallVector<int64_t> shape;
  for (OpFoldResult size : ArrayRef<OpFoldResult>(sizes).drop_front(dim))
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  auto sliceType = RankedTensorType::get(shape, type.getElementType());
  return tensor::ExtractSliceOp::create(builder, math.getLoc(), sliceType,
                                        points, offsets, sizes, strides);
}

/// Where the queries of a box stand, one for each lane, and the keys that they
/// may see.
static std::pair<Value, Value> buildPlacesOfTile(IndexMath &math, SdpaOp op,
                                                 ScheduleAttr schedule,
                                                 const GridTile &tile) {
  GridMaskAttr grid = findGrid(op.getMask());
  MaskIntervalBuilder queries(math.getBuilder(), math.getLoc());
  queries.batch = tile.batch;
  queries.head = tile.head;
  queries.numHeads = tile.numHeads;
  queries.operands = op.getMaskOperands();
  GridBox keys = buildKeysOfBox(queries, grid, *tile.box);
  return {
      buildPlaces(math, grid.getExtents(), *tile.box, schedule.getQueryBlock()),
      buildPlaces(math, grid.getExtents(), keys)};
}

/// The scales of all keys of one head, `[length]`; null for null.
static Value buildScalesOfHead(IndexMath &math, Value scales, Value batch,
                               OpFoldResult head, OpFoldResult length) {
  if (!scales)
    return nullptr;
  auto type = cast<RankedTensorType>(scales.getType());
  OpFoldResult one = math.constant(1);
  SmallVector<OpFoldResult> offsets, sizes, strides(type.getRank(), one);
  if (type.getRank() == 3) {
    offsets.push_back(batch);
    sizes.push_back(one);
  }
  offsets.append({head, math.constant(0)});
  sizes.append({one, length});
  std::optional<int64_t> extent = getConstantIntValue(length);
  auto sliceType = RankedTensorType::get(
      {extent ? *extent : ShapedType::kDynamic}, type.getElementType());
  return tensor::ExtractSliceOp::create(math.getBuilder(), math.getLoc(),
                                        sliceType, scales, offsets, sizes,
                                        strides);
}

std::optional<ListedBlocks> SdpaOp::getListedBlocks() {
  return getMask().splitListedBlocks();
}

int64_t SdpaOp::getRowsOfTile(ScheduleAttr schedule) {
  int64_t rows = schedule.getQueryBlock() / getHeadsOfTile(schedule);
  std::optional<ListedBlocks> listed = getListedBlocks();
  if (!listed)
    return rows;
  rows = std::min(rows, listed->queryBlock);
  // Queries of one tile are in the first row of blocks, whatever divides it.
  auto query = cast<RankedTensorType>(getQuery().getType());
  int64_t all = query.getDimSize(query.getRank() - 2);
  if (!ShapedType::isDynamic(all) && all <= rows)
    return rows;
  while (listed->queryBlock % rows != 0)
    --rows;
  return rows;
}

bool SdpaOp::hasUnequalRows() { return getMask().usesQueryPosition(); }

int64_t SdpaOp::getHeadsOfTile(ScheduleAttr schedule) {
  return schedule.getHeads();
}

int64_t SdpaOp::countAlikeHeads() {
  auto query = cast<RankedTensorType>(getQuery().getType());
  auto key = cast<RankedTensorType>(getKey().getType());
  unsigned dim = query.getRank() - 3;
  if (query.isDynamicDim(dim) || key.isDynamicDim(dim))
    return 1;
  int64_t group = query.getDimSize(dim) / key.getDimSize(dim);
  // Heads with lists of their own see different keys.
  if (std::optional<ListedBlocks> listed = getListedBlocks())
    if (cast<ShapedType>(getMaskOperands()[listed->rows].getType())
            .getDimSize(1) != 1)
      group = std::gcd(group, listed->group);
  return group;
}

/// Buffers for prepared queries and the state, as the form lays them out.
static SmallVector<Value> buildEmptyState(IndexMath &math,
                                          ScheduleAttr schedule,
                                          const ProblemExtents &extents,
                                          FloatType accumulator) {
  OpFoldResult panels = math.constant(schedule.getNumPanels());
  OpFoldResult lanes = math.constant(schedule.getPanel());
  auto empty = [&](ArrayRef<OpFoldResult> sizes, Type element = {}) -> Value {
    return tensor::EmptyOp::create(math.getBuilder(), math.getLoc(), sizes,
                                   element ? element : accumulator);
  };
  if (schedule.getForm() == Form::AMX) {
    auto padded = [&](OpFoldResult width, int64_t unit) {
      return math.mul(math.ceilDiv(width, unit), unit);
    };
    OpFoldResult pairs = math.floorDiv(padded(extents.keyWidth, 32), 2);
    return {empty({panels, math.constant(schedule.getPanel() / 16), pairs,
                   math.constant(32)},
                  math.getBuilder().getBF16Type()),
            empty({panels, padded(extents.valWidth, 16), lanes}),
            empty({panels, lanes}), empty({panels, lanes})};
  }
  auto rows = [&](OpFoldResult width) {
    if (schedule.getForm() == Form::Transposed)
      return empty({panels, width, lanes});
    int64_t unit = schedule.getRowUnit();
    return empty({panels, lanes, math.mul(math.ceilDiv(width, unit), unit)});
  };
  return {rows(extents.keyWidth), rows(extents.valWidth),
          empty({panels, lanes}), empty({panels, lanes})};
}

SmallVector<Value> SdpaOp::buildFoldOfTile(OpBuilder &builder,
                                           ScheduleAttr schedule,
                                           const GridTile &tile,
                                           ValueRange inits) {
  Location loc = getLoc();
  IndexMath math(builder, loc);
  ScoreClauses clauses = ScoreClauses::of(*this);
  ProblemExtents extents = buildExtents(builder);
  FloatType accumulator = getAccumulatorType();

  // Head h of the queries reads head h / (H / Hk) of the keys.
  OpFoldResult kvHead;
  std::optional<int64_t> heads = getConstantIntValue(extents.heads);
  std::optional<int64_t> kvHeads = getConstantIntValue(extents.kvHeads);
  if (heads && kvHeads) {
    kvHead = math.floorDiv(tile.head, *heads / *kvHeads);
  } else {
    Value group =
        arith::DivUIOp::create(builder, loc, math.materialize(extents.heads),
                               math.materialize(extents.kvHeads));
    kvHead = arith::DivUIOp::create(builder, loc, tile.head, group).getResult();
  }
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  Value query, queryPlaces, keyPlaces;
  if (tile.box) {
    GridMaskAttr grid = findGrid(getMask());
    query = buildBoxSlice(math, getQuery(), tile, grid.getExtents());
    std::tie(queryPlaces, keyPlaces) =
        buildPlacesOfTile(math, *this, schedule, tile);
  } else {
    query = buildHeadSlice(math, getQuery(), tile.batch, tile.head,
                           tile.numHeads, tile.row, tile.numRows);
  }
  Value key = buildHeadSlice(math, getKey(), tile.batch, kvHead, one, zero,
                             extents.cols);
  Value value = buildHeadSlice(math, getValue(), tile.batch, kvHead, one, zero,
                               extents.cols);

  Value keyScale =
      buildScalesOfHead(math, getKeyScale(), tile.batch, kvHead, extents.cols);
  Value valueScale = buildScalesOfHead(math, getValueScale(), tile.batch,
                                       kvHead, extents.cols);

  SmallVector<Value> state =
      buildEmptyState(math, schedule, extents, accumulator);
  // Scores that will be exponentiated are kept in units of log2 where they are
  // affine in the product.
  bool isLog2 = hasAffineScore() && !getUnnormalized();
  double factor = getScaleOrDefault() * (isLog2 ? M_LOG2E : 1.0);
  // In form amx queries are kept as they are, and scores are multiplied.
  bool isAmx = schedule.getForm() == Form::AMX;
  auto init = InitOp::create(builder, loc, TypeRange(ValueRange(state)), query,
                             builder.getF64FloatAttr(isAmx ? 1 : factor),
                             state[0], state[1], state[2], state[3],
                             getUnnormalizedAttr(), schedule);

  OpFoldResult position =
      clauses.buildPosition(math, tile.batch, extents.rows, extents.cols);
  ValueRange initState = init.getResults().drop_front();
  auto step = StepOp::create(
      builder, loc, initState.getTypes(), init.getResult(0), key, value,
      tile.batch, tile.head, math.materialize(tile.row),
      math.materialize(math.constant(0)), math.materialize(extents.rows),
      math.materialize(extents.cols), math.materialize(position),
      math.materialize(tile.numRows),
      isConstantIntValue(tile.numHeads, 1) ? Value()
                                           : math.materialize(tile.numHeads),
      queryPlaces, keyPlaces, getMaskOperands(), getBias(), keyScale,
      valueScale, initState[0], initState[1], initState[2],
      isa<FullMaskAttr>(getMask()) ? MaskAttrInterface() : getMask(),
      getSoftcapAttr(), isAmx ? builder.getF64FloatAttr(factor) : FloatAttr(),
      getUnnormalizedAttr(), schedule);
  if (!getScore().empty()) {
    IRMapping mapping;
    getScore().cloneInto(&step.getScore(), mapping);
  }

  SmallVector<Value> folded(step.getResults());
  Value sink = getSink();
  if (tile.numKeys) {
    // The sink joins once, when parts are merged.
    sink = {};
    folded = step.buildForKeys(builder, tile.key, tile.numKeys, initState);
    step.erase();
  }
  auto finish = FinishOp::create(
      builder, loc, inits.getTypes(), folded[0], folded[1], folded[2], sink,
      tile.head, inits[0], inits.size() == 2 ? inits[1] : Value(), schedule);
  return SmallVector<Value>(finish.getResults());
}

SmallVector<Value> SdpaOp::buildParts(OpBuilder &builder, OpFoldResult count) {
  SmallVector<OpFoldResult> out = {count};
  ReifiedRankedShapedTypeDims shapes;
  // Cannot fail: the shapes are those of operands.
  (void)reifyResultShapes(builder, shapes);
  out.append(shapes[0]);
  SmallVector<OpFoldResult> lse(ArrayRef(out).drop_back());
  auto empty = [&](ArrayRef<OpFoldResult> sizes) -> Value {
    return tensor::EmptyOp::create(builder, getLoc(), sizes,
                                   getAccumulatorType());
  };
  // Sums that are not normalised are added, whatever their scores were.
  if (getUnnormalized())
    return {empty(out)};
  return {empty(out), empty(lse)};
}

SmallVector<Value> SdpaOp::buildMergeOfParts(OpBuilder &builder,
                                             ValueRange parts,
                                             ValueRange inits) {
  auto merge =
      MergePartsOp::create(builder, getLoc(), inits.getTypes(), parts[0],
                           getUnnormalized() ? Value() : parts[1], getSink(),
                           inits[0], inits.size() == 2 ? inits[1] : Value());
  return SmallVector<Value>(merge.getResults());
}

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

namespace {

/// A log-sum-exp that nobody reads is not computed.
struct DropUnusedLse : OpRewritePattern<SdpaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SdpaOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getLse() || !op.getLse().use_empty())
      return failure();
    OperationState state(op.getLoc(), SdpaOp::getOperationName());
    state.addOperands(op->getOperands());
    state.addTypes(op.getOut().getType());
    state.addAttributes(op->getAttrs());
    state.addRegion()->takeBody(op.getScore());
    Operation *replacement = rewriter.create(state);
    rewriter.replaceAllUsesWith(op.getOut(), replacement->getResult(0));
    rewriter.eraseOp(op);
    return success();
  }
};

/// A score program that yields its score is no program.
struct DropIdentityScore : OpRewritePattern<SdpaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SdpaOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getScore().empty())
      return failure();
    Block &block = op.getScore().front();
    if (block.getTerminator()->getOperand(0) != block.getArgument(0))
      return failure();
    rewriter.modifyOpInPlace(op, [&]() { rewriter.eraseBlock(&block); });
    return success();
  }
};

} // namespace

void SdpaOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropUnusedLse, DropIdentityScore>(context);
}
