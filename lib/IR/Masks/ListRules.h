//===- ListRules.h - the rules of all(…) and any(…) ------------*- C++ -*-===//
//
// Declares the simplification of lists of masks, once for both: `all` and `any`
// are each other's mirror image under negation.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IR_MASKS_LISTRULES_H
#define ATTN_LIB_IR_MASKS_LISTRULES_H

#include "attn/IR/AttnAttrs.h"

namespace mlir::attn {

/// Which list a rule is about.
enum class MaskListKind { All, Any };

/// A simpler mask that denotes `kind(masks)`, or null: inner lists of the same
/// kind and units dissolve, zeros and pairs of M and not(M) decide, masks that
/// imply each other merge, and a mask that another one absorbs goes.
Attribute simplifyList(MaskListKind kind, MLIRContext *context,
                       ArrayRef<MaskAttrInterface> masks,
                       const MaskProblem &problem);

/// `masks` with their slots renumbered.
SmallVector<MaskAttrInterface>
renumberList(ArrayRef<MaskAttrInterface> masks,
             llvm::function_ref<unsigned(unsigned)> renumber);

/// all(A, B) for each A of `lhs` and B of `rhs` at the same place.
SmallVector<MaskAttrInterface> intersectEach(ArrayRef<MaskAttrInterface> lhs,
                                             ArrayRef<MaskAttrInterface> rhs);

/// The unit of a mask made of `masks` at the same place.
int64_t getUnitOfList(ArrayRef<MaskAttrInterface> masks);

} // namespace mlir::attn

#endif // ATTN_LIB_IR_MASKS_LISTRULES_H
