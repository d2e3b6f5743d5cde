//===- AttnBuildMaskTables.cpp - what masks look up -----------------------===//
//
// Has masks compute, in front of their ops, what no pair can say by itself:
// which of its hashes a random mask keeps depends on all keys of the row.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/MaskSyntax.h"
#include "attn/IR/ScoreClauses.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNBUILDMASKTABLES
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What `op`, which scores keys, asks of tables.
template <typename OpTy> void describe(MaskTableBuilder &tables, OpTy op) {
  ScoreClauses clauses = ScoreClauses::of(op);
  OpBuilder &builder = tables.getBuilder();
  unsigned rank = clauses.getQueryType().getRank();
  auto size = [&](Value tensor, unsigned fromEnd) {
    return tables.materialize(
        tensor::getMixedSize(builder, op.getLoc(), tensor, rank - fromEnd));
  };
  tables.numRows = size(clauses.query, 2);
  tables.numCols = size(clauses.key, 2);
  tables.numHeads = size(clauses.query, 3);
  tables.numBatches = clauses.hasBatch()
                          ? size(clauses.query, 4)
                          : tables.materialize(tables.constant(1));
}

void describe(MaskTableBuilder &tables, BlockMapOp op) {
  SmallVector<OpFoldResult> extents = op.buildExtents(tables);
  tables.numRows = op.getRows();
  tables.numCols = op.getCols();
  tables.numBatches = tables.materialize(extents[0]);
  tables.numHeads = tables.materialize(extents[1]);
}

template <typename OpTy> void buildTables(OpTy op) {
  Operation *before = op->getPrevNode();
  OpBuilder builder(op);
  MaskTableBuilder tables(builder, op.getLoc());
  describe(tables, op);
  tables.offset = op.getOffset();
  if (op.getAlign() == Align::BottomRight)
    tables.position =
        tables.materialize(tables.sub(tables.numCols, tables.numRows));
  tables.operands = llvm::to_vector(op.getMaskOperands());
  auto mask = cast<MaskAttrInterface>(op.getMask().buildTables(tables));
  if (mask == op.getMask()) {
    // Most masks need none: what was built to describe the op is not needed.
    while (op->getPrevNode() != before)
      op->getPrevNode()->erase();
    return;
  }
  op.setMaskAttr(mask);
  op.getMaskOperandsMutable().assign(tables.operands);
}

struct AttnBuildMaskTables
    : attn::impl::AttnBuildMaskTablesBase<AttnBuildMaskTables> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto sdpa = dyn_cast<SdpaOp>(op))
        buildTables(sdpa);
      else if (auto weights = dyn_cast<WeightsOp>(op))
        buildTables(weights);
      else if (auto map = dyn_cast<BlockMapOp>(op))
        buildTables(map);
    });
  }
};

} // namespace
