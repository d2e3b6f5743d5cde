//===- Scratch.cpp - buffers of one grid cell -----------------------------===//
//
// Finds or makes buffers at the start of a grid cell, by name.
//
//===----------------------------------------------------------------------===//

#include "Vector/Scratch.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

static constexpr llvm::StringLiteral kTagName = "attn.scratch";

Value attn::getScratch(Operation *inside, StringRef tag, MemRefType type,
                       ValueRange dynamicSizes) {
  Block *cell;
  if (auto forall = inside->getParentOfType<scf::ForallOp>())
    cell = forall.getBody();
  else
    cell = &inside->getParentOfType<func::FuncOp>().getBody().front();
  for (auto alloc : cell->getOps<memref::AllocOp>()) {
    auto name = alloc->getAttrOfType<StringAttr>(kTagName);
    if (name && name.getValue() == tag && alloc.getType() == type)
      return alloc;
  }
  OpBuilder builder = OpBuilder::atBlockBegin(cell);
  // Sizes are read off buffers that may be made later in the cell.
  for (Value size : dynamicSizes)
    if (size.getParentBlock() == cell && size.getDefiningOp())
      builder.setInsertionPointAfterValue(size);
  auto alloc =
      memref::AllocOp::create(builder, inside->getLoc(), type, dynamicSizes,
                              builder.getI64IntegerAttr(64));
  alloc->setAttr(kTagName, builder.getStringAttr(tag));
  return alloc;
}
