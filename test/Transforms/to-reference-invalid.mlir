// RUN: attn-opt %s --attn-to-reference --split-input-file --verify-diagnostics

// Folds are what the reference is independent of: they have no place in it.
func.func @tiled(%n: index) {
  // expected-error @below {{has no reference form: it is part of a fold, expected mechanisms and parts only}}
  attn.record_tiles %n, %n, %n
  return
}
