//===- GridTiles.cpp - what tiles of a grid see ---------------------------===//
//
// Implements the counts. Bounds of a grid without operands fold to constants,
// so its axes are asked coordinate by coordinate, and tiles are counted off in
// plain numbers; of many tiles, some.
//
//===----------------------------------------------------------------------===//

#include "GridTiles.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// The longest axis that is gone through.
static constexpr int64_t kMostCoordinates = 1024;
/// Tiles of queries that are counted off, and those that intervals are folded
/// for, which takes longer.
static constexpr int64_t kSamples = 32, kFoldedSamples = 8;
/// Queries of a tile that has no list.
static constexpr int64_t kTileOfIntervals = 512;

namespace {

/// The hull of what queries [first, last] may see of `cols` keys on which
/// `mask` stands, or nothing if it does not fold.
std::optional<SmallVector<AxisReach>> foldIntervals(MaskAttrInterface mask,
                                                    int64_t cols, int64_t first,
                                                    int64_t last) {
  // Whatever is built in vain goes with this block.
  Block block;
  OpBuilder builder(mask.getContext());
  builder.setInsertionPointToStart(&block);
  MaskIntervalBuilder queries(builder, builder.getUnknownLoc());
  queries.rowBegin = queries.constant(first);
  queries.rowEnd = queries.constant(last + 1);
  queries.position = queries.head = queries.constant(0);
  queries.numRows = queries.numCols = queries.constant(cols);
  queries.numHeads = queries.constant(1);
  SmallVector<MaskDisjunct> disjuncts;
  mask.buildIntervals(queries, disjuncts);
  SmallVector<AxisReach> result;
  for (const MaskDisjunct &d : disjuncts) {
    std::optional<int64_t> lo = getConstantIntValue(d.mayLo);
    std::optional<int64_t> hi = getConstantIntValue(d.mayHi);
    if (!lo || !hi)
      return std::nullopt;
    result.push_back({std::max<int64_t>(*lo, 0), std::min(*hi, cols)});
  }
  return result;
}

/// The hull of both, of which one may be empty.
AxisReach unite(AxisReach lhs, AxisReach rhs) {
  if (lhs.hi <= lhs.lo)
    return rhs;
  if (rhs.hi <= rhs.lo)
    return lhs;
  return {std::min(lhs.lo, rhs.lo), std::max(lhs.hi, rhs.hi)};
}

/// The coordinates [lo, hi) of tiles of points, by axis.
class TileCoordinates {
public:
  TileCoordinates(ArrayRef<int64_t> extents, ArrayRef<int64_t> box)
      : sizes(extents.size(), 1) {
    llvm::copy(box, sizes.begin());
    for (auto [extent, size] : llvm::zip_equal(extents, sizes)) {
      boxes.push_back(extent / size);
      pointsOfBox *= size;
      numBoxes *= extent / size;
    }
  }

  /// Those of points [first, last].
  SmallVector<AxisReach> locate(int64_t first, int64_t last) const {
    first /= pointsOfBox;
    last /= pointsOfBox;
    SmallVector<AxisReach> result;
    int64_t rest = numBoxes;
    for (auto [count, size] : llvm::zip_equal(boxes, sizes)) {
      rest /= count;
      int64_t begin = first / rest, end = last / rest;
      result.push_back({begin * size, (end + 1) * size});
      first = begin < end ? 0 : first % rest;
      last = begin < end ? rest - 1 : last % rest;
    }
    return result;
  }

private:
  SmallVector<int64_t> sizes, boxes;
  int64_t pointsOfBox = 1, numBoxes = 1;
};

/// Some tile of `tiles`: no period of a grid is one of theirs.
int64_t pickTile(int64_t sample, int64_t samples, int64_t tiles) {
  return samples == tiles ? sample : sample * int64_t(2654435761) % tiles;
}

} // namespace

