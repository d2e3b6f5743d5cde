// RUN: mkdir -p %t
// RUN: %cc -std=c11 -Wall -Wextra -Werror -pedantic -I%include %s \
// RUN:   -L%build/lib -lAttnC -Wl,-rpath,%build/lib -lm -o %t/program
// RUN: %t/program %t/kernel.so | FileCheck %s
// RUN: llvm-nm -D --defined-only %t/kernel.so \
// RUN:   | FileCheck %s --check-prefix=SAVED
// RUN: llvm-nm -D --defined-only %build/lib/libAttnC.so \
// RUN:   | FileCheck %s --check-prefix=EXPORTS
// SAVED-DAG: T f.entry
// SAVED-DAG: T f.shapes.entry

// The library shows its C functions and nothing else.
// EXPORTS-NOT: {{ (attn_|_Z|llvm|mlir|__)}}
// EXPORTS: T attnGetStats
// EXPORTS-NOT: {{ (attn_|_Z|llvm|mlir|__)}}

// The texts of a kernel, its handles and the counters of the process.
#include "attn-c/Attn.h"
#include <stdio.h>
#include <string.h>

static const char text[] =
    "func.func @f(%q: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {\n"
    "  %o = attn.sdpa %q, %q, %q mask(causal) align(top_left)\n"
    "    : (tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>) -> "
    "tensor<2x?x4xf32>\n"
    "  return %o : tensor<2x?x4xf32>\n"
    "}\n";

static void describe(AttnKernel *kernel, const char *what,
                     const char *expected) {
  char *string = NULL;
  AttnStatus *status = attnKernelDescribe(kernel, what, &string);
  printf("%s: %s\n", what,
         status                     ? attnStatusGetMessage(status)
         : strstr(string, expected) ? "as expected"
                                    : string);
  attnStatusDestroy(status);
  attnStringDestroy(string);
}

int main(int argc, char **argv) {
  AttnKernel *kernel = NULL, *again = NULL;
  AttnStatus *status =
      attnKernelCompile(text, strlen(text), "f", NULL, &kernel);
  if (status || argc != 2)
    return 1;
  // CHECK: source: as expected
  describe(kernel, "source", "attn.sdpa");
  // CHECK: planned: as expected
  describe(kernel, "planned", "#attn.schedule");
  // CHECK: tiled: as expected
  describe(kernel, "tiled", "attn.step");
  // CHECK: lowered: as expected
  describe(kernel, "lowered", "vector.");
  // CHECK: binary: as expected
  describe(kernel, "binary", "llvm.func");
  // CHECK: llvm: as expected
  describe(kernel, "llvm", "define void @f.entry(ptr");
  // CHECK: asm: as expected
  describe(kernel, "asm", "f.entry:");
  // CHECK: explain: as expected
  describe(kernel, "explain", "causal");
  // CHECK: stats: as expected
  describe(kernel, "stats", "\"isa\"");

  // The same text again is the same kernel, and outlives the first handle.
  status = attnKernelCompile(text, strlen(text), "f", NULL, &again);
  if (status)
    return 1;
  attnKernelRelease(kernel);
  // CHECK: stats: as expected
  describe(again, "stats", "\"cache_hit\":true");
  char *string = NULL;
  if (attnGetStats(&string))
    return 1;
  // CHECK: {"cache_hits":1,"compile_ms":
  // CHECK-SAME: "kernels_compiled":1,"live_workspace_bytes":0}
  printf("%s\n", string);
  attnStringDestroy(string);
  status = attnKernelSave(again, argv[1]);
  // CHECK: save: ''
  printf("save: '%s'\n", attnStatusGetMessage(status));
  attnStatusDestroy(status);
  attnKernelRelease(again);
  // CHECK: version {{[0-9]+\.[0-9]+\.[0-9]+}}
  printf("version %s\n", attnGetVersion());
  return 0;
}
