//===- KernelFacts.cpp - what the parameters of a kernel mean -------------===//
//
// Follows the operands of mechanisms to parameters.
//
//===----------------------------------------------------------------------===//

#include "KernelFacts.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::attn;
using namespace ::attn::run;

/// The number of the parameter that `value` is, or -1.
static int getParameter(func::FuncOp function, Value value) {
  auto argument = llvm::dyn_cast_if_present<BlockArgument>(value);
  if (!argument || argument.getOwner() != &function.getBody().front())
    return -1;
  return int(argument.getArgNumber());
}

namespace {

/// Collects the facts of one function.
struct Collector {
  func::FuncOp function;
  KernelFacts &facts;

  void setRole(Value value, Role role, int keys = -1) {
    int parameter = getParameter(function, value);
    if (parameter >= 0)
      facts.parameters[parameter] = {role, keys};
  }

  /// The clauses that `attn.sdpa` and `attn.weights` share.
  template <typename Op> void addScores(Op op) {
    int queries = getParameter(function, op.getQuery());
    int keys = getParameter(function, op.getKey());
    facts.scores.push_back({queries, keys, 0});
    auto slots = op.getMaskOperands();
    op.getMask().walk([&](LensMaskAttr mask) {
      setRole(slots[mask.getSlot()], Role::Lengths, keys);
    });
    op.getMask().walk([&](DocsMaskAttr mask) {
      setRole(slots[mask.getSlot()], Role::Boundaries, keys);
    });
    auto addTokens = [&](unsigned slot) { setRole(slots[slot], Role::Tokens); };
    op.getMask().walk([&](SameMaskAttr mask) { addTokens(mask.getSlot()); });
    op.getMask().walk([&](OrderMaskAttr mask) { addTokens(mask.getSlot()); });
    op.getMask().walk([&](GlobalMaskAttr mask) { addTokens(mask.getSlot()); });
    setRole(op.getOffset(), Role::Offsets, keys);
    addScale(op.getKey(), op.getKeyScale());
  }

  void addScale(Value scaled, Value scale) {
    if (!scale)
      return;
    setRole(scaled, Role::Quantised);
    setRole(scale, Role::Scales, getParameter(function, scaled));
  }

  void addValue(Value value, Value scale = nullptr) {
    // Caches only move what they hold.
    if (auto view = value.getDefiningOp<PagedViewOp>()) {
      auto scales = scale ? scale.getDefiningOp<PagedViewOp>() : PagedViewOp();
      return addValue(view.getPages(), scales ? scales.getPages() : scale);
    }
    if (auto append = value.getDefiningOp<KVAppendOp>()) {
      addValue(append.getCache(), scale);
      return addValue(append.getRows(), scale);
    }
    addScale(value, scale);
    ValueFacts added = {getParameter(function, value),
                        getParameter(function, scale)};
    bool known = added.values >= 0 && (!scale || added.scales >= 0);
    facts.valuesAreParameters &= known;
    if (known)
      facts.values.push_back(added);
  }

  void collect() {
    function.walk([&](SdpaOp op) {
      addScores(op);
      addValue(op.getValue(), op.getValueScale());
    });
    function.walk([&](WeightsOp op) {
      addScores(op);
      facts.valuesAreParameters = false;
    });
    function.walk([&](MergeOp op) {
      for (Value out : op.getOuts())
        if (!out.getDefiningOp<SdpaOp>())
          addValue(out);
    });
    function.walk([&](LayerOp op) {
      int queries = getParameter(function, op.getInput());
      int keys =
          op.getMemory() ? getParameter(function, op.getMemory()) : queries;
      facts.scores.push_back({queries, keys, int64_t(op.getHeads())});
      facts.valuesAreParameters = false;
      for (Value weight : {op.getWq(), op.getWk(), op.getWv(), op.getWo()})
        setRole(weight, Role::Projection);
    });
    function.walk([&](LinearOp op) {
      setRole(op.getDecay(), Role::Decays);
      setRole(op.getBeta(), Role::Rates);
      setRole(op.getDocs(), Role::Boundaries,
              getParameter(function, op.getKey()));
      if (op.getDelta())
        setRole(op.getKey(), Role::Directions);
    });
    function.walk([&](NystromOp op) {
      setRole(op.getLens(), Role::Lengths, getParameter(function, op.getKey()));
    });
    Operation *end = function.getBody().front().getTerminator();
    for (Value value : end->getOperands()) {
      auto result = llvm::dyn_cast<OpResult>(value);
      facts.isLogSumExp.push_back(
          result && result.getResultNumber() == 1 &&
          llvm::isa<SdpaOp, MergeOp>(result.getOwner()));
    }
  }
};

} // namespace

namespace attn::run {

KernelFacts getKernelFacts(ModuleOp module, StringRef name) {
  KernelFacts facts;
  auto function = module.lookupSymbol<func::FuncOp>(name);
  facts.parameters.resize(function.getNumArguments());
  Collector{function, facts}.collect();
  facts.valuesAreParameters &= !facts.values.empty();
  return facts;
}

} // namespace attn::run
