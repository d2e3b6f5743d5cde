// RUN: attn-run %s --dim=3 --dim=*.2=157 --dim=0.2=70 --compare=reference | FileCheck %s --check-prefixes=CHECK,MANY
// RUN: attn-run %s --dim=3 --dim=*.2=157 --dim=0.2=1 --compare=reference | FileCheck %s

// Keys and values of i8, made up from the seed, with the scales of their heads, for
// many queries and for one.
// MANY: input 0 3x4x70x16xf32 (seed 0)
// MANY-NEXT: input 1 3x2x157x16xi8 (seed 0)
// MANY-NEXT: input 2 3x2x157x24xi8 (seed 0)
// MANY-NEXT: input 3 3x2x157xf32 (seed 0)
// CHECK: result 0: largest error
// CHECK: result 1: largest error
func.func @attention(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xi8>, %v: tensor<?x2x?x24xi8>, %ks: tensor<?x2x?xf32>, %vs: tensor<?x2x?xf32>) -> (tensor<?x4x?x24xf32>, tensor<?x4x?xf32>) {
  %o, %lse = attn.sdpa %q, %k, %v mask(causal) align(bottom_right) key_scale(%ks : tensor<?x2x?xf32>) value_scale(%vs : tensor<?x2x?xf32>)
    : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xi8>, tensor<?x2x?x24xi8>) -> (tensor<?x4x?x24xf32>, tensor<?x4x?xf32>)
  return %o, %lse : tensor<?x4x?x24xf32>, tensor<?x4x?xf32>
}
