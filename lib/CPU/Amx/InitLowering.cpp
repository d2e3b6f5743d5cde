//===- InitLowering.cpp - queries as operands of tiles --------------------===//
//
// Lowers attn.init in the AMX form. Queries stay as they are: a factor on them
// would have to be rounded to bf16, so the step applies it to scores.
//
//===----------------------------------------------------------------------===//

#include "Amx/PackedRows.h"
#include "Amx/TileProduct.h"
#include "Lowering.h"
#include "Vector/Scratch.h"
#include "Vector/TileRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// Copies the `queries` of panel `p` to `rows`, zeros beyond the last.
static void buildRows(VectorBuilder &b, InitOp op, const TileRows &queries,
                      Value p, Value rows) {
  int64_t panel = op.getSchedule().getPanel();
  b.forEach(b.index(0), b.index(panel), 1, [&](VectorBuilder &b, Value lane) {
    Value row = b.materialize(b.add(b.mul(p, panel), lane));
    Value exists =
        arith::CmpIOp::create(b.getBuilder(), b.getLoc(),
                              arith::CmpIPredicate::slt, row, queries.count);
    scf::IfOp::create(
        b.getBuilder(), b.getLoc(), exists,
        [&](OpBuilder &then, Location loc) {
          VectorBuilder t = b.at(then);
          buildPaddedRow(t, op.getQuery(), queries.indices(t, row),
                         /*factor=*/nullptr, rows, lane);
          scf::YieldOp::create(then, loc);
        },
        [&](OpBuilder &otherwise, Location loc) {
          VectorBuilder t = b.at(otherwise);
          buildZeroRow(t, rows, lane);
          scf::YieldOp::create(otherwise, loc);
        });
  });
}

void attn::lowerAmxInit(InitOp op, int64_t lanes) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  VectorBuilder b(builder, loc, builder.getF32Type(), lanes);
  int64_t panel = op.getSchedule().getPanel();
  auto prepared = cast<MemRefType>(op.getPrepared().getType());
  auto acc = cast<MemRefType>(op.getAcc().getType());
  int64_t depth = 2 * prepared.getDimSize(2);
  Value rows = getScratch(
      op, "queries", MemRefType::get({panel, depth}, builder.getBF16Type()));
  TileRows queries(b, op.getQuery(), /*trailing=*/1, op.getSchedule());
  Value zero = b.index(0);
  Value panels = b.materialize(b.ceilDiv(queries.count, panel));
  b.forEach(zero, panels, 1, [&](VectorBuilder &b, Value p) {
    buildRows(b, op, queries, p, rows);
    b.forEach(zero, b.index(depth), kTileDepth, [&](VectorBuilder &b, Value d) {
      Value pair = b.materialize(b.floorDiv(d, 2));
      for (int64_t tile = 0; tile < panel / kTileRows; ++tile) {
        SmallVector<Value> columns = buildTransposedSquare(
            b, getPairsType(b.getBuilder()), [&](int64_t r, int64_t quad) {
              return buildLoad(b, kQuad, rows,
                               {b.index(tile * kTileRows + r),
                                b.materialize(b.add(d, quad * kQuad))});
            });
        for (auto [r, pairs] : llvm::enumerate(columns))
          b.store(pairs, op.getPrepared(),
                  {p, b.index(tile), b.materialize(b.add(pair, r)), zero});
      }
    });
    b.forEach(zero, b.index(panel), lanes, [&](VectorBuilder &b, Value lane) {
      b.forEach(zero, b.index(acc.getDimSize(1)), 1,
                [&](VectorBuilder &b, Value e) {
                  b.store(b.splat(0), op.getAcc(), {p, e, lane});
                });
      b.store(b.splat(-std::numeric_limits<double>::infinity()), op.getMax(),
              {p, lane});
      b.store(b.splat(0), op.getSum(), {p, lane});
    });
  });
  op.erase();
}
