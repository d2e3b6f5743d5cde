//===- Memory.cpp - memory for results ------------------------------------===//
//
// Implements the C functions that hand out memory which is used again.
//
//===----------------------------------------------------------------------===//

#include "Status.h"
#include "attn-c/Attn.h"
#include "attn-rt/abi.h"

using namespace attn::capi;

AttnStatus *attnMemoryCreate(uint64_t bytes, void **memory) {
  if (!memory)
    return makeInvalid("memory is null, expected a place for the address");
  *memory = attn_rt_result_alloc(bytes);
  if (*memory)
    return nullptr;
  return toStatus(attn::exec::makeError(attn::exec::ErrorKind::OutOfMemory,
                                        "no memory for {0} bytes", bytes));
}

void attnMemoryDestroy(void *memory) { attn_rt_result_free(memory); }
