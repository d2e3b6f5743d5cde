//===- Sequences.cpp - rules on query, key and value ----------------------===//
//
// Implements the rules that low-rank mechanisms on whole sequences share.
//
//===----------------------------------------------------------------------===//

#include "Sequences.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::verifySameElement(Operation *op, StringRef name,
                                      Value tensor, StringRef queryName,
                                      Value query) {
  Type have = getElementTypeOrSelf(tensor), want = getElementTypeOrSelf(query);
  if (have == want)
    return success();
  return op->emitOpError() << name << " has element type " << have << ", "
                           << queryName << " has " << want
                           << ": expected them to be equal";
}

LogicalResult attn::verifyScale(Operation *op, FloatAttr scale, StringRef name,
                                int64_t width) {
  if (scale) {
    double value = scale.getValueAsDouble();
    if (value > 0 && !std::isinf(value))
      return success();
    return op->emitOpError()
           << "scale is " << value << ", expected a positive finite number";
  }
  if (!ShapedType::isDynamic(width))
    return success();
  return op->emitOpError() << "the width of " << name
                           << " is dynamic, expected a scale clause to stand "
                              "for its default";
}

/// The rules on the heads of query and key.
static LogicalResult verifyHeads(Operation *op, int64_t heads,
                                 int64_t kvHeads) {
  if (heads == 0 || kvHeads == 0)
    return op->emitOpError() << "query has " << heads << " heads, key has "
                             << kvHeads << ": expected at least one";
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(kvHeads) ||
      heads % kvHeads == 0)
    return success();
  return op->emitOpError()
         << "query has " << heads << " heads, key has " << kvHeads
         << ": expected the query heads to be a multiple of the key heads";
}

LogicalResult attn::verifySequences(Operation *op, Value query, Value key,
                                    Value value, Value out, FloatAttr scale) {
  auto queryType = cast<RankedTensorType>(query.getType());
  unsigned rank = queryType.getRank();
  if (rank != 3 && rank != 4)
    return op->emitOpError() << "query has rank " << rank
                             << ", expected [B, H, M, D] or [H, M, D]";
  for (auto [name, tensor] :
       {std::pair<StringRef, Value>("key", key), {"value", value}}) {
    int64_t have = cast<RankedTensorType>(tensor.getType()).getRank();
    if (have != rank)
      return op->emitOpError()
             << name << " has rank " << have << ", query has rank " << rank
             << ": expected them to be equal";
    if (failed(verifySameElement(op, name, tensor, "query", query)))
      return failure();
  }
  auto keyType = cast<RankedTensorType>(key.getType());
  auto valueType = cast<RankedTensorType>(value.getType());
  if (rank == 4 &&
      failed(verifySameExtent(op, "batch size", "key", keyType.getDimSize(0),
                              "query", queryType.getDimSize(0))))
    return failure();
  if (failed(verifyHeads(op, queryType.getDimSize(rank - 3),
                         keyType.getDimSize(rank - 3))))
    return failure();
  int64_t width = queryType.getDimSize(rank - 1);
  if (failed(verifySameExtent(op, "width", "key", keyType.getDimSize(rank - 1),
                              "query", width)))
    return failure();
  static constexpr StringLiteral names[] = {"batch size", "head count",
                                            "length"};
  for (unsigned dim = 0; dim + 1 < rank; ++dim)
    if (failed(verifySameExtent(op, names[dim + 4 - rank], "value",
                                valueType.getDimSize(dim), "key",
                                keyType.getDimSize(dim))))
      return failure();
  if (width == 0 || valueType.getDimSize(rank - 1) == 0)
    return op->emitOpError() << (width == 0 ? "query" : "value")
                             << " has width 0, expected at least 1";
  SmallVector<int64_t> shape(queryType.getShape());
  shape.back() = valueType.getDimSize(rank - 1);
  auto want = RankedTensorType::get(shape, queryType.getElementType());
  if (out.getType() != want)
    return op->emitOpError()
           << "result has type " << out.getType() << ", expected " << want;
  return verifyScale(op, scale, "query", width);
}

SmallVector<OpFoldResult> attn::buildOutSizes(OpBuilder &builder, Location loc,
                                              Value query, Value value,
                                              Value out) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, query);
  sizes.back() = tensor::getMixedSize(builder, loc, value, sizes.size() - 1);
  // A static result type must meet a constant, whatever the operands say.
  auto type = cast<RankedTensorType>(out.getType());
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (!type.isDynamicDim(dim))
      sizes[dim] = builder.getIndexAttr(type.getDimSize(dim));
  return sizes;
}
