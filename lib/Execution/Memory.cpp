//===- Memory.cpp - memory for results ------------------------------------===//
//
// Takes memory for results from the runtime.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Memory.h"
#include "attn-rt/abi.h"

void *attn::exec::allocateResult(uint64_t bytes) {
  return attn_rt_result_alloc(bytes);
}

void attn::exec::freeResult(void *memory) { attn_rt_result_free(memory); }
