//===- Disjuncts.cpp - the algebra of unions of intervals -----------------===//
//
// Implements intersection, complement and reduction of disjuncts.
//
// With may_k and must_k the intervals of disjunct k, every row of the mask lies
// in U = union of may_k and contains L = union of must_k. So a row of the
// complement lies in the complement of L, which is the intersection over k of
//
//   [0, must_k.lo) + [must_k.hi, N)
//
// and contains the complement of U, the same with may_k. Nothing here looks at
// single keys: a mask costs a few scalar operations, whatever N.
//
//===----------------------------------------------------------------------===//

#include "Disjuncts.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <optional>

using namespace mlir;
using namespace mlir::attn;

/// True if both are constants with `lhs <= rhs`.
static bool isKnownLessOrEqual(OpFoldResult lhs, OpFoldResult rhs) {
  std::optional<int64_t> a = getConstantIntValue(lhs);
  std::optional<int64_t> b = getConstantIntValue(rhs);
  return a && b && *a <= *b;
}

static bool isKnownEqual(OpFoldResult lhs, OpFoldResult rhs) {
  return lhs == rhs ||
         (isKnownLessOrEqual(lhs, rhs) && isKnownLessOrEqual(rhs, lhs));
}

/// The smaller of two ends that are at least 0, or one of which is N.
static OpFoldResult buildMin(MaskIntervalBuilder &builder, OpFoldResult lhs,
                             OpFoldResult rhs) {
  if (lhs == rhs || isConstantIntValue(lhs, 0))
    return lhs;
  return isConstantIntValue(rhs, 0) ? rhs : builder.min(lhs, rhs);
}

/// The larger of two ends, neither of which is beyond N if the other is N.
static OpFoldResult buildMax(MaskIntervalBuilder &builder, OpFoldResult lhs,
                             OpFoldResult rhs) {
  if (lhs == rhs || lhs == builder.numCols)
    return lhs;
  return rhs == builder.numCols ? rhs : builder.max(lhs, rhs);
}

/// True if [lo, hi) is known to hold no key of [0, N).
static bool isKnownEmpty(MaskIntervalBuilder &builder, OpFoldResult lo,
                         OpFoldResult hi) {
  return hi == lo || isKnownLessOrEqual(hi, lo) ||
         isKnownLessOrEqual(hi, builder.constant(0)) ||
         isKnownLessOrEqual(builder.numCols, lo);
}

static bool isMayEmpty(MaskIntervalBuilder &builder, const MaskDisjunct &d) {
  return isKnownEmpty(builder, d.mayLo, d.mayHi);
}

static bool isMustEmpty(MaskIntervalBuilder &builder, const MaskDisjunct &d) {
  return isKnownEmpty(builder, d.mustLo, d.mustHi);
}

/// True if `outer` is known to hold all that `inner` holds.
static bool isAbsorbed(MaskIntervalBuilder &builder, const MaskDisjunct &inner,
                       const MaskDisjunct &outer) {
  bool may = isKnownLessOrEqual(outer.mayLo, inner.mayLo) &&
             isKnownLessOrEqual(inner.mayHi, outer.mayHi);
  bool must = isMustEmpty(builder, inner) ||
              (isKnownLessOrEqual(outer.mustLo, inner.mustLo) &&
               isKnownLessOrEqual(inner.mustHi, outer.mustHi));
  return may && must;
}

/// True if two intervals, of which neither is empty, are known to leave no key
/// between them.
static bool isTouching(OpFoldResult aLo, OpFoldResult aHi, OpFoldResult bLo,
                       OpFoldResult bHi) {
  return isKnownLessOrEqual(aLo, bHi) && isKnownLessOrEqual(bLo, aHi);
}

