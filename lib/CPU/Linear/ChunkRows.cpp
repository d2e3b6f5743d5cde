//===- ChunkRows.cpp - rows of a chunk in scratch memory ------------------===//
//
// Implements the copies between arrays of any strides and the buffers of a
// chunk. They move C (2 D + E) elements against the C (2 D E + C (D + E)) of
// products. Elements of a row are read as vectors where a run finds them to be
// neighbours.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Vector/AcrossLanes.h"
#include "Vector/Neighbours.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// What is computed of so many rows hides the next ones. 16 rows and 64 take as
/// long, none at all 10 to 15 % more once tensors outgrow the caches.
static constexpr int64_t kRowsAhead = 32;

Value attn::buildExtent(VectorBuilder &b, Value buffer, unsigned dim) {
  return b.materialize(
      memref::getMixedSize(b.getBuilder(), b.getLoc(), buffer, dim));
}

namespace {

/// A vector of elements of another type as accumulators, or back.
Value convertVector(VectorBuilder &b, Value vector, FloatType to) {
  auto from =
      cast<FloatType>(cast<VectorType>(vector.getType()).getElementType());
  if (from == to)
    return vector;
  auto type = VectorType::get({b.lanes}, to);
  if (from.getWidth() < to.getWidth())
    return arith::ExtFOp::create(b.getBuilder(), b.getLoc(), type, vector);
  return arith::TruncFOp::create(b.getBuilder(), b.getLoc(), type, vector);
}

/// The number of columns of a buffer, and of those in whole vectors.
struct Columns {
  Value all, whole;
  /// False if no column is known to be left beside whole vectors.
  bool hasRest;
  Columns(VectorBuilder &b, Value buffer) {
    OpFoldResult extent =
        memref::getMixedSize(b.getBuilder(), b.getLoc(), buffer, 1);
    all = b.materialize(extent);
    whole = b.materialize(b.mul(b.floorDiv(extent, b.lanes), b.lanes));
    std::optional<int64_t> known = getConstantIntValue(extent);
    hasRest = !known || *known % b.lanes != 0;
  }
};

} // namespace

void attn::buildEither(VectorBuilder &b, Value condition,
                       llvm::function_ref<void(VectorBuilder &)> then,
                       llvm::function_ref<void(VectorBuilder &)> otherwise) {
  auto arm = [&](llvm::function_ref<void(VectorBuilder &)> body) {
    return [&b, body](OpBuilder &inner, Location loc) {
      VectorBuilder at = b.at(inner);
      body(at);
      scf::YieldOp::create(inner, loc);
    };
  };
  scf::IfOp::create(b.getBuilder(), b.getLoc(), condition, arm(then),
                    arm(otherwise));
}

Value attn::buildRowsOf(VectorBuilder &b, Value tensor, Value head,
                        OpFoldResult row, OpFoldResult count) {
  OpBuilder &builder = b.getBuilder();
  MemRefType type = cast<MemRefType>(tensor.getType());
  unsigned rank = type.getRank();
  SmallVector<OpFoldResult> sizes =
      memref::getMixedSizes(builder, b.getLoc(), tensor);
  SmallVector<OpFoldResult> offsets(rank, b.constant(0));
  SmallVector<OpFoldResult> strides(rank, b.constant(1));
  offsets[rank - 2] = row;
  sizes[rank - 2] = count;
  if (rank == 3) {
    offsets[0] = head;
    sizes[0] = b.constant(1);
  }
  SmallVector<int64_t> shape = {
      getConstantIntValue(count).value_or(ShapedType::kDynamic),
      type.getShape().back()};
  MemRefType part = memref::SubViewOp::inferRankReducedResultType(
      shape, type, offsets, sizes, strides);
  return memref::SubViewOp::create(builder, b.getLoc(), part, tensor, offsets,
                                   sizes, strides);
}

Value attn::buildVectorIn(VectorBuilder &b, Value view, ValueRange place) {
  Type from = cast<MemRefType>(view.getType()).getElementType();
  Value vector =
      vector::LoadOp::create(b.getBuilder(), b.getLoc(),
                             VectorType::get({b.lanes}, from), view, place);
  return convertVector(b, vector, b.element);
}

void attn::prefetchRow(VectorBuilder &b, Value view, Value row, Value column) {
  b.prefetch(view, {b.materialize(b.add(row, kRowsAhead)), column});
}

