//===- ChainForms.cpp - attention in one order of its chains --------------===//
//
// Builds products of chains as attn.head_product, with attention where rows of
// queries meet rows of keys.
//
//===----------------------------------------------------------------------===//

#include "ChainForms.h"
#include "HeadProducts.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

/// A product that is built, or a matrix that is given.
struct Factor {
  Value value;
  /// True if `value` holds the transpose.
  bool isTransposed = false;
  /// What a product with it is to be multiplied by.
  double factor = 1;
};

/// How a factor is wanted.
enum class Wanted { Plain, Transposed, Either };

/// Builds one order of the chains of `op`.
class ChainBuilder {
public:
  ChainBuilder(OpBuilder &builder, SdpaOp op,
               const std::optional<ExtraColumns> &extra)
      : builder(builder), loc(op.getLoc()), op(op), extra(extra) {}

  SmallVector<Value> run(const ChainOrders &scores, const ChainOrders &output,
                         const AttentionOrder &order);

private:
  Factor build(const ChainOrders &orders, const ChainOrder &order,
               Wanted wanted);
  Factor buildMatrix(const ChainOrders &orders, unsigned index);
  Factor buildProduct(const ChainOrders &orders, const ChainOrder &order,
                      Wanted wanted);
  /// `factor` as it is wanted.
  Factor orient(Factor factor, Wanted wanted);
  /// `rows` with a dimension for batches and for heads, as queries have them.
  Value spread(Value rows);
  /// Columns [first, first + count) of `rows`.
  Value slice(Value rows, int64_t first, int64_t count);
  /// `matrix`, dimension `dim` of which holds `heads` side by side, with a
  /// dimension of heads: a view.
  Value separateHeads(Value matrix, unsigned dim, int64_t heads);
  /// `rows` beside `others`, as extra columns stand.
  Value join(Value rows, Value others);
  /// Puts the extra columns beside queries and `heads` of keys.
  void joinExtraColumns(int64_t heads);
  Value attend(Value value);
  OpFoldResult sizeOf(Value value, unsigned fromBack) {
    return tensor::getMixedSize(builder, loc, value,
                                typeOf(value).getRank() - fromBack);
  }

  OpBuilder &builder;
  Location loc;
  SdpaOp op;
  const std::optional<ExtraColumns> &extra;
  Value query, key, lse;
  /// Rows that have been spread.
  DenseMap<Value, Value> spreads;
  /// Products that keys and values share.
  std::map<std::string, Value> shared;
};

} // namespace

Value ChainBuilder::spread(Value rows) {
  RankedTensorType type = typeOf(rows);
  unsigned rank = typeOf(op.getQuery()).getRank(), have = type.getRank();
  if (have == rank)
    return rows;
  Value &known = spreads[rows];
  if (known)
    return known;
  // Ones in front of the rows, behind a batch.
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  unsigned front = have - 2;
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0; dim < front; ++dim)
    groups.push_back({int64_t(dim)});
  shape.insert(shape.begin() + front, rank - have, 1);
  sizes.insert(sizes.begin() + front, rank - have, builder.getIndexAttr(1));
  ReassociationIndices last;
  for (unsigned dim = front; dim + 1 < rank; ++dim)
    last.push_back(dim);
  groups.push_back(last);
  groups.push_back({int64_t(rank) - 1});
  known = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), rows,
      groups, sizes);
  return known;
}

Value ChainBuilder::slice(Value rows, int64_t first, int64_t count) {
  if (typeOf(rows).getShape().back() == count)
    return rows;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)),
      strides(sizes.size(), builder.getIndexAttr(1));
  offsets.back() = builder.getIndexAttr(first);
  sizes.back() = builder.getIndexAttr(count);
  return tensor::ExtractSliceOp::create(builder, loc, rows, offsets, sizes,
                                        strides);
}

Value ChainBuilder::separateHeads(Value matrix, unsigned dim, int64_t heads) {
  RankedTensorType type = typeOf(matrix);
  ArrayRef<int64_t> shape = type.getShape();
  Type element = type.getElementType();
  SmallVector<ReassociationIndices> groups = {{0, 1}, {2}};
  if (dim == 0)
    return tensor::ExpandShapeOp::create(
        builder, loc,
        RankedTensorType::get({heads, shape[0] / heads, shape[1]}, element),
        matrix, groups);
  Value one = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get({1, shape[0], shape[1]}, element),
      matrix, groups);
  groups.push_back({3});
  return tensor::CollapseShapeOp::create(
      builder, loc, SplitHeadsOp::create(builder, loc, one, heads), groups);
}

Value ChainBuilder::join(Value rows, Value others) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  unsigned rank = sizes.size();
  others = buildRepeatedHeads(builder, loc, others, sizes[rank - 3]);
  int64_t width = typeOf(rows).getShape().back();
  sizes.back() = builder.getIndexAttr(width + extra->width);
  Value result = tensor::EmptyOp::create(builder, loc, sizes,
                                         typeOf(rows).getElementType());
  SmallVector<OpFoldResult> offsets(rank, builder.getIndexAttr(0)),
      strides(rank, builder.getIndexAttr(1));
  int64_t first = 0;
  for (Value part :
       {extra->isFirst ? others : rows, extra->isFirst ? rows : others}) {
    int64_t count = typeOf(part).getShape().back();
    offsets.back() = builder.getIndexAttr(first);
    sizes.back() = builder.getIndexAttr(count);
    result = tensor::InsertSliceOp::create(builder, loc, part, result, offsets,
                                           sizes, strides);
    first += count;
  }
  return result;
}

