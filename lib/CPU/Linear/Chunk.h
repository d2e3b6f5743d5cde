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
/// widths of keys and of the state in whole vectors. Of columns of the state
/// some may be given, the first ones of the buffers: others hold anything.
struct Chunk {
  Chunk(VectorBuilder &b, LinearStepOp op);

  /// Columns that products have: those of the state, or, where its column of
  /// sums would be a vector of its own, those of values.
  int64_t getProductWidth(VectorBuilder &b);

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
  /// How many columns are given where a run tells; null for all.
  Value columns;
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
  /// The number that what row `row` of those reads is multiplied by besides;
  /// null for 1.
  virtual Value buildRowFactor(VectorBuilder &b, Value row) { return nullptr; }
  /// Keys decayed to the end of the chunk, as rows of the state. Called once,
  /// after all weights are built: it may change the keys.
  virtual LeftMatrix buildUpdateKeys(VectorBuilder &b) = 0;
  /// `tile` of the state becomes what is left of it after the chunk.
  virtual void decayState(VectorBuilder &b, SumTile &tile) = 0;
  /// What is left after the chunk of a column of the state, from `channel` on.
  virtual Value decayColumn(VectorBuilder &b, Value column, Value channel) = 0;
  /// Adds what the state decays by over the chunk, as a natural logarithm.
  virtual void addTotal(VectorBuilder &b, Value total) = 0;
};

/// The column of the state that normalize sums, where products leave it out:
/// one number a token instead of a vector.
class SumColumn {
public:
  /// Reads the column of the state.
  SumColumn(VectorBuilder &b, Chunk &chunk);
  /// What `rows` and `weights` sum to, to its column of `sums`.
  void buildSums(VectorBuilder &b, ChunkDecay &decay, Value rows, Value weights,
                 Value sums);
  /// Adds the rows of `keys`, which are decayed to the end of the chunk.
  void update(VectorBuilder &b, ChunkDecay &decay, Value keys);

private:
  Chunk &chunk;
  /// The column, `[D']`.
  Value column;
};

/// The column of sums, number `place`, of the state `[D, W]`, to a buffer
/// `[D']`.
void buildColumnIn(VectorBuilder &b, Value state, int64_t place, Value column);

/// `column` times row `row` of `rows`, lane by lane: the sum over lanes is
/// left.
Value buildColumnProduct(VectorBuilder &b, Value rows, Value row, Value column);

/// The sum over the lanes of a vector.
Value buildSumOfLanes(VectorBuilder &b, Value vector);

/// 2^x, with x at most 0, a number or a vector, of which many are multiplied:
/// by its power series near 0, where the error of `exp2` is that of every
/// chunk.
Value buildDecayFactor(VectorBuilder &b, Value exponent);

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
