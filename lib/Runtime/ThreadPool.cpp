//===- ThreadPool.cpp - The threads of the process ------------------------===//
//
// Implements claiming workers for a job and giving them back.
//
//===----------------------------------------------------------------------===//

#include "ThreadPool.h"
#include "ProcessHooks.h"
#include "ThreadCount.h"

#include <algorithm>
#include <cassert>

using namespace attn::rt;

namespace {

/// How long a thread spins before it sleeps. Kernels that a host calls one
/// after another come within this time, and waking a sleeper takes as long.
constexpr int64_t spinLimit = 50000;

/// The lists of the pool, all guarded by `mutex`.
struct Pool {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Worker *idle = nullptr; ///< last used first: those may still be spinning
  int64_t size = 0;       ///< workers that exist, idle or not
  bool stopped = false;   ///< whether no worker may be started any more
};

} // namespace

static Pool pool;

/// Appends to `tail` up to `wanted` new workers. The pool holds a thread for
/// every processor or, where one launch asks for more than that, as many as it
/// asks for. Workers beyond the processors do not spin: they would take the
/// processor from a thread that computes.
static void appendNewWorkers(Worker **tail, int64_t wanted, int64_t helpers) {
  if (pool.stopped || !installProcessHooks())
    return;
  int64_t processors = usableProcessors();
  int64_t capacity = std::max(processors - 1, helpers);
  for (; wanted > 0 && pool.size < capacity; --wanted) {
    Worker *worker = Worker::create(pool.size + 1 < processors ? spinLimit : 0);
    if (!worker)
      return;
    ++pool.size;
    *tail = worker;
    tail = &worker->next;
  }
}

/// Takes up to `helpers` workers out of the pool and returns them as a list.
static Worker *claimWorkers(int64_t helpers) {
  lockPool();
  Worker *claimed = pool.idle;
  Worker **tail = &claimed;
  int64_t missing = helpers;
  for (; missing > 0 && *tail; --missing)
    tail = &(*tail)->next;
  pool.idle = *tail;
  *tail = nullptr;
  if (missing > 0)
    appendNewWorkers(tail, missing, helpers);
  unlockPool();
  return claimed;
}

/// Gives the workers from `first` to `last`, linked in this order, back.
static void releaseWorkers(Worker *first, Worker *last) {
  lockPool();
  last->next = pool.idle;
  pool.idle = first;
  unlockPool();
}

void attn::rt::runWithHelpers(Job &job, int64_t helpers) {
  assert(helpers > 0 && "a job without helpers needs no pool");
  Worker *claimed = claimWorkers(helpers);
  job.unposted.store(claimed, std::memory_order_release);
  postToNext(job);
  job.run(job);

  // Workers that nobody got round to need not wake for a job that is done.
  Worker *unposted = job.unposted.exchange(nullptr, std::memory_order_acq_rel);
  // In the order of the list: who posts to a worker stands before it, so that
  // each worker has been posted to by the time it is looked at.
  Worker *last = nullptr;
  bool posted = true;
  for (Worker *worker = claimed; worker; worker = worker->next) {
    posted &= worker != unposted;
    if (posted)
      worker->finish();
    last = worker;
  }
  if (last)
    releaseWorkers(claimed, last);
}

void attn::rt::lockPool() { pthread_mutex_lock(&pool.mutex); }

void attn::rt::unlockPool() { pthread_mutex_unlock(&pool.mutex); }

void attn::rt::forgetWorkers() {
  while (Worker *worker = pool.idle) {
    pool.idle = worker->next;
    worker->forget();
  }
  pool.size = 0;
}

void attn::rt::stopWorkers() {
  // A thread that ended the process with the lock in hand keeps it for ever.
  if (pthread_mutex_trylock(&pool.mutex))
    return;
  pool.stopped = true;
  while (Worker *worker = pool.idle) {
    pool.idle = worker->next;
    worker->stop();
  }
  unlockPool();
}
