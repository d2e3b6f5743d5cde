//===- Chunk.h - one chunk of tokens of linear attention -------*- C++ -*-===//
//
// Declares the buffers that the parts of a chunk's lowering share, and what is
// different from one kind of decay to another.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CPU_LINEAR_CHUNK_H
#define ATTN_LIB_CPU_LINEAR_CHUNK_H

#include "Linear/ChunkProduct.h"
#include "attn/IR/AttnOps.h"
#include <memory>

namespace mlir::attn {

/// A step of form chunk. Matrices are rows of tokens in whole vectors, zero
/// where there is no token: C tokens, of which `count` exist; D' and W are the
/// widths of keys and of the state in whole vectors.
struct Chunk {
  Chunk(VectorBuilder &b, LinearStepOp op);

  /// A buffer of the grid cell.
  Value getBuffer(StringRef name, ArrayRef<int64_t> shape) const {
    return getBuffer(name, shape, element);
  }
  Value getBuffer(StringRef name, ArrayRef<int64_t> shape, Type type) const;

  LinearStepOp op;
  FloatType element;
  /// C, D, D', E and W, and the rows of a register tile.
  int64_t tokens, keyWidth, paddedKeyWidth, valueWidth, stateWidth, rowsOfTile;
  Value count;
  /// Keys `[C, D']`, values `[C, W]`, the state `[D, W]`.
  Value keys, values, state;
};

/// How what tokens and the state weigh decays over a chunk.
class ChunkDecay {
public:
  virtual ~ChunkDecay() = default;

  /// Makes `weights[i, j]` the product of row i of `rows` `[C, D']` and key j,
  /// decayed from j to i, for j up to i. With `beta` it is times -beta[i], and
  /// strictly below the diagonal; what is above is 0 within tiles on the
  /// diagonal, and unspecified beyond. Returns rows for `addStateRows`.
  virtual Value buildWeights(VectorBuilder &b, Value rows, Value weights,
                             Value beta) = 0;
  /// Adds to the zeros of `tile` what `rows` read from the state before the
  /// chunk.
  virtual void addStateRows(VectorBuilder &b, SumTile &tile, Value rows) = 0;
  /// Keys decayed to the end of the chunk, as rows of the state. Called once,
  /// after all weights are built: it may change the keys.
  virtual LeftMatrix buildUpdateKeys(VectorBuilder &b) = 0;
  /// `tile` of the state becomes what is left of it after the chunk.
  virtual void decayState(VectorBuilder &b, SumTile &tile) = 0;
  /// Adds what the state decays by over the chunk, as a natural logarithm.
  virtual void addTotal(VectorBuilder &b, Value total) = 0;
};

/// No decay, or one number for each token (arXiv:2405.21060) or head
/// (arXiv:2307.08621).
std::unique_ptr<ChunkDecay> createScalarDecay(VectorBuilder &b, Chunk &chunk);

/// One number for each token and channel (arXiv:2312.06635).
std::unique_ptr<ChunkDecay> createChannelDecay(VectorBuilder &b, Chunk &chunk);

/// The delta rule in its WY form (arXiv:2406.06484, arXiv:2412.06464): values
/// become X of
/// `(I + A) X = beta (V - decayed K S)`, where A are the weights of keys among
/// themselves times beta.
void buildDeltaValues(VectorBuilder &b, Chunk &chunk, ChunkDecay &decay,
                      Value beta);

} // namespace mlir::attn

#endif // ATTN_LIB_CPU_LINEAR_CHUNK_H
