//===- NaiveElimination.cpp - inverses by elimination ---------------------===//
//
// Implements elimination with full pivots, element by element.
//
//===----------------------------------------------------------------------===//

#include "NaiveElimination.h"
#include "TensorLoops.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

NaiveElimination::NaiveElimination(OpBuilder &builder, Location loc,
                                   Value input, Value largest)
    : builder(builder), loc(loc), input(input), largest(largest),
      element(getFloatElement(input)),
      sizes(tensor::getMixedSizes(builder, loc, input)) {
  IndexMath math(builder, loc);
  zero = math.materialize(math.constant(0));
  one = math.materialize(math.constant(1));
  order = math.materialize(sizes.back());
  doubled = math.materialize(math.mul(sizes.back(), 2));
}

NaiveElimination::Values NaiveElimination::loop(OpBuilder &b, Value lo,
                                                Value hi, ValueRange init,
                                                Body body) {
  auto made = scf::ForOp::create(
      b, loc, lo, hi, one, init,
      [&](OpBuilder &nested, Location, Value index, ValueRange carried) {
        scf::YieldOp::create(nested, loc, body(nested, index, carried));
      });
  return Values(made.getResults());
}

Value NaiveElimination::load(OpBuilder &b, Value tensor, Value row, Value col) {
  Values place = where;
  place.append({row, col});
  return tensor::ExtractOp::create(b, loc, tensor, place);
}

Value NaiveElimination::store(OpBuilder &b, Value value, Value tensor,
                              Value row, Value col) {
  Values place = where;
  place.append({row, col});
  return tensor::InsertOp::create(b, loc, value, tensor, place);
}

/// [A | I] of all matrices.
Value NaiveElimination::buildStart() {
  unsigned rank = sizes.size();
  SmallVector<OpFoldResult> wide(sizes);
  wide.back() = getAsOpFoldResult(doubled);
  return TensorLoops(builder, loc)
      .map(wide, element, {},
           [&](OpBuilder &b, Location, ValueRange) -> Values {
             Values at;
             for (unsigned dim = 0; dim < rank; ++dim)
               at.push_back(linalg::IndexOp::create(b, loc, dim));
             Value row = at[rank - 2], col = at[rank - 1];
             Value left = arith::CmpIOp::create(
                 b, loc, arith::CmpIPredicate::slt, col, order);
             Value unit = arith::CmpIOp::create(
                 b, loc, arith::CmpIPredicate::eq,
                 arith::SubIOp::create(b, loc, col, order), row);
             at[rank - 1] = arith::SelectOp::create(b, loc, left, col, zero);
             Value entry = tensor::ExtractOp::create(b, loc, input, at);
             Value identity = arith::SelectOp::create(
                 b, loc, unit, buildFloat(b, loc, element, 1),
                 buildFloat(b, loc, element, 0));
             return {arith::SelectOp::create(b, loc, left, entry, identity)};
           });
}

NaiveElimination::Values NaiveElimination::buildSearch(OpBuilder &b,
                                                       ValueRange state) {
  Value work = state[0], places = state[1], rank = state[2];
  Value none = buildFloat(b, loc, element, 0);
  auto compare = [&](OpBuilder &inner, Value row, Value col,
                     ValueRange so) -> Values {
    Value size = math::AbsFOp::create(inner, loc, load(inner, work, row, col));
    Value more = arith::CmpFOp::create(inner, loc, arith::CmpFPredicate::OGT,
                                       size, so[1]);
    Value place = tensor::ExtractOp::create(inner, loc, places, col);
    Value free = arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::slt,
                                       place, zero);
    more = arith::AndIOp::create(inner, loc, more, free);
    Value better[] = {row, size, col};
    Values next;
    for (auto [value, best] : llvm::zip_equal(better, so))
      next.push_back(arith::SelectOp::create(inner, loc, more, value, best));
    return next;
  };
  return loop(b, zero, order, {rank, none, zero},
              [&](OpBuilder &outer, Value col, ValueRange columns) {
                return loop(outer, rank, order, columns,
                            [&](OpBuilder &inner, Value row, ValueRange so) {
                              return compare(inner, row, col, so);
                            });
              });
}

