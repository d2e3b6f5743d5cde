//===- ProcessHooks.h - Fork and unload -----------------------------------===//
//
// Keeps the runtime in order when the process forks and when the runtime is
// unloaded.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PROCESSHOOKS_H
#define ATTN_RUNTIME_PROCESSHOOKS_H

namespace attn::rt {

/// Prepares the process once: the caches of blocks open, and the runtime starts
/// over in every child that is forked from now on. False if the system refuses
/// the latter; then no thread may be started, because a child would wait for it
/// in vain.
bool installProcessHooks();

} // namespace attn::rt

#endif // ATTN_RUNTIME_PROCESSHOOKS_H
