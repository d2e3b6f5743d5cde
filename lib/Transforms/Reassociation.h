//===- Reassociation.h - rewrites to another order of products -*- C++ -*-===//
//
// Declares the rewrites of attn-reassociate, one a file. Each says in a remark
// what it did, or why not.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_REASSOCIATION_H
#define ATTN_LIB_TRANSFORMS_REASSOCIATION_H

#include "TensorProducts.h"
#include "attn/IR/AttnOps.h"

namespace mlir::attn {

/// Remarks on `op`: what was done, or why something was not.
void noteReassociation(Operation *op, bool isDone, const std::string &text);

/// Rewrites (Q K^T) V, whose last product is `out`, and erases its op; false if
/// it stays.
bool reassociateAttention(const TensorProduct &out, bool isStrict);

/// Puts the products under `product`, whose op is erased then, into the
/// cheapest order; true if that is another one.
bool reorderChain(const TensorProduct &product);

/// Rewrites `op`, with `normalize(none)`, to linear attention where it is that,
/// at run time where lengths or decays decide, and erases it; false if it
/// stays. `isSquare` says that there are as many queries as keys.
bool reassociateUnnormalized(SdpaOp op, bool isStrict, bool isSquare = false);

/// Puts the products around `op` into the order that multiplies least, and
/// erases it; false if they stay.
bool orderAttention(SdpaOp op, bool isStrict);

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_REASSOCIATION_H
