//===- BuildId.cpp - which build of the compiler this is ------------------===//
//
// Finds build ids among the notes of loaded files, in memory: no file is read.
//
//===----------------------------------------------------------------------===//

#include "BuildId.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Host.h"
#include <cstring>
#include <link.h>

namespace {

/// The search for the build id of the file that holds `address`.
struct Search {
  uintptr_t address;
  std::string id;
};

} // namespace

/// The build id among the notes in [data, data + size), as hexadecimal digits.
static std::string findBuildId(const char *data, size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, data, sizeof(note));
    size_t name = sizeof(note), text = name + llvm::alignTo(note.n_namesz, 4);
    size_t next = text + llvm::alignTo(note.n_descsz, 4);
    if (next > size)
      break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(data + name, "GNU", 4) == 0)
      return llvm::toHex(llvm::StringRef(data + text, note.n_descsz));
    data += next;
    size -= next;
  }
  return "";
}

/// Called by the loader for each loaded file; stops at the one searched for.
static int visitFile(dl_phdr_info *file, size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  llvm::ArrayRef<ElfW(Phdr)> segments(file->dlpi_phdr, file->dlpi_phnum);
  bool holds = llvm::any_of(segments, [&](const ElfW(Phdr) & segment) {
    return segment.p_type == PT_LOAD &&
           search.address - (file->dlpi_addr + segment.p_vaddr) <
               segment.p_memsz;
  });
  if (!holds)
    return 0;
  for (const ElfW(Phdr) &segment : segments)
    if (segment.p_type == PT_NOTE && search.id.empty())
      search.id = findBuildId(
          reinterpret_cast<const char *>(file->dlpi_addr + segment.p_vaddr),
          segment.p_memsz);
  return 1;
}

const std::string &attn::exec::getBuildIds() {
  static const std::string ids = [] {
    std::string all;
    // One address in each: they may be one file or three.
    for (auto address :
         {reinterpret_cast<uintptr_t>(&getBuildIds),
          reinterpret_cast<uintptr_t>(&mlir::translateModuleToLLVMIR),
          reinterpret_cast<uintptr_t>(&llvm::sys::getProcessTriple)}) {
      Search search{address, ""};
      dl_iterate_phdr(visitFile, &search);
      if (search.id.empty())
        return std::string();
      all += search.id + "\n";
    }
    return all;
  }();
  return ids;
}
