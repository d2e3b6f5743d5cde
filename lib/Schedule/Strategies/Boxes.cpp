//===- Boxes.cpp - tiles that are boxes of a grid -------------------------===//
//
// Makes the queries of a tile a box of a grid, where the mask keeps what is
// near in all directions.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "attn/IR/GridBoxes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<BoxChoice> attn::chooseBoxOfGrid(SdpaOp op, int64_t queries) {
  if (!canFoldInBoxes(op))
    return std::nullopt;
  GridPlan plan = planGrid(op, findGrid(op.getMask()), queries);
  if (plan.way != GridPlan::Way::Boxes)
    return std::nullopt;
  return plan.box;
}

int64_t attn::chooseBlockOfBox(const BoxChoice &box, int64_t most,
                               int64_t unit) {
  int64_t keys = std::max<int64_t>(box.mostKeys, 1);
  int64_t blocks = std::max<int64_t>(1, (keys + most / 2) / most);
  return llvm::alignTo(llvm::divideCeil(keys, blocks), unit);
}

std::string attn::explainBox(const BoxChoice &box) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "the queries of a tile are a box of ";
  llvm::interleave(box.box, stream, " x ");
  stream << " points of the grid, with about " << box.keys
         << " keys each, fetched from where they stand; ";
  return text;
}
