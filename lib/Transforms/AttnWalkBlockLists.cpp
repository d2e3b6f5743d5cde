//===- AttnWalkBlockLists.cpp - fold the listed blocks --------------------===//
//
// Turns a step over all keys, masked by lists of blocks and maybe more, into a
// loop over the list of its row of blocks. Neighbouring blocks are one run:
//
//   for each entry e of the list that does not follow on the one before
//     run = keys [col[e] bk, (col[e] + number of entries that follow on) bk)
//     step over the run, masked by the rest
//
// which is legal by the splitting law of mechanisms, and because keys that are
// not listed change nothing. What cuts a step into blocks of keys, and splits
// them by what the rest of the mask says, is told nothing of lists.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnOps.h"
#include "attn/IR/BlockLists.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNWALKBLOCKLISTS
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites one step.
class ListWalk {
public:
  ListWalk(StepOp step, const ListedBlocks &listed)
      : step(step), listed(listed), builder(step), loc(step.getLoc()),
        math(builder, loc), rowPtr(step.getMaskOperands()[listed.rows]),
        col(step.getMaskOperands()[listed.cols]),
        keyBlock(step.getSchedule().getKeyBlock()) {}

  void build() {
    Value count = math.materialize(step.buildKeyCount(builder));
    OpFoldResult row = math.floorDiv(step.getRow(), listed.queryBlock);
    Value list = math.materialize(math.floorDiv(step.getHead(), listed.group));
    std::tie(first, end) =
        buildEntriesOfRow(math, rowPtr, step.getBatch(), list, row);
    SmallVector<Value> carried(step.getState());
    // Carried: the state, and the blocks of keys that runs are cut into.
    carried.push_back(math.materialize(math.constant(0)));
    auto walk = scf::ForOp::create(
        builder, loc, first, end, math.materialize(math.constant(1)), carried,
        [&](OpBuilder &body, Location, Value entry, ValueRange inner) {
          scf::YieldOp::create(body, loc,
                               buildEntry(body, entry, count, inner));
        });
    // Runs count the blocks that they see; the others are not visited.
    OpFoldResult unlisted = math.max(
        math.sub(math.ceilDiv(count, keyBlock), walk.getResults().back()),
        math.constant(0));
    Value none = math.materialize(math.constant(0));
    RecordTilesOp::create(builder, loc, math.materialize(unlisted), none, none);
    step->replaceAllUsesWith(walk.getResults().drop_back());
    step->erase();
  }

private:
  /// Block column of an entry.
  Value load(IndexMath &at, OpFoldResult entry) {
    return buildLoadIndex(at, col, entry);
  }

