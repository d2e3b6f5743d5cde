//===- AttnSpecializeBlocks.cpp - visit only the blocks that matter -------===//
//
// Splits loops over blocks of keys by what the mask says of each block, for the
// queries of the tile: into partial runs, a full run, and nothing where blocks
// are empty (BlockRuns.h). The cost is a few integer operations a tile and no
// memory, whatever the length. The partial runs share their code, in a loop
// over runs; in form row all blocks are partial. A mask of several disjuncts is
// walked in the order of their first keys; a cursor keeps each block from being
// visited twice, and a partial block evaluates the whole mask.
//
//===----------------------------------------------------------------------===//

#include "BlockRuns.h"
#include "IndexText.h"
#include "attn/IR/AttnOps.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSPECIALIZEBLOCKS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Splits the loop around one step.
class Specializer {
public:
  Specializer(scf::ForOp loop, StepOp step)
      : loop(loop), step(step), builder(loop), loc(step.getLoc()),
        math(builder, loc), block(step.getSchedule().getKeyBlock()) {
    count = buildCount();
    base = buildBase();
  }

  void run() {
    if (!step.getMaskAttr())
      return runUnmasked();
    if (step.getKeyPlaces())
      return runPlaced();
    SmallVector<MaskDisjunct> disjuncts = buildDisjuncts();
    SmallVector<Value> state(loop.getInitArgs());
    if (disjuncts.size() == 1)
      state = buildOne(disjuncts.front(), state);
    else
      state = buildMany(disjuncts, state);
    loop->replaceAllUsesWith(state);
    loop->erase();
  }

private:
  /// The number of keys of the loop: what the keys were sliced to, so that ends
  /// of intervals are recognised as its end.
  OpFoldResult buildCount() {
    Value bound = loop.getUpperBound();
    auto dim = bound.getDefiningOp<tensor::DimOp>();
    auto slice = dim ? dim.getSource().getDefiningOp<tensor::ExtractSliceOp>()
                     : tensor::ExtractSliceOp();
    ReifiedRankedShapedTypeDims shapes;
    if (!slice || failed(reifyResultShapes(builder, slice, shapes)))
      return getAsOpFoldResult(bound);
    return shapes[0][*dim.getConstantIndex()];
  }

  /// The place on the key axis of the first key of the loop: that of a block
  /// where the loop begins.
  OpFoldResult buildBase() {
    Value col = step.getCol();
    Operation *def = col.getDefiningOp();
    if (col == loop.getInductionVar())
      return math.constant(0);
    if (!def || !loop->isProperAncestor(def))
      return getAsOpFoldResult(col);
    IRMapping atStart;
    atStart.map(loop.getInductionVar(), loop.getLowerBound());
    Operation *clone = builder.clone(*def, atStart);
    SmallVector<Value> folded;
    if (succeeded(builder.tryFold(clone, folded)) && !folded.empty()) {
      clone->erase();
      return getAsOpFoldResult(folded.front());
    }
    return getAsOpFoldResult(clone->getResult(0));
  }

  /// Without a mask the loop is what it should be: a last block that is ragged
  /// costs less as a bound of inner loops than as code of its own.
  void runUnmasked() {
    remark({});
    builder.setInsertionPointAfter(loop);
    Value blocks = math.materialize(math.ceilDiv(count, block));
    RecordTilesOp::create(builder, loc, blocks, blocks,
                          math.materialize(math.constant(0)));
  }

  /// Keys that have places were chosen: some query may see each, and hardly any
  /// block is seen whole.
  void runPlaced() {
    remark::passed(loc, remark::RemarkOpts::name("blocks").category("attn"))
        << remark::add("{0}",
                       llvm::formatv("keys come by their places: blocks of {0} "
                                     "keys all evaluate the mask {1}",
                                     block, step.getMaskAttr())
                           .str());
    builder.setInsertionPointAfter(loop);
    Value blocks = math.materialize(math.ceilDiv(count, block));
    RecordTilesOp::create(builder, loc,
                          math.materialize(math.ceilDiv(
                              getAsOpFoldResult(step.getNumCols()), block)),
                          blocks, blocks);
  }

