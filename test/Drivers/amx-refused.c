// REQUIRES: avx512f
// UNSUPPORTED: amx-bf16
// RUN: mkdir -p %t
// RUN: attn-compile %S/Inputs/amx.mlir --target=sapphirerapids --emit=header -o %t/amx.h
// RUN: attn-compile %S/Inputs/amx.mlir --target=sapphirerapids --emit=shared -o %t/amx.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t -I%include %s %t/amx.so \
// RUN:   -Wl,-rpath,%t -lm -o %t/program
// RUN: %t/program | FileCheck %s

// Where the system does not grant AMX, a kernel that uses it returns with nothing
// done, and the launch says so: no tile instruction is met.
#include "amx.h"
#include "attn-rt/abi.h"
#include <stdio.h>

static unsigned short q[8][40][64], o[8][40][64];

int main(void) {
  o[7][39][63] = 12345;
  attn_descriptor_3 in = {q, q, 0, {8, 40, 64}, {2560, 64, 1}};
  attn_descriptor_3 out = {o, o, 0, {8, 40, 64}, {2560, 64, 1}};
  attn_rt_counters counters;
  attn_rt_launch_begin(1);
  dense_entry((void *[]){&in, &in, &in, &out});
  attn_rt_launch_end(&counters);
  // CHECK: refused 1, failed 0, tiles 0, out 12345
  printf("refused %d, failed %d, tiles %d, out %d\n", counters.amx_refused != 0,
         (int)counters.failed, (int)counters.tiles_total, o[7][39][63]);
  return 0;
}
