//===- Linear.cpp - linear attention --------------------------------------===//
//
// Implements attn.linear: its rules and its shapes.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType());
}

//===----------------------------------------------------------------------===//
// Derived values
//===----------------------------------------------------------------------===//

bool LinearOp::hasBatch() { return typeOf(getQuery()).getRank() == 4; }

FloatType LinearOp::getAccumulatorType() {
  Type element = typeOf(getQuery()).getElementType();
  return element.isF64() ? cast<FloatType>(element)
                         : Float32Type::get(getContext());
}

double LinearOp::getScaleOrDefault() {
  return getScale() ? getScale()->convertToDouble() : 1;
}

double LinearOp::getEpsOrDefault() {
  return getEps() ? getEps()->convertToDouble() : 0;
}

int64_t LinearOp::getStateWidth() {
  return typeOf(getValue()).getShape().back() + (getNormalize() ? 1 : 0);
}

/// The head count of an operand that has one after `batch` leading dimensions.
static int64_t getHeads(Value tensor, unsigned batch) {
  RankedTensorType type = typeOf(tensor);
  return type.getDimSize(type.getRank() == 1 ? 0 : batch);
}

bool LinearOp::hasStatePerHead() {
  unsigned batch = hasBatch() ? 1 : 0;
  int64_t kvHeads = getHeads(getKey(), batch);
  for (Value operand : {getDecay(), getBeta(), getState()})
    if (operand && getHeads(operand, batch) != kvHeads)
      return true;
  return false;
}

LinearOp::Extents LinearOp::buildExtents(OpBuilder &builder) {
  unsigned base = hasBatch() ? 1 : 0;
  auto size = [&](Value tensor, unsigned dim) {
    return tensor::getMixedSize(builder, getLoc(), tensor, dim);
  };
  Extents extents;
  extents.batches = base ? size(getQuery(), 0) : builder.getIndexAttr(1);
  extents.heads = size(getQuery(), base);
  extents.kvHeads = size(getKey(), base);
  extents.stateHeads = hasStatePerHead() ? extents.heads : extents.kvHeads;
  extents.rows = size(getQuery(), base + 1);
  extents.tokens = size(getKey(), base + 1);
  return extents;
}

