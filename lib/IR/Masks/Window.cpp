//===- Window.cpp - keys within a distance of the query -------------------===//
//
// The mask `window<left, right>`.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace mlir::attn;

void WindowMaskAttr::buildIntervals(
    MaskIntervalBuilder &builder,
    SmallVectorImpl<MaskDisjunct> &disjuncts) const {
  MaskDisjunct disjunct =
      MaskIntervalBuilder::always(builder.constant(0), builder.numCols);
  if (getLeft() != kUnbounded) {
    disjunct.mayLo = builder.add(builder.firstPosition(), -getLeft());
    disjunct.mustLo = builder.add(builder.lastPosition(), -getLeft());
  }
  if (getRight() != kUnbounded) {
    disjunct.mayHi = builder.add(builder.lastPosition(), getRight() + 1);
    disjunct.mustHi = builder.add(builder.firstPosition(), getRight() + 1);
  }
  disjuncts.push_back(disjunct);
}

Value WindowMaskAttr::buildContains(MaskPredicateBuilder &builder) const {
  // Distances are as small as positions; a position plus a reach need not be.
  Value within = builder.getBool(true);
  if (getLeft() != kUnbounded) {
    Value back = builder.sub(builder.getPosition(), builder.getCol());
    within = builder.isLessOrEqual(back, builder.getConstant(getLeft()));
  }
  if (getRight() != kUnbounded) {
    Value ahead = builder.sub(builder.getCol(), builder.getPosition());
    within = builder.both(
        within, builder.isLessOrEqual(ahead, builder.getConstant(getRight())));
  }
  return within;
}

bool WindowMaskAttr::usesQueryPosition() const {
  return getLeft() != kUnbounded || getRight() != kUnbounded;
}

LogicalResult WindowMaskAttr::verifyMask(const MaskProblem &problem) const {
  for (int64_t reach : {getLeft(), getRight()})
    if (reach != kUnbounded && (reach < 0 || reach > kMaxMaskExtent))
      return problem.emitError()
             << "mask window reaches " << reach << " keys to the "
             << (reach == getLeft() ? "left" : "right") << ", expected 0 to "
             << kMaxMaskExtent << ", or * for an unbounded side";
  return success();
}

Attribute WindowMaskAttr::simplifyMask(const MaskProblem &problem) const {
  // Rows at positions 0 to M - 1 look back at most M - 1 keys and ahead at most
  // N - 1; rows at positions N - M to N - 1 the other way round.
  auto reaches = [](int64_t reach, int64_t extent) {
    return !ShapedType::isDynamic(extent) && reach >= extent - 1;
  };
  int64_t left = getLeft(), right = getRight();
  if ((problem.positionsAreRows && reaches(left, problem.rows)) ||
      (problem.lastQueryAtLastKey && reaches(left, problem.cols)))
    left = kUnbounded;
  if ((problem.positionsAreRows && reaches(right, problem.cols)) ||
      (problem.lastQueryAtLastKey && reaches(right, problem.rows)))
    right = kUnbounded;
  if (left == kUnbounded && right == kUnbounded)
    return FullMaskAttr::get(getContext());
  if (left == kUnbounded && right == 0)
    return CausalMaskAttr::get(getContext());
  if (left == kUnbounded && right < kMaxMaskExtent &&
      problem.positionsAreRows && problem.rows == 1)
    return ColsMaskAttr::get(getContext(), right + 1);
  if (left != getLeft() || right != getRight())
    return WindowMaskAttr::get(getContext(), left, right);
  return {};
}

Attribute WindowMaskAttr::intersectWith(Attribute other) const {
  if (auto window = dyn_cast<WindowMaskAttr>(other))
    return WindowMaskAttr::get(getContext(),
                               std::min(getLeft(), window.getLeft()),
                               std::min(getRight(), window.getRight()));
  return {};
}
