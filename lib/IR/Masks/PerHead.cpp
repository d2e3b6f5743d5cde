//===- PerHead.cpp - a mask for each head ---------------------------------===//
//
// The mask `per_head[A, B, …]`.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "ListRules.h"
#include "Rules.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The heads [first, second).
using HeadRange = std::pair<int64_t, int64_t>;

/// Each different mask once, with the heads that have it.
using MaskHeads = llvm::MapVector<Attribute, SmallVector<HeadRange, 1>>;

} // namespace

static MaskHeads collectHeads(ArrayRef<MaskAttrInterface> masks) {
  MaskHeads result;
  for (auto [index, mask] : llvm::enumerate(masks)) {
    SmallVector<HeadRange, 1> &ranges = result[mask];
    int64_t head = index;
    if (!ranges.empty() && ranges.back().second == head)
      ++ranges.back().second;
    else
      ranges.push_back({head, head + 1});
  }
  return result;
}

/// 1 if some head of the queries lies in `ranges`, else 0.
static OpFoldResult buildIsActive(MaskIntervalBuilder &builder,
                                  ArrayRef<HeadRange> ranges) {
  OpFoldResult none = builder.constant(0), some = builder.constant(1);
  OpFoldResult end = builder.add(builder.head, builder.numHeads);
  OpFoldResult result = none;
  for (auto [first, second] : ranges) {
    OpFoldResult reached =
        builder.selectLess(builder.constant(first), end, some, result);
    result = builder.selectLess(builder.head, builder.constant(second), reached,
                                result);
  }
  return result;
}

/// Disjunct k is that of the head's mask. Of queries of several heads it holds
/// the hull of what their masks may, and what all of them must.
void PerHeadMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  OpFoldResult zero = builder.constant(0), cols = builder.numCols;
  SmallVector<DisjunctList> lists;
  SmallVector<OpFoldResult> active;
  size_t count = 0;
  for (auto &[mask, ranges] : collectHeads(getMasks())) {
    active.push_back(buildIsActive(builder, ranges));
    cast<MaskAttrInterface>(mask).buildIntervals(builder, lists.emplace_back());
    count = std::max<size_t>(count, lists.back().size());
  }
  DisjunctList result;
  for (size_t k = 0; k < count; ++k) {
    MaskDisjunct joined = {cols, zero, zero, cols};
    for (auto [list, isActive] : llvm::zip_equal(lists, active)) {
      MaskDisjunct d =
          k < list.size() ? list[k] : MaskDisjunct{cols, zero, cols, zero};
      // An empty interval widens no hull.
      OpFoldResult lo = builder.selectLess(d.mayLo, d.mayHi, d.mayLo, cols);
      OpFoldResult hi = builder.selectLess(d.mayLo, d.mayHi, d.mayHi, zero);
      auto update = [&](OpFoldResult &end, OpFoldResult with) {
        end = builder.selectLess(zero, isActive, with, end);
      };
      update(joined.mayLo, builder.min(joined.mayLo, lo));
      update(joined.mayHi, builder.max(joined.mayHi, hi));
      update(joined.mustLo, builder.max(joined.mustLo, d.mustLo));
      update(joined.mustHi, builder.min(joined.mustHi, d.mustHi));
    }
    result.push_back(joined);
  }
  reduceDisjuncts(builder, result);
  disjuncts.append(result);
}

/// Every mask is evaluated: which one counts differs between lanes where heads
/// are folded together, and is known outside of the loops elsewhere.
Value PerHeadMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  Value result = builder.getBool(false);
  for (auto &[mask, ranges] : collectHeads(getMasks())) {
    Value here = builder.getBool(false);
    for (auto [first, second] : ranges) {
      Value head = builder.getHead();
      here = builder.either(
          here,
          builder.both(builder.isLessOrEqual(builder.getConstant(first), head),
                       builder.isLess(head, builder.getConstant(second))));
    }
    Value kept = cast<MaskAttrInterface>(mask).buildContains(builder);
    result = builder.either(result, builder.both(here, kept));
  }
  return result;
}

bool PerHeadMaskAttr::usesQueryPosition() const {
  return llvm::any_of(getMasks(), [](MaskAttrInterface mask) {
    return mask.usesQueryPosition();
  });
}

LogicalResult PerHeadMaskAttr::verifyMask(const MaskProblem &problem) const {
  int64_t count = getMasks().size();
  bool known = !ShapedType::isDynamic(problem.heads);
  if (count == 0 || (known && count != problem.heads)) {
    InFlightDiagnostic diag = problem.emitError()
                              << "mask per_head has " << count
                              << " masks, expected one for each head of H";
    if (known)
      diag << " = " << problem.heads;
    return diag;
  }
  for (MaskAttrInterface mask : getMasks())
    if (failed(mask.verifyMask(problem)))
      return failure();
  return success();
}

Attribute PerHeadMaskAttr::simplifyMask(const MaskProblem &problem) const {
  SmallVector<MaskAttrInterface> masks;
  for (auto [head, mask] : llvm::enumerate(getMasks())) {
    // Of a mask for each head within, this head sees its own.
    auto nested = dyn_cast<PerHeadMaskAttr>(mask);
    masks.push_back(nested && head < nested.getMasks().size()
                        ? nested.getMasks()[head]
                        : simplifyInner(mask, problem));
  }
  if (!masks.empty() && llvm::all_equal(masks))
    return masks.front();
  if (ArrayRef<MaskAttrInterface>(masks) == getMasks())
    return {};
  return PerHeadMaskAttr::get(getContext(), masks);
}

Attribute PerHeadMaskAttr::intersectWith(Attribute other) const {
  auto perHead = dyn_cast<PerHeadMaskAttr>(other);
  if (!perHead || perHead.getMasks().size() != getMasks().size())
    return {};
  return PerHeadMaskAttr::get(getContext(),
                              intersectEach(getMasks(), perHead.getMasks()));
}

Attribute PerHeadMaskAttr::renumberSlots(
    llvm::function_ref<unsigned(unsigned)> renumber) const {
  return PerHeadMaskAttr::get(getContext(), renumberList(getMasks(), renumber));
}

void PerHeadMaskAttr::buildOperandChecks(MaskCheckBuilder &builder) const {
  if (builder.numHeads) {
    Value count = builder.materialize(builder.constant(getMasks().size()));
    Value heads = builder.materialize(builder.numHeads);
    builder.requireLessOrEqual(
        count, heads,
        "mask per_head has {0} masks, expected one for each head of H = {1}");
    builder.requireLessOrEqual(
        heads, count,
        "mask per_head has {1} masks, expected one for each head of H = {0}");
  }
  for (MaskAttrInterface mask : getMasks())
    mask.buildOperandChecks(builder);
}

int64_t PerHeadMaskAttr::getUnit() const { return getUnitOfList(getMasks()); }

MaskTraits PerHeadMaskAttr::getTraits() const {
  MaskTraits traits;
  traits.tellsHeadsApart = true;
  return traits;
}
