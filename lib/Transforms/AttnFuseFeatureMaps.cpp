//===- AttnFuseFeatureMaps.cpp - features of a tile at a time -------------===//
//
// Moves feature maps behind the slices that linear attention takes of them, so
// that features exist for a chunk of tokens at a time, in the type that sums
// have; maps that something else reads become a grid over rows.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskBuilders.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFUSEFEATUREMAPS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rows of all heads that a cell of the grid of a whole map takes.
constexpr int64_t kRows = 32;

/// One map being moved.
class Fusion {
public:
  explicit Fusion(FeatureMapOp map)
      : map(map), builder(map.getContext()), loc(map.getLoc()) {}

  void run() {
    // Slices of slices are found as they are reached.
    SmallVector<tensor::ExtractSliceOp> slices;
    collect(map.getResult(), slices);
    for (tensor::ExtractSliceOp slice : slices)
      replace(slice);
    for (tensor::ExtractSliceOp slice : llvm::reverse(visited))
      if (slice->use_empty())
        slice.erase();
    if (map->use_empty()) {
      map.erase();
      return;
    }
    buildGrid();
  }

private:
  /// Slices, however deep, that steps and reads of linear attention alone use;
  /// extents of slices are read off what they are slices of.
  void collect(Value value, SmallVectorImpl<tensor::ExtractSliceOp> &slices) {
    for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
      if (auto dim = dyn_cast<tensor::DimOp>(user)) {
        replaceExtent(dim);
        continue;
      }
      auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
      if (!slice || !takesWholeRows(slice))
        continue;
      visited.push_back(slice);
      collect(slice.getResult(), slices);
      if (!slice->use_empty() &&
          llvm::all_of(
              slice->getUsers(),
              llvm::IsaPred<LinearStepOp, LinearRecurrenceOp, LinearReadOp>))
        slices.push_back(slice);
    }
  }

  /// True if `slice` takes all features of its rows and, where those know their
  /// position, neighbouring rows of one batch element: the same slice of the
  /// input then has the same features.
  bool takesWholeRows(tensor::ExtractSliceOp slice) {
    int64_t features =
        cast<RankedTensorType>(map.getResult().getType()).getShape().back();
    SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
    unsigned rank = sizes.size();
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    if (!isConstantIntValue(slice.getMixedOffsets().back(), 0) ||
        !isConstantIntValue(sizes.back(), features) || dropped.test(rank - 1))
      return false;
    if (map.getKind() != FeatureMap::Cos)
      return true;
    bool isFirst = slice.getSource() == map.getResult();
    return slice.hasUnitStride() && !dropped.test(rank - 2) &&
           (!isFirst || rank != 4 || isConstantIntValue(sizes.front(), 1));
  }

  /// Extents are known without features.
  void replaceExtent(tensor::DimOp dim) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = cast<RankedTensorType>(dim.getSource().getType());
    if (!index || *index < 0 || *index >= type.getRank())
      return;
    builder.setInsertionPoint(dim);
    IndexMath math(builder, loc);
    OpFoldResult extent;
    if (!type.isDynamicDim(*index)) {
      extent = math.constant(type.getDimSize(*index));
    } else if (dim.getSource() == map.getResult()) {
      extent = tensor::getMixedSize(builder, loc, map.getInput(), *index);
    } else {
      auto slice = dim.getSource().getDefiningOp<tensor::ExtractSliceOp>();
      llvm::SmallBitVector dropped = slice.getDroppedDims();
      SmallVector<OpFoldResult> kept;
      for (auto [k, size] : llvm::enumerate(slice.getMixedSizes()))
        if (!dropped.test(k))
          kept.push_back(size);
      extent = kept[*index];
    }
    dim.getResult().replaceAllUsesWith(math.materialize(extent));
    dim.erase();
  }

  /// The slice of the features becomes features of the slice.
  void replace(tensor::ExtractSliceOp slice) {
    rowOffset = builder.getIndexAttr(0);
    Value input = rebuild(slice);
    builder.setInsertionPoint(slice);
    auto type = cast<RankedTensorType>(slice.getType());
    Type element = type.getElementType().isF64() ? type.getElementType()
                                                 : builder.getF32Type();
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, input);
    sizes.back() = builder.getIndexAttr(type.getShape().back());
    Value out = tensor::EmptyOp::create(builder, loc, sizes, element);
    // Users are of any element type.
    slice.getResult().replaceAllUsesWith(buildTile(input, out));
  }

  /// The same slice, and those that it is a slice of, of the input of the map.
  Value rebuild(tensor::ExtractSliceOp slice) {
    Value source = slice.getSource();
    Value input = source == map.getResult()
                      ? map.getInput()
                      : rebuild(source.getDefiningOp<tensor::ExtractSliceOp>());
    builder.setInsertionPoint(slice);
    auto whole = cast<RankedTensorType>(input.getType());
    SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
    SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
    sizes.back() = builder.getIndexAttr(whole.getShape().back());
    if (source == map.getResult())
      batch = offsets.size() == 4 ? offsets.front()
                                  : OpFoldResult(builder.getIndexAttr(0));
    IndexMath math(builder, loc);
    rowOffset = math.add(rowOffset, offsets[offsets.size() - 2]);
    SmallVector<int64_t> shape(
        cast<RankedTensorType>(slice.getType()).getShape());
    shape.back() = whole.getShape().back();
    return tensor::ExtractSliceOp::create(
        builder, loc, RankedTensorType::get(shape, whole.getElementType()),
        input, offsets, sizes, slice.getMixedStrides());
  }

  /// The features of `input`, rows from `rowOffset` on of `batch`, into `out`.
  Value buildTile(Value input, Value out) {
    IndexMath math(builder, loc);
    Value position;
    if (map.getKind() == FeatureMap::Cos) {
      OpFoldResult first = rowOffset;
      if (map.getOffset())
        first = math.add(first, buildLoadOfBatch(math, map.getOffset(),
                                                 math.materialize(batch)));
      position = math.materialize(first);
    }
    auto tile = MapFeaturesOp::create(
        builder, loc, out.getType(), input, map.getKindAttr(), map.getOmega(),
        map.getLength(), position, map.getRoleAttr(), out);
    IRMapping mapping;
    map.getBody().cloneInto(&tile.getBody(), mapping);
    return tile.getResult(0);
  }

  /// The whole map, for whatever else reads it.
  void buildGrid() {
    builder.setInsertionPoint(map);
    IndexMath math(builder, loc);
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, map.getInput());
    auto input = cast<RankedTensorType>(map.getInput().getType());
    auto type = cast<RankedTensorType>(map.getResult().getType());
    unsigned rank = input.getRank();
    OpFoldResult zero = math.constant(0), one = math.constant(1);
    OpFoldResult batches = rank == 4 ? sizes[0] : one, rows = sizes[rank - 2];
    SmallVector<OpFoldResult> outSizes(sizes);
    outSizes.back() = math.constant(type.getShape().back());
    Value init =
        tensor::EmptyOp::create(builder, loc, outSizes, type.getElementType());
    auto grid = scf::ForallOp::create(
        builder, loc,
        ArrayRef<OpFoldResult>{batches, math.ceilDiv(rows, kRows)}, init,
        /*mapping=*/std::nullopt);
    builder.setInsertionPoint(grid.getTerminator());
    batch = grid.getInductionVar(0);
    rowOffset = math.mul(grid.getInductionVar(1), kRows);
    OpFoldResult count =
        math.min(math.constant(kRows), math.sub(rows, rowOffset));
    SmallVector<OpFoldResult> offsets(rank, zero), strides(rank, one);
    if (rank == 4) {
      offsets[0] = batch;
      sizes[0] = outSizes[0] = one;
    }
    offsets[rank - 2] = rowOffset;
    sizes[rank - 2] = outSizes[rank - 2] = count;
    auto known = [](OpFoldResult size) {
      return getConstantIntValue(size).value_or(ShapedType::kDynamic);
    };
    auto tileOf = [&](Value tensor, ArrayRef<OpFoldResult> extents) -> Value {
      Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
      auto tile = RankedTensorType::get(
          {known(extents[rank - 3]), known(count), known(extents[rank - 1])},
          element);
      return tensor::ExtractSliceOp::create(builder, loc, tile, tensor, offsets,
                                            extents, strides);
    };
    Value shared = grid.getRegionIterArgs().front();
    Value features =
        buildTile(tileOf(map.getInput(), sizes), tileOf(shared, outSizes));
    builder.setInsertionPointToEnd(grid.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(builder, loc, features, shared,
                                          offsets, outSizes, strides);
    builder.setInsertionPointAfter(grid);
    Value result = grid.getResult(0);
    if (result.getType() != type)
      result = tensor::CastOp::create(builder, loc, type, result);
    map.getResult().replaceAllUsesWith(result);
    map.erase();
  }

  FeatureMapOp map;
  OpBuilder builder;
  Location loc;
  SmallVector<tensor::ExtractSliceOp> visited;
  /// Where the rows of the tile being built stand in the input.
  OpFoldResult batch, rowOffset;
};

struct AttnFuseFeatureMaps
    : attn::impl::AttnFuseFeatureMapsBase<AttnFuseFeatureMaps> {
  void runOnOperation() override {
    SmallVector<FeatureMapOp> maps;
    getOperation().walk([&](FeatureMapOp map) { maps.push_back(map); });
    for (FeatureMapOp map : maps)
      Fusion(map).run();
  }
};

} // namespace
