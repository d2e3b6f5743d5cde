//===- PackedRows.cpp - operands of tiles in memory -----------------------===//
//
// A tile product takes its left operand in rows as they lie, 32 elements deep,
// and its right operand in pairs: element (2i, n) beside (2i + 1, n). Both come
// from rows by copying with zeros and by transposing squares of 16 x 16 pairs.
//
//===----------------------------------------------------------------------===//

#include "PackedRows.h"
#include "TileProduct.h"
#include "Vector/Neighbours.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

/// bf16 is the upper half of f32.
static constexpr unsigned kHalfBits = 16;

/// `numbers`, one or a vector of them, times `factor` if there is one, in bf16.
static Value buildNarrowed(VectorBuilder &b, Value numbers, Value factor) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto like = [&](Type element) -> Type {
    if (auto vector = dyn_cast<VectorType>(numbers.getType()))
      return vector.clone(element);
    return element;
  };
  Type element = getElementTypeOrSelf(numbers);
  if (element.isBF16() && !factor)
    return numbers;
  Value wide =
      isa<IntegerType>(element)
          ? arith::SIToFPOp::create(builder, loc, like(b.element), numbers)
                .getResult()
          : arith::ExtFOp::create(builder, loc, like(b.element), numbers);
  if (factor)
    wide = b.mulf(wide, isa<VectorType>(wide.getType())
                            ? vector::BroadcastOp::create(
                                  builder, loc, wide.getType(), factor)
                                  .getResult()
                            : factor);
  return arith::TruncFOp::create(builder, loc, like(builder.getBF16Type()),
                                 wide);
}

void attn::buildPaddedRow(VectorBuilder &b, Value source, ValueRange from,
                          Value factor, Value copy, Value to) {
  OpBuilder &builder = b.getBuilder();
  unsigned last = cast<MemRefType>(source.getType()).getRank() - 1;
  OpFoldResult width = memref::getMixedSize(builder, b.getLoc(), source, last);
  NeighbourView view = buildNeighbourView(b, source);
  Value whole = arith::SelectOp::create(
      builder, b.getLoc(), view.holds,
      b.materialize(b.mul(b.floorDiv(width, kTileRows), kTileRows)),
      b.index(0));
  auto place = [&](Value column) {
    SmallVector<Value> indices(from);
    indices.push_back(column);
    return indices;
  };
  b.forEach(b.index(0), whole, kTileRows, [&](VectorBuilder &b, Value column) {
    Value numbers = buildLoad(b, kTileRows, view.view, place(column));
    b.store(buildNarrowed(b, numbers, factor), copy, {to, column});
  });
  b.forEach(whole, b.materialize(width), 1,
            [&](VectorBuilder &b, Value column) {
              Value number = memref::LoadOp::create(b.getBuilder(), b.getLoc(),
                                                    source, place(column));
              memref::StoreOp::create(b.getBuilder(), b.getLoc(),
                                      buildNarrowed(b, number, factor), copy,
                                      ValueRange{to, column});
            });
  Value zero = arith::ConstantOp::create(
      builder, b.getLoc(), builder.getFloatAttr(builder.getBF16Type(), 0));
  Value end = b.index(cast<MemRefType>(copy.getType()).getDimSize(1));
  b.forEach(b.materialize(width), end, 1, [&](VectorBuilder &b, Value column) {
    memref::StoreOp::create(b.getBuilder(), b.getLoc(), zero, copy,
                            ValueRange{to, column});
  });
}

void attn::buildZeroRow(VectorBuilder &b, Value copy, Value to) {
  OpBuilder &builder = b.getBuilder();
  // Rows are padded to whole vectors of this length.
  auto type = VectorType::get({kTileRows}, builder.getBF16Type());
  Value zeros =
      arith::ConstantOp::create(builder, b.getLoc(), builder.getZeroAttr(type));
  Value end = b.index(cast<MemRefType>(copy.getType()).getDimSize(1));
  b.forEach(b.index(0), end, kTileRows, [&](VectorBuilder &b, Value column) {
    b.store(zeros, copy, {to, column});
  });
}

