//===- AttnCPULowerProducts.cpp - products by a library or by loops -------===//
//
// Calls the runtime for each product of matrices, which has a library compute
// it. Where there is none, loops do: one grid cell takes 64 columns of the
// weights, so that they stay in the cache from row to row. Where these lie side
// by side, the sums of a row are vectors that stay in registers over the whole
// depth; other strides, and columns that are left over, take scalar loops.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPULOWERPRODUCTS
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Columns of a grid cell: 256 bytes of each row of f32 weights.
static constexpr int64_t kColumns = 64;

/// Words of an `attn_rt_product`: type and five extents, then pointer and
/// strides of rows, weights and result.
static constexpr int64_t kWords = 18;

/// The number of an element type in `attn_rt_product`.
static int64_t getTypeNumber(FloatType type) {
  return type.isF32() ? 0 : type.isF64() ? 1 : type.isF16() ? 2 : 3;
}

namespace {

/// A buffer taken apart.
struct Parts {
  Parts(OpBuilder &builder, Location loc, Value buffer)
      : metadata(
            memref::ExtractStridedMetadataOp::create(builder, loc, buffer)),
        offset(metadata.getConstifiedMixedOffset()),
        sizes(metadata.getConstifiedMixedSizes()),
        strides(metadata.getConstifiedMixedStrides()) {}

  memref::ExtractStridedMetadataOp metadata;
  OpFoldResult offset;
  SmallVector<OpFoldResult> sizes, strides;
};

/// Lowers one attn.product.
class ProductLowering {
public:
  explicit ProductLowering(ProductOp op)
      : op(op), builder(op), loc(op.getLoc()), rows(builder, loc, op.getRows()),
        element(cast<FloatType>(
            cast<MemRefType>(op.getRows().getType()).getElementType())) {}

  void run() {
    bool served = !element.isF64();
    remark::passed(loc, remark::RemarkOpts::name("products").category("attn"))
        << remark::add("{0} product(s) of the same rows: {1}",
                       op.getWeights().size(),
                       served ? kLibraryRemark
                              : "loops, since the library takes no f64");
    OpBuilder::InsertionGuard guard(builder);
    if (served) {
      Value declined = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::eq, buildCall(), word(0));
      auto branch = scf::IfOp::create(builder, loc, declined, false);
      builder.setInsertionPointToStart(branch.thenBlock());
    }
    for (auto [weight, out] : llvm::zip_equal(op.getWeights(), op.getOuts()))
      buildLoops(weight, out);
  }

private:
  //===--------------------------------------------------------------------===//
  // The library
  //===--------------------------------------------------------------------===//

