//===- MaskShares.h - how much intervals prove ----------------*- C++ -*-===//
//
// Declares the cases of attn-mask-laws that count which blocks of random
// compositions are proved to be empty or full. Each ends the process if they
// are too few.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_MASKSHARES_H
#define ATTN_TEST_UNIT_MASKSHARES_H

#include "mlir/IR/MLIRContext.h"

/// Masks whose rows are intervals, on blocks and for each head too.
void testShareProved(mlir::MLIRContext *context);

/// The same and grids.
void testShareProvedOfGrids(mlir::MLIRContext *context);

/// All masks.
void testShareProvedOfAll(mlir::MLIRContext *context);

/// All masks, asked about one block at a time.
void testShareProvedOfBlocks(mlir::MLIRContext *context);

#endif // ATTN_TEST_UNIT_MASKSHARES_H
