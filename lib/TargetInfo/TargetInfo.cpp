//===- TargetInfo.cpp - from names to facts -------------------------------===//
//
// Resolves the name of a target through LLVM's own CPU tables, so that every
// CPU that LLVM knows is a target.
//
//===----------------------------------------------------------------------===//

#include "attn/TargetInfo/TargetInfo.h"
#include "CPU/Isa.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Process.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;

/// A cache size of the host in bytes, or `fallback` where the system does not
/// tell (48 KiB and 2 MiB are those of recent x86 server cores).
static int64_t getHostCache(int name, int64_t fallback) {
  long bytes = sysconf(name);
  return bytes > 0 ? bytes : fallback;
}

/// What asks for kernels of tiles on a CPU without.
static constexpr llvm::StringLiteral kEmulatedAMX = "+emulated-amx";

static constexpr int64_t kDefaultL1 = 48 << 10, kDefaultL2 = 2 << 20;

const IsaFacts *attn::lookupIsa(StringRef isa) {
  for (ArrayRef<IsaFacts> rows : {getX86Isas(), getAArch64Isas()})
    for (const IsaFacts &row : rows)
      if (row.name == isa)
        return &row;
  return nullptr;
}

static TargetFacts makeTarget(const IsaFacts &isa, StringRef triple,
                              StringRef cpu, StringRef features, int64_t l1,
                              int64_t l2) {
  return {isa.name.str(), triple.str(),  cpu.str(), features.str(),
          isa.vectorBits, isa.registers, l1,        l2};
}

/// The features LLVM gives an x86 CPU, and further ones ("+a,-b").
static llvm::StringSet<> getX86Features(StringRef cpu, StringRef extra) {
  SmallVector<StringRef> names;
  if (llvm::X86::parseArchX86(cpu) != llvm::X86::CK_None)
    llvm::X86::getFeaturesForCPU(cpu, names);
  llvm::StringSet<> features;
  for (StringRef name : names)
    features.insert(name);
  SmallVector<StringRef> extras;
  extra.split(extras, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : extras) {
    if (feature.consume_front("-"))
      features.erase(feature);
    else
      features.insert(feature.ltrim('+'));
  }
  return features;
}

/// What LLVM calls the tile unit whose kernels exist, of a CPU with `features`.
static Tiles selectTiles(const IsaFacts &isa,
                         const llvm::StringSet<> &features) {
  bool has = features.contains("amx-tile") && features.contains("amx-bf16");
  return has && isa.name == "avx512" ? Tiles::AMX : Tiles::None;
}

static TargetFacts resolveX86(StringRef cpu, StringRef extra) {
  // Not a feature that LLVM knows.
  bool isEmulated = false;
  SmallVector<StringRef> features;
  extra.split(features, ',', -1, /*KeepEmpty=*/false);
  llvm::erase_if(features, [&](StringRef feature) {
    bool found = feature == kEmulatedAMX;
    isEmulated |= found;
    return found;
  });
  std::string known = llvm::join(features, ",");
  llvm::StringSet<> all = getX86Features(cpu, known);
  const IsaFacts &isa = selectX86Isa(all);
  TargetFacts facts = makeTarget(isa, "x86_64-unknown-linux-gnu", cpu, known,
                                 kDefaultL1, kDefaultL2);
  facts.tiles = isEmulated ? Tiles::EmulatedAMX : selectTiles(isa, all);
  facts.ahead = getX86Ahead(cpu);
  return facts;
}

