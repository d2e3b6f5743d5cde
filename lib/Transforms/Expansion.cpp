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
  return Expansion{op, op.getDpsInputOperand(0)->get(),
                   op.getDpsInputOperand(1)->get(), isTransposed, 1};
}

std::optional<Expansion> attn::matchExpansion(Value value, std::string &why) {
  std::optional<Expansion> result;
  if (auto product = value.getDefiningOp<HeadProductOp>()) {
    if (product.getDiagonal().value_or(APFloat(0.0)).isNonZero()) {
      why = "a diagonal is added to what expands the latent";
      return std::nullopt;
    }
    result = Expansion{
        product, product.getLhs(), product.getRhs(), product.getTransposed(),
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
  bool lacksHeads = isa<linalg::LinalgOp>(result->op) && have == rank - 1;
  if (have != rank && !lacksHeads && rank == 4 && (have != 2 || !isOneBatch)) {
    why = "the latent has no batch";
    return std::nullopt;
  }
  return result;
}
