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
  Tokens,     ///< of `same`, `order` or `global`
  Offsets,    ///< of `offset`
  Quantised,  ///< keys or values that a scale multiplies
  Scales,     ///< of `key_scale` or `value_scale`
  Decays,     ///< logarithms of what a state keeps, at most 0
  Rates,      ///< of `beta`: how much of a value is written, 0 to 1
  Directions  ///< keys of the delta rule, rows of norm 1
};

/// One parameter.
struct ParameterFacts {
  Role role = Role::Plain;
  /// For lengths, boundaries and offsets: the parameter that holds the keys;
  /// for scales, the one that they multiply. -1 where it is computed.
  int keys = -1;
};

/// Scores of one mechanism: the parameters that hold its queries and keys.
struct ScoreFacts {
  int queries = -1, keys = -1;
  /// 0: as many as the queries have.
  int64_t heads = 0;
};

/// The parameters that hold values and their scales, -1 for none.
struct ValueFacts {
  int values = -1, scales = -1;
};

/// What the IR of a kernel says.
struct KernelFacts {
  llvm::SmallVector<ParameterFacts> parameters;
  llvm::SmallVector<ScoreFacts> scores;
  /// Where values are parameters; `valuesAreParameters` if all of them are.
  llvm::SmallVector<ValueFacts> values;
  bool valuesAreParameters = true;
  /// For each result, whether it is a log-sum-exp.
  llvm::SmallVector<bool> isLogSumExp;
};

/// Reads the facts of function `name`.
KernelFacts getKernelFacts(mlir::ModuleOp module, llvm::StringRef name);

} // namespace attn::run

#endif // ATTN_TOOLS_ATTN_RUN_KERNELFACTS_H