std::optional<GridTiles> GridTiles::create(GridMaskAttr grid) {
  bool readsOperands =
      grid.walk([](MaskAttrInterface mask) {
            bool reads = false;
            (void)mask.renumberSlots([&](unsigned slot) {
              reads = true;
              return slot;
            });
            return reads ? WalkResult::interrupt() : WalkResult::advance();
          })
          .wasInterrupted();
  if (readsOperands)
    return std::nullopt;
  GridTiles tiles(grid);
  for (auto [extent, mask] :
       llvm::zip_equal(grid.getExtents(), grid.getMasks())) {
    if (extent > kMostCoordinates)
      return std::nullopt;
    tiles.points *= extent;
    SmallVector<AxisReach> &reaches = tiles.reaches.emplace_back();
    for (int64_t at = 0; at < extent; ++at) {
      auto folded = foldIntervals(mask, extent, at, at);
      if (!folded)
        return std::nullopt;
      AxisReach hull = {0, 0};
      for (AxisReach reach : *folded)
        hull = unite(hull, reach);
      reaches.push_back(hull);
    }
  }
  return tiles;
}

int64_t GridTiles::countOfIntervals() const {
  int64_t tiles = llvm::divideCeil(points, kTileOfIntervals), keys = 0;
  int64_t samples = std::min(tiles, kFoldedSamples);
  for (int64_t sample = 0; sample < samples; ++sample) {
    int64_t first = pickTile(sample, samples, tiles) * kTileOfIntervals;
    int64_t last = std::min(first + kTileOfIntervals, points) - 1;
    auto folded = foldIntervals(grid, points, first, last);
    if (!folded)
      return points;
    for (AxisReach reach : *folded)
      keys += std::max<int64_t>(reach.hi - reach.lo, 0);
  }
  return keys / samples;
}

int64_t GridTiles::countOfBlocks(ArrayRef<int64_t> box, int64_t tile) const {
  TileCoordinates coordinates(grid.getExtents(), box);
  int64_t tiles = llvm::divideCeil(points, tile), live = 0;
  auto locate = [&](int64_t index) {
    return coordinates.locate(index * tile,
                              std::min((index + 1) * tile, points) - 1);
  };
  int64_t samples = std::min(tiles, kSamples);
  for (int64_t sample = 0; sample < samples; ++sample) {
    SmallVector<AxisReach> seen;
    for (auto [axis, range] :
         llvm::enumerate(locate(pickTile(sample, samples, tiles)))) {
      AxisReach hull = {0, 0};
      for (int64_t at = range.lo; at < range.hi; ++at)
        hull = unite(hull, reaches[axis][at]);
      seen.push_back(hull);
    }
    for (int64_t index = 0; index < tiles; ++index)
      live += llvm::all_of(
          llvm::zip_equal(locate(index), seen), [](auto keysAndSeen) {
            auto [keys, seen] = keysAndSeen;
            return std::max(keys.lo, seen.lo) < std::min(keys.hi, seen.hi);
          });
  }
  return live * tile / samples;
}

SmallVector<SmallVector<int64_t>> GridTiles::listBoxes(int64_t least,
                                                       int64_t most) const {
  SmallVector<SmallVector<int64_t>> boxes = {{}};
  auto countPoints = [](ArrayRef<int64_t> box) {
    int64_t result = 1;
    for (int64_t size : box)
      result *= size;
    return result;
  };
  for (int64_t extent : grid.getExtents()) {
    SmallVector<SmallVector<int64_t>> longer;
    for (ArrayRef<int64_t> box : boxes)
      for (int64_t size = 1; size <= std::min(extent, most); ++size) {
        if (extent % size != 0 || countPoints(box) * size > most)
          continue;
        longer.emplace_back(box).push_back(size);
      }
    boxes = std::move(longer);
  }
  llvm::erase_if(boxes, [&](ArrayRef<int64_t> box) {
    return countPoints(box) < least ||
           llvm::count(box, 1) + 1 >= long(box.size());
  });
  return boxes;
}
