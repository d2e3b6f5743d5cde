//===- NaiveLinear.cpp - linear attention token by token ------------------===//
//
// Implements the recurrence as its formula says it: loops over batch, head and
// token, and whole matrices in each.
//
//===----------------------------------------------------------------------===//

#include "NaiveLinear.h"
#include "TensorLoops.h"
#include "attn/IR/MaskBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the recurrence of one op. The state is a matrix `[D, E']`.
class NaiveRecurrence {
public:
  NaiveRecurrence(OpBuilder &builder, LinearOp op,
                  const LinearOperands &operands, FloatType compute)
      : builder(builder), loc(op.getLoc()), math(builder, loc), op(op),
        in(operands), compute(compute), loops(builder, loc),
        extents(op.buildExtents(builder)),
        heads(*getConstantIntValue(extents.heads)),
        keyWidth(
            cast<RankedTensorType>(op.getKey().getType()).getShape().back()),
        valueWidth(
            cast<RankedTensorType>(op.getValue().getType()).getShape().back()),
        stateWidth(op.getStateWidth()) {}

  SmallVector<Value> build() {
    ReifiedRankedShapedTypeDims shapes;
    // Cannot fail: the shapes are those of operands.
    (void)op.reifyResultShapes(builder, shapes);
    SmallVector<Value> results;
    for (ArrayRef<OpFoldResult> shape : shapes)
      results.push_back(loops.fill(shape, compute, 0));
    return forEach(extents.batches, results, [&](Value b, ValueRange all) {
      return forEach(extents.heads, all, [&](Value h, ValueRange carried) {
        batch = b;
        head = h;
        return buildHead(carried);
      });
    });
  }

private:
  using Body = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;

  /// `for i in [0, count)`, carrying values.
  SmallVector<Value> forEach(OpFoldResult count, ValueRange init, Body body) {
    return forEach(math.constant(0), count, init, body);
  }
  SmallVector<Value> forEach(OpFoldResult begin, OpFoldResult end,
                             ValueRange init, Body body) {
    Value lo = math.materialize(begin), hi = math.materialize(end);
    auto loop = scf::ForOp::create(builder, loc, lo, hi,
                                   math.materialize(math.constant(1)), init);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next =
        body(loop.getInductionVar(), loop.getRegionIterArgs());
    scf::YieldOp::create(builder, loc, next);
    return SmallVector<Value>(loop.getResults());
  }

  /// Where row `rows…` of this batch and head lies in a tensor of `count`
  /// heads; what follows is whole.
  TensorSlice sliceOf(Value tensor, ArrayRef<OpFoldResult> rows) {
    auto type = cast<RankedTensorType>(tensor.getType());
    unsigned base = op.hasBatch() ? 1 : 0;
    TensorSlice slice;
    slice.sizes = tensor::getMixedSizes(builder, loc, tensor);
    slice.offsets.assign(type.getRank(), math.constant(0));
    slice.strides.assign(type.getRank(), math.constant(1));
    if (base)
      slice.offsets[0] = batch;
    slice.offsets[base] = math.floorDiv(head, heads / type.getDimSize(base));
    for (auto [k, row] : llvm::enumerate(rows))
      slice.offsets[base + 1 + k] = row;
    for (unsigned dim = 0; dim <= base + rows.size(); ++dim)
      slice.sizes[dim] = math.constant(1);
    return slice;
  }

  /// The last dimensions of `tensor` from row `rows…` on.
  Value extract(Value tensor, ArrayRef<OpFoldResult> rows) {
    TensorSlice slice = sliceOf(tensor, rows);
    auto type = cast<RankedTensorType>(tensor.getType());
    unsigned dropped = (op.hasBatch() ? 2 : 1) + rows.size();
    auto part = RankedTensorType::get(type.getShape().drop_front(dropped),
                                      type.getElementType());
    return tensor::ExtractSliceOp::create(
        builder, loc, part, tensor, slice.offsets, slice.sizes, slice.strides);
  }

  Value insert(Value part, Value tensor, ArrayRef<OpFoldResult> rows) {
    TensorSlice slice = sliceOf(tensor, rows);
    return tensor::InsertSliceOp::create(
        builder, loc, part, tensor, slice.offsets, slice.sizes, slice.strides);
  }

