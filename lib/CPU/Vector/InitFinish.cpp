//===- InitFinish.cpp - the ends of a fold --------------------------------===//
//
// Lowers attn.init and attn.finish: queries are laid out in panels once a tile,
// and the accumulator is read back once. Both touch M x (D + E) elements
// against the M x N x (D + E) of the steps between; few keys are listed, or
// there, at times, so in the transposed form both go by squares that are
// transposed in registers, as far as rows fill vectors and their elements are
// neighbours.
//
//===----------------------------------------------------------------------===//

#include "Amx/AccumulatorRows.h"
#include "Lowering.h"
#include "Vector/AcrossLanes.h"
#include "Vector/Neighbours.h"
#include "Vector/TileRows.h"
#include "Vector/VectorBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// How a form lays out prepared queries and the accumulator.
struct StateLayout {
  explicit StateLayout(ScheduleAttr schedule)
      : form(schedule.getForm()), panel(schedule.getPanel()),
        widthDim(form == Form::Row ? 2 : 1) {}

  /// The place of a column of query `lane` of panel `p`.
  SmallVector<Value> indices(Value p, Value lane, Value column) const {
    if (form == Form::Row)
      return {p, lane, column};
    return {p, column, lane};
  }

  /// Lanes of a vector of queries: a panel of form row is shorter than others.
  int64_t vectorOf(int64_t lanes) const { return std::min(lanes, panel); }

  Form form;
  int64_t panel;
  unsigned widthDim;
};

/// `indices` and one more.
SmallVector<Value> with(SmallVector<Value> indices, Value last) {
  indices.push_back(last);
  return indices;
}

/// Part of a panel that goes by squares of as many rows as a vector has lanes:
/// its first `rows` rows, as far as column `columns`.
struct Squares {
  const TileRows &tile;
  Value buffer, rows, columns;

  /// Of the `count` rows of a panel of `whole`, whose rows are those of `tile`.
  Squares(VectorBuilder &b, Value whole, const TileRows &tile, Value count)
      : tile(tile) {
    OpBuilder &builder = b.getBuilder();
    NeighbourView view = buildNeighbourView(b, whole);
    buffer = view.view;
    auto fill = [&](Value extent) {
      return b.materialize(b.mul(b.floorDiv(extent, b.lanes), b.lanes));
    };
    rows = arith::SelectOp::create(builder, b.getLoc(), view.holds, fill(count),
                                   b.index(0));
    columns = fill(sizeOf(b, whole, -1));
  }

  /// The place of an element of row `row` of the tile.
  SmallVector<Value> place(VectorBuilder &b, OpFoldResult row,
                           Value column) const {
    return with(tile.indices(b, b.materialize(row)), column);
  }

  /// Asks for an element of row `row`, where the rows are those of one axis:
  /// elsewhere it costs as much to say where the row is as to wait for it.
  void prefetch(VectorBuilder &b, OpFoldResult row, Value column,
                bool isWrite) const {
    if (cast<MemRefType>(buffer.getType()).getRank() == 2)
      b.prefetch(buffer, {b.materialize(row), column}, isWrite);
  }

  /// Calls `body` with the first row and column of each square.
  void forEach(VectorBuilder &b,
               llvm::function_ref<void(VectorBuilder &, Value, Value)> body) {
    b.forEach(b.index(0), rows, b.lanes, [&](VectorBuilder &b, Value row) {
      b.forEach(b.index(0), columns, b.lanes,
                [&](VectorBuilder &b, Value column) { body(b, row, column); });
    });
  }

  /// The first column of row `row` that no square has.
  Value firstLeft(VectorBuilder &b, Value row) {
    return b.materialize(
        b.selectLess(row, getAsOpFoldResult(rows), columns, b.constant(0)));
  }
};

/// The rows of panel `p`, of `rows` of the tile.
Value rowsOfPanel(VectorBuilder &b, Value p, int64_t panel, Value rows) {
  return b.materialize(b.min(b.constant(panel), b.sub(rows, b.mul(p, panel))));
}

/// Queries from row `row` of panel `p` and column `column` on, as a square; the
/// rows below are asked for.
void buildInitSquare(VectorBuilder &b, InitOp op, const Squares &squares,
                     Value p, Value row, Value column) {
  OpBuilder &builder = b.getBuilder();
  Type element = cast<MemRefType>(squares.buffer.getType()).getElementType();
  auto vector = VectorType::get({b.lanes}, element);
  double factor = op.getFactor().convertToDouble();
  Value first =
      b.materialize(b.add(row, b.mul(p, op.getSchedule().getPanel())));
  SmallVector<Value> square;
  for (int64_t r = 0; r < b.lanes; ++r) {
    Value query =
        vector::LoadOp::create(builder, b.getLoc(), vector, squares.buffer,
                               squares.place(b, b.add(first, r), column));
    squares.prefetch(b, b.add(first, b.lanes + r), column, /*isWrite=*/false);
    if (element != b.element)
      query = arith::ExtFOp::create(builder, b.getLoc(), b.getType(), query);
    square.push_back(b.mulf(query, b.splat(factor)));
  }
  square = buildTransposed(b, square);
  for (int64_t r = 0; r < b.lanes; ++r)
    b.store(square[r], op.getPrepared(),
            {p, b.materialize(b.add(column, r)), row});
}

