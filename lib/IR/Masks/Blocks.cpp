//===- Blocks.cpp - the blocks of a list ----------------------------------===//
//
// The mask `blocks(%list)`, also `blocks<bq, bk>(%row_ptr, %col)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/BlockLists.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// Any key may be listed, none need be: who walks the list knows more.
void BlocksMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  OpFoldResult zero = builder.constant(0);
  disjuncts.push_back({zero, builder.numCols, zero, zero});
}

Value BlocksMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.buildForEachPair([&](IndexMath &math, const PairPlace &pair) {
    return buildIsListed(math, findTensors(*this, pair.operands), pair.batch,
                         math.materialize(math.floorDiv(pair.head, getGroup())),
                         math.floorDiv(pair.row, getQueryBlock()),
                         math.floorDiv(pair.col, getKeyBlock()));
  });
}

std::optional<ListedBlocks> BlocksMaskAttr::splitListedBlocks() const {
  if (isList())
    return std::nullopt;
  return ListedBlocks{getSlots()[0], getSlots()[1], getQueryBlock(),
                      getKeyBlock(), getGroup(),    Attribute()};
}

Attribute BlocksMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return BlocksMaskAttr::get(getContext(), getQueryBlock(), getKeyBlock(),
                             getGroup(),
                             llvm::map_to_vector(getSlots(), renumber));
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// An extent of `row_ptr` that is 1 or that of the problem.
static LogicalResult verifyShared(const MaskProblem &problem, int64_t extent,
                                  int64_t whole, StringRef what) {
  if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(whole) ||
      extent == 1 || extent == whole)
    return success();
  return problem.emitError() << "mask blocks has lists for " << extent << ' '
                             << what << ", expected 1 or " << whole;
}

LogicalResult BlocksMaskAttr::verifyMask(const MaskProblem &problem) const {
  int64_t queryBlock = getQueryBlock(), keyBlock = getKeyBlock();
  auto report = [&]() -> InFlightDiagnostic {
    InFlightDiagnostic error = problem.emitError();
    error << "mask blocks has ";
    return error;
  };
  if (failed(BlocksType::verify(report, queryBlock, keyBlock, getGroup())))
    return failure();
  for (unsigned slot : getSlots())
    if (slot >= problem.operandTypes.size())
      return problem.emitError()
             << "mask blocks names operand slot " << slot
             << ", expected less than the number of mask operands, "
             << problem.operandTypes.size();
  bool isKnown = !ShapedType::isDynamic(problem.heads);
  if (isKnown && problem.heads % getGroup() != 0)
    return problem.emitError()
           << "mask blocks has lists for groups of " << getGroup()
           << " heads, there are " << problem.heads << ": expected a multiple";
  if (isList()) {
    Type type = problem.operandTypes[getSlots().front()];
    auto wanted =
        BlocksType::get(getContext(), queryBlock, keyBlock, getGroup());
    if (type != wanted)
      return problem.emitError() << "operand of mask blocks has type " << type
                                 << ", expected " << wanted;
    return success();
  }
  if (getSlots().size() != 2)
    return problem.emitError()
           << "mask blocks names " << getSlots().size()
           << " operands, expected a list of blocks, or row_ptr and col";
  Type rowPtr = problem.operandTypes[getSlots()[0]];
  Type col = problem.operandTypes[getSlots()[1]];
  if (failed(verifyBlockLists(rowPtr, col, problem.emitError)))
    return failure();
  auto shape = cast<ShapedType>(rowPtr);
  if (failed(verifyShared(problem, shape.getDimSize(0), problem.batches,
                          "batch elements")) ||
      failed(verifyShared(problem, shape.getDimSize(1),
                          isKnown ? problem.heads / getGroup() : problem.heads,
                          getGroup() > 1 ? "groups of heads" : "heads")))
    return failure();
  if (ShapedType::isDynamic(problem.rows) || shape.isDynamicDim(2))
    return success();
  int64_t rows = llvm::divideCeil(problem.rows, queryBlock);
  if (shape.getDimSize(2) != rows + 1)
    return problem.emitError()
           << "mask blocks has lists for " << shape.getDimSize(2) - 1
           << " rows of blocks, expected " << rows
           << " for M = " << problem.rows << " in blocks of " << queryBlock;
  return success();
}

//===----------------------------------------------------------------------===//
// Run-time checks
//===----------------------------------------------------------------------===//

namespace {

/// Checks one pair of tensors.
class ListChecks {
public:
  ListChecks(MaskCheckBuilder &checks, const BlockListTensors &lists,
             BlocksMaskAttr mask)
      : checks(checks), rowPtr(lists.rowPtr), col(lists.col), mask(mask),
        zero(number(0)), one(number(1)) {}

  void build() {
    if (checks.numBatches) {
      requireShared(0, checks.numBatches, "batch elements");
      requireShared(1, checks.floorDiv(checks.numHeads, mask.getGroup()),
                    mask.getGroup() > 1 ? "groups of heads" : "heads");
    }
    Value rows = checks.materialize(
        checks.add(checks.ceilDiv(checks.numRows, mask.getQueryBlock()), 1));
    requireEqual(size(2), rows,
                 "mask blocks has a row_ptr of {0} elements a head, expected "
                 "{1}: an element more than rows of blocks");
    loop(zero, size(0), [&](Value batch) {
      loop(zero, size(1), [&](Value head) {
        Value last = checks.materialize(
            checks.max(checks.add(size(2), -1), checks.constant(0)));
        loop(zero, last, [&](Value row) { buildRow(batch, head, row); });
      });
    });
  }

private:
  Value number(int64_t value) {
    return checks.materialize(checks.constant(value));
  }

