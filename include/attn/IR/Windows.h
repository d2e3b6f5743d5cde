//===- Windows.h - how many compressed rows there are ----------*- C++ -*-===//
//
// Declares the number of blocks of rows that attn.compress makes rows of.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_WINDOWS_H
#define ATTN_IR_WINDOWS_H

#include "attn/IR/MaskBuilders.h"

namespace mlir::attn {

/// How many blocks of `length` rows, from every `stride`-th on, `rows` hold.
int64_t countWindows(int64_t rows, int64_t length, int64_t stride);

/// The same for rows that are known at run time.
OpFoldResult buildNumWindows(IndexMath &math, OpFoldResult rows, int64_t length,
                             int64_t stride);

} // namespace mlir::attn

#endif // ATTN_IR_WINDOWS_H
