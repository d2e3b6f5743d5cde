// RUN: attn-opt %s --attn-cpu-lower-head-products --split-input-file --verify-diagnostics

#target = #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4", features = "", vector_bits = 512, registers = 32, l1 = 32768, l2 = 1048576>
module attributes {attn.target = #target} {
  func.func @tensors(%l: tensor<3x8xf32>, %r: tensor<4x8x6xf32>, %o: tensor<4x3x6xf32>) -> tensor<4x3x6xf32> {
    // expected-error @below {{is on tensors, expected bufferization to run before}}
    %p = attn.head_product %l, %r outs(%o : tensor<4x3x6xf32>) : tensor<3x8xf32>, tensor<4x8x6xf32> -> tensor<4x3x6xf32>
    return %p : tensor<4x3x6xf32>
  }
}

// -----

func.func @no_target(%l: memref<3x8xf32>, %r: memref<4x8x6xf32>, %o: memref<4x3x6xf32>) {
  // expected-error @below {{is in a module that has no attn.target, expected attn-attach-target to run before}}
  attn.head_product %l, %r outs(%o : memref<4x3x6xf32>) : memref<3x8xf32>, memref<4x8x6xf32>
  return
}
