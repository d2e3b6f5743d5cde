//===- UnnormalizedAttention.h - scores that are weights -------*- C++ -*-===//
//
// Declares when attention without softmax is linear attention.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_UNNORMALIZEDATTENTION_H
#define ATTN_LIB_TRANSFORMS_UNNORMALIZEDATTENTION_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// True if `op`, with `normalize(none)`, is linear attention of its query, key
/// and value, causal or of all keys; else `why` says what is in the way.
bool isLinearAttention(SdpaOp op, std::string &why);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_UNNORMALIZEDATTENTION_H
