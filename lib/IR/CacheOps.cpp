//===- CacheOps.cpp - where keys and values are kept ----------------------===//
//
// Implements the rules and the shapes of attn.paged_view and attn.kv_append.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/ScoreClauses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// `count` pages of `page` keys.
static int64_t multiplyExtent(int64_t count, int64_t page) {
  return ShapedType::isDynamic(count) ? count : count * page;
}

/// The rules on pages and the table that names them.
static LogicalResult verifyPages(Operation *op, StringRef name,
                                 RankedTensorType pages,
                                 RankedTensorType table) {
  int64_t page = pages.getDimSize(1);
  if (ShapedType::isDynamic(page))
    return op->emitOpError() << name
                             << " have an extent of ? in dimension 1, expected "
                                "a constant: the keys in a page";
  if (page <= 0 || !llvm::isPowerOf2_64(page))
    return op->emitOpError()
           << name << " have " << page << " keys, expected a power of two";
  if (table.getRank() != 2)
    return op->emitOpError()
           << "table has rank " << table.getRank() << ", expected [B, T]";
  return success();
}

//===----------------------------------------------------------------------===//
// attn.paged_view
//===----------------------------------------------------------------------===//

int64_t PagedViewOp::getPageSize() {
  return getTensorType(getPages()).getDimSize(1);
}

LogicalResult PagedViewOp::verify() {
  RankedTensorType pages = getTensorType(getPages());
  RankedTensorType table = getTensorType(getTable());
  if (pages.getRank() != 3 && pages.getRank() != 4)
    return emitOpError() << "pages have rank " << pages.getRank()
                         << ", expected [P, page, Hk, D] or [P, page, Hk]";
  if (failed(verifyPages(*this, "pages", pages, table)))
    return failure();
  SmallVector<int64_t> shape = {
      table.getDimSize(0), pages.getDimSize(2),
      multiplyExtent(table.getDimSize(1), getPageSize())};
  llvm::append_range(shape, pages.getShape().drop_front(3));
  auto expected = RankedTensorType::get(shape, pages.getElementType());
  if (getResult().getType() != expected)
    return emitOpError() << "result has type " << getResult().getType()
                         << ", expected " << expected;
  return success();
}

LogicalResult
PagedViewOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  IndexMath math(builder, getLoc());
  auto size = [&](Value tensor, unsigned dim) {
    return tensor::getMixedSize(builder, getLoc(), tensor, dim);
  };
  SmallVector<OpFoldResult> sizes = {
      size(getTable(), 0), size(getPages(), 2),
      math.mul(size(getTable(), 1), getPageSize())};
  if (getTensorType(getPages()).getRank() == 4)
    sizes.push_back(size(getPages(), 3));
  shapes.push_back(std::move(sizes));
  return success();
}

//===----------------------------------------------------------------------===//
// attn.kv_append
//===----------------------------------------------------------------------===//

bool KVAppendOp::hasBatch() {
  return getTensorType(getRows()).getRank() == (getScales() ? 3 : 4);
}

int64_t KVAppendOp::getPageSize() {
  return getTensorType(getCache()).getDimSize(1);
}

SmallVector<OpFoldResult> KVAppendOp::buildRowExtents(OpBuilder &builder) {
  unsigned base = hasBatch() ? 1 : 0;
  SmallVector<OpFoldResult> extents;
  extents.push_back(base ? tensor::getMixedSize(builder, getLoc(), getRows(), 0)
                         : OpFoldResult(builder.getIndexAttr(1)));
  for (unsigned dim : {base, base + 1})
    extents.push_back(tensor::getMixedSize(builder, getLoc(), getRows(), dim));
  return extents;
}

OpFoldResult KVAppendOp::buildLength(OpBuilder &builder) {
  if (!getTable())
    return tensor::getMixedSize(builder, getLoc(), getCache(),
                                hasBatch() ? 2 : 1);
  return IndexMath(builder, getLoc())
      .mul(tensor::getMixedSize(builder, getLoc(), getTable(), 1),
           getPageSize());
}

LogicalResult KVAppendOp::verify() {
  RankedTensorType cache = getTensorType(getCache());
  RankedTensorType rows = getTensorType(getRows());
  RankedTensorType pos = getTensorType(getPos());
  int64_t width = getScales() ? 0 : 1;
  if (rows.getRank() != 2 + width && rows.getRank() != 3 + width)
    return emitOpError() << "rows have rank " << rows.getRank() << ", expected "
                         << (width ? "[B, Hk, M, D] or [Hk, M, D]"
                                   : "[B, Hk, M] or [Hk, M]");
  if (rows.getElementType() != cache.getElementType())
    return emitOpError() << "rows have element type " << rows.getElementType()
                         << ", cache has " << cache.getElementType()
                         << ": expected them to be equal";
  if (pos.getRank() != 1)
    return emitOpError() << "pos has rank " << pos.getRank()
                         << ", expected a position for each batch element";
  unsigned base = hasBatch() ? 1 : 0;
  int64_t batches = base ? rows.getDimSize(0) : 1;
  int64_t number = pos.getDimSize(0);
  if (!ShapedType::isDynamic(number) && number != 1 &&
      (number == 0 || (!ShapedType::isDynamic(batches) && number != batches))) {
    InFlightDiagnostic diagnostic =
        emitOpError() << "pos has " << number << " elements, expected 1 or B";
    if (!ShapedType::isDynamic(batches))
      diagnostic << " = " << batches;
    return diagnostic;
  }

  // Where batches, heads, positions and columns are in the cache.
  int64_t heads, length;
  if (getTable()) {
    RankedTensorType table = getTensorType(getTable());
    if (!base || cache.getRank() != 3 + width)
      return emitOpError() << "cache has rank " << cache.getRank()
                           << " and rows have rank " << rows.getRank()
                           << " with a table, expected "
                           << (width ? "[P, page, Hk, D] and [B, Hk, M, D]"
                                     : "[P, page, Hk] and [B, Hk, M]");
    if (failed(verifyPages(*this, "pages", cache, table)) ||
        failed(verifySameExtent(*this, "batch size", "table",
                                table.getDimSize(0), "the rows", batches)))
      return failure();
    heads = cache.getDimSize(2);
    length = multiplyExtent(table.getDimSize(1), getPageSize());
  } else {
    if (cache.getRank() != rows.getRank())
      return emitOpError() << "cache has rank " << cache.getRank()
                           << ", rows have rank " << rows.getRank()
                           << ": expected them to be equal without a table";
    if (base &&
        failed(verifySameExtent(*this, "batch size", "cache",
                                cache.getDimSize(0), "the rows", batches)))
      return failure();
    heads = cache.getDimSize(base);
    length = cache.getDimSize(base + 1);
  }
  if (failed(verifySameExtent(*this, "head count", "cache", heads, "the rows",
                              rows.getDimSize(base))))
    return failure();
  if (width &&
      failed(verifySameExtent(*this, "width", "cache",
                              cache.getDimSize(cache.getRank() - 1), "the rows",
                              rows.getDimSize(rows.getRank() - 1))))
    return failure();
  int64_t count = rows.getDimSize(base + 1);
  if (!ShapedType::isDynamic(count) && !ShapedType::isDynamic(length) &&
      count > length)
    return emitOpError() << "appends " << count << " rows to a cache of "
                         << length << " positions, expected no more";
  return success();
}

LogicalResult
KVAppendOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(builder, getLoc(), getCache()));
  return success();
}
