// RUN: attn-opt %s --split-input-file --attn-reassociate | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-reassociate --attn-explain -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A function of scores is a barrier: what it makes is no product.
// REMARK: a product keeps its operands: linalg.generic between the products is neither a number nor a triangle that multiplies
// CHECK-LABEL: func @nonlinear
// CHECK-NOT: attn.linear
func.func @nonlinear(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> tensor<8x512x64xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : tensor<8x512x512xf32>) outs(%a : tensor<8x512x512xf32>) {
  ^bb0(%x0: f32, %out: f32):
    %y = math.tanh %x0 : f32
    linalg.yield %y : f32
  } -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// A matrix that is not known may be anything.
// REMARK: a product keeps its operands: linalg.generic between the products is neither a number nor a triangle that multiplies
// CHECK-LABEL: func @mask
// CHECK-NOT: attn.linear
func.func @mask(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>, %m: tensor<8x512x512xf32>) -> tensor<8x512x64xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s, %m : tensor<8x512x512xf32>, tensor<8x512x512xf32>) outs(%a : tensor<8x512x512xf32>) {
  ^bb0(%x0: f32, %x1: f32, %out: f32):
    %y = arith.mulf %x0, %x1 : f32
    linalg.yield %y : f32
  } -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// Scores that something else reads are computed anyway.
// REMARK: a product keeps its operands: the product of queries and keys is used elsewhere
// CHECK-LABEL: func @used_elsewhere
// CHECK-NOT: attn.linear
func.func @used_elsewhere(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> (tensor<8x512x64xf32>, tensor<8x512x512xf32>) {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o, %s : tensor<8x512x64xf32>, tensor<8x512x512xf32>
}

// -----

// Short sequences are cheaper as they stand.
// REMARK: (Q K^T) V keeps its order: (Q K^T) V takes 32768 multiplications, Q (K^T V) 131072
// CHECK-LABEL: func @short
// CHECK-NOT: attn.linear
func.func @short(%q: tensor<8x16x64xf32>, %k: tensor<8x64x16xf32>, %v: tensor<8x16x64xf32>) -> tensor<8x16x64xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x16x16xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x16x16xf32>) -> tensor<8x16x16xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x16x64xf32>, tensor<8x64x16xf32>) outs(%b : tensor<8x16x16xf32>) -> tensor<8x16x16xf32>
  %c = tensor.empty() : tensor<8x16x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x16x64xf32>) -> tensor<8x16x64xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<8x16x16xf32>, tensor<8x16x64xf32>) outs(%d : tensor<8x16x64xf32>) -> tensor<8x16x64xf32>
  return %o : tensor<8x16x64xf32>
}

// -----

// A triangle of more columns than rows is no order of tokens.
// REMARK: (Q K^T) V keeps its order: a triangle of 256 rows and 512 columns is no order of tokens
// CHECK-LABEL: func @wide_triangle
// CHECK-NOT: attn.linear
func.func @wide_triangle(%q: tensor<8x256x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> tensor<8x256x64xf32> {
  %zero = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x256x512xf32>
  %b = linalg.fill ins(%zero : f32) outs(%a : tensor<8x256x512xf32>) -> tensor<8x256x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x256x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x256x512xf32>) -> tensor<8x256x512xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : tensor<8x256x512xf32>) outs(%a : tensor<8x256x512xf32>) {
  ^bb0(%x0: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %p = arith.cmpi sge, %i, %j : index
    %y = arith.select %p, %x0, %zero : f32
    linalg.yield %y : f32
  } -> tensor<8x256x512xf32>
  %c = tensor.empty() : tensor<8x256x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<8x256x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x256x64xf32>) -> tensor<8x256x64xf32>
  return %o : tensor<8x256x64xf32>
}

// -----

// A sum that does not begin at 0 is more than a product.
// REMARK: a product keeps its operands: a product is added to a tensor that is not 0
// CHECK-LABEL: func @added
// CHECK-NOT: attn.linear
func.func @added(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> tensor<8x512x64xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 1.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// A choice of an upper triangle has no order of tokens.
// REMARK: a product keeps its operands: linalg.generic between the products is neither a number nor a triangle that multiplies
// CHECK-LABEL: func @anticausal
// CHECK-NOT: attn.linear
func.func @anticausal(%q: tensor<8x512x64xf32>, %k: tensor<8x64x512xf32>, %v: tensor<8x512x64xf32>) -> tensor<8x512x64xf32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0.0 : f32
  %a = tensor.empty() : tensor<8x512x512xf32>
  %b = linalg.fill ins(%first : f32) outs(%a : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<8x512x64xf32>, tensor<8x64x512xf32>) outs(%b : tensor<8x512x512xf32>) -> tensor<8x512x512xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%s : tensor<8x512x512xf32>) outs(%a : tensor<8x512x512xf32>) {
  ^bb0(%x0: f32, %out: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %p = arith.cmpi sge, %j, %i : index
    %y = arith.select %p, %x0, %zero : f32
    linalg.yield %y : f32
  } -> tensor<8x512x512xf32>
  %c = tensor.empty() : tensor<8x512x64xf32>
  %d = linalg.fill ins(%zero : f32) outs(%c : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<8x512x512xf32>, tensor<8x512x64xf32>) outs(%d : tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// A window has no recurrence.
// REMARK: attention without softmax stays as it is: the mask is neither full nor causal
// CHECK-LABEL: func @window
// CHECK-NOT: attn.linear
func.func @window(%q: tensor<8x512x64xf32>) -> tensor<8x512x64xf32> {
  %o = attn.sdpa %q, %q, %q mask(window<7, 0>) normalize(none) : (tensor<8x512x64xf32>, tensor<8x512x64xf32>, tensor<8x512x64xf32>) -> tensor<8x512x64xf32>
  return %o : tensor<8x512x64xf32>
}

// -----

// A sum that is wider than the result would be rounded earlier in another order.
// CHECK-LABEL: func @wider_sums
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<100x4xf16>, tensor<4x100xf16>)
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<100x100xf32>, tensor<100x4xf16>)
func.func @wider_sums(%a: tensor<100x4xf16>, %b: tensor<4x100xf16>, %c: tensor<100x4xf16>) -> tensor<100x4xf16> {
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0.0 : f16
  %e = tensor.empty() : tensor<100x100xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<100x100xf32>) -> tensor<100x100xf32>
  %g = tensor.empty() : tensor<100x4xf16>
  %h = linalg.fill ins(%none : f16) outs(%g : tensor<100x4xf16>) -> tensor<100x4xf16>
  %ab = linalg.matmul ins(%a, %b : tensor<100x4xf16>, tensor<4x100xf16>) outs(%f : tensor<100x100xf32>) -> tensor<100x100xf32>
  %abc = linalg.matmul ins(%ab, %c : tensor<100x100xf32>, tensor<100x4xf16>) outs(%h : tensor<100x4xf16>) -> tensor<100x4xf16>
  return %abc : tensor<100x4xf16>
}
