//===- Evaluator.cpp - the values that straight IR computes ---------------===//
//
// Implements the interpreter.
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// Ends the process: the test needs an op that is not known here.
[[noreturn]] static void fail(Operation &op) {
  llvm::errs() << "cannot evaluate: " << op << "\n";
  std::exit(1);
}

const Numbers &Evaluator::get(Value value) const {
  auto found = values.find(value);
  if (found == values.end()) {
    llvm::errs() << "has no value: " << value << "\n";
    std::exit(1);
  }
  return found->second;
}

void Evaluator::set(Value value, Numbers numbers) {
  values[value] = std::move(numbers);
}

int64_t Evaluator::get(OpFoldResult value) const {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant;
  return get(cast<Value>(value)).front();
}

SmallVector<Numbers> Evaluator::getAll(ValueRange range) const {
  SmallVector<Numbers> result;
  for (Value value : range)
    result.push_back(get(value));
  return result;
}

void Evaluator::bind(Block &block, ArrayRef<Numbers> arguments) {
  for (auto [argument, numbers] :
       llvm::zip_equal(block.getArguments(), arguments))
    set(argument, numbers);
}

void Evaluator::run(Block &block, ArrayRef<Numbers> arguments) {
  values.clear();
  failures.clear();
  bind(block, arguments);
  runOps(block);
}

void Evaluator::runOps(Block &block) {
  for (Operation &op : block)
    runOp(op);
}

/// The elements of a constant, once if they are all the same.
static Numbers readConstant(arith::ConstantOp op) {
  if (auto integer = dyn_cast<IntegerAttr>(op.getValue()))
    return {integer.getType().isInteger(1) ? int64_t(integer.getValue() != 0)
                                           : integer.getInt()};
  auto dense = cast<DenseElementsAttr>(op.getValue());
  bool boolean = dense.getElementType().isInteger(1);
  Numbers result;
  for (const APInt &element : dense.getValues<APInt>())
    result.push_back(boolean ? int64_t(element.getBoolValue())
                             : element.getSExtValue());
  return result;
}

static bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b,
                    Operation &op) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ule:
    return uint64_t(a) <= uint64_t(b);
  default:
    fail(op);
  }
}

/// The results of `map`, of which symbols follow dimensions in `operands`.
static Numbers computeMap(AffineMap map, ArrayRef<Numbers> operands,
                          MLIRContext *context) {
  SmallVector<Attribute> constants;
  for (const Numbers &operand : operands)
    constants.push_back(
        IntegerAttr::get(IndexType::get(context), operand.front()));
  SmallVector<int64_t> results;
  (void)map.partialConstantFold(constants, &results);
  return Numbers(results.begin(), results.end());
}