LogicalResult LinearOp::reifyResultShapes(OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  Extents extents = buildExtents(builder);
  SmallVector<OpFoldResult> out =
      tensor::getMixedSizes(builder, getLoc(), getQuery());
  out.back() = builder.getIndexAttr(typeOf(getValue()).getShape().back());
  // A static result type must meet a constant, whatever the operands say.
  for (auto [dim, extent] : llvm::enumerate(typeOf(getOut()).getShape()))
    if (!ShapedType::isDynamic(extent))
      out[dim] = builder.getIndexAttr(extent);
  shapes.push_back(out);
  if (!getNewState())
    return success();
  SmallVector<OpFoldResult> state;
  if (hasBatch())
    state.push_back(out.front());
  state.append({extents.stateHeads,
                builder.getIndexAttr(typeOf(getQuery()).getShape().back()),
                builder.getIndexAttr(getStateWidth())});
  shapes.push_back(state);
  return success();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// Ranks, element types, batches, heads and widths of query, key and value.
static LogicalResult verifyInputs(LinearOp op) {
  RankedTensorType query = typeOf(op.getQuery()), key = typeOf(op.getKey()),
                   value = typeOf(op.getValue());
  if (query.getRank() != 3 && query.getRank() != 4)
    return op.emitOpError() << "query has rank " << query.getRank()
                            << ", expected [B, H, M, D] or [H, M, D]";
  unsigned rank = query.getRank(), head = rank - 3;
  for (auto [name, type] : {std::pair("key", key), std::pair("value", value)}) {
    if (type.getRank() != rank)
      return op.emitOpError()
             << name << " has rank " << type.getRank() << ", query has rank "
             << rank << ": expected them to be equal";
    if (type.getElementType().isF64() != query.getElementType().isF64())
      return op.emitOpError()
             << name << " has element type " << type.getElementType()
             << ", query has " << query.getElementType()
             << ": expected f64 for all or none";
    if (head &&
        failed(verifySameExtent(op, "batch size", name, type.getDimSize(0),
                                "query", query.getDimSize(0))))
      return failure();
    if (type.isDynamicDim(head) || type.isDynamicDim(rank - 1))
      return op.emitOpError() << name << " has type " << type
                              << ", expected static heads and width";
    if (type.getDimSize(head) == 0 || type.getDimSize(rank - 1) == 0)
      return op.emitOpError() << name << " has type " << type
                              << ", expected at least one head and one column";
  }
  if (query.isDynamicDim(head) || query.isDynamicDim(rank - 1))
    return op.emitOpError()
           << "query has type " << query << ", expected static heads and width";
  int64_t heads = query.getDimSize(head), kvHeads = key.getDimSize(head);
  if (heads == 0 || heads % kvHeads != 0)
    return op.emitOpError()
           << "query has " << heads << " heads, key has " << kvHeads
           << ": expected a multiple of the key heads";
  if (failed(verifySameExtent(op, "width", "key", key.getDimSize(rank - 1),
                              "query", query.getDimSize(rank - 1))) ||
      failed(verifySameExtent(op, "head count", "value", value.getDimSize(head),
                              "key", kvHeads)) ||
      failed(verifySameExtent(op, "length", "value", value.getDimSize(rank - 2),
                              "key", key.getDimSize(rank - 2))))
    return failure();
  if (op.getCausal())
    return verifySameExtent(op, "length", "causal query",
                            query.getDimSize(rank - 2), "key",
                            key.getDimSize(rank - 2));
  return success();
}

/// `operand` is `[B, H', tail…]`, without B in rank 3, of the accumulator type,
/// with H' the heads of query or of key.
static LogicalResult verifyPerHead(LinearOp op, StringRef name, Value operand,
                                   ArrayRef<int64_t> tail, StringRef shape) {
  RankedTensorType type = typeOf(operand), query = typeOf(op.getQuery());
  unsigned base = op.hasBatch() ? 1 : 0;
  int64_t kvHeads = typeOf(op.getKey()).getDimSize(base);
  if (type.getElementType() != op.getAccumulatorType())
    return op.emitOpError()
           << name << " has element type " << type.getElementType()
           << ", expected " << op.getAccumulatorType();
  auto fits = [&](int64_t heads) {
    SmallVector<int64_t> expected;
    if (base)
      expected.push_back(query.getDimSize(0));
    expected.push_back(heads);
    llvm::append_range(expected, tail);
    return type.getRank() == int64_t(expected.size()) &&
           succeeded(verifyCompatibleShape(type.getShape(), expected)) &&
           type.getDimSize(base) == heads;
  };
  if (fits(kvHeads) || fits(query.getDimSize(base)))
    return success();
  return op.emitOpError() << name << " has type " << type << ", expected "
                          << (base ? "[B, H', " : "[H', ") << shape
                          << "] with H' one of " << kvHeads << " and "
                          << query.getDimSize(base) << " heads";
}

static LogicalResult verifyDecay(LinearOp op) {
  RankedTensorType type = typeOf(op.getDecay()), key = typeOf(op.getKey());
  unsigned base = op.hasBatch() ? 1 : 0;
  int64_t tokens = key.getDimSize(base + 1), width = key.getShape().back();
  DenseFPElementsAttr constant;
  if (matchPattern(op.getDecay(), m_Constant(&constant)))
    for (APFloat element : constant.getValues<APFloat>())
      if (element.isNaN() || element.convertToDouble() > 0)
        return op.emitOpError()
               << "decay has element " << element.convertToDouble()
               << ", expected logarithms of at most 0";
  if (type.getRank() != 1)
    return type.getRank() == base + 3
               ? verifyPerHead(op, "decay", op.getDecay(), {tokens, width},
                               "N, D")
               : verifyPerHead(op, "decay", op.getDecay(), tokens, "N");
  int64_t heads = typeOf(op.getQuery()).getDimSize(base);
  if (type.getElementType() != op.getAccumulatorType())
    return op.emitOpError()
           << "decay has element type " << type.getElementType()
           << ", expected " << op.getAccumulatorType();
  if (type.getDimSize(0) != heads && type.getDimSize(0) != key.getDimSize(base))
    return op.emitOpError() << "decay has type " << type << ", expected one of "
                            << key.getDimSize(base) << " and " << heads
                            << " elements, one a head";
  return success();
}

/// True if products of rows of query and key cannot be negative, as far as one
/// sees.
static bool isNonNegative(Value features) {
  while (auto cast = features.getDefiningOp<tensor::CastOp>())
    features = cast.getSource();
  auto map = features.getDefiningOp<FeatureMapOp>();
  return map && map.isNonNegative();
}

static LogicalResult verifyNormalize(LinearOp op) {
  if (FloatAttr eps = op.getEpsAttr()) {
    double value = eps.getValueAsDouble();
    if (!op.getNormalize())
      return op.emitOpError() << "has eps " << value << " without normalize";
    if (!(value >= 0 && std::isfinite(value)))
      return op.emitOpError() << "eps is " << value
                              << ", expected a finite number of at least 0";
    return success();
  }
  if (!op.getNormalize())
    return success();
  for (auto [name, features] :
       {std::pair("query", op.getQuery()), std::pair("key", op.getKey())})
    if (!isNonNegative(features))
      return op.emitOpError()
             << "normalize divides by a sum of products of features, which may "
                "be 0 or negative: "
             << name
             << " is not made by an attn.feature_map without signs; expected "
                "relu, elu1, exp, softmax, hedgehog, cos, taylor2 or favor, or "
                "eps";
  return success();
}

LogicalResult LinearOp::verify() {
  if (failed(verifyInputs(*this)))
    return failure();
  RankedTensorType query = typeOf(getQuery()), key = typeOf(getKey());
  unsigned base = hasBatch() ? 1 : 0;
  if (!getCausal()) {
    for (auto [name, isThere] :
         {std::pair("decay", bool(getDecay())),
          std::pair("beta", bool(getBeta())), std::pair("delta", getDelta()),
          std::pair("state", bool(getState())),
          std::pair("a resulting state", bool(getNewState())),
          std::pair("docs", bool(getDocs()))})
      if (isThere)
        return emitOpError() << "has " << name
                             << " without causal: only tokens in order have it";
  }
  if (getDecay() && failed(verifyDecay(*this)))
    return failure();
  if (getBeta() && failed(verifyPerHead(*this, "beta", getBeta(),
                                        key.getDimSize(base + 1), "N")))
    return failure();
  if (getDelta() && !getBeta())
    return emitOpError() << "has delta without beta, expected beta(...)";
  if (getDelta() && getNormalize())
    return emitOpError() << "has delta and normalize: what the delta rule "
                            "leaves has no sum of weights";
  int64_t width = key.getShape().back();
  if (getState() && failed(verifyPerHead(
                        *this, "state", getState(), {width, getStateWidth()},
                        (Twine(width) + ", " + Twine(getStateWidth())).str())))
    return failure();
  if (getDocs() && typeOf(getDocs()).getRank() != 1)
    return emitOpError() << "docs has type " << getDocs().getType()
                         << ", expected rank 1";
  if (failed(verifyNormalize(*this)))
    return failure();
  if (!std::isfinite(getScaleOrDefault()))
    return emitOpError() << "scale is " << getScaleOrDefault()
                         << ", expected a finite number";
  for (ScheduleAttr schedule : {getScheduleAttr(), getFewAttr()})
    if (schedule && schedule.getForm() != Form::Chunk &&
        schedule.getForm() != Form::Recurrent)
      return emitOpError() << "has form " << stringifyForm(schedule.getForm())
                           << ", expected chunk or recurrent";

  SmallVector<int64_t> expected(query.getShape());
  expected.back() = typeOf(getValue()).getShape().back();
  auto want = RankedTensorType::get(expected, query.getElementType());
  if (getOut().getType() != want)
    return emitOpError() << "result has type " << getOut().getType()
                         << ", expected " << want;
  if (!getNewState())
    return success();
  SmallVector<int64_t> state;
  if (base)
    state.push_back(query.getDimSize(0));
  state.append(
      {hasStatePerHead() ? query.getDimSize(base) : key.getDimSize(base), width,
       getStateWidth()});
  auto wantState = RankedTensorType::get(state, getAccumulatorType());
  if (getNewState().getType() != wantState)
    return emitOpError() << "resulting state has type "
                         << getNewState().getType() << ", expected "
                         << wantState;
  return success();
}
