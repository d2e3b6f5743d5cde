// RUN: attn-run %s --dim=100 --compare=reference | FileCheck %s

// Without order: all keys, then all queries; heads of queries share those of keys.
// CHECK: result 0: largest error
func.func @attention(%q: tensor<?x4x?x24xf32>, %k: tensor<?x2x?x24xf32>, %v: tensor<?x2x?x40xf32>) -> tensor<?x4x?x40xf32> {
  %o = attn.linear %q, %k, %v scale(0.125) : (tensor<?x4x?x24xf32>, tensor<?x2x?x24xf32>, tensor<?x2x?x40xf32>) -> tensor<?x4x?x40xf32>
  return %o : tensor<?x4x?x40xf32>
}
