//===- NaiveCaches.h - caches on whole tensors -----------------*- C++ -*-===//
//
// Declares the builders of attn.paged_view and attn.kv_append.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_NAIVECACHES_H
#define ATTN_LIB_TRANSFORMS_NAIVECACHES_H

#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// A copy of the keys that `view` shows; 0 where an entry names no page.
Value buildNaivePagedView(OpBuilder &builder, PagedViewOp view);

/// The cache with the rows of `append`, each written where it belongs: time is
/// that of copying the rows, and memory none where the cache may be
/// overwritten.
Value buildAppend(OpBuilder &builder, KVAppendOp append);

/// The same, each place of the cache asking which row it gets: O(cache) without
/// a table, O(cache B T) with one.
Value buildNaiveAppend(OpBuilder &builder, KVAppendOp append);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_NAIVECACHES_H
