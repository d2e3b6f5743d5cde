//===- OrderedAttention.cpp - the order of products around attention ------===//
//
// Takes the orders of both chains of attention, of scores and of its output,
// that together multiply least, where each call decides if extents are its own.
//
//===----------------------------------------------------------------------===//

#include "ChainForms.h"
#include "Reassociation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

/// Forms between which a call chooses, at most: each is code of its own.
static constexpr unsigned kMostForms = 4;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

/// The search for the orders of one attention.
class OrderSearch {
public:
  explicit OrderSearch(const AttentionChains &chains)
      : scores(chains.scores), output(chains.output) {
    for (const ChainOrder *left : scores.getAll())
      for (const ChainOrder *right : output.getAll())
        consider(*left, *right);
  }

  /// The orders that calls choose between, the one as written in front if it is
  /// among them.
  SmallVector<AttentionOrder> choose() const;

  AttentionOrder getWritten() const { return written; }
  /// The orders that would take the fewest multiplications if keys and values
  /// could have different heads.
  AttentionOrder getUnbound() const;
  bool isWritten(const AttentionOrder &order) const {
    return order.scores->isSource && order.output->isSource;
  }
  std::string describe(const AttentionOrder &order) const {
    return scores.describe(*order.scores) + ", " +
           output.describe(*order.output);
  }

  ChainOrders scores, output;

private:
  AttentionOrder combine(const ChainOrder &left, const ChainOrder &right) const;
  void consider(const ChainOrder &left, const ChainOrder &right);

  SmallVector<AttentionOrder> orders;
  AttentionOrder written;
};

} // namespace

AttentionOrder OrderSearch::combine(const ChainOrder &left,
                                    const ChainOrder &right) const {
  ChainCost cost = left.cost + right.cost;
  // What keys and values share is made once.
  for (const std::string &name : left.shared)
    if (right.shared.count(name))
      cost = cost - scores.getSharedCost(name);
  return {&left, &right, cost};
}

void OrderSearch::consider(const ChainOrder &left, const ChainOrder &right) {
  if (left.heads != right.heads)
    return;
  AttentionOrder order = combine(left, right);
  if (isWritten(order))
    written = order;
  orders.push_back(order);
}

AttentionOrder OrderSearch::getUnbound() const {
  AttentionOrder best = written;
  for (const ChainOrder *left : scores.getAll())
    for (const ChainOrder *right : output.getAll()) {
      AttentionOrder order = combine(*left, *right);
      if (order.cost.isAtMost(best.cost) && !best.cost.isAtMost(order.cost))
        best = order;
    }
  return best;
}

SmallVector<AttentionOrder> OrderSearch::choose() const {
  // What is written first, so that it is what ties leave.
  SmallVector<AttentionOrder> sorted = {written};
  for (const AttentionOrder &order : orders)
    if (!isWritten(order))
      sorted.push_back(order);
  // Calls of any extents, a factor apart.
  SmallVector<unsigned> wins(sorted.size(), 0);
  for (double batch : {1.0, 64.0})
    for (double queries = 1; queries < 1e6; queries *= 4)
      for (double keys = 1; keys < 1e6; keys *= 4) {
        unsigned best = 0;
        for (unsigned index = 1; index < sorted.size(); ++index)
          if (sorted[index].cost.evaluate({batch, queries, keys}) <
              sorted[best].cost.evaluate({batch, queries, keys}))
            best = index;
        ++wins[best];
      }
  SmallVector<unsigned> ranks;
  for (unsigned index = 0; index < sorted.size(); ++index)
    if (wins[index] != 0)
      ranks.push_back(index);
  llvm::stable_sort(ranks,
                    [&](unsigned a, unsigned b) { return wins[a] > wins[b]; });
  ranks.truncate(std::min<size_t>(ranks.size(), kMostForms));
  llvm::sort(ranks);
  SmallVector<AttentionOrder> chosen;
  for (unsigned index : ranks)
    chosen.push_back(sorted[index]);
  return chosen;
}

namespace {

/// Rewrites one attention.
class OrderedAttention {
public:
  OrderedAttention(SdpaOp op, const AttentionChains &chains)
      : op(op), chains(chains), search(chains),
        // Behind all matrices, the last of which may be made after attention.
        at(chains.after.empty() ? op.getOperation() : chains.after.back()),
        builder(at) {}

  /// Rewrites; false, with the reason in `why`, if what is written is best.
  bool run(std::string &why);

private:
  SmallVector<Value> build(const AttentionOrder &order) {
    return buildAttentionForm(builder, op, chains.extra, search.scores,
                              search.output, order);
  }
  /// The first of `orders` that takes the fewest multiplications in a call.
  SmallVector<Value> buildChoice(ArrayRef<AttentionOrder> orders);
  void replace(ArrayRef<Value> results);

