// RUN: mkdir -p %t
// RUN: attn-compile %S/Inputs/doubling.mlir --emit=header -o %t/layer.h
// RUN: attn-compile %S/Inputs/doubling.mlir --emit=shared -o %t/layer.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t -I%include %s %t/layer.so \
// RUN:   -Wl,-rpath,%t -o %t/program
// RUN: %t/program | FileCheck %s
// RUN: env ATTN_MATRIX_LIBRARY= %t/program | FileCheck %s --check-prefixes=CHECK,NONE

// A shared library needs no library of matrices to load, takes one where there is
// one, and computes the same without.
// RUN: llvm-readelf --needed-libs %t/layer.so | FileCheck %s --check-prefix=NEEDED
// NEEDED-NOT: dnnl
#include "layer.h"
#include "attn-rt/abi.h"
#include <stdio.h>

int main(void) {
  float x[1][20][4], y[1][20][4], one[4][4] = {{0}}, two[4][4] = {{0}};
  for (int k = 0; k < 80; ++k)
    (&x[0][0][0])[k] = (float)k;
  for (int k = 0; k < 4; ++k) {
    one[k][k] = 1;
    two[k][k] = 2;
  }
  attn_descriptor_3 rows = {x, x, 0, {1, 20, 4}, {80, 4, 1}};
  attn_descriptor_2 wv = {one, one, 0, {4, 4}, {4, 1}};
  attn_descriptor_2 wo = {two, two, 0, {4, 4}, {4, 1}};
  attn_descriptor_3 out = {y, y, 0, {1, 20, 4}, {80, 4, 1}};
  attn_rt_launch_begin(1);
  layer_entry((void *[]){&rows, &wv, &wo, &out});
  attn_rt_launch_end(0);
  // CHECK: y 0.0 2.0 156.0 158.0
  printf("y %.1f %.1f %.1f %.1f\n", y[0][0][0], y[0][0][1], y[0][19][2],
         y[0][19][3]);
  // NONE: products 0
  printf("products %d\n", (int)attn_rt_library_products());
  return 0;
}
