//===- CPURow.cpp - decoding steps on a CPU -------------------------------===//
//
// Cuts softmax attention for a few queries against many keys, in form row. The
// heads that share keys are folded into panels of four queries, which a
// register tile holds against as many keys as there are registers for: four of
// 32 vector registers (16 accumulators), two of 16. A cell reads each key once,
// and further panels find it in the first cache: a block is 8 KiB of keys.
// Where heads and batch are not known to be many, parts of 4096 keys are folded
// side by side; merging them costs one row of values each.
//
// Queries of a head are better off in lanes of their own once they fill more
// than three quarters of a panel of the transposed form: with 48 of 64 this
// form takes 0.75 to 1.0 of its time, with 64 of 64 1.1 to 1.2; with 4 queries
// of each of 8 heads that share keys, a fifteenth. A bias, which is read one by
// one here, moves that to the half.
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
/// Queries of a cell where lists of blocks or tiles of AMX are made for more.
static constexpr int64_t kFewQueries = 16;
/// Bytes of the keys of a block; its keys at least, half of which are enough
/// where they would take more than half of the first cache, and at most.
static constexpr int64_t kBlockBytes = 8192, kLeastKeys = 16, kMostKeys = 128;
/// Keys of a part.
static constexpr int64_t kSplit = 4096;
/// So many cells occupy a machine without parts.
static constexpr int64_t kManyCells = 64;

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

/// How many queries a cell of `heads` heads has at most, in whole panels;
/// `panel` is that of the transposed form.
static int64_t countQueriesOfCell(SdpaOp op, TargetAttr target, int64_t heads,
                                  int64_t panel) {
  int64_t most = heads * (op.getBias() ? panel / 2 : panel * 3 / 4);
  bool isForTiles = target.getTiles() != Tiles::None && op.fitsTiles();
  if (isForTiles || op.getListedBlocks())
    most = kFewQueries;
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

  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  unsigned head = query.getRank() - 3;
  int64_t cells =
      query.getRank() == 4 ? std::max<int64_t>(1, query.getDimSize(0)) : 1;
  if (!key.isDynamicDim(head))
    cells *= key.getDimSize(head);

  Choice choice;
  int64_t keyBlock = limitToPages(op, countKeysOfBlock(key, target));
  // What is listed is few keys, or many rows of blocks to share among threads.
  bool isWhole = cells >= kManyCells || op.getListedBlocks();
  int64_t split = isWhole ? 0 : kSplit;
  int64_t heads = countHeadsOfCell(op);
  int64_t queries =
      countQueriesOfCell(op, target, heads, lanes * isa.tileVectors);
  choice.schedule = ScheduleAttr::get(op.getContext(), queries, keyBlock,
                                      kPanel, rows, Form::Row, split)
                        .withHeads(heads);
  choice.why = llvm::formatv(
      "up to {0} queries of {1} heads that share keys: rows of keys and values "
      "in lanes, a register tile of {2} keys by {3} queries, blocks of {4} "
      "keys{5}",
      queries, heads, rows, kPanel, keyBlock,
      split ? llvm::formatv(", parts of {0} keys", split).str() : "");
  return choice;
}
