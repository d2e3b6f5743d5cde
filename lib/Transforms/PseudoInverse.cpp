//===- PseudoInverse.cpp - pseudo-inverses of small matrices --------------===//
//
// Lowers attn.pinv: the iteration to products of all matrices at a time,
// elimination to loops on one matrix a grid cell.
//
//===----------------------------------------------------------------------===//

#include "HeadProducts.h"
#include "LowRankForms.h"
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

/// Builds the inverses of one op.
class PinvBuilder {
public:
  PinvBuilder(OpBuilder &builder, PinvOp op)
      : builder(builder), loc(op.getLoc()), op(op),
        element(getFloatElement(op.getInput())), loops(builder, loc),
        math(builder, loc),
        sizes(tensor::getMixedSizes(builder, loc, op.getInput())) {}

  SmallVector<Value> run() {
    Value inverse = op.getIters() ? iterate() : eliminate();
    SmallVector<Value> results = {inverse};
    if (op.getResidual())
      results.push_back(buildResidual(inverse));
    return results;
  }

private:
  using CellBody = llvm::function_ref<Value(ValueRange)>;

  Value product(Value lhs, Value rhs, double factor = 1, double diagonal = 0) {
    return buildHeadProduct(builder, loc, lhs, rhs, sizes, factor, diagonal);
  }

  /// A grid over matrices; `body` gets those of `inputs` and returns what
  /// stands at the cell's place in a tensor of `results` more dimensions.
  Value buildGrid(ValueRange inputs, ArrayRef<OpFoldResult> results,
                  CellBody body);
  /// The largest element of `tensor`, a vector or a matrix; NaN if there is
  /// one.
  Value buildMax(Value tensor);
  /// The sums of magnitudes over dimension `dim`.
  Value buildSums(Value matrix, unsigned dim);
  Value buildStart(Value matrix);
  Value iterate();
  Value buildEliminated(Value matrix);
  SmallVector<Value> buildPivotStep(OpBuilder &b, Value work, Value places,
                                    Value rank, Value least);
  Value buildClearedColumn(OpBuilder &b, Value work, Value row, Value column,
                           Value rank);
  Value eliminate();
  Value buildResidual(Value inverse);

  Value number(double value) {
    return buildFloat(builder, loc, element, value);
  }

  OpBuilder &builder;
  Location loc;
  PinvOp op;
  FloatType element;
  TensorLoops loops;
  IndexMath math;
  SmallVector<OpFoldResult> sizes;
};

} // namespace

