//===- MaskPrograms.h - what masks build, ready to be evaluated -----------===//
//
// Declares programs made of the IR that a mask builds: its intervals, with all
// extents dynamic or all static, its predicate, and its run-time checks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_MASKPROGRAMS_H
#define ATTN_TEST_UNIT_MASKPROGRAMS_H

#include "Evaluator.h"
#include "MaskModel.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>

/// The evaluated bounds of one disjunct.
struct Bounds {
  int64_t mayLo, mayHi, mustLo, mustHi;
};

/// The types of the operands that `mask` names, those of all drawn masks first.
llvm::SmallVector<mlir::Type>
getOperandTypes(mlir::attn::MaskAttrInterface mask);

/// A module with one function, whose arguments the subclass chooses.
class MaskProgram {
protected:
  explicit MaskProgram(mlir::MLIRContext *context);

  /// Adds an argument of type `type`.
  mlir::Value addArgument(mlir::Type type);
  /// Adds the operands of `mask` as tensors of dynamic length.
  void addOperands(mlir::attn::MaskAttrInterface mask);
  /// Ends the function and checks that the IR is valid.
  void finish();
  /// Evaluates the function on `arguments`, followed by the operands of `scene`
  /// if `addOperands` was called.
  void run(std::vector<int64_t> arguments, const Scene &scene);

  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::Block *body;
  mlir::OpBuilder builder;
  llvm::SmallVector<mlir::Value> operands;
  Evaluator evaluator;
};

/// Keys [begin, end).
struct KeyRange {
  int64_t begin, end;
};

/// The intervals of a mask for any extents and any range of queries.
class IntervalProgram : MaskProgram {
public:
  /// If `ofRange`, the mask is asked about a range of keys.
  IntervalProgram(mlir::MLIRContext *context,
                  mlir::attn::MaskAttrInterface mask, bool ofRange = false);

  /// The bounds for rows [rowBegin, rowEnd).
  std::vector<Bounds> run(const Scene &scene, int64_t rowBegin, int64_t rowEnd,
                          KeyRange keys = {0, 0});
  size_t getNumDisjuncts() const { return disjuncts.size(); }

private:
  llvm::SmallVector<mlir::attn::MaskDisjunct> disjuncts;
};

/// The intervals of a mask without operands for constant extents and rows, or
/// nothing if a bound does not fold to a constant.
std::optional<std::vector<Bounds>>
foldIntervals(mlir::MLIRContext *context, mlir::attn::MaskAttrInterface mask,
              const Scene &scene, int64_t rowBegin, int64_t rowEnd);

/// The predicate of a mask at one pair.
class PredicateProgram : MaskProgram {
public:
  PredicateProgram(mlir::MLIRContext *context,
                   mlir::attn::MaskAttrInterface mask);

  bool run(const Scene &scene, int64_t row, int64_t col);

private:
  mlir::Value result;
};

/// The predicate of a mask at one key and a vector of queries.
class LaneProgram : MaskProgram {
public:
  static constexpr int64_t kLanes = 8;

  LaneProgram(mlir::MLIRContext *context, mlir::attn::MaskAttrInterface mask);

  /// The predicate for rows [firstRow, firstRow + kLanes).
  Numbers run(const Scene &scene, int64_t firstRow, int64_t col);

private:
  mlir::Value result;
};

/// The run-time checks of a mask's operands.
class CheckProgram : MaskProgram {
public:
  CheckProgram(mlir::MLIRContext *context, mlir::attn::MaskAttrInterface mask);

  /// The messages of the checks that fail.
  std::vector<std::string> run(const Scene &scene);
};

#endif // ATTN_TEST_UNIT_MASKPROGRAMS_H
