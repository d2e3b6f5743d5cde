//===- AttnFoldPagedViews.cpp - read pages where they lie -----------------===//
//
// Rewrites slices of attn.paged_view to slices of its pages. Keys [j, j + n) of
// batch element b and head h lie in one page if j is a multiple of some w that
// divides the page and n <= w; they are then
//
//   pages[table[b, j / page], j % page .. + n, h]
//
// so that a table's entry is read where, and only if, its keys are.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include <numeric>

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFOLDPAGEDVIEWS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Dimensions of a view.
enum : unsigned { kBatch, kHead, kKey };

/// A slice in the coordinates of the view that it was cut from, maybe in
/// several cuts.
struct ViewSlice {
  SmallVector<OpFoldResult> offsets, sizes;
  /// Which dimensions of the view those of the slice are.
  SmallVector<unsigned> dims;
};

/// How far up through index arithmetic an alignment is looked for.
constexpr unsigned kMaxDepth = 16;

/// The greatest common divisor of `page` and of what `value` can be; 1 where
/// nothing is known.
int64_t computeAlignment(OpFoldResult value, int64_t page, unsigned depth = 0);

int64_t computeAlignment(AffineExpr expr, ValueRange operands, unsigned numDims,
                         int64_t page, unsigned depth) {
  auto of = [&](AffineExpr inner) {
    return computeAlignment(inner, operands, numDims, page, depth);
  };
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::gcd(constant.getValue(), page);
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return computeAlignment(operands[dim.getPosition()], page, depth + 1);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return computeAlignment(operands[numDims + symbol.getPosition()], page,
                            depth + 1);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add)
    return std::gcd(of(binary.getLHS()), of(binary.getRHS()));
  if (expr.getKind() == AffineExprKind::Mul)
    return std::gcd(of(binary.getLHS()) * of(binary.getRHS()), page);
  return 1;
}

int64_t computeAlignment(OpFoldResult value, int64_t page, unsigned depth) {
  if (std::optional<int64_t> known = getConstantIntValue(value))
    return std::gcd(*known, page);
  if (depth > kMaxDepth)
    return 1;
  auto of = [&](OpFoldResult inner) {
    return computeAlignment(inner, page, depth + 1);
  };
  auto variable = dyn_cast<Value>(value);
  if (auto argument = dyn_cast<BlockArgument>(variable)) {
    auto loop =
        dyn_cast<LoopLikeOpInterface>(argument.getOwner()->getParentOp());
    std::optional<SmallVector<Value>> variables;
    if (!loop || !(variables = loop.getLoopInductionVars()))
      return 1;
    const auto *found = llvm::find(*variables, variable);
    if (found == variables->end())
      return 1;
    unsigned index = found - variables->begin();
    return std::gcd(of((*loop.getLoopLowerBounds())[index]),
                    of((*loop.getLoopSteps())[index]));
  }
  Operation *op = variable.getDefiningOp();
  auto ofMap = [&](AffineMap map) {
    int64_t common = page;
    for (AffineExpr expr : map.getResults())
      common =
          std::gcd(common, computeAlignment(expr, op->getOperands(),
                                            map.getNumDims(), page, depth));
    return common;
  };
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return ofMap(apply.getAffineMap());
  if (auto min = dyn_cast<affine::AffineMinOp>(op))
    return ofMap(min.getAffineMap());
  if (auto max = dyn_cast<affine::AffineMaxOp>(op))
    return ofMap(max.getAffineMap());
  if (isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp>(op))
    return std::gcd(of(op->getOperand(0)), of(op->getOperand(1)));
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return std::gcd(of(select.getTrueValue()), of(select.getFalseValue()));
  if (isa<arith::MulIOp>(op))
    return std::gcd(of(op->getOperand(0)) * of(op->getOperand(1)), page);
  return 1;
}

/// A constant that `value` does not exceed, if one is seen.
std::optional<int64_t> findUpperBound(OpFoldResult value) {
  if (std::optional<int64_t> known = getConstantIntValue(value))
    return known;
  auto min = cast<Value>(value).getDefiningOp<affine::AffineMinOp>();
  if (!min)
    return std::nullopt;
  std::optional<int64_t> bound;
  for (AffineExpr expr : min.getAffineMap().getResults())
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      bound =
          std::min(bound.value_or(constant.getValue()), constant.getValue());
  return bound;
}

/// Folds the slices of one view.
class ViewFolder {
public:
  explicit ViewFolder(PagedViewOp view)
      : view(view), page(view.getPageSize()),
        rank(cast<RankedTensorType>(view.getType()).getRank()) {}

