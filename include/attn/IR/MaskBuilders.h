//===- MaskBuilders.h - what masks build their code with -------*- C++ -*-===//
//
// Declares the builders handed to `MaskAttrInterface`: index arithmetic that
// folds for intervals, lane-agnostic predicates, and run-time checks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_MASKBUILDERS_H
#define ATTN_IR_MASKBUILDERS_H

#include "attn/IR/Problem.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <limits>
#include <optional>

namespace mlir::attn {

/// Index arithmetic on `OpFoldResult`: constants fold, the rest becomes
/// composed `affine.apply`, `affine.min` and `affine.max`.
class IndexMath {
public:
  IndexMath(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  OpFoldResult constant(int64_t value);
  OpFoldResult add(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult add(OpFoldResult lhs, int64_t rhs) {
    return add(lhs, constant(rhs));
  }
  OpFoldResult sub(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult mul(OpFoldResult lhs, int64_t rhs);
  OpFoldResult floorDiv(OpFoldResult lhs, int64_t rhs);
  OpFoldResult ceilDiv(OpFoldResult lhs, int64_t rhs);
  /// The remainder of `floorDiv`, never negative.
  OpFoldResult mod(OpFoldResult lhs, int64_t rhs);
  OpFoldResult min(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult max(OpFoldResult lhs, OpFoldResult rhs);
  /// `lhs < rhs ? ifTrue : ifFalse`.
  OpFoldResult selectLess(OpFoldResult lhs, OpFoldResult rhs,
                          OpFoldResult ifTrue, OpFoldResult ifFalse);
  /// The value, materialised as a constant if it is one.
  Value materialize(OpFoldResult value);

  OpBuilder &getBuilder() { return builder; }
  Location getLoc() { return loc; }

protected:
  OpBuilder &builder;
  Location loc;
};

/// The number of elements of a 1-D tensor or memref.
OpFoldResult buildLength(IndexMath &math, Value shaped);

/// Element `index` of a 1-D tensor or memref of integers, as an index.
Value buildLoadIndex(IndexMath &math, Value shaped, OpFoldResult index);

/// Element `batch` of a 1-D tensor or memref, or its only element.
Value buildLoadOfBatch(IndexMath &math, Value shaped, Value batch);

/// `index` of dimension `dim` of a tensor or memref, or 0 where its extent is 1
/// and so its elements are shared.
Value buildSharedIndex(IndexMath &math, Value shaped, unsigned dim,
                       Value index);

/// The number of elements of an ascending 1-D tensor or memref that are at most
/// `position`, by bisection.
Value buildUpperBound(IndexMath &math, Value boundaries, Value position);

/// The segment [lo, hi) between neighbouring boundaries that holds `position`;
/// [0, 0) if there is none.
std::pair<Value, Value> buildSegmentAround(IndexMath &math, Value boundaries,
                                           Value position);

/// Lists of whole blocks that a mask is a conjunction with, in two tensors.
struct ListedBlocks {
  /// The operand slots of `row_ptr` and `col`.
  unsigned rows, cols;
  /// Queries and keys of a block.
  int64_t queryBlock, keyBlock;
  /// The neighbouring heads that each list is for.
  int64_t group;
  /// The other masks of the conjunction, or null for none.
  Attribute rest;
};

/// What a mask asks of a list of the blocks in which it keeps a pair.
struct MaskTraits {
  /// The keys of a hole that rows may have and that intervals do not tell of;
  /// `kAnyHole` if there is no saying.
  int64_t hole = 0;
  static constexpr int64_t kAnyHole = std::numeric_limits<int64_t>::max();
  /// Batch elements, or heads, may see different keys.
  bool tellsBatchesApart = false;
  bool tellsHeadsApart = false;
};

/// Two intervals of keys for a range of queries: those that some query may see
/// and, within, those that every query sees.
struct MaskDisjunct {
  OpFoldResult mayLo, mayHi;
  OpFoldResult mustLo, mustHi;
};

/// Most disjuncts that a mask keeps apart; beyond, their hull is taken.
inline constexpr unsigned kMaxDisjuncts = 4;

/// The query range that intervals are asked for.
class MaskIntervalBuilder : public IndexMath {
public:
  using IndexMath::IndexMath;

  /// Raw query rows [rowBegin, rowEnd), not empty.
  OpFoldResult rowBegin, rowEnd;
  /// o: absolute position = raw row + position.
  OpFoldResult position;
  /// M and N.
  OpFoldResult numRows, numCols;
  Value batch;
  /// The first head of the queries, and how many heads they belong to.
  OpFoldResult head, numHeads;
  /// The op's mask operands, tensors or memrefs.
  ValueRange operands;
  /// If set, only keys [colBegin, colEnd) are asked about: the disjuncts may
  /// lack others.
  OpFoldResult colBegin = {}, colEnd = {};

  /// Absolute positions of the first and the last query.
  OpFoldResult firstPosition() {
    return first ? first : add(rowBegin, position);
  }
  OpFoldResult lastPosition() {
    return last ? last : add(add(rowEnd, position), -1);
  }
  /// The same for a mask inside a mask, to which the queries stand at positions
  /// from `newFirst` to `newLast`, and not everywhere as far from their rows.
  void setPositions(OpFoldResult newFirst, OpFoldResult newLast) {
    position = {};
    first = newFirst;
    last = newLast;
  }
  /// The disjunct that keeps [lo, hi) for every query.
  static MaskDisjunct always(OpFoldResult lo, OpFoldResult hi) {
    return {lo, hi, lo, hi};
  }

private:
  OpFoldResult first, last;
};

/// One pair of query and key as scalars, and what its mask reads.
struct PairPlace {
  Value batch, head, row, position, col;
  ValueRange operands;
  /// The row of the query tensor, which `row` may count in blocks.
  Value queryRow;
};

/// Builds an i1 for one pair.
using PairBody =
    llvm::function_ref<Value(IndexMath &math, const PairPlace &pair)>;

/// Builds numbers of 64 bits for one query: `col` of its place is null.
using QueryBody = llvm::function_ref<SmallVector<Value>(
    IndexMath &math, const PairPlace &query)>;

/// The place of a query among the rows of a mask, which may be inside others,
/// from its raw row and absolute position.
using QueryPlace = llvm::function_ref<OpFoldResult(
    IndexMath &math, OpFoldResult row, OpFoldResult position)>;

/// The place of a key among the columns of a mask, from its place among all.
using KeyPlace =
    llvm::function_ref<OpFoldResult(IndexMath &math, OpFoldResult col)>;

/// Positions at which a predicate is evaluated. The same mask code serves
/// scalars (index) and vectors (lanes are queries): every method returns a
/// value of the position type.
class MaskPredicateBuilder {
public:
  MaskPredicateBuilder(OpBuilder &builder, Location loc)
      : builder(builder), loc(loc) {}
  virtual ~MaskPredicateBuilder() = default;

  /// Raw row, absolute position of the query, and key.
  virtual Value getRow() = 0;
  virtual Value getPosition() = 0;
  virtual Value getCol() = 0;
  /// M and N.
  virtual Value getNumRows() = 0;
  virtual Value getNumCols() = 0;
  virtual Value getConstant(int64_t value) = 0;
  /// The head of the query.
  virtual Value getHead() = 0;
  /// The element for this batch of operand `slot`.
  virtual Value getBatchElement(unsigned slot) = 0;
  /// The segment between boundaries of operand `slot` around `place`.
  virtual std::pair<Value, Value> buildSegment(unsigned slot,
                                               QueryPlace place) = 0;
  /// The element of operand `slot` at a place of the query, or of the key.
  /// Lanes that stand for no query or no key read that of another.
  virtual Value buildQueryElement(unsigned slot, QueryPlace place) = 0;
  virtual Value buildKeyElement(unsigned slot, KeyPlace place) = 0;
  /// What `body` builds for each pair by itself, an i1: slow, for what no
  /// vector code can say. Lanes that stand for no query or key repeat another.
  virtual Value buildForEachPair(PairBody body) = 0;
  /// The `count` numbers that `body` builds for each query by itself, once for
  /// all its keys: i64, or vectors of i64. Lanes that stand for no query repeat
  /// another.
  virtual SmallVector<Value> buildForEachQuery(unsigned count,
                                               QueryBody body) = 0;
  /// What the `attn.predicate` named `predicate` says of the batch element and
  /// the head here, and of a position of the query and a key: an i1 each. It
  /// reads the operands `slots`. Null stands for the position and the key here.
  virtual Value buildCall(FlatSymbolRefAttr predicate, ArrayRef<unsigned> slots,
                          Value position = {}, Value col = {}) = 0;

  /// The same at the raw row of the query, and at the key.
  std::pair<Value, Value> getSegmentOfRow(unsigned slot);
  Value getElementOfRow(unsigned slot);
  Value getElementOfCol(unsigned slot);

  /// `lo <= col`, `col < hi`, … as i1 or vectors of i1.
  Value isLess(Value lhs, Value rhs);
  Value isLessOrEqual(Value lhs, Value rhs);
  Value isEqual(Value lhs, Value rhs);
  Value both(Value lhs, Value rhs);
  Value either(Value lhs, Value rhs);
  Value negate(Value predicate);
  /// All true or all false, shaped like a comparison of positions.
  Value getBool(bool value);
  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value min(Value lhs, Value rhs);
  Value max(Value lhs, Value rhs);
  Value mul(Value lhs, int64_t rhs);
  /// Quotient and remainder by a number from 1 to 2^31 - 1, rounded down: the
  /// remainder is never negative.
  Value floorDiv(Value lhs, int64_t rhs);
  Value floorMod(Value lhs, int64_t rhs);
  /// A position that is not negative as i64, or a vector of i64.
  Value widen(Value position);

  OpBuilder &getBuilder() { return builder; }
  Location getLoc() { return loc; }

protected:
  OpBuilder &builder;
  Location loc;
};

/// Builds run-time checks of what mask operands hold. A check that fails stores
/// its message's number and the offending values; the first failure wins.
class MaskCheckBuilder : public IndexMath {
public:
  using IndexMath::IndexMath;
  virtual ~MaskCheckBuilder() = default;

  OpFoldResult numRows, numCols;
  /// The rows of the query tensor, which `numRows` may count in blocks.
  OpFoldResult numQueries;
  /// B and H, or null where a mask is checked without its op.
  OpFoldResult numBatches, numHeads;
  ValueRange operands;

  /// Reports `message` with `lhs` and `rhs` (shown for `{0}` and `{1}`) unless
  /// `lhs <= rhs`.
  virtual void requireLessOrEqual(Value lhs, Value rhs, StringRef message) = 0;
};

/// Makes what masks look up, in front of their op.
class MaskTableBuilder : public IndexMath {
public:
  using IndexMath::IndexMath;

  /// M, N, B and H of the op.
  Value numRows, numCols, numBatches, numHeads;
  /// o: absolute position = raw row + o, for all batch elements or each; null
  /// for 0.
  Value position, offset;
  /// The queries and keys of the blocks that a mask inside of `block` counts.
  int64_t unit = 1;
  /// The op's mask operands, to which tables are appended.
  SmallVector<Value> operands;
};

/// `mask` with the tables of the masks that it is made of.
Attribute buildTablesInside(Attribute mask, MaskTableBuilder &builder);

} // namespace mlir::attn

#endif // ATTN_IR_MASKBUILDERS_H
