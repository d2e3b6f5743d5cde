//===- ScoreReads.cpp - reads of score programs on vectors ----------------===//
//
// Implements it as one load where lanes read neighbours, else as a gather,
// else, for elements that no gather takes, lane by lane.
//
//===----------------------------------------------------------------------===//

#include "Vector/ScoreReads.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds one read.
class LaneReads {
public:
  LaneReads(OpBuilder &builder, Location loc, Value buffer, ValueRange indices,
            int64_t lanes)
      : builder(builder), loc(loc), buffer(buffer), indices(indices),
        lanes(lanes),
        type(VectorType::get(
            {lanes}, cast<MemRefType>(buffer.getType()).getElementType())) {}

  Value build(int64_t step) {
    unsigned width = type.getElementTypeBitWidth();
    if (width != 32 && width != 64)
      return buildOneByOne(builder);
    places = buildPlaces();
    if (step == 0)
      return buildGather(builder);
    // The first lane in memory: the last one where indices fall.
    Value lowest = vector::ExtractOp::create(builder, loc, places,
                                             step > 0 ? 0 : lanes - 1);
    SmallVector<int64_t> pattern;
    for (int64_t lane = 0; lane < lanes; ++lane)
      pattern.push_back(step > 0 ? lane : lanes - 1 - lane);
    Value further = arith::ConstantOp::create(
        builder, loc, builder.getIndexVectorAttr(pattern));
    Value wanted = arith::AddIOp::create(builder, loc, splat(lowest), further);
    Value equal = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                        places, wanted);
    Value neighbours = vector::ReductionOp::create(
        builder, loc, vector::CombiningKind::AND, equal);
    auto branch = scf::IfOp::create(
        builder, loc, neighbours,
        [&](OpBuilder &then, Location) {
          Value row = vector::LoadOp::create(then, loc, type, flat, lowest);
          if (step < 0)
            row = vector::ShuffleOp::create(then, loc, row, row, pattern);
          scf::YieldOp::create(then, loc, row);
        },
        [&](OpBuilder &otherwise, Location) {
          scf::YieldOp::create(otherwise, loc, buildGather(otherwise));
        });
    return branch.getResult(0);
  }

private:
  Value splat(Value index) {
    return vector::BroadcastOp::create(
        builder, loc, VectorType::get({lanes}, builder.getIndexType()), index);
  }

  /// Where the elements lie in the memory of the buffer, and that memory as one
  /// row, which begins at the place of the indices that all lanes share.
  Value buildPlaces() {
    auto view = memref::ExtractStridedMetadataOp::create(builder, loc, buffer);
    IndexMath math(builder, loc);
    OpFoldResult offset = view.getConstifiedMixedOffset();
    Value sum;
    for (auto [index, stride] :
         llvm::zip_equal(indices, view.getConstifiedMixedStrides())) {
      if (!isa<VectorType>(index.getType())) {
        Value distance = arith::MulIOp::create(builder, loc, index,
                                               math.materialize(stride));
        offset = math.add(distance, offset);
        continue;
      }
      Value distance = arith::MulIOp::create(builder, loc, index,
                                             splat(math.materialize(stride)));
      sum = sum ? arith::AddIOp::create(builder, loc, sum, distance).getResult()
                : distance;
    }
    auto layout =
        StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic, {1});
    auto flatType =
        MemRefType::get({ShapedType::kDynamic}, type.getElementType(), layout);
    // The extent is never asked for; strides may be negative.
    flat = memref::ReinterpretCastOp::create(
        builder, loc, flatType, view.getBaseBuffer(), math.materialize(offset),
        ArrayRef<OpFoldResult>{math.constant(lanes)},
        ArrayRef<OpFoldResult>{math.constant(1)});
    return sum;
  }

  Value buildGather(OpBuilder &at) {
    auto every = VectorType::get({lanes}, at.getI1Type());
    Value all =
        arith::ConstantOp::create(at, loc, DenseElementsAttr::get(every, true));
    Value unused = arith::ConstantOp::create(at, loc, at.getZeroAttr(type));
    Value zero = arith::ConstantIndexOp::create(at, loc, 0);
    return vector::GatherOp::create(at, loc, type, flat, ValueRange{zero},
                                    places, all, unused);
  }

  /// Elements of bf16 are put together as integers: LLVM would round each of
  /// them once more where there is no instruction for them.
  Value buildOneByOne(OpBuilder &at) {
    Type element = type.getElementType();
    Type moved = element.isBF16() ? at.getI16Type() : element;
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      SmallVector<Value> place;
      for (Value index : indices)
        place.push_back(
            isa<VectorType>(index.getType())
                ? vector::ExtractOp::create(at, loc, index, lane).getResult()
                : index);
      elements.push_back(at.createOrFold<arith::BitcastOp>(
          loc, moved, memref::LoadOp::create(at, loc, buffer, place)));
    }
    Value whole =
        vector::FromElementsOp::create(at, loc, type.clone(moved), elements);
    return at.createOrFold<arith::BitcastOp>(loc, type, whole);
  }

  OpBuilder &builder;
  Location loc;
  Value buffer;
  ValueRange indices;
  int64_t lanes;
  VectorType type;
  /// Set by `buildPlaces`.
  Value places, flat;
};

} // namespace

Value attn::buildLaneReads(OpBuilder &builder, Location loc, Value buffer,
                           ValueRange indices, int64_t lanes, int64_t step) {
  return LaneReads(builder, loc, buffer, indices, lanes).build(step);
}
