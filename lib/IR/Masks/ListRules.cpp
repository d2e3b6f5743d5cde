//===- ListRules.cpp - the rules of all(…) and any(…) ---------------------===//
//
// Implements the simplification of lists of masks.
//
//===----------------------------------------------------------------------===//

#include "ListRules.h"
#include "Rules.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// A list on its way to its simplest form.
class ListSimplifier {
public:
  ListSimplifier(MaskListKind kind, MLIRContext *context,
                 const MaskProblem &problem)
      : kind(kind), context(context), problem(problem) {}

  Attribute run(ArrayRef<MaskAttrInterface> original) {
    for (MaskAttrInterface mask : original)
      add(simplifyInner(mask, problem));
    while (mergeSomePair() || absorbOne())
      ;
    if (decided || hasOpposites())
      return getZero();
    if (masks.empty())
      return getUnit();
    if (masks.size() == 1)
      return masks.front();
    if (ArrayRef<MaskAttrInterface>(masks) == original)
      return {};
    if (kind == MaskListKind::All)
      return AllMaskAttr::get(context, masks);
    return AnyMaskAttr::get(context, masks);
  }

private:
  /// The mask that changes nothing in this list.
  Attribute getUnit() const {
    if (kind == MaskListKind::All)
      return FullMaskAttr::get(context);
    return EmptyMaskAttr::get(context);
  }

  /// The mask that makes the others irrelevant.
  Attribute getZero() const {
    if (kind == MaskListKind::All)
      return EmptyMaskAttr::get(context);
    return FullMaskAttr::get(context);
  }

  /// The masks of `mask` if it is a list of kind `which`.
  static std::optional<ArrayRef<MaskAttrInterface>>
  getElements(MaskListKind which, Attribute mask) {
    if (auto all = dyn_cast<AllMaskAttr>(mask))
      if (which == MaskListKind::All)
        return all.getMasks();
    if (auto any = dyn_cast<AnyMaskAttr>(mask))
      if (which == MaskListKind::Any)
        return any.getMasks();
    return std::nullopt;
  }

  void add(MaskAttrInterface mask) {
    if (auto inner = getElements(kind, mask)) {
      for (MaskAttrInterface element : *inner)
        add(element);
      return;
    }
    if (mask == getZero())
      decided = true;
    else if (mask != getUnit() && !llvm::is_contained(masks, mask))
      masks.push_back(mask);
  }

  /// One mask for `a` and `b` in this list, or null.
  Attribute merge(MaskAttrInterface a, MaskAttrInterface b) const {
    Attribute both = a.intersectWith(b);
    if (!both)
      both = b.intersectWith(a);
    if (kind == MaskListKind::All || !both)
      return both;
    // Of two masks of which one implies the other, the weaker is their union.
    if (both == a)
      return b;
    return both == b ? Attribute(a) : Attribute();
  }

  bool mergeSomePair() {
    for (unsigned k = 0; k < masks.size(); ++k)
      for (unsigned n = k + 1; n < masks.size(); ++n)
        if (Attribute merged = merge(masks[k], masks[n])) {
          masks.erase(masks.begin() + n);
          masks.erase(masks.begin() + k);
          add(simplifyInner(cast<MaskAttrInterface>(merged), problem));
          return true;
        }
    return false;
  }

  /// all(A, any(A, B)) and any(A, all(A, B)) are A.
  bool absorbOne() {
    MaskListKind dual =
        kind == MaskListKind::All ? MaskListKind::Any : MaskListKind::All;
    for (unsigned k = 0; k < masks.size(); ++k) {
      auto elements = getElements(dual, masks[k]);
      if (!elements)
        continue;
      for (MaskAttrInterface element : *elements)
        if (llvm::is_contained(masks, element)) {
          masks.erase(masks.begin() + k);
          return true;
        }
    }
    return false;
  }

  /// True if the list has a mask and its negation.
  bool hasOpposites() const {
    return llvm::any_of(masks, [&](MaskAttrInterface mask) {
      return llvm::is_contained(masks, NotMaskAttr::get(context, mask));
    });
  }

  MaskListKind kind;
  MLIRContext *context;
  const MaskProblem &problem;
  SmallVector<MaskAttrInterface> masks;
  bool decided = false;
};

} // namespace

Attribute attn::simplifyList(MaskListKind kind, MLIRContext *context,
                             ArrayRef<MaskAttrInterface> masks,
                             const MaskProblem &problem) {
  return ListSimplifier(kind, context, problem).run(masks);
}

SmallVector<MaskAttrInterface>
attn::renumberList(ArrayRef<MaskAttrInterface> masks,
                   llvm::function_ref<unsigned(unsigned)> renumber) {
  SmallVector<MaskAttrInterface> result;
  for (MaskAttrInterface mask : masks)
    result.push_back(cast<MaskAttrInterface>(mask.renumberSlots(renumber)));
  return result;
}

SmallVector<MaskAttrInterface>
attn::intersectEach(ArrayRef<MaskAttrInterface> lhs,
                    ArrayRef<MaskAttrInterface> rhs) {
  SmallVector<MaskAttrInterface> result;
  for (auto [a, b] : llvm::zip_equal(lhs, rhs))
    result.push_back(AllMaskAttr::get(a.getContext(), {a, b}));
  return result;
}

int64_t attn::getUnitOfList(ArrayRef<MaskAttrInterface> masks) {
  int64_t unit = 0;
  for (MaskAttrInterface mask : masks)
    unit = std::gcd(unit, mask.getUnit());
  return unit;
}
