//===- Recurrence.cpp - linear attention token by token -------------------===//
//
// Lowers attn.linear_recurrence: decoding steps, whose time is that of moving
// the state. Lanes are columns of the state, which do not depend on each other:
// a strip of some vectors goes through all tokens before the next one. The
// first token reads from where the state was and writes to where it will be, so
// that memory is read and written at once, and once. With the delta rule each
// token reads its strip twice.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Linear/StateStrips.h"
#include "Linear/Tokens.h"
#include "Lowering.h"
#include "Vector/Neighbours.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

static MemRefType typeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

namespace {

/// Lowers one recurrence.
class RecurrenceLowering {
public:
  RecurrenceLowering(VectorBuilder &b, LinearRecurrenceOp op, int64_t registers)
      : op(op), tokens(op.getSchedule().getQueryBlock()),
        keyWidth(typeOf(op.getKey()).getDimSize(1)), width(op.getStateWidth()),
        heads(op.getQuery() ? typeOf(op.getQuery()).getDimSize(0) : 0),
        most(getMostVectors(registers, heads)) {
    int64_t paddedKey = llvm::alignTo(keyWidth, b.lanes);
    int64_t padded = llvm::alignTo(width, b.lanes);
    auto buffer = [&](StringRef name, ArrayRef<int64_t> shape) {
      return getScratch(op, name, MemRefType::get(shape, b.element));
    };
    keys = buffer("linear.keys", {tokens, paddedKey});
    values = buffer("linear.values", {tokens, padded});
    for (int64_t head = 0; head < heads; ++head) {
      std::string number = std::to_string(head);
      queries.push_back(buffer("linear.queries" + number, {tokens, paddedKey}));
      sums.push_back(buffer("linear.sums" + number, {tokens, padded}));
    }
    if (Value decay = op.getDecay()) {
      isChannel = typeOf(decay).getRank() == 2;
      factors =
          buffer("linear.factors", {tokens, isChannel ? paddedKey : b.lanes});
    }
    aside = buffer("linear.state", {keyWidth, padded});
  }

  void run(VectorBuilder &b) {
    Value all = buildExtent(b, op.getKey(), 0);
    Value isAside = buildStates(b, all);
    b.forEach(b.index(0), all, tokens, [&](VectorBuilder &b, Value begin) {
      first = begin;
      count = b.materialize(
          b.min(b.constant(tokens), b.sub(OpFoldResult(all), begin)));
      buildBlock(b);
    });
    buildEither(
        b, isAside,
        [&](VectorBuilder &b) {
          buildRowsOut(b, aside, b.index(keyWidth), buildEndColumns(b));
        },
        [](VectorBuilder &) {});
    op.erase();
  }

private:
  /// Decides where the state is read and written; whether that is aside, since
  /// vectors cannot be where the user has it, or since no token would take it
  /// from start to end.
  Value buildStates(VectorBuilder &b, Value all) {
    OpBuilder &builder = b.getBuilder();
    Location loc = b.getLoc();
    NeighbourView own = buildNeighbourView(b, aside);
    NeighbourView last = buildNeighbourView(b, op.getEnd());
    Value isDirect = arith::AndIOp::create(
        builder, loc, last.holds,
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, all,
                              b.index(0)));
    if (!op.getStart()) {
      end =
          arith::SelectOp::create(builder, loc, isDirect, last.view, own.view);
      start = end;
      forEachStateStrip(b, width, most,
                        [&](VectorBuilder &b, const StateStrip &strip) {
                          b.forEach(b.index(0), b.index(keyWidth), 1,
                                    [&](VectorBuilder &b, Value row) {
                                      SmallVector<Value> zeros(
                                          strip.columns.size(), b.splat(0));
                                      strip.store(b, zeros, end, row);
                                    });
                        });
    } else {
      NeighbourView before = buildNeighbourView(b, op.getStart());
      isDirect = arith::AndIOp::create(builder, loc, isDirect, before.holds);
      buildEither(
          b, isDirect, [](VectorBuilder &) {},
          [&](VectorBuilder &b) {
            buildRowsIn(b, op.getStart(), b.index(keyWidth), aside);
          });
      start = arith::SelectOp::create(builder, loc, isDirect, before.view,
                                      own.view);
      end =
          arith::SelectOp::create(builder, loc, isDirect, last.view, own.view);
    }
    Value yes = arith::ConstantIntOp::create(builder, loc, 1, /*width=*/1);
    return arith::XOrIOp::create(builder, loc, isDirect, yes);
  }

