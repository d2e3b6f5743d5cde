// RUN: attn-opt %s --split-input-file --verify-diagnostics

// Tiles that are boxes need a grid of which each point is a query and a key.
func.func @f(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  // expected-error @below {{'attn.sdpa' op has a box and mask #attn.causal, query 'tensor<8x1024x64xf32>' and key 'tensor<8x1024x64xf32>', expected a grid in raster order of as many points as there are queries and keys, without lists, bias, offset and pages}}
  %o = attn.sdpa %q, %q, %q mask(causal) schedule(#attn.schedule<query_block = 64, key_block = 126, panel = 64, rows = 6, box = [8, 8]>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}

// -----

func.func @f(%q: tensor<8x900x64xf32>, %k: tensor<8x1024x64xf32>) -> tensor<8x900x64xf32> {
  // expected-error @below {{expected a grid in raster order of as many points as there are queries and keys}}
  %o = attn.sdpa %q, %k, %k mask(grid<[32, 32], [near<7>, near<7>]>) align(top_left) schedule(#attn.schedule<query_block = 64, key_block = 126, panel = 64, rows = 6, box = [8, 8]>)
    : (tensor<8x900x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x900x64xf32>
  return %o : tensor<8x900x64xf32>
}

// -----

func.func @f(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  // expected-error @below {{'attn.sdpa' op has a box of 1 axes and a grid of 2, expected an extent for each axis}}
  %o = attn.sdpa %q, %q, %q mask(grid<[32, 32], [near<7>, near<7>]>) schedule(#attn.schedule<query_block = 64, key_block = 126, panel = 64, rows = 6, box = [64]>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}

// -----

func.func @f(%q: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  // expected-error @below {{'attn.sdpa' op has a box of 2 axes in few, expected one in schedule only}}
  %o = attn.sdpa %q, %q, %q mask(grid<[32, 32], [near<7>, near<7>]>) few(#attn.schedule<query_block = 64, key_block = 126, panel = 64, rows = 6, box = [8, 8]>) schedule(#attn.schedule<query_block = 64, key_block = 126, panel = 64, rows = 6>)
    : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %o : tensor<8x1024x64xf32>
}
