// RUN: attn-opt %s --attn-plan=target=x86-64-v4 --attn-tile --attn-cpu | FileCheck %s
// RUN: attn-compile %s --target=x86-64-v4 --emit=asm -o - | FileCheck %s --check-prefix=ASM
// RUN: attn-compile %s --target=x86-64-v3 --emit=asm -o - | FileCheck %s --check-prefix=AVX2

// What code says of a block of pairs is computed for vectors of them: what all lanes share is
// read once, what neighbouring queries read is one load, else a gather. Every index is held
// within its array. The code is where it is evaluated: no predicate is left.
// CHECK-NOT: attn.predicate
// CHECK-LABEL: func @attend(
// CHECK: vector.gather
// CHECK: arith.cmpf ogt, %{{.*}} : vector<
// CHECK-NOT: attn.predicate
// ASM: vcmp{{(lt|gt|nle)?}}ps {{.*}}%zmm
attn.predicate @similar(%b: index, %h: index, %i: index, %j: index, %score: tensor<?x?xf32>) {
  %x = tensor.extract %score[%i, %j] : tensor<?x?xf32>
  %y = tensor.extract %score[%j, %h] : tensor<?x?xf32>
  %kept = arith.cmpf ogt, %x, %y : f32
  attn.yield %kept : i1
}

func.func @attend(%q: tensor<2x?x64xf32>, %k: tensor<2x?x64xf32>, %s: tensor<?x?xf32>) -> tensor<2x?x64xf32> {
  %o = attn.sdpa %q, %k, %k mask(pred<@similar>(%s : tensor<?x?xf32>)) align(top_left) : (tensor<2x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return %o : tensor<2x?x64xf32>
}

// Elements of bf16 are integers on their way into f64: no machine needs a library for them.
// CHECK-LABEL: func @narrow(
// CHECK: vector.from_elements {{.*}} : vector<16xi16>
// AVX2-NOT: sfbf2
attn.predicate @larger(%b: index, %h: index, %i: index, %j: index, %score: tensor<?xbf16>) {
  %x = tensor.extract %score[%i] : tensor<?xbf16>
  %y = tensor.extract %score[%j] : tensor<?xbf16>
  %wide_x = arith.extf %x : bf16 to f64
  %wide_y = arith.extf %y : bf16 to f64
  %kept = arith.cmpf olt, %wide_x, %wide_y : f64
  attn.yield %kept : i1
}

func.func @narrow(%q: tensor<2x?x64xf32>, %k: tensor<2x?x64xf32>, %s: tensor<?xbf16>) -> tensor<2x?x64xf32> {
  %o = attn.sdpa %q, %k, %k mask(pred<@larger>(%s : tensor<?xbf16>)) align(top_left) : (tensor<2x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x?x64xf32>
  return %o : tensor<2x?x64xf32>
}