  /// The columns of the end that are computed.
  Value buildEndColumns(VectorBuilder &b) {
    SmallVector<OpFoldResult> zeros(2, b.constant(0)), ones(2, b.constant(1));
    SmallVector<OpFoldResult> sizes = {b.constant(keyWidth), b.constant(width)};
    return memref::SubViewOp::create(b.getBuilder(), b.getLoc(), op.getEnd(),
                                     zeros, sizes, ones);
  }

  /// Tokens [first, first + count) of an array that has some.
  Value tokensOf(VectorBuilder &b, Value tensor, Value head = {}) {
    if (!tensor || typeOf(tensor).getRank() > 1)
      return tensor ? buildRowsOf(b, tensor, head, first, count) : tensor;
    SmallVector<OpFoldResult> offset = {first}, size = {count},
                              stride = {b.constant(1)};
    return memref::SubViewOp::create(b.getBuilder(), b.getLoc(), tensor, offset,
                                     size, stride);
  }

  /// As many tokens as there is scratch memory for.
  void buildBlock(VectorBuilder &b) {
    // Rows of tokens that do not exist are not looked at.
    buildRowsIn(b, tokensOf(b, op.getKey()), count, keys, /*factor=*/1,
                /*fillsUp=*/false);
    TokenValues brought(op);
    brought.value = tokensOf(b, brought.value);
    brought.beta = tokensOf(b, brought.beta);
    buildValuesIn(b, brought, count, values, /*fillsUp=*/false);
    for (int64_t head = 0; head < heads; ++head)
      buildRowsIn(b, tokensOf(b, op.getQuery(), b.index(head)), count,
                  queries[head], op.getScale().convertToDouble(),
                  /*fillsUp=*/false);
    if (factors)
      buildFactors(b);
    if (op.getDelta())
      beta = tokensOf(b, op.getBeta());
    forEachStateStrip(
        b, width, most, [&](VectorBuilder &b, const StateStrip &strip) {
          b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value token) {
            buildToken(b, token, strip);
          });
        });
    for (int64_t head = 0; head < heads; ++head)
      buildOut(b, op, sums[head], count,
               tokensOf(b, op.getOut(), b.index(head)), op.getEpsAttr());
  }

  /// Logarithms to factors: one for each token, or one for each of its
  /// channels.
  void buildFactors(VectorBuilder &b) {
    Value decay = op.getDecay();
    bool isConstant = typeOf(decay).getShape() == ArrayRef<int64_t>(1);
    if (!isConstant)
      decay = tokensOf(b, decay);
    if (isChannel)
      buildRowsIn(b, decay, count, factors, kLog2E, /*fillsUp=*/false);
    int64_t columns = typeOf(factors).getDimSize(1);
    b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value token) {
      b.forEach(b.index(0), b.index(columns), b.lanes,
                [&](VectorBuilder &b, Value column) {
                  Value log =
                      isChannel
                          ? b.load(factors, {token, column})
                          : b.broadcast(b.mulf(
                                b.loadScalar(decay,
                                             {isConstant ? b.index(0) : token}),
                                b.number(kLog2E)));
                  b.store(b.exp2(log), factors, {token, column});
                });
    });
  }

  Value multiplyAdd(VectorBuilder &b, Value factor, Value vector, Value sum) {
    return vector::FMAOp::create(b.getBuilder(), b.getLoc(), factor, vector,
                                 sum);
  }

  /// The factor of row `channel` of the state at `token`, on all lanes.
  Value loadFactor(VectorBuilder &b, Value token, Value channel) {
    if (isChannel)
      return b.broadcast(b.loadScalar(factors, {token, channel}));
    return b.load(factors, {token, b.index(0)});
  }

  /// The sum over rows of `state`, decayed to `token`, times the elements of
  /// its key.
  SmallVector<Value> readState(VectorBuilder &b, Value state, Value token,
                               const StateStrip &strip) {
    SmallVector<Value> zeros(strip.columns.size(), b.splat(0));
    return b.fold(b.index(0), b.index(keyWidth), 1, zeros,
                  [&](VectorBuilder &b, Value channel, ValueRange carried) {
                    Value element =
                        b.broadcast(b.loadScalar(keys, {token, channel}));
                    if (factors)
                      element = b.mulf(element, loadFactor(b, token, channel));
                    SmallVector<Value> next;
                    for (auto [row, sum] : llvm::zip_equal(
                             strip.load(b, state, channel), carried))
                      next.push_back(multiplyAdd(b, element, row, sum));
                    return next;
                  });
  }

  /// One token on one strip.
  void buildToken(VectorBuilder &b, Value token, const StateStrip &strip) {
    OpBuilder &builder = b.getBuilder();
    Value isFirst = arith::CmpIOp::create(
        builder, b.getLoc(), arith::CmpIPredicate::eq,
        b.materialize(b.add(OpFoldResult(first), token)), b.index(0));
    Value state =
        arith::SelectOp::create(builder, b.getLoc(), isFirst, start, end);
    SmallVector<Value> update;
    for (Value column : strip.columns)
      update.push_back(b.load(values, {token, column}));
    if (op.getDelta()) {
      SmallVector<Value> read = readState(b, state, token, strip);
      Value wide = b.broadcast(b.loadScalar(beta, {token}));
      for (auto [value, before] : llvm::zip_equal(update, read))
        value = b.mulf(b.subf(value, before), wide);
    }
    // Heads that read the state do so while its rows are in registers.
    int64_t vectors = update.size();
    SmallVector<Value> zeros(heads * vectors, b.splat(0));
    SmallVector<Value> out = b.fold(
        b.index(0), b.index(keyWidth), 1, zeros,
        [&](VectorBuilder &b, Value channel, ValueRange carried) {
          Value key = b.broadcast(b.loadScalar(keys, {token, channel}));
          SmallVector<Value> rows = strip.load(b, state, channel);
          for (auto [row, value] : llvm::zip_equal(rows, update)) {
            if (factors)
              row = b.mulf(row, loadFactor(b, token, channel));
            row = multiplyAdd(b, key, value, row);
          }
          strip.store(b, rows, end, channel);
          SmallVector<Value> next;
          for (int64_t head = 0; head < heads; ++head) {
            Value query =
                b.broadcast(b.loadScalar(queries[head], {token, channel}));
            for (int64_t v = 0; v < vectors; ++v)
              next.push_back(
                  multiplyAdd(b, query, rows[v], carried[head * vectors + v]));
          }
          return next;
        });
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t v = 0; v < vectors; ++v)
        b.store(out[head * vectors + v], sums[head], {token, strip.columns[v]});
  }

  LinearRecurrenceOp op;
  /// Tokens that there is scratch memory for, D, W, G.
  int64_t tokens, keyWidth, width, heads;
  /// Vectors of a strip.
  int64_t most;
  /// The state before the first token and after each; it lies `aside` where
  /// vectors cannot be read or written in place.
  Value start, end, aside;
  /// The block of tokens: its first one, their number, and what they bring.
  Value first, count, keys, values, factors, beta;
  /// Of each head that reads the state.
  SmallVector<Value> queries, sums;
  bool isChannel = false;
};

} // namespace

void attn::lowerLinearRecurrence(LinearRecurrenceOp op, TargetAttr target) {
  OpBuilder builder(op);
  auto element = cast<FloatType>(typeOf(op.getEnd()).getElementType());
  VectorBuilder b(builder, op.getLoc(), element,
                  target.getVectorBits() / element.getWidth());
  RecurrenceLowering(b, op, target.getRegisters()).run(b);
}
