//===- TileRows.cpp - the rows of a tile, numbered through ----------------===//
//
// Implements the places of rows.
//
//===----------------------------------------------------------------------===//

#include "Vector/TileRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::sizeOf(VectorBuilder &b, Value buffer, int64_t dim) {
  if (dim < 0)
    dim += cast<MemRefType>(buffer.getType()).getRank();
  return b.materialize(
      memref::getMixedSize(b.getBuilder(), b.getLoc(), buffer, dim));
}

TileRows::TileRows(VectorBuilder &b, Value buffer, unsigned trailing,
                   ScheduleAttr schedule)
    : isBox(!schedule.getBox().empty()) {
  unsigned rank = cast<MemRefType>(buffer.getType()).getRank() - trailing;
  for (unsigned dim = 0; dim < rank; ++dim)
    extents.push_back(sizeOf(b, buffer, dim));
  count = extents.front();
  for (Value extent : ArrayRef(extents).drop_front())
    count = arith::MulIOp::create(b.getBuilder(), b.getLoc(), count, extent);
}

SmallVector<Value> TileRows::indices(VectorBuilder &b, Value row) const {
  SmallVector<Value> result(extents.size());
  if (hasHeads())
    return {
        arith::RemUIOp::create(b.getBuilder(), b.getLoc(), row, extents[0]),
        arith::DivUIOp::create(b.getBuilder(), b.getLoc(), row, extents[0])};
  for (unsigned dim = extents.size(); dim-- > 1;) {
    result[dim] =
        arith::RemUIOp::create(b.getBuilder(), b.getLoc(), row, extents[dim]);
    row = arith::DivUIOp::create(b.getBuilder(), b.getLoc(), row, extents[dim]);
  }
  result[0] = row;
  return result;
}
