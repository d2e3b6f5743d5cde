//===- GridTiles.cpp - what tiles of a grid see ---------------------------===//
//
// Implements the counts. Bounds of a grid without operands fold to constants,
// so its axes are asked coordinate by coordinate, and tiles are counted off in
// plain numbers; of many tiles, some.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/GridTiles.h"
#include "attn/IR/GridBoxes.h"
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

namespace {

/// The coordinates that the boxes of an axis see: of all, added up, and of the
/// one that sees most.
struct ReachCount {
  double sum = 0;
  int64_t most = 0;
};

ReachCount countReaches(ArrayRef<AxisReach> reaches, int64_t size) {
  ReachCount result;
  while (!reaches.empty()) {
    AxisReach hull = {0, 0};
    for (AxisReach reach : reaches.take_front(size))
      hull = unite(hull, reach);
    int64_t seen = std::max<int64_t>(hull.hi - hull.lo, 0);
    result.sum += seen;
    result.most = std::max(result.most, seen);
    reaches = reaches.drop_front(std::min<int64_t>(size, reaches.size()));
  }
  return result;
}

/// A box on the axes so far: its points, and the keys of all such boxes and of
/// one. Those of a box are a product of intervals, and so a product of sums.
struct BoxCandidate {
  SmallVector<int64_t> box;
  int64_t points = 1;
  ReachCount keys = {1, 1};
};

} // namespace

BoxChoice GridTiles::chooseBox(int64_t queries) const {
  SmallVector<BoxCandidate> boxes(1);
  for (ArrayRef<AxisReach> axis : reaches) {
    SmallVector<ReachCount> counts;
    for (int64_t size = 1; size <= std::min<int64_t>(axis.size(), queries);
         ++size)
      counts.push_back(countReaches(axis, size));
    SmallVector<BoxCandidate> longer;
    for (const BoxCandidate &begun : boxes)
      for (auto [index, count] : llvm::enumerate(counts)) {
        int64_t size = index + 1;
        if (begun.points * size > queries)
          break;
        BoxCandidate &next = longer.emplace_back(begun);
        next.box.push_back(size);
        next.points *= size;
        next.keys.sum *= count.sum;
        next.keys.most *= count.most;
      }
    boxes = std::move(longer);
  }
  // Of equal ones the first, whose runs are longest.
  const BoxCandidate *best = &boxes.front();
  for (const BoxCandidate &box : boxes)
    if (box.keys.sum < best->keys.sum)
      best = &box;
  return {best->box, int64_t(best->keys.sum * queries / points),
          best->keys.most};
}

/// What `keys` keys of listed blocks take, in keys between ends of intervals: a
/// tile goes from run to run.
static int64_t getCostOfBlocks(int64_t keys) { return keys + 250; }

/// The same where they are fetched from their places, and all meet the mask.
static int64_t getCostOfBox(int64_t keys) { return keys * 5 / 4 + 100; }

GridPlan attn::planGrid(SdpaOp op, GridMaskAttr grid, int64_t queries) {
  using Way = GridPlan::Way;
  // What a schedule says is obeyed.
  if (ScheduleAttr schedule = op.getScheduleAttr();
      schedule && !schedule.getBox().empty())
    return {Way::Boxes};
  std::optional<GridTiles> tiles = GridTiles::create(grid);
  // Rows of boxes are no intervals, whatever is known of them.
  if (!tiles)
    return {grid.getBox().empty() ? Way::Intervals : Way::Blocks};
  if (!grid.getBox().empty())
    return {Way::Blocks, tiles->countOfBlocks(grid.getBox(), kGridBlock)};
  int64_t least = tiles->countOfIntervals();
  int64_t listed = tiles->countOfBlocks({}, kGridBlock);
  GridPlan plan = {Way::Intervals, least, least, listed};
  if (int64_t cost = getCostOfBlocks(listed); cost < least) {
    plan.way = Way::Blocks;
    plan.keys = listed;
    least = cost;
  }
  if (!canFoldInBoxes(op))
    return plan;
  BoxChoice box = tiles->chooseBox(queries);
  if (getCostOfBox(box.keys) < least) {
    plan.way = Way::Boxes;
    plan.keys = box.keys;
    plan.box = box;
  }
  return plan;
}