Value PinvBuilder::buildGrid(ValueRange inputs, ArrayRef<OpFoldResult> results,
                             CellBody body) {
  unsigned leading = sizes.size() - 2;
  ArrayRef<OpFoldResult> bounds = ArrayRef(sizes).take_front(leading);
  SmallVector<OpFoldResult> outSizes(bounds);
  llvm::append_range(outSizes, results);
  Value init = tensor::EmptyOp::create(builder, loc, outSizes, element);
  auto grid = scf::ForallOp::create(builder, loc, bounds, init,
                                    /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(grid.getTerminator());
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  SmallVector<OpFoldResult> place = getAsOpFoldResult(grid.getInductionVars());
  SmallVector<OpFoldResult> offsets = place, counts(leading, one);
  offsets.append(2, zero);
  counts.append(sizes.end() - 2, sizes.end());
  SmallVector<OpFoldResult> steps(sizes.size(), one);
  auto matrixType = getTypeOfSizes(ArrayRef(sizes).take_back(2), element);
  SmallVector<Value> matrices;
  for (Value input : inputs)
    matrices.push_back(tensor::ExtractSliceOp::create(
        builder, loc, matrixType, input, offsets, counts, steps));
  Value value = body(matrices);
  offsets.resize(leading + results.size(), zero);
  counts.resize(leading);
  llvm::append_range(counts, results);
  steps.resize(leading + results.size(), one);
  builder.setInsertionPointToEnd(grid.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, loc, value,
                                        grid.getRegionIterArgs().front(),
                                        offsets, counts, steps);
  return grid.getResult(0);
}

Value PinvBuilder::buildMax(Value tensor) {
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  Value init = loops.fill({}, element, 0);
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  Value max = loops.reduce(
      init, {}, rank, {{tensor, all}},
      [](OpBuilder &nested, Location nestedLoc,
         ValueRange elements) -> SmallVector<Value> {
        Value size =
            math::AbsFOp::create(nested, nestedLoc, elements[0]).getResult();
        return {
            arith::MaximumFOp::create(nested, nestedLoc, elements[1], size)};
      });
  return tensor::ExtractOp::create(builder, loc, max, ValueRange());
}

Value PinvBuilder::buildSums(Value matrix, unsigned dim) {
  return loops.reduce(
      loops.fill(sizes.back(), element, 0), {1 - dim}, 2, {{matrix, {0, 1}}},
      [](OpBuilder &nested, Location nestedLoc,
         ValueRange elements) -> SmallVector<Value> {
        Value size =
            math::AbsFOp::create(nested, nestedLoc, elements[0]).getResult();
        return {arith::AddFOp::create(nested, nestedLoc, elements[1], size)};
      });
}

/// Aᵀ over the product of its largest sums of columns and of rows; 0 for 0.
Value PinvBuilder::buildStart(Value matrix) {
  Value norm =
      arith::MulFOp::create(builder, loc, buildMax(buildSums(matrix, 0)),
                            buildMax(buildSums(matrix, 1)));
  Value zero = number(0);
  Value isZero = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                       norm, zero);
  Value inverse = arith::DivFOp::create(builder, loc, number(1), norm);
  Value factor = arith::SelectOp::create(builder, loc, isZero, zero, inverse);
  return loops.map(
      ArrayRef(sizes).take_back(2), element, {{matrix, {1, 0}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        return {arith::MulFOp::create(nested, nestedLoc, elements[0], factor)};
      });
}

Value PinvBuilder::iterate() {
  Value matrix = op.getInput();
  ArrayRef<OpFoldResult> square = ArrayRef(sizes).take_back(2);
  Value start = buildGrid(matrix, square, [&](ValueRange matrices) {
    return buildStart(matrices[0]);
  });
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, sizes.size()));
  auto bound = [&](int64_t value) {
    return math.materialize(math.constant(value));
  };
  auto loop = scf::ForOp::create(builder, loc, bound(0), bound(*op.getIters()),
                                 bound(1), start);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value inverse = loop.getRegionIterArg(0);
  Value near = product(matrix, inverse);
  // 7 I - A Z, in a grid as the products are.
  Value inner = buildGrid(near, square, [&](ValueRange matrices) {
    return loops.map(
        square, element, {{matrices[0], {0, 1}}},
        [&](OpBuilder &nested, Location nestedLoc,
            ValueRange elements) -> SmallVector<Value> {
          Value row = linalg::IndexOp::create(nested, nestedLoc, 0);
          Value col = linalg::IndexOp::create(nested, nestedLoc, 1);
          Value same = arith::CmpIOp::create(
              nested, nestedLoc, arith::CmpIPredicate::eq, row, col);
          Value diagonal = arith::SelectOp::create(
              nested, nestedLoc, same,
              buildFloat(nested, nestedLoc, element, 7),
              buildFloat(nested, nestedLoc, element, 0));
          return {
              arith::SubFOp::create(nested, nestedLoc, diagonal, elements[0])};
        });
  });
  Value middle = product(near, inner, -1, 15);
  Value outer = product(near, middle, -1, 13);
  Value next = product(inverse, outer, 0.25);
  // Into what is carried, so that it stays one buffer.
  Value carried = loops.reduce(
      inverse, all, sizes.size(), {{next, all}},
      [](OpBuilder &, Location, ValueRange elements) -> SmallVector<Value> {
        return {elements[0]};
      });
  scf::YieldOp::create(builder, loc, carried);
  return loop.getResult(0);
}

