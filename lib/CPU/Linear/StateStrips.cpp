//===- StateStrips.cpp - columns of a state in registers ------------------===//
//
// Implements the strips of a state: how wide they are, and their accesses,
// whose last vector may be a part of one.
//
//===----------------------------------------------------------------------===//

#include "Linear/StateStrips.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Registers of a strip's loop beside its sums: an element of the key, of the
/// query and of the decay, rows of the state on their way. Values may come from
/// memory.
static constexpr int64_t kOtherRegisters = 6;

/// Vectors of a strip at most: the loop over its rows holds the code of all.
static constexpr int64_t kMostVectors = 16;

int64_t attn::getMostVectors(int64_t registers, int64_t heads) {
  int64_t sums = registers - kOtherRegisters;
  return std::clamp<int64_t>(sums / std::max<int64_t>(heads, 1), 1,
                             kMostVectors);
}

/// Columns [begin, begin + size).
static StateStrip buildStrip(VectorBuilder &b, Value begin, int64_t size) {
  StateStrip strip;
  for (int64_t column = 0; column < size; column += b.lanes)
    strip.columns.push_back(b.materialize(b.add(begin, column)));
  if (int64_t rest = size % b.lanes) {
    SmallVector<bool> exists(b.lanes, false);
    std::fill_n(exists.begin(), rest, true);
    auto type = VectorType::get(b.lanes, b.getBuilder().getI1Type());
    strip.mask = arith::ConstantOp::create(
        b.getBuilder(), b.getLoc(), DenseElementsAttr::get(type, exists));
  }
  return strip;
}

void attn::forEachStateStrip(
    VectorBuilder &b, int64_t width, int64_t most,
    llvm::function_ref<void(VectorBuilder &, const StateStrip &)> body) {
  int64_t all = llvm::divideCeil(width, b.lanes);
  // Strips of one width, as far as that goes.
  int64_t vectors = llvm::divideCeil(all, llvm::divideCeil(all, most));
  int64_t step = vectors * b.lanes, whole = width / step * step;
  b.forEach(b.index(0), b.index(whole), step,
            [&](VectorBuilder &b, Value column) {
              body(b, buildStrip(b, column, step));
            });
  if (whole != width)
    body(b, buildStrip(b, b.index(whole), width - whole));
}

SmallVector<Value> StateStrip::load(VectorBuilder &b, Value state,
                                    Value row) const {
  SmallVector<Value> vectors;
  for (Value column : mask ? ArrayRef(columns).drop_back() : ArrayRef(columns))
    vectors.push_back(b.load(state, {row, column}));
  if (mask)
    vectors.push_back(vector::MaskedLoadOp::create(
        b.getBuilder(), b.getLoc(), b.getType(), state,
        ValueRange{row, columns.back()}, mask, b.splat(0)));
  return vectors;
}

void StateStrip::store(VectorBuilder &b, ArrayRef<Value> vectors, Value state,
                       Value row) const {
  size_t whole = columns.size() - bool(mask);
  for (size_t number = 0; number < whole; ++number)
    b.store(vectors[number], state, {row, columns[number]});
  if (mask)
    vector::MaskedStoreOp::create(b.getBuilder(), b.getLoc(), state,
                                  ValueRange{row, columns.back()}, mask,
                                  vectors.back());
}
