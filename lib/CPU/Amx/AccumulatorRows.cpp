//===- AccumulatorRows.cpp - the accumulator by queries -------------------===//
//
// Transposes a panel square by square. Other forms read element by element,
// which is little beside their products; beside products on tiles it would be
// much.
//
//===----------------------------------------------------------------------===//

#include "Amx/AccumulatorRows.h"
#include "Amx/PackedRows.h"
#include "Amx/TileProduct.h"
#include "Vector/Scratch.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::buildAccumulatorRows(VectorBuilder &b, FinishOp op, Value p) {
  auto acc = cast<MemRefType>(op.getAcc().getType());
  int64_t width = acc.getDimSize(1), panel = acc.getDimSize(2);
  Value rows =
      getScratch(op, "rows", MemRefType::get({panel, width}, b.element));
  auto rowType = VectorType::get({kTileRows}, b.element);
  b.forEach(
      b.index(0), b.index(width), kTileRows, [&](VectorBuilder &b, Value e) {
        b.forEach(b.index(0), b.index(panel), kTileRows,
                  [&](VectorBuilder &b, Value lane) {
                    auto loadQuad = [&](int64_t r, int64_t quad) {
                      return buildLoad(b, 4, op.getAcc(),
                                       {p, b.materialize(b.add(e, r)),
                                        b.materialize(b.add(lane, 4 * quad))});
                    };
                    for (auto [r, row] : llvm::enumerate(
                             buildTransposedSquare(b, rowType, loadQuad)))
                      b.store(row, rows, {b.materialize(b.add(lane, r)), e});
                  });
      });
  return rows;
}
