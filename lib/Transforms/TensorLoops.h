//===- TensorLoops.h - linalg ops on whole tensors -------------*- C++ -*-===//
//
// Declares a builder of `linalg.generic` ops for code that favours being
// obvious over being fast.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_TENSORLOOPS_H
#define ATTN_LIB_TRANSFORMS_TENSORLOOPS_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/FunctionExtras.h"

namespace mlir::attn {

/// A tensor, and the loops that index its dimensions.
struct TensorRead {
  Value tensor;
  SmallVector<unsigned> loops;
};

/// A part of a tensor.
struct TensorSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
};

/// Builds loop nests over tensors. A body gets the elements that are read, then
/// those of the results so far, and returns the new elements.
class TensorLoops {
public:
  using Body =
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;

  TensorLoops(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  /// A tensor of `element` over all loops.
  Value map(ArrayRef<OpFoldResult> sizes, Type element,
            ArrayRef<TensorRead> reads, Body body);

  /// One tensor per type of `elements`, each over all loops.
  SmallVector<Value> mapMany(ArrayRef<OpFoldResult> sizes,
                             ArrayRef<Type> elements,
                             ArrayRef<TensorRead> reads, Body body);

  /// `tensor` with the elements of `slice` computed by `body`.
  Value mapInto(Value tensor, const TensorSlice &slice,
                ArrayRef<TensorRead> reads, Body body);

  /// The elements of `slice` of `tensor`.
  Value read(Value tensor, const TensorSlice &slice);

  /// `init`, which the loops `kept` index, after every iteration of the others
  /// has been folded into it by `body`.
  Value reduce(Value init, ArrayRef<unsigned> kept, unsigned numLoops,
               ArrayRef<TensorRead> reads, Body body);

  /// A tensor that holds `value` everywhere.
  Value fill(ArrayRef<OpFoldResult> sizes, FloatType element, double value);

  /// The elements of `tensor` as `element`; itself if they are.
  Value convert(Value tensor, FloatType element);

private:
  SmallVector<Value> build(ArrayRef<TensorRead> reads, ValueRange inits,
                           ArrayRef<unsigned> kept, unsigned numLoops,
                           Body body);

  OpBuilder &builder;
  Location loc;
};

/// `value` rounded or extended to `type`. Goes through f32 between narrow types
/// and f64, for which every target has instructions.
Value buildFloatCast(OpBuilder &builder, Location loc, Value value,
                     FloatType type);

/// A constant of a float type.
Value buildFloat(OpBuilder &builder, Location loc, FloatType type,
                 double value);

/// The element type of a tensor of floats.
FloatType getFloatElement(Value tensor);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_TENSORLOOPS_H