//===----------------------------------------------------------------------===//
// Elimination
//===----------------------------------------------------------------------===//

/// Finds the largest element of [A | I], `work`, among the rows from `rank` on
/// and the columns of A that have no pivot yet, and clears its column in all
/// rows but its own, which becomes row number `rank`: places[column]. Nothing
/// changes if it is not above `least`. Returns work, places and rank.
SmallVector<Value> PinvBuilder::buildPivotStep(OpBuilder &b, Value work,
                                               Value places, Value rank,
                                               Value least) {
  TensorLoops inner(b, loc);
  IndexMath at(b, loc);
  Value count = at.materialize(sizes.back());
  Value first = at.materialize(at.constant(0));
  Value one = at.materialize(at.constant(1));
  Value zero = buildFloat(b, loc, element, 0);
  auto larger = [&](OpBuilder &nested, Value size, Value best) -> Value {
    return arith::CmpFOp::create(nested, loc, arith::CmpFPredicate::OGT, size,
                                 best);
  };
  // Magnitudes of whole rows at a time: one look at each row of what is left.
  OpFoldResult left = at.sub(sizes.back(), rank);
  OpFoldResult begin = at.constant(0), step = at.constant(1);
  Value below = tensor::ExtractSliceOp::create(
      b, loc, getTypeOfSizes({left, sizes.back()}, element), work,
      ArrayRef<OpFoldResult>{rank, begin},
      ArrayRef<OpFoldResult>{left, sizes.back()},
      ArrayRef<OpFoldResult>{step, step});
  Value largest = inner.reduce(
      inner.fill(sizes.back(), element, 0), /*kept=*/{1}, /*numLoops=*/2,
      {{below, {0, 1}}},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange elements) -> SmallVector<Value> {
        Value size = math::AbsFOp::create(nested, nestedLoc, elements[0]);
        return {arith::SelectOp::create(nested, nestedLoc,
                                        larger(nested, size, elements[1]), size,
                                        elements[1])};
      });
  // The first of the largest, index and magnitude, where `magnitudeAt` says.
  auto search = [&](Value lo, Value start,
                    llvm::function_ref<Value(OpBuilder &, Value)> magnitudeAt) {
    return scf::ForOp::create(
        b, loc, lo, count, one, ValueRange{start, zero},
        [&](OpBuilder &nested, Location, Value index, ValueRange best) {
          Value size = magnitudeAt(nested, index);
          Value more = larger(nested, size, best[1]);
          scf::YieldOp::create(
              nested, loc,
              ValueRange{
                  arith::SelectOp::create(nested, loc, more, index, best[0]),
                  arith::SelectOp::create(nested, loc, more, size, best[1])});
        });
  };
  auto ofColumns = search(first, first, [&](OpBuilder &nested, Value index) {
    Value size = tensor::ExtractOp::create(nested, loc, largest, index);
    Value place = tensor::ExtractOp::create(nested, loc, places, index);
    Value free = arith::CmpIOp::create(nested, loc, arith::CmpIPredicate::slt,
                                       place, first);
    return arith::SelectOp::create(nested, loc, free, size, zero).getResult();
  });
  Value column = ofColumns.getResult(0);
  auto ofRows = search(rank, rank, [&](OpBuilder &nested, Value index) {
    Value entry =
        tensor::ExtractOp::create(nested, loc, work, ValueRange{index, column});
    return math::AbsFOp::create(nested, loc, entry).getResult();
  });
  Value row = ofRows.getResult(0);
  Value found = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT,
                                      ofColumns.getResult(1), least);
  auto branch = scf::IfOp::create(
      b, loc, found,
      [&](OpBuilder &then, Location) {
        Value cleared = buildClearedColumn(then, work, row, column, rank);
        Value placed =
            tensor::InsertOp::create(then, loc, rank, places, column);
        Value next = arith::AddIOp::create(then, loc, rank, one);
        scf::YieldOp::create(then, loc, ValueRange{cleared, placed, next});
      },
      [&](OpBuilder &otherwise, Location) {
        scf::YieldOp::create(otherwise, loc, ValueRange{work, places, rank});
      });
  return SmallVector<Value>(branch.getResults());
}

