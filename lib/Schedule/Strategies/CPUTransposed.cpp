//===- CPUTransposed.cpp - softmax attention on a CPU ---------------------===//
//
// Cuts softmax attention in the transposed form: S^T = K Q^T, O^T = V^T P^T,
// lanes are queries. The register tile is a fact of the instruction set; a
// panel is its width. A key block holds enough rows that a panel's scores and
// the block of K stay in the first two cache levels: measured on AVX-512 with
// 48 KiB of L1, 120 to 256 keys are equal, 64 lose 5 % and 512 lose 4 %. On
// AVX2 values that fall out of L1 between two groups of their columns cost
// more: with 63 keys of width 128, 32 KiB, it is 4 % faster than with 129, on
// an Intel Xeon. Eight panels share a key block (4 lose 4 points of peak at
// width 128); fewer when M is known to be short. Where blocks are listed, a
// tile has no more queries than a block; register tiles are then shorter and
// taller. Where the mask is a grid, a tile is a panel, and its queries a box.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Keys in a block, before rounding to whole register tiles.
static constexpr int64_t kKeyBlock = 128;
static constexpr int64_t kLeastKeys = 32;
/// Panels that share a key block.
static constexpr int64_t kPanels = 8;

/// Keys of a block: on AVX2 no more than fill two thirds of the first cache.
static int64_t countKeysOfBlock(SdpaOp op, TargetAttr target,
                                const IsaFacts &isa) {
  auto value = cast<RankedTensorType>(op.getValue().getType());
  int64_t width = value.getShape().back();
  if (isa.vectorBits > 256 || ShapedType::isDynamic(width))
    return kKeyBlock;
  int64_t rowBytes = width * op.getAccumulatorType().getWidth() / 8;
  return std::clamp(2 * target.getL1() / (3 * rowBytes), kLeastKeys, kKeyBlock);
}

Choice attn::chooseCPUTransposed(SdpaOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t vectors = isa.tileVectors, tileRows = isa.tileRows;
  std::optional<BoxChoice> box = chooseBoxOfGrid(op, lanes * vectors);
  int64_t rows = limitToLists(op, kPanels * lanes * vectors);
  if (op.getListedBlocks()) {
    // Tiles are as long as blocks let them be: panels that leave few lanes
    // idle.
    auto padded = [&](int64_t count) {
      return llvm::alignTo(rows, lanes * count);
    };
    for (int64_t count = vectors; count-- > 1;)
      if (padded(count) < padded(vectors))
        vectors = count;
    tileRows = isa.tileRows * isa.tileVectors / vectors;
  }
  int64_t panel = lanes * vectors;
  int64_t keyBlock = limitToPages(
      op, llvm::alignTo(countKeysOfBlock(op, target, isa), tileRows));
  int64_t panels = kPanels, heads = box ? 1 : countFoldedHeads(op, rows);
  if (std::optional<int64_t> most = getMostRows(op))
    panels = std::max<int64_t>(
        llvm::divideCeil(std::min(rows, *most * heads), panel), 1);
  ArrayRef<int64_t> boxOfTile;
  if (box) {
    panels = 1;
    keyBlock = chooseBlockOfBox(*box, kKeyBlock, tileRows);
    boxOfTile = box->box;
  }

  Choice choice;
  choice.schedule =
      ScheduleAttr::get(op.getContext(), panels * panel, keyBlock, panel,
                        tileRows, Form::Transposed, /*split=*/0)
          .withHeads(heads)
          .withBox(boxOfTile);
  if (box)
    choice.why = explainBox(*box);
  choice.why += llvm::formatv(
      "{0} has {1} registers of {2} bits: a register tile of {3} keys by {4} "
      "vectors of queries, panels of {5} queries, {6} panels a query block, "
      "blocks of {7} keys",
      target.getIsa(), isa.registers, isa.vectorBits, tileRows, vectors, panel,
      panels, keyBlock);
  choice.why += explainHeads(heads);
  return choice;
}
