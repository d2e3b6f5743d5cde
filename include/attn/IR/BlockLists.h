//===- BlockLists.h - reading lists of blocks ------------------*- C++ -*-===//
//
// Declares how lists of blocks are found and read, whoever reads them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_BLOCKLISTS_H
#define ATTN_IR_BLOCKLISTS_H

#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// The two tensors, or memrefs, of lists of blocks; null where the lists are a
/// value that no attn.block_list makes.
struct BlockListTensors {
  Value rowPtr, col;
  explicit operator bool() const { return rowPtr != nullptr; }
};

/// The tensors that `mask` names among `operands`, or whose list it names.
BlockListTensors findTensors(BlocksMaskAttr mask, ValueRange operands);

/// Entries [lo, hi) of `col`: those of block row `row` of a batch element and
/// head, which an extent of 1 shares.
std::pair<Value, Value> buildEntriesOfRow(IndexMath &math, Value rowPtr,
                                          Value batch, Value head,
                                          OpFoldResult row);

/// Whether `lists` have block (row, col), by bisection: an i1.
Value buildIsListed(IndexMath &math, const BlockListTensors &lists, Value batch,
                    Value head, OpFoldResult row, OpFoldResult col);

/// The rules on the types of `row_ptr` and `col`.
LogicalResult
verifyBlockLists(Type rowPtr, Type col,
                 llvm::function_ref<InFlightDiagnostic()> emitError);

} // namespace mlir::attn

#endif // ATTN_IR_BLOCKLISTS_H
