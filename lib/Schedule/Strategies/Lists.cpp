//===- Lists.cpp - tiles within rows of listed blocks ---------------------===//
//
// Keeps the queries of a tile within one row of blocks, where a mask lists
// blocks: only then does one list say which keys the tile visits.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"

using namespace mlir;
using namespace mlir::attn;

/// A tile may be so many times as large, or as small, as it would be elsewhere.
static constexpr int64_t kMostParts = 4;

int64_t attn::limitToLists(SdpaOp op, int64_t rows) {
  std::optional<ListedBlocks> listed = op.getListedBlocks();
  if (!listed)
    return rows;
  int64_t block = listed->queryBlock, divisor = std::min(rows, block);
  while (block % divisor != 0)
    --divisor;
  // A block of 521 queries has no parts: better a larger tile than one of 1.
  return divisor * kMostParts < rows && block <= rows * kMostParts ? block
                                                                   : divisor;
}

std::optional<int64_t> attn::getMostRows(SdpaOp op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  int64_t rows = query.getDimSize(query.getRank() - 2);
  std::optional<int64_t> most;
  if (!ShapedType::isDynamic(rows))
    most = rows;
  if (std::optional<ListedBlocks> listed = op.getListedBlocks())
    most = std::min(most.value_or(listed->queryBlock), listed->queryBlock);
  return most;
}
