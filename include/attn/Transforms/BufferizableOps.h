//===- BufferizableOps.h - fold ops and bufferization ----------*- C++ -*-===//
//
// Declares the registration of bufferization for the fold ops.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TRANSFORMS_BUFFERIZABLEOPS_H
#define ATTN_TRANSFORMS_BUFFERIZABLEOPS_H

namespace mlir {
class DialectRegistry;
namespace attn {

/// Lets one-shot bufferization see fold ops as destination-style ops.
void registerBufferizableOps(DialectRegistry &registry);

} // namespace attn
} // namespace mlir

#endif // ATTN_TRANSFORMS_BUFFERIZABLEOPS_H
