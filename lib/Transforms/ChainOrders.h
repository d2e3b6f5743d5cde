//===- ChainOrders.h - the orders of a chain with attention ----*- C++ -*-===//
//
// Declares the orders that a chain of products may be taken in, one of which is
// that of attention itself, and the search for those that some call prefers.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_CHAINORDERS_H
#define ATTN_LIB_TRANSFORMS_CHAINORDERS_H

#include "ChainCost.h"
#include <deque>
#include <map>
#include <set>

namespace mlir::attn {

/// A matrix of a chain, one for each of `heads`.
struct ChainMatrix {
  /// Null for the weights of attention.
  Value value;
  /// How remarks call it.
  std::string name;
  /// True if `value` holds the transpose.
  bool isTransposed = false;
  /// The dimension of `value`, a matrix, that holds heads side by side.
  std::optional<unsigned> headsSideBySide;
  /// Where its columns begin, if it has more.
  int64_t firstColumn = 0;
  /// What the product with it is multiplied by.
  double factor = 1;
  int64_t heads = 1;
  bool hasBatch = false;
  ChainExtent rows, columns;
};

/// A chain, and the order that it is written in.
struct Chain {
  /// Queries times keys: the last product is that of attention. Else weights
  /// times values, the first matrix, in whatever order.
  bool isScores = true;
  SmallVector<ChainMatrix> matrices;
  ChainExtent batch;
  /// How many matrices make the left operand of attention.
  unsigned numLeft = 1;
  /// How many make its right operand.
  unsigned numRight = 1;
  /// Columns of queries and keys beside those of the chain.
  double extraColumns = 0;
  /// How many matrices from the rows of keys or values on the other chain has,
  /// too.
  unsigned numShared = 0;
  /// The heads of keys that the extra columns can have; all where empty.
  std::optional<int64_t> onlyHeads;
};

/// One order of the matrices from `first` to `last`.
struct ChainOrder {
  unsigned first, last;
  /// The operands of the last product; null for one matrix.
  const ChainOrder *left = nullptr, *right = nullptr;
  ChainCost cost;
  /// True if the matrices are multiplied so as written.
  bool isSource = true;
  /// The heads of keys or values; 0 where attention is no part.
  int64_t heads = 0;
  /// The products that the other chain may have, too.
  std::set<std::string> shared;
};

/// The orders of a chain.
class ChainOrders {
public:
  explicit ChainOrders(Chain chain);

  const Chain &getChain() const { return chain; }
  /// The orders of the whole chain: those that are cheaper for some call, for
  /// some number of heads of keys, or for some sharing, and the one as written.
  ArrayRef<const ChainOrder *> getAll() const;

  int64_t getHeads(unsigned first, unsigned last) const;
  bool hasBatch(unsigned first, unsigned last) const;
  /// True if the last product of `order` is that of attention.
  bool isAttention(const ChainOrder &order) const;
  /// What the product `order` is called in both chains; empty if it cannot be
  /// in both.
  std::string getSharedName(const ChainOrder &order) const;
  ChainCost getSharedCost(const std::string &name) const {
    return sharedCosts.at(name);
  }
  /// The order in words: `(Q Wk^T) C^T`; of the transpose if `isAcross`.
  std::string describe(const ChainOrder &order, bool isAcross = false) const;

private:
  using Orders = SmallVector<const ChainOrder *>;

  /// Adds the product of `left` and `right` to `orders`.
  void add(Orders &orders, const ChainOrder &left, const ChainOrder &right);
  /// True if written products of the range end with that of [first, middle].
  bool isWritten(unsigned first, unsigned middle, unsigned last) const;

  Chain chain;
  std::deque<ChainOrder> pool;
  std::vector<std::vector<Orders>> table;
  std::map<std::string, ChainCost> sharedCosts;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_CHAINORDERS_H
