//===- peak.cpp - what the processor can do at this moment ----------------===//
//
// Measures the multiply-add rate of one instruction set, fp32 on vectors or
// bf16 on tiles, and the rates of reading and of copying memory, and prints
// them as one JSON object. attn-bench runs it in every turn, beside the kernels
// whose share of these rates it states.
//
//===----------------------------------------------------------------------===//

#include "tiles.h"
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace {

/// One way to multiply and add: `flops(rounds)` runs that many rounds and
/// returns the operations done, `supported` says whether the processor has it.
struct Isa {
  const char *name;
  bool (*supported)();
  double (*multiplyAdd)(int64_t rounds);
  bool bf16Only = false;
};

/// Keeps what a loop computed from being thrown away, at no cost.
template <typename T> void keep(T &value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// Independent chains of multiply-adds: latency of 4 times 2 pipes, and as many
/// again where the registers suffice.
constexpr int kChains = 12;

/// Defines the loop of one vector type. Each chain converges to a finite number
/// that is not zero, so no processor can take a short way.
#define DEFINE_MULTIPLY_ADD(function, features, lanes)                         \
  __attribute__((target(features))) double function(int64_t rounds) {          \
    typedef float Vector __attribute__((vector_size(4 * lanes)));              \
    Vector chains[kChains], factor = Vector{} + 0.75f, term = Vector{} + 0.5f; \
    keep(factor);                                                              \
    keep(term);                                                                \
    for (int chain = 0; chain < kChains; ++chain)                              \
      chains[chain] = Vector{} + static_cast<float>(chain);                    \
    for (int64_t round = 0; round < rounds; ++round) {                         \
      _Pragma("GCC unroll 12") for (int chain = 0; chain < kChains; ++chain)   \
          chains[chain] = chains[chain] * factor + term;                       \
    }                                                                          \
    for (Vector &chain : chains)                                               \
      keep(chain);                                                             \
    return 2.0 * lanes * kChains * static_cast<double>(rounds);                \
  }

#if defined(__x86_64__)
DEFINE_MULTIPLY_ADD(multiplyAddAvx512, "avx512f", 16)
DEFINE_MULTIPLY_ADD(multiplyAddAvx2, "avx2,fma", 8)
DEFINE_MULTIPLY_ADD(multiplyAddSse2, "sse2", 4)

/// Widest first: the first one supported is the native one.
const Isa kIsas[] = {
    {"amx", supportsTiles, multiplyAddTiles, /*bf16Only=*/true},
    {"avx512", [] { return bool(__builtin_cpu_supports("avx512f")); },
     multiplyAddAvx512},
    {"avx2",
     [] {
       return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
     },
     multiplyAddAvx2},
    {"sse2", [] { return true; }, multiplyAddSse2},
};
#else
DEFINE_MULTIPLY_ADD(multiplyAddNeon, "+simd", 4)

const Isa kIsas[] = {{"neon", [] { return true; }, multiplyAddNeon}};
#endif

/// Seconds of wall time, or of processor time of this thread.
double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) +
         1e-9 * static_cast<double>(time.tv_nsec);
}

/// GFLOP/s of one thread over about `seconds`: the best of the slices, since
/// what interrupts a slice is not the processor's limit.
double measureOneThread(const Isa &isa, double seconds) {
  constexpr int kSlices = 5;
  int64_t rounds = 1 << 16;
  double took = 0;
  while (took < seconds / kSlices) {
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    isa.multiplyAdd(rounds);
    took = now(CLOCK_THREAD_CPUTIME_ID) - start;
    if (took < seconds / kSlices)
      rounds *= 2;
  }
  double best = 0;
  for (int slice = 0; slice < kSlices; ++slice) {
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    double flops = isa.multiplyAdd(rounds);
    best = std::max(best, flops / (now(CLOCK_THREAD_CPUTIME_ID) - start));
  }
  return best * 1e-9;
}

/// GFLOP/s of `threads` threads together: the sum of what each reaches while
/// the others run.
double measureMultiplyAdd(const Isa &isa, int threads, double seconds) {
  std::vector<double> rates(threads);
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(
        [&, thread] { rates[thread] = measureOneThread(isa, seconds); });
  rates[0] = measureOneThread(isa, seconds);
  for (std::thread &other : others)
    other.join();
  double sum = 0;
  for (double rate : rates)
    sum += rate;
  return sum;
}

/// Memory in a mapping of its own, on huge pages where the system gives them,
/// every page of it written.
uint64_t *map(size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  memset(memory, 1, bytes);
  return static_cast<uint64_t *>(memory);
}

