// RUN: attn-opt %s --split-input-file --verify-diagnostics --attn-reassociate
// RUN: not attn-opt %s --split-input-file --attn-reassociate=fp=fast 2>&1 | FileCheck %s
// CHECK: error: fp is 'fast', expected strict or reassoc

// What the module asks for is one of two words.
// expected-error@below {{attn.fp is 'precise', expected strict or reassoc}}
module attributes {attn.fp = "precise"} {
  func.func @nothing() {
    return
  }
}
