//===- AttnProductOps.td - products of matrices ----------------*- tablegen -*-===//
//
// Declares the ops that layers are expanded to: products that a library may
// compute, and rows seen as heads.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNPRODUCTOPS_TD
#define ATTN_IR_ATTNPRODUCTOPS_TD

include "attn/IR/AttnFoldOps.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Attn_ProductOp : Attn_FoldOp<"product", [SameVariadicOperandSize]> {
  let summary = "rows times several matrices";
  let description = [{
    `out_i[b, m, n] = sum over c of rows[b, m, c] weights_i[c, n]`, for all i in
    one pass over the rows. Rows of G heads side by side may be given as heads:
    with rows `[B, G, M, E]`, c = g * E + e.

    **Shapes.** rows `[B, M, C]` or `[B, G, M, E]`, weights_i `[C, N_i]`, out_i
    `[B, M, N_i]`, which is overwritten. **Types.** sums are f32, f64 for f64,
    and are rounded once.

    ```mlir
    %k, %v = attn.product %x by (%wk, %wv : tensor<512x128xf32>, tensor<512x128xf32>)
      outs(%a, %b : tensor<?x?x128xf32>, tensor<?x?x128xf32>)
      : tensor<?x?x512xf32> -> tensor<?x?x128xf32>, tensor<?x?x128xf32>
    ```
  }];
  let arguments = (ins Attn_Shaped:$rows, Variadic<Attn_Shaped>:$weights,
                       Variadic<Attn_Shaped>:$outs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $rows `by` `(` $weights `:` type($weights) `)` `outs` `(` $outs `:` type($outs) `)`
    attr-dict `:` type($rows) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutsMutable(); }
  }];
}

def Attn_SplitHeadsOp : Attn_Op<"split_heads", [
    Pure,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "rows of heads side by side, seen as heads";
  let description = [{
    `result[b, h, m, d] = rows[b, m, h * D + d]`: no element moves, the result is
    a view.

    **Shapes.** rows `[B, M, H * D]`, result `[B, H, M, D]`.

    ```mlir
    %q = attn.split_heads %y heads(8) : tensor<?x?x512xf32> -> tensor<?x8x?x64xf32>
    ```
  }];
  let arguments = (ins Attn_FloatTensor:$rows, I64Attr:$heads);
  let results = (outs Attn_FloatTensor:$result);
  let assemblyFormat = [{
    $rows `heads` `(` $heads `)` attr-dict `:` type($rows) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$rows, "int64_t":$heads)>];
  let hasVerifier = 1;
}

#endif // ATTN_IR_ATTNPRODUCTOPS_TD
