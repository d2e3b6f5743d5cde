//===- Linformer.cpp - softmax attention over projected keys --------------===//
//
// Implements attn.linformer: its rules and its shape.
//
//===----------------------------------------------------------------------===//

#include "Sequences.h"

using namespace mlir;
using namespace mlir::attn;

/// The rules on projection `name` of rows of `source`.
static LogicalResult verifyProjection(LinformerOp op, StringRef name,
                                      Value projection, Value source) {
  auto type = cast<RankedTensorType>(projection.getType());
  auto rows = cast<RankedTensorType>(source.getType());
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  unsigned rank = type.getRank();
  if (rank != 2 && rank != 3)
    return op.emitOpError()
           << name << " has rank " << rank << ", expected [r, L] or [Hp, r, L]";
  if (failed(verifySameElement(op, name, projection, "query", op.getQuery())))
    return failure();
  if (type.getDimSize(rank - 2) == 0)
    return op.emitOpError()
           << name << " has 0 rows, expected at least one projected key";
  int64_t length = rows.getDimSize(rows.getRank() - 2);
  int64_t columns = type.getDimSize(rank - 1);
  if (!ShapedType::isDynamic(length) && !ShapedType::isDynamic(columns) &&
      length > columns)
    return op.emitOpError()
           << name << " has " << columns << " columns, key has " << length
           << " rows: expected no more rows";
  if (rank == 2)
    return success();
  int64_t heads = type.getDimSize(0);
  int64_t outer = query.getDimSize(query.getRank() - 3);
  int64_t inner = rows.getDimSize(rows.getRank() - 3);
  auto divides = [](int64_t lhs, int64_t rhs) {
    return ShapedType::isDynamic(lhs) || ShapedType::isDynamic(rhs) ||
           (lhs != 0 && rhs % lhs == 0);
  };
  if (divides(inner, heads) && divides(heads, outer))
    return success();
  return op.emitOpError()
         << name << " has " << heads << " heads, query has " << outer
         << ", key has " << inner
         << ": expected a multiple of those of key that divides those of query";
}

LogicalResult LinformerOp::verify() {
  if (failed(verifySequences(*this, getQuery(), getKey(), getValue(), getOut(),
                             getScaleAttr())) ||
      failed(verifyProjection(*this, "key_projection", getKeyProjection(),
                              getKey())) ||
      failed(verifyProjection(*this, "value_projection", getValueProjection(),
                              getValue())))
    return failure();
  auto keys = cast<RankedTensorType>(getKeyProjection().getType());
  auto values = cast<RankedTensorType>(getValueProjection().getType());
  if (keys.getRank() != values.getRank())
    return emitOpError() << "key_projection has rank " << keys.getRank()
                         << ", value_projection has rank " << values.getRank()
                         << ": expected them to be equal";
  static constexpr StringLiteral names[] = {"head count", "row count"};
  for (int64_t dim = 0; dim + 1 < keys.getRank(); ++dim)
    if (failed(verifySameExtent(*this, names[dim + 3 - keys.getRank()],
                                "value_projection", values.getDimSize(dim),
                                "key_projection", keys.getDimSize(dim))))
      return failure();
  return success();
}

LogicalResult
LinformerOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(
      buildOutSizes(builder, getLoc(), getQuery(), getValue(), getOut()));
  return success();
}