  Value word(int64_t value) {
    return arith::ConstantIntOp::create(builder, loc, value, 64);
  }
  Value word(OpFoldResult value) {
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return word(*constant);
    return arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                      cast<Value>(value));
  }

  /// The address of the first element.
  Value buildAddress(Value buffer, const Parts &parts) {
    Value address = word(OpFoldResult(
        memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, buffer)
            .getResult()));
    Value bytes = arith::MulIOp::create(builder, loc, word(parts.offset),
                                        word(element.getWidth() / 8));
    return arith::AddIOp::create(builder, loc, address, bytes);
  }

  /// Calls attn_rt_matmul; the result says whether it served.
  Value buildCall() {
    auto module = op->getParentOfType<ModuleOp>();
    auto function = op->getParentOfType<func::FuncOp>();
    int64_t number = op.getWeights().size();
    Value words;
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(&function.getBody().front());
      words = memref::AllocaOp::create(
          builder, loc,
          MemRefType::get({number * kWords}, builder.getI64Type()));
    }
    int64_t place = 0;
    auto store = [&](Value value) {
      Value index = arith::ConstantIndexOp::create(builder, loc, place++);
      memref::StoreOp::create(builder, loc, value, words, index);
    };
    auto storeBuffer = [&](Value buffer, const Parts &parts,
                           ArrayRef<OpFoldResult> strides) {
      store(buildAddress(buffer, parts));
      for (OpFoldResult stride : strides)
        store(word(stride));
    };
    // Rows without groups have one.
    SmallVector<OpFoldResult> sizes = rows.sizes, strides = rows.strides;
    if (sizes.size() == 3) {
      sizes.insert(sizes.begin() + 1, builder.getIndexAttr(1));
      strides.insert(strides.begin() + 1, builder.getIndexAttr(0));
    }
    for (auto [weight, out] : llvm::zip_equal(op.getWeights(), op.getOuts())) {
      Parts matrix(builder, loc, weight), result(builder, loc, out);
      store(word(getTypeNumber(element)));
      for (OpFoldResult size : sizes)
        store(word(size));
      store(word(matrix.sizes[1]));
      storeBuffer(op.getRows(), rows, strides);
      storeBuffer(weight, matrix, matrix.strides);
      storeBuffer(out, result, result.strides);
    }
    Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
    Type i64 = builder.getI64Type();
    auto callee = module.lookupSymbol<func::FuncOp>("attn_rt_matmul");
    if (!callee) {
      OpBuilder top(module.getBodyRegion());
      callee = func::FuncOp::create(top, module.getLoc(), "attn_rt_matmul",
                                    top.getFunctionType({pointer, i64}, i64));
      callee.setPrivate();
    }
    Value address = LLVM::IntToPtrOp::create(
        builder, loc, pointer,
        word(OpFoldResult(
            memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, words)
                .getResult())));
    return func::CallOp::create(builder, loc, callee,
                                ValueRange{address, word(number)})
        .getResult(0);
  }

  //===--------------------------------------------------------------------===//
  // Loops
  //===--------------------------------------------------------------------===//

  /// A `linalg.generic` of `numLoops` loops that updates `out`.
  void buildGeneric(unsigned numLoops,
                    ArrayRef<std::pair<Value, SmallVector<unsigned>>> reads,
                    Value out, ArrayRef<unsigned> kept,
                    function_ref<Value(OpBuilder &, ValueRange)> body) {
    auto mapOf = [&](ArrayRef<unsigned> loops) {
      return AffineMap::getMultiDimMapWithTargets(numLoops, loops,
                                                  builder.getContext());
    };
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (const auto &[value, loops] : reads) {
      inputs.push_back(value);
      maps.push_back(mapOf(loops));
    }
    maps.push_back(mapOf(kept));
    SmallVector<utils::IteratorType> iterators(numLoops,
                                               utils::IteratorType::reduction);
    for (unsigned index : kept)
      iterators[index] = utils::IteratorType::parallel;
    linalg::GenericOp::create(
        builder, loc, TypeRange(), inputs, ValueRange(out), maps, iterators,
        [&](OpBuilder &nested, Location, ValueRange elements) {
          linalg::YieldOp::create(nested, loc, body(nested, elements));
        });
  }

  /// Computes `out` = rows x `weight` in a grid over blocks of columns.
  void buildLoops(Value weight, Value out) {
    Parts matrix(builder, loc, weight);
    OpFoldResult columns = matrix.sizes[1];
    AffineExpr d0, d1;
    bindDims(builder.getContext(), d0, d1);
    OpFoldResult blocks = affine::makeComposedFoldedAffineApply(
        builder, loc, d0.ceilDiv(kColumns), {columns});
    auto grid =
        scf::ForallOp::create(builder, loc, ArrayRef<OpFoldResult>{blocks},
                              ValueRange(), std::nullopt);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(grid.getBody());
    OpFoldResult first = affine::makeComposedFoldedAffineApply(
        builder, loc, d0 * kColumns, {OpFoldResult(grid.getInductionVar(0))});
    // A constant where it can be one: then sums stay in registers.
    OpFoldResult count = builder.getIndexAttr(kColumns);
    if (getConstantIntValue(columns).value_or(1) % kColumns != 0)
      count = affine::makeComposedFoldedAffineMin(
          builder, loc,
          AffineMap::get(2, 0,
                         {d0 - d1, builder.getAffineConstantExpr(kColumns)},
                         builder.getContext()),
          {columns, first});
    Value fast = buildFast(
        count, {matrix.strides[1], Parts(builder, loc, out).strides[2]});
    auto branch = scf::IfOp::create(builder, loc, fast, /*withElse=*/true);
    Value start = getValueOrCreateConstantIndexOp(builder, loc, first);
    builder.setInsertionPointToStart(branch.thenBlock());
    buildVectors(weight, out, start);
    builder.setInsertionPointToStart(branch.elseBlock());
    buildScalars(weight, out, first, count);
  }

  /// Whether a block of `count` columns is whole and all `strides` are 1.
  Value buildFast(OpFoldResult count, ArrayRef<OpFoldResult> strides) {
    auto equals = [&](OpFoldResult value, int64_t expected) -> Value {
      return arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::eq,
          getValueOrCreateConstantIndexOp(builder, loc, value),
          arith::ConstantIndexOp::create(builder, loc, expected));
    };
    Value fast = equals(count, kColumns);
    for (OpFoldResult stride : strides)
      fast = arith::AndIOp::create(builder, loc, fast, equals(stride, 1));
    return fast;
  }

  /// The type of sums.
  FloatType getSumType() {
    return element.getWidth() < 32 ? FloatType(builder.getF32Type()) : element;
  }

  /// `value`, a scalar or a vector, in the type of sums.
  Value buildWiden(OpBuilder &nested, Value value) {
    Type type = getSumType();
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      type = vector.clone(type);
    if (value.getType() == type)
      return value;
    return arith::ExtFOp::create(nested, loc, type, value);
  }

  /// `buffer` with columns that are known to lie side by side.
  Value buildUnitColumns(Value buffer) {
    Parts parts(builder, loc, buffer);
    SmallVector<OpFoldResult> strides = parts.strides;
    strides.back() = builder.getIndexAttr(1);
    SmallVector<int64_t> dynamic(strides.size(), ShapedType::kDynamic);
    dynamic.back() = 1;
    auto type = MemRefType::get(
        SmallVector<int64_t>(strides.size(), ShapedType::kDynamic), element,
        StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic,
                               dynamic));
    auto values = [&](ArrayRef<OpFoldResult> list) {
      SmallVector<OpFoldResult> all;
      for (OpFoldResult value : list)
        all.push_back(getValueOrCreateConstantIndexOp(builder, loc, value));
      return all;
    };
    SmallVector<OpFoldResult> last = values(strides);
    last.back() = builder.getIndexAttr(1);
    return memref::ReinterpretCastOp::create(
        builder, loc, type, parts.metadata.getBaseBuffer(),
        values(parts.offset).front(), values(parts.sizes), last);
  }

  /// Computes the columns from `start` on, a whole block, as vectors.
  void buildVectors(Value weight, Value out, Value start) {
    Value matrix = buildUnitColumns(weight), result = buildUnitColumns(out);
    auto stored = VectorType::get({kColumns}, element);
    auto summed = VectorType::get({kColumns}, getSumType());
    unsigned rank = rows.sizes.size();
    auto extent = [&](unsigned dim) {
      return getValueOrCreateConstantIndexOp(builder, loc, rows.sizes[dim]);
    };
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value depth = extent(rank - 1);
    Value groups = rank == 4 ? extent(1) : one;
    Value none =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(summed));
    auto loop = [&](OpBuilder &at, Value end, ValueRange carried,
                    function_ref<Value(OpBuilder &, Value, ValueRange)> body) {
      return scf::ForOp::create(
          at, loc, zero, end, one, carried,
          [&](OpBuilder &inner, Location, Value place, ValueRange sums) {
            Value next = body(inner, place, sums);
            scf::YieldOp::create(inner, loc,
                                 next ? ValueRange(next) : ValueRange());
          });
    };
    loop(builder, extent(0), {}, [&](OpBuilder &b0, Value batch, ValueRange) {
      loop(b0, extent(rank - 2), {}, [&](OpBuilder &b1, Value row, ValueRange) {
        auto outer = loop(
            b1, groups, none,
            [&](OpBuilder &b2, Value group, ValueRange sums) -> Value {
              Value base = arith::MulIOp::create(b2, loc, group, depth);
              auto inner = loop(
                  b2, depth, sums,
                  [&](OpBuilder &b3, Value k, ValueRange sums) -> Value {
                    SmallVector<Value> place = {batch, row, k};
                    if (rank == 4)
                      place = {batch, group, row, k};
                    Value x = buildWiden(b3, memref::LoadOp::create(
                                                 b3, loc, op.getRows(), place));
                    Value line = arith::AddIOp::create(b3, loc, base, k);
                    Value w = buildWiden(
                        b3, vector::LoadOp::create(b3, loc, stored, matrix,
                                                   ValueRange{line, start}));
                    Value all = vector::BroadcastOp::create(b3, loc, summed, x);
                    return vector::FMAOp::create(b3, loc, all, w, sums[0]);
                  });
              return inner.getResult(0);
            });
        Value sum = outer.getResult(0);
        if (stored != summed)
          sum = arith::TruncFOp::create(b1, loc, stored, sum);
        vector::StoreOp::create(b1, loc, sum, result,
                                ValueRange{batch, row, start});
        return Value();
      });
      return Value();
    });
  }

  /// Computes `count` columns from `first` on, whatever the strides.
  void buildScalars(Value weight, Value out, OpFoldResult first,
                    OpFoldResult count) {
    OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
    SmallVector<OpFoldResult> sizes = {rows.sizes.front(),
                                       rows.sizes[rows.sizes.size() - 2]};
    Value block = memref::SubViewOp::create(
        builder, loc, weight, ArrayRef<OpFoldResult>{zero, first},
        ArrayRef<OpFoldResult>{Parts(builder, loc, weight).sizes[0], count},
        ArrayRef<OpFoldResult>{one, one});
    SmallVector<OpFoldResult> blockSizes = {sizes[0], sizes[1], count};
    SmallVector<OpFoldResult> ones(3, one);
    Value target = memref::SubViewOp::create(
        builder, loc, out, ArrayRef<OpFoldResult>{zero, zero, first},
        blockSizes, ones);
    FloatType type = getSumType();
    if (type == element) {
      buildSum(block, target);
      return;
    }
    SmallVector<OpFoldResult> room = sizes;
    room.push_back(builder.getIndexAttr(kColumns));
    SmallVector<int64_t> shape;
    SmallVector<Value> dynamic;
    dispatchIndexOpFoldResults(room, dynamic, shape);
    Value buffer = memref::AllocOp::create(
        builder, loc, MemRefType::get(shape, type), dynamic);
    Value sum = memref::SubViewOp::create(builder, loc, buffer,
                                          SmallVector<OpFoldResult>(3, zero),
                                          blockSizes, ones);
    buildSum(block, sum);
    buildGeneric(3, {{sum, {0, 1, 2}}}, target, {0, 1, 2},
                 [&](OpBuilder &nested, ValueRange elements) -> Value {
                   return arith::TruncFOp::create(nested, loc, element,
                                                  elements[0]);
                 });
  }

  /// `target` = rows x `block`, in the type of sums.
  void buildSum(Value block, Value target) {
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getFloatAttr(getSumType(), 0));
    linalg::FillOp::create(builder, loc, zero, target);
    auto body = [&](OpBuilder &nested, ValueRange elements) -> Value {
      Value product =
          arith::MulFOp::create(nested, loc, buildWiden(nested, elements[0]),
                                buildWiden(nested, elements[1]));
      return arith::AddFOp::create(nested, loc, elements[2], product);
    };
    Value input = op.getRows();
    if (rows.sizes.size() == 3) {
      // Loops: b, m, c, n.
      buildGeneric(4, {{input, {0, 1, 2}}, {block, {2, 3}}}, target, {0, 1, 3},
                   body);
      return;
    }
    // Loops: b, m, g, e, n.
    Parts parts(builder, loc, block);
    SmallVector<OpFoldResult> sizes = {rows.sizes[1], rows.sizes[3],
                                       parts.sizes[1]};
    SmallVector<ReassociationIndices> groups = {{0, 1}, {2}};
    Value split = memref::ExpandShapeOp::create(
        builder, loc, decomposeMixedValues(sizes).first, block, groups, sizes);
    buildGeneric(5, {{input, {0, 2, 1, 3}}, {split, {2, 3, 4}}}, target,
                 {0, 1, 4}, body);
  }

  ProductOp op;
  OpBuilder builder;
  Location loc;
  Parts rows;
  FloatType element;
};

struct AttnCPULowerProducts
    : attn::impl::AttnCPULowerProductsBase<AttnCPULowerProducts> {
  void runOnOperation() override {
    SmallVector<ProductOp> products;
    getOperation().walk([&](ProductOp op) { products.push_back(op); });
    for (ProductOp op : products) {
      if (isa<RankedTensorType>(op.getRows().getType())) {
        op.emitOpError() << "is on tensors, expected bufferization to run "
                            "before";
        return signalPassFailure();
      }
      ProductLowering(op).run();
      op.erase();
    }
  }
};

} // namespace
