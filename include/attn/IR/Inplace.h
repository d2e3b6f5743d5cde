//===- Inplace.h - arguments that a kernel updates -------------*- C++ -*-===//
//
// Declares which results of a function share the memory of an argument.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_INPLACE_H
#define ATTN_IR_INPLACE_H

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn {

/// Marks an argument whose memory the result appended to it shares.
inline constexpr llvm::StringLiteral kInplaceAttrName = "attn.inplace";

/// The argument whose memory result `index` shares: the one marked in place
/// that `attn.kv_append`, any number of times, turns into the result; known
/// until bufferization.
std::optional<unsigned> findInplaceArgument(FunctionOpInterface function,
                                            unsigned index);

/// Checks that each argument marked in place is appended to, and returned once.
LogicalResult verifyInplaceArguments(FunctionOpInterface function);

} // namespace mlir::attn

#endif // ATTN_IR_INPLACE_H
