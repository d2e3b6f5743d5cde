// RUN: attn-run %s --dim=41 --dim=*.0=2,*.1=2,0.1=6 --compare=reference | FileCheck %s

// The number of heads is known at run time only.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<?x?x?x8xf32>, %k: tensor<?x?x?x8xf32>, %v: tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32> {
  %o = attn.sdpa %q, %k, %v
    : (tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  return %o : tensor<?x?x?x8xf32>
}