/// `buffer` as a type that all buffers of contiguous rows have.
static Value castToRows(VectorBuilder &b, Value buffer) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto type = MemRefType::get(
      {ShapedType::kDynamic, ShapedType::kDynamic}, builder.getBF16Type(),
      StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic,
                             {ShapedType::kDynamic, 1}));
  auto facts = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
  return memref::ReinterpretCastOp::create(
      builder, loc, type, facts.getBaseBuffer(),
      OpFoldResult(facts.getOffset()), getAsOpFoldResult(facts.getSizes()),
      ArrayRef<OpFoldResult>{facts.getStrides()[0], builder.getIndexAttr(1)});
}

Value attn::buildReadableRows(VectorBuilder &b, Value source, Value places,
                              Value factors, Value copy, RowRange inner,
                              RowRange outer, Value readable) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto buildCopy = [&](VectorBuilder b) {
    auto zeros = [&](Value lo, Value hi) {
      b.forEach(lo, hi, 1, [&](VectorBuilder &b, Value row) {
        buildZeroRow(b, copy, row);
      });
    };
    zeros(outer.lo, inner.lo);
    b.forEach(inner.lo, inner.hi, 1, [&](VectorBuilder &b, Value row) {
      Value from = places ? buildLoadIndex(b, places, OpFoldResult(row)) : row;
      Value factor = factors ? b.loadScalar(factors, {row}) : Value();
      buildPaddedRow(b, source, from, factor, copy, row);
    });
    zeros(inner.hi, outer.hi);
    return castToRows(b, copy);
  };
  if (!readable)
    return buildCopy(b);
  auto facts = memref::ExtractStridedMetadataOp::create(builder, loc, source);
  Value contiguous =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                            facts.getStrides()[1], b.index(1));
  Value asItLies = arith::AndIOp::create(builder, loc, readable, contiguous);
  auto choice = scf::IfOp::create(
      builder, loc, asItLies,
      [&](OpBuilder &then, Location) {
        VectorBuilder t = b.at(then);
        scf::YieldOp::create(then, loc, castToRows(t, source));
      },
      [&](OpBuilder &otherwise, Location) {
        scf::YieldOp::create(otherwise, loc, buildCopy(b.at(otherwise)));
      });
  return choice.getResult(0);
}

/// `pattern` of the elements of `lhs`, then `rhs`, in every lane of 128 bits:
/// shuffles that stay within lanes are the cheapest.
static Value buildLaneShuffle(VectorBuilder &b, Value lhs, Value rhs,
                              ArrayRef<int64_t> pattern) {
  int64_t size = cast<VectorType>(lhs.getType()).getNumElements();
  int64_t perLane = pattern.size();
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < size; lane += perLane)
    for (int64_t place : pattern)
      mask.push_back(place < perLane ? lane + place
                                     : size + lane + place - perLane);
  return vector::ShuffleOp::create(b.getBuilder(), b.getLoc(), lhs, rhs, mask);
}

/// Both after another.
static Value buildConcatenation(VectorBuilder &b, Value lhs, Value rhs) {
  SmallVector<int64_t> mask(2 *
                            cast<VectorType>(lhs.getType()).getNumElements());
  std::iota(mask.begin(), mask.end(), 0);
  return vector::ShuffleOp::create(b.getBuilder(), b.getLoc(), lhs, rhs, mask);
}

SmallVector<Value> attn::buildTransposedSquare(
    VectorBuilder &b, VectorType row,
    llvm::function_ref<Value(int64_t row, int64_t quad)> loadQuad) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto quadType = VectorType::get({4}, builder.getI32Type());
  SmallVector<Value> columns;
  for (int64_t quad = 0; quad < 4; ++quad) {
    // Lane l of rows[i] is of row 4 l + i: transposing within lanes does the
    // rest, 8 shuffles for 16 x 4 elements.
    Value rows[4];
    for (int64_t i = 0; i < 4; ++i) {
      SmallVector<Value> parts;
      for (int64_t lane = 0; lane < 4; ++lane)
        parts.push_back(vector::BitCastOp::create(
            builder, loc, quadType, loadQuad(4 * lane + i, quad)));
      rows[i] = buildConcatenation(b, buildConcatenation(b, parts[0], parts[1]),
                                   buildConcatenation(b, parts[2], parts[3]));
    }
    Value low[2], high[2];
    for (int64_t i = 0; i < 2; ++i) {
      low[i] = buildLaneShuffle(b, rows[2 * i], rows[2 * i + 1], {0, 4, 1, 5});
      high[i] = buildLaneShuffle(b, rows[2 * i], rows[2 * i + 1], {2, 6, 3, 7});
    }
    for (auto &half : {low, high})
      for (int64_t side : {0, 2})
        columns.push_back(buildLaneShuffle(
            b, half[0], half[1], {side, side + 1, side + 4, side + 5}));
  }
  for (Value &column : columns)
    column = vector::BitCastOp::create(builder, loc, row, column);
  return columns;
}

