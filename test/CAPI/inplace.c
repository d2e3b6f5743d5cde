// RUN: mkdir -p %t
// RUN: %cc -std=c11 -Wall -Wextra -Werror -pedantic -I%include %s \
// RUN:   -L%build/lib -lAttnC -Wl,-rpath,%build/lib -o %t/program
// RUN: %t/program | FileCheck %s

// A kernel that updates a cache: the caller passes one view as input and result.
#include "attn-c/Attn.h"
#include <stdio.h>

static const char text[] =
    "func.func @append(%c: tensor<1x?x2xf32> {attn.inplace},\n"
    "                  %n: tensor<1x1x2xf32>, %p: tensor<1xi32>)\n"
    "    -> tensor<1x?x2xf32> {\n"
    "  %r = attn.kv_append %c, %n, %p\n"
    "    : tensor<1x?x2xf32>, tensor<1x1x2xf32>, tensor<1xi32>\n"
    "  return %r : tensor<1x?x2xf32>\n"
    "}\n";

static void show(const char *what, AttnStatus *status) {
  printf("%s: %d %s\n", what, (int)attnStatusGetCode(status),
         attnStatusGetMessage(status));
  attnStatusDestroy(status);
}

int main(void) {
  AttnKernel *kernel = NULL;
  show("compile", attnKernelCompile(text, sizeof(text) - 1, NULL, NULL, &kernel));
  // CHECK: result 0 shares input 0, result 1 shares -1, without a kernel -1
  printf("result 0 shares input %d, result 1 shares %d, without a kernel %d\n",
         (int)attnKernelGetSharedInput(kernel, 0),
         (int)attnKernelGetSharedInput(kernel, 1),
         (int)attnKernelGetSharedInput(NULL, 0));

  float cache[6] = {0}, other[6] = {0}, row[2] = {3, 4};
  int32_t pos = 1;
  AttnTensorView inputs[3] = {
      {cache, ATTN_F32, 3, {1, 3, 2}, {6, 2, 1}},
      {row, ATTN_F32, 3, {1, 1, 2}, {2, 2, 1}},
      {&pos, ATTN_I32, 1, {1}, {1}},
  };
  // CHECK: in place: 0
  // CHECK: cache 0 0 3 4 0 0
  show("in place", attnKernelRun(kernel, inputs, 3, inputs, 1, 1, NULL));
  printf("cache %g %g %g %g %g %g\n", cache[0], cache[1], cache[2], cache[3],
         cache[4], cache[5]);

  // CHECK: elsewhere: 1 result 0 continues input 0 in place, expected the same memory and strides for both
  AttnTensorView result = inputs[0];
  result.data = other;
  show("elsewhere", attnKernelRun(kernel, inputs, 3, &result, 1, 1, NULL));
  // CHECK: other strides: 1 result 0 continues input 0 in place
  result = inputs[0];
  result.strides[0] = 7;
  show("other strides", attnKernelRun(kernel, inputs, 3, &result, 1, 1, NULL));
  // CHECK: behind the end: 2 the last row appended would be row 4 of a cache of 3, expected no more
  pos = 3;
  show("behind the end", attnKernelRun(kernel, inputs, 3, inputs, 1, 1, NULL));
  attnKernelRelease(kernel);
  return 0;
}
