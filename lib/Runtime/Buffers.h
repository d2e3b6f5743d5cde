//===- Buffers.h - Workspace of kernels -----------------------------------===//
//
// What other parts of the runtime need of the workspace count.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_BUFFERS_H
#define ATTN_RUNTIME_BUFFERS_H

namespace attn::rt {

/// In the child of a fork: counts as alive only what the surviving thread has,
/// because nobody will free what the other threads had.
void recountLiveBytes();

} // namespace attn::rt

#endif // ATTN_RUNTIME_BUFFERS_H
