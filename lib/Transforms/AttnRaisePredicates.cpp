//===- AttnRaisePredicates.cpp - predicates that masks say better ---------===//
//
// Recognises what predicates do where a mask does the same faster: what a mask
// says of its rows leaves out blocks, what code says is asked for each pair.
//
//===----------------------------------------------------------------------===//

#include "ScoreCondition.h"
#include "attn/IR/MaskSyntax.h"
#include "attn/IR/Predicates.h"
#include "attn/IR/ScoreClauses.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNRAISEPREDICATES
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Takes apart the predicate of one mask.
class Raiser {
public:
  Raiser(PredicateOp predicate, PredMaskAttr mask, const MaskProblem &problem,
         SymbolTable &symbols)
      : predicate(predicate), mask(mask), symbols(symbols),
        condition(predicate.getBody().getArgument(2),
                  predicate.getBody().getArgument(3), problem) {}

  MaskAttrInterface run() {
    Value kept = predicate.getKept();
    if (MaskAttrInterface raised = raise(kept, /*holds=*/true))
      return raised;
    return name(predicate, mask.getSlots());
  }

private:
  /// The mask of the pairs for which `value` holds (or does not), with what is
  /// not recognised as predicates; null if nothing is.
  MaskAttrInterface raise(Value value, bool holds) {
    if (MaskAttrInterface said = condition.getMask(value, holds))
      return said;
    Operation *op = value.getDefiningOp();
    MLIRContext *context = predicate.getContext();
    if (!op)
      return {};
    if (isa<arith::XOrIOp>(op) && matchPattern(op->getOperand(1), m_One()))
      return raise(op->getOperand(0), !holds);
    if (!isa<arith::AndIOp, arith::OrIOp>(op))
      return {};
    MaskAttrInterface sides[] = {raise(op->getOperand(0), holds),
                                 raise(op->getOperand(1), holds)};
    if (!sides[0] && !sides[1])
      return {};
    for (unsigned side : {0, 1})
      if (!sides[side])
        sides[side] = outline(op->getOperand(side), holds);
    if (isa<arith::AndIOp>(op) == holds)
      return AllMaskAttr::get(context, sides);
    return AnyMaskAttr::get(context, sides);
  }

  /// A predicate of its own for a part of the code.
  MaskAttrInterface outline(Value value, bool holds) {
    OpBuilder builder(predicate);
    IRMapping mapping;
    auto part = cast<PredicateOp>(builder.clone(*predicate, mapping));
    Block &body = part.getBody().front();
    body.getTerminator()->setOperand(0, mapping.lookupOrDefault(value));
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op))
        op.erase();
    // Arrays that the rest reads are its own.
    SmallVector<unsigned> slots(mask.getSlots());
    for (unsigned array = slots.size(); array-- > 0;)
      if (part.getArrays()[array].use_empty()) {
        body.eraseArgument(PredicateOp::kNumIndices + array);
        slots.erase(slots.begin() + array);
      }
    symbols.insert(part);
    MaskAttrInterface named = name(part, slots);
    if (holds)
      return named;
    return NotMaskAttr::get(predicate.getContext(), named);
  }

  static MaskAttrInterface name(PredicateOp predicate,
                                ArrayRef<unsigned> slots) {
    Region &body = predicate.getBody();
    return PredMaskAttr::get(predicate.getContext(),
                             FlatSymbolRefAttr::get(predicate.getSymNameAttr()),
                             body.getArgument(0).use_empty(),
                             body.getArgument(1).use_empty(), slots);
  }

  PredicateOp predicate;
  PredMaskAttr mask;
  SymbolTable &symbols;
  ScoreCondition condition;
};

/// True if query row i stands at position i.
template <typename OpTy> bool positionsAreRows(OpTy op) {
  auto report = [&]() { return op.emitOpError(); };
  return ScoreClauses::of(op).getMaskProblem(report).positionsAreRows;
}
bool positionsAreRows(BlockMapOp op) {
  return !op.getOffset() && op.getAlign() != Align::BottomRight;
}
bool positionsAreRows(MaskRunsOp) { return false; }
bool positionsAreRows(RandomLimitsOp op) {
  return !op.getOffset() && !op.getPosition();
}

/// Raises the predicates of the mask of one op. In blocks and on the axes of
/// grids too positions are rows if they are outside.
template <typename OpTy> void raisePredicates(OpTy op, SymbolTable &symbols) {
  MaskProblem problem;
  problem.positionsAreRows = positionsAreRows(op);
  MaskAttrInterface original = op.getMask();
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](PredMaskAttr mask) -> Attribute {
    PredicateOp predicate = findPredicate(op, mask.getPredicate());
    return Raiser(predicate, mask, problem, symbols).run();
  });
  auto raised = cast<MaskAttrInterface>(replacer.replace(Attribute(original)));
  if (raised == original)
    return;
  NamedOperands named = nameOperands(raised, op.getMaskOperands());
  op.setMaskAttr(named.mask);
  op.getMaskOperandsMutable().assign(named.operands);
  std::string text;
  llvm::raw_string_ostream(text) << "mask " << original << " is " << raised;
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("predicates").category("attn"))
      << remark::add("{0}", text);
}

struct AttnRaisePredicates
    : attn::impl::AttnRaisePredicatesBase<AttnRaisePredicates> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    getOperation().walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case<SdpaOp, WeightsOp, BlockMapOp, MaskRunsOp, RandomLimitsOp>(
              [&](auto masked) { raisePredicates(masked, symbols); });
    });
  }
};

} // namespace
