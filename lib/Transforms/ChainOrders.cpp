//===- ChainOrders.cpp - the orders of a chain with attention -------------===//
//
// Dynamic programming over where a chain is cut. A range keeps every order that
// no other one is at most as costly as for every call, so that static extents
// leave one.
//
//===----------------------------------------------------------------------===//

#include "ChainOrders.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

ChainOrders::ChainOrders(Chain given) : chain(std::move(given)) {
  unsigned count = chain.matrices.size();
  table.assign(count, std::vector<Orders>(count));
  for (unsigned index = 0; index < count; ++index) {
    pool.push_back(ChainOrder{index, index});
    table[index][index].push_back(&pool.back());
  }
  for (unsigned length = 2; length <= count; ++length)
    for (unsigned first = 0; first + length <= count; ++first) {
      unsigned last = first + length - 1;
      for (unsigned middle = first; middle < last; ++middle)
        for (const ChainOrder *left : table[first][middle])
          for (const ChainOrder *right : table[middle + 1][last])
            add(table[first][last], *left, *right);
    }
}

ArrayRef<const ChainOrder *> ChainOrders::getAll() const {
  return table.front().back();
}

int64_t ChainOrders::getHeads(unsigned first, unsigned last) const {
  int64_t heads = 1;
  for (unsigned index = first; index <= last; ++index)
    heads = std::lcm(heads, chain.matrices[index].heads);
  return heads;
}

bool ChainOrders::hasBatch(unsigned first, unsigned last) const {
  return llvm::any_of(
      ArrayRef(chain.matrices).slice(first, last - first + 1),
      [](const ChainMatrix &matrix) { return matrix.hasBatch; });
}

bool ChainOrders::isAttention(const ChainOrder &order) const {
  if (order.first != 0 || !order.left)
    return false;
  return chain.isScores ? order.last + 1 == chain.matrices.size()
                        : order.left->last == 0;
}

std::string ChainOrders::getSharedName(const ChainOrder &order) const {
  // Places are counted from the rows of keys or values.
  unsigned count = chain.matrices.size();
  unsigned farthest = chain.isScores ? count - 1 - order.first : order.last - 1;
  if ((!chain.isScores && order.first == 0) || farthest >= chain.numShared)
    return "";
  if (!order.left)
    return std::to_string(farthest);
  std::string left = getSharedName(*order.left),
              right = getSharedName(*order.right);
  if (chain.isScores)
    std::swap(left, right);
  return "(" + left + " " + right + ")";
}

bool ChainOrders::isWritten(unsigned first, unsigned middle,
                            unsigned last) const {
  unsigned count = chain.matrices.size();
  if (chain.isScores) {
    if (first == 0 && last + 1 == count)
      return middle + 1 == chain.numLeft;
    // Rows times a matrix after the other: of keys, from the other end.
    return (first == 0 && last < chain.numLeft && middle + 1 == last) ||
           (first >= chain.numLeft && last + 1 == count && middle == first);
  }
  if (first == 0)
    return last == chain.numRight ? middle == 0
                                  : last > chain.numRight && middle + 1 == last;
  return first == 1 && last <= chain.numRight && middle + 1 == last;
}

void ChainOrders::add(Orders &orders, const ChainOrder &left,
                      const ChainOrder &right) {
  unsigned first = left.first, last = right.last;
  const ChainMatrix &lhs = chain.matrices[first], &rhs = chain.matrices[last];
  ChainOrder order{first, last, &left, &right};
  order.isSource =
      left.isSource && right.isSource && isWritten(first, left.last, last);
  int64_t heads = getHeads(first, last);
  ChainExtent outer = lhs.rows * rhs.columns * ChainExtent{0, double(heads)};
  if (hasBatch(first, last))
    outer = outer * chain.batch;
  ChainExtent inner = chain.matrices[left.last].columns;
  order.heads = left.heads;
  if (isAttention(order)) {
    // A query a head of the result; keys and values may be shared.
    if (getHeads(first, left.last) != heads)
      return;
    order.heads = getHeads(right.first, last);
    if (chain.onlyHeads && *chain.onlyHeads != order.heads)
      return;
    order.cost = outer * ChainExtent{0, chain.extraColumns};
  }
  order.cost = order.cost + outer * inner + left.cost + right.cost;
  for (const ChainOrder *side : {&left, &right})
    order.shared.insert(side->shared.begin(), side->shared.end());
  std::string name = getSharedName(order);
  if (!name.empty()) {
    order.shared.insert(name);
    sharedCosts[name] = outer * inner;
  }
  // What is written stays, so that others are compared with it.
  auto beats = [](const ChainOrder &one, const ChainOrder &other) {
    return !other.isSource && one.heads == other.heads &&
           one.shared == other.shared && one.cost.isAtMost(other.cost);
  };
  for (const ChainOrder *other : orders)
    if (beats(*other, order))
      return;
  llvm::erase_if(orders,
                 [&](const ChainOrder *other) { return beats(order, *other); });
  pool.push_back(order);
  orders.push_back(&pool.back());
}

std::string ChainOrders::describe(const ChainOrder &order,
                                  bool isAcross) const {
  // Matrices of keys are those of their rows, transposed.
  if (chain.isScores && order.first >= chain.numLeft && !isAcross)
    return (order.left ? "(" + describe(order, true) + ")"
                       : describe(order, true)) +
           "^T";
  if (!order.left)
    return chain.matrices[order.first].name;
  auto nested = [&](const ChainOrder &side) {
    std::string text = describe(side, isAcross);
    bool isTransposed =
        chain.isScores && side.first >= chain.numLeft && !isAcross;
    return side.left && !isTransposed ? "(" + text + ")" : text;
  };
  std::string left = nested(*order.left), right = nested(*order.right);
  return isAcross ? right + " " + left : left + " " + right;
}