/// One disjunct that is exactly `a or b`, if it is known to exist.
static std::optional<MaskDisjunct> joinExactly(MaskIntervalBuilder &builder,
                                               const MaskDisjunct &a,
                                               const MaskDisjunct &b) {
  // Intervals that share an end unite to the longer, empty or not: cols or'ed
  // with causal stays one interval whatever their extents.
  if (isKnownEqual(a.mayLo, b.mayLo) && isKnownEqual(a.mustLo, b.mustLo))
    return MaskDisjunct{a.mayLo, builder.max(a.mayHi, b.mayHi), a.mustLo,
                        builder.max(a.mustHi, b.mustHi)};
  if (isKnownEqual(a.mayHi, b.mayHi) && isKnownEqual(a.mustHi, b.mustHi))
    return MaskDisjunct{builder.min(a.mayLo, b.mayLo), a.mayHi,
                        builder.min(a.mustLo, b.mustLo), a.mustHi};
  if (!isTouching(a.mayLo, a.mayHi, b.mayLo, b.mayHi))
    return std::nullopt;
  MaskDisjunct joined = {builder.min(a.mayLo, b.mayLo),
                         builder.max(a.mayHi, b.mayHi), a.mustLo, a.mustHi};
  if (isMustEmpty(builder, b))
    return joined;
  if (isMustEmpty(builder, a)) {
    joined.mustLo = b.mustLo;
    joined.mustHi = b.mustHi;
    return joined;
  }
  if (!isTouching(a.mustLo, a.mustHi, b.mustLo, b.mustHi))
    return std::nullopt;
  joined.mustLo = builder.min(a.mustLo, b.mustLo);
  joined.mustHi = builder.max(a.mustHi, b.mustHi);
  return joined;
}

/// One disjunct that is sound for `a or b`: the hull of what may be seen, and
/// the longer of what must be seen.
static MaskDisjunct joinSoundly(MaskIntervalBuilder &builder,
                                const MaskDisjunct &a, const MaskDisjunct &b) {
  // The ends of an empty interval stand anywhere and must not widen the hull.
  auto outer = [&](OpFoldResult aEnd, OpFoldResult bEnd, OpFoldResult both) {
    OpFoldResult unlessB = builder.selectLess(b.mayLo, b.mayHi, both, aEnd);
    return builder.selectLess(a.mayLo, a.mayHi, unlessB, bEnd);
  };
  OpFoldResult aLength = builder.sub(a.mustHi, a.mustLo);
  OpFoldResult bLength = builder.sub(b.mustHi, b.mustLo);
  return {outer(a.mayLo, b.mayLo, builder.min(a.mayLo, b.mayLo)),
          outer(a.mayHi, b.mayHi, builder.max(a.mayHi, b.mayHi)),
          builder.selectLess(aLength, bLength, b.mustLo, a.mustLo),
          builder.selectLess(aLength, bLength, b.mustHi, a.mustHi)};
}

/// The keys that the hull of `a` and `b` holds beyond them, or the largest
/// number if the bounds are no constants.
static int64_t computeHullExcess(const MaskDisjunct &a, const MaskDisjunct &b) {
  std::optional<int64_t> aLo = getConstantIntValue(a.mayLo);
  std::optional<int64_t> aHi = getConstantIntValue(a.mayHi);
  std::optional<int64_t> bLo = getConstantIntValue(b.mayLo);
  std::optional<int64_t> bHi = getConstantIntValue(b.mayHi);
  if (!aLo || !aHi || !bLo || !bHi)
    return std::numeric_limits<int64_t>::max();
  return std::max<int64_t>({0, *bLo - *aHi, *aLo - *bHi});
}

/// Joins one pair for which `join` gives a disjunct; false if there is none.
static bool joinSomePair(DisjunctList &disjuncts,
                         llvm::function_ref<std::optional<MaskDisjunct>(
                             const MaskDisjunct &, const MaskDisjunct &)>
                             join) {
  for (unsigned k = 0; k < disjuncts.size(); ++k)
    for (unsigned n = k + 1; n < disjuncts.size(); ++n)
      if (std::optional<MaskDisjunct> joined =
              join(disjuncts[k], disjuncts[n])) {
        disjuncts[k] = *joined;
        disjuncts.erase(disjuncts.begin() + n);
        return true;
      }
  return false;
}