/// Sums `words` words with as many chains as hide the latency of loads.
uint64_t readAll(const uint64_t *memory, size_t words) {
  typedef uint64_t Vector __attribute__((vector_size(64)));
  const auto *vectors = reinterpret_cast<const Vector *>(memory);
  // 4 KiB ahead: several times what arrives while one load is on its way.
  constexpr size_t kAhead = 64;
  Vector sums[4] = {};
  size_t count = words / 8;
  for (size_t i = 0; i + 4 <= count; i += 4)
    for (size_t j = 0; j < 4; ++j) {
      __builtin_prefetch(reinterpret_cast<const char *>(vectors + i + j) +
                         64 * kAhead);
      sums[j] += vectors[i + j];
    }
  Vector sum = sums[0] + sums[1] + sums[2] + sums[3];
  return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

/// GB/s at which `threads` threads go through `bytes` that an eviction of the
/// caches came before, thread `t` by `run(t)`: the best of three.
template <typename Run>
double measureRate(size_t bytes, size_t evicted, int threads, Run run) {
  uint64_t *other = map(evicted);
  if (!other)
    return 0;
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    // Read and written: mere stores of so much may go around the caches.
    for (size_t word = 0; word < evicted / 8; ++word)
      other[word] += static_cast<uint64_t>(repeat) + 1;
    std::vector<std::thread> others;
    // One thread is measured as kernels of one thread are, without the time
    // that others had its core.
    clockid_t clock = threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    double start = now(clock);
    for (int thread = 1; thread < threads; ++thread)
      others.emplace_back([&, thread] { run(thread); });
    run(0);
    for (std::thread &one : others)
      one.join();
    best = std::max(best, static_cast<double>(bytes) / (now(clock) - start));
  }
  return best * 1e-9;
}

/// The rate of reading so much.
double measureRead(size_t bytes, size_t evicted, int threads) {
  uint64_t *data = map(bytes);
  if (!data)
    return 0;
  size_t words = bytes / 8 / threads;
  return measureRate(bytes, evicted, threads, [&](int thread) {
    uint64_t sum = readAll(data + thread * words, words);
    keep(sum);
  });
}

/// The rate of copying, by memcpy, where so much is read and written together.
double measureCopy(size_t bytes, size_t evicted, int threads) {
  uint64_t *from = map(bytes / 2), *to = map(bytes / 2);
  if (!from || !to)
    return 0;
  size_t words = bytes / 16 / threads;
  return measureRate(bytes, evicted, threads, [&](int thread) {
    memcpy(to + thread * words, from + thread * words, 8 * words);
    keep(to[thread * words]);
  });
}

/// What the command line asks for.
struct Options {
  std::string isa = "native";
  bool bf16 = false;
  int threads = 1;
  double milliseconds = 20;
  double readMiB = 0;
  double copyMiB = 0;
  double evictMiB = 0;
};

[[noreturn]] void fail(const std::string &message) {
  fprintf(stderr,
          "error: %s\nnote: attn-peak [--isa=NAME] [--dtype=f32|bf16] "
          "[--threads=N] [--ms=TIME] [--read-mib=SIZE] [--copy-mib=SIZE] "
          "[--evict-mib=SIZE]\n",
          message.c_str());
  exit(1);
}

/// The number after the `=` of an option, in (0, most].
double parseNumber(const std::string &option, const std::string &text,
                   double most) {
  char *end = nullptr;
  double value = strtod(text.c_str(), &end);
  if (text.empty() || *end || !(value > 0) || value > most)
    fail("'" + option + "' is '" + text +
         "', expected a number above 0, at most " +
         std::to_string(static_cast<long>(most)));
  return value;
}

Options parse(int argc, char **argv) {
  Options options;
  for (int index = 1; index < argc; ++index) {
    std::string argument = argv[index];
    size_t equals = std::min(argument.find('='), argument.size());
    std::string name = argument.substr(0, equals);
    std::string value =
        equals < argument.size() ? argument.substr(equals + 1) : "";
    if (name == "--isa")
      options.isa = value;
    else if (name == "--dtype") {
      if (value != "f32" && value != "bf16")
        fail("'--dtype' is '" + value + "', expected f32 or bf16");
      options.bf16 = value == "bf16";
    } else if (name == "--threads")
      options.threads = static_cast<int>(parseNumber(name, value, 1024));
    else if (name == "--ms")
      options.milliseconds = parseNumber(name, value, 10000);
    else if (name == "--read-mib")
      options.readMiB = parseNumber(name, value, 8192);
    else if (name == "--copy-mib")
      options.copyMiB = parseNumber(name, value, 8192);
    else if (name == "--evict-mib")
      options.evictMiB = parseNumber(name, value, 8192);
    else
      fail("unknown option '" + argument + "'");
  }
  options.threads = std::max(options.threads, 1);
  return options;
}

/// The loop of that name, or the fastest that the processor has for the type.
const Isa &select(const std::string &name, bool bf16) {
  std::string known = "native";
  for (const Isa &isa : kIsas) {
    known += std::string(", ") + isa.name;
    if (name == "native" ? isa.bf16Only && !bf16 : name != isa.name)
      continue;
    if (isa.supported())
      return isa;
    if (name == isa.name)
      fail("this processor has no " + name);
  }
  fail("unknown instruction set '" + name + "', expected " + known);
}

} // namespace

int main(int argc, char **argv) {
  Options options = parse(argc, argv);
  const Isa &isa = select(options.isa, options.bf16);
  double flops =
      measureMultiplyAdd(isa, options.threads, options.milliseconds * 1e-3);
  double mebibyte = 1 << 20;
  auto evicted =
      static_cast<size_t>(std::max(options.evictMiB, 64.0) * mebibyte);
  auto measure = [&](double mebibytes, auto rate) {
    return mebibytes > 0 ? rate(static_cast<size_t>(mebibytes * mebibyte),
                                evicted, options.threads)
                         : 0.0;
  };
  printf("{\"isa\": \"%s\", \"threads\": %d, \"gflops\": %.3f, "
         "\"read_gbps\": %.3f, \"copy_gbps\": %.3f}\n",
         isa.name, options.threads, flops,
         measure(options.readMiB, measureRead),
         measure(options.copyMiB, measureCopy));
  return 0;
}
