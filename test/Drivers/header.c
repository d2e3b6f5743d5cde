// RUN: mkdir -p %t
// RUN: attn-compile %S/Inputs/attention.mlir --emit=header -o %t/attention.h
// RUN: attn-compile %S/Inputs/attention.mlir --emit=shared -o %t/attention.so
// RUN: FileCheck %s --check-prefix=HEADER < %t/attention.h
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t %s %t/attention.so \
// RUN:   -Wl,-rpath,%t -lm -o %t/program
// RUN: %t/program | FileCheck %s

// HEADER: [0] input 2x?x4xf32
// HEADER: [1] input 2x?x4xf32
// HEADER: [2] result 2x?x4xf32
// HEADER: [3] result 2x?xf32
// HEADER: void attention_entry(void **arguments)
// HEADER-SAME: __asm__("attention.entry");
// HEADER: void attention_shapes(void **arguments)
// HEADER-SAME: __asm__("attention.shapes.entry");
// HEADER: void with_counts_entry(void **arguments)
// HEADER-SAME: __asm__("with-counts.entry");

// Calls a kernel of a shared library from C, through nothing but its header.
#include "attention.h"
#include <math.h>
#include <stdio.h>

int main(void) {
  float q[2][3][4] = {0}, k[2][5][4], o[2][3][4], lse[2][3];
  for (int x = 0; x < 40; ++x)
    (&k[0][0][0])[x] = (float)(x % 4);
  attn_descriptor_3 query = {q, q, 0, {2, 3, 4}, {12, 4, 1}};
  attn_descriptor_3 keys = {k, k, 0, {2, 5, 4}, {20, 4, 1}};
  attn_descriptor_3 out = {o, o, 0, {2, 3, 4}, {12, 4, 1}};
  attn_descriptor_2 sums = {lse, lse, 0, {2, 3}, {3, 1}};

  int64_t report[10] = {0};
  attn_descriptor_1 told = {report, report, 0, {10}, {1}};
  attention_shapes((void *[]){&query, &keys, &told});
  // CHECK: check 0, results 2x3x4 and 2x3
  printf("check %d, results %dx%dx%d and %dx%d\n", (int)report[0],
         (int)report[5], (int)report[6], (int)report[7], (int)report[8],
         (int)report[9]);

  attention_entry((void *[]){&query, &keys, &out, &sums});
  // CHECK: out 0.000 1.000 2.000 3.000, lse 1.609
  printf("out %.3f %.3f %.3f %.3f, lse %.3f\n", o[1][2][0], o[1][2][1],
         o[1][2][2], o[1][2][3], lse[1][2]);
  return 0;
}