Value NaiveElimination::buildCleared(OpBuilder &b, Value work, Value source,
                                     Value rank, Value col) {
  Value pivot = load(b, work, source, col);
  // Exchanges the rows and divides by the pivot.
  Value swapped = loop(b, zero, doubled, work,
                       [&](OpBuilder &inner, Value j, ValueRange so) -> Values {
                         Value x = load(inner, so[0], source, j);
                         Value y = load(inner, so[0], rank, j);
                         Value moved = store(inner, y, so[0], source, j);
                         Value scaled =
                             arith::DivFOp::create(inner, loc, x, pivot);
                         return {store(inner, scaled, moved, rank, j)};
                       })[0];
  auto clearRow = [&](OpBuilder &outer, Value row, ValueRange rows) {
    Value own =
        arith::CmpIOp::create(outer, loc, arith::CmpIPredicate::eq, row, rank);
    Value factor = arith::SelectOp::create(outer, loc, own,
                                           buildFloat(outer, loc, element, 0),
                                           load(outer, rows[0], row, col));
    return loop(outer, zero, doubled, rows,
                [&](OpBuilder &inner, Value j, ValueRange so) -> Values {
                  Value product = arith::MulFOp::create(
                      inner, loc, factor, load(inner, so[0], rank, j));
                  Value less = arith::SubFOp::create(
                      inner, loc, load(inner, so[0], row, j), product);
                  return {store(inner, less, so[0], row, j)};
                });
  };
  return loop(b, zero, order, swapped, clearRow)[0];
}

NaiveElimination::Values
NaiveElimination::buildStep(OpBuilder &b, ValueRange state, Value bound) {
  Value work = state[0], places = state[1], rank = state[2];
  Values best = buildSearch(b, state);
  Value found =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, best[1], bound);
  auto branch = scf::IfOp::create(
      b, loc, found,
      [&](OpBuilder &then, Location) {
        Value cleared = buildCleared(then, work, best[0], rank, best[2]);
        Value placed =
            tensor::InsertOp::create(then, loc, rank, places, best[2]);
        Value next = arith::AddIOp::create(then, loc, rank, one);
        scf::YieldOp::create(then, loc, ValueRange{cleared, placed, next});
      },
      [&](OpBuilder &otherwise, Location) {
        scf::YieldOp::create(otherwise, loc, state);
      });
  return Values(branch.getResults());
}

Value NaiveElimination::buildBound(OpBuilder &b) {
  Value wide = arith::IndexCastOp::create(b, loc, b.getI64Type(), order);
  Value count = arith::SIToFPOp::create(b, loc, element, wide);
  Value unit =
      buildFloat(b, loc, element, std::numeric_limits<double>::epsilon());
  Value most = tensor::ExtractOp::create(b, loc, largest, where);
  return arith::MulFOp::create(
      b, loc, arith::MulFOp::create(b, loc, most, unit), count);
}

Value NaiveElimination::buildRows(OpBuilder &b, Value work, Value places,
                                  Value result) {
  auto fillRow = [&](OpBuilder &outer, Value row, ValueRange rows) {
    Value place = tensor::ExtractOp::create(outer, loc, places, row);
    Value exists = arith::CmpIOp::create(outer, loc, arith::CmpIPredicate::sge,
                                         place, zero);
    Value from = arith::MaxSIOp::create(outer, loc, place, zero);
    return loop(outer, zero, order, rows,
                [&](OpBuilder &inner, Value col, ValueRange so) -> Values {
                  Value right = arith::AddIOp::create(inner, loc, col, order);
                  Value kept = arith::SelectOp::create(
                      inner, loc, exists, load(inner, work, from, right),
                      buildFloat(inner, loc, element, 0));
                  return {store(inner, kept, so[0], row, col)};
                });
  };
  return loop(b, zero, order, result, fillRow)[0];
}

NaiveElimination::Values
NaiveElimination::invert(OpBuilder &b, ValueRange matrix, ValueRange state) {
  where = Values(matrix);
  Value bound = buildBound(b);
  Value places = tensor::EmptyOp::create(
      b, loc, ArrayRef<OpFoldResult>{sizes.back()}, b.getIndexType());
  Value none = arith::ConstantIndexOp::create(b, loc, -1);
  places = linalg::FillOp::create(b, loc, none, places).getResult(0);
  Values done = loop(b, zero, order, {state[0], places, zero},
                     [&](OpBuilder &inner, Value, ValueRange so) {
                       return buildStep(inner, so, bound);
                     });
  return {done[0], buildRows(b, done[0], done[1], state[1])};
}

Value NaiveElimination::run() {
  Values state = {buildStart(),
                  TensorLoops(builder, loc).fill(sizes, element, 0)};
  IndexMath math(builder, loc);
  unsigned leading = sizes.size() - 2;
  Value heads = math.materialize(sizes[leading - 1]);
  auto overHeads = [&](OpBuilder &b, ValueRange batch, ValueRange so) {
    return loop(b, zero, heads, so,
                [&](OpBuilder &inner, Value head, ValueRange carried) {
                  Values matrix(batch);
                  matrix.push_back(head);
                  return invert(inner, matrix, carried);
                });
  };
  if (leading == 1)
    return overHeads(builder, {}, state)[1];
  Value batches = math.materialize(sizes.front());
  return loop(builder, zero, batches, state,
              [&](OpBuilder &b, Value batch, ValueRange so) {
                return overHeads(b, batch, so);
              })[1];
}
