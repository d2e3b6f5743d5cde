//===- NaivePinv.cpp - pseudo-inverses on whole tensors -------------------===//
//
// Implements attn.pinv for the oracle: the iteration as its formula, and
// elimination element by element.
//
//===----------------------------------------------------------------------===//

#include "HeadProducts.h"
#include "NaiveLowRank.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the inverses of the matrices of one tensor.
class NaivePinv {
public:
  NaivePinv(OpBuilder &builder, Location loc, Value input)
      : builder(builder), loc(loc), input(input), loops(builder, loc),
        element(getFloatElement(input)),
        sizes(tensor::getMixedSizes(builder, loc, input)),
        leading(sizes.begin(), sizes.end() - 2),
        all(llvm::to_vector(llvm::seq<unsigned>(0, sizes.size()))),
        heads(ArrayRef(all).drop_back(2)) {}

  Value product(Value lhs, Value rhs) {
    return buildNaiveProduct(builder, loc, lhs, rhs, leading);
  }
  Value iterate(int64_t count);
  Value eliminate();
  Value buildResidual(Value inverse);

private:
  /// `diagonal I - x`.
  Value fromDiagonal(double diagonal, Value x);
  /// The elements of a tensor combined over the dimensions that `kept` lacks,
  /// by the larger magnitude or by the sum of magnitudes.
  Value combine(Value tensor, ArrayRef<unsigned> kept, bool isMax);

  OpBuilder &builder;
  Location loc;
  Value input;
  TensorLoops loops;
  FloatType element;
  SmallVector<OpFoldResult> sizes, leading;
  SmallVector<unsigned> all, heads;
};

} // namespace

Value NaivePinv::fromDiagonal(double diagonal, Value x) {
  unsigned rank = sizes.size();
  return loops.map(
      sizes, element, {{x, all}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value row = linalg::IndexOp::create(nested, nestedLoc, rank - 2);
        Value col = linalg::IndexOp::create(nested, nestedLoc, rank - 1);
        Value same = arith::CmpIOp::create(nested, nestedLoc,
                                           arith::CmpIPredicate::eq, row, col);
        Value entry = arith::SelectOp::create(
            nested, nestedLoc, same,
            buildFloat(nested, nestedLoc, element, diagonal),
            buildFloat(nested, nestedLoc, element, 0));
        return {arith::SubFOp::create(nested, nestedLoc, entry, elements[0])};
      });
}

Value NaivePinv::combine(Value tensor, ArrayRef<unsigned> kept, bool isMax) {
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, tensor);
  SmallVector<OpFoldResult> left;
  for (unsigned dim : kept)
    left.push_back(have[dim]);
  auto every = llvm::to_vector(llvm::seq<unsigned>(0, have.size()));
  return loops.reduce(
      loops.fill(left, element, 0), kept, have.size(), {{tensor, every}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value size =
            math::AbsFOp::create(nested, nestedLoc, elements[0]).getResult();
        if (isMax)
          return {
              arith::MaximumFOp::create(nested, nestedLoc, elements[1], size)};
        return {arith::AddFOp::create(nested, nestedLoc, elements[1], size)};
      });
}

Value NaivePinv::iterate(int64_t count) {
  unsigned rank = sizes.size();
  SmallVector<unsigned> rows = heads, cols = heads, transposed = all;
  rows.push_back(rank - 2);
  cols.push_back(rank - 1);
  std::swap(transposed[rank - 2], transposed[rank - 1]);
  Value rowNorm = combine(combine(input, rows, false), heads, true);
  Value colNorm = combine(combine(input, cols, false), heads, true);
  Value inverse = loops.map(
      sizes, element, {{input, transposed}, {rowNorm, heads}, {colNorm, heads}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value norm =
            arith::MulFOp::create(nested, nestedLoc, elements[1], elements[2]);
        Value zero = buildFloat(nested, nestedLoc, element, 0);
        Value isZero = arith::CmpFOp::create(
            nested, nestedLoc, arith::CmpFPredicate::OEQ, norm, zero);
        Value quotient =
            arith::DivFOp::create(nested, nestedLoc, elements[0], norm);
        return {
            arith::SelectOp::create(nested, nestedLoc, isZero, zero, quotient)};
      });
  for (int64_t step = 0; step < count; ++step) {
    Value near = product(input, inverse);
    Value inner = product(near, fromDiagonal(7, near));
    Value outer = product(near, fromDiagonal(15, inner));
    Value next = product(inverse, fromDiagonal(13, outer));
    inverse = loops.map(sizes, element, {{next, all}},
                        [&](OpBuilder &nested, Location nestedLoc,
                            ValueRange elements) -> SmallVector<Value> {
                          return {arith::MulFOp::create(
                              nested, nestedLoc, elements[0],
                              buildFloat(nested, nestedLoc, element, 0.25))};
                        });
  }
  return inverse;
}