  SdpaOp op;
  const AttentionChains &chains;
  OrderSearch search;
  Operation *at;
  OpBuilder builder;
};

} // namespace

SmallVector<Value>
OrderedAttention::buildChoice(ArrayRef<AttentionOrder> orders) {
  if (orders.size() == 1)
    return build(orders.front());
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  auto sizeOf = [&](Value value, unsigned fromBack) {
    return tensor::getMixedSize(builder, loc, value,
                                typeOf(value).getRank() - fromBack);
  };
  Value keys = chains.scores.matrices.back().value;
  SmallVector<OpFoldResult> extents = {
      op.hasBatch() ? sizeOf(op.getQuery(), 4) : math.constant(1),
      sizeOf(op.getQuery(), 2), sizeOf(keys, 2)};
  SmallVector<Value> costs, conditions;
  for (const AttentionOrder &order : orders)
    costs.push_back(order.cost.build(builder, loc, extents));
  // Those before are more than one of the others.
  for (unsigned form = 0; form + 1 < orders.size(); ++form) {
    Value isFewest;
    for (Value other : ArrayRef(costs).drop_front(form + 1)) {
      Value isFewer = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::OLE, costs[form], other);
      isFewest = isFewest
                     ? arith::AndIOp::create(builder, loc, isFewest, isFewer)
                     : isFewer;
    }
    conditions.push_back(isFewest);
  }
  SmallVector<Type> types = {at->getResult(0).getType()};
  SmallVector<SmallVector<OpFoldResult>> sizes = {
      tensor::getMixedSizes(builder, loc, op.getQuery())};
  sizes[0].back() = math.constant(typeOf(at->getResult(0)).getShape().back());
  if (op.getLse()) {
    types.push_back(op.getLse().getType());
    sizes.push_back(llvm::to_vector(ArrayRef(sizes[0]).drop_back()));
  }
  return buildFormChoice(builder, loc, conditions, sizes, types,
                         [&](unsigned form) { return build(orders[form]); });
}

void OrderedAttention::replace(ArrayRef<Value> results) {
  SmallVector<Value> old = {at->getResult(0)};
  if (op.getLse())
    old.push_back(op.getLse());
  for (auto [before, after] : llvm::zip_equal(old, results)) {
    Value result = after;
    if (result.getType() != before.getType())
      result =
          tensor::CastOp::create(builder, op.getLoc(), before.getType(), after);
    before.replaceAllUsesWith(result);
  }
  for (Operation *product : llvm::reverse(chains.after))
    product->erase();
  op.erase();
  for (Operation *product : chains.before)
    if (product->use_empty())
      product->erase();
}

bool OrderedAttention::run(std::string &why) {
  SmallVector<AttentionOrder> orders = search.choose();
  AttentionOrder written = search.getWritten();
  std::optional<double> before = written.cost.getConstant(),
                        after = orders.front().cost.getConstant();
  if (orders.size() == 1 && search.isWritten(orders.front())) {
    AttentionOrder unbound = search.getUnbound();
    if (unbound.scores->heads != unbound.output->heads)
      why = llvm::formatv("keys would have {0} heads and values {1}",
                          unbound.scores->heads, unbound.output->heads);
    else if (before)
      why = llvm::formatv("{0} multiplies {1} times, no other order less",
                          search.describe(written), uint64_t(*before));
    else
      why = llvm::formatv("{0} multiplies least for every call",
                          search.describe(written));
    return false;
  }
  std::string text;
  for (const AttentionOrder &order : orders)
    text += (text.empty() ? "" : " or ") + search.describe(order);
  if (before && after)
    text += llvm::formatv(": {0} multiplications instead of {1}",
                          uint64_t(*after), uint64_t(*before));
  else if (orders.size() > 1)
    text += ", where lengths of a call make that cheapest";
  noteReassociation(at, true, "the order around attention becomes " + text);
  replace(buildChoice(orders));
  return true;
}

bool attn::orderAttention(SdpaOp op, bool isStrict) {
  AttentionChains chains = collectChains(
      op, [&](const std::string &why) { noteReassociation(op, false, why); });
  if (!chains.isOfInterest())
    return false;
  std::string why;
  auto isOpen = [](Value value) {
    RankedTensorType type = typeOf(value);
    return type.isDynamicDim(type.getRank() - 3) ||
           type.isDynamicDim(type.getRank() - 1);
  };
  if (op.getScheduleAttr() || op.getFewAttr())
    why = "its schedule is for operands as they are";
  else if (isOpen(op.getQuery()) || isOpen(op.getKey()) ||
           isOpen(op.getValue()))
    why = "heads and widths are not static";
  else if (isStrict)
    why = "fp is strict";
  else if (OrderedAttention(op, chains).run(why))
    return true;
  noteReassociation(op, false, "products around attention stay: " + why);
  return false;
}
