//===- RecurrentStep.cpp - linear attention token by token ----------------===//
//
// Lowers attn.linear_step in form recurrent: decoding steps. Lanes are columns
// of the state, which do not depend on each other: a strip of some vectors goes
// through all tokens before the next one, and stays in the first cache while it
// does. With the delta rule each token reads its strip twice.
//
//===----------------------------------------------------------------------===//

#include "Linear/ChunkRows.h"
#include "Linear/Tokens.h"
#include "Lowering.h"
#include "Vector/Scratch.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Vectors of a strip at most: as many sums are carried through its rows.
static constexpr int64_t kVectors = 4;

static MemRefType typeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType());
}

namespace {

/// Lowers one step.
class RecurrentLowering {
public:
  RecurrentLowering(VectorBuilder &b, LinearStepOp op)
      : op(op), tokens(op.getSchedule().getQueryBlock()),
        keyWidth(typeOf(op.getKey()).getDimSize(1)),
        stateWidth(typeOf(op.getCarried()).getDimSize(1)),
        heads(op.getQuery() ? typeOf(op.getQuery()).getDimSize(0) : 0),
        count(buildExtent(b, op.getKey(), 0)), state(op.getCarried()) {
    int64_t padded = llvm::alignTo(keyWidth, b.lanes);
    auto buffer = [&](StringRef name, ArrayRef<int64_t> shape) {
      return getScratch(op, name, MemRefType::get(shape, b.element));
    };
    keys = buffer("linear.keys", {tokens, padded});
    values = buffer("linear.values", {tokens, stateWidth});
    for (int64_t head = 0; head < heads; ++head) {
      std::string number = std::to_string(head);
      queries.push_back(buffer("linear.queries" + number, {tokens, padded}));
      sums.push_back(buffer("linear.sums" + number, {tokens, stateWidth}));
    }
    if (Value decay = op.getDecay()) {
      isChannel = typeOf(decay).getRank() == 2;
      factors =
          buffer("linear.factors", {tokens, isChannel ? padded : b.lanes});
    }
  }

  void run(VectorBuilder &b) {
    // Rows of tokens that do not exist are not looked at.
    buildRowsIn(b, op.getKey(), count, keys, /*factor=*/1, /*fillsUp=*/false);
    buildValuesIn(b, op, count, values, /*fillsUp=*/false);
    for (int64_t head = 0; head < heads; ++head)
      buildRowsIn(b, buildHead(b, op.getQuery(), b.index(head)), count,
                  queries[head], op.getScale().convertToDouble(),
                  /*fillsUp=*/false);
    if (factors)
      buildFactors(b);
    int64_t strip = kVectors * b.lanes, whole = stateWidth / strip * strip;
    b.forEach(b.index(0), b.index(whole), strip,
              [&](VectorBuilder &b, Value column) {
                buildStrip(b, kVectors, column);
              });
    if (whole != stateWidth)
      buildStrip(b, (stateWidth - whole) / b.lanes, b.index(whole));
    for (int64_t head = 0; head < heads; ++head)
      buildOut(b, op, sums[head], count,
               buildHead(b, op.getOut(), b.index(head)), op.getEpsAttr());
    op.erase();
  }

private:
  /// Logarithms to factors: one for each token, or one for each of its
  /// channels.
  void buildFactors(VectorBuilder &b) {
    Value decay = op.getDecay();
    if (isChannel)
      buildRowsIn(b, decay, count, factors, kLog2E, /*fillsUp=*/false);
    bool isConstant = typeOf(decay).getShape() == ArrayRef<int64_t>(1);
    int64_t width = typeOf(factors).getDimSize(1);
    b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value token) {
      b.forEach(b.index(0), b.index(width), b.lanes,
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

  SmallVector<Value> load(VectorBuilder &b, Value buffer, Value row,
                          ArrayRef<Value> columns) {
    SmallVector<Value> vectors;
    for (Value column : columns)
      vectors.push_back(b.load(buffer, {row, column}));
    return vectors;
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

  /// The sum over rows of the state, decayed to `token`, times the elements of
  /// its key.
  SmallVector<Value> readState(VectorBuilder &b, Value token,
                               ArrayRef<Value> columns) {
    SmallVector<Value> zeros(columns.size(), b.splat(0));
    return b.fold(b.index(0), b.index(keyWidth), 1, zeros,
                  [&](VectorBuilder &b, Value channel, ValueRange carried) {
                    Value element =
                        b.broadcast(b.loadScalar(keys, {token, channel}));
                    if (factors)
                      element = b.mulf(element, loadFactor(b, token, channel));
                    SmallVector<Value> next;
                    for (auto [row, sum] : llvm::zip_equal(
                             load(b, state, channel, columns), carried))
                      next.push_back(multiplyAdd(b, element, row, sum));
                    return next;
                  });
  }

  /// Columns [first, first + vectors * lanes) through all tokens.
  void buildStrip(VectorBuilder &b, int64_t vectors, Value first) {
    b.forEach(b.index(0), count, 1, [&](VectorBuilder &b, Value token) {
      SmallVector<Value> columns;
      for (int64_t v = 0; v < vectors; ++v)
        columns.push_back(b.materialize(b.add(first, v * b.lanes)));
      SmallVector<Value> update = load(b, values, token, columns);
      if (op.getDelta()) {
        SmallVector<Value> read = readState(b, token, columns);
        Value beta = b.broadcast(b.loadScalar(op.getBeta(), {token}));
        for (auto [value, before] : llvm::zip_equal(update, read))
          value = b.mulf(b.subf(value, before), beta);
      }
      // Heads that read the state do so while its rows are in registers.
      SmallVector<Value> zeros(heads * vectors, b.splat(0));
      SmallVector<Value> out = b.fold(
          b.index(0), b.index(keyWidth), 1, zeros,
          [&](VectorBuilder &b, Value channel, ValueRange carried) {
            Value key = b.broadcast(b.loadScalar(keys, {token, channel}));
            SmallVector<Value> rows = load(b, state, channel, columns);
            for (auto [row, value, column] :
                 llvm::zip_equal(rows, update, columns)) {
              if (factors)
                row = b.mulf(row, loadFactor(b, token, channel));
              row = multiplyAdd(b, key, value, row);
              b.store(row, state, {channel, column});
            }
            SmallVector<Value> next;
            for (int64_t head = 0; head < heads; ++head) {
              Value query =
                  b.broadcast(b.loadScalar(queries[head], {token, channel}));
              for (int64_t v = 0; v < vectors; ++v)
                next.push_back(multiplyAdd(b, query, rows[v],
                                           carried[head * vectors + v]));
            }
            return next;
          });
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t v = 0; v < vectors; ++v)
          b.store(out[head * vectors + v], sums[head], {token, columns[v]});
    });
  }

  LinearStepOp op;
  /// T, D, W and G.
  int64_t tokens, keyWidth, stateWidth, heads;
  Value count, state, keys, values, factors;
  /// Of each head that reads the state.
  SmallVector<Value> queries, sums;
  bool isChannel = false;
};

} // namespace

void attn::lowerRecurrentStep(LinearStepOp op, int64_t lanes) {
  OpBuilder builder(op);
  VectorBuilder b(builder, op.getLoc(),
                  cast<FloatType>(typeOf(op.getCarried()).getElementType()),
                  lanes);
  RecurrentLowering(b, op).run(b);
}
