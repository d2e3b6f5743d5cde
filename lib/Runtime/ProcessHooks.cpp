//===- ProcessHooks.cpp - Fork and unload ---------------------------------===//
//
// Implements what happens at a fork and when the runtime is unloaded.
//
//===----------------------------------------------------------------------===//

#include "ProcessHooks.h"
#include "BlockCache.h"
#include "Buffers.h"
#include "ThreadCount.h"
#include "ThreadPool.h"

#include <pthread.h>

using namespace attn::rt;

static pthread_once_t hooksOnce = PTHREAD_ONCE_INIT;
static bool hooksInstalled = false;

/// Starts over in the child, which has one thread and the lock of the pool.
static void resetInChild() {
  forgetWorkers();
  unlockPool();
  forgetDefaultThreads();
  recountLiveBytes();
}

bool attn::rt::installProcessHooks() {
  pthread_once(&hooksOnce, [] {
    openBlockCaches();
    hooksInstalled = pthread_atfork(lockPool, unlockPool, resetInChild) == 0;
  });
  return hooksInstalled;
}

/// When the library or program that the runtime is linked into goes, no thread
/// may be left in its code and no callback may point to it.
__attribute__((destructor)) static void leaveProcess() {
  stopWorkers();
  closeBlockCaches();
}
