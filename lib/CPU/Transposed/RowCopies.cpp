//===- RowCopies.cpp - rows of keys and values, copied --------------------===//
//
// Builds the copy of a block's rows: widened, scaled, and from where they
// stand.
//
//===----------------------------------------------------------------------===//

#include "RowCopies.h"
#include "Vector/Neighbours.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Copies the elements [0, end) of row `from` of `view` to row `to`.
static void buildWhole(VectorBuilder &b, Value view, Value from, Value to,
                       Value end, Value factor, Value target) {
  Type narrow = cast<MemRefType>(view.getType()).getElementType();
  b.forEach(b.index(0), end, b.lanes, [&](VectorBuilder &b, Value column) {
    OpBuilder &builder = b.getBuilder();
    Value numbers = vector::LoadOp::create(builder, b.getLoc(),
                                           VectorType::get({b.lanes}, narrow),
                                           view, ValueRange{from, column});
    if (narrow != b.element)
      numbers =
          arith::ExtFOp::create(builder, b.getLoc(), b.getType(), numbers);
    if (factor)
      numbers = b.mulf(numbers, b.broadcast(factor));
    b.store(numbers, target, {to, column});
  });
}

void attn::buildRowCopies(VectorBuilder &b, RowSource source, Value count,
                          Value target) {
  Location loc = b.getLoc();
  Value columns =
      b.materialize(memref::getMixedSize(b.getBuilder(), loc, source.rows, 1));
  // Numbers of eight bits are widened one by one.
  Type narrow = cast<MemRefType>(source.rows.getType()).getElementType();
  bool goesByVectors = narrow == b.element || narrow.isF16() || narrow.isBF16();
  Value whole = b.index(0);
  NeighbourView view;
  if (goesByVectors) {
    view = buildNeighbourView(b, source.rows);
    Value fills = b.materialize(b.mul(b.floorDiv(columns, b.lanes), b.lanes));
    whole = arith::SelectOp::create(b.getBuilder(), loc, view.holds, fills,
                                    b.index(0));
  }
  b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value row) {
    Value from = source.places
                     ? buildLoadIndex(b, source.places, OpFoldResult(row))
                     : row;
    Value factor =
        source.scales ? b.loadScalar(source.scales, {from}) : Value();
    if (goesByVectors)
      buildWhole(b, view.view, from, row, whole, factor, target);
    b.forEach(whole, columns, 1, [&](VectorBuilder &b, Value column) {
      Value number = b.loadScalar(source.rows, {from, column});
      if (factor)
        number = b.mulf(number, factor);
      b.storeScalar(number, target, {row, column});
    });
  });
}