  /// What is carried on from one entry, which starts a run or belongs to the
  /// one before.
  SmallVector<Value> buildEntry(OpBuilder &body, Value entry, Value count,
                                ValueRange carried) {
    IndexMath at(body, loc);
    Value column = load(at, entry);
    OpFoldResult previous = at.max(at.add(entry, -1), OpFoldResult(first));
    Value follows =
        arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq, column,
                              at.materialize(at.add(load(at, previous), 1)));
    auto branch = scf::IfOp::create(
        body, loc, follows,
        [&](OpBuilder &then, Location) {
          scf::YieldOp::create(then, loc, carried);
        },
        [&](OpBuilder &otherwise, Location) {
          scf::YieldOp::create(
              otherwise, loc,
              buildRun(otherwise, entry, column, count, carried));
        });
    return SmallVector<Value>(branch.getResults());
  }

  /// The entry after the last of the run that starts with `entry`: as columns
  /// ascend, the run lasts while they grow by as much as entries do.
  Value buildEndOfRun(OpBuilder &body, Value entry, Value column) {
    IndexMath at(body, loc);
    Value next = at.materialize(at.add(entry, 1));
    auto search = scf::WhileOp::create(
        body, loc, TypeRange(next.getType()), ValueRange(next),
        [&](OpBuilder &b, Location l, ValueRange args) {
          Value inside = arith::CmpIOp::create(b, l, arith::CmpIPredicate::slt,
                                               args[0], end);
          auto goesOn = scf::IfOp::create(
              b, l, inside,
              [&](OpBuilder &then, Location) {
                IndexMath inner(then, l);
                OpFoldResult expected =
                    inner.add(column, inner.sub(args[0], entry));
                Value equal = arith::CmpIOp::create(
                    then, l, arith::CmpIPredicate::eq, load(inner, args[0]),
                    inner.materialize(expected));
                scf::YieldOp::create(then, l, equal);
              },
              [&](OpBuilder &otherwise, Location) {
                scf::YieldOp::create(otherwise, l, inside);
              });
          scf::ConditionOp::create(b, l, goesOn.getResult(0), args);
        },
        [&](OpBuilder &b, Location l, ValueRange args) {
          IndexMath inner(b, l);
          scf::YieldOp::create(b, l, inner.materialize(inner.add(args[0], 1)));
        });
    return search.getResult(0);
  }

  /// The step over the run that starts with `entry`.
  SmallVector<Value> buildRun(OpBuilder &body, Value entry, Value column,
                              Value count, ValueRange carried) {
    IndexMath at(body, loc);
    Value last = buildEndOfRun(body, entry, column);
    OpFoldResult begin = at.mul(column, listed.keyBlock);
    OpFoldResult size = at.mul(at.sub(last, entry), listed.keyBlock);
    // A part of the keys may lie beside the run, or cut it.
    if (!isConstantIntValue(getAsOpFoldResult(step.getCol()), 0)) {
      OpFoldResult zero = at.constant(0), all = count;
      OpFoldResult lo = at.sub(begin, step.getCol());
      OpFoldResult hi = at.add(lo, size);
      begin = at.min(at.max(lo, zero), all);
      size = at.max(at.sub(at.min(hi, all), begin), zero);
    } else {
      size = at.min(size, at.sub(count, begin));
    }
    SmallVector<Value> state = step.buildForKeys(
        body, at.materialize(begin), at.materialize(size), carried.drop_back());
    setRest(cast<StepOp>(state.front().getDefiningOp()));
    state.push_back(
        at.materialize(at.add(carried.back(), at.ceilDiv(size, keyBlock))));
    return state;
  }

  /// Leaves to the step what is not said by lists.
  void setRest(StepOp part) {
    if (!listed.rest) {
      part.removeMaskAttr();
      part.getMaskOperandsMutable().clear();
      return;
    }
    NamedOperands named = nameOperands(cast<MaskAttrInterface>(listed.rest),
                                       step.getMaskOperands());
    part.setMaskAttr(named.mask);
    part.getMaskOperandsMutable().assign(named.operands);
  }

  StepOp step;
  ListedBlocks listed;
  OpBuilder builder;
  Location loc;
  IndexMath math;
  Value rowPtr, col;
  int64_t keyBlock;
  /// The entries of the list.
  Value first, end;
};

/// True if `mask` has lists somewhere.
bool hasLists(Attribute mask) {
  bool found = false;
  if (mask)
    mask.walk([&](Attribute inner) {
      auto candidate = dyn_cast<MaskAttrInterface>(inner);
      found |= candidate && candidate.splitListedBlocks();
    });
  return found;
}

void remark(StepOp step, const std::optional<ListedBlocks> &listed) {
  Location loc = step.getLoc();
  if (listed) {
    std::string rest = "no mask";
    if (listed->rest) {
      rest.clear();
      llvm::raw_string_ostream(rest) << "mask " << listed->rest;
    }
    remark::passed(loc, remark::RemarkOpts::name("lists").category("attn"))
        << remark::add("{0}",
                       llvm::formatv("only blocks of {0} by {1} that are "
                                     "listed are visited, in runs of "
                                     "neighbours, with {2} on them",
                                     listed->queryBlock, listed->keyBlock, rest)
                           .str());
  }
  if (hasLists(listed ? listed->rest : Attribute(step.getMaskAttr())))
    remark::missed(loc, remark::RemarkOpts::name("lists").category("attn"))
        << remark::add("{0}",
                       "a list of blocks is looked up pair by pair: only "
                       "one that stands alone or in all(...) is walked");
}

struct AttnWalkBlockLists
    : attn::impl::AttnWalkBlockListsBase<AttnWalkBlockLists> {
  void runOnOperation() override {
    SmallVector<StepOp> steps;
    getOperation().walk([&](StepOp step) {
      if (step.getMaskAttr())
        steps.push_back(step);
    });
    for (StepOp step : steps) {
      std::optional<ListedBlocks> listed =
          step.getMaskAttr().splitListedBlocks();
      remark(step, listed);
      if (listed)
        ListWalk(step, *listed).build();
    }
  }
};

} // namespace
