//===- NpyCopy.cpp - copies a .npy file -----------------------------------===//
//
// Reads a .npy file and writes it again, for the tests of both: the type goes
// to stdout, errors to stderr.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Npy.h"
#include "llvm/Support/raw_ostream.h"

using namespace attn::exec;

/// Usage: attn-npy-copy IN OUT [bf16 | f8E4M3FN], which says how to take u2, u1.
int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  llvm::ExitOnError exitOnError("error: ");
  std::optional<DType> expected;
  if (argc > 3)
    expected = argv[3] == getName(DType::BF16) ? DType::BF16 : DType::F8E4M3FN;
  NpyTensor tensor = exitOnError(readNpy(argv[1], expected));
  llvm::outs() << tensor.view.getType().str() << '\n';
  exitOnError(writeNpy(argv[2], tensor.view));
  return 0;
}
