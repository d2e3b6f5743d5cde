//===- NaivePinv.cpp - pseudo-inverses on whole tensors -------------------===//
//
// Implements attn.pinv for the oracle: the iteration as its formula.
//
//===----------------------------------------------------------------------===//

#include "NaiveElimination.h"
#include "NaiveLowRank.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

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

Value NaivePinv::eliminate() {
  return NaiveElimination(builder, loc, input, combine(input, heads, true))
      .run();
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
