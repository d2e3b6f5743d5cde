//===- AttnInterfaces.h - mechanisms and fold steps ------------*- C++ -*-===//
//
// Declares the op interfaces of the dialect.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNINTERFACES_H
#define ATTN_IR_ATTNINTERFACES_H

#include "attn/IR/AttnAttrs.h"
#include "attn/IR/Problem.h"
#include "mlir/IR/OpDefinition.h"

#include "attn/IR/AttnInterfaces.h.inc"

#endif // ATTN_IR_ATTNINTERFACES_H
