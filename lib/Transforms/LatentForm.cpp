//===- LatentForm.cpp - latent attention, absorbed or expanded ------------===//
//
// Decomposes attn.latent, Q (C W)ᵀ = (Q Wᵀ) Cᵀ and P (C W) = (P C) W: either
// side is built, by what the other would multiply more.
//
//===----------------------------------------------------------------------===//

#include "FormChoice.h"
#include "HeadProducts.h"
#include "LowRankForms.h"
#include "TensorLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds one op's forms.
class LatentBuilder {
public:
  LatentBuilder(OpBuilder &builder, LatentOp op)
      : builder(builder), loc(op.getLoc()), op(op), math(builder, loc) {
    queries = tensor::getMixedSizes(builder, loc, op.getQNope());
    tokens = tensor::getMixedSize(builder, loc, op.getLatent(), 1);
    rotated = tensor::getMixedSize(builder, loc, op.getQRope(), 3);
    width = tensor::getMixedSize(builder, loc, op.getWUk(), 1);
    values = tensor::getMixedSize(builder, loc, op.getWUv(), 2);
  }

  Value run();

private:
  Value absorb();
  Value expand();
  Value choose();
  Value attend(Value query, Value key, Value value);
  /// Columns [first, first + count) of `rows` `[B, N, …]`, seen as one head.
  Value asHead(Value rows, OpFoldResult first, OpFoldResult count);
  /// `into` with `part`, spread over heads if it has one, from column `first`.
  Value place(Value into, Value part, OpFoldResult first);
  Value buildEmpty(ArrayRef<OpFoldResult> sizes) {
    return tensor::EmptyOp::create(builder, loc, sizes,
                                   getFloatElement(op.getQNope()));
  }

  OpBuilder &builder;
  Location loc;
  LatentOp op;
  IndexMath math;
  /// B, H, M, n; N; r; dc; E.
  SmallVector<OpFoldResult> queries;
  OpFoldResult tokens, rotated, width, values;
};

} // namespace

Value LatentBuilder::asHead(Value rows, OpFoldResult first,
                            OpFoldResult count) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  OpFoldResult zero = math.constant(0), one = math.constant(1);
  if (!isEqualConstantIntOrValue(sizes[2], count)) {
    sizes[2] = count;
    rows = tensor::ExtractSliceOp::create(
        builder, loc, rows, ArrayRef<OpFoldResult>{zero, zero, first}, sizes,
        ArrayRef<OpFoldResult>{one, one, one});
  }
  SmallVector<OpFoldResult> heads = {sizes[0], one, sizes[1], count};
  auto type = cast<RankedTensorType>(rows.getType());
  auto headType = RankedTensorType::get(
      {type.getDimSize(0), 1, type.getDimSize(1), type.getDimSize(2)},
      type.getElementType());
  return tensor::ExpandShapeOp::create(
      builder, loc, headType, rows,
      ArrayRef<ReassociationIndices>{{0, 1}, {2}, {3}}, heads);
}

Value LatentBuilder::place(Value into, Value part, OpFoldResult first) {
  SmallVector<OpFoldResult> have = tensor::getMixedSizes(builder, loc, part);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, into);
  sizes.back() = have.back();
  if (!isEqualConstantIntOrValue(have[1], sizes[1]))
    part = buildRepeatedHeads(builder, loc, part, sizes[1]);
  SmallVector<OpFoldResult> offsets(4, math.constant(0));
  offsets.back() = first;
  return tensor::InsertSliceOp::create(
      builder, loc, part, into, offsets, sizes,
      SmallVector<OpFoldResult>(4, math.constant(1)));
}

Value LatentBuilder::attend(Value query, Value key, Value value) {
  return buildAttention(builder, loc, query, key, value,
                        builder.getF64FloatAttr(op.getScaleOrDefault()),
                        op.getMask(), op.getMaskOperands(), op.getAlignAttr());
}

