//===- Inplace.h - arguments that a kernel updates -------------*- C++ -*-===//
//
// Declares which results of a function share the memory of an argument.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_INPLACE_H
#define ATTN_IR_INPLACE_H

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::attn {

/// Marks an argument whose memory the result that updates it shares.
inline constexpr llvm::StringLiteral kInplaceAttrName = "attn.inplace";

/// The argument whose memory result `index` shares: the one marked in place
/// that `attn.kv_append`, any number of times, turns into the result, or of
/// which that is the last state of `attn.linear`; known until bufferization.
std::optional<unsigned> findInplaceArgument(FunctionOpInterface function,
                                            unsigned index);

/// Whether `value` is an argument marked in place, or an update of one: what
/// updates it once more is to go to the same memory.
bool isInplace(Value value);

/// Checks that each argument marked in place is updated, and returned once.
LogicalResult verifyInplaceArguments(FunctionOpInterface function);

} // namespace mlir::attn

#endif // ATTN_IR_INPLACE_H