void ChainBuilder::joinExtraColumns(int64_t heads) {
  int64_t whole = typeOf(op.getQuery()).getShape().back();
  Value ofQuery = extra->query;
  if (!ofQuery)
    ofQuery = slice(op.getQuery(), extra->isFirst ? 0 : whole - extra->width,
                    extra->width);
  query = join(query, ofQuery);
  RankedTensorType type = typeOf(extra->key);
  bool isOwn = type.getDimSize(type.getRank() - 3) == heads;
  key = join(key, isOwn ? extra->key : spread(extra->shared));
}

Factor ChainBuilder::orient(Factor factor, Wanted wanted) {
  if (wanted == Wanted::Either ||
      factor.isTransposed == (wanted == Wanted::Transposed))
    return factor;
  unsigned rank = typeOf(factor.value).getRank();
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(order[rank - 2], order[rank - 1]);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, factor.value);
  std::swap(sizes[rank - 2], sizes[rank - 1]);
  Value init = tensor::EmptyOp::create(builder, loc, sizes,
                                       typeOf(factor.value).getElementType());
  Value across =
      linalg::TransposeOp::create(builder, loc, factor.value, init, order)
          ->getResult(0);
  return {across, !factor.isTransposed, factor.factor};
}

Factor ChainBuilder::buildMatrix(const ChainOrders &orders, unsigned index) {
  const Chain &chain = orders.getChain();
  const ChainMatrix &matrix = chain.matrices[index];
  bool isRows = chain.isScores
                    ? index == 0 || index + 1 == chain.matrices.size()
                    : index == 1;
  Value value = matrix.value;
  if (isRows)
    value = spread(slice(value, matrix.firstColumn,
                         int64_t(matrix.isTransposed ? matrix.rows.known
                                                     : matrix.columns.known)));
  else if (matrix.headsSideBySide)
    value = separateHeads(value, *matrix.headsSideBySide, matrix.heads);
  return {value, matrix.isTransposed, matrix.factor};
}

Factor ChainBuilder::build(const ChainOrders &orders, const ChainOrder &order,
                           Wanted wanted) {
  if (!order.left)
    return orient(buildMatrix(orders, order.first), wanted);
  if (orders.isAttention(order))
    return {attend(build(orders, *order.right, Wanted::Plain).value)};
  std::string name = orders.getSharedName(order);
  // As products of rows of keys or values, which the chain of scores holds
  // transposed.
  bool isAcross = orders.getChain().isScores;
  auto found = name.empty() ? shared.end() : shared.find(name);
  if (found != shared.end())
    return orient({found->second, isAcross}, wanted);
  Factor product = buildProduct(orders, order, wanted);
  if (!name.empty())
    shared[name] =
        orient(product, isAcross ? Wanted::Transposed : Wanted::Plain).value;
  return product;
}

Factor ChainBuilder::buildProduct(const ChainOrders &orders,
                                  const ChainOrder &order, Wanted wanted) {
  // The left operand of a head product is as it is; the right one may be
  // transposed.
  bool isTransposed = wanted == Wanted::Transposed;
  if (wanted == Wanted::Either)
    isTransposed = orders.getChain().matrices[order.first].isTransposed;
  Factor lhs = isTransposed ? build(orders, *order.right, Wanted::Transposed)
                            : build(orders, *order.left, Wanted::Plain);
  Factor rhs =
      build(orders, isTransposed ? *order.left : *order.right, Wanted::Either);
  bool isAcross = rhs.isTransposed != isTransposed;
  double factor = lhs.factor * rhs.factor;
  SmallVector<OpFoldResult> sizes = {
      builder.getIndexAttr(orders.getHeads(order.first, order.last)),
      sizeOf(lhs.value, 2), sizeOf(rhs.value, isAcross ? 2 : 1)};
  if (orders.hasBatch(order.first, order.last))
    sizes.insert(sizes.begin(), sizeOf(op.getQuery(), 4));
  Value out = tensor::EmptyOp::create(builder, loc, sizes,
                                      typeOf(lhs.value).getElementType());
  Value product =
      HeadProductOp::create(
          builder, loc, TypeRange(out.getType()), lhs.value, rhs.value, out,
          isAcross ? builder.getUnitAttr() : UnitAttr(),
          factor == 1 ? FloatAttr() : builder.getF64FloatAttr(factor),
          /*diagonal=*/FloatAttr())
          .getResult(0);
  return {product, isTransposed};
}

Value ChainBuilder::attend(Value value) {
  auto attention = cast<SdpaOp>(builder.clone(*op));
  attention.setScaleAttr(builder.getF64FloatAttr(op.getScaleOrDefault()));
  attention.getQueryMutable().assign(query);
  attention.getKeyMutable().assign(key);
  attention.getValueMutable().assign(value);
  SmallVector<int64_t> shape(typeOf(op.getOut()).getShape());
  shape.back() = typeOf(value).getShape().back();
  attention.getOut().setType(
      RankedTensorType::get(shape, typeOf(op.getOut()).getElementType()));
  lse = attention.getLse();
  return attention.getOut();
}

SmallVector<Value> ChainBuilder::run(const ChainOrders &scores,
                                     const ChainOrders &output,
                                     const AttentionOrder &order) {
  query = build(scores, *order.scores->left, Wanted::Plain).value;
  key = build(scores, *order.scores->right, Wanted::Transposed).value;
  if (extra)
    joinExtraColumns(order.scores->heads);
  SmallVector<Value> results = {
      build(output, *order.output, Wanted::Plain).value};
  if (lse)
    results.push_back(lse);
  return results;
}

SmallVector<Value>
attn::buildAttentionForm(OpBuilder &builder, SdpaOp op,
                         const std::optional<ExtraColumns> &extra,
                         const ChainOrders &scores, const ChainOrders &output,
                         const AttentionOrder &order) {
  return ChainBuilder(builder, op, extra).run(scores, output, order);
}
