// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @heads(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{has heads 4 and kv_heads 3: expected heads to be a positive multiple of kv_heads}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(3) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @no_heads(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{has heads 0 and kv_heads 2: expected heads to be a positive multiple of kv_heads}}
  %y = attn.layer %x, %wq, %wk, %wv heads(0) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @negative_heads(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{has heads -4 and kv_heads -2: expected heads to be a positive multiple of kv_heads}}
  %y = attn.layer %x, %wq, %wk, %wv heads(-4) kv_heads(-2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @input_rank(%x: tensor<7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{input has rank 2, expected [B, M, C]}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @weight_rank(%x: tensor<2x7x16xf32>, %wq: tensor<16x4x8xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wq has rank 3, expected a matrix}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x4x8xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @weight_type(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf16>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wk has element type 'f16', input has 'f32': expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf16>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @rows_of_wq(%x: tensor<2x7x16xf32>, %wq: tensor<15x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wq has row count 15, the width of input has 16: expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<15x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @rows_of_wk(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %c: tensor<2x9x24xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wk has row count 16, the width of context has 24: expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<2x9x24xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @rows_of_wv(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<17x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wv has row count 17, the width of input has 16: expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<17x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @columns_of_wq(%x: tensor<2x7x16xf32>, %wq: tensor<16x30xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wq has 30 columns, expected a multiple of heads = 4}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x30xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @columns_of_wk(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x15xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wk has 15 columns, expected a multiple of kv_heads = 2}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x15xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @columns_of_wv(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x0xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wv has 0 columns, expected a multiple of kv_heads = 2}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x0xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @context_rank(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %c: tensor<9x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{context has rank 2, expected [B, N, C']}}
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<9x16xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @context_batch(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %c: tensor<3x9x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{context has batch size 3, input has 2: expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<3x9x16xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @context_type(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %c: tensor<2x9x16xf64>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{context has element type 'f64', input has 'f32': expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<2x9x16xf64>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @rows_of_wo(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %wo: tensor<16x32xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wo has row count 16, the merged heads of the core has 32: expected them to be equal}}
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<16x32xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @wo_rank(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %wo: tensor<32xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{wo has rank 1, expected a matrix}}
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<32xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @result(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{result has type 'tensor<2x7x16xf32>', expected 'tensor<2x7x32xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x16xf32>
  return
}

// -----

func.func @result_after_wo(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %wo: tensor<32x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{result has type 'tensor<2x7x32xf32>', expected 'tensor<2x7x16xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv output(%wo : tensor<32x16xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_query(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes q of type 'tensor<2x7x4x8xf32>', expected 'tensor<2x4x7x8xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x7x4x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_key(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes k of type 'tensor<2x4x7x8xf32>', expected 'tensor<2x2x7x8xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x4x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_key_of_context(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %c: tensor<2x9x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes k of type 'tensor<2x2x7x8xf32>', expected 'tensor<2x2x9x8xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv context(%c : tensor<2x9x16xf32>) heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_value(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x32xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes v of type 'tensor<2x2x7x8xf32>', expected 'tensor<2x2x7x16xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x32xf32>) -> tensor<2x7x64xf32>
  return
}

// -----

func.func @core_arguments(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes 1 values, expected q, k and v}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_yields(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x9xf32>) {
  // expected-error @below {{core yields 'tensor<2x4x7x9xf32>', expected 'tensor<2x4x7x8xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x9xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @core_yields_two(%x: tensor<2x7x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core yields 2 values, expected one}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o, %o : tensor<2x4x7x8xf32>, tensor<2x4x7x8xf32>
  } : (tensor<2x7x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<2x7x32xf32>
  return
}

// -----

func.func @dynamic_core(%x: tensor<?x?x16xf32>, %wq: tensor<16x32xf32>, %wk: tensor<16x16xf32>, %wv: tensor<16x16xf32>, %o: tensor<2x4x7x8xf32>) {
  // expected-error @below {{core takes q of type 'tensor<?x4x7x8xf32>', expected 'tensor<?x4x?x8xf32>'}}
  %y = attn.layer %x, %wq, %wk, %wv heads(4) kv_heads(2) {
  ^bb0(%q: tensor<?x4x7x8xf32>, %k: tensor<2x2x7x8xf32>, %v: tensor<2x2x7x8xf32>):
    attn.yield %o : tensor<2x4x7x8xf32>
  } : (tensor<?x?x16xf32>, tensor<16x32xf32>, tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<?x?x32xf32>
  return
}
