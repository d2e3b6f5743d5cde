//===- AttnRandomOps.td - drawing random keys -----------------*- tablegen -*-===//
//
// Declares the op that finds which hashes a random mask keeps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNRANDOMOPS_TD
#define ATTN_IR_ATTNRANDOMOPS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnInterfaces.td"
include "attn/IR/AttnMechanismOps.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Attn_RandomLimitsOp : Attn_Op<"random_limits", [
    Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the largest hash that a random mask keeps, for each query";
  let description = [{
    For batch element b, head h and raw query row i

    ```
    result[b, h, i] = the r-th smallest of hash(seed, h, i', j) over the candidates j
    ```

    as unsigned numbers, with the hash of the mask `random`; all bits are set where the
    candidates are fewer than r. Those are the keys that the mask keeps. With
    `block(u)` keys are blocks of u keys, i' = floor(i / u), and the mask is asked about
    blocks, as inside of the mask `block<u, …>`; with `block(1)`, i' = i.

    Rows are computed in parallel, in O(N + r log r log N) each on the average, and in a
    buffer of r numbers.

    **Clauses.** `keep(r)`, `seed(s)`, `block(u)`; `shape(%m, %n)`: the queries and keys;
    `batch(%b)`, `heads(%h)`: how many to draw for; `position(%o)` or
    `offset(%o)`: query row i stands at absolute position i + o, one o or one for each
    batch element; 0 if absent.

    ```mlir
    %l = attn.random_limits mask(not(window<1, 1>)) keep(3) seed(7) block(64) shape(%m, %n)
      batch(%c1) heads(%h) : tensor<?x?x?xi64>
    ```
  }];
  let arguments = (ins
    Variadic<Attn_MaskOperand>:$mask_operands, Index:$rows, Index:$cols,
    Index:$batches, Index:$heads, Optional<Index>:$position,
    Optional<Attn_I32Tensor>:$offset,
    MaskAttrInterface:$mask, I64Attr:$count, I64Attr:$seed, I64Attr:$unit);
  let results = (outs Attn_I64Tensor:$result);
  let assemblyFormat = [{
    `mask` `(` custom<MaskWithOperands>($mask, $mask_operands, type($mask_operands)) `)`
    `keep` `(` $count `)` `seed` `(` $seed `)` `block` `(` $unit `)`
    `shape` `(` $rows `,` $cols `)` `batch` `(` $batches `)` `heads` `(` $heads `)`
    (`position` `(` $position^ `)`)? (`offset` `(` $offset^ `:` type($offset) `)`)?
    attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

#endif // ATTN_IR_ATTNRANDOMOPS_TD
