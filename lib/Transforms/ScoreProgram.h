//===- ScoreProgram.h - score programs in other float types ----*- C++ -*-===//
//
// Declares the inliner of score programs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCOREPROGRAM_H
#define ATTN_LIB_TRANSFORMS_SCOREPROGRAM_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// Inlines the score program `program` on `score` and the indices b, h, i, j,
/// and returns its value in the type of `score`, in which its arithmetic is
/// done: a program written in f32 runs in f64 when the score is f64. Ops that
/// are tied to their types (bit casts, loads) keep them.
Value buildScoreProgram(OpBuilder &builder, Region &program, Value score,
                        ValueRange indices);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCOREPROGRAM_H
