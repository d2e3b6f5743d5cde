//===- ThreadPool.h - The threads of the process --------------------------===//
//
// The pool of workers that all launches of the process share.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_THREADPOOL_H
#define ATTN_RUNTIME_THREADPOOL_H

#include "Worker.h"

#include <cstdint>

namespace attn::rt {

/// Runs `job` on the calling thread and on up to `helpers` workers, and returns
/// when all of them have left it. Workers that other launches hold at this time
/// are not waited for: the job runs with fewer.
void runWithHelpers(Job &job, int64_t helpers);

/// Keeps the lists of the pool as they are until `unlockPool`.
void lockPool();

/// Ends what `lockPool` began.
void unlockPool();

/// In the child of a fork, where no worker runs: starts over with an empty
/// pool. The pool is locked.
void forgetWorkers();

/// Ends every worker that is idle; no worker is started again.
void stopWorkers();

} // namespace attn::rt

#endif // ATTN_RUNTIME_THREADPOOL_H
