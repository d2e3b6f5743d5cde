//===- Passes.h - passes for CPUs -----------------------------*- C++ -*-===//
//
// Declares the passes from fold steps on buffers to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CPU_PASSES_H
#define ATTN_CPU_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/CPU/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_CPU_PASSES_H
