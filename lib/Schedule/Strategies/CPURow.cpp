//===- CPURow.cpp - decoding steps on a CPU -------------------------------===//
//
// Cuts softmax attention for a few queries against many keys, in form row. The
// heads that share keys are folded into panels of four queries, which a
// register tile holds against as many keys as there are registers for: four of
// 32 vector registers (16 accumulators), two of 16. A cell reads each key once,
// and further panels find it in the first cache: a block is 8 KiB of keys.
// Where heads and batch are not known to be many, parts of the keys are folded
// side by side.
//
// Queries are better off in lanes of their own once they fill more than three
// quarters of a panel of the transposed form: with 48 of 64 this form takes
// 0.75 to 1.0 of its time, with 64 of 64 1.1 to 1.2. The queries of all heads
// that share keys fill it together, from five eighths of it on: with 10 of each
// of 4 heads both take as long, with 12 this form takes 1.15 times. A bias,
// which is read one by one here, moves that to the half.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// Queries of a panel.
static constexpr int64_t kPanel = 4;
/// Heads of a cell, at most, and its queries: more cells are more threads.
static constexpr int64_t kMostHeads = 16, kMostQueries = 256;
/// Queries of a cell where lists of blocks are made for more, and where tiles
/// of AMX are: those of 12 take 0.74 of the time of this form, those of 8 as
/// long.
static constexpr int64_t kFewOfLists = 16, kFewOfTiles = 8;
/// Bytes of the keys of a block; its keys at least, half of which are enough
/// where they would take more than half of the first cache, and at most.
static constexpr int64_t kBlockBytes = 8192, kLeastKeys = 16, kMostKeys = 128;

/// Keys of a block: a power of two, so that parts are whole blocks.
static int64_t countKeysOfBlock(RankedTensorType key, TargetAttr target) {
  int64_t width = key.getShape().back();
  if (ShapedType::isDynamic(width))
    return kMostKeys;
  int64_t rowBits = width * key.getElementTypeBitWidth();
  int64_t keys = llvm::bit_floor<uint64_t>(8 * kBlockBytes / rowBits);
  bool areWide = kLeastKeys * rowBits > 8 * target.getL1() / 2;
  return std::clamp(keys, areWide ? kLeastKeys / 2 : kLeastKeys, kMostKeys);
}

/// How many neighbouring heads a cell has.
static int64_t countHeadsOfCell(SdpaOp op) {
  int64_t alike = op.countAlikeHeads(), heads = std::min(alike, kMostHeads);
  while (alike % heads != 0)
    --heads;
  return heads;
}

/// How many queries a cell of `heads` heads has at most, in whole panels, or
/// none if one of each is too many; `panel` is that of the transposed form.
static std::optional<int64_t> countQueriesOfCell(SdpaOp op, TargetAttr target,
                                                 int64_t heads, int64_t panel) {
  int64_t full = op.getBias() ? panel / 2 : panel * 3 / 4;
  bool hasTiles = target.getTiles() != Tiles::None && op.fitsTiles();
  int64_t most = heads * full;
  if (hasTiles)
    most = kFewOfTiles;
  else if (op.getListedBlocks())
    most = kFewOfLists;
  if (countFoldedHeads(op, panel) > 1) {
    // All heads fill panels of the other form together, those of this cell a
    // part of them.
    full = op.getBias() ? panel / 2 : panel * 5 / 8;
    most = std::min(full, most) * heads / op.countAlikeHeads();
    if (most < heads)
      return std::nullopt;
  }
  if (std::optional<int64_t> rows = getMostRows(op))
    most = std::min(most, heads * *rows);
  return llvm::alignTo(std::clamp(most, heads, kMostQueries), kPanel);
}

std::optional<Choice> attn::chooseCPURow(SdpaOp op, TargetAttr target) {
  const IsaFacts &isa = *lookupIsa(target.getIsa());
  int64_t lanes = isa.vectorBits / op.getAccumulatorType().getWidth();
  int64_t rows = isa.registers >= 32 ? 4 : 2;
  if (lanes < kPanel)
    return std::nullopt;

  auto key = cast<RankedTensorType>(op.getKey().getType());
  Choice choice;
  int64_t keyBlock = limitToPages(op, countKeysOfBlock(key, target));
  int64_t split = choosePartOfKeys(op, keyBlock);
  int64_t heads = countHeadsOfCell(op);
  std::optional<int64_t> queries =
      countQueriesOfCell(op, target, heads, lanes * isa.tileVectors);
  if (!queries)
    return std::nullopt;
  choice.schedule = ScheduleAttr::get(op.getContext(), *queries, keyBlock,
                                      kPanel, rows, Form::Row, split)
                        .withHeads(heads)
                        .withAhead(target.getAhead());
  choice.why = llvm::formatv(
      "up to {0} queries of {1} heads that share keys: rows of keys and values "
      "in lanes, a register tile of {2} keys by {3} queries, blocks of {4} "
      "keys{5}",
      *queries, heads, rows, kPanel, keyBlock,
      split ? llvm::formatv(", parts of {0} keys", split).str() : "");
  return choice;
}
