//===- attn-compile.cpp - compile kernels ahead of time -------------------===//
//
// The driver that turns a file of attention IR into any of its later forms.
//
//===----------------------------------------------------------------------===//

#include "../driver/Driver.h"
#include "Emit.h"

using namespace llvm;
using namespace attn;

static constexpr const char *kOverview =
    R"(Compiles attention IR ahead of time.

Forms of --emit:
  source planned tiled lowered binary   the IR at the end of that stage
  llvm      LLVM IR, optimised for the target
  asm       assembly
  obj       an object file, to be linked with the runtime
  shared    a shared library that contains the runtime
  header    C declarations of the entry points of obj and shared
)";

int main(int argc, char **argv) {
  std::string file, target = "host", fp = "reassoc", form = "binary",
                    output = "-";
  driver::CommandLine line("FILE.mlir [options]", kOverview);
  line.add("--target=CPU", "host, or CPU[:features]", target);
  line.add("--attn-fp=MODE", "reassoc, or strict for products as they stand",
           fp);
  line.add("--emit=FORM", "what comes out, see above; binary if absent", form);
  line.add("-o OUT", "where it goes; - is stdout, and what is meant if absent",
           output);
  return driver::runMain(argc, argv, line, file, [&] {
    return compile::emit(file, target, fp, form, output);
  });
}
