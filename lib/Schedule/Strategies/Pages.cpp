//===- Pages.cpp - blocks of keys within pages ----------------------------===//
//
// Keeps blocks of keys from crossing the pages that keys come in.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

int64_t attn::limitToPages(SdpaOp op, int64_t keyBlock) {
  for (Value operand :
       {op.getKey(), op.getValue(), op.getKeyScale(), op.getValueScale()}) {
    auto view = operand ? operand.getDefiningOp<PagedViewOp>() : nullptr;
    if (!view)
      continue;
    // Pages are powers of two: the largest one that fits divides them all.
    keyBlock = std::min<int64_t>(llvm::bit_floor<uint64_t>(keyBlock),
                                 view.getPageSize());
    // Runs of listed blocks start where a block does.
    if (std::optional<ListedBlocks> listed = op.getListedBlocks())
      keyBlock = std::gcd(keyBlock, listed->keyBlock);
  }
  return keyBlock;
}
