//===- Passes.h - passes that decide --------------------------*- C++ -*-===//
//
// Declares the passes that attach the target and choose schedules.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SCHEDULE_PASSES_H
#define ATTN_SCHEDULE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/Schedule/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_SCHEDULE_PASSES_H
