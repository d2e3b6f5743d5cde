// RUN: attn-opt %s --attn-lower-random-limits --cse | FileCheck %s

// A grid over batch elements, heads and rows of keys. A row keeps its smallest hashes in a
// heap that is as large as what is drawn; chunks of 64 keys whose smallest hash is not
// below the root of the heap are left at that.
// CHECK-LABEL: func @random(
// CHECK-SAME: %[[M:[a-z0-9]+]]: index, %[[N:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index
// CHECK: %[[OUT:.*]] = tensor.empty(%{{.*}}, %[[H]], %[[M]]) : tensor<?x?x?xi64>
// CHECK: scf.forall ({{.*}}) in (%{{.*}}, %[[H]], %{{.*}}) shared_outs(%{{.*}} = %[[OUT]])
// CHECK:   %[[HEAP:.*]] = tensor.empty(%{{.*}}) : tensor<?xi64>
// CHECK:   linalg.fill {{.*}} -> tensor<?xi64>
// CHECK:   scf.for %[[CHUNK:.*]] =
// CHECK:     %[[LEAST:.*]] = scf.for {{.*}} -> (i64)
// CHECK:       arith.minui
// CHECK:     %[[ROOT:.*]] = tensor.extract
// CHECK:     %[[FOUND:.*]] = arith.cmpi ult, %[[LEAST]], %[[ROOT]]
// CHECK:     scf.if %[[FOUND]]
// CHECK:       scf.while
// CHECK:   tensor.parallel_insert_slice
func.func @random(%m: index, %n: index, %h: index) -> tensor<?x?x?xi64> {
  %one = arith.constant 1 : index
  %0 = attn.random_limits mask(full) keep(3) seed(7) block(1) shape(%m, %n) batch(%one) heads(%h) : tensor<?x?x?xi64>
  return %0 : tensor<?x?x?xi64>
}
