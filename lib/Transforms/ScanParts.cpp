//===- ScanParts.cpp - linear attention by parts of its tokens ------------===//
//
// Implements the two-level scan. With the state S of a part from 0, and the
// factor a that it decays by, the pair (a, S) is a monoid:
//
//   start of part p + 1 = a_p * start of part p + S_p
//
// so all S_p are folded at once, the starts are a scan over few states, and
// then all parts read at once. Cells are the same on any number of threads, and
// so are the bits. The last part of a causal scan needs no state of its own:
// where there is one part alone, nothing is folded twice. arXiv:2312.06635.
//
//===----------------------------------------------------------------------===//

#include "ScanParts.h"
#include "ScanCell.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The grids of one op.
class PartGrids {
public:
  PartGrids(OpBuilder &builder, LinearOp op, ScheduleAttr schedule)
      : builder(builder), loc(op.getLoc()), cell(builder, op, schedule), op(op),
        stateType(cell.getStateType()) {
    // No tokens at all are one part, so that there is a state to read.
    IndexMath &math = cell.math;
    parts = math.max(math.ceilDiv(cell.extents.tokens, schedule.getSplit()),
                     math.constant(1));
    // Nothing follows the last part of a causal scan.
    folded = op.getCausal() ? math.add(parts, -1) : parts;
    last = op.getCausal() ? folded : math.constant(0);
  }

  SmallVector<Value> build(ValueRange inits) {
    Value states = buildEmpty(stateType), factors;
    if (RankedTensorType type = getTotalType())
      factors = buildEmpty(type);
    std::tie(states, factors) = foldParts(states, factors);
    states = scanParts(states, factors);
    if (!op.getCausal())
      return readParts(states, inits[0]);
    SmallVector<Value> results = scanQueries(states, inits[0]);
    if (inits.size() == 1)
      return {results[0]};
    return {results[0], buildNewState(results[1], inits[1])};
  }

private:
  /// Of what a part decays by: a number, or one for each channel; null if by
  /// nothing.
  RankedTensorType getTotalType() {
    Value decay = op.getDecay();
    if (!decay)
      return {};
    bool isChannel = cast<RankedTensorType>(decay.getType()).getRank() ==
                     (op.hasBatch() ? 4 : 3);
    return RankedTensorType::get(isChannel ? stateType.getDimSize(0) : 1,
                                 stateType.getElementType());
  }

  /// A tensor with something of `type` for each part of each state.
  Value buildEmpty(RankedTensorType type) {
    SmallVector<OpFoldResult> sizes = {cell.extents.batches,
                                       cell.extents.stateHeads, parts};
    for (int64_t size : type.getShape())
      sizes.push_back(cell.math.constant(size));
    return tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  }

  /// What such a tensor has from `lead`, leading indices, on.
  ScanSlice sliceAt(Value tensor, ArrayRef<OpFoldResult> lead) {
    auto type = cast<RankedTensorType>(tensor.getType());
    ScanSlice slice;
    slice.sizes = tensor::getMixedSizes(builder, loc, tensor);
    slice.offsets.assign(type.getRank(), cell.math.constant(0));
    slice.strides.assign(type.getRank(), cell.math.constant(1));
    for (auto [k, index] : llvm::enumerate(lead)) {
      slice.offsets[k] = index;
      slice.sizes[k] = cell.math.constant(1);
    }
    slice.type = RankedTensorType::get(type.getShape().drop_front(lead.size()),
                                       type.getElementType());
    return slice;
  }

  Value insert(Value value, Value tensor, const ScanSlice &slice) {
    return tensor::InsertSliceOp::create(
        builder, loc, value, tensor, slice.offsets, slice.sizes, slice.strides);
  }

  /// Restricts the cell to the tokens, or rows, of `part` out of `all`.
  void enterPart(OpFoldResult part, OpFoldResult all) {
    IndexMath &math = cell.math;
    int64_t split = cell.schedule.getSplit();
    OpFoldResult first = math.mul(part, split);
    cell.setTokens(
        ScanRange{first, math.min(math.constant(split), math.sub(all, first))});
  }

