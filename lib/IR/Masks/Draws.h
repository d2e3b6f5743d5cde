//===- Draws.h - what random masks share ----------------------*- C++ -*-===//
//
// Declares the rules and the code of masks that draw keys by their hashes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_DRAWS_H
#define ATTN_LIB_IR_MASKS_DRAWS_H

#include "Rules.h"

namespace mlir::attn {

/// How many keys a mask draws, from which seed, and the slot of its limits, if
/// it has them.
struct Draw {
  StringRef name;
  int64_t count;
  uint64_t seed;
  ArrayRef<unsigned> slots;
};

/// Checks what does not depend on the candidates.
LogicalResult verifyDraw(const MaskProblem &problem, const Draw &draw);

/// Whether the hash of the pair is at most the limit of its query.
Value buildIsDrawn(MaskPredicateBuilder &builder, const Draw &draw);

/// Checks that the limits, if there are any, are those of the op's queries.
void buildDrawChecks(MaskCheckBuilder &builder, const Draw &draw);

/// The slot of the limits of a draw from `candidates`, which are computed here.
unsigned buildLimits(MaskTableBuilder &builder, const Draw &draw,
                     MaskAttrInterface candidates);

/// Any keys may be drawn, and each head draws its own.
inline MaskTraits getTraitsOfDraw() {
  MaskTraits traits = getTraitsOfHoles();
  traits.tellsHeadsApart = true;
  return traits;
}

/// The draw of a mask `random` or `plus_random`.
template <typename MaskTy> Draw getDraw(MaskTy mask) {
  return {MaskTy::getMnemonic(), mask.getCount(), mask.getSeed(),
          mask.getSlots()};
}

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_DRAWS_H