/// `work` with rows `row` and `rank` exchanged, then the latter divided by its
/// element of `column` and taken from all others as often as clears that.
Value PinvBuilder::buildClearedColumn(OpBuilder &b, Value work, Value row,
                                      Value column, Value rank) {
  TensorLoops inner(b, loc);
  OpFoldResult width = math.mul(sizes.back(), 2);
  OpFoldResult first = math.constant(0), single = math.constant(1);
  auto rowAt = [&](Value place) -> TensorSlice {
    return {{place, first}, {single, width}, {single, single}};
  };
  auto readRow = [&](Value place, Value factor) -> Value {
    TensorSlice slice = rowAt(place);
    Value line = tensor::ExtractSliceOp::create(
        b, loc, getTypeOfSizes(width, element), work, slice.offsets,
        slice.sizes, slice.strides);
    return inner.map(width, element, {{line, {0}}},
                     [&](OpBuilder &nested, Location nestedLoc,
                         ValueRange elements) -> SmallVector<Value> {
                       return {arith::MulFOp::create(nested, nestedLoc,
                                                     elements[0], factor)};
                     });
  };
  auto writeRow = [&](Value line, Value place) {
    TensorSlice slice = rowAt(place);
    work = tensor::InsertSliceOp::create(b, loc, line, work, slice.offsets,
                                         slice.sizes, slice.strides);
  };
  Value unit = buildFloat(b, loc, element, 1);
  Value pivot =
      tensor::ExtractOp::create(b, loc, work, ValueRange{row, column});
  Value inverse = arith::DivFOp::create(b, loc, unit, pivot);
  Value pivotRow = readRow(row, inverse), displaced = readRow(rank, unit);
  writeRow(displaced, row);
  writeRow(pivotRow, rank);
  // What to take from each row of the pivot's.
  Value factors =
      inner.map(sizes.back(), element, {},
                [&](OpBuilder &nested, Location nestedLoc,
                    ValueRange) -> SmallVector<Value> {
                  Value index = linalg::IndexOp::create(nested, nestedLoc, 0);
                  Value own = arith::CmpIOp::create(
                      nested, nestedLoc, arith::CmpIPredicate::eq, index, rank);
                  Value entry = tensor::ExtractOp::create(
                      nested, nestedLoc, work, ValueRange{index, column});
                  return {arith::SelectOp::create(
                      nested, nestedLoc, own,
                      buildFloat(nested, nestedLoc, element, 0), entry)};
                });
  return inner.reduce(
      work, {0, 1}, 2, {{factors, {0}}, {pivotRow, {1}}},
      [](OpBuilder &nested, Location nestedLoc,
         ValueRange elements) -> SmallVector<Value> {
        Value product =
            arith::MulFOp::create(nested, nestedLoc, elements[0], elements[1]);
        return {arith::SubFOp::create(nested, nestedLoc, elements[2], product)};
      });
}

