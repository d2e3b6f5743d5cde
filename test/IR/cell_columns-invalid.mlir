// RUN: attn-opt %s --split-input-file --verify-diagnostics

// A cell has some columns.
func.func @case(%states: index) -> index {
  // expected-error@below {{has width 64, least 0 and shared 16, expected least from 1 to width, and shared at least 0}}
  %columns = attn.cell_columns states(%states) width(64) least(0) shared(16)
  return %columns : index
}

// -----

// And no more than there are.
func.func @case(%states: index) -> index {
  // expected-error@below {{has width 16, least 32 and shared 16, expected least from 1 to width, and shared at least 0}}
  %columns = attn.cell_columns states(%states) width(16) least(32) shared(16)
  return %columns : index
}

// -----

// Work takes time.
func.func @case(%states: index) -> index {
  // expected-error@below {{has width 64, least 32 and shared -1, expected least from 1 to width, and shared at least 0}}
  %columns = attn.cell_columns states(%states) width(64) least(32) shared(-1)
  return %columns : index
}
