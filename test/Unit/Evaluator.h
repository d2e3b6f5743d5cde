//===- Evaluator.h - the values that straight IR computes -----------------===//
//
// Declares an interpreter of the ops that masks build: enough of arith, affine,
// scf, tensor and vector to know what bounds and predicates come to, without a
// compiler between the test and the code under test.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_EVALUATOR_H
#define ATTN_TEST_UNIT_EVALUATOR_H

#include "mlir/IR/Block.h"
#include "mlir/IR/OpDefinition.h"

#include <string>
#include <vector>

/// A scalar as one number; a vector, or a tensor with one dimension of more
/// than one element, as one number an element.
using Numbers = llvm::SmallVector<int64_t, 1>;

/// Runs the ops of one block on given arguments.
class Evaluator {
public:
  /// Runs every op of `block`, of which `arguments` are the arguments.
  void run(mlir::Block &block, llvm::ArrayRef<Numbers> arguments);

  /// What the block computed for `value`.
  const Numbers &get(mlir::Value value) const;
  int64_t get(mlir::OpFoldResult value) const;

  /// The messages of the assertions that failed, in order.
  std::vector<std::string> failures;

private:
  /// By value: setting one may move all others.
  void set(mlir::Value value, Numbers numbers);
  void bind(mlir::Block &block, llvm::ArrayRef<Numbers> arguments);
  void runOps(mlir::Block &block);
  void runOp(mlir::Operation &op);
  void runIf(mlir::Operation &op);
  void runWhile(mlir::Operation &op);
  void runFor(mlir::Operation &op);
  llvm::SmallVector<Numbers> getAll(mlir::ValueRange values) const;

  llvm::DenseMap<mlir::Value, Numbers> values;
};

#endif // ATTN_TEST_UNIT_EVALUATOR_H