void attn::reduceDisjuncts(MaskIntervalBuilder &builder,
                           DisjunctList &disjuncts) {
  llvm::erase_if(disjuncts,
                 [&](const MaskDisjunct &d) { return isMayEmpty(builder, d); });
  while (joinSomePair(disjuncts,
                      [&](const MaskDisjunct &a, const MaskDisjunct &b)
                          -> std::optional<MaskDisjunct> {
                        if (isAbsorbed(builder, b, a))
                          return a;
                        if (isAbsorbed(builder, a, b))
                          return b;
                        return joinExactly(builder, a, b);
                      }))
    ;
  while (disjuncts.size() > kMaxDisjuncts) {
    // Bounds that are no constants leave no choice but the last two.
    unsigned first = disjuncts.size() - 2, second = disjuncts.size() - 1;
    int64_t least = computeHullExcess(disjuncts[first], disjuncts[second]);
    for (unsigned k = 0; k < disjuncts.size(); ++k)
      for (unsigned n = k + 1; n < disjuncts.size(); ++n) {
        int64_t excess = computeHullExcess(disjuncts[k], disjuncts[n]);
        if (excess < least)
          std::tie(least, first, second) = std::make_tuple(excess, k, n);
      }
    disjuncts[first] =
        joinSoundly(builder, disjuncts[first], disjuncts[second]);
    disjuncts.erase(disjuncts.begin() + second);
  }
}

DisjunctList attn::intersectDisjuncts(MaskIntervalBuilder &builder,
                                      ArrayRef<MaskDisjunct> lhs,
                                      ArrayRef<MaskDisjunct> rhs) {
  // 0 and N bound every interval, so they need not be compared with.
  OpFoldResult zero = builder.constant(0);
  auto later = [&](OpFoldResult a, OpFoldResult b) {
    if (a == b || isKnownLessOrEqual(a, zero))
      return b;
    return isKnownLessOrEqual(b, zero) ? a : builder.max(a, b);
  };
  auto earlier = [&](OpFoldResult a, OpFoldResult b) {
    if (a == b || a == builder.numCols)
      return b;
    return b == builder.numCols ? a : builder.min(a, b);
  };
  // An intersection with an interval that ends before it begins does so too.
  DisjunctList result;
  for (const MaskDisjunct &a : lhs)
    for (const MaskDisjunct &b : rhs)
      result.push_back({later(a.mayLo, b.mayLo), earlier(a.mayHi, b.mayHi),
                        later(a.mustLo, b.mustLo),
                        earlier(a.mustHi, b.mustHi)});
  reduceDisjuncts(builder, result);
  return result;
}

/// `value` within [0, N].
static OpFoldResult clampToKeys(MaskIntervalBuilder &builder,
                                OpFoldResult value) {
  return buildMin(builder, buildMax(builder, value, builder.constant(0)),
                  builder.numCols);
}

/// The same sets with 0 <= may.lo <= must.lo <= must.hi <= may.hi <= N: only
/// then do the ends of empty intervals stand where a complement can use them.
static MaskDisjunct normalize(MaskIntervalBuilder &builder, MaskDisjunct d) {
  OpFoldResult zero = builder.constant(0);
  // An empty interval in mid-range would cut its complement in two. One that
  // starts at 0 or ends at N is clamped to there.
  if (!isConstantIntValue(d.mayLo, 0) && !(d.mayHi == builder.numCols)) {
    OpFoldResult lo = builder.selectLess(d.mayLo, d.mayHi, d.mayLo, zero);
    d.mayHi = builder.selectLess(d.mayLo, d.mayHi, d.mayHi, zero);
    d.mayLo = lo;
  }
  d.mayLo = clampToKeys(builder, d.mayLo);
  d.mayHi = clampToKeys(builder, d.mayHi);
  d.mustLo = clampToKeys(builder, d.mustLo);
  d.mustHi = clampToKeys(builder, d.mustHi);
  d.mayHi = buildMax(builder, d.mayHi, d.mayLo);
  d.mustLo = buildMin(builder, buildMax(builder, d.mustLo, d.mayLo), d.mayHi);
  d.mustHi = buildMin(builder, buildMax(builder, d.mustHi, d.mustLo), d.mayHi);
  return d;
}

DisjunctList attn::complementDisjuncts(MaskIntervalBuilder &builder,
                                       ArrayRef<MaskDisjunct> disjuncts) {
  OpFoldResult zero = builder.constant(0);
  DisjunctList result = {MaskIntervalBuilder::always(zero, builder.numCols)};
  for (const MaskDisjunct &disjunct : disjuncts) {
    MaskDisjunct d = normalize(builder, disjunct);
    MaskDisjunct before = {zero, d.mustLo, zero, d.mayLo};
    MaskDisjunct after = {d.mustHi, builder.numCols, d.mayHi, builder.numCols};
    result = intersectDisjuncts(builder, result, {before, after});
  }
  return result;
}
