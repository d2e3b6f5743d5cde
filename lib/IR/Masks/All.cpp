//===- All.cpp - pairs that every mask keeps ------------------------------===//
//
// The mask `all(A, B, …)`.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "ListRules.h"

using namespace mlir;
using namespace mlir::attn;

void AllMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  DisjunctList result = {
      MaskIntervalBuilder::always(builder.constant(0), builder.numCols)};
  for (MaskAttrInterface mask : getMasks()) {
    DisjunctList inner;
    mask.buildIntervals(builder, inner);
    result = intersectDisjuncts(builder, result, inner);
  }
  disjuncts.append(result);
}

Value AllMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value result = builder.getBool(true);
  for (MaskAttrInterface mask : getMasks())
    result = builder.both(result, mask.buildContains(builder));
  return result;
}

bool AllMaskAttr::usesQueryPosition() const {
  return llvm::any_of(getMasks(), [](MaskAttrInterface mask) {
    return mask.usesQueryPosition();
  });
}

LogicalResult AllMaskAttr::verifyMask(const MaskProblem &problem) const {
  for (MaskAttrInterface mask : getMasks())
    if (failed(mask.verifyMask(problem)))
      return failure();
  return success();
}

Attribute AllMaskAttr::simplifyMask(const MaskProblem &problem) const {
  return simplifyList(MaskListKind::All, getContext(), getMasks(), problem);
}

Attribute AllMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return AllMaskAttr::get(getContext(), renumberList(getMasks(), renumber));
}

/// The first mask that has lists brings its own, the others are the rest.
std::optional<ListedBlocks> AllMaskAttr::splitListedBlocks() const {
  for (auto [k, mask] : llvm::enumerate(getMasks())) {
    std::optional<ListedBlocks> listed = mask.splitListedBlocks();
    if (!listed)
      continue;
    SmallVector<MaskAttrInterface> rest(getMasks());
    rest.erase(rest.begin() + k);
    if (listed->rest)
      rest.push_back(cast<MaskAttrInterface>(listed->rest));
    if (rest.size() == 1)
      listed->rest = rest.front();
    else if (!rest.empty())
      listed->rest = AllMaskAttr::get(getContext(), rest);
    return listed;
  }
  return std::nullopt;
}

void AllMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  for (MaskAttrInterface mask : getMasks())
    mask.buildOperandChecks(builder);
}

int64_t AllMaskAttr::getUnit() const { return getUnitOfList(getMasks()); }