  /// The mask's intervals for this tile, relative to the first key of the loop
  /// and clamped to 0 <= may.lo <= must.lo <= must.hi <= may.hi <= its keys.
  SmallVector<MaskDisjunct> buildDisjuncts() {
    OpFoldResult zero = math.constant(0),
                 row = getAsOpFoldResult(step.getRow());
    SmallVector<MaskDisjunct> disjuncts = step.buildDisjuncts(
        math, row, math.add(row, getAsOpFoldResult(step.getValidRows())));
    if (disjuncts.empty())
      disjuncts.push_back(MaskIntervalBuilder::always(zero, zero));
    remark(disjuncts);
    for (MaskDisjunct &d : disjuncts)
      d = clampToCount(math,
                       {relative(d.mayLo), relative(d.mayHi),
                        relative(d.mustLo), relative(d.mustHi)},
                       count);
    return disjuncts;
  }

  /// An end of an interval counted from the first key of the loop. What lies
  /// before all keys or at their end does so in every part of them.
  OpFoldResult relative(OpFoldResult end) {
    std::optional<int64_t> known = getConstantIntValue(end);
    if (known && *known <= 0)
      return math.constant(0);
    if (isEqualConstantIntOrValue(end, getAsOpFoldResult(step.getNumCols())))
      return count;
    return math.sub(end, base);
  }

  BlockRuns buildRuns(const MaskDisjunct &disjunct, OpFoldResult cursor) {
    BlockRuns runs = buildBlockRuns(math, disjunct, block, cursor);
    if (evaluatesEverywhere())
      runs.f0 = runs.f1 = runs.t1;
    return runs;
  }

  /// One disjunct: its runs.
  SmallVector<Value> buildOne(const MaskDisjunct &disjunct,
                              SmallVector<Value> state) {
    BlockRuns runs = buildRuns(disjunct, math.constant(0));
    state = buildLoops(runs, state);
    Value visited = math.materialize(math.sub(runs.t1, runs.t0));
    Value full = math.materialize(math.sub(runs.f1, runs.f0));
    buildRecord(visited, full);
    return state;
  }

