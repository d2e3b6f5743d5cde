// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --mlir-print-op-generic | attn-opt | FileCheck %s

// Limits that all batch elements share, of keys and of blocks.
// CHECK-LABEL: func @limits(
// CHECK: attn.random_limits mask(full) keep(3) seed(7) block(1) shape(%{{.*}}, %{{.*}}) batch(%{{.*}}) heads(%{{.*}}) : tensor<?x?x?xi64>
// CHECK: attn.random_limits mask(not(window<1, 1>)) keep(3) seed(-1) block(64) shape(%{{.*}}, %{{.*}}) batch(%{{.*}}) heads(%{{.*}}) position(%{{.*}}) : tensor<?x?x?xi64>
func.func @limits(%m: index, %n: index, %h: index) -> (tensor<?x?x?xi64>, tensor<?x?x?xi64>) {
  %one = arith.constant 1 : index
  %0 = attn.random_limits mask(full) keep(3) seed(7) block(1) shape(%m, %n) batch(%one) heads(%h) : tensor<?x?x?xi64>
  %1 = attn.random_limits mask(not(window<1, 1>)) keep(3) seed(-1) block(64) shape(%m, %n) batch(%one) heads(%h) position(%m) : tensor<?x?x?xi64>
  return %0, %1 : tensor<?x?x?xi64>, tensor<?x?x?xi64>
}

// Batch elements with lengths and positions of their own.
// CHECK-LABEL: func @batch(
// CHECK: attn.random_limits mask(all(causal, lens(%{{.*}} : tensor<?xi32>))) keep(2) seed(1) block(1) shape(%{{.*}}, %{{.*}}) batch(%{{.*}}) heads(%{{.*}}) offset(%{{.*}} : tensor<?xi32>) : tensor<?x?x?xi64>
func.func @batch(%m: index, %n: index, %b: index, %h: index, %l: tensor<?xi32>, %o: tensor<?xi32>) -> tensor<?x?x?xi64> {
  %0 = attn.random_limits mask(all(causal, lens(%l : tensor<?xi32>))) keep(2) seed(1) block(1) shape(%m, %n) batch(%b) heads(%h) offset(%o : tensor<?xi32>) : tensor<?x?x?xi64>
  return %0 : tensor<?x?x?xi64>
}
