//===- RandomHash.h - the hash that random masks draw by -------*- C++ -*-===//
//
// Declares hash(seed, h, i, j) = mix(mix(mix(mix(seed) ^ h) ^ i) ^ j), with mix
// the step of splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom
// number generators", 2014, doi:10.1145/2660193.2660195.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_RANDOMHASH_H
#define ATTN_IR_RANDOMHASH_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// mix(value), of an i64 or of each lane of a vector of i64. It maps 64 bits
/// one to one, so that the hashes of a row are all different.
Value buildMix(OpBuilder &builder, Location loc, Value value);

/// mix(mix(mix(seed) ^ head) ^ row), an i64: what the hashes of a row share.
/// The hash of key j is mix(it ^ j).
Value buildRowHash(OpBuilder &builder, Location loc, uint64_t seed, Value head,
                   Value row);

} // namespace mlir::attn

#endif // ATTN_IR_RANDOMHASH_H
