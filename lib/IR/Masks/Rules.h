//===- Rules.h - rules that several masks share ----------------*- C++ -*-===//
//
// Declares checks of parameters and operands, and the rules of masks with one
// extent.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_RULES_H
#define ATTN_LIB_IR_MASKS_RULES_H

#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// Largest extent or reach of a mask: positions are computed in 32 bits.
inline constexpr int64_t kMaxMaskExtent = std::numeric_limits<int32_t>::max();

/// Checks that `extent` of mask `name` counts something.
LogicalResult verifyExtent(const MaskProblem &problem, StringRef name,
                           int64_t extent);

/// Checks that operand `slot` of mask `name` is a 1-D tensor of i32.
LogicalResult verifyOperand(const MaskProblem &problem, StringRef name,
                            unsigned slot);

/// Checks that operand `slot` of mask `name` is a 1-D tensor of i32 with an
/// element for each key, which serve the rows too.
LogicalResult verifyTokenOperand(const MaskProblem &problem, StringRef name,
                                 unsigned slot);

/// The same where lengths are known at run time only.
void buildTokenChecks(MaskCheckBuilder &builder, StringRef name, unsigned slot);

/// The interval of a mask whose rows are none: any key may be seen, none need
/// be.
inline MaskDisjunct buildScattered(MaskIntervalBuilder &builder) {
  OpFoldResult zero = builder.constant(0);
  return {zero, builder.numCols, zero, zero};
}

/// The traits of a mask with holes of `hole` keys.
inline MaskTraits getTraitsOfHoles(int64_t hole = MaskTraits::kAnyHole) {
  MaskTraits traits;
  traits.hole = hole;
  return traits;
}

/// True if `extent` is known to reach `whole`.
inline bool isWholeExtent(int64_t extent, int64_t whole) {
  return !ShapedType::isDynamic(whole) && extent >= whole;
}

/// `mask and other` for masks that grow with their extent.
template <typename MaskTy>
Attribute intersectNested(MaskTy mask, Attribute other) {
  auto same = dyn_cast<MaskTy>(other);
  if (!same)
    return {};
  return mask.getExtent() <= same.getExtent() ? mask : same;
}

/// A mask inside a mask, simplified once; itself if there is nothing to do.
inline MaskAttrInterface simplifyInner(MaskAttrInterface mask,
                                       const MaskProblem &problem) {
  Attribute simpler = mask.simplifyMask(problem);
  return simpler ? cast<MaskAttrInterface>(simpler) : mask;
}

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_RULES_H
