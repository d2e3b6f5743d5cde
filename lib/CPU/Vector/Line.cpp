//===- Line.cpp - elements at equal distances -----------------------------===//
//
// Builds views of rows and columns. Loads that are indexed by a loop's variable
// multiply it by a stride, and where the stride is not known LLVM leaves the
// multiplication in the loop. Scalar multiplications have one unit, which has
// multiply-adds of 256 bits to do as well: one beside twelve took an eighth off
// the rate of a register tile.
//
//===----------------------------------------------------------------------===//

#include "Vector/Line.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

Line attn::buildLine(VectorBuilder &b, Value buffer, unsigned along, Value at) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto data = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
  auto extent = [&](ArrayRef<OpFoldResult> of, unsigned dim) {
    return b.materialize(of[dim]);
  };
  SmallVector<OpFoldResult> sizes = data.getConstifiedMixedSizes();
  SmallVector<OpFoldResult> strides = data.getConstifiedMixedStrides();
  Value stride = extent(strides, along);
  auto multiply = [&](Value lhs, Value rhs) {
    return arith::MulIOp::create(builder, loc, lhs, rhs).getResult();
  };
  Value before = multiply(at, extent(strides, 1 - along));
  OpFoldResult offset = b.add(data.getConstifiedMixedOffset(), before);
  OpFoldResult size = b.add(multiply(extent(sizes, along), stride), 1);
  auto type = MemRefType::get(
      {ShapedType::kDynamic},
      cast<MemRefType>(buffer.getType()).getElementType(),
      StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic, {1}));
  Value elements = memref::ReinterpretCastOp::create(
      builder, loc, type, data.getBaseBuffer(),
      OpFoldResult(b.materialize(offset)),
      ArrayRef<OpFoldResult>{b.materialize(size)},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
  return {elements, stride};
}
