//===- NaiveCaches.cpp - caches on whole tensors --------------------------===//
//
// Implements attn.paged_view and attn.kv_append as loops over tensors. Elements
// are moved, never computed with.
//
//===----------------------------------------------------------------------===//

#include "NaiveCaches.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Arithmetic on index values.
struct IndexOps {
  OpBuilder &builder;
  Location loc;

  template <typename OpTy> Value op(Value lhs, Value rhs) {
    return OpTy::create(builder, loc, lhs, rhs);
  }
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
  }
  /// True if 0 <= value < limit.
  Value isBelow(Value value, Value limit) {
    Value low = compare(arith::CmpIPredicate::sge, value, constant(0));
    Value high = compare(arith::CmpIPredicate::slt, value, limit);
    return op<arith::AndIOp>(low, high);
  }
  /// `value` modulo `length`, not negative.
  Value wrap(Value value, Value length) {
    Value rest = op<arith::RemSIOp>(value, length);
    Value negative = compare(arith::CmpIPredicate::slt, rest, constant(0));
    return arith::SelectOp::create(builder, loc, negative,
                                   op<arith::AddIOp>(rest, length), rest);
  }
  /// An element of a table.
  Value entry(Value table, Value batch, Value number) {
    Value element = tensor::ExtractOp::create(builder, loc, table,
                                              ValueRange{batch, number});
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      element);
  }
  /// `element` of `tensor` if `condition` holds, else `otherwise`: what does
  /// not exist is not read.
  Value readIf(Value condition, Value tensor, ValueRange element,
               Value otherwise) {
    auto branch = scf::IfOp::create(
        builder, loc, condition,
        [&](OpBuilder &b, Location l) {
          Value read = tensor::ExtractOp::create(b, l, tensor, element);
          scf::YieldOp::create(b, l, read);
        },
        [&](OpBuilder &b, Location l) {
          scf::YieldOp::create(b, l, otherwise);
        });
    return branch.getResult(0);
  }
};

/// The indices of the loops around.
SmallVector<Value> buildLoopIndices(OpBuilder &builder, Location loc,
                                    unsigned count) {
  SmallVector<Value> indices;
  for (unsigned loop = 0; loop < count; ++loop)
    indices.push_back(linalg::IndexOp::create(builder, loc, loop));
  return indices;
}

/// `extent` of `tensor` as a value.
Value buildExtent(OpBuilder &builder, Location loc, Value tensor,
                  unsigned dim) {
  return getValueOrCreateConstantIndexOp(
      builder, loc, tensor::getMixedSize(builder, loc, tensor, dim));
}

} // namespace

Value attn::buildNaivePagedView(OpBuilder &builder, PagedViewOp view) {
  Location loc = view.getLoc();
  Value pages = view.getPages();
  auto type = cast<RankedTensorType>(pages.getType());
  Value count = buildExtent(builder, loc, pages, 0);
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(type.getElementType()));
  ReifiedRankedShapedTypeDims shapes;
  (void)view.reifyResultShapes(builder, shapes);
  unsigned rank = type.getRank();
  return TensorLoops(builder, loc)
      .map(shapes.front(), type.getElementType(), {},
           [&](OpBuilder &nested, Location nestedLoc,
               ValueRange) -> SmallVector<Value> {
             IndexOps ops{nested, nestedLoc};
             SmallVector<Value> at = buildLoopIndices(nested, nestedLoc, rank);
             Value page = ops.constant(view.getPageSize());
             Value number = ops.entry(view.getTable(), at[0],
                                      ops.op<arith::DivUIOp>(at[2], page));
             SmallVector<Value> element = {
                 number, ops.op<arith::RemUIOp>(at[2], page), at[1]};
             element.append(at.begin() + 3, at.end());
             return {
                 ops.readIf(ops.isBelow(number, count), pages, element, zero)};
           });
}

