//===- Any.cpp - pairs that some mask keeps -------------------------------===//
//
// The mask `any(A, B, …)`.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "ListRules.h"

using namespace mlir;
using namespace mlir::attn;

void AnyMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  DisjunctList result;
  for (MaskAttrInterface mask : getMasks())
    mask.buildIntervals(builder, result);
  reduceDisjuncts(builder, result);
  disjuncts.append(result);
}

Value AnyMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value result = builder.getBool(false);
  for (MaskAttrInterface mask : getMasks())
    result = builder.either(result, mask.buildContains(builder));
  return result;
}

bool AnyMaskAttr::usesQueryPosition() const {
  return llvm::any_of(getMasks(), [](MaskAttrInterface mask) {
    return mask.usesQueryPosition();
  });
}

LogicalResult AnyMaskAttr::verifyMask(const MaskProblem &problem) const {
  for (MaskAttrInterface mask : getMasks())
    if (failed(mask.verifyMask(problem)))
      return failure();
  return success();
}

Attribute AnyMaskAttr::simplifyMask(const MaskProblem &problem) const {
  return simplifyList(MaskListKind::Any, getContext(), getMasks(), problem);
}

Attribute AnyMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return AnyMaskAttr::get(getContext(), renumberList(getMasks(), renumber));
}

void AnyMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  for (MaskAttrInterface mask : getMasks())
    mask.buildOperandChecks(builder);
}

int64_t AnyMaskAttr::getUnit() const { return getUnitOfList(getMasks()); }