  SmallVector<OpFoldResult> boundsOf(OpFoldResult count) {
    return {cell.extents.batches, cell.extents.stateHeads, count};
  }

  /// Elements of `inits` replaced by `body`, which gets that of `factor`, read
  /// along the first dimension, before them.
  SmallVector<Value>
  update(Value factor, ValueRange inits,
         llvm::function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> body) {
    unsigned rank = cast<RankedTensorType>(inits[0].getType()).getRank();
    MLIRContext *context = builder.getContext();
    SmallVector<AffineMap> maps;
    SmallVector<Value> inputs;
    if (factor) {
      bool isOne = cast<RankedTensorType>(factor.getType()).getDimSize(0) == 1;
      AffineExpr index = isOne ? getAffineConstantExpr(0, context)
                               : getAffineDimExpr(0, context);
      maps.push_back(AffineMap::get(rank, 0, index));
      inputs.push_back(factor);
    }
    maps.append(inits.size(), AffineMap::getMultiDimIdentityMap(rank, context));
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        builder, loc, TypeRange(inits), inputs, inits, maps, iterators,
        [&](OpBuilder &inner, Location, ValueRange elements) {
          linalg::YieldOp::create(inner, loc, body(inner, elements));
        });
    return SmallVector<Value>(generic.getResults());
  }

  /// The state of each part from 0, and the factor that it decays by.
  std::pair<Value, Value> foldParts(Value states, Value factors) {
    SmallVector<Value> inits = {states};
    if (factors)
      inits.push_back(factors);
    SmallVector<Value> results = cell.buildGrid(
        boundsOf(folded), inits, [&](ValueRange place, ValueRange shared) {
          enterPart(place[2], cell.extents.tokens);
          SmallVector<CellResult> cells;
          for (Value tensor : shared) {
            ScanSlice slice = sliceAt(tensor, getAsOpFoldResult(place));
            cells.push_back({cell.extract(tensor, slice), slice});
          }
          Value state = cell.buildState(Value(), cells[0].value), total;
          if (factors) {
            Value zero = arith::ConstantOp::create(
                builder, loc,
                builder.getFloatAttr(stateType.getElementType(), 0));
            total = linalg::FillOp::create(builder, loc, zero, cells[1].value)
                        .getResult(0);
          }
          LinearStepOp step = cell.buildStep(Value(), state, total);
          cells[0].value = step.getResult(0);
          if (factors)
            cells[1].value = update({}, step.getResult(1),
                                    [&](OpBuilder &inner, ValueRange elements) {
                                      Value factor = math::ExpOp::create(
                                          inner, loc, elements[0]);
                                      return SmallVector<Value>{factor};
                                    })
                                 .front();
          return cells;
        });
    return {results[0], factors ? results[1] : Value()};
  }

  /// Before each folded part the state that it starts from, instead of its own;
  /// what comes after them is at `last`.
  Value scanParts(Value states, Value factors) {
    auto scan = [&](ValueRange place, ValueRange shared) {
      ScanSlice slice = sliceAt(shared[0], getAsOpFoldResult(place));
      Value own = cell.extract(shared[0], slice);
      Value factorsOfHead;
      if (factors)
        factorsOfHead =
            cell.extract(factors, sliceAt(factors, getAsOpFoldResult(place)));
      Value start = cell.buildInit(tensor::EmptyOp::create(
          builder, loc, stateType.getShape(), stateType.getElementType()));
      IndexMath &math = cell.math;
      auto loop = scf::ForOp::create(
          builder, loc, math.materialize(math.constant(0)),
          math.materialize(folded), math.materialize(math.constant(1)),
          ValueRange{own, start},
          [&](OpBuilder &body, Location, Value part, ValueRange carried) {
            OpBuilder::InsertionGuard guard(builder);
            builder.setInsertionPoint(body.getInsertionBlock(),
                                      body.getInsertionPoint());
            scf::YieldOp::create(builder, loc,
                                 scanPart(part, factorsOfHead, carried));
          });
      Value starts = insert(loop.getResult(1), loop.getResult(0),
                            sliceAt(loop.getResult(0), last));
      return SmallVector<CellResult>{{starts, slice}};
    };
    return cell
        .buildGrid({cell.extents.batches, cell.extents.stateHeads}, states,
                   scan)
        .front();
  }

  /// One step of it: `carried` are the states of all parts, and the start of
  /// `part`.
  SmallVector<Value> scanPart(Value part, Value factors, ValueRange carried) {
    ScanSlice slice = sliceAt(carried[0], OpFoldResult(part));
    Value factor;
    if (factors)
      factor = cell.extract(factors, sliceAt(factors, OpFoldResult(part)));
    SmallVector<Value> both =
        update(factor, {cell.extract(carried[0], slice), carried[1]},
               [&](OpBuilder &inner, ValueRange elements) {
                 Value own = elements.drop_back().back();
                 Value start = elements.back(), next = start;
                 if (factor)
                   next = arith::MulFOp::create(inner, loc, elements[0], start);
                 next = arith::AddFOp::create(inner, loc, next, own);
                 return SmallVector<Value>{start, next};
               });
    return {insert(both[0], carried[0], slice), both[1]};
  }

  /// What queries read, part by part from where each starts, and the state
  /// after each.
  SmallVector<Value> scanQueries(Value states, Value out) {
    auto fold = [&](ValueRange place, ValueRange shared) {
      enterPart(place[2], cell.extents.tokens);
      ScanSlice rows = cell.rowsOf(shared[0]);
      ScanSlice slice = sliceAt(shared[1], getAsOpFoldResult(place));
      LinearStepOp step = cell.buildStep(cell.extract(shared[0], rows),
                                         cell.extract(shared[1], slice));
      return SmallVector<CellResult>{{step.getResult(0), rows},
                                     {step.getResult(1), slice}};
    };
    return cell.buildGrid(boundsOf(parts), {out, states}, fold);
  }

  /// The state after the last part, without padding.
  Value buildNewState(Value states, Value init) {
    auto copy = [&](ValueRange place, ValueRange shared) {
      ScanSlice slice = cell.stateOf(shared[0], ScanDims::Columns);
      Value source =
          cell.extract(states, sliceAt(states, {place[0], place[1], last}));
      return SmallVector<CellResult>{
          {cell.buildState(source, cell.extract(shared[0], slice)), slice}};
    };
    return cell
        .buildGrid({cell.extents.batches, cell.extents.stateHeads}, init, copy)
        .front();
  }

  /// Without order: what parts of the queries read after all tokens.
  SmallVector<Value> readParts(Value states, Value out) {
    auto read = [&](ValueRange place, ValueRange shared) {
      enterPart(place[2], cell.extents.rows);
      ScanSlice rows = cell.rowsOf(shared[0]);
      Value state =
          cell.extract(states, sliceAt(states, {place[0], place[1], last}));
      return SmallVector<CellResult>{
          {cell.buildRead(cell.extract(shared[0], rows), state), rows}};
    };
    OpFoldResult count =
        cell.math.ceilDiv(cell.extents.rows, cell.schedule.getSplit());
    return cell.buildGrid(boundsOf(count), out, read);
  }

  OpBuilder &builder;
  Location loc;
  ScanCell cell;
  LinearOp op;
  /// Of one state.
  RankedTensorType stateType;
  /// How many parts there are, how many of them are folded by themselves, and
  /// where the state after those is.
  OpFoldResult parts, folded, last;
};

} // namespace

bool attn::hasScanParts(LinearOp op, ScheduleAttr schedule) {
  return schedule.getSplit() > 0 && schedule.getForm() == Form::Chunk &&
         !op.getDelta() && !op.getDocs();
}

SmallVector<Value> attn::buildScanParts(OpBuilder &builder, LinearOp op,
                                        ScheduleAttr schedule,
                                        ValueRange inits) {
  return PartGrids(builder, op, schedule).build(inits);
}
