// A mask that code says: causal within topics, which heads from the second on may leave for
// the first token. What intervals know of it, causality, is taken out of the code; the rest is
// asked in vectors.
//
//   attn-run predicate.mlir --dim=41 --dim=0.2=37 --values=3=1,1,2 --compare=reference

attn.predicate @topics(%b: index, %h: index, %i: index, %j: index, %topic: tensor<?xi32>) {
  %c0 = arith.constant 0 : index
  %past = arith.cmpi sle, %j, %i : index
  %x = tensor.extract %topic[%i] : tensor<?xi32>
  %y = tensor.extract %topic[%j] : tensor<?xi32>
  %same = arith.cmpi eq, %x, %y : i32
  %later_head = arith.cmpi sgt, %h, %c0 : index
  %first_key = arith.cmpi eq, %j, %c0 : index
  %free = arith.andi %later_head, %first_key : i1
  %open = arith.ori %same, %free : i1
  %kept = arith.andi %past, %open : i1
  attn.yield %kept : i1
}

func.func @attend(%q: tensor<?x4x?x32xf32>, %k: tensor<?x2x?x32xf32>, %v: tensor<?x2x?x32xf32>,
                  %topic: tensor<?xi32>) -> tensor<?x4x?x32xf32> {
  %o = attn.sdpa %q, %k, %v mask(pred<@topics>(%topic : tensor<?xi32>)) align(bottom_right)
    : (tensor<?x4x?x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x32xf32>) -> tensor<?x4x?x32xf32>
  return %o : tensor<?x4x?x32xf32>
}
