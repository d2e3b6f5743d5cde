//===- AttnCPULowerHeadProducts.cpp - products head by head ---------------===//
//
// Multiplies matrices on register tiles: lanes are columns of the result. A
// grid cell holds the sums of a block of the result and goes through the depth
// in stretches whose part of rhs stays in the first cache.
//
//===----------------------------------------------------------------------===//

#include "Transposed/RegisterTile.h"
#include "Vector/VectorBuilder.h"
#include "attn/CPU/Passes.h"
#include "attn/IR/AttnOps.h"
#include "attn/TargetInfo/TargetInfo.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPULOWERHEADPRODUCTS
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Register tiles of rows in a block, and the depth of a stretch: with 64
/// columns of f32, 32 KiB of rhs, read once for each register tile.
static constexpr int64_t kTiles = 12, kDepth = 128;

namespace {

/// Lowers one product.
class HeadProductLowering {
public:
  HeadProductLowering(HeadProductOp op, TargetAttr target)
      : op(op), loc(op.getLoc()), builder(op),
        lhs(cast<MemRefType>(op.getLhs().getType())),
        rhs(cast<MemRefType>(op.getRhs().getType())),
        out(cast<MemRefType>(op.getOut().getType())),
        element(out.getElementTypeBitWidth() < 32
                    ? FloatType(builder.getF32Type())
                    : cast<FloatType>(out.getElementType())) {
    const IsaFacts *isa = lookupIsa(target.getIsa());
    tile = {isa->tileRows, isa->tileVectors,
            target.getVectorBits() / element.getWidth(), element};
    // No vectors that no column is in.
    int64_t columns = out.getDimSize(out.getRank() - 1);
    if (!ShapedType::isDynamic(columns))
      tile.vectors = std::clamp<int64_t>(
          (columns + tile.lanes - 1) / tile.lanes, 1, tile.vectors);
  }

  void run();

private:
  Value size(VectorBuilder &b, Value buffer, int64_t fromBack) {
    int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
    return b.materialize(
        memref::getMixedSize(b.getBuilder(), loc, buffer, rank - fromBack));
  }
  /// Where `matrix` begins for the cell's batch and head.
  SmallVector<Value> getPlace(VectorBuilder &b, Value matrix);
  Value load(VectorBuilder &b, Value matrix, ArrayRef<Value> place, Value row,
             Value col);
  Value buildStretch(VectorBuilder &b, Value first, Value count);
  Value buildCopy(VectorBuilder &b, Value first, Value count);
  void buildTile(VectorBuilder &b, Value begin, Value stretch, Value first,
                 Value count);
  void buildStore(VectorBuilder &b);

  int64_t getColumns() const { return tile.vectors * tile.lanes; }

  HeadProductOp op;
  Location loc;
  OpBuilder builder;
  MemRefType lhs, rhs, out;
  FloatType element;
  RegisterTile tile;
  /// The cell: batch and head, its first row and column, and how many there
  /// are.
  SmallVector<Value> leading;
  Value row, col, numRows, numCols;
  /// The cell's buffers: sums, and rows of rhs side by side.
  Value sums, packed;
  SmallVector<Value> lhsPlace, rhsPlace;
};

} // namespace

SmallVector<Value> HeadProductLowering::getPlace(VectorBuilder &b,
                                                 Value matrix) {
  int64_t rank = cast<MemRefType>(matrix.getType()).getRank();
  if (rank == 2)
    return {};
  OpBuilder &at = b.getBuilder();
  Value all = size(b, op.getOut(), 3), have = size(b, matrix, 3);
  Value group = arith::DivUIOp::create(at, loc, all, have);
  Value head = arith::DivUIOp::create(at, loc, leading.back(), group);
  if (rank == 3)
    return {head};
  return {leading.front(), head};
}

Value HeadProductLowering::load(VectorBuilder &b, Value matrix,
                                ArrayRef<Value> place, Value row, Value col) {
  SmallVector<Value> indices(place);
  indices.append({row, col});
  return b.loadScalar(matrix, indices);
}

