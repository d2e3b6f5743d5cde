//===- AttentionChains.cpp - products around attention --------------------===//
//
// Follows queries, keys and values of attention back through products, and its
// output forth, as far as nothing else reads what is between.
//
//===----------------------------------------------------------------------===//

#include "AttentionChains.h"
#include "ConcatenatedRows.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/FormatVariadic.h"
#include <numeric>

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t extentOf(Value value, unsigned fromBack) {
  return typeOf(value).getDimSize(typeOf(value).getRank() - fromBack);
}

static int64_t headsOf(Value value) {
  return typeOf(value).getRank() < 3 ? 1 : extentOf(value, 3);
}

namespace {

/// Rows, and the products that make an operand of attention from them.
struct Side {
  Value operand;
  StringRef name;
  /// What puts `operand` beside other columns.
  SmallVector<Operation *, 2> around;
  /// From attention to the rows.
  SmallVector<Expansion> steps;

  Value getRows() const {
    return steps.empty() ? operand : steps.back().latent;
  }
};

class ChainCollector {
public:
  using Refuse = llvm::function_ref<void(const std::string &)>;

  ChainCollector(SdpaOp op, Refuse refuse)
      : op(op), rank(typeOf(op.getQuery()).getRank()), refuse(refuse),
        query{op.getQuery(), "queries", {}, {}},
        key{op.getKey(), "keys", {}, {}},
        value{op.getValue(), "values", {}, {}} {}

  AttentionChains run();

private:
  void follow(Side &side);
  /// Takes keys, and queries, apart to columns that a product makes, and
  /// others.
  void separateColumns();
  void followOutput();
  /// True if heads and widths of `step`, of `result`, are those that a chain
  /// has.
  bool fits(const Expansion &step, Value result, std::string &why);
  /// Drops steps whose results something else reads.
  void dropShared();
  bool cut(Side &side, const llvm::SmallPtrSetImpl<Operation *> &own,
           ArrayRef<unsigned> operands);
  /// Drops all steps of `side`, for `why`.
  void drop(Side &side, const std::string &why);
  int64_t getHeadsOfRows(Value rows) {
    return typeOf(rows).getRank() < rank ? 1 : headsOf(rows);
  }
  ChainMatrix getRows(const Side &side, StringRef name, StringRef alone,
                      ChainExtent::Unknown unknown);
  ChainMatrix getWeight(const Expansion &step, std::string name);
  unsigned countShared();
  void buildScores(AttentionChains &chains);
  void buildOutput(AttentionChains &chains);
  void collectOps(AttentionChains &chains);

  SdpaOp op;
  unsigned rank;
  Refuse refuse;
  Side query, key, value;
  /// The products of the output in order.
  SmallVector<Expansion> outputs;
  std::optional<ExtraColumns> extra;
};

} // namespace

bool ChainCollector::fits(const Expansion &step, Value result,
                          std::string &why) {
  unsigned have = typeOf(result).getRank();
  int64_t ofRows = have < rank ? 1 : getHeadsOfRows(step.latent);
  for (int64_t extent : {step.getHeads(), step.getWidth(), step.getDepth(),
                         ofRows, have < rank ? 1 : headsOf(result)})
    if (ShapedType::isDynamic(extent)) {
      why = "heads and widths are not static";
      return false;
    }
  // What a head product takes for heads is a batch where rows have none: one
  // that all share has to be made for each element.
  RankedTensorType rows = typeOf(step.latent);
  if (op.hasBatch() && rows.getRank() == 3 &&
      isa<HeadProductOp>(step.ops.back()) &&
      (rows.isDynamicDim(0) ||
       rows.getDimSize(0) != extentOf(op.getQuery(), 4))) {
    why = "the latent has no batch";
    return false;
  }
  // Rows without heads: the dimension in front is a batch.
  if (have < rank)
    return typeOf(step.weight).getRank() == 2 &&
           typeOf(step.latent).getRank() == have;
  return headsOf(result) == std::lcm(ofRows, step.getHeads());
}