/// The (generalised) inverse of one matrix.
Value PinvBuilder::buildEliminated(Value matrix) {
  OpFoldResult width = math.mul(sizes.back(), 2);
  Value count = math.materialize(sizes.back());
  Value zero = math.materialize(math.constant(0));
  Value one = math.materialize(math.constant(1));
  // m u max|A|.
  double unit = element.isF64() ? std::numeric_limits<double>::epsilon()
                                : std::numeric_limits<float>::epsilon();
  Value wide =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), count);
  Value least = arith::MulFOp::create(
      builder, loc, arith::SIToFPOp::create(builder, loc, element, wide),
      arith::MulFOp::create(builder, loc, number(unit), buildMax(matrix)));

  OpFoldResult first = math.constant(0), step = math.constant(1);
  TensorSlice left = {
      {first, first}, {sizes.back(), sizes.back()}, {step, step}};
  Value work = loops.fill({sizes.back(), width}, element, 0);
  work = loops.mapInto(
      work, left, {{matrix, {0, 1}}},
      [](OpBuilder &, Location, ValueRange elements) -> SmallVector<Value> {
        return {elements[0]};
      });
  auto identity = scf::ForOp::create(
      builder, loc, zero, count, one, work,
      [&](OpBuilder &b, Location, Value row, ValueRange carried) {
        Value column = arith::AddIOp::create(b, loc, row, count);
        Value entry = buildFloat(b, loc, element, 1);
        Value inserted = tensor::InsertOp::create(b, loc, entry, carried[0],
                                                  ValueRange{row, column});
        scf::YieldOp::create(b, loc, inserted);
      });
  Value places = tensor::EmptyOp::create(builder, loc,
                                         ArrayRef<OpFoldResult>{sizes.back()},
                                         builder.getIndexType());
  Value none = math.materialize(math.constant(-1));
  places = linalg::FillOp::create(builder, loc, none, places).getResult(0);
  auto steps = scf::ForOp::create(
      builder, loc, zero, count, one,
      ValueRange{identity.getResult(0), places, zero},
      [&](OpBuilder &b, Location, Value, ValueRange carried) {
        scf::YieldOp::create(
            b, loc,
            buildPivotStep(b, carried[0], carried[1], carried[2], least));
      });
  Value done = steps.getResult(0), found = steps.getResult(1);
  return loops.map(
      ArrayRef(sizes).take_back(2), element, {},
      [&](OpBuilder &nested, Location nestedLoc,
          ValueRange) -> SmallVector<Value> {
        Value row = linalg::IndexOp::create(nested, nestedLoc, 0);
        Value col = linalg::IndexOp::create(nested, nestedLoc, 1);
        Value place = tensor::ExtractOp::create(nested, nestedLoc, found, row);
        Value exists = arith::CmpIOp::create(
            nested, nestedLoc, arith::CmpIPredicate::sge, place, zero);
        Value from = arith::MaxSIOp::create(nested, nestedLoc, place, zero);
        Value at = arith::AddIOp::create(nested, nestedLoc, col, count);
        Value entry = tensor::ExtractOp::create(nested, nestedLoc, done,
                                                ValueRange{from, at});
        return {
            arith::SelectOp::create(nested, nestedLoc, exists, entry,
                                    buildFloat(nested, nestedLoc, element, 0))};
      });
}

Value PinvBuilder::eliminate() {
  return buildGrid(
      op.getInput(), ArrayRef(sizes).take_back(2),
      [&](ValueRange matrices) { return buildEliminated(matrices[0]); });
}

/// max |A Z A - A|.
Value PinvBuilder::buildResidual(Value inverse) {
  Value matrix = op.getInput();
  Value again = product(product(matrix, inverse), matrix);
  return buildGrid({again, matrix}, {}, [&](ValueRange matrices) -> Value {
    Value difference =
        loops.map(ArrayRef(sizes).take_back(2), element,
                  {{matrices[0], {0, 1}}, {matrices[1], {0, 1}}},
                  [](OpBuilder &nested, Location nestedLoc,
                     ValueRange elements) -> SmallVector<Value> {
                    return {arith::SubFOp::create(nested, nestedLoc,
                                                  elements[0], elements[1])};
                  });
    Value max = buildMax(difference);
    Value cell = tensor::EmptyOp::create(builder, loc, ArrayRef<OpFoldResult>(),
                                         element);
    return tensor::InsertOp::create(builder, loc, max, cell, ValueRange());
  });
}

SmallVector<Value> attn::buildPseudoInverse(OpBuilder &builder, PinvOp op) {
  return PinvBuilder(builder, op).run();
}