void attn::buildInterleavedQuads(VectorBuilder &b, Value even, Value odd,
                                 Value buffer, Value row) {
  b.store(buildLaneShuffle(b, even, odd, {0, 8, 1, 9, 2, 10, 3, 11}), buffer,
          {row, b.index(0)});
  b.store(buildLaneShuffle(b, even, odd, {4, 12, 5, 13, 6, 14, 7, 15}), buffer,
          {row, b.index(kTileRows)});
}

int64_t attn::getPlaceOfQuad(int64_t quad) {
  return quad % 2 * kTileRows + quad / 2 * kQuad;
}

VectorType attn::getPairsType(OpBuilder &builder) {
  return VectorType::get({kTileDepth}, builder.getBF16Type());
}

Value attn::buildLoad(VectorBuilder &b, int64_t length, Value buffer,
                      ValueRange indices) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  return vector::LoadOp::create(b.getBuilder(), b.getLoc(),
                                VectorType::get({length}, element), buffer,
                                indices);
}

/// `number` in every lane of words, which are f32 read as integers.
static Value buildWords(VectorBuilder &b, uint32_t number) {
  auto type = VectorType::get({b.lanes}, b.getBuilder().getI32Type());
  return arith::ConstantOp::create(
      b.getBuilder(), b.getLoc(),
      DenseElementsAttr::get(type, APInt(32, number)));
}

static Value buildCast(VectorBuilder &b, Value vector, int64_t size,
                       Type element) {
  return vector::BitCastOp::create(b.getBuilder(), b.getLoc(),
                                   VectorType::get({size}, element), vector);
}

Value attn::buildPairs(VectorBuilder &b, Value even, Value odd) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Type word = builder.getI32Type();
  Value low =
      arith::ShRUIOp::create(builder, loc, buildCast(b, even, b.lanes, word),
                             buildWords(b, kHalfBits));
  Value high = buildCast(b, odd, b.lanes, word);
  Value upper = buildWords(b, ~0u << kHalfBits), pairs;
  if (b.lanes == kTileRows) {
    // Left to itself, LLVM makes a permutation of words of shift, and, or: two
    // cycles instead of one and a half.
    Value orOfAnd = LLVM::ConstantOp::create(builder, loc, word, 0xf8);
    pairs = LLVM::CallIntrinsicOp::create(
                builder, loc, low.getType(),
                builder.getStringAttr("llvm.x86.avx512.pternlog.d.512"),
                ValueRange{low, high, upper, orOfAnd})
                .getResult(0);
  } else {
    high = arith::AndIOp::create(builder, loc, high, upper);
    pairs = arith::OrIOp::create(builder, loc, low, high);
  }
  return buildCast(b, pairs, 2 * b.lanes, builder.getBF16Type());
}

Value attn::buildRoundedUpperHalf(VectorBuilder &b, Value vector) {
  OpBuilder &builder = b.getBuilder();
  Value bits = buildCast(b, vector, b.lanes, builder.getI32Type());
  Value up = arith::AddIOp::create(builder, b.getLoc(), bits,
                                   buildWords(b, 1u << (kHalfBits - 1)));
  return buildCast(b, up, b.lanes, b.element);
}

Value attn::buildUpperHalf(VectorBuilder &b, Value vector) {
  OpBuilder &builder = b.getBuilder();
  Value bits = buildCast(b, vector, b.lanes, builder.getI32Type());
  Value upper = arith::AndIOp::create(builder, b.getLoc(), bits,
                                      buildWords(b, ~0u << kHalfBits));
  return buildCast(b, upper, b.lanes, b.element);
}
