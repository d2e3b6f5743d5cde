//===- AttnPlanGrids.cpp - how the keys of grids are found ----------------===//
//
// Decides between intervals, lists of blocks and boxes of queries, by the keys
// that are visited and, for lists and boxes, what a tile takes besides: to go
// from run to run, and to fetch keys from where they stand.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/GridBoxes.h"
#include "attn/IR/GridTiles.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPLANGRIDS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

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
    stream << "the queries of a tile are a box of the grid, and keys are read "
              "from where they stand";
    break;
  }
  if (plan.keys)
    stream << ": about " << plan.keys << " keys a query";
  if (plan.ofIntervals)
    stream << " (between the ends of intervals " << plan.ofIntervals
           << ", in blocks of " << kGridBlock << " " << plan.ofBlocks << ")";
  remark::passed(op.getLoc(), remark::RemarkOpts::name("grid").category("attn"))
      << remark::add("{0}", text);
}

/// Puts a list of the blocks that the axes of `grid` leave open in front of the
/// mask.
void listBlocks(SdpaOp op, GridMaskAttr grid) {
  OpBuilder builder(op);
  IndexMath math(builder, op.getLoc());
  ProblemExtents extents = op.buildExtents(builder);
  auto type = BlocksType::get(op.getContext(), kGridBlock, kGridBlock);
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

void plan(SdpaOp op) {
  GridMaskAttr grid = findGrid(op.getMask());
  if (!grid || op.getListedBlocks())
    return;
  GridPlan plan = planGrid(op, grid);
  remark(op, plan);
  if (plan.way == GridPlan::Way::Blocks)
    listBlocks(op, grid);
}

struct AttnPlanGrids : attn::impl::AttnPlanGridsBase<AttnPlanGrids> {
  void runOnOperation() override {
    SmallVector<SdpaOp> ops;
    getOperation().walk([&](SdpaOp op) { ops.push_back(op); });
    for (SdpaOp op : ops)
      plan(op);
  }
};

} // namespace