static llvm::Expected<TargetFacts> resolveNamed(StringRef name) {
  auto [cpu, extra] = name.split(':');
  bool isArm = cpu == "aarch64" || llvm::AArch64::parseCpu(cpu);
  if (isArm && extra.contains(kEmulatedAMX))
    return llvm::createStringError("target '" + name +
                                   "' cannot emulate amx, expected an x86 CPU");
  if (isArm)
    return makeTarget(getAArch64Isas().front(), "aarch64-unknown-linux-gnu",
                      cpu == "aarch64" ? "generic" : cpu, extra, 32 << 10,
                      1 << 20);
  if (llvm::X86::parseArchX86(cpu, /*Only64Bit=*/true) != llvm::X86::CK_None)
    return resolveX86(cpu, extra);
  return llvm::createStringError("unknown target '" + name +
                                 "', expected host, x86-64, x86-64-v3, "
                                 "x86-64-v4, aarch64, or another CPU that LLVM "
                                 "knows");
}

static llvm::Expected<TargetFacts> resolveHost() {
  // A cap pretends that the host is the named CPU.
  if (std::optional<std::string> cap =
          llvm::sys::Process::GetEnv("ATTN_TARGET");
      cap && !cap->empty() && *cap != "host") {
    llvm::Expected<TargetFacts> facts = resolveNamed(*cap);
    // Instructions are those of the other CPU, memory is that of the host.
    if (facts && llvm::Triple(facts->triple).isX86())
      facts->ahead = getHostX86Ahead();
    return facts;
  }
  llvm::StringSet<> features;
  std::string text;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    if (feature.getValue())
      features.insert(feature.getKey());
    text += (text.empty() ? "" : ",");
    text += (feature.getValue() ? "+" : "-") + feature.getKey().str();
  }
  int64_t l1 = getHostCache(_SC_LEVEL1_DCACHE_SIZE, kDefaultL1);
  int64_t l2 = getHostCache(_SC_LEVEL2_CACHE_SIZE, kDefaultL2);
  std::string triple = llvm::sys::getProcessTriple();
  llvm::Triple parsed(triple);
  if (parsed.isX86()) {
    const IsaFacts &isa = selectX86Isa(features);
    TargetFacts facts =
        makeTarget(isa, triple, llvm::sys::getHostCPUName(), text, l1, l2);
    facts.tiles = selectTiles(isa, features);
    facts.ahead = getHostX86Ahead();
    return facts;
  }
  if (parsed.isAArch64())
    return makeTarget(getAArch64Isas().front(), triple,
                      llvm::sys::getHostCPUName(), text, l1, l2);
  return llvm::createStringError("the host is " + triple +
                                 ", expected x86-64 or 64-bit Arm");
}

llvm::Expected<TargetFacts> attn::resolveTargetFacts(StringRef name) {
  return name == "host" ? resolveHost() : resolveNamed(name);
}

FailureOr<TargetAttr>
attn::resolveTarget(MLIRContext *context, StringRef name,
                    llvm::function_ref<InFlightDiagnostic()> emitError) {
  llvm::Expected<TargetFacts> facts = resolveTargetFacts(name);
  if (!facts)
    return emitError() << llvm::toString(facts.takeError());
  return TargetAttr::get(context, facts->isa, facts->triple, facts->cpu,
                         facts->features, facts->vectorBits, facts->registers,
                         facts->l1, facts->l2, facts->tiles, facts->ahead);
}

std::optional<std::string> attn::findWhatHostLacks(TargetAttr target) {
  llvm::Triple wanted(target.getTriple()), host(llvm::sys::getProcessTriple());
  if (wanted.getArch() != host.getArch())
    return wanted.getArchName().str();
  if (!wanted.isX86())
    return std::nullopt;
  // The code generator may use whatever the CPU's name implies, so every one of
  // its features must be here; those that the host does not report are no
  // instructions.
  llvm::StringMap<bool> here = llvm::sys::getHostCPUFeatures();
  llvm::StringSet<> features =
      getX86Features(target.getCpu(), target.getFeatures());
  std::optional<std::string> missing;
  for (const auto &feature : features) {
    auto found = here.find(feature.getKey());
    if (found != here.end() && !found->getValue() &&
        (!missing || feature.getKey() < *missing))
      missing = feature.getKey().str();
  }
  return missing;
}
