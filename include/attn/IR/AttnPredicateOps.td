//===- AttnPredicateOps.td - predicates of users ---------------*- tablegen -*-===//
//
// Declares the code that masks `pred` name.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNPREDICATEOPS_TD
#define ATTN_IR_ATTNPREDICATEOPS_TD

include "attn/IR/AttnDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// As a table of symbols it is passed by where the module's tensors become
// buffers: its code is put where a mask is evaluated, and it is dropped.
def Attn_PredicateOp : Attn_Op<"predicate", [
    Symbol, SymbolTable, IsolatedFromAbove, SingleBlock]> {
  let summary = "which pairs a mask keeps, as code";
  let description = [{
    A program on batch element b, head h, absolute position i of the query and key
    j that yields whether masks `pred<@name>` of this module keep the pair. What it
    reads are its further arguments, tensors, which the mask names. It is evaluated
    for whole vectors of pairs: straight-line code of elementwise ops on numbers, of
    `tensor.extract` and of `tensor.dim`. An index outside of its array counts as
    the nearest one inside. Divisors are the user's to keep from 0.

    It is private to its module, and no kernel is made of it.

    Paper: FlexAttention, arXiv:2412.05496.

    ```mlir
    attn.predicate @keep(%b: index, %h: index, %i: index, %j: index, %seg: tensor<?xi32>) {
      %x = tensor.extract %seg[%i] : tensor<?xi32>
      %y = tensor.extract %seg[%j] : tensor<?xi32>
      %same = arith.cmpi eq, %x, %y : i32
      attn.yield %same : i1
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// How many arguments a pair has: b, h, i, j.
    static constexpr unsigned kNumIndices = 4;
    /// The arguments that are read.
    ::llvm::ArrayRef<::mlir::BlockArgument> getArrays() {
      return getBody().getArguments().drop_front(kNumIndices);
    }
    /// What is yielded.
    ::mlir::Value getKept() {
      return getBody().front().getTerminator()->getOperand(0);
    }
    /// No other module sees it.
    ::mlir::SymbolTable::Visibility getVisibility() {
      return ::mlir::SymbolTable::Visibility::Private;
    }
  }];
}

#endif // ATTN_IR_ATTNPREDICATEOPS_TD
