//===- AttnPlanGrids.cpp - lists and orders for masks on grids ------------===//
//
// Decides how the keys of a neighbourhood are found. Measured on AVX-512 on one
// thread, a query and head of width 64 in ns, where a key of dense attention
// takes 1.15:
//
//   grid          mask             intervals    blocks    boxes
//   128 x 128     near<13>              2131      2097      937
//   128 x 128     near<7>               1209      1321     1019
//   64 x 64       near<13>                 -      1274      937
//   64 x 64       near<7>                  -       767      860
//   16 x 48 x 48  3 past, near<7>       3745      1732     1426
//   16 x 32 x 32  near<5>, near<7>         -      2082     1969
//   8 x 24 x 24   near<3>, near<9>         -      1389     1647
//
// which is about the keys that are visited and, for lists and boxes, what a
// tile takes to go from run to run.
//
//===----------------------------------------------------------------------===//

#include "BoxOrder.h"
#include "GridTiles.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPLANGRIDS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Queries and keys of a listed block in raster order.
constexpr int64_t kBlock = 64;
/// Points of a box.
constexpr int64_t kLeastBox = 48, kMostBox = 128;
/// Queries that are folded together: tiles of fewer take as long.
constexpr int64_t kPanel = 64;

/// What `keys` keys of listed blocks take, in keys between ends of intervals.
int64_t getCostOfBlocks(int64_t keys) { return keys + 250; }

/// The same in boxes of `points` points, which takes copies too.
int64_t getCostOfBoxes(int64_t keys, int64_t points) {
  return keys * llvm::alignTo(points, kPanel) / points + 400;
}

/// A way to find the keys of a grid.
struct GridPlan {
  enum class Way { Intervals, Blocks, Boxes } way;
  /// The keys that are visited for a query, in this way and in the two simpler
  /// ones.
  int64_t keys = 0, ofIntervals = 0, ofBlocks = 0;
  SmallVector<int64_t> box = {};
};

/// The grid that the mask is, or is the conjunction with.
GridMaskAttr findGrid(MaskAttrInterface mask) {
  if (auto all = dyn_cast<AllMaskAttr>(mask))
    for (MaskAttrInterface conjunct : all.getMasks())
      if (auto grid = dyn_cast<GridMaskAttr>(conjunct))
        return grid;
  return dyn_cast<GridMaskAttr>(mask);
}

/// True if nothing but the mask asks where points stand, and each has a query
/// and a key.
bool canReorder(SdpaOp op, GridMaskAttr grid) {
  if (op.getMask() != grid || !grid.getBox().empty() || op.getBias() ||
      op.getOffset() || op.getKeyScale() || op.getValueScale() ||
      !op.getScore().empty())
    return false;
  int64_t points = computeProduct(grid.getExtents());
  for (Value operand : {op.getQuery(), op.getKey(), op.getValue()}) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || type.getDimSize(type.getRank() - 2) != points)
      return false;
  }
  return true;
}

GridPlan choosePlan(SdpaOp op, GridMaskAttr grid) {
  using Way = GridPlan::Way;
  std::optional<GridTiles> tiles = GridTiles::create(grid);
  // Rows of boxes are no intervals, whatever is known of them.
  if (!tiles)
    return {grid.getBox().empty() ? Way::Intervals : Way::Blocks};
  if (!grid.getBox().empty())
    return {Way::Blocks, tiles->countOfBlocks(grid.getBox(), kBlock)};
  int64_t least = tiles->countOfIntervals();
  int64_t listed = tiles->countOfBlocks({}, kBlock);
  GridPlan plan = {Way::Intervals, least, least, listed};
  if (int64_t cost = getCostOfBlocks(listed); cost < least) {
    plan.way = Way::Blocks;
    plan.keys = listed;
    least = cost;
  }
  if (!canReorder(op, grid))
    return plan;
  for (SmallVector<int64_t> &box : tiles->listBoxes(kLeastBox, kMostBox)) {
    int64_t points = computeProduct(box);
    int64_t keys = tiles->countOfBlocks(box, points);
    int64_t cost = getCostOfBoxes(keys, points);
    if (cost >= least)
      continue;
    plan.way = Way::Boxes;
    plan.keys = keys;
    plan.box = std::move(box);
    least = cost;
  }
  return plan;
}

