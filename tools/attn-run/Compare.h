//===- Compare.h - results against the f64 oracle --------------*- C++ -*-===//
//
// Declares how close a result must be to the exact one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_COMPARE_H
#define ATTN_TOOLS_ATTN_RUN_COMPARE_H

#include "KernelFacts.h"
#include "attn/Execution/Error.h"

namespace attn::run {

/// How far results may be off: max|o - exact| <= absolute + relative * |exact|.
struct Tolerance {
  double absolute = 0, relative = 0;
};

/// The largest magnitude of values and the number of keys, which tolerances
/// depend on.
struct Magnitudes {
  /// Not set where values are computed inside of the kernel.
  std::optional<double> values;
  int64_t keys = 0;
};

/// Finds the magnitudes among the inputs.
Magnitudes getMagnitudes(const KernelFacts &facts,
                         llvm::ArrayRef<exec::TensorView> inputs);

/// The tolerance of a result:
///   f32: 4e-6 * max|value|, times sqrt(keys / 1024) above 1024 keys;
///   f64: 1e-12 * max|value|;
///   f16, bf16: that of f32, and twice the largest rounding error of a result;
///   log-sum-exps: 1e-5 * (1 + |exact|), 1e-12 for f64.
/// Where values are computed inside, 8 * max|exact| stands for max|value|.
Tolerance getTolerance(const exec::TensorView &exact, bool isLogSumExp,
                       const Magnitudes &magnitudes);

/// The outcome of a comparison.
struct Difference {
  /// The largest error, and what was allowed where it is.
  double largest = 0, allowed = 0;
  /// The first element that is off: its indices and both numbers.
  bool exceeded = false;
  llvm::SmallVector<int64_t, 4> indices;
  double actual = 0, exact = 0;
};

/// Compares element by element. NaNs and infinities must stand in the same
/// places.
Difference compare(const exec::TensorView &actual,
                   const exec::TensorView &exact, Tolerance tolerance);

/// "[0, 1, 2]".
std::string printIndices(llvm::ArrayRef<int64_t> indices);

/// Refuses problems whose oracle, which writes down all scores in f64, does not
/// fit this machine's memory.
llvm::Error checkOracleFits(const KernelFacts &facts,
                            llvm::ArrayRef<exec::TensorView> inputs);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_COMPARE_H