  LogicalResult run() {
    OpBuilder builder(view->getContext());
    builder.setInsertionPointAfter(view);
    ReifiedRankedShapedTypeDims shapes;
    if (failed(view.reifyResultShapes(builder, shapes)))
      return failure();
    ViewSlice whole;
    whole.offsets.assign(rank, builder.getIndexAttr(0));
    whole.sizes = shapes.front();
    for (unsigned dim = 0; dim < rank; ++dim)
      whole.dims.push_back(dim);
    if (failed(foldUsers(view.getResult(), whole)))
      return failure();
    if (view.use_empty()) {
      view.erase();
      return success();
    }
    remark::passed(view.getLoc(),
                   remark::RemarkOpts::name("pages").category("attn"))
        << remark::add(
               "pages are copied to one tensor: {0} takes the view, only "
               "attn.sdpa reads pages where they lie",
               (*view->user_begin())->getName().getStringRef());
    return success();
  }

private:
  /// Folds what is cut from `value`, which is `where` of the view.
  LogicalResult foldUsers(Value value, const ViewSlice &where) {
    for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
      if (auto dim = dyn_cast<tensor::DimOp>(user)) {
        if (std::optional<int64_t> index = dim.getConstantIndex()) {
          OpBuilder builder(dim);
          IndexMath math(builder, dim.getLoc());
          dim.replaceAllUsesWith(
              math.materialize(where.sizes[where.dims[*index]]));
          dim.erase();
        }
        continue;
      }
      auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
      if (!slice ||
          !llvm::all_of(slice.getMixedStrides(), [](OpFoldResult stride) {
            return isConstantIntValue(stride, 1);
          }))
        continue;
      if (failed(fold(slice, where)))
        return failure();
    }
    return success();
  }

  LogicalResult fold(tensor::ExtractSliceOp slice, const ViewSlice &source) {
    OpBuilder builder(slice);
    IndexMath math(builder, slice.getLoc());
    ViewSlice where = source;
    where.dims.clear();
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [index, dim] : llvm::enumerate(source.dims)) {
      where.offsets[dim] =
          math.add(source.offsets[dim], slice.getMixedOffsets()[index]);
      where.sizes[dim] = slice.getMixedSizes()[index];
      if (!dropped[index])
        where.dims.push_back(dim);
    }
    if (failed(foldUsers(slice.getResult(), where)))
      return failure();
    if (slice.use_empty()) {
      slice.erase();
      return success();
    }
    bool isOneHead = where.dims.size() + 2 == rank && where.dims[0] == kKey;
    int64_t aligned = computeAlignment(where.offsets[kKey], page);
    std::optional<int64_t> most = findUpperBound(where.sizes[kKey]);
    if (isOneHead && most && *most <= aligned) {
      slice.replaceAllUsesWith(buildSliceOfPage(math, slice, where, aligned));
      slice.erase();
      return success();
    }
    for (Operation *user : slice->getUsers())
      if (auto step = dyn_cast<StepOp>(user)) {
        InFlightDiagnostic diagnostic =
            step.emitOpError()
            << "folds blocks of " << step.getSchedule().getKeyBlock()
            << " keys, pages have " << page
            << ": expected a key_block that divides the page";
        diagnostic.attachNote(view.getLoc()) << "the pages are here";
        return diagnostic;
      }
    return success();
  }

  /// The keys of `slice`, which lie in one page and start at a multiple of
  /// `aligned`.
  Value buildSliceOfPage(IndexMath &math, tensor::ExtractSliceOp slice,
                         const ViewSlice &where, int64_t aligned) {
    OpBuilder &builder = math.getBuilder();
    Location loc = math.getLoc();
    OpFoldResult key = where.offsets[kKey], one = math.constant(1);
    Value place[] = {math.materialize(where.offsets[kBatch]),
                     math.materialize(math.floorDiv(key, page))};
    Value entry =
        tensor::ExtractOp::create(builder, loc, view.getTable(), place);
    OpFoldResult number =
        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), entry)
            .getResult();
    OpFoldResult first = math.constant(0);
    if (aligned != page)
      first = affine::makeComposedFoldedAffineApply(
          builder, loc, builder.getAffineDimExpr(0) % page, {key});
    SmallVector<OpFoldResult> offsets = {number, first, where.offsets[kHead]};
    SmallVector<OpFoldResult> sizes = {one, where.sizes[kKey], one};
    SmallVector<OpFoldResult> strides(rank, one);
    if (rank > 3) {
      offsets.push_back(where.offsets[3]);
      sizes.push_back(where.sizes[3]);
    }
    return tensor::ExtractSliceOp::create(builder, loc, slice.getType(),
                                          view.getPages(), offsets, sizes,
                                          strides);
  }

  PagedViewOp view;
  int64_t page;
  unsigned rank;
};

struct AttnFoldPagedViews
    : attn::impl::AttnFoldPagedViewsBase<AttnFoldPagedViews> {
  void runOnOperation() override {
    SmallVector<PagedViewOp> views;
    getOperation().walk([&](PagedViewOp view) { views.push_back(view); });
    for (PagedViewOp view : views)
      if (failed(ViewFolder(view).run()))
        return signalPassFailure();
  }
};

} // namespace
