//===- ChainForms.h - attention in one order of its chains -----*- C++ -*-===//
//
// Declares how attention and the products around it are built in an order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_CHAINFORMS_H
#define ATTN_LIB_TRANSFORMS_CHAINFORMS_H

#include "AttentionChains.h"

namespace mlir::attn {

/// An order of both chains.
struct AttentionOrder {
  const ChainOrder *scores, *output;
  ChainCost cost;
};

/// The results of `op`, and of the products of its output, in `order`.
SmallVector<Value> buildAttentionForm(OpBuilder &builder, SdpaOp op,
                                      const std::optional<ExtraColumns> &extra,
                                      const ChainOrders &scores,
                                      const ChainOrders &output,
                                      const AttentionOrder &order);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_CHAINFORMS_H
