//===- Memory.cpp - memory for results ------------------------------------===//
//
// Implements the C functions that hand out memory which is used again.
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Memory.h"
#include "Status.h"
#include "attn-c/Attn.h"

using namespace attn::capi;

AttnStatus *attnMemoryCreate(uint64_t bytes, void **memory) {
  if (!memory)
    return makeInvalid("memory is null, expected a place for the address");
  *memory = attn::exec::allocateResult(bytes);
  if (*memory)
    return nullptr;
  return toStatus(attn::exec::makeError(attn::exec::ErrorKind::OutOfMemory,
                                        "no memory for {0} bytes", bytes));
}

void attnMemoryDestroy(void *memory) { attn::exec::freeResult(memory); }
