//===- CPURow.cpp - decoding steps on a CPU -------------------------------===//
//
// Cuts softmax attention for a few queries against many keys, in form row. The
// heads that share keys are folded into panels of four queries, which a
// register tile holds against as many keys as there are registers for: four of
// 32 vector registers (16 accumulators), two of 16. Up to four panels are one
// cell; more queries are better off in lanes of their own. A cell reads each
// key once, and further panels find it in the first cache: a block is 8 KiB of
// keys. Where heads and batch are not known to be many, parts of
// 4096 keys are folded side by side; merging them costs one row of values each.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// Queries of a panel, and panels of a cell.
static constexpr int64_t kPanel = 4, kPanels = 4;
/// Bytes of the keys of a block; its keys at least and at most.
static constexpr int64_t kBlockBytes = 8192, kLeastKeys = 16, kMostKeys = 128;
/// Keys of a part.
static constexpr int64_t kSplit = 4096;
/// So many cells occupy a machine without parts.
static constexpr int64_t kManyCells = 64;

/// Keys of a block: a power of two, so that parts are whole blocks.
static int64_t countKeysOfBlock(RankedTensorType key) {
  int64_t width = key.getShape().back();
  if (ShapedType::isDynamic(width))
    return kMostKeys;
  int64_t keys = 8 * kBlockBytes / (width * key.getElementTypeBitWidth());
  return std::clamp<int64_t>(llvm::bit_floor<uint64_t>(keys), kLeastKeys,
                             kMostKeys);
}

std::optional<Choice> attn::chooseCPURow(SdpaOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t rows = isa.registers >= 32 ? 4 : 2;
  if (lanes < kPanel)
    return std::nullopt;

  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  unsigned head = query.getRank() - 3;
  int64_t cells =
      query.getRank() == 4 ? std::max<int64_t>(1, query.getDimSize(0)) : 1;
  if (!key.isDynamicDim(head))
    cells *= key.getDimSize(head);

  Choice choice;
  int64_t keyBlock = limitToPages(op, countKeysOfBlock(key));
  // What is listed is few keys, or many rows of blocks to share among threads.
  bool isWhole = cells >= kManyCells || op.getListedBlocks();
  int64_t split = isWhole ? 0 : kSplit;
  choice.schedule = ScheduleAttr::get(op.getContext(), kPanels * kPanel,
                                      keyBlock, kPanel, rows, Form::Row, split);
  choice.why = llvm::formatv(
      "up to {0} queries that share keys: rows of keys and values in lanes, a "
      "register tile of {1} keys by {2} queries, blocks of {3} keys{4}",
      kPanels * kPanel, rows, kPanel, keyBlock,
      split ? llvm::formatv(", parts of {0} keys", split).str() : "");
  return choice;
}
