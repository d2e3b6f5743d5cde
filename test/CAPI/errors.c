// RUN: mkdir -p %t
// RUN: %cc -std=c11 -Wall -Wextra -Werror -pedantic -I%include %s \
// RUN:   -L%build/lib -lAttnC -Wl,-rpath,%build/lib -lm -o %t/program
// RUN: %t/program %t | FileCheck %s

// Every call that can be wrong is, and each gives a status and a message.
#include "attn-c/Attn.h"
#include <stdio.h>
#include <string.h>

static const char text[] = "func.func @f(%q: tensor<2x?x4xf32>, %k: "
                           "tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {\n"
                           "  %o = attn.sdpa %q, %k, %k\n"
                           "    : (tensor<2x?x4xf32>, tensor<2x?x4xf32>, "
                           "tensor<2x?x4xf32>) -> tensor<2x?x4xf32>\n"
                           "  return %o : tensor<2x?x4xf32>\n"
                           "}\n";

static void show(const char *what, AttnStatus *status) {
  printf("%s: %d %s\n", what, (int)attnStatusGetCode(status),
         attnStatusGetMessage(status));
  attnStatusDestroy(status);
}

static AttnStatus *compile(const char *module, const char *entry,
                           const char *target) {
  AttnKernel *kernel = (AttnKernel *)1;
  AttnStatus *status =
      attnKernelCompile(module, strlen(module), entry, target, &kernel);
  if (status && kernel)
    printf("a failed compilation left a handle\n");
  if (!status)
    attnKernelRelease(kernel);
  return status;
}

static AttnKernel *kernel;
static float q[24], k[24], o[24];

/// Runs on good views but for what the arguments say.
static AttnStatus *run(AttnTensorView input, AttnTensorView result,
                       int64_t threads) {
  AttnTensorView inputs[2] = {input, {k, ATTN_F32, 3, {2, 3, 4}, {12, 4, 1}}};
  return attnKernelRun(kernel, inputs, 2, &result, 1, threads, NULL);
}

