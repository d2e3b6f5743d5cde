//===- AttnDialect.h - the attention dialect -------------------*- C++ -*-===//
//
// Declares the dialect class.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNDIALECT_H
#define ATTN_IR_ATTNDIALECT_H

#include "mlir/IR/Dialect.h"

#include "attn/IR/AttnDialect.h.inc"

namespace mlir::attn {

/// The module attribute that holds the `#attn.target`.
inline constexpr llvm::StringLiteral kTargetAttrName = "attn.target";

} // namespace mlir::attn

#endif // ATTN_IR_ATTNDIALECT_H
