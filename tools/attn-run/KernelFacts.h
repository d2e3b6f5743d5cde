//===- KernelFacts.h - what the parameters of a kernel mean ----*- C++ -*-===//
//
// Declares what is read off a kernel's IR before it is compiled: which numbers
// make sense for its parameters, and how exact its results must be.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_KERNELFACTS_H
#define ATTN_TOOLS_ATTN_RUN_KERNELFACTS_H

#include "attn/Execution/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

namespace attn::run {

/// What a parameter is used as.
enum class Role {
  Plain,      ///< nothing else
  Projection, ///< a weight matrix of a layer
  Lengths,    ///< of `lens`
  Boundaries, ///< of `docs`
  Offsets     ///< of `offset`
};

/// One parameter.
struct ParameterFacts {
  Role role = Role::Plain;
  /// For lengths, boundaries and offsets: the parameter that holds the keys, or
  /// -1 where they are computed.
  int keys = -1;
};

/// Scores of one mechanism: the parameters that hold its queries and keys.
struct ScoreFacts {
  int queries = -1, keys = -1;
  /// 0: as many as the queries have.
  int64_t heads = 0;
};

/// What the IR of a kernel says.
struct KernelFacts {
  llvm::SmallVector<ParameterFacts> parameters;
  llvm::SmallVector<ScoreFacts> scores;
  /// The parameters that hold values; `valuesAreParameters` if all values do.
  llvm::SmallVector<int> values;
  bool valuesAreParameters = true;
  /// For each result, whether it is a log-sum-exp.
  llvm::SmallVector<bool> isLogSumExp;
};

/// Reads the facts of function `name`.
KernelFacts getKernelFacts(mlir::ModuleOp module, llvm::StringRef name);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_KERNELFACTS_H
