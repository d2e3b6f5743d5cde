//===- Isa.h - one row a CPU instruction set -------------------*- C++ -*-===//
//
// Declares the rows of the table; each file beside this one holds one family.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGETINFO_CPU_ISA_H
#define ATTN_LIB_TARGETINFO_CPU_ISA_H

#include "attn/TargetInfo/TargetInfo.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::attn {

/// Rows of the x86-64 family, best first, and of 64-bit Arm.
ArrayRef<IsaFacts> getX86Isas();
ArrayRef<IsaFacts> getAArch64Isas();

/// The best row whose features are among `features`.
const IsaFacts &selectX86Isa(const llvm::StringSet<> &features);

/// How many bytes ahead `cpu`, or the host, is best asked for memory.
int64_t getX86Ahead(StringRef cpu);
int64_t getHostX86Ahead();

} // namespace mlir::attn

#endif // ATTN_LIB_TARGETINFO_CPU_ISA_H