/// The same the other way round: results from row `row` of panel `p` on.
void buildFinishSquare(VectorBuilder &b, FinishOp op, const Squares &squares,
                       Value p, Value row, Value column) {
  Value factor = b.load(op.getSum(), {p, row});
  Value first =
      b.materialize(b.add(row, b.mul(p, op.getSchedule().getPanel())));
  SmallVector<Value> square;
  for (int64_t r = 0; r < b.lanes; ++r)
    square.push_back(
        b.mulf(b.load(op.getAcc(), {p, b.materialize(b.add(column, r)), row}),
               factor));
  square = buildTransposed(b, square);
  for (int64_t r = 0; r < b.lanes; ++r) {
    squares.prefetch(b, b.add(first, b.lanes + r), column, /*isWrite=*/true);
    b.store(square[r], squares.buffer,
            squares.place(b, b.add(first, r), column));
  }
}

} // namespace

void attn::lowerInit(InitOp op, int64_t lanes) {
  OpBuilder builder(op);
  StateLayout layout(op.getSchedule());
  auto prepared = cast<MemRefType>(op.getPrepared().getType());
  auto element = cast<FloatType>(prepared.getElementType());
  VectorBuilder b(builder, op.getLoc(), element, layout.vectorOf(lanes));
  Value zero = b.index(0), width = sizeOf(b, op.getQuery(), -1);
  // In form row a row is followed by zeros to whole vectors.
  Value padded = sizeOf(b, op.getPrepared(), layout.widthDim);
  Value valueWidth = sizeOf(b, op.getAcc(), layout.widthDim);
  TileRows queries(b, op.getQuery(), /*trailing=*/1, op.getSchedule());
  Value rows = queries.count, panel = b.index(layout.panel);
  Value panels = b.materialize(b.ceilDiv(rows, layout.panel));
  double factor = op.getFactor().convertToDouble();

  auto fillZeros = [&](VectorBuilder &b, Value buffer, Value p, Value lane,
                       Value from, Value to) {
    b.forEach(from, to, 1, [&](VectorBuilder &b, Value d) {
      b.storeScalar(b.number(0), buffer, layout.indices(p, lane, d));
    });
  };
  b.forEach(zero, panels, 1, [&](VectorBuilder &b, Value p) {
    std::optional<Squares> squares;
    if (layout.form == Form::Transposed) {
      squares.emplace(b, op.getQuery(), queries,
                      rowsOfPanel(b, p, layout.panel, rows));
      squares->forEach(b, [&](VectorBuilder &b, Value row, Value column) {
        buildInitSquare(b, op, *squares, p, row, column);
      });
    }
    b.forEach(zero, panel, 1, [&](VectorBuilder &b, Value lane) {
      Value row = b.materialize(b.add(b.mul(p, layout.panel), lane));
      Value valid = arith::CmpIOp::create(b.getBuilder(), b.getLoc(),
                                          arith::CmpIPredicate::slt, row, rows);
      // Beyond the last query are zeros: their scores are zeros, which disturb
      // nobody and are never stored.
      scf::IfOp::create(
          b.getBuilder(), b.getLoc(), valid,
          [&](OpBuilder &then, Location) {
            VectorBuilder t = b.at(then);
            SmallVector<Value> place = queries.indices(t, row);
            Value left = squares ? squares->firstLeft(t, lane) : zero;
            t.forEach(left, width, 1, [&](VectorBuilder &t, Value d) {
              Value q = t.loadScalar(op.getQuery(), with(place, d));
              t.storeScalar(t.mulf(q, t.number(factor)), op.getPrepared(),
                            layout.indices(p, lane, d));
            });
            fillZeros(t, op.getPrepared(), p, lane, width, padded);
            scf::YieldOp::create(then, b.getLoc());
          },
          [&](OpBuilder &otherwise, Location) {
            VectorBuilder t = b.at(otherwise);
            fillZeros(t, op.getPrepared(), p, lane, zero, padded);
            scf::YieldOp::create(otherwise, b.getLoc());
          });
      if (layout.form == Form::Row)
        fillZeros(b, op.getAcc(), p, lane, zero, valueWidth);
    });
    b.forEach(zero, panel, b.lanes, [&](VectorBuilder &b, Value lane) {
      if (layout.form == Form::Transposed)
        b.forEach(zero, valueWidth, 1, [&](VectorBuilder &b, Value e) {
          b.store(b.splat(0), op.getAcc(), {p, e, lane});
        });
      b.store(b.splat(-std::numeric_limits<double>::infinity()), op.getMax(),
              {p, lane});
      b.store(b.splat(op.getUnnormalized() ? 1 : 0), op.getSum(), {p, lane});
    });
  });
  op.erase();
}