  SmallVector<OpFoldResult> matrix() {
    return {math.constant(keyWidth), math.constant(stateWidth)};
  }

  /// The state before the first token.
  Value buildStart() {
    return in.state ? extract(in.state, {}) : loops.fill(matrix(), compute, 0);
  }

  /// `tensor` of reads that are multiplied, summed over the loops not `kept`.
  Value contract(ArrayRef<OpFoldResult> sizes, ArrayRef<unsigned> kept,
                 unsigned numLoops, ArrayRef<TensorRead> reads) {
    return loops.reduce(
        loops.fill(sizes, compute, 0), kept, numLoops, reads,
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          Value product = arith::MulFOp::create(b, l, e[0], e[1]);
          return {arith::AddFOp::create(b, l, e[2], product)};
        });
  }

  Value read(Value row, Value state) {
    return contract(math.constant(stateWidth), 1u, 2,
                    {{row, {0}}, {state, {0, 1}}});
  }

  /// diag(exp(decay)) state.
  Value buildDecayed(Value state, OpFoldResult token) {
    if (!in.decay)
      return state;
    unsigned base = op.hasBatch() ? 1 : 0;
    auto type = cast<RankedTensorType>(in.decay.getType());
    bool isChannel = type.getRank() == base + 3;
    Value decay;
    if (isChannel)
      decay = extract(in.decay, token);
    else if (type.getRank() == 1)
      decay = tensor::ExtractSliceOp::create(
          builder, loc, RankedTensorType::get(1, compute), in.decay,
          math.floorDiv(head, heads / type.getDimSize(0)),
          OpFoldResult(math.constant(1)), OpFoldResult(math.constant(1)));
    else
      decay = extractOne(in.decay, token);
    Value log = isChannel ? decay : spread(decay);
    return loops.map(
        matrix(), compute, {{state, {0, 1}}, {log, {0}}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          Value factor = math::ExpOp::create(b, l, e[1]);
          return {arith::MulFOp::create(b, l, e[0], factor)};
        });
  }

  /// Element `token` of this head of `[B, H', N]`, as `[1]`.
  Value extractOne(Value tensor, OpFoldResult token) {
    TensorSlice slice = sliceOf(tensor, token);
    return tensor::ExtractSliceOp::create(
        builder, loc, RankedTensorType::get(1, compute), tensor, slice.offsets,
        slice.sizes, slice.strides);
  }

  /// A vector of D times the element of `[1]`.
  Value spread(Value one) {
    Value element = tensor::ExtractOp::create(
        builder, loc, one, math.materialize(math.constant(0)));
    return loops.map({math.constant(keyWidth)}, compute, {},
                     [&](OpBuilder &, Location, ValueRange) {
                       return SmallVector<Value>{element};
                     });
  }

  /// u of a token, `[E']`; ones where normalize sums.
  Value buildUpdate(Value decayed, Value key, OpFoldResult token) {
    Value value = extract(in.value, token);
    if (stateWidth != valueWidth) {
      Value ones = loops.fill({math.constant(stateWidth)}, compute, 1);
      OpFoldResult zero = math.constant(0), one = math.constant(1);
      if (in.beta)
        value = scale(value, extractOne(in.beta, token));
      return tensor::InsertSliceOp::create(
          builder, loc, value, ones, zero,
          OpFoldResult(math.constant(valueWidth)), one);
    }
    if (op.getDelta()) {
      Value before = read(key, decayed);
      value = loops.map(
          {math.constant(stateWidth)}, compute, {{value, {0}}, {before, {0}}},
          [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
            return {arith::SubFOp::create(b, l, e[0], e[1])};
          });
    }
    return in.beta ? scale(value, extractOne(in.beta, token)) : value;
  }

  Value scale(Value row, Value one) {
    Value factor = tensor::ExtractOp::create(
        builder, loc, one, math.materialize(math.constant(0)));
    return loops.map(
        tensor::getMixedSizes(builder, loc, row), compute, {{row, {0}}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          return {arith::MulFOp::create(b, l, e[0], factor)};
        });
  }

  Value buildToken(Value state, OpFoldResult token) {
    Value key = extract(in.key, token);
    Value decayed = buildDecayed(state, token);
    Value update = buildUpdate(decayed, key, token);
    return loops.map(
        matrix(), compute, {{decayed, {0, 1}}, {key, {0}}, {update, {1}}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          Value product = arith::MulFOp::create(b, l, e[1], e[2]);
          return {arith::AddFOp::create(b, l, e[0], product)};
        });
  }

  /// What query `row` reads.
  Value buildOut(Value state, Value out, OpFoldResult row) {
    Value sums = read(extract(in.query, row), state);
    Value last;
    if (op.getNormalize())
      last = tensor::ExtractOp::create(
          builder, loc, sums, math.materialize(math.constant(valueWidth)));
    OpFoldResult zero = math.constant(0), one = math.constant(1);
    OpFoldResult width = math.constant(valueWidth);
    Value sliced =
        tensor::ExtractSliceOp::create(builder, loc, sums, zero, width, one);
    Value result = loops.map(
        {width}, compute, {{sliced, {0}}},
        [&](OpBuilder &b, Location l, ValueRange e) -> SmallVector<Value> {
          Value factor = buildFloat(b, l, compute, op.getScaleOrDefault());
          Value sum = arith::MulFOp::create(b, l, e[0], factor);
          if (!last)
            return {sum};
          Value eps = buildFloat(b, l, compute, op.getEpsOrDefault());
          Value none = buildFloat(b, l, compute, 0);
          Value den = arith::AddFOp::create(
              b, l, arith::MulFOp::create(b, l, last, factor), eps);
          Value vanishes =
              arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ, den, none);
          Value quotient = arith::DivFOp::create(b, l, sum, den);
          return {arith::SelectOp::create(b, l, vanishes, none, quotient)};
        });
    return insert(result, out, row);
  }

  /// Tokens [begin, end) from the first state; with causal their queries too.
  SmallVector<Value> buildTokens(OpFoldResult begin, OpFoldResult end,
                                 Value out) {
    return forEach(
        begin, end, {buildStart(), out}, [&](Value token, ValueRange carried) {
          Value state = buildToken(carried[0], token);
          Value rows = op.getCausal() ? buildOut(state, carried[1], token)
                                      : Value(carried[1]);
          return SmallVector<Value>{state, rows};
        });
  }

  /// One head: out, and the state if it is asked for, of all heads.
  SmallVector<Value> buildHead(ValueRange carried) {
    SmallVector<Value> folded;
    if (Value docs = op.getDocs()) {
      OpFoldResult count = math.add(buildLength(math, docs), -1);
      folded = forEach(count, {buildStart(), carried[0]},
                       [&](Value document, ValueRange inner) {
                         Value begin = buildLoadIndex(math, docs, document);
                         Value end = buildLoadIndex(
                             math, docs, math.add(OpFoldResult(document), 1));
                         return buildTokens(begin, end, inner[1]);
                       });
    } else {
      folded = buildTokens(math.constant(0), extents.tokens, carried[0]);
    }
    SmallVector<Value> results = {folded[1]};
    if (!op.getCausal())
      results =
          forEach(extents.rows, folded[1], [&](Value row, ValueRange out) {
            return SmallVector<Value>{buildOut(folded[0], out[0], row)};
          });
    if (carried.size() == 2)
      results.push_back(insert(folded[0], carried[1], {}));
    return results;
  }

  OpBuilder &builder;
  Location loc;
  IndexMath math;
  LinearOp op;
  const LinearOperands &in;
  FloatType compute;
  TensorLoops loops;
  LinearOp::Extents extents;
  int64_t heads, keyWidth, valueWidth, stateWidth;
  /// Of the recurrence being built.
  Value batch, head;
};

} // namespace

SmallVector<Value> attn::buildNaiveLinear(OpBuilder &builder, LinearOp op,
                                          const LinearOperands &operands,
                                          FloatType compute) {
  return NaiveRecurrence(builder, op, operands, compute).build();
}
