//===- Lists.cpp - tiles within rows of listed blocks ---------------------===//
//
// Keeps the queries of a tile within one row of blocks, where a mask lists
// blocks: only then does one list say which keys the tile visits.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"

using namespace mlir;
using namespace mlir::attn;

int64_t attn::limitToLists(SdpaOp op, int64_t rows) {
  std::optional<ListedBlocks> listed = op.getListedBlocks();
  if (!listed)
    return rows;
  rows = std::min(rows, listed->queryBlock);
  while (listed->queryBlock % rows != 0)
    --rows;
  return rows;
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
