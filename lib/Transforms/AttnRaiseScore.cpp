//===- AttnRaiseScore.cpp - score programs that clauses say better --------===//
//
// Recognises what a score program does where a clause does the same faster: a
// choice of -inf is a mask, whose blocks are skipped; c tanh(s / c) is a
// softcap; a tensor read at b, h, i, j and added is a bias.
//
//===----------------------------------------------------------------------===//

#include "ScoreCondition.h"
#include "attn/IR/ScoreClauses.h"
#include "attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNRAISESCORE
#include "attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Takes apart the program of one op, from what it yields downwards.
template <typename OpTy> class Raiser {
public:
  explicit Raiser(OpTy op) : op(op), program(op.getScore().front()) {}

  void run() {
    // Without softmax -inf is a score like others, and 0 times a value is a
    // sum's element, which is NaN for some values: a choice drops no pair.
    while (hasSoftmax() && raiseMask())
      ;
    if (raiseSoftcap() || raiseBias())
      program.erase();
  }

private:
  bool hasSoftmax() {
    if constexpr (std::is_same_v<OpTy, SdpaOp>)
      return !op.getUnnormalized();
    return true;
  }

  Operation *yield() { return program.getTerminator(); }
  Value score() { return program.getArgument(0); }

  /// Says what was recognised.
  void remark(const Twine &text) {
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("score").category("attn"))
        << remark::add("{0}", text.str());
  }

  /// Puts a choice between a score and -inf, which is done last, into the mask:
  /// all of its condition, or those of several conditions that masks can say.
  bool raiseMask() {
    auto select =
        yield()->getOperand(0).template getDefiningOp<arith::SelectOp>();
    if (!select)
      return false;
    bool keeps = matchPattern(select.getFalseValue(), m_NegInfFloat());
    if (!keeps && !matchPattern(select.getTrueValue(), m_NegInfFloat()))
      return false;
    auto report = [&]() { return op.emitOpError(); };
    MaskProblem problem = ScoreClauses::of(op).getMaskProblem(report);
    ScoreCondition condition(program.getArgument(3), program.getArgument(4),
                             problem);
    auto [mask, rest] = condition.split(select.getCondition(), keeps);
    if (!mask)
      return false;
    OpBuilder builder(select);
    Value kept = keeps ? select.getTrueValue() : select.getFalseValue();
    if (rest) {
      Value none = keeps ? select.getFalseValue() : select.getTrueValue();
      kept = arith::SelectOp::create(builder, select.getLoc(), rest,
                                     keeps ? kept : none, keeps ? none : kept);
    }
    yield()->setOperand(0, kept);
    if (mask.usesQueryPosition() && !op.getAlignAttr() && !op.getOffset())
      op.setAlignAttr(AlignAttr::get(op.getContext(), Align::TopLeft));
    op.setMaskAttr(AllMaskAttr::get(op.getContext(), {op.getMask(), mask}));
    std::string text;
    llvm::raw_string_ostream(text)
        << "a choice of -inf in the score program is mask " << mask;
    remark(text);
    // What is left is what the next round looks at.
    return true;
  }

  /// c tanh(s / c), with the quotient written as one or as a product.
  bool raiseSoftcap() {
    auto product =
        yield()->getOperand(0).template getDefiningOp<arith::MulFOp>();
    if (!product)
      return false;
    for (auto [bounded, cap] :
         {std::pair(product.getLhs(), product.getRhs()),
          std::pair(product.getRhs(), product.getLhs())}) {
      auto tanh = bounded.template getDefiningOp<math::TanhOp>();
      std::optional<APFloat> value = getFloat(cap);
      if (!tanh || !value || !isQuotient(tanh.getOperand(), *value))
        continue;
      double number = value->convertToDouble();
      if (!(number > 0) || !value->isFinite())
        return false;
      op.setSoftcapAttr(OpBuilder(op).getF64FloatAttr(number));
      remark("the score program is softcap " +
             llvm::formatv("{0}", number).str());
      return true;
    }
    return false;
  }

  static std::optional<APFloat> getFloat(Value value) {
    APFloat result(0.0);
    if (matchPattern(value, m_ConstantFloat(&result)))
      return result;
    return std::nullopt;
  }

  /// True for s / cap, and for s times a number whose product with the cap
  /// is 1.
  bool isQuotient(Value value, const APFloat &cap) {
    if (auto quotient = value.getDefiningOp<arith::DivFOp>()) {
      std::optional<APFloat> by = getFloat(quotient.getRhs());
      return quotient.getLhs() == score() && by && *by == cap;
    }
    auto product = value.getDefiningOp<arith::MulFOp>();
    if (!product)
      return false;
    bool first = product.getLhs() == score();
    if (!first && product.getRhs() != score())
      return false;
    std::optional<APFloat> by =
        getFloat(first ? product.getRhs() : product.getLhs());
    if (!by)
      return false;
    *by = *by * cap;
    return by->isExactlyValue(1.0);
  }

  /// s + t[b, h, i, j] where rows are positions and t is as large as the
  /// scores: a bias is read at raw rows, and must have one element for each
  /// score.
  bool raiseBias() {
    auto sum = yield()->getOperand(0).template getDefiningOp<arith::AddFOp>();
    if (!sum)
      return false;
    bool first = sum.getLhs() == score();
    if (!first && sum.getRhs() != score())
      return false;
    Value term = first ? sum.getRhs() : sum.getLhs();
    if (auto wider = term.template getDefiningOp<arith::ExtFOp>())
      term = wider.getIn();
    auto read = term.template getDefiningOp<tensor::ExtractOp>();
    if (!read || !isElementOfScore(read))
      return false;
    op.getBiasMutable().assign(read.getTensor());
    remark("the score program is a bias");
    return true;
  }

  bool isElementOfScore(tensor::ExtractOp read) {
    ScoreClauses clauses = ScoreClauses::of(op);
    auto report = [&]() { return op.emitOpError(); };
    if (!clauses.getMaskProblem(report).positionsAreRows)
      return false;
    RankedTensorType query = clauses.getQueryType(), key = clauses.getKeyType();
    SmallVector<int64_t> extents(query.getShape());
    extents.back() = key.getDimSize(key.getRank() - 2);
    auto tensor = cast<RankedTensorType>(read.getTensor().getType());
    if (!tensor.hasStaticShape() || tensor.getShape() != ArrayRef(extents))
      return false;
    if (tensor.getElementType() != query.getElementType() &&
        !tensor.getElementType().isF32())
      return false;
    ValueRange places = program.getArguments().drop_front();
    return llvm::equal(read.getIndices(), places.take_back(tensor.getRank()));
  }

  OpTy op;
  Block &program;
};

struct AttnRaiseScore : attn::impl::AttnRaiseScoreBase<AttnRaiseScore> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto sdpa = dyn_cast<SdpaOp>(op); sdpa && !sdpa.getScore().empty())
        Raiser(sdpa).run();
      else if (auto weights = dyn_cast<WeightsOp>(op);
               weights && !weights.getScore().empty())
        Raiser(weights).run();
    });
  }
};

} // namespace
