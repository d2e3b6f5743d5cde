//===- MaskSyntax.h - the text of masks and clauses ------------*- C++ -*-===//
//
// Declares the parser and printer of the functional mask grammar, in which
// atoms name their operands in place: `all(causal, lens(%n : tensor<?xi32>))`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_MASKSYNTAX_H
#define ATTN_IR_MASKSYNTAX_H

#include "attn/IR/AttnAttrs.h"
#include "mlir/IR/OpImplementation.h"

namespace mlir::attn {

/// Deepest nesting of masks that the parser accepts: far above any use, far
/// below what would exhaust the stack.
inline constexpr unsigned kMaxMaskDepth = 64;

/// Parses one mask; the operands it names are appended in slot order.
ParseResult parseMask(OpAsmParser &parser, Attribute &mask,
                      SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                      SmallVectorImpl<Type> &types);

/// Prints one mask with its operands in place.
void printMask(OpAsmPrinter &printer, Attribute mask, ValueRange operands);

/// A mask and the operands that it names, in the order of its text.
struct NamedOperands {
  MaskAttrInterface mask;
  SmallVector<Value> operands;
};

/// `mask` with its slots renumbered to those of the `operands` that it names.
NamedOperands nameOperands(MaskAttrInterface mask, ValueRange operands);

} // namespace mlir::attn

#endif // ATTN_IR_MASKSYNTAX_H
