//===- AttentionChains.h - products around attention -----------*- C++ -*-===//
//
// Declares how the products that make queries, keys and values of attention,
// and those of its output, are collected to two chains.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_ATTENTIONCHAINS_H
#define ATTN_LIB_TRANSFORMS_ATTENTIONCHAINS_H

#include "ChainOrders.h"
#include "Expansion.h"

namespace mlir::attn {

/// Columns of queries and keys that are no part of the chain of scores: they
/// stand beside its columns.
struct ExtraColumns {
  /// Null for columns of the queries of attention.
  Value query;
  /// Of each head of keys; and of all, or null.
  Value key, shared;
  int64_t width = 0;
  /// True if they stand in front.
  bool isFirst = false;
};

/// The chains of one attention: of its scores, queries times keys, and of its
/// output, weights times values.
struct AttentionChains {
  Chain scores, output;
  std::optional<ExtraColumns> extra;
  /// The products in front of attention, those nearer to it first.
  SmallVector<Operation *> before;
  /// The products of its output in order.
  SmallVector<Operation *> after;

  /// True if a product could be elsewhere.
  bool isOfInterest() const {
    return scores.matrices.size() > 2 || output.matrices.size() > 2;
  }
};

/// The chains of `op`. What a product stands in front of, or behind, and is no
/// part of a chain nevertheless is told `refuse`, with the reason.
AttentionChains
collectChains(SdpaOp op, llvm::function_ref<void(const std::string &)> refuse);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_ATTENTIONCHAINS_H
