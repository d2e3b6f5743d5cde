//===- RandomHash.cpp - the hash that random masks draw by ----------------===//
//
// Implements the hash as IR.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/RandomHash.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

/// The constants of splitmix64 (see the header): the golden ratio, and the
/// factors of the variant 13 of MurmurHash3's finalizer.
static constexpr uint64_t kIncrement = 0x9e3779b97f4a7c15;
static constexpr uint64_t kFirstFactor = 0xbf58476d1ce4e5b9;
static constexpr uint64_t kSecondFactor = 0x94d049bb133111eb;

/// `number` in every lane of `type`.
static Value buildNumber(OpBuilder &builder, Location loc, Type type,
                         uint64_t number) {
  TypedAttr attr =
      builder.getIntegerAttr(getElementTypeOrSelf(type), int64_t(number));
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(builder, loc, attr);
}

Value attn::buildMix(OpBuilder &builder, Location loc, Value value) {
  auto number = [&](uint64_t constant) {
    return buildNumber(builder, loc, value.getType(), constant);
  };
  auto fold = [&](Value bits, uint64_t shift) -> Value {
    Value high = builder.createOrFold<arith::ShRUIOp>(loc, bits, number(shift));
    return builder.createOrFold<arith::XOrIOp>(loc, bits, high);
  };
  auto times = [&](Value bits, uint64_t factor) -> Value {
    return builder.createOrFold<arith::MulIOp>(loc, bits, number(factor));
  };
  Value sum =
      builder.createOrFold<arith::AddIOp>(loc, value, number(kIncrement));
  Value first = times(fold(sum, 30), kFirstFactor);
  return fold(times(fold(first, 27), kSecondFactor), 31);
}

Value attn::buildRowHash(OpBuilder &builder, Location loc, uint64_t seed,
                         Value head, Value row) {
  Type integer = builder.getI64Type();
  Value hash = buildMix(builder, loc, buildNumber(builder, loc, integer, seed));
  for (Value index : {head, row}) {
    Value number = arith::IndexCastOp::create(builder, loc, integer, index);
    Value joined = arith::XOrIOp::create(builder, loc, hash, number);
    hash = buildMix(builder, loc, joined);
  }
  return hash;
}
