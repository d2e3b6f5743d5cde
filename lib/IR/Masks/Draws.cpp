//===- Draws.cpp - what random masks share --------------------------------===//
//
// Implements drawing keys by their hashes. No two hashes of a row are equal, so
// the keys with the r smallest are those with hashes up to the r-th smallest.
//
//===----------------------------------------------------------------------===//

#include "Draws.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/IR/RandomHash.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::verifyDraw(const MaskProblem &problem, const Draw &draw) {
  if (problem.isGridAxis)
    return problem.emitError()
           << "mask " << draw.name
           << " stands inside of grid, expected it outside: an axis has no "
              "hashes of its own";
  if (draw.count < 1 || draw.count > kMaxMaskExtent)
    return problem.emitError()
           << "mask " << draw.name << " draws " << draw.count
           << " keys, expected 1 to " << kMaxMaskExtent;
  if (draw.slots.empty())
    return success();
  if (draw.slots.size() > 1)
    return problem.emitError() << "mask " << draw.name << " names "
                               << draw.slots.size() << " operands, expected "
                               << "the limits of its hashes or none";
  unsigned slot = draw.slots.front();
  if (slot >= problem.operandTypes.size())
    return problem.emitError()
           << "mask " << draw.name << " names operand slot " << slot
           << ", expected less than the number of mask operands, "
           << problem.operandTypes.size();
  auto type = dyn_cast<ShapedType>(problem.operandTypes[slot]);
  if (!type || !type.hasRank() || type.getRank() != 3 ||
      !type.getElementType().isInteger(64))
    return problem.emitError() << "operand of mask " << draw.name
                               << " has type " << problem.operandTypes[slot]
                               << ", expected limits as i64 of shape [B, H, M]";
  return success();
}

/// The limit of a query, as an i64.
static Value buildLimit(IndexMath &math, const PairPlace &query,
                        unsigned slot) {
  OpBuilder &builder = math.getBuilder();
  Location loc = math.getLoc();
  Value limits = query.operands[slot];
  Value place[] = {buildSharedIndex(math, limits, 0, query.batch),
                   buildSharedIndex(math, limits, 1, query.head),
                   query.queryRow};
  if (isa<MemRefType>(limits.getType()))
    return memref::LoadOp::create(builder, loc, limits, place);
  return tensor::ExtractOp::create(builder, loc, limits, place);
}

Value attn::buildIsDrawn(MaskPredicateBuilder &builder, const Draw &draw) {
  assert(draw.slots.size() == 1 && "predicates are built once limits are");
  SmallVector<Value> ofQuery = builder.buildForEachQuery(
      2, [&](IndexMath &math, const PairPlace &query) -> SmallVector<Value> {
        return {buildRowHash(math.getBuilder(), math.getLoc(), draw.seed,
                             query.head, query.row),
                buildLimit(math, query, draw.slots.front())};
      });
  OpBuilder &ops = builder.getBuilder();
  Location loc = builder.getLoc();
  Value key = builder.widen(builder.getCol());
  Value joined = arith::XOrIOp::create(ops, loc, ofQuery[0], key);
  return arith::CmpIOp::create(ops, loc, arith::CmpIPredicate::ule,
                               buildMix(ops, loc, joined), ofQuery[1]);
}

void attn::buildDrawChecks(MaskCheckBuilder &builder, const Draw &draw) {
  if (draw.slots.empty())
    return;
  Value limits = builder.operands[draw.slots.front()];
  std::string start = ("mask " + draw.name + " has limits of ").str();
  auto require = [&](unsigned dim, OpFoldResult whole, bool mayShare,
                     StringRef what) {
    OpFoldResult extent = tensor::getMixedSize(builder.getBuilder(),
                                               builder.getLoc(), limits, dim);
    // Shared limits are those of one, wherever there are any.
    OpFoldResult wanted = whole;
    if (mayShare)
      wanted = builder.selectLess(
          extent, builder.constant(2),
          builder.selectLess(builder.constant(0), extent, extent, whole),
          whole);
    Value has = builder.materialize(extent);
    Value wants = builder.materialize(wanted);
    std::string rest = mayShare ? (what + ", expected 1 or ").str()
                                : (what + ", expected ").str();
    builder.requireLessOrEqual(has, wants, start + "{0} " + rest + "{1}");
    builder.requireLessOrEqual(wants, has, start + "{1} " + rest + "{0}");
  };
  if (builder.numBatches) {
    require(0, builder.numBatches, true, "batch elements");
    require(1, builder.numHeads, true, "heads");
  }
  require(2, builder.numQueries, false, "queries");
}

/// True if `mask` reads what may differ between batch elements.
static bool readsOperands(MaskAttrInterface mask) {
  bool reads = false;
  mask.renumberSlots([&](unsigned slot) {
    reads = true;
    return slot;
  });
  return reads;
}

unsigned attn::buildLimits(MaskTableBuilder &builder, const Draw &draw,
                           MaskAttrInterface candidates) {
  OpBuilder &ops = builder.getBuilder();
  NamedOperands named = nameOperands(candidates, builder.operands);
  bool moves = candidates.usesQueryPosition();
  bool isShared = !readsOperands(candidates) && !(moves && builder.offset);
  Value batches =
      isShared ? builder.materialize(builder.constant(1)) : builder.numBatches;
  SmallVector<int64_t> dynamic(3, ShapedType::kDynamic);
  builder.operands.push_back(RandomLimitsOp::create(
      ops, builder.getLoc(), RankedTensorType::get(dynamic, ops.getI64Type()),
      named.operands, builder.numRows, builder.numCols, batches,
      builder.numHeads, moves ? builder.position : Value(),
      moves ? builder.offset : Value(), named.mask, draw.count, draw.seed,
      builder.unit));
  return builder.operands.size() - 1;
}