static Value buildSinks(VectorBuilder &b, FinishOp op, const TileRows &rows,
                        Value first) {
  if (!rows.hasHeads())
    return b.broadcast(b.loadScalar(op.getSink(), {op.getHead()}));
  // Lanes beyond the last query repeat its head, so that reads stay inside.
  SmallVector<Value> sinks;
  OpFoldResult last = b.add(rows.count, -1);
  for (int64_t k = 0; k < b.lanes; ++k) {
    Value row = b.materialize(b.min(b.add(first, k), last));
    Value head = b.materialize(b.add(op.getHead(), rows.indices(b, row)[0]));
    sinks.push_back(b.loadScalar(op.getSink(), {head}));
  }
  return vector::FromElementsOp::create(b.getBuilder(), b.getLoc(), b.getType(),
                                        sinks);
}

/// Turns the sums into the factors of the accumulator and, where the caller
/// wants it, the maxima into log-sum-exps, one vector of queries at a time.
static void buildFactors(VectorBuilder &b, FinishOp op, const TileRows &rows,
                         Value p, Value lane) {
  double minusInf = -std::numeric_limits<double>::infinity();
  Value max = b.load(op.getMax(), {p, lane});
  Value sum = b.load(op.getSum(), {p, lane});
  Value factor = b.splat(1);
  if (op.getSink()) {
    // The sink is one more key with score sink and value 0.
    Value first =
        b.materialize(b.add(b.mul(p, op.getSchedule().getPanel()), lane));
    Value wide = b.mulf(buildSinks(b, op, rows, first), b.splat(kLog2E));
    Value joint = b.maxf(max, wide);
    Value safe = b.selectEqual(joint, minusInf, b.splat(0), joint);
    factor = b.exp2(b.subf(max, safe));
    sum = b.addf(b.mulf(sum, factor), b.exp2(b.subf(wide, safe)));
    max = joint;
  }
  Value inverse = b.selectEqual(sum, 0, b.splat(0), b.divf(factor, sum));
  b.store(inverse, op.getSum(), {p, lane});
  if (!op.getLse())
    return;
  Value safe = b.selectEqual(max, minusInf, b.splat(0), max);
  Value lse = b.mulf(b.addf(safe, b.log2(sum)), b.splat(kLn2));
  // log2 of a polynomial need not be exact at 0.
  lse = b.selectEqual(sum, 0, b.splat(minusInf), lse);
  b.store(lse, op.getMax(), {p, lane});
}

void attn::lowerFinish(FinishOp op, int64_t lanes) {
  OpBuilder builder(op);
  auto acc = cast<MemRefType>(op.getAcc().getType());
  StateLayout layout(op.getSchedule());
  VectorBuilder b(builder, op.getLoc(), cast<FloatType>(acc.getElementType()),
                  layout.vectorOf(lanes));
  int64_t panel = layout.panel;
  Value zero = b.index(0), width = sizeOf(b, op.getOut(), -1);
  TileRows queries(b, op.getOut(), /*trailing=*/1, op.getSchedule());
  Value rows = queries.count;
  // What is rounded is rounded one by one.
  bool isWide = cast<MemRefType>(op.getOut().getType()).getElementType() ==
                acc.getElementType();
  Value panels = b.materialize(b.ceilDiv(rows, panel));

  b.forEach(zero, panels, 1, [&](VectorBuilder &b, Value p) {
    b.forEach(zero, b.index(panel), b.lanes, [&](VectorBuilder &b, Value lane) {
      buildFactors(b, op, queries, p, lane);
    });
    Value first = b.materialize(b.mul(p, panel));
    Value valid = rowsOfPanel(b, p, panel, rows);
    std::optional<Squares> squares;
    if (layout.form == Form::Transposed && isWide) {
      squares.emplace(b, op.getOut(), queries, valid);
      squares->forEach(b, [&](VectorBuilder &b, Value row, Value column) {
        buildFinishSquare(b, op, *squares, p, row, column);
      });
    }
    Value byRows =
        layout.form == Form::AMX ? buildAccumulatorRows(b, op, p) : Value();
    b.forEach(zero, valid, 1, [&](VectorBuilder &b, Value lane) {
      Value row = b.materialize(b.add(first, lane));
      SmallVector<Value> place = queries.indices(b, row);
      Value factor = b.loadScalar(op.getSum(), {p, lane});
      Value left = squares ? squares->firstLeft(b, lane) : zero;
      b.forEach(left, width, 1, [&](VectorBuilder &b, Value e) {
        Value value =
            byRows ? b.loadScalar(byRows, {lane, e})
                   : b.loadScalar(op.getAcc(), layout.indices(p, lane, e));
        b.storeScalar(b.mulf(value, factor), op.getOut(), with(place, e));
      });
      if (op.getLse())
        b.storeScalar(b.loadScalar(op.getMax(), {p, lane}), op.getLse(), place);
    });
  });
  op.erase();
}
