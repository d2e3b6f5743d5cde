//===- BlockLists.cpp - reading lists of blocks ---------------------------===//
//
// Implements finding the tensors of lists of blocks, looking blocks up in them,
// and the rules on their types.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/BlockLists.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

BlockListTensors attn::findTensors(BlocksMaskAttr mask, ValueRange operands) {
  if (!mask.isList())
    return {operands[mask.getSlots()[0]], operands[mask.getSlots()[1]]};
  auto list = operands[mask.getSlots()[0]].getDefiningOp<BlockListOp>();
  if (!list)
    return {};
  return {list.getRowPtr(), list.getCol()};
}

std::pair<Value, Value> attn::buildEntriesOfRow(IndexMath &math, Value rowPtr,
                                                Value batch, Value head,
                                                OpFoldResult row) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  Value place[] = {buildSharedIndex(math, rowPtr, 0, batch),
                   buildSharedIndex(math, rowPtr, 1, head), Value()};
  auto load = [&](OpFoldResult index) -> Value {
    place[2] = math.materialize(index);
    Value element;
    if (isa<MemRefType>(rowPtr.getType()))
      element = memref::LoadOp::create(builder, loc, rowPtr, place);
    else
      element = tensor::ExtractOp::create(builder, loc, rowPtr, place);
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      element);
  };
  Value lo = load(row), hi = load(math.add(row, 1));
  return {lo, hi};
}

Value attn::buildIsListed(IndexMath &math, const BlockListTensors &lists,
                          Value batch, Value head, OpFoldResult row,
                          OpFoldResult col) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  auto [first, end] = buildEntriesOfRow(math, lists.rowPtr, batch, head, row);
  Value wanted = math.materialize(col);
  auto less = [](OpBuilder &b, Location l, Value lhs, Value rhs) -> Value {
    return arith::CmpIOp::create(b, l, arith::CmpIPredicate::slt, lhs, rhs);
  };
  // Invariant: entries before lo are < wanted, entries from hi on are not.
  auto search = scf::WhileOp::create(
      builder, loc, TypeRange{first.getType(), first.getType()},
      ValueRange{first, end},
      [&](OpBuilder &b, Location l, ValueRange args) {
        scf::ConditionOp::create(b, l, less(b, l, args[0], args[1]), args);
      },
      [&](OpBuilder &b, Location l, ValueRange args) {
        IndexMath inner(b, l);
        Value sum = arith::AddIOp::create(b, l, args[0], args[1]);
        Value one = inner.materialize(inner.constant(1));
        Value middle = arith::ShRUIOp::create(b, l, sum, one);
        Value entry = buildLoadIndex(inner, lists.col, middle);
        Value below = less(b, l, entry, wanted);
        Value next = arith::AddIOp::create(b, l, middle, one);
        Value lo = arith::SelectOp::create(b, l, below, next, args[0]);
        Value hi = arith::SelectOp::create(b, l, below, args[1], middle);
        scf::YieldOp::create(b, l, ValueRange{lo, hi});
      });
  Value found = search.getResult(0);
  // Reading only inside keeps lists without entries legal.
  auto isThere = scf::IfOp::create(
      builder, loc, less(builder, loc, found, end),
      [&](OpBuilder &b, Location l) {
        IndexMath inner(b, l);
        Value entry = buildLoadIndex(inner, lists.col, found);
        Value equal = arith::CmpIOp::create(b, l, arith::CmpIPredicate::eq,
                                            entry, wanted);
        scf::YieldOp::create(b, l, equal);
      },
      [&](OpBuilder &b, Location l) {
        Value no = arith::ConstantOp::create(b, l, b.getBoolAttr(false));
        scf::YieldOp::create(b, l, no);
      });
  return isThere.getResult(0);
}

LogicalResult
attn::verifyBlockLists(Type rowPtr, Type col,
                       llvm::function_ref<InFlightDiagnostic()> emitError) {
  auto isIntegers = [](Type type, int64_t rank) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && shaped.hasRank() && shaped.getRank() == rank &&
           shaped.getElementType().isInteger(32);
  };
  if (!isIntegers(rowPtr, 3))
    return emitError() << "row_ptr of a list of blocks has type " << rowPtr
                       << ", expected i32 of shape [B, H, rows of blocks + 1]";
  if (!isIntegers(col, 1))
    return emitError() << "col of a list of blocks has type " << col
                       << ", expected i32 of shape [nnz]";
  if (cast<ShapedType>(rowPtr).getDimSize(2) == 0)
    return emitError() << "row_ptr of a list of blocks has type " << rowPtr
                       << ", expected at least 1 element a head: the rows of "
                          "blocks + 1";
  return success();
}