Value attn::buildAppend(OpBuilder &builder, KVAppendOp append) {
  Location loc = append.getLoc();
  IndexMath math(builder, loc);
  SmallVector<OpFoldResult> bounds = append.buildRowExtents(builder);
  Value length = math.materialize(append.buildLength(builder));
  auto type = cast<RankedTensorType>(append.getRows().getType());
  bool hasBatch = append.hasBatch(), hasWidth = !append.getScales();
  OpFoldResult width;
  if (hasWidth)
    width = tensor::getMixedSize(builder, loc, append.getRows(),
                                 type.getRank() - 1);
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  auto rowType =
      RankedTensorType::get(hasWidth ? ArrayRef<int64_t>{type.getShape().back()}
                                     : ArrayRef<int64_t>{1},
                            type.getElementType());

  auto loop =
      scf::ForallOp::create(builder, loc, bounds, ValueRange{append.getCache()},
                            /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getTerminator());
  IndexMath inner(builder, loc);
  IndexOps ops{builder, loc};
  SmallVector<Value> place = loop.getInductionVars();
  Value batch = place[0], head = place[1], row = place[2];
  Value first = buildLoadOfBatch(inner, append.getPos(), batch);
  Value position = ops.op<arith::AddIOp>(first, row);
  if (append.getRing())
    position = ops.op<arith::RemUIOp>(position, length);

  // Slices of one row, in the rows and in the cache.
  SmallVector<OpFoldResult> from, to;
  if (hasBatch)
    from.push_back(batch);
  from.append({head, row});
  if (append.getTable()) {
    Value page = ops.constant(append.getPageSize());
    Value number = ops.entry(append.getTable(), batch,
                             ops.op<arith::DivUIOp>(position, page));
    to = {number, ops.op<arith::RemUIOp>(position, page), head};
  } else {
    if (hasBatch)
      to.push_back(batch);
    to.append({head, position});
  }
  SmallVector<OpFoldResult> fromSizes(from.size(), one);
  SmallVector<OpFoldResult> toSizes(to.size(), one);
  if (hasWidth) {
    from.push_back(zero);
    to.push_back(zero);
    fromSizes.push_back(width);
    toSizes.push_back(width);
  }
  SmallVector<OpFoldResult> strides(std::max(from.size(), to.size()), one);
  Value source = tensor::ExtractSliceOp::create(
      builder, loc, rowType, append.getRows(), from, fromSizes,
      ArrayRef(strides).take_front(from.size()));
  builder.setInsertionPointToEnd(loop.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(
      builder, loc, source, loop.getRegionIterArgs()[0], to, toSizes,
      ArrayRef(strides).take_front(to.size()));
  return loop.getResult(0);
}

/// Loops (p, r, h[, d], b, t): the place of a page, and who may write to it.
static Value buildNaivePagedAppend(OpBuilder &builder, KVAppendOp append) {
  Location loc = append.getLoc();
  unsigned rank = cast<RankedTensorType>(append.getCache().getType()).getRank();
  IndexMath math(builder, loc);
  Value length = math.materialize(append.buildLength(builder));
  Value count = math.materialize(append.buildRowExtents(builder)[2]);
  auto kept = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  return TensorLoops(builder, loc)
      .reduce(append.getCache(), kept, rank + 2,
              {{append.getTable(), {rank, rank + 1}}},
              [&](OpBuilder &nested, Location nestedLoc,
                  ValueRange elements) -> SmallVector<Value> {
                IndexOps ops{nested, nestedLoc};
                IndexMath inner(nested, nestedLoc);
                SmallVector<Value> at =
                    buildLoopIndices(nested, nestedLoc, rank + 2);
                Value batch = at[rank];
                Value entry = arith::IndexCastOp::create(
                    nested, nestedLoc, nested.getIndexType(), elements[0]);
                Value here =
                    ops.compare(arith::CmpIPredicate::eq, entry, at[0]);
                Value position = ops.op<arith::AddIOp>(
                    ops.op<arith::MulIOp>(at[rank + 1],
                                          ops.constant(append.getPageSize())),
                    at[1]);
                Value row = ops.op<arith::SubIOp>(
                    position, buildLoadOfBatch(inner, append.getPos(), batch));
                if (append.getRing())
                  row = ops.wrap(row, length);
                Value written =
                    ops.op<arith::AndIOp>(here, ops.isBelow(row, count));
                SmallVector<Value> element = {batch, at[2], row};
                element.append(at.begin() + 3, at.begin() + rank);
                return {ops.readIf(written, append.getRows(), element,
                                   elements[1])};
              });
}

Value attn::buildNaiveAppend(OpBuilder &builder, KVAppendOp append) {
  if (append.getTable())
    return buildNaivePagedAppend(builder, append);
  Location loc = append.getLoc();
  Value cache = append.getCache();
  auto type = cast<RankedTensorType>(cache.getType());
  unsigned rank = type.getRank(), axis = append.hasBatch() ? 2 : 1;
  IndexMath math(builder, loc);
  Value length = math.materialize(append.buildLength(builder));
  Value count = math.materialize(append.buildRowExtents(builder)[2]);
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, rank));
  return TensorLoops(builder, loc)
      .map(tensor::getMixedSizes(builder, loc, cache), type.getElementType(),
           {{cache, all}},
           [&](OpBuilder &nested, Location nestedLoc,
               ValueRange elements) -> SmallVector<Value> {
             IndexOps ops{nested, nestedLoc};
             IndexMath inner(nested, nestedLoc);
             SmallVector<Value> at = buildLoopIndices(nested, nestedLoc, rank);
             Value batch = append.hasBatch() ? at[0] : ops.constant(0);
             Value row = ops.op<arith::SubIOp>(
                 at[axis], buildLoadOfBatch(inner, append.getPos(), batch));
             if (append.getRing())
               row = ops.wrap(row, length);
             SmallVector<Value> element = at;
             element[axis] = row;
             return {ops.readIf(ops.isBelow(row, count), append.getRows(),
                                element, elements[0])};
           });
}
