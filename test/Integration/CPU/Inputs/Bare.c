//===- Bare.c - a host for kernels of another machine ---------------------===//
//
// Runs the kernel whose symbol is ENTRY on tensors from stdin and writes the last
// of them to stdout. Needs no C library, so that a test can link it for a machine
// that it emulates, with a compiler alone; the runtime is one of one thread.
//
// stdin, in words of 64 bits: the number of tensors; for each its rank, extents,
// strides and number of bytes, then the bytes, up to a whole word.
//
//===----------------------------------------------------------------------===//

#include "attn-rt/abi.h"

#include <stddef.h>

extern void entry(void **arguments) __asm__(ENTRY);

/// A system call of AArch64 Linux.
static long call(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2)
                   : "memory");
  return x0;
}

enum { systemRead = 63, systemWrite = 64, systemExit = 93 };

static void stop(long status) {
  for (;;)
    call(systemExit, status, 0, 0);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static char arena[64 << 20];
static uint64_t used;

void *attn_rt_alloc(uint64_t bytes, uint64_t alignment) {
  uint64_t start = ((uint64_t)(arena + used) + alignment - 1) & -alignment;
  if (start + bytes > (uint64_t)(arena + sizeof(arena)))
    stop(3);
  used = start + bytes - (uint64_t)arena;
  return (void *)start;
}

void attn_rt_free(void *pointer) {}

void *memcpy(void *to, const void *from, size_t count) {
  for (size_t k = 0; k < count; ++k)
    ((volatile char *)to)[k] = ((const char *)from)[k];
  return to;
}

void *memset(void *to, int value, size_t count) {
  for (size_t k = 0; k < count; ++k)
    ((volatile char *)to)[k] = (char)value;
  return to;
}

//===----------------------------------------------------------------------===//
// The rest of the runtime
//===----------------------------------------------------------------------===//

void attn_rt_parallel_for(int64_t count, attn_rt_task task, void *context) {
  if (count > 0)
    task(context, 0, count);
}

int64_t attn_rt_cell_rows(int64_t columns, int64_t rows, int64_t most,
                          int64_t least) {
  return most;
}

int64_t attn_rt_cell_columns(int64_t states, int64_t width, int64_t least,
                             int64_t shared) {
  return width;
}

void attn_rt_record_tiles(int64_t total, int64_t visited, int64_t partial) {}

int64_t attn_rt_matmul(const attn_rt_product *products, int64_t number) {
  return 0;
}

//===----------------------------------------------------------------------===//
// The host
//===----------------------------------------------------------------------===//

static void read(void *to, int64_t bytes) {
  while (bytes > 0) {
    long got = call(systemRead, 0, (long)to, bytes);
    if (got <= 0)
      stop(2);
    to = (char *)to + got;
    bytes -= got;
  }
}

static int64_t readWord(void) {
  int64_t word;
  read(&word, sizeof(word));
  return word;
}

void _start(void) {
  enum { most = 16, words = 3 + 2 * 8 };
  static int64_t descriptors[most][words];
  static void *arguments[most];
  int64_t count = readWord(), bytes = 0;
  if (count > most)
    stop(2);
  for (int64_t k = 0; k < count; ++k) {
    int64_t *descriptor = descriptors[k];
    int64_t rank = readWord();
    for (int64_t place = 0; place < 2 * rank; ++place)
      descriptor[3 + place] = readWord();
    bytes = readWord();
    void *data = attn_rt_alloc((bytes + 7) & -8, 64);
    read(data, (bytes + 7) & -8);
    descriptor[0] = descriptor[1] = (int64_t)data;
    arguments[k] = descriptor;
  }
  entry(arguments);
  const char *result = (const char *)descriptors[count - 1][1];
  while (bytes > 0) {
    long done = call(systemWrite, 1, (long)result, bytes);
    if (done <= 0)
      stop(2);
    result += done;
    bytes -= done;
  }
  stop(0);
}