void Evaluator::runOp(Operation &op) {
  auto elementwise = [&](auto compute) {
    SmallVector<Numbers> in = getAll(op.getOperands());
    Numbers result;
    bool narrow = getElementTypeOrSelf(op.getResult(0)).isInteger(32);
    for (size_t lane = 0; lane < in[0].size(); ++lane) {
      result.push_back(compute(in[0][lane], in[1][lane]));
      if (narrow && !llvm::isInt<32>(result.back())) {
        llvm::errs() << "overflows: " << op << " of " << in[0][lane] << " and "
                     << in[1][lane] << "\n";
        std::exit(1);
      }
    }
    set(op.getResult(0), result);
  };
  MLIRContext *context = op.getContext();
  TypeSwitch<Operation *>(&op)
      .Case([&](arith::ConstantOp constant) {
        set(constant.getResult(), readConstant(constant));
      })
      .Case([&](arith::AddIOp) {
        elementwise([](int64_t a, int64_t b) {
          return int64_t(uint64_t(a) + uint64_t(b));
        });
      })
      .Case([&](arith::SubIOp) {
        elementwise([](int64_t a, int64_t b) { return a - b; });
      })
      .Case([&](arith::MulIOp) {
        elementwise([](int64_t a, int64_t b) {
          return int64_t(uint64_t(a) * uint64_t(b));
        });
      })
      .Case([&](arith::DivUIOp) {
        elementwise(
            [](int64_t a, int64_t b) { return int64_t(uint64_t(a) / b); });
      })
      .Case([&](arith::ShRSIOp) {
        elementwise([](int64_t a, int64_t b) { return a >> b; });
      })
      .Case([&](arith::ShRUIOp) {
        elementwise(
            [](int64_t a, int64_t b) { return int64_t(uint64_t(a) >> b); });
      })
      .Case([&](arith::AndIOp) {
        elementwise([](int64_t a, int64_t b) { return a & b; });
      })
      .Case([&](arith::OrIOp) {
        elementwise([](int64_t a, int64_t b) { return a | b; });
      })
      .Case([&](arith::XOrIOp) {
        elementwise([](int64_t a, int64_t b) { return a ^ b; });
      })
      .Case([&](arith::MinSIOp) {
        elementwise([](int64_t a, int64_t b) { return std::min(a, b); });
      })
      .Case([&](arith::MaxSIOp) {
        elementwise([](int64_t a, int64_t b) { return std::max(a, b); });
      })
      .Case([&](arith::CmpIOp compareOp) {
        elementwise([&](int64_t a, int64_t b) -> int64_t {
          return compare(compareOp.getPredicate(), a, b, op);
        });
      })
      .Case([&](arith::SelectOp select) {
        set(op.getResult(0), get(select.getCondition()).front()
                                 ? get(select.getTrueValue())
                                 : get(select.getFalseValue()));
      })
      .Case([&](arith::IndexCastOp cast) {
        set(cast.getResult(), get(cast.getIn()));
      })
      .Case([&](arith::ExtUIOp extend) {
        set(extend.getOut(), get(extend.getIn()));
      })
      .Case([&](vector::FromElementsOp from) {
        Numbers lanes;
        for (const Numbers &element : getAll(from.getElements()))
          lanes.push_back(element.front());
        set(from.getResult(), lanes);
      })
      .Case([&](affine::AffineApplyOp apply) {
        set(apply.getResult(), computeMap(apply.getAffineMap(),
                                          getAll(op.getOperands()), context));
      })
      .Case([&](affine::AffineMinOp min) {
        Numbers all =
            computeMap(min.getMap(), getAll(op.getOperands()), context);
        set(min.getResult(), {*llvm::min_element(all)});
      })
      .Case([&](affine::AffineMaxOp max) {
        Numbers all =
            computeMap(max.getMap(), getAll(op.getOperands()), context);
        set(max.getResult(), {*llvm::max_element(all)});
      })
      .Case([&](tensor::DimOp dim) {
        set(dim.getResult(), {int64_t(get(dim.getSource()).size())});
      })
      .Case([&](tensor::ExtractOp extract) {
        const Numbers &tensor = get(extract.getTensor());
        // All dimensions before the last have one element.
        int64_t index = get(extract.getIndices().back()).front();
        if (index < 0 || index >= int64_t(tensor.size())) {
          llvm::errs() << "reads element " << index << " of " << tensor.size()
                       << ": " << op << "\n";
          std::exit(1);
        }
        set(extract.getResult(), {tensor[index]});
      })
      .Case([&](cf::AssertOp assertion) {
        if (!get(assertion.getArg()).front())
          failures.push_back(assertion.getMsg().str());
      })
      .Case([&](scf::IfOp) { runIf(op); })
      .Case([&](scf::WhileOp) { runWhile(op); })
      .Case([&](scf::ForOp) { runFor(op); })
      .Case<scf::YieldOp, scf::ConditionOp>([](Operation *) {})
      .Default([](Operation *other) { fail(*other); });
}

void Evaluator::runIf(Operation &op) {
  auto branch = cast<scf::IfOp>(op);
  Region &region = get(branch.getCondition()).front() ? branch.getThenRegion()
                                                      : branch.getElseRegion();
  if (region.empty())
    return;
  Block &block = region.front();
  runOps(block);
  for (auto [result, yielded] :
       llvm::zip_equal(op.getResults(), block.getTerminator()->getOperands()))
    set(result, get(yielded));
}

void Evaluator::runWhile(Operation &op) {
  auto loop = cast<scf::WhileOp>(op);
  SmallVector<Numbers> carried = getAll(loop.getInits());
  while (true) {
    bind(*loop.getBeforeBody(), carried);
    runOps(*loop.getBeforeBody());
    scf::ConditionOp condition = loop.getConditionOp();
    carried = getAll(condition.getArgs());
    if (!get(condition.getCondition()).front())
      break;
    bind(*loop.getAfterBody(), carried);
    runOps(*loop.getAfterBody());
    carried = getAll(loop.getYieldOp().getResults());
  }
  for (auto [result, numbers] : llvm::zip_equal(op.getResults(), carried))
    set(result, numbers);
}

void Evaluator::runFor(Operation &op) {
  auto loop = cast<scf::ForOp>(op);
  int64_t begin = get(loop.getLowerBound()).front();
  int64_t end = get(loop.getUpperBound()).front();
  int64_t step = get(loop.getStep()).front();
  SmallVector<Numbers> carried = getAll(loop.getInitArgs());
  for (int64_t index = begin; index < end; index += step) {
    set(loop.getInductionVar(), {index});
    for (auto [argument, numbers] :
         llvm::zip_equal(loop.getRegionIterArgs(), carried))
      set(argument, numbers);
    runOps(*loop.getBody());
    carried = getAll(loop.getBody()->getTerminator()->getOperands());
  }
  for (auto [result, numbers] : llvm::zip_equal(op.getResults(), carried))
    set(result, numbers);
}
