//===- AttnMapMasks.cpp - list the blocks of masks with holes -------------===//
//
// Puts lists of blocks in front of masks whose intervals do not tell which
// blocks are empty. Of a conjunction only the parts with holes are mapped: what
// intervals say of the others costs nothing, whatever the length.
//
//   all(A, H)  becomes  all(blocks(map(H)), A, H)
//
// and all(blocks(map(H)), A) where H is constant on the blocks of the map.
// Which blocks hold a pair is looked up pair by pair, one operation each, once
// for all heads; folding a pair takes 4 D of every head.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/GridBoxes.h"
#include "attn/IR/GridTiles.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNMAPMASKS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Queries and keys of a listed block. Kernels are as fast with them as without
/// lists from 128 queries on; fewer keys leave less of a partial block empty.
constexpr int64_t kQueryBlock = 128;
constexpr int64_t kKeyBlock = 64;
/// Queries of a block where single ones may see everything, and all that share
/// a block with them visit it: half as many are worth slower kernels.
constexpr int64_t kQueryBlockOfMarks = 64;
/// Blocks on which a mask is constant are listed as they are if they are of so
/// many queries and keys.
constexpr int64_t kLeastUnit = 64;
constexpr int64_t kMostUnit = 256;

/// Keys from which on a hole is worth a look, where the mask decides within
/// blocks: wherever it begins, it then holds many of them.
constexpr int64_t kWideHole = 7 * kKeyBlock;

/// The masks that `mask` is the conjunction of.
ArrayRef<MaskAttrInterface> getConjuncts(const MaskAttrInterface &mask) {
  if (auto all = dyn_cast<AllMaskAttr>(mask))
    return all.getMasks();
  return mask;
}

MaskAttrInterface buildConjunction(MLIRContext *context,
                                   ArrayRef<MaskAttrInterface> masks) {
  return masks.size() == 1 ? masks.front() : AllMaskAttr::get(context, masks);
}

/// The traits of `mask` and of all masks inside.
MaskTraits collectTraits(MaskAttrInterface mask) {
  MaskTraits result;
  mask.walk([&](MaskAttrInterface inner) {
    MaskTraits traits = inner.getTraits();
    result.hole = std::max(result.hole, traits.hole);
    result.tellsBatchesApart |= traits.tellsBatchesApart;
    result.tellsHeadsApart |= traits.tellsHeadsApart;
  });
  return result;
}

/// Queries of a block of a list of `mask` that is no unit of it.
int64_t getQueryBlock(MaskAttrInterface mask) {
  bool hasMarks =
      mask.walk([](GlobalMaskAttr) { return WalkResult::interrupt(); })
          .wasInterrupted();
  return hasMarks ? kQueryBlockOfMarks : kQueryBlock;
}

/// Lists, where they are not the conjunct that is walked, are bisected for each
/// pair: too slow to make another list from.
bool hasLists(MaskAttrInterface mask) {
  return mask.walk([](BlocksMaskAttr) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

/// The largest divisor of `unit` that blocks of a list may have, or none.
std::optional<int64_t> getBlockOfUnit(int64_t unit) {
  for (int64_t block = std::min(unit, kMostUnit); block >= kLeastUnit; --block)
    if (unit % block == 0)
      return block;
  return std::nullopt;
}

/// True if blocks of rows are blocks of positions too.
bool isAligned(SdpaOp op, MaskAttrInterface mask) {
  if (!mask.usesQueryPosition())
    return true;
  if (op.getOffset())
    return false;
  if (op.getAlign() != Align::BottomRight)
    return true;
  auto query = cast<ShapedType>(op.getQuery().getType());
  auto key = cast<ShapedType>(op.getKey().getType());
  unsigned dim = query.getRank() - 2;
  return !query.isDynamicDim(dim) && !key.isDynamicDim(dim) &&
         (key.getDimSize(dim) - query.getDimSize(dim)) % mask.getUnit() == 0;
}

/// The blocks whose list says all that `mask` does, or none.
std::optional<int64_t> getExactBlock(SdpaOp op, MaskAttrInterface mask) {
  return isAligned(op, mask) ? getBlockOfUnit(mask.getUnit()) : std::nullopt;
}

/// True if `conjunct` has holes that are worth a list.
bool hasWideHoles(SdpaOp op, MaskAttrInterface conjunct) {
  return collectTraits(conjunct).hole >=
         getExactBlock(op, conjunct).value_or(kWideHole);
}

/// True if the queries of a tile will be a box of a grid, which has no row of
/// blocks.
bool isLeftToBoxes(SdpaOp op) {
  return canFoldInBoxes(op) &&
         planGrid(op, findGrid(op.getMask())).way == GridPlan::Way::Boxes;
}

void remark(SdpaOp op, MaskAttrInterface mask, BlocksType type, bool isExact) {
  std::string text;
  llvm::raw_string_ostream(text) << mask;
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("lists").category("attn"))
      << remark::add(
             "{0}", llvm::formatv(
                        "blocks of {0} by {1} in which mask {2} keeps a "
                        "pair are listed by each call, as its intervals do "
                        "not tell{3}",
                        type.getQueryBlock(), type.getKeyBlock(), text,
                        isExact ? "; the list takes the place of the mask" : "")
                        .str());
}

/// Maps the parts of the mask of `op` that have holes.
void mapMask(SdpaOp op) {
  MaskAttrInterface mask = op.getMask();
  if (hasLists(mask) || isLeftToBoxes(op))
    return;
  MLIRContext *context = op.getContext();
  SmallVector<MaskAttrInterface> mapped, rest;
  for (MaskAttrInterface conjunct : getConjuncts(mask))
    (hasWideHoles(op, conjunct) ? mapped : rest).push_back(conjunct);
  if (mapped.empty())
    return;
  MaskAttrInterface holes = buildConjunction(context, mapped);
  std::optional<int64_t> block = getExactBlock(op, holes);
  auto type = BlocksType::get(context, block.value_or(getQueryBlock(holes)),
                              block.value_or(kKeyBlock));
  remark(op, holes, type, block.has_value());

  OpBuilder builder(op);
  IndexMath math(builder, op.getLoc());
  ProblemExtents extents = op.buildExtents(builder);
  MaskTraits traits = collectTraits(holes);
  Value batches, heads;
  if (traits.tellsBatchesApart || (op.getOffset() && holes.usesQueryPosition()))
    batches = math.materialize(extents.batches);
  if (traits.tellsHeadsApart)
    heads = math.materialize(extents.heads);
  NamedOperands named = nameOperands(holes, op.getMaskOperands());
  Value map = BlockMapOp::create(
      builder, op.getLoc(), type, named.operands,
      math.materialize(extents.rows), math.materialize(extents.cols), batches,
      heads, op.getOffset(), named.mask, op.getAlignAttr(), /*coarse=*/false);

  SmallVector<Value> operands(op.getMaskOperands());
  SmallVector<MaskAttrInterface> masks = {
      BlocksMaskAttr::get(context, type, {unsigned(operands.size())})};
  operands.push_back(map);
  llvm::append_range(masks, block ? ArrayRef(rest) : getConjuncts(mask));
  NamedOperands result =
      nameOperands(buildConjunction(context, masks), operands);
  op.setMaskAttr(result.mask);
  op.getMaskOperandsMutable().assign(result.operands);
}

struct AttnMapMasks : attn::impl::AttnMapMasksBase<AttnMapMasks> {
  void runOnOperation() override {
    SmallVector<SdpaOp> ops;
    getOperation().walk([&](SdpaOp op) { ops.push_back(op); });
    for (SdpaOp op : ops)
      mapMask(op);
  }
};

} // namespace
