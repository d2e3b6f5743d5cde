//===- Worker.cpp - One thread of the pool --------------------------------===//
//
// Implements the protocol between a worker and the thread that claimed it.
//
//===----------------------------------------------------------------------===//

#include "Worker.h"
#include "Waiting.h"

#include <csignal>
#include <cstdlib>
#include <new>

using namespace attn::rt;

void attn::rt::postToNext(Job &job) {
  for (int posted = 0; posted < 2; ++posted) {
    Worker *worker = job.unposted.load(std::memory_order_acquire);
    do {
      if (!worker)
        return;
    } while (!job.unposted.compare_exchange_weak(worker, worker->next,
                                                 std::memory_order_acq_rel,
                                                 std::memory_order_acquire));
    worker->post(job);
  }
}

Worker *Worker::create(int64_t spinNanoseconds) {
  void *memory = aligned_alloc(alignof(Worker), sizeof(Worker));
  if (!memory)
    return nullptr;
  Worker *worker = new (memory) Worker(spinNanoseconds);

  // Signals are the business of the host's own threads.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  int error = pthread_create(&worker->thread, nullptr, threadMain, worker);
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  if (error) {
    worker->forget();
    return nullptr;
  }
  pthread_setname_np(worker->thread, "attn-worker");
  return worker;
}

void Worker::post(Job &newJob) {
  job = &newJob;
  if (state.exchange(Posted, std::memory_order_acq_rel) == Sleeping)
    wakeSleepers(state);
}

void Worker::finish() {
  uint32_t seen = Posted;
  if (state.compare_exchange_strong(seen, Idle, std::memory_order_acquire))
    return;
  auto ended = [&] {
    seen = state.load(std::memory_order_acquire);
    return seen != Running && seen != Awaited;
  };
  while (!spinUntil(ended, spinNanoseconds)) {
    seen = Running;
    if (state.compare_exchange_strong(seen, Awaited,
                                      std::memory_order_acquire) ||
        seen == Awaited)
      sleepWhile(state, Awaited);
  }
}

bool Worker::take() {
  while (true) {
    spinUntil([&] { return state.load(std::memory_order_relaxed) != Idle; },
              spinNanoseconds);
    uint32_t seen = Idle;
    if (state.compare_exchange_strong(seen, Sleeping,
                                      std::memory_order_acq_rel)) {
      while (state.load(std::memory_order_relaxed) == Sleeping)
        sleepWhile(state, Sleeping);
      continue;
    }
    if (seen == Stopped)
      return false;
    // This fails if the caller takes the job back in this moment.
    if (state.compare_exchange_strong(seen, Running, std::memory_order_acquire))
      return true;
  }
}

void *Worker::threadMain(void *argument) {
  Worker &worker = *static_cast<Worker *>(argument);
  while (worker.take()) {
    postToNext(*worker.job);
    worker.job->run(*worker.job);
    // From here on the job may be gone; the worker is not.
    if (worker.state.exchange(Idle, std::memory_order_acq_rel) == Awaited)
      wakeSleepers(worker.state);
  }
  return nullptr;
}

void Worker::stop() {
  if (state.exchange(Stopped, std::memory_order_acq_rel) == Sleeping)
    wakeSleepers(state);
  pthread_join(thread, nullptr);
  forget();
}

void Worker::forget() {
  this->~Worker();
  free(this);
}