/// Rows [first, first + count) of the cell's columns of rhs as accumulators
/// that lie side by side: where they are, or copied.
Value HeadProductLowering::buildStretch(VectorBuilder &b, Value first,
                                        Value count) {
  OpBuilder &at = b.getBuilder();
  if (op.getTransposed() || rhs.getElementType() != element)
    return buildCopy(b, first, count);
  int64_t dynamic = ShapedType::kDynamic;
  auto type = MemRefType::get(
      {dynamic, getColumns()}, element,
      StridedLayoutAttr::get(at.getContext(), dynamic, {dynamic, 1}));
  auto view = memref::ExtractStridedMetadataOp::create(at, loc, op.getRhs());
  SmallVector<Value> strides(view.getStrides());
  Value whole = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::eq,
                                      numCols, b.index(getColumns()));
  Value neighbours = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::eq,
                                           strides.back(), b.index(1));
  Value direct = arith::AndIOp::create(at, loc, whole, neighbours);
  auto branch = scf::IfOp::create(
      at, loc, direct,
      [&](OpBuilder &then, Location) {
        SmallVector<Value> place = rhsPlace;
        place.append({first, col});
        Value offset = view.getOffset();
        for (auto [index, stride] : llvm::zip_equal(place, strides))
          offset = arith::AddIOp::create(
              then, loc, offset,
              arith::MulIOp::create(then, loc, index, stride));
        Value rows = memref::ReinterpretCastOp::create(
            then, loc, type, view.getBaseBuffer(), OpFoldResult(offset),
            ArrayRef<OpFoldResult>{count, then.getIndexAttr(getColumns())},
            ArrayRef<OpFoldResult>{strides[strides.size() - 2],
                                   then.getIndexAttr(1)});
        scf::YieldOp::create(then, loc, rows);
      },
      [&](OpBuilder &otherwise, Location) {
        VectorBuilder inner = b.at(otherwise);
        Value copy = buildCopy(inner, first, count);
        scf::YieldOp::create(
            otherwise, loc,
            memref::CastOp::create(otherwise, loc, type, copy).getResult());
      });
  return branch.getResult(0);
}

Value HeadProductLowering::buildCopy(VectorBuilder &b, Value first,
                                     Value count) {
  Value zero = b.index(0), columns = b.index(getColumns());
  auto copy = [&](VectorBuilder &b, Value depth, Value column) {
    Value line = b.materialize(b.add(first, depth));
    Value place = b.materialize(b.add(col, column));
    if (op.getTransposed())
      std::swap(line, place);
    b.storeScalar(load(b, op.getRhs(), rhsPlace, line, place), packed,
                  {depth, column});
  };
  // In the order in which rhs lies.
  if (op.getTransposed())
    b.forEach(zero, numCols, 1, [&](VectorBuilder &b, Value column) {
      b.forEach(zero, count, 1,
                [&](VectorBuilder &b, Value depth) { copy(b, depth, column); });
    });
  else
    b.forEach(zero, count, 1, [&](VectorBuilder &b, Value depth) {
      b.forEach(zero, numCols, 1, [&](VectorBuilder &b, Value column) {
        copy(b, depth, column);
      });
    });
  b.forEach(zero, count, 1, [&](VectorBuilder &b, Value depth) {
    b.forEach(numCols, columns, 1, [&](VectorBuilder &b, Value column) {
      b.storeScalar(b.number(0), packed, {depth, column});
    });
  });
  return packed;
}

/// Adds the products of rows from `begin` on, of a register tile, and of
/// `count` rows of `stretch`, which are at depth `first`.
void HeadProductLowering::buildTile(VectorBuilder &b, Value begin,
                                    Value stretch, Value first, Value count) {
  OpBuilder &at = b.getBuilder();
  // Rows behind the last one repeat it: their sums are never stored.
  Value last = b.materialize(b.add(numRows, -1));
  SmallVector<Value> rows;
  for (int64_t r = 0; r < tile.rows; ++r) {
    Value inside =
        arith::MinSIOp::create(at, loc, b.materialize(b.add(begin, r)), last);
    rows.push_back(arith::AddIOp::create(at, loc, row, inside));
  }
  auto place = [&](OpBuilder &, int64_t r, int64_t v) -> SmallVector<Value> {
    return {b.materialize(b.add(begin, r)), b.index(v * tile.lanes)};
  };
  SmallVector<Value> blocks;
  for (int64_t v = 0; v < tile.vectors; ++v)
    blocks.push_back(tile.buildBlock(
        at, loc, [&](int64_t r) { return b.load(sums, place(at, r, v)); }));
  blocks = tile.buildProduct(
      at, loc, blocks, b.index(0), count,
      [&](OpBuilder &inner, Value depth, int64_t r) {
        VectorBuilder nested = b.at(inner);
        Value column = arith::AddIOp::create(inner, loc, first, depth);
        return load(nested, op.getLhs(), lhsPlace, rows[r], column);
      },
      [&](OpBuilder &inner, Value depth, int64_t v) {
        VectorBuilder nested = b.at(inner);
        return nested.load(stretch, {depth, nested.index(v * tile.lanes)});
      });
  for (int64_t v = 0; v < tile.vectors; ++v)
    for (int64_t r = 0; r < tile.rows; ++r)
      b.store(tile.buildRow(at, loc, blocks[v], r), sums, place(at, r, v));
}