void ChainCollector::follow(Side &side) {
  Value current = side.operand;
  if (!isa<RankedTensorType>(current.getType()))
    return;
  while (true) {
    std::string why;
    std::optional<Expansion> step = matchExpansion(current, why);
    // What is made in front of a loop is not made for each of its rounds.
    if (step && step->ops.back()->getBlock() != op->getBlock())
      why = (side.name + " are made in another block").str();
    else if (step && fits(*step, current, why)) {
      side.steps.push_back(*step);
      current = step->latent;
      continue;
    }
    if (!side.steps.empty())
      return;
    Operation *between = current.getDefiningOp();
    if (!step && why.empty() && between)
      for (Value operand : between->getOperands()) {
        std::string ignored;
        if (isa<RankedTensorType>(operand.getType()) &&
            matchExpansion(operand, ignored))
          why = (between->getName().getStringRef() + " stands between " +
                 side.name + " and the product that expands them")
                    .str();
      }
    if (!why.empty())
      refuse("products stay in front of attention: " + why);
    return;
  }
}

void ChainCollector::separateColumns() {
  std::optional<ConcatenatedRows> parts = matchConcatenatedRows(op.getKey());
  if (!parts || op.getKeyScale())
    return;
  // The columns that a product makes are those of the chain.
  std::string ignored;
  bool isFirst = !matchExpansion(parts->first, ignored);
  Value made = isFirst ? parts->second : parts->first,
        rest = isFirst ? parts->first : parts->second;
  int64_t width = typeOf(rest).getShape().back();
  if (!matchExpansion(made, ignored) || ShapedType::isDynamic(width) ||
      ShapedType::isDynamic(typeOf(made).getShape().back()) ||
      ShapedType::isDynamic(headsOf(rest)))
    return;
  extra = ExtraColumns{Value(), rest, matchSharedRows(rest), width, isFirst};
  if (!extra->shared && headsOf(rest) == 1)
    extra->shared = rest;
  key.operand = made;
  key.around = parts->ops;
  std::optional<ConcatenatedRows> ofQuery =
      matchConcatenatedRows(op.getQuery());
  if (!ofQuery || typeOf(ofQuery->first).getShape().back() !=
                      typeOf(parts->first).getShape().back())
    return;
  query.operand = isFirst ? ofQuery->second : ofQuery->first;
  extra->query = isFirst ? ofQuery->first : ofQuery->second;
  query.around = ofQuery->ops;
}

void ChainCollector::followOutput() {
  Value current = op.getOut();
  while (true) {
    for (Operation *user : current.getUsers()) {
      if (user->getNumResults() != 1 ||
          !isa<RankedTensorType>(user->getResult(0).getType()))
        continue;
      Value result = user->getResult(0);
      std::string why;
      std::optional<Expansion> step = matchExpansion(result, why);
      if (step && (step->latent != current || step->weight == current ||
                   typeOf(result).getRank() != rank))
        continue;
      if (step && !current.hasOneUse())
        why = "the output is used elsewhere, too";
      else if (step && user->getBlock() != op->getBlock())
        why = "it is in another block";
      else if (step && op.getLse() && !op.getLse().use_empty())
        why = "the log-sum-exp is read, too";
      else if (step && op.getValueScale())
        why = "values have scales of their rows";
      else if (step && fits(*step, result, why))
        outputs.push_back(*step);
      if (!why.empty())
        refuse("a product of the output of attention stays: " + why);
      break;
    }
    if (outputs.empty() || outputs.back().getResult() == current)
      return;
    current = outputs.back().getResult();
  }
}

void ChainCollector::drop(Side &side, const std::string &why) {
  if (!side.steps.empty())
    refuse("products stay in front of attention: " + why);
  side.steps.clear();
}

