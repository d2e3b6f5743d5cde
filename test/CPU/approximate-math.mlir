// RUN: attn-opt %s --attn-cpu-approximate-math | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v4 --attn-cpu-approximate-math | FileCheck %s --check-prefix=AVX512

// A polynomial of degree 5 in the fraction, the rest of x into the exponent bits.
// AVX-512 has an instruction for either end.
// CHECK-LABEL: func @exp2
// CHECK-NOT: math.exp2
// CHECK: math.roundeven
// CHECK-COUNT-5: math.fma
// CHECK: arith.shli {{.*}} : vector<16xi32>
// CHECK: arith.cmpf uno
// AVX512-LABEL: func @exp2
// AVX512-NOT: math.roundeven
// AVX512-COUNT-5: math.fma
// AVX512-NOT: arith.shli
// AVX512: return
func.func @exp2(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp2 %x : vector<16xf32>
  return %y : vector<16xf32>
}

// f64 takes as many terms of the series as its precision asks for.
// CHECK-LABEL: func @double
// CHECK-NOT: math.exp2
// CHECK-COUNT-13: math.fma
// CHECK: return
func.func @double(%x: vector<8xf64>) -> vector<8xf64> {
  %y = math.exp2 %x : vector<8xf64>
  return %y : vector<8xf64>
}

// Functions that score programs use are approximated upstream.
// CHECK-LABEL: func @program
// CHECK-NOT: math.tanh
// CHECK-NOT: math.exp
// CHECK: return
func.func @program(%x: vector<16xf32>) -> vector<16xf32> {
  %t = math.tanh %x : vector<16xf32>
  %y = math.exp %t : vector<16xf32>
  return %y : vector<16xf32>
}

// bf16 becomes f64 by way of f32, which is integer work.
// CHECK-LABEL: func @wide
// CHECK: arith.shli {{.*}} : vector<8xi32>
// CHECK: arith.extf {{.*}} : vector<8xf32> to vector<8xf64>
func.func @wide(%x: vector<8xbf16>) -> vector<8xf64> {
  %y = arith.extf %x : vector<8xbf16> to vector<8xf64>
  return %y : vector<8xf64>
}
