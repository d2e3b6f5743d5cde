// RUN: attn-opt %s --attn-cpu-lower-products --verify-diagnostics

func.func @tensors(%x: tensor<1x5x32xf32>, %w: tensor<32x64xf32>, %a: tensor<1x5x64xf32>) -> tensor<1x5x64xf32> {
  // expected-error @below {{is on tensors, expected bufferization to run before}}
  %y = attn.product %x by (%w : tensor<32x64xf32>) outs(%a : tensor<1x5x64xf32>) : tensor<1x5x32xf32> -> tensor<1x5x64xf32>
  return %y : tensor<1x5x64xf32>
}