/// Stores the sums, rounded.
void HeadProductLowering::buildStore(VectorBuilder &b) {
  Value zero = b.index(0);
  b.forEach(zero, numRows, 1, [&](VectorBuilder &b, Value r) {
    Value line = b.materialize(b.add(row, r));
    b.forEach(zero, numCols, 1, [&](VectorBuilder &b, Value c) {
      OpBuilder &at = b.getBuilder();
      Value column = b.materialize(b.add(col, c));
      Value value = b.loadScalar(sums, {r, c});
      if (op.getFactor())
        value = b.mulf(value, b.number(op.getFactor()->convertToDouble()));
      if (op.getDiagonal()) {
        Value same = arith::CmpIOp::create(at, loc, arith::CmpIPredicate::eq,
                                           line, column);
        Value entry = arith::SelectOp::create(
            at, loc, same, b.number(op.getDiagonal()->convertToDouble()),
            b.number(0));
        value = b.addf(value, entry);
      }
      SmallVector<Value> place = leading;
      place.append({line, column});
      b.storeScalar(value, op.getOut(), place);
    });
  });
}

void HeadProductLowering::run() {
  VectorBuilder b(builder, loc, element, tile.lanes);
  int64_t rowsOfBlock = tile.rows * kTiles;
  SmallVector<OpFoldResult> bounds =
      memref::getMixedSizes(builder, loc, op.getOut());
  OpFoldResult allRows = bounds[bounds.size() - 2], allCols = bounds.back();
  bounds[bounds.size() - 2] = b.ceilDiv(allRows, rowsOfBlock);
  bounds.back() = b.ceilDiv(allCols, getColumns());
  auto grid = scf::ForallOp::create(builder, loc, bounds, ValueRange(),
                                    /*mapping=*/std::nullopt);
  builder.setInsertionPointToStart(grid.getBody());
  IntegerAttr line = builder.getI64IntegerAttr(64);
  auto buffer = [&](int64_t rows) -> Value {
    return memref::AllocOp::create(
        builder, loc, MemRefType::get({rows, getColumns()}, element), line);
  };
  sums = buffer(rowsOfBlock);
  packed = buffer(kDepth);
  SmallVector<Value> indices = grid.getInductionVars();
  leading.assign(indices.begin(), indices.end() - 2);
  OpFoldResult begin = b.mul(indices[indices.size() - 2], rowsOfBlock);
  OpFoldResult left = b.mul(indices.back(), getColumns());
  row = b.materialize(begin);
  col = b.materialize(left);
  numRows =
      b.materialize(b.min(b.constant(rowsOfBlock), b.sub(allRows, begin)));
  numCols =
      b.materialize(b.min(b.constant(getColumns()), b.sub(allCols, left)));
  lhsPlace = getPlace(b, op.getLhs());
  rhsPlace = getPlace(b, op.getRhs());

  Value zero = b.index(0), depth = size(b, op.getLhs(), 1);
  b.forEach(zero, b.index(rowsOfBlock), 1, [&](VectorBuilder &b, Value r) {
    for (int64_t v = 0; v < tile.vectors; ++v)
      b.store(b.splat(0), sums, {r, b.index(v * tile.lanes)});
  });
  b.forEach(zero, depth, kDepth, [&](VectorBuilder &b, Value first) {
    Value count = b.materialize(b.min(b.constant(kDepth), b.sub(depth, first)));
    Value stretch = buildStretch(b, first, count);
    b.forEach(zero, numRows, tile.rows, [&](VectorBuilder &b, Value begin) {
      buildTile(b, begin, stretch, first, count);
    });
  });
  buildStore(b);
  op.erase();
}

namespace {

struct AttnCPULowerHeadProducts
    : attn::impl::AttnCPULowerHeadProductsBase<AttnCPULowerHeadProducts> {
  void runOnOperation() override {
    auto target =
        getOperation()->getParentOfType<ModuleOp>()->getAttrOfType<TargetAttr>(
            kTargetAttrName);
    SmallVector<HeadProductOp> products;
    getOperation().walk([&](HeadProductOp op) { products.push_back(op); });
    for (HeadProductOp op : products) {
      if (!target) {
        op.emitOpError() << "is in a module that has no " << kTargetAttrName
                         << ", expected attn-attach-target to run before";
        return signalPassFailure();
      }
      if (isa<RankedTensorType>(op.getOut().getType())) {
        op.emitOpError() << "is on tensors, expected bufferization to run "
                            "before";
        return signalPassFailure();
      }
      HeadProductLowering(op, target).run();
    }
  }
};

} // namespace
