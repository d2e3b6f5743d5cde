//===- CPUAmx.cpp - softmax attention on AMX tiles ------------------------===//
//
// Cuts softmax attention for bf16 on AMX: the transposed form with both
// products on tiles. Two by two accumulators, 32 keys by 32 queries, serve four
// products with four loads and leave one of the eight tile registers free.
// Blocks of 128 keys keep the scores and weights of a panel in the first level
// of cache; what is laid out anew for each block of values is shared by 16
// panels.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Queries of a panel and keys of its tiles.
static constexpr int64_t kPanel = 32;
static constexpr int64_t kKeyBlock = 128;
/// Panels that share a key block.
static constexpr int64_t kPanels = 16;

std::optional<Choice> attn::chooseCPUAmx(SdpaOp op, TargetAttr target,
                                         std::string &whyNot) {
  if (target.getTiles() == Tiles::None)
    return std::nullopt;
  if (!op.fitsTiles()) {
    whyNot =
        op.getUnnormalized()
            ? "tiles round weights to bf16, which are at most 1 only after "
              "a softmax; "
            : "tiles take queries of bf16, of widths that are known; ";
    return std::nullopt;
  }
  int64_t keyBlock = limitToPages(op, kKeyBlock);
  if (keyBlock % kPanel != 0) {
    whyNot =
        llvm::formatv("tiles take keys {0} at a time, the pages hold {1}; ",
                      kPanel, keyBlock);
    return std::nullopt;
  }
  int64_t rows = limitToLists(op, kPanels * kPanel), panels = kPanels;
  // Two panels share the keys that are laid out for them.
  std::optional<BoxChoice> box = chooseBoxOfGrid(op, 2 * kPanel);
  int64_t heads = box ? 1 : countFoldedHeads(op, rows);
  if (std::optional<int64_t> most = getMostRows(op))
    panels = std::max<int64_t>(
        llvm::divideCeil(std::min(rows, *most * heads), kPanel), 1);
  ArrayRef<int64_t> boxOfTile;
  if (box) {
    panels = 2;
    keyBlock = chooseBlockOfBox(*box, kKeyBlock, kPanel);
    boxOfTile = box->box;
  }
  Choice choice;
  choice.schedule =
      ScheduleAttr::get(op.getContext(), panels * kPanel, keyBlock, kPanel,
                        kPanel, Form::AMX, /*split=*/0)
          .withHeads(heads)
          .withBox(boxOfTile);
  if (box)
    choice.why = explainBox(*box);
  choice.why += llvm::formatv(
      "{0} multiplies tiles: {1} keys by {1} queries in four tiles, {2} panels "
      "a query block, blocks of {3} keys",
      stringifyTiles(target.getTiles()), kPanel, panels, keyBlock);
  choice.why += explainHeads(heads);
  return choice;
}