  Value size(unsigned dim) {
    return checks.materialize(tensor::getMixedSize(
        checks.getBuilder(), checks.getLoc(), rowPtr, dim));
  }

  void requireEqual(Value lhs, Value rhs, StringRef message) {
    checks.requireLessOrEqual(lhs, rhs, message);
    // The values swap places, so the message does.
    std::string swapped = message.str();
    for (char &c : swapped)
      if ((c == '0' || c == '1') && *(&c - 1) == '{')
        c = c == '0' ? '1' : '0';
    checks.requireLessOrEqual(rhs, lhs, swapped);
  }

  void requireShared(unsigned dim, OpFoldResult whole, StringRef what) {
    OpBuilder &builder = checks.getBuilder();
    Value extent = size(dim);
    Value shared = arith::CmpIOp::create(builder, checks.getLoc(),
                                         arith::CmpIPredicate::eq, extent, one);
    Value expected = arith::SelectOp::create(builder, checks.getLoc(), shared,
                                             one, checks.materialize(whole));
    requireEqual(
        extent, expected,
        ("mask blocks has lists for {0} " + what + ", expected 1 or {1}")
            .str());
  }

  void loop(Value lo, Value hi, llvm::function_ref<void(Value)> body) {
    OpBuilder &builder = checks.getBuilder();
    auto loop = scf::ForOp::create(builder, checks.getLoc(), lo, hi, one);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  void buildRow(Value batch, Value head, Value row) {
    auto [lo, hi] = buildEntriesOfRow(checks, rowPtr, batch, head, row);
    Value count = checks.materialize(buildLength(checks, col));
    checks.requireLessOrEqual(
        zero, lo, "mask blocks has {1} in row_ptr, expected at least {0}");
    checks.requireLessOrEqual(lo, hi,
                              "mask blocks has {1} after {0} in row_ptr, "
                              "expected numbers in ascending order");
    checks.requireLessOrEqual(hi, count,
                              "mask blocks has {0} in row_ptr, expected at "
                              "most the {1} elements of col");
    Value first = checks.materialize(checks.max(lo, checks.constant(0)));
    Value end = checks.materialize(checks.min(hi, count));
    Value last = checks.materialize(
        checks.add(checks.ceilDiv(checks.numCols, mask.getKeyBlock()), -1));
    loop(first, end, [&](Value entry) {
      Value block = buildLoadIndex(checks, col, entry);
      checks.requireLessOrEqual(
          zero, block,
          "mask blocks lists block column {1}, expected at least {0}");
      checks.requireLessOrEqual(
          block, last,
          "mask blocks lists block column {0}, expected at most {1}: the last "
          "that holds one of the N keys");
      // The first of a row follows no other.
      OpFoldResult previous =
          checks.max(checks.add(entry, -1), OpFoldResult(first));
      Value before = buildLoadIndex(checks, col, previous);
      OpFoldResult least =
          checks.selectLess(first, entry, checks.add(before, 1), before);
      checks.requireLessOrEqual(
          checks.materialize(least), block,
          "mask blocks lists block column {1} where {0} is the least that may "
          "follow, expected the columns of a row in ascending order, each "
          "once");
    });
  }

  MaskCheckBuilder &checks;
  Value rowPtr, col;
  BlocksMaskAttr mask;
  Value zero, one;
};

} // namespace

/// The heads must be whole groups.
static void buildGroupCheck(MaskCheckBuilder &checks, int64_t group) {
  if (!checks.numHeads || group == 1)
    return;
  Value heads = checks.materialize(checks.numHeads);
  Value whole = checks.materialize(
      checks.mul(checks.floorDiv(checks.numHeads, group), group));
  checks.requireLessOrEqual(heads, whole,
                            "mask blocks has lists for groups of " +
                                std::to_string(group) +
                                " heads, there are {0}: expected a multiple");
}

void BlocksMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  buildGroupCheck(builder, getGroup());
  if (BlockListTensors lists = findTensors(*this, builder.operands))
    return ListChecks(builder, lists, *this).build();
  // A list that is computed is right where its problem is.
  auto made = builder.operands[getSlots().front()]
                  .getDefiningOp<BlockListOpInterface>();
  if (!made)
    return;
  SmallVector<OpFoldResult> extents = made.buildExtents(builder);
  auto same = [&](OpFoldResult lhs, OpFoldResult rhs, StringRef what) {
    Value a = builder.materialize(lhs), b = builder.materialize(rhs);
    for (auto [less, more, first, second] :
         {std::tuple(a, b, "{0}", "{1}"), std::tuple(b, a, "{1}", "{0}")})
      builder.requireLessOrEqual(
          less, more,
          llvm::formatv("mask blocks has lists that were made for {0} {1}, "
                        "expected {2}",
                        first, what, second)
              .str());
  };
  same(made.getRows(), builder.numRows, "queries");
  same(made.getCols(), builder.numCols, "keys");
  if (!builder.numBatches)
    return;
  // Extents of 1 are shared.
  OpFoldResult one = builder.constant(1);
  for (auto [extent, whole, what] :
       {std::tuple(extents[0], builder.numBatches, "batch elements"),
        std::tuple(extents[1], builder.floorDiv(builder.numHeads, getGroup()),
                   getGroup() > 1 ? "groups of heads" : "heads")})
    if (!isConstantIntValue(extent, 1))
      same(extent,
           builder.selectLess(one, extent, builder.max(whole, one), one), what);
}