void attn::buildRowsIn(VectorBuilder &b, Value source, Value count, Value rows,
                       double factor, bool fillsUp) {
  auto type = cast<MemRefType>(rows.getType());
  Columns columns(b, source);
  NeighbourView view = buildNeighbourView(b, source);
  Value zero = b.index(0);
  auto scaled = [&](VectorBuilder &b, Value value) {
    if (factor == 1)
      return value;
    bool isVector = isa<VectorType>(value.getType());
    return b.mulf(value, isVector ? b.splat(factor) : b.number(factor));
  };
  auto copyScalars = [&](VectorBuilder &b, Value row, Value lo) {
    b.forEach(lo, columns.all, 1, [&](VectorBuilder &b, Value column) {
      b.storeScalar(scaled(b, b.loadScalar(source, {row, column})), rows,
                    {row, column});
    });
  };
  Value padded = b.index(type.getDimSize(1));
  auto clear = [&](VectorBuilder &b, Value row, Value lo) {
    b.forEach(lo, padded, b.lanes, [&](VectorBuilder &b, Value column) {
      b.store(b.splat(0), rows, {row, column});
    });
  };
  b.forEach(zero, count, 1, [&](VectorBuilder &b, Value row) {
    // What is left of a row is cleared before its elements come.
    clear(b, row, columns.whole);
    buildEither(
        b, view.holds,
        [&](VectorBuilder &b) {
          b.forEach(zero, columns.whole, b.lanes,
                    [&](VectorBuilder &b, Value column) {
                      Value vector = buildVectorIn(b, view.view, {row, column});
                      prefetchRow(b, view.view, row, column);
                      b.store(scaled(b, vector), rows, {row, column});
                    });
          if (columns.hasRest)
            copyScalars(b, row, columns.whole);
        },
        [&](VectorBuilder &b) { copyScalars(b, row, zero); });
  });
  if (fillsUp)
    b.forEach(count, b.index(type.getDimSize(0)), 1,
              [&](VectorBuilder &b, Value row) { clear(b, row, zero); });
}

void attn::buildRowsOut(VectorBuilder &b, Value rows, Value count, Value out,
                        Value factors) {
  auto to = cast<FloatType>(cast<MemRefType>(out.getType()).getElementType());
  Columns columns(b, out);
  NeighbourView view = buildNeighbourView(b, out);
  Value zero = b.index(0);
  b.forEach(zero, count, 1, [&](VectorBuilder &b, Value row) {
    Value factor = factors ? b.loadScalar(factors, {row}) : Value();
    auto copyScalars = [&](VectorBuilder &b, Value lo) {
      b.forEach(lo, columns.all, 1, [&](VectorBuilder &b, Value column) {
        Value value = b.loadScalar(rows, {row, column});
        b.storeScalar(factor ? b.mulf(value, factor) : value, out,
                      {row, column});
      });
    };
    buildEither(
        b, view.holds,
        [&](VectorBuilder &b) {
          Value wide = factor ? b.broadcast(factor) : Value();
          b.forEach(zero, columns.whole, b.lanes,
                    [&](VectorBuilder &b, Value column) {
                      Value vector = b.load(rows, {row, column});
                      if (wide)
                        vector = b.mulf(vector, wide);
                      b.store(convertVector(b, vector, to), view.view,
                              {row, column});
                    });
          if (columns.hasRest)
            copyScalars(b, columns.whole);
        },
        [&](VectorBuilder &b) { copyScalars(b, zero); });
  });
}

void attn::buildTransposedRows(VectorBuilder &b, Value rows, Value begin,
                               Value end, Value columns) {
  Value width = b.index(cast<MemRefType>(columns.getType()).getDimSize(0));
  b.forEach(begin, end, b.lanes, [&](VectorBuilder &b, Value row) {
    b.forEach(b.index(0), width, b.lanes, [&](VectorBuilder &b, Value column) {
      SmallVector<Value> square;
      for (int64_t k = 0; k < b.lanes; ++k)
        square.push_back(b.load(rows, {b.materialize(b.add(row, k)), column}));
      square = buildTransposed(b, square);
      for (int64_t k = 0; k < b.lanes; ++k)
        b.store(square[k], columns, {b.materialize(b.add(column, k)), row});
    });
  });
}

void attn::buildScaledRow(VectorBuilder &b, Value rows, Value row,
                          Value factor) {
  Value wide = b.broadcast(factor);
  int64_t width = cast<MemRefType>(rows.getType()).getDimSize(1);
  for (int64_t column = 0; column < width; column += b.lanes)
    b.store(b.mulf(b.load(rows, {row, b.index(column)}), wide), rows,
            {row, b.index(column)});
}
