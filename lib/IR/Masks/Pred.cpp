//===- Pred.cpp - the pairs that a predicate of the user keeps ------------===//
//
// The mask `pred<@name>(%array, …)`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "attn/IR/Predicates.h"

using namespace mlir;
using namespace mlir::attn;

/// Nothing is known of the code: any key may be seen, none need be.
void PredMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  disjuncts.push_back(buildScattered(builder));
}

Value PredMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  return builder.buildCall(getPredicate(), getSlots());
}

/// The code may use it.
bool PredMaskAttr::usesQueryPosition() const { return true; }

MaskTraits PredMaskAttr::getTraits() const {
  MaskTraits traits = getTraitsOfHoles();
  traits.tellsBatchesApart = !getAnyBatch();
  traits.tellsHeadsApart = !getAnyHead();
  return traits;
}

/// That the predicate exists and fits its operands is checked where symbols
/// are.
LogicalResult PredMaskAttr::verifyMask(const MaskProblem &problem) const {
  for (unsigned slot : getSlots())
    if (slot >= problem.operandTypes.size())
      return problem.emitError()
             << "mask pred names operand slot " << slot
             << ", expected less than the number of mask operands, "
             << problem.operandTypes.size();
  return success();
}

Attribute PredMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  SmallVector<unsigned> slots = llvm::map_to_vector(getSlots(), renumber);
  return PredMaskAttr::get(getContext(), getPredicate(), getAnyBatch(),
                           getAnyHead(), slots);
}

/// An index out of range counts as the nearest one inside: there must be one
/// if there is a pair.
void PredMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  OpFoldResult one = builder.constant(1);
  Value least = builder.materialize(
      builder.min(builder.min(builder.numRows, builder.numCols), one));
  for (unsigned slot : getSlots()) {
    Value array = builder.operands[slot];
    int64_t rank = cast<ShapedType>(array.getType()).getRank();
    for (int64_t dim = 0; dim < rank; ++dim)
      builder.requireLessOrEqual(
          least,
          buildArrayExtent(builder.getBuilder(), builder.getLoc(), array, dim),
          ("an array of mask pred has extent {1} in dimension " + Twine(dim) +
           ", expected at least {0}")
              .str());
  }
}