bool ChainCollector::cut(Side &side,
                         const llvm::SmallPtrSetImpl<Operation *> &own,
                         ArrayRef<unsigned> operands) {
  for (auto [index, step] : llvm::enumerate(side.steps)) {
    bool isOwn = llvm::all_of(step.ops, [&](Operation *part) {
      return llvm::all_of(part->getUses(), [&](OpOperand &use) {
        return use.getOwner() == op
                   ? llvm::is_contained(operands, use.getOperandNumber())
                   : own.contains(use.getOwner());
      });
    });
    if (isOwn)
      continue;
    if (index == 0)
      drop(side,
           (side.name + " that a product expands are used elsewhere").str());
    else
      side.steps.truncate(index);
    return true;
  }
  return false;
}

void ChainCollector::dropShared() {
  unsigned ofQuery = op.getQueryMutable().getOperandNumber(),
           ofKey = op.getKeyMutable().getOperandNumber(),
           ofValue = op.getValueMutable().getOperandNumber();
  bool hasChanged = true;
  while (hasChanged) {
    llvm::SmallPtrSet<Operation *, 8> ofQueries, ofKeys;
    ofQueries.insert(query.around.begin(), query.around.end());
    ofKeys.insert(key.around.begin(), key.around.end());
    for (const Expansion &step : query.steps)
      ofQueries.insert(step.ops.begin(), step.ops.end());
    for (const Side *side : {&key, &value})
      for (const Expansion &step : side->steps)
        ofKeys.insert(step.ops.begin(), step.ops.end());
    hasChanged = cut(query, ofQueries, {ofQuery}) ||
                 cut(key, ofKeys, {ofKey, ofValue}) ||
                 cut(value, ofKeys, {ofKey, ofValue});
  }
}

ChainMatrix ChainCollector::getRows(const Side &side, StringRef name,
                                    StringRef alone,
                                    ChainExtent::Unknown unknown) {
  Value rows = side.getRows();
  ChainMatrix matrix;
  matrix.value = rows;
  matrix.name = (side.steps.empty() ? alone : name).str();
  matrix.heads = getHeadsOfRows(rows);
  matrix.hasBatch = op.hasBatch();
  matrix.rows = ChainExtent::of(extentOf(rows, 2), unknown);
  matrix.columns = {0, double(extentOf(rows, 1))};
  return matrix;
}

ChainMatrix ChainCollector::getWeight(const Expansion &step, std::string name) {
  ChainMatrix matrix;
  matrix.value = step.weight;
  matrix.name = std::move(name);
  matrix.isTransposed = step.isTransposed;
  if (step.sideBySide != 0)
    matrix.headsSideBySide = step.isTransposed ? 0 : 1;
  matrix.factor = step.factor;
  matrix.heads = step.getHeads();
  matrix.hasBatch = typeOf(step.weight).getRank() == 4;
  matrix.rows = {0, double(step.getDepth())};
  matrix.columns = {0, double(step.getWidth())};
  return matrix;
}

/// `matrix` of the transposed chain.
static ChainMatrix getTransposed(ChainMatrix matrix) {
  matrix.isTransposed = !matrix.isTransposed;
  std::swap(matrix.rows, matrix.columns);
  return matrix;
}

/// `name`, or one of `count` such with its number.
static std::string getName(StringRef name, unsigned index, unsigned count) {
  return count == 1 ? name.str() : (name + Twine(index + 1)).str();
}

unsigned ChainCollector::countShared() {
  if (key.getRows() != value.getRows())
    return 0;
  unsigned most = std::min(key.steps.size(), value.steps.size()), count = 0;
  for (; count < most; ++count) {
    const Expansion &ofKey = key.steps[key.steps.size() - 1 - count],
                    &ofValue = value.steps[value.steps.size() - 1 - count];
    if (ofKey.weight != ofValue.weight || ofKey.factor != ofValue.factor ||
        ofKey.isTransposed != ofValue.isTransposed ||
        ofKey.sideBySide != ofValue.sideBySide)
      break;
  }
  return count + 1;
}

