//===- Neighbours.cpp - rows whose elements are neighbours ----------------===//
//
// Implements the view of a buffer with a last stride of 1.
//
//===----------------------------------------------------------------------===//

#include "Vector/Neighbours.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

NeighbourView attn::buildNeighbourView(VectorBuilder &b, Value buffer) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto type = cast<MemRefType>(buffer.getType());
  auto data = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
  SmallVector<OpFoldResult> sizes = data.getConstifiedMixedSizes();
  SmallVector<OpFoldResult> strides = data.getConstifiedMixedStrides();
  NeighbourView result;
  result.holds =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                            b.materialize(strides.back()), b.index(1));
  strides.back() = b.constant(1);
  SmallVector<int64_t> known(type.getRank(), ShapedType::kDynamic);
  SmallVector<int64_t> shape(known);
  known.back() = 1;
  auto layout =
      StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic, known);
  result.view = memref::ReinterpretCastOp::create(
      builder, loc, MemRefType::get(shape, type.getElementType(), layout),
      data.getBaseBuffer(), data.getConstifiedMixedOffset(), sizes, strides);
  return result;
}
