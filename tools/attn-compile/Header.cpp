//===- Header.cpp - C declarations of compiled kernels --------------------===//
//
// Writes, for each kernel, what it takes and the names that C calls it by.
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace attn::exec;

static constexpr const char *kOpening =
    R"(// C entry points of compiled attention kernels; link with the object or the
// shared library of the same file.
//
// Every entry takes an array of pointers: one to the descriptor of each input,
// then one to that of each result, in the order of the signature. A result's
// memory is the caller's and must not overlap the inputs; one that continues an
// input in place takes a descriptor equal to that of the input. Strides count
// elements and may have any sign. Nothing is checked: KERNEL_shapes does that.
//
// KERNEL_shapes takes the descriptors of the inputs, then that of an int64_t
// tensor of rank 1, the report, which the caller fills with zeros. Afterwards
//   report[0]       is 0, or the number of the check that failed (from 1),
//   report[1 to 4]  are the values that its message shows,
//   report[5 …]     are the extents of all results, one after the other.

)";

/// A name for `symbol` that C takes and that is not in `used` yet.
static std::string getIdentifier(StringRef symbol, StringSet<> &used) {
  std::string name;
  if (symbol.empty() || isDigit(symbol[0]))
    name = "_";
  for (char c : symbol)
    name += isAlnum(c) ? c : '_';
  std::string unique = name;
  for (unsigned number = 2; !used.insert(unique).second; ++number)
    unique = name + "_" + std::to_string(number);
  return unique;
}

/// The descriptor of tensors of rank `rank`, defined once even where several
/// headers are included.
static void writeDescriptor(raw_ostream &os, int64_t rank) {
  os << formatv("#ifndef ATTN_DESCRIPTOR_{0}\n#define ATTN_DESCRIPTOR_{0}\n"
                "/// A tensor of rank {0}: the element at [0, …] is "
                "data[offset].\n"
                "typedef struct attn_descriptor_{0} {{\n"
                "  void *allocated; ///< the same as data\n"
                "  void *data;\n"
                "  int64_t offset;\n",
                rank);
  // C has no arrays without elements.
  if (rank > 0)
    os << formatv("  int64_t sizes[{0}];\n  int64_t strides[{0}];\n", rank);
  os << formatv("} attn_descriptor_{0};\n#endif\n\n", rank);
}

static void writeEntry(raw_ostream &os, const std::string &name,
                       const std::string &symbol) {
  os << "void " << name << "(void **arguments) __asm__(\"";
  printEscapedString(symbol, os);
  os << "\");\n";
}

void attn::compile::writeHeader(raw_ostream &os, ArrayRef<Signature> kernels) {
  os << kOpening << "#pragma once\n\n#include <stdint.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  // The report of shapes has rank 1.
  SmallSet<int64_t, 8> ranks;
  ranks.insert(1);
  for (const Signature &kernel : kernels) {
    for (const TensorType &type : kernel.inputs)
      ranks.insert(type.getRank());
    for (const TensorType &type : kernel.results)
      ranks.insert(type.getRank());
  }
  for (int64_t rank = 0; rank <= 8; ++rank)
    if (ranks.contains(rank))
      writeDescriptor(os, rank);

  StringSet<> used;
  for (const Signature &kernel : kernels) {
    std::string name = getIdentifier(kernel.name, used);
    os << "/// arguments:\n";
    unsigned number = 0;
    for (const TensorType &type : kernel.inputs)
      os << "///   [" << number++ << "] input   " << type.str() << '\n';
    for (auto [type, input] : zip_equal(kernel.results, kernel.sharedInputs)) {
      os << "///   [" << number++ << "] result  " << type.str();
      if (input >= 0)
        os << ", in place of [" << input << "]";
      os << '\n';
    }
    writeEntry(os, name + "_entry", kernel.name + ".entry");
    os << "/// arguments: the inputs, then [" << kernel.inputs.size()
       << "] the report\n";
    writeEntry(os, name + "_shapes", kernel.name + ".shapes.entry");
    os << '\n';
  }
  os << "#ifdef __cplusplus\n}\n#endif\n";
}