void ChainCollector::buildScores(AttentionChains &chains) {
  Chain &chain = chains.scores;
  chain.matrices.push_back(getRows(query, "X", "Q", ChainExtent::Queries));
  if (extra && !extra->query) {
    // The columns of queries that meet those of the product.
    ChainMatrix &rows = chain.matrices.back();
    rows.columns.known -= double(extra->width);
    rows.firstColumn = extra->isFirst ? extra->width : 0;
  }
  for (unsigned index = query.steps.size(); index-- > 0;)
    chain.matrices.push_back(getWeight(
        query.steps[index],
        getName("Wq", query.steps.size() - 1 - index, query.steps.size())));
  chain.numLeft = chain.matrices.size();
  for (auto [index, step] : llvm::enumerate(key.steps))
    chain.matrices.push_back(getTransposed(getWeight(
        step, getName("Wk", key.steps.size() - 1 - index, key.steps.size()))));
  chain.matrices.push_back(
      getTransposed(getRows(key, "C", "K", ChainExtent::Keys)));
  chain.numRight = key.steps.size() + 1;
}

void ChainCollector::buildOutput(AttentionChains &chains) {
  Chain &chain = chains.output;
  chain.isScores = false;
  ChainMatrix weights;
  weights.name = "P";
  weights.heads = headsOf(op.getQuery());
  weights.hasBatch = op.hasBatch();
  weights.rows = chains.scores.matrices.front().rows;
  weights.columns = chains.scores.matrices.back().columns;
  chain.matrices.push_back(weights);
  bool isSame = value.getRows() == key.getRows();
  chain.matrices.push_back(
      getRows(value, isSame ? "C" : "Cv", "V", ChainExtent::Keys));
  for (unsigned index = value.steps.size(); index-- > 0;)
    chain.matrices.push_back(getWeight(
        value.steps[index],
        getName("Wv", value.steps.size() - 1 - index, value.steps.size())));
  chain.numRight = value.steps.size() + 1;
  for (auto [index, step] : llvm::enumerate(outputs))
    chain.matrices.push_back(
        getWeight(step, getName("Wo", index, outputs.size())));
}

void ChainCollector::collectOps(AttentionChains &chains) {
  for (const Side *side : {&query, &key})
    llvm::append_range(chains.before, side->around);
  size_t most =
      std::max({query.steps.size(), key.steps.size(), value.steps.size()});
  for (size_t index = 0; index < most; ++index)
    for (const Side *side : {&query, &key, &value})
      if (index < side->steps.size())
        for (Operation *part : side->steps[index].ops)
          if (!llvm::is_contained(chains.before, part))
            chains.before.push_back(part);
  for (const Expansion &step : outputs)
    chains.after.push_back(step.ops.front());
}

AttentionChains ChainCollector::run() {
  separateColumns();
  for (Side *side : {&query, &key, &value})
    follow(*side);
  followOutput();
  if (op.getKeyScale()) {
    drop(query, "keys or values have scales of their rows");
    drop(key, "keys or values have scales of their rows");
  }
  if (op.getValueScale())
    drop(value, "keys or values have scales of their rows");
  dropShared();
  // Columns are taken apart for a product of keys.
  if (extra && key.steps.empty()) {
    extra.reset();
    query = {op.getQuery(), "queries", {}, {}};
    key = {op.getKey(), "keys", {}, {}};
  }
  AttentionChains chains;
  ChainExtent batch = {0, 1};
  if (op.hasBatch())
    batch = ChainExtent::of(extentOf(op.getQuery(), 4), ChainExtent::Batch);
  chains.scores.batch = chains.output.batch = batch;
  buildScores(chains);
  buildOutput(chains);
  chains.scores.numShared = chains.output.numShared = countShared();
  chains.extra = extra;
  if (extra) {
    chains.scores.extraColumns = extra->width;
    if (!extra->shared)
      chains.scores.onlyHeads = headsOf(extra->key);
  }
  collectOps(chains);
  return chains;
}

AttentionChains
attn::collectChains(SdpaOp op,
                    llvm::function_ref<void(const std::string &)> refuse) {
  return ChainCollector(op, refuse).run();
}