  /// Several disjuncts: their runs inside a loop over disjuncts, so that
  /// code does not grow with their number.
  SmallVector<Value> buildMany(ArrayRef<MaskDisjunct> disjuncts,
                               SmallVector<Value> state) {
    SmallVector<DisjunctEnds> sorted = buildSorted(math, disjuncts);
    Value zero = math.materialize(math.constant(0));
    Value one = math.materialize(math.constant(1));
    Value number = math.materialize(math.constant(disjuncts.size()));
    unsigned numState = state.size();
    // Carried: the state, the cursor, blocks visited, blocks full.
    state.append({zero, zero, zero});
    auto walk = scf::ForOp::create(builder, loc, zero, number, one, state);
    builder.setInsertionPointToStart(walk.getBody());
    Value which = walk.getInductionVar();
    DisjunctEnds chosen = sorted[0];
    for (unsigned k = 1; k < sorted.size(); ++k) {
      Value index = math.materialize(math.constant(k));
      Value here = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                         which, index);
      for (unsigned part = 0; part < 4; ++part)
        chosen[part] = arith::SelectOp::create(builder, loc, here,
                                               sorted[k][part], chosen[part]);
    }
    SmallVector<Value> inner(walk.getRegionIterArgs().take_front(numState));
    ValueRange tally = walk.getRegionIterArgs().drop_front(numState);
    BlockRuns runs =
        buildRuns({chosen[0], chosen[1], chosen[2], chosen[3]}, tally[0]);
    inner = buildLoops(runs, inner);
    inner.push_back(math.materialize(math.max(tally[0], runs.t1)));
    inner.push_back(
        math.materialize(math.add(tally[1], math.sub(runs.t1, runs.t0))));
    inner.push_back(
        math.materialize(math.add(tally[2], math.sub(runs.f1, runs.f0))));
    scf::YieldOp::create(builder, loc, inner);
    builder.setInsertionPointAfter(walk);
    SmallVector<Value> results(walk.getResults());
    buildRecord(results[numState + 1], results[numState + 2]);
    results.truncate(numState);
    return results;
  }

  /// The runs one after the other. Two partial runs around a full one are the
  /// same code, so that both are one branch of a loop over the runs.
  SmallVector<Value> buildLoops(const BlockRuns &runs,
                                SmallVector<Value> state) {
    if (evaluatesEverywhere())
      return buildLoop(runs.t0, runs.t1, state, /*full=*/false);
    if (isNothing(runs.t0, runs.f0) || isNothing(runs.f0, runs.f1) ||
        isNothing(runs.f1, runs.t1)) {
      state = buildLoop(runs.t0, runs.f0, state, /*full=*/false);
      state = buildLoop(runs.f0, runs.f1, state, /*full=*/true);
      return buildLoop(runs.f1, runs.t1, state, /*full=*/false);
    }
    auto number = [&](int64_t value) {
      return math.materialize(math.constant(value));
    };
    Value t0 = math.materialize(runs.t0), f0 = math.materialize(runs.f0);
    Value f1 = math.materialize(runs.f1), t1 = math.materialize(runs.t1);
    auto walk = scf::ForOp::create(builder, loc, number(0), number(3),
                                   number(1), state);
    builder.setInsertionPointToStart(walk.getBody());
    auto is = [&](int64_t run) -> Value {
      return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                   walk.getInductionVar(), number(run));
    };
    Value isFirst = is(0), isFull = is(1);
    auto branch =
        scf::IfOp::create(builder, loc, ValueRange(state).getTypes(), isFull,
                          /*withElseRegion=*/true);
    SmallVector<Value> carried(walk.getRegionIterArgs());
    builder.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(builder, loc,
                         buildLoop(f0, f1, carried, /*full=*/true));
    builder.setInsertionPointToStart(branch.elseBlock());
    Value first = arith::SelectOp::create(builder, loc, isFirst, t0, f1);
    Value end = arith::SelectOp::create(builder, loc, isFirst, f0, t1);
    scf::YieldOp::create(builder, loc,
                         buildLoop(first, end, carried, /*full=*/false));
    builder.setInsertionPointAfter(branch);
    scf::YieldOp::create(builder, loc, branch.getResults());
    builder.setInsertionPointAfter(walk);
    return SmallVector<Value>(walk.getResults());
  }

  /// In form row memory is the limit, and a mask costs less than a second copy
  /// of the code.
  bool evaluatesEverywhere() {
    return step.getSchedule().getForm() == Form::Row;
  }

  static bool isNothing(OpFoldResult first, OpFoldResult end) {
    std::optional<int64_t> known = getConstantIntValue(first);
    return first == end || (known && known == getConstantIntValue(end));
  }

  SmallVector<Value> buildLoop(OpFoldResult first, OpFoldResult end,
                               SmallVector<Value> state, bool full) {
    if (isNothing(first, end))
      return state;
    auto run = scf::ForOp::create(
        builder, loc, math.materialize(math.mul(first, block)),
        math.materialize(math.mul(end, block)),
        math.materialize(math.constant(block)), state,
        [&](OpBuilder &body, Location, Value begin, ValueRange inner) {
          IndexMath bodyMath(body, loc);
          // Full blocks lie within the keys, so their size is known.
          OpFoldResult size = bodyMath.constant(block);
          if (!full)
            size = bodyMath.min(size, bodyMath.sub(count, begin));
          SmallVector<Value> results =
              buildStep(body, begin, size, inner, full);
          scf::YieldOp::create(body, loc, results);
        });
    return SmallVector<Value>(run.getResults());
  }

  /// The step over keys [begin, begin + size), rebuilt from the whole-range
  /// tensors that the loop's step slices.
  SmallVector<Value> buildStep(OpBuilder &body, Value begin, OpFoldResult size,
                               ValueRange state, bool full) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), begin);
    for (auto [arg, value] : llvm::zip_equal(loop.getRegionIterArgs(), state))
      mapping.map(arg, value);
    auto rebuild = [&](Value tile) -> Value {
      auto slice = tile.getDefiningOp<tensor::ExtractSliceOp>();
      SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
      SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
      offsets[0] = begin;
      sizes[0] = size;
      // A dynamic width was measured inside of the loop that goes away.
      if (sizes.size() == 2)
        sizes[1] = tensor::getMixedSize(body, loc, slice.getSource(), 1);
      return tensor::ExtractSliceOp::create(body, loc, slice.getSource(),
                                            offsets, sizes,
                                            slice.getMixedStrides());
    };
    for (Value operand : step.getKeyedOperands())
      mapping.map(operand, rebuild(operand));
    IndexMath bodyMath(body, loc);
    mapping.map(step.getCol(), bodyMath.materialize(bodyMath.add(begin, base)));
    auto clone = cast<StepOp>(body.clone(*step, mapping));
    if (full) {
      clone.removeMaskAttr();
      clone.getMaskOperandsMutable().clear();
    }
    return SmallVector<Value>(clone.getResults());
  }

  void buildRecord(Value visited, Value full) {
    Value total = math.materialize(math.ceilDiv(count, block));
    Value partial = math.materialize(math.sub(visited, full));
    RecordTilesOp::create(builder, loc, total, visited, partial);
  }

  /// Says what was decided, and with which bounds.
  void remark(ArrayRef<MaskDisjunct> disjuncts) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (MaskAttrInterface mask = step.getMaskAttr()) {
      IndexText names = nameValues();
      os << "mask " << mask << " is " << disjuncts.size()
         << (disjuncts.size() == 1 ? " interval" : " intervals")
         << " of keys for the m queries from "
         << names.print(getAsOpFoldResult(step.getRow())) << " on:";
      for (const MaskDisjunct &d : disjuncts)
        os << " some query sees [" << names.print(d.mayLo) << ", "
           << names.print(d.mayHi) << "), every query sees ["
           << names.print(d.mustLo) << ", " << names.print(d.mustHi) << ");";
      os << " within [0, N), blocks of " << block
         << (evaluatesEverywhere()
                 ? " keys all evaluate the mask"
                 : " keys run as partial, full and partial loops")
         << ", empty blocks are skipped, and the mask takes 0 bytes";
    } else {
      os << "no mask: every block of " << block
         << " keys is full but for a ragged last one";
    }
    remark::passed(loc, remark::RemarkOpts::name("blocks").category("attn"))
        << remark::add("{0}", text);
  }

  /// M, N, the place in the grid (b, h, t), the rows m of the tile, and its
  /// first row i unless that is arithmetic on t.
  IndexText nameValues() {
    IndexText names;
    auto grid = step->getParentOfType<scf::ForallOp>();
    static constexpr StringLiteral axes[] = {"b", "h", "t"};
    if (!getConstantIntValue(step.getRow()) &&
        !step.getRow().getDefiningOp<affine::AffineApplyOp>())
      names.name(step.getRow(), "i");
    if (grid)
      for (auto [variable, axis] : llvm::zip(grid.getInductionVars(), axes))
        names.name(variable, axis);
    names.name(step.getNumRows(), "M");
    names.name(step.getNumCols(), "N");
    names.name(step.getValidRows(), "m");
    return names;
  }

  scf::ForOp loop;
  StepOp step;
  OpBuilder builder;
  Location loc;
  IndexMath math;
  int64_t block;
  /// The number of keys of the loop, and the place of its first.
  OpFoldResult count, base;
};

struct AttnSpecializeBlocks
    : attn::impl::AttnSpecializeBlocksBase<AttnSpecializeBlocks> {
  void runOnOperation() override {
    SmallVector<std::pair<scf::ForOp, StepOp>> work;
    getOperation().walk([&](StepOp step) {
      auto loop = dyn_cast<scf::ForOp>(step->getParentOp());
      if (loop && isConstantIntValue(loop.getLowerBound(), 0) &&
          isConstantIntValue(loop.getStep(), step.getSchedule().getKeyBlock()))
        work.emplace_back(loop, step);
    });
    for (auto [loop, step] : work)
      Specializer(loop, step).run();
  }
};

} // namespace
