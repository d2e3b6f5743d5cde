//===- Features.h - features of a block of rows ----------------*- C++ -*-===//
//
// Declares how features of rows in scratch memory are computed, kind by kind.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_FEATURES_H
#define ATTN_LIB_CPU_LINEAR_FEATURES_H

#include "Vector/VectorBuilder.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Rows of a block: as many as the widest register tile has columns.
inline constexpr int64_t kFeatureRows = 32;

/// A block of rows and their features. Both buffers have `kFeatureRows` rows of
/// whole vectors, and one vector more that may be read and written in vain.
struct FeatureBlock {
  MapFeaturesOp op;
  Value rows, features;
  /// D and D'.
  int64_t width, numFeatures;
  /// How many rows exist, and where the first one stands.
  Value count, position;
};

/// Features of each element, relu, elu1, exp and programs.
void buildPointwiseFeatures(VectorBuilder &b, FeatureBlock &block);
/// The same from rows of neighbours to rows of whole vectors.
void buildDirectFeatures(VectorBuilder &b, FeatureBlock &block, Value source,
                         Value out);
/// softmax, and hedgehog: of the row and of its negative.
void buildSoftmaxFeatures(VectorBuilder &b, FeatureBlock &block);
/// relu times cosine and sine of the position.
void buildCosFeatures(VectorBuilder &b, FeatureBlock &block);
/// Products of two elements.
void buildTaylorFeatures(VectorBuilder &b, FeatureBlock &block);
/// Positive random features (arXiv:2009.14794).
void buildFavorFeatures(VectorBuilder &b, FeatureBlock &block);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_FEATURES_H
