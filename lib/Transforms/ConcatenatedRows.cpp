//===- ConcatenatedRows.cpp - rows of two groups of columns ---------------===//
//
// Recognises what front ends write for keys of which some columns are rotated,
// and are the same for all heads.
//
//===----------------------------------------------------------------------===//

#include "ConcatenatedRows.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// True if `insert` writes all rows of its destination from column `column` on,
/// `sizes` being the extents of the destination.
static bool fillsColumns(tensor::InsertSliceOp insert, int64_t column,
                         ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> offsets = insert.getMixedOffsets(),
                            counts = insert.getMixedSizes();
  if (insert.getSourceType().getRank() != insert.getDestType().getRank() ||
      insert.getSourceType().isDynamicDim(sizes.size() - 1) ||
      !insert.hasUnitStride())
    return false;
  for (unsigned dim = 0; dim + 1 < sizes.size(); ++dim)
    if (!isConstantIntValue(offsets[dim], 0) ||
        !isEqualConstantIntOrValue(counts[dim], sizes[dim]))
      return false;
  return isConstantIntValue(offsets.back(), column);
}

std::optional<ConcatenatedRows> attn::matchConcatenatedRows(Value value) {
  if (!value.hasOneUse())
    return std::nullopt;
  if (auto concat = value.getDefiningOp<tensor::ConcatOp>()) {
    if (concat.getInputs().size() != 2 ||
        int64_t(concat.getDim()) + 1 != concat.getResultType().getRank())
      return std::nullopt;
    return ConcatenatedRows{
        {concat}, concat.getInputs().front(), concat.getInputs().back()};
  }
  auto last = value.getDefiningOp<tensor::InsertSliceOp>();
  auto other = last && last.getDest().hasOneUse()
                   ? last.getDest().getDefiningOp<tensor::InsertSliceOp>()
                   : nullptr;
  auto empty =
      other ? other.getDest().getDefiningOp<tensor::EmptyOp>() : nullptr;
  if (!empty)
    return std::nullopt;
  ConcatenatedRows parts = {{last, other}, other.getSource(), last.getSource()};
  // In either order.
  if (!isConstantIntValue(other.getMixedOffsets().back(), 0)) {
    std::swap(parts.first, parts.second);
    std::swap(last, other);
  }
  SmallVector<OpFoldResult> sizes = empty.getMixedSizes();
  int64_t width = typeOf(parts.first).getShape().back();
  if (!fillsColumns(other, 0, sizes) || !fillsColumns(last, width, sizes) ||
      width + typeOf(parts.second).getShape().back() !=
          empty.getType().getShape().back())
    return std::nullopt;
  return parts;
}

Value attn::matchSharedRows(Value value) {
  int64_t rank = typeOf(value).getRank();
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>())
    return broadcast.getDimensions() == ArrayRef<int64_t>{rank - 3}
               ? broadcast.getInput()
               : Value();
  auto copy = value.getDefiningOp<linalg::GenericOp>();
  if (!copy || copy.getNumDpsInputs() != 1 ||
      copy.getNumParallelLoops() != copy.getNumLoops())
    return nullptr;
  Block &body = *copy.getBlock();
  Value yielded = body.getTerminator()->getOperand(0);
  SmallVector<AffineMap> maps = copy.getIndexingMapsArray();
  if (yielded != body.getArgument(0) || !maps[1].isIdentity())
    return nullptr;
  // Loops of the result in order, but for that of heads.
  Value rows = copy.getDpsInputOperand(0)->get();
  SmallVector<AffineExpr> without, one;
  for (int64_t dim = 0; dim < rank; ++dim) {
    AffineExpr loop = getAffineDimExpr(dim, copy.getContext());
    if (dim != rank - 3)
      without.push_back(loop);
    one.push_back(dim == rank - 3 ? getAffineConstantExpr(0, copy.getContext())
                                  : loop);
  }
  auto isMap = [&](ArrayRef<AffineExpr> exprs) {
    return maps[0] == AffineMap::get(rank, 0, exprs, copy.getContext());
  };
  bool isShared =
      isMap(without) || (isMap(one) && typeOf(rows).getDimSize(rank - 3) == 1);
  return isShared ? rows : Value();
}
