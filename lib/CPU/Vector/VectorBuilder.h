//===- VectorBuilder.h - short names for vector code -----------*- C++ -*-===//
//
// Declares the small vocabulary in which the lowerings are written.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_VECTOR_VECTORBUILDER_H
#define ATTN_LIB_CPU_VECTOR_VECTORBUILDER_H

#include "attn/IR/MaskBuilders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::attn {

/// Bits of a cache line on every target.
constexpr int64_t kLineBits = 512;

/// Index and vector arithmetic at one insertion point.
class VectorBuilder : public IndexMath {
public:
  VectorBuilder(OpBuilder &builder, Location loc, FloatType element,
                int64_t lanes)
      : IndexMath(builder, loc), element(element), lanes(lanes) {}

  VectorType getType() const { return VectorType::get({lanes}, element); }
  Value index(int64_t value) { return materialize(constant(value)); }
  /// A scalar, and a vector of equal lanes.
  Value number(double value);
  Value splat(double value);
  Value broadcast(Value scalar);

  Value load(Value buffer, ValueRange indices);
  void store(Value vector, Value buffer, ValueRange indices);
  /// One element as the accumulator type, widened from a narrower one.
  Value loadScalar(Value buffer, ValueRange indices);
  /// One accumulator stored as the element type of `buffer`.
  void storeScalar(Value scalar, Value buffer, ValueRange indices);
  /// Asks for the cache line of an element that will be read soon, or written.
  /// One that does not exist is asked for in vain: prefetches never fault.
  void prefetch(Value buffer, ValueRange indices, bool isWrite = false);

  Value mulf(Value lhs, Value rhs);
  Value addf(Value lhs, Value rhs);
  Value subf(Value lhs, Value rhs);
  Value divf(Value lhs, Value rhs);
  Value exp2(Value value);
  Value log2(Value value);
  /// The larger; the left one where the right one is NaN, as max instructions
  /// do it without further code.
  Value maxf(Value lhs, Value rhs);
  /// `value == scalar ? ifTrue : ifFalse`, lane by lane.
  Value selectEqual(Value value, double scalar, Value ifTrue, Value ifFalse);

  /// `for i in [lo, hi) step`.
  void forEach(Value lo, Value hi, int64_t step,
               llvm::function_ref<void(VectorBuilder &, Value)> body);
  /// The same carrying values.
  SmallVector<Value> fold(
      Value lo, Value hi, int64_t step, ValueRange init,
      llvm::function_ref<SmallVector<Value>(VectorBuilder &, Value, ValueRange)>
          body);

  VectorBuilder at(OpBuilder &other) { return {other, loc, element, lanes}; }

  FloatType element;
  int64_t lanes;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_VECTOR_VECTORBUILDER_H