Value LatentBuilder::absorb() {
  OpFoldResult zero = math.constant(0), whole = math.add(width, rotated);
  SmallVector<OpFoldResult> sizes = queries;
  sizes.back() = width;
  Value absorbed =
      buildTransposedProduct(builder, loc, op.getQNope(), op.getWUk(), sizes);
  sizes.back() = whole;
  Value query = place(buildEmpty(sizes), absorbed, zero);
  query = place(query, op.getQRope(), width);
  Value value = asHead(op.getLatent(), zero, width), key;
  if (Value rope = op.getRope()) {
    SmallVector<OpFoldResult> shared = {queries[0], math.constant(1), tokens,
                                        whole};
    key = place(buildEmpty(shared), value, zero);
    key = place(key, asHead(rope, zero, rotated), width);
  } else {
    key = asHead(op.getLatent(), zero, whole);
  }
  Value mixed = attend(query, key, value);
  sizes.back() = values;
  return buildHeadProduct(builder, loc, mixed, op.getWUv(), sizes);
}

Value LatentBuilder::expand() {
  OpFoldResult zero = math.constant(0);
  Value latent = asHead(op.getLatent(), zero, width);
  Value rope = op.getRope() ? asHead(op.getRope(), zero, rotated)
                            : asHead(op.getLatent(), width, rotated);
  SmallVector<OpFoldResult> sizes = {queries[0], queries[1], tokens,
                                     queries[3]};
  Value own = buildHeadProduct(builder, loc, latent, op.getWUk(), sizes);
  sizes.back() = math.add(queries[3], rotated);
  Value key = place(place(buildEmpty(sizes), own, zero), rope, queries[3]);
  sizes.back() = values;
  Value value = buildHeadProduct(builder, loc, latent, op.getWUv(), sizes);
  sizes = queries;
  sizes.back() = math.add(queries[3], rotated);
  Value query = place(buildEmpty(sizes), op.getQNope(), zero);
  query = place(query, op.getQRope(), queries[3]);
  return attend(query, key, value);
}

Value LatentBuilder::choose() {
  OpFoldResult both = math.add(queries[3], values);
  FormCost ofExpanded = {{queries[2], tokens, math.add(both, rotated)},
                         {tokens, width, both}};
  FormCost ofAbsorbed = {
      {queries[2], tokens, math.add(math.mul(width, 2), rotated)},
      {queries[2], width, both}};
  auto options = remark::RemarkOpts::name("latent").category("attn");
  std::optional<double> expanded = ofExpanded.getConstant(),
                        absorbed = ofAbsorbed.getConstant();
  if (expanded && absorbed) {
    bool isAbsorbed = *absorbed <= *expanded;
    remark::passed(loc, options) << remark::add(
        "{0} for {1} queries and {2} keys: absorbed multiplies "
        "{3} times a head, expanded {4} times",
        isAbsorbed ? "absorbed" : "expanded", *getConstantIntValue(queries[2]),
        *getConstantIntValue(tokens), *absorbed, *expanded);
    return isAbsorbed ? absorb() : expand();
  }
  remark::passed(loc, options)
      << "absorbed or expanded by the number of queries and keys at run time";
  Value absorbedCount = ofAbsorbed.build(builder, loc);
  Value expandedCount = ofExpanded.build(builder, loc);
  Value fewer = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLE,
                                      absorbedCount, expandedCount);
  SmallVector<OpFoldResult> sizes = queries;
  sizes.back() = values;
  return buildFormChoice(builder, loc, fewer, {sizes},
                         getTypeOfSizes(sizes, getFloatElement(op.getQNope())),
                         [&](unsigned form) -> SmallVector<Value> {
                           return {form == 0 ? absorb() : expand()};
                         })
      .front();
}

Value LatentBuilder::run() {
  if (LatentFormAttr form = op.getFormAttr())
    return form.getValue() == LatentForm::Absorbed ? absorb() : expand();
  return choose();
}

Value attn::decomposeLatent(OpBuilder &builder, LatentOp op) {
  return LatentBuilder(builder, op).run();
}
