//===- Parts.cpp - parts of the keys --------------------------------------===//
//
// Chooses how long the parts of the keys are that are folded side by side where
// few queries and heads would leave threads idle. Merging them costs one row of
// values each.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"

using namespace mlir;
using namespace mlir::attn;

/// Keys of a part, at most.
static constexpr int64_t kSplit = 4096;
/// So many cells occupy a machine without parts.
static constexpr int64_t kManyCells = 64;

int64_t attn::choosePartOfKeys(SdpaOp op, int64_t keyBlock) {
  // What is listed is few keys, or many rows of blocks to share among threads.
  if (op.getListedBlocks())
    return 0;
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  unsigned head = query.getRank() - 3;
  int64_t cells =
      query.getRank() == 4 ? std::max<int64_t>(1, query.getDimSize(0)) : 1;
  if (!key.isDynamicDim(head))
    cells *= key.getDimSize(head);
  return cells >= kManyCells ? 0 : kSplit / keyBlock * keyBlock;
}