void remark(SdpaOp op, const GridPlan &plan) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  switch (plan.way) {
  case GridPlan::Way::Intervals:
    stream << "the keys between the ends of a grid's intervals are visited";
    break;
  case GridPlan::Way::Blocks:
    stream << "the blocks of a grid are listed by each call";
    break;
  case GridPlan::Way::Boxes:
    stream << "the points of a grid come in boxes of ";
    llvm::interleave(plan.box, stream, " x ");
    stream << ", whose blocks are listed by each call";
    break;
  }
  if (plan.keys)
    stream << ": about " << plan.keys << " keys a query";
  if (plan.ofIntervals)
    stream << " (between the ends of intervals " << plan.ofIntervals
           << ", in blocks of " << kBlock << " " << plan.ofBlocks << ")";
  remark::passed(op.getLoc(), remark::RemarkOpts::name("grid").category("attn"))
      << remark::add("{0}", text);
}

/// Puts a list of the blocks that the axes of `grid` leave open in front of the
/// mask.
void listBlocks(SdpaOp op, GridMaskAttr grid, int64_t block) {
  OpBuilder builder(op);
  IndexMath math(builder, op.getLoc());
  ProblemExtents extents = op.buildExtents(builder);
  auto type = BlocksType::get(op.getContext(), block, block);
  NamedOperands named = nameOperands(grid, op.getMaskOperands());
  Value batches;
  if (op.getOffset())
    batches = math.materialize(extents.batches);
  Value map = BlockMapOp::create(
      builder, op.getLoc(), type, named.operands,
      math.materialize(extents.rows), math.materialize(extents.cols), batches,
      /*heads=*/Value(), op.getOffset(), named.mask, op.getAlignAttr(),
      /*coarse=*/true);
  unsigned slot = op.getMaskOperands().size();
  auto list = BlocksMaskAttr::get(op.getContext(), type, slot);
  SmallVector<MaskAttrInterface> masks = {list};
  if (auto all = dyn_cast<AllMaskAttr>(op.getMask()))
    llvm::append_range(masks, all.getMasks());
  else
    masks.push_back(op.getMask());
  op.setMaskAttr(AllMaskAttr::get(op.getContext(), masks));
  op.getMaskOperandsMutable().append(map);
}

/// Brings the points of `grid` into boxes before `op` and back behind it.
GridMaskAttr reorder(SdpaOp op, GridMaskAttr grid, ArrayRef<int64_t> box) {
  OpBuilder builder(op);
  BoxOrder order = {grid.getExtents(), box};
  for (OpOperand *operand :
       {&op.getQueryMutable(), &op.getKeyMutable(), &op.getValueMutable()}) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    operand->set(buildInBoxes(builder, op.getLoc(), operand->get(),
                              type.getRank() - 2, order));
  }
  auto boxed = GridMaskAttr::get(op.getContext(), grid.getExtents(),
                                 grid.getMasks(), box);
  op.setMaskAttr(boxed);
  builder.setInsertionPointAfter(op);
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  for (Value result : op->getResults()) {
    SmallVector<OpOperand *> uses = llvm::map_to_vector(
        result.getUses(), [](OpOperand &use) { return &use; });
    if (uses.empty())
      continue;
    Value back =
        buildInRaster(builder, op.getLoc(), result, query.getRank() - 2, order);
    for (OpOperand *use : uses)
      use->set(back);
  }
  return boxed;
}

void planGrid(SdpaOp op) {
  GridMaskAttr grid = findGrid(op.getMask());
  if (!grid || op.getListedBlocks())
    return;
  GridPlan plan = choosePlan(op, grid);
  remark(op, plan);
  int64_t block = kBlock;
  if (plan.way == GridPlan::Way::Boxes) {
    grid = reorder(op, grid, plan.box);
    block = computeProduct(plan.box);
  }
  if (plan.way != GridPlan::Way::Intervals)
    listBlocks(op, grid, block);
}

struct AttnPlanGrids : attn::impl::AttnPlanGridsBase<AttnPlanGrids> {
  void runOnOperation() override {
    SmallVector<SdpaOp> ops;
    getOperation().walk([&](SdpaOp op) { ops.push_back(op); });
    for (SdpaOp op : ops)
      planGrid(op);
  }
};

} // namespace
