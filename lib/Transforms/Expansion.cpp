//===- Expansion.cpp - products of rows and a matrix a head ---------------===//
//
// Recognises rows times a matrix, head by head, as an attn.head_product or as
// any contraction of linalg, with rows that heads share.
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "TensorProducts.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t extentOf(Value value, unsigned fromBack) {
  return typeOf(value).getDimSize(typeOf(value).getRank() - fromBack);
}

int64_t Expansion::getHeads() const {
  if (sideBySide != 0)
    return sideBySide;
  return typeOf(weight).getRank() < 3 ? 1 : extentOf(weight, 3);
}

int64_t Expansion::getWidth() const {
  int64_t columns = extentOf(weight, isTransposed ? 2 : 1);
  return sideBySide == 0 || ShapedType::isDynamic(columns)
             ? columns
             : columns / sideBySide;
}

int64_t Expansion::getDepth() const {
  return extentOf(weight, isTransposed ? 1 : 2);
}

/// The leading dimensions of `map`, whose last two are `row` and `column`; none
/// if these are others.
static std::optional<SmallVector<unsigned>>
getLeading(AffineMap map, unsigned row, unsigned column) {
  SmallVector<unsigned> dims;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    dims.push_back(dim.getPosition());
  }
  if (dims.size() < 2 || dims.pop_back_val() != column ||
      dims.pop_back_val() != row)
    return std::nullopt;
  return dims;
}

/// `op` as an expansion: the latent has all leading dimensions of the result,
/// or all but heads; the weight some of the last ones.
static std::optional<Expansion> matchContraction(linalg::LinalgOp op) {
  if (!linalg::isaContractionOpInterface(op) || op.getNumReductionLoops() != 1)
    return std::nullopt;
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned loops = op.getNumLoops();
  if (maps[2].getNumResults() != loops - 1)
    return std::nullopt;
  auto dimOf = [&](unsigned place) { return maps[2].getDimPosition(place); };
  if (!maps[2].isProjectedPermutation())
    return std::nullopt;
  unsigned row = dimOf(loops - 3), column = dimOf(loops - 2), k = reduced[0];
  auto all = *getLeading(maps[2], row, column);
  auto ofLatent = getLeading(maps[0], row, k);
  auto ofWeight = getLeading(maps[1], k, column);
  bool isTransposed = !ofWeight;
  if (isTransposed)
    ofWeight = getLeading(maps[1], column, k);
  if (!ofLatent || !ofWeight ||
      (*ofLatent != all && ArrayRef(*ofLatent) != ArrayRef(all).drop_back()) ||
      ArrayRef(*ofWeight) != ArrayRef(all).take_back(ofWeight->size()))
    return std::nullopt;
  return Expansion{{op},
                   op.getDpsInputOperand(0)->get(),
                   op.getDpsInputOperand(1)->get(),
                   isTransposed,
                   1};
}

/// `value` as a product itself.
static std::optional<Expansion> matchProductOfRows(Value value,
                                                   std::string &why) {
  std::optional<Expansion> result;
  if (auto product = value.getDefiningOp<HeadProductOp>()) {
    if (product.getDiagonal().value_or(APFloat(0.0)).isNonZero()) {
      why = "a diagonal is added to what expands the latent";
      return std::nullopt;
    }
    result =
        Expansion{{product},
                  product.getLhs(),
                  product.getRhs(),
                  product.getTransposed(),
                  product.getFactor().value_or(APFloat(1.0)).convertToDouble()};
  } else if (auto op = value.getDefiningOp<linalg::LinalgOp>()) {
    result = matchContraction(op);
    if (!result)
      return std::nullopt;
    if (!startsAtZero(op)) {
      why = "a bias is added to what expands the latent";
      return std::nullopt;
    }
  }
  if (!result)
    return std::nullopt;
  Type element = typeOf(value).getElementType();
  for (Value side : {result->latent, result->weight})
    if (typeOf(side).getElementType() != element) {
      why = "element types of latent, weight and product differ";
      return std::nullopt;
    }
  // A latent of a batch lacks heads, or it has neither.
  int64_t rank = typeOf(value).getRank(),
          have = typeOf(result->latent).getRank();
  bool isOneBatch = typeOf(value).getDimSize(0) == 1;
  bool lacksHeads =
      isa<linalg::LinalgOp>(result->ops.front()) && have == rank - 1;
  if (have != rank && !lacksHeads && rank == 4 && (have != 2 || !isOneBatch)) {
    why = "the latent has no batch";
    return std::nullopt;
  }
  return result;
}

namespace {

/// Rows `[(B,) N, H * D]` seen as heads `[(B,) H, N, D]`.
struct HeadView {
  /// What does that, the last one first.
  SmallVector<Operation *, 2> ops;
  Value rows;
  int64_t heads;
};

} // namespace

/// The view of heads that `value` is, of rows of rank 2 for all batch elements
/// maybe; null rows if it is none.
static HeadView matchHeadView(Value value) {
  if (auto split = value.getDefiningOp<SplitHeadsOp>())
    return {{split}, split.getRows(), int64_t(split.getHeads())};
  auto transpose = value.getDefiningOp<linalg::TransposeOp>();
  auto expand =
      transpose ? transpose.getInput().getDefiningOp<tensor::ExpandShapeOp>()
                : nullptr;
  if (!expand)
    return {};
  int64_t rank = expand.getResultType().getRank();
  if (rank < 3 || expand.getResultType().isDynamicDim(rank - 2))
    return {};
  SmallVector<int64_t> order(transpose.getPermutation());
  std::swap(order[rank - 3], order[rank - 2]);
  if (!llvm::equal(order, llvm::seq<int64_t>(0, rank)) ||
      expand.getReassociationIndices().back().size() != 2)
    return {};
  return {{transpose, expand},
          expand.getSrc(),
          expand.getResultType().getDimSize(rank - 2)};
}

/// The rows `[B, N, dc]` that `latent`, `[B * N, dc]`, sees as one matrix, if
/// batches of `heads`, `[B, N, H, D]`, are those of the rows; else null.
static Value getRowsOfBatches(Value latent, RankedTensorType heads) {
  auto collapse = latent.getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse || collapse.getSrcType().getRank() != 3 ||
      collapse.getReassociationIndices().front().size() != 2)
    return nullptr;
  // One extent that is known, and not 0, tells the other.
  for (unsigned dim : {0u, 1u}) {
    int64_t extent = collapse.getSrcType().getDimSize(dim);
    if (!ShapedType::isDynamic(extent) && extent != 0 &&
        extent == heads.getDimSize(dim))
      return collapse.getSrc();
  }
  return nullptr;
}

std::optional<Expansion> attn::matchExpansion(Value value, std::string &why) {
  HeadView view = matchHeadView(value);
  if (!view.rows)
    return matchProductOfRows(value, why);
  std::optional<Expansion> result = matchProductOfRows(view.rows, why);
  // Only columns of a matrix for all rows are those of heads.
  if (!result || typeOf(result->weight).getRank() != 2 ||
      typeOf(result->latent).getRank() != typeOf(view.rows).getRank())
    return std::nullopt;
  if (typeOf(view.rows).getRank() + 1 < typeOf(value).getRank()) {
    result->latent =
        getRowsOfBatches(result->latent, typeOf(view.ops.back()->getResult(0)));
    if (!result->latent) {
      why = "rows of all batch elements are one dimension";
      return std::nullopt;
    }
  }
  result->ops.insert(result->ops.begin(), view.ops.begin(), view.ops.end());
  result->sideBySide = view.heads;
  return result;
}
