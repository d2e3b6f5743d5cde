//===- AttnAttrs.h - masks, schedules, targets -----------------*- C++ -*-===//
//
// Declares the attributes and types of the dialect and the interface of masks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNATTRS_H
#define ATTN_IR_ATTNATTRS_H

#include "attn/IR/AttnDialect.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"

#include "attn/IR/AttnAttrInterfaces.h.inc"
#include "attn/IR/AttnEnums.h.inc"

namespace mlir::attn {

/// Bytes that memory is asked for ahead where nothing is known of a processor.
inline constexpr int64_t kDefaultAhead = 6144;

/// How the remark on a product ends that a library computes where there is one.
inline constexpr llvm::StringLiteral kLibraryRemark =
    "a library if the runtime finds one, else loops";

} // namespace mlir::attn

#define GET_TYPEDEF_CLASSES
#include "attn/IR/AttnTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/IR/AttnAttrs.h.inc"

#endif // ATTN_IR_ATTNATTRS_H