int main(int argc, char **argv) {
  const AttnTensorView goodIn = {q, ATTN_F32, 3, {2, 3, 4}, {12, 4, 1}};
  const AttnTensorView goodOut = {o, ATTN_F32, 3, {2, 3, 4}, {12, 4, 1}};
  AttnTensorView in, out;
  AttnTensorType type;
  char *string;

  // CHECK: no kernel: 1 kernel is null
  show("no kernel", attnKernelCompile(text, strlen(text), NULL, NULL, NULL));
  // CHECK: no text: 1 text is null
  show("no text", attnKernelCompile(NULL, 0, NULL, NULL, &kernel));
  // CHECK: empty: 3 {{.*}}no public function
  show("empty", compile("", NULL, NULL));
  // CHECK: syntax: 3 <input>:1:{{[0-9]+}}: error:
  show("syntax", compile("func.func @f(", NULL, NULL));
  // CHECK: verifier: 3 <input>:1:{{[0-9]+}}: error: {{.*}}return
  show("verifier", compile("func.func @f(%q: tensor<1xf32>) -> tensor<2xf32> { "
                           "return %q : tensor<1xf32> }",
                           NULL, NULL));
  // CHECK: scalar: 3 kernel 'f': parameter 0 has type f32, expected a ranked
  show("scalar",
       compile("func.func @f(%x: f32) -> f32 { return %x : f32 }", NULL, NULL));
  // CHECK: zero byte: 3 {{.*}}zero byte
  AttnKernel *none = (AttnKernel *)1;
  show("zero byte", attnKernelCompile("func\0func", 9, NULL, NULL, &none));
  // CHECK: handle (nil)
  printf("handle %s\n", none ? "set" : "(nil)");
  // CHECK: entry: 1 the module has no kernel 'g', expected one of: f
  show("entry", compile(text, "g", NULL));
  // CHECK: target: {{[34]}} {{.*}}pentium-of-yore
  show("target", compile(text, NULL, "pentium-of-yore"));
  static char deep[2000];
  memset(deep, '(', sizeof(deep) - 1);
  // CHECK: nesting: 3 {{.*}}brackets nest 1999 deep
  show("nesting", compile(deep, NULL, NULL));

  // CHECK: good: 0
  show("good", attnKernelCompile(text, strlen(text), "f", "host", &kernel));

  // CHECK: inputs 2 0, results 1 0
  printf("inputs %d %d, results %d %d\n", attnKernelGetNumInputs(kernel),
         attnKernelGetNumInputs(NULL), attnKernelGetNumResults(kernel),
         attnKernelGetNumResults(NULL));
  // CHECK: input type: 0
  show("input type", attnKernelGetInputType(kernel, 1, &type));
  // CHECK: type 0 2x-1x4
  printf("type %d %dx%dx%d\n", (int)type.dtype, (int)type.sizes[0],
         (int)type.sizes[1], (int)type.sizes[2]);
  // CHECK: input 2: 1 input index is 2, expected 0 to 1
  show("input 2", attnKernelGetInputType(kernel, 2, &type));
  // CHECK: input -1: 1 input index is -1, expected 0 to 1
  show("input -1", attnKernelGetInputType(kernel, -1, &type));
  // CHECK: result 1: 1 result index is 1, expected 0 to 0
  show("result 1", attnKernelGetResultType(kernel, 1, &type));
  // CHECK: type null: 1 type is null
  show("type null", attnKernelGetResultType(kernel, 0, NULL));
  // CHECK: type of null: 1 kernel is null
  show("type of null", attnKernelGetInputType(NULL, 0, &type));

  void *memory = NULL;
  // CHECK: memory: 0
  show("memory", attnMemoryCreate(100, &memory));
  // CHECK: at a multiple of 64: 1
  printf("at a multiple of 64: %d\n", memory && (uintptr_t)memory % 64 == 0);
  memset(memory, 1, 100);
  attnMemoryDestroy(memory);
  attnMemoryDestroy(NULL);
  // CHECK: memory null: 1 memory is null, expected a place for the address
  show("memory null", attnMemoryCreate(100, NULL));
  // CHECK: memory huge: 5 no memory for 18446744073709551615 bytes
  show("memory huge", attnMemoryCreate(UINT64_MAX, &memory));

  // CHECK: run: 0
  show("run", run(goodIn, goodOut, 0));
  // CHECK: run null: 1 kernel is null
  show("run null", attnKernelRun(NULL, NULL, 0, NULL, 0, 0, NULL));
  // CHECK: no views: 1 inputs are null, expected 2 views
  show("no views", attnKernelRun(kernel, NULL, 2, &goodOut, 1, 0, NULL));
  // CHECK: minus one: 1 number of inputs is -1
  show("minus one", attnKernelRun(kernel, &goodIn, -1, &goodOut, 1, 0, NULL));
  // CHECK: one input: 1 kernel 'f' takes 2 inputs, got 1
  show("one input", attnKernelRun(kernel, &goodIn, 1, &goodOut, 1, 0, NULL));
  // CHECK: threads: 1 threads is -1
  show("threads", run(goodIn, goodOut, -1));
  in = goodIn, in.rank = 9;
  // CHECK: rank 9: 1 input 0 has rank 9, expected 0 to 8
  show("rank 9", run(in, goodOut, 0));
  in = goodIn, in.rank = -1;
  // CHECK: rank -1: 1 input 0 has rank -1, expected 0 to 8
  show("rank -1", run(in, goodOut, 0));
  in = goodIn, in.rank = 2;
  // CHECK: rank 2: 2 input 0 has rank 2, expected rank 3
  show("rank 2", run(in, goodOut, 0));
  in = goodIn, in.dtype = (AttnDType)77;
  // CHECK: dtype 77: 1 input 0 has element type number 77
  show("dtype 77", run(in, goodOut, 0));
  in = goodIn, in.dtype = ATTN_F64;
  // CHECK: dtype f64: 2 input 0 has element type f64, expected 2x?x4xf32
  show("dtype f64", run(in, goodOut, 0));
  in = goodIn, in.sizes[1] = -3;
  // CHECK: extent -3: 2 input 0 {{.*}}negative
  show("extent -3", run(in, goodOut, 0));
  in = goodIn, in.sizes[1] = INT64_MAX / 2;
  // CHECK: extent huge: 2 input 0 {{.*}}63 bits
  show("extent huge", run(in, goodOut, 0));
  in = goodIn, in.sizes[0] = 3;
  // CHECK: heads: 2 input 0 {{.*}}extent 3 of dimension 0 must be 2
  show("heads", run(in, goodOut, 0));
  in = goodIn, in.data = NULL;
  // CHECK: no data: 1 input 0 has a null pointer for 24 elements
  show("no data", run(in, goodOut, 0));
  out = goodOut, out.sizes[1] = 2;
  // CHECK: result extent: 2 result 0 {{.*}}extent 2 of dimension 1 must be 3
  show("result extent", run(goodIn, out, 0));
  out = goodOut, out.data = q + 5;
  // CHECK: overlap: 1 result 0 overlaps input 0
  show("overlap", run(goodIn, out, 0));

  const AttnTensorView both[2] = {goodIn, goodIn};
  // CHECK: infer null: 1 kernel is null
  show("infer null", attnKernelInferResults(NULL, both, 2, &out, 1));
  // CHECK: infer into null: 1 results are null
  show("infer into null", attnKernelInferResults(kernel, both, 2, NULL, 1));
  // CHECK: infer two: 1 kernel 'f' gives 1 results, got room for 2
  show("infer two", attnKernelInferResults(kernel, both, 2, &out, 2));

  // CHECK: describe: 1 no description 'nonsense', expected one of source,
  show("describe", attnKernelDescribe(kernel, "nonsense", &string));
  // CHECK: describe null: 1 what is null
  show("describe null", attnKernelDescribe(kernel, NULL, &string));
  // CHECK: describe into null: 1 text is null
  show("describe into null", attnKernelDescribe(kernel, "asm", NULL));
  // CHECK: describe no kernel: 1 kernel is null
  show("describe no kernel", attnKernelDescribe(NULL, "asm", &string));
  // CHECK: stats: 1 text is null
  show("stats", attnGetStats(NULL));
  // CHECK: save null: 1 path is null
  show("save null", attnKernelSave(kernel, NULL));
  char path[4096];
  snprintf(path, sizeof(path), "%s/no/such/folder/k.so",
           argc > 1 ? argv[1] : ".");
  // CHECK: save nowhere: 1 linking
  show("save nowhere", attnKernelSave(kernel, path));

  // CHECK: message of null is ''
  printf("message of null is '%s'\n", attnStatusGetMessage(NULL));
  attnKernelRelease(kernel);
  attnKernelRelease(NULL);
  attnStringDestroy(NULL);
  // CHECK: all released
  printf("all released\n");
  return 0;
}
