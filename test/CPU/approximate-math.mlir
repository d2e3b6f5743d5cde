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

// A power that is rounded to bf16 at once takes degree 3; AVX-512 rounds the mantissa
// on the way, with a number whose last digit is worth 2^-7.
// CHECK-LABEL: func @rounded
// CHECK-COUNT-5: math.fma
// AVX512-LABEL: func @rounded
// AVX512: math.fma
// AVX512: math.fma
// AVX512: %[[ONE:.*]] = arith.constant dense<9.830500e+04> : vector<16xf32>
// AVX512: %[[SUM:.*]] = math.fma %{{.*}}, %{{.*}}, %[[ONE]]
// AVX512: %[[ROUNDER:.*]] = arith.constant dense<9.830400e+04> : vector<16xf32>
// AVX512: %[[MANTISSA:.*]] = arith.subf %[[SUM]], %[[ROUNDER]]
// AVX512: %[[POWER:.*]] = llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"(%[[MANTISSA]],
// AVX512: return %[[POWER]]
func.func @rounded(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp2 %x fastmath<afn> : vector<16xf32>
  %n = arith.truncf %y : vector<16xf32> to vector<16xbf16>
  %r = arith.extf %n : vector<16xbf16> to vector<16xf32>
  return %r : vector<16xf32>
}

// One that is used before it is rounded keeps its precision.
// AVX512-LABEL: func @used_twice
// AVX512-COUNT-5: math.fma
// AVX512: return
func.func @used_twice(%x: vector<16xf32>) -> (vector<16xf32>, vector<16xf32>) {
  %y = math.exp2 %x fastmath<afn> : vector<16xf32>
  %n = arith.truncf %y : vector<16xf32> to vector<16xbf16>
  %r = arith.extf %n : vector<16xbf16> to vector<16xf32>
  return %y, %r : vector<16xf32>, vector<16xf32>
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

// The logarithm of f64 is no library function either, for machines where there is none.
// CHECK-LABEL: func @logarithm
// CHECK-NOT: math.log2
// CHECK: arith.shrsi {{.*}} : vector<4xi64>
// CHECK-COUNT-12: math.fma
// CHECK-NOT: math.fma
// CHECK: return
func.func @logarithm(%x: vector<4xf64>) -> vector<4xf64> {
  %y = math.log2 %x : vector<4xf64>
  return %y : vector<4xf64>
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