/// Elimination on the elements of one tensor of all matrices: columns that have
/// no pivot above the bound are dependent, and their rows of the inverse are 0.
Value NaivePinv::eliminate() {
  IndexMath math(builder, loc);
  unsigned rank = sizes.size();
  Value order = math.materialize(sizes.back());
  auto index = [&](int64_t value) {
    return math.materialize(math.constant(value));
  };
  Value zero = index(0), one = index(1);
  // [A | I], and the inverse, which takes rows from it in the end.
  OpFoldResult width = math.mul(sizes.back(), 2);
  SmallVector<OpFoldResult> wide(sizes);
  wide.back() = width;
  Value max = combine(input, heads, true);
  Value work = loops.map(
      wide, element, {},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange) -> SmallVector<Value> {
        SmallVector<Value> at;
        for (unsigned dim = 0; dim < rank; ++dim)
          at.push_back(linalg::IndexOp::create(nested, nestedLoc, dim));
        Value row = at[rank - 2], col = at[rank - 1];
        Value left = arith::CmpIOp::create(
            nested, nestedLoc, arith::CmpIPredicate::slt, col, order);
        Value unit = arith::CmpIOp::create(
            nested, nestedLoc, arith::CmpIPredicate::eq,
            arith::SubIOp::create(nested, nestedLoc, col, order), row);
        at[rank - 1] =
            arith::SelectOp::create(nested, nestedLoc, left, col, zero);
        Value entry = tensor::ExtractOp::create(nested, nestedLoc, input, at);
        Value identity = arith::SelectOp::create(
            nested, nestedLoc, unit, buildFloat(nested, nestedLoc, element, 1),
            buildFloat(nested, nestedLoc, element, 0));
        return {
            arith::SelectOp::create(nested, nestedLoc, left, entry, identity)};
      });
  Value result = loops.fill(sizes, element, 0);

  using Body =
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>;
  auto loop = [&](OpBuilder &b, Value lo, Value hi, ValueRange init,
                  Body body) {
    auto made = scf::ForOp::create(
        b, loc, lo, hi, one, init,
        [&](OpBuilder &nested, Location, Value at, ValueRange carried) {
          scf::YieldOp::create(nested, loc, body(nested, at, carried));
        });
    return SmallVector<Value>(made.getResults());
  };
  auto at = [&](ValueRange where, Value row, Value col) {
    SmallVector<Value> place(where);
    place.append({row, col});
    return place;
  };
  auto oneMatrix = [&](OpBuilder &b, ValueRange where,
                       ValueRange init) -> SmallVector<Value> {
    Value doubled = math.materialize(width);
    Value bound = arith::MulFOp::create(
        b, loc, tensor::ExtractOp::create(b, loc, max, where),
        buildFloat(b, loc, element, std::numeric_limits<double>::epsilon()));
    Value number = arith::IndexCastOp::create(b, loc, b.getI64Type(), order);
    bound = arith::MulFOp::create(
        b, loc, bound, arith::SIToFPOp::create(b, loc, element, number));
    auto step = [&](OpBuilder &b1, Value,
                    ValueRange state) -> SmallVector<Value> {
      Value rowOfPivot = state[2];
      // The largest element of what is left: rows from the next free one on,
      // columns without a pivot.
      SmallVector<Value> best = loop(
          b1, zero, order,
          ValueRange{rowOfPivot, buildFloat(b1, loc, element, 0), zero},
          [&](OpBuilder &b2, Value j, ValueRange columns) {
            return loop(
                b2, rowOfPivot, order, columns,
                [&](OpBuilder &b3, Value row,
                    ValueRange so) -> SmallVector<Value> {
                  Value entry = tensor::ExtractOp::create(b3, loc, state[0],
                                                          at(where, row, j));
                  Value size = math::AbsFOp::create(b3, loc, entry);
                  Value more = arith::CmpFOp::create(
                      b3, loc, arith::CmpFPredicate::OGT, size, so[1]);
                  Value place = tensor::ExtractOp::create(b3, loc, state[1], j);
                  Value free = arith::CmpIOp::create(
                      b3, loc, arith::CmpIPredicate::slt, place, zero);
                  more = arith::AndIOp::create(b3, loc, more, free);
                  return {arith::SelectOp::create(b3, loc, more, row, so[0]),
                          arith::SelectOp::create(b3, loc, more, size, so[1]),
                          arith::SelectOp::create(b3, loc, more, j, so[2])};
                });
          });
      Value col = best[2];
      Value found = arith::CmpFOp::create(b1, loc, arith::CmpFPredicate::OGT,
                                          best[1], bound);
      Value source = best[0];
      auto branch = scf::IfOp::create(
          b1, loc, found,
          [&](OpBuilder &b2, Location) {
            Value pivot = tensor::ExtractOp::create(b2, loc, state[0],
                                                    at(where, source, col));
            // Exchanges the rows and divides by the pivot.
            Value swapped = loop(
                b2, zero, doubled, ValueRange{state[0]},
                [&](OpBuilder &b3, Value j,
                    ValueRange so) -> SmallVector<Value> {
                  Value x = tensor::ExtractOp::create(b3, loc, so[0],
                                                      at(where, source, j));
                  Value y = tensor::ExtractOp::create(b3, loc, so[0],
                                                      at(where, rowOfPivot, j));
                  Value moved = tensor::InsertOp::create(b3, loc, y, so[0],
                                                         at(where, source, j));
                  Value scaled = arith::DivFOp::create(b3, loc, x, pivot);
                  return {tensor::InsertOp::create(b3, loc, scaled, moved,
                                                   at(where, rowOfPivot, j))};
                })[0];
            Value cleared = loop(
                b2, zero, order, ValueRange{swapped},
                [&](OpBuilder &b3, Value row,
                    ValueRange so) -> SmallVector<Value> {
                  Value own = arith::CmpIOp::create(
                      b3, loc, arith::CmpIPredicate::eq, row, rowOfPivot);
                  Value entry = tensor::ExtractOp::create(b3, loc, so[0],
                                                          at(where, row, col));
                  Value factor = arith::SelectOp::create(
                      b3, loc, own, buildFloat(b3, loc, element, 0), entry);
                  return loop(
                      b3, zero, doubled, so,
                      [&](OpBuilder &b4, Value j,
                          ValueRange inner) -> SmallVector<Value> {
                        Value x = tensor::ExtractOp::create(b4, loc, inner[0],
                                                            at(where, row, j));
                        Value y = tensor::ExtractOp::create(
                            b4, loc, inner[0], at(where, rowOfPivot, j));
                        Value less = arith::SubFOp::create(
                            b4, loc, x,
                            arith::MulFOp::create(b4, loc, factor, y));
                        return {tensor::InsertOp::create(
                            b4, loc, less, inner[0], at(where, row, j))};
                      });
                })[0];
            Value next = arith::AddIOp::create(b2, loc, rowOfPivot, one);
            Value placed =
                tensor::InsertOp::create(b2, loc, rowOfPivot, state[1], col);
            scf::YieldOp::create(b2, loc, ValueRange{cleared, placed, next});
          },
          [&](OpBuilder &b2, Location) {
            Value none = arith::ConstantIndexOp::create(b2, loc, -1);
            scf::YieldOp::create(b2, loc,
                                 ValueRange{state[0], none, rowOfPivot});
          });
      Value place =
          tensor::InsertOp::create(b1, loc, branch.getResult(1), state[1], col);
      return {branch.getResult(0), place, branch.getResult(2)};
    };
    Value places = tensor::EmptyOp::create(
        b, loc, ArrayRef<OpFoldResult>{sizes.back()}, b.getIndexType());
    places = linalg::FillOp::create(
                 b, loc, arith::ConstantIndexOp::create(b, loc, -1).getResult(),
                 places)
                 .getResult(0);
    SmallVector<Value> done =
        loop(b, zero, order, ValueRange{init[0], places, zero}, step);
    Value filled = loop(
        b, zero, order, ValueRange{init[1]},
        [&](OpBuilder &b1, Value row, ValueRange so) -> SmallVector<Value> {
          Value place = tensor::ExtractOp::create(b1, loc, done[1], row);
          Value exists = arith::CmpIOp::create(
              b1, loc, arith::CmpIPredicate::sge, place, zero);
          Value from = arith::MaxSIOp::create(b1, loc, place, zero);
          return loop(
              b1, zero, order, so,
              [&](OpBuilder &b2, Value col,
                  ValueRange inner) -> SmallVector<Value> {
                Value right = arith::AddIOp::create(b2, loc, col, order);
                Value entry = tensor::ExtractOp::create(b2, loc, done[0],
                                                        at(where, from, right));
                Value kept = arith::SelectOp::create(
                    b2, loc, exists, entry, buildFloat(b2, loc, element, 0));
                return {tensor::InsertOp::create(b2, loc, kept, inner[0],
                                                 at(where, row, col))};
              });
        })[0];
    return {done[0], filled};
  };
  auto overHeads = [&](OpBuilder &b, ValueRange where,
                       ValueRange init) -> SmallVector<Value> {
    Value count = math.materialize(leading.back());
    return loop(b, zero, count, init,
                [&](OpBuilder &b1, Value head, ValueRange so) {
                  SmallVector<Value> place(where);
                  place.push_back(head);
                  return oneMatrix(b1, place, so);
                });
  };
  if (leading.size() == 1)
    return overHeads(builder, {}, {work, result})[1];
  Value batches = math.materialize(leading.front());
  return loop(builder, zero, batches, {work, result},
              [&](OpBuilder &b, Value batch, ValueRange so) {
                return overHeads(b, batch, so);
              })[1];
}

Value NaivePinv::buildResidual(Value inverse) {
  Value again = product(product(input, inverse), input);
  Value difference =
      loops.map(sizes, element, {{again, all}, {input, all}},
                [](OpBuilder &nested, Location nestedLoc,
                   ValueRange elements) -> SmallVector<Value> {
                  return {arith::SubFOp::create(nested, nestedLoc, elements[0],
                                                elements[1])};
                });
  return combine(difference, heads, true);
}

std::pair<Value, Value> attn::buildNaivePinv(OpBuilder &builder, Location loc,
                                             Value input,
                                             std::optional<uint64_t> iters) {
  NaivePinv pinv(builder, loc, input);
  Value inverse = iters ? pinv.iterate(*iters) : pinv.eliminate();
  return {inverse, pinv.buildResidual(inverse)};
}
