//===- Worker.h - One thread of the pool ----------------------------------===//
//
// A thread that waits for a job, runs it and waits for the next one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_WORKER_H
#define ATTN_RUNTIME_WORKER_H

#include <atomic>
#include <cstdint>
#include <pthread.h>

namespace attn::rt {

class Worker;

/// Work that several threads do together: each of them calls `run` once.
struct Job {
  /// Makes a job of `run`.
  explicit Job(void (*run)(Job &)) : run(run) {}

  /// Does a share of the work on the calling thread; finding none is fine.
  void (*run)(Job &job);

  /// The first of the claimed workers that nobody has posted the job to yet;
  /// the others follow by `Worker::next`.
  std::atomic<Worker *> unposted{nullptr};
};

/// Posts `job` to the next two workers of its list. Every thread that takes up
/// a job does this first, so that n workers wake in log(n) steps instead of one
/// after another on the caller's time.
void postToNext(Job &job);

/// A thread of the pool. Between jobs it belongs to the idle list of the pool;
/// during a job to the thread that claimed it, which alone may call `finish`.
class alignas(128) Worker {
public:
  /// Starts a thread that spins for `spinNanoseconds` between two jobs before
  /// it sleeps; null if the system refuses memory or the thread.
  static Worker *create(int64_t spinNanoseconds);

  /// Hands `job` to the worker, which is idle.
  void post(Job &job);

  /// Takes the job back if the worker has not begun it, else waits until it has
  /// ended. So a caller never waits for a thread that is slow to wake up.
  void finish();

  /// Ends the thread of an idle worker and deletes the worker.
  void stop();

  /// Deletes a worker whose thread did not survive a fork.
  void forget();

  /// The next worker of the list that this worker is in. Constant while a job
  /// runs.
  Worker *next = nullptr;

private:
  /// What the worker does. It goes from Idle to Sleeping by itself; a post
  /// makes it Posted, from where it goes to Running and to Idle again.
  enum State : uint32_t {
    Idle,     ///< spins, waiting for a job
    Sleeping, ///< sleeps, waiting for a job
    Posted,   ///< has a job that it has not begun
    Running,  ///< runs the job
    Awaited,  ///< runs the job, and the caller sleeps until the end
    Stopped   ///< shall leave its thread
  };

  explicit Worker(int64_t spinNanoseconds) : spinNanoseconds(spinNanoseconds) {}

  /// Waits for a job and begins it; false if the thread shall end.
  bool take();

  /// What the thread of a worker does.
  static void *threadMain(void *worker);

  std::atomic<uint32_t> state{Idle};
  Job *job = nullptr;
  const int64_t spinNanoseconds;
  pthread_t thread;
};

} // namespace attn::rt

#endif // ATTN_RUNTIME_WORKER_H
