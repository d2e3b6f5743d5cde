//===- Lens.cpp - the first n[b] keys of each batch element ---------------===//
//
// The mask `lens(%n)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

void LensMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  Value length =
      buildLoadOfBatch(builder, builder.operands[getSlot()], builder.batch);
  disjuncts.push_back(MaskIntervalBuilder::always(builder.constant(0), length));
}

Value LensMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.isLess(builder.getCol(), builder.getBatchElement(getSlot()));
}

LogicalResult LensMaskAttr::verifyMask(const MaskProblem &problem) const {
  if (failed(verifyOperand(problem, "lens", getSlot())))
    return failure();
  int64_t length =
      cast<ShapedType>(problem.operandTypes[getSlot()]).getDimSize(0);
  if (ShapedType::isDynamic(length) || length == 1 || length == problem.batches)
    return success();
  if (length == 0 || !ShapedType::isDynamic(problem.batches)) {
    InFlightDiagnostic diag = problem.emitError()
                              << "operand of mask lens has " << length
                              << " elements, expected 1 or B";
    if (!ShapedType::isDynamic(problem.batches))
      diag << " = " << problem.batches;
    return diag;
  }
  return success();
}

Attribute LensMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return LensMaskAttr::get(getContext(), renumber(getSlot()));
}

void LensMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  Value lengths = builder.operands[getSlot()];
  Value zero = builder.materialize(builder.constant(0));
  Value one = builder.materialize(builder.constant(1));
  Value number = builder.materialize(buildLength(builder, lengths));
  Value numCols = builder.materialize(builder.numCols);
  if (builder.numBatches) {
    // One length serves any batch; otherwise none may be missing.
    Value single = arith::CmpIOp::create(builder.getBuilder(), builder.getLoc(),
                                         arith::CmpIPredicate::eq, number, one);
    Value expected =
        arith::SelectOp::create(builder.getBuilder(), builder.getLoc(), single,
                                one, builder.materialize(builder.numBatches));
    StringRef message = "mask lens has {1} lengths, expected 1 or B = {0}";
    builder.requireLessOrEqual(expected, number, message);
    message = "mask lens has {0} lengths, expected 1 or B = {1}";
    builder.requireLessOrEqual(number, expected, message);
  }
  OpBuilder::InsertionGuard guard(builder.getBuilder());
  auto loop = scf::ForOp::create(builder.getBuilder(), builder.getLoc(), zero,
                                 number, one);
  builder.getBuilder().setInsertionPointToStart(loop.getBody());
  Value length = buildLoadIndex(builder, lengths, loop.getInductionVar());
  builder.requireLessOrEqual(
      zero, length, "mask lens holds length {1}, expected at least {0}");
  builder.requireLessOrEqual(
      length, numCols, "mask lens holds length {0}, expected at most N = {1}");
}

MaskTraits LensMaskAttr::getTraits() const {
  MaskTraits traits;
  traits.tellsBatchesApart = true;
  return traits;
}
