//===- ThreadCount.h - How many threads to use ----------------------------===//
//
// The processors that the process may use and the default number of threads.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_THREADCOUNT_H
#define ATTN_RUNTIME_THREADCOUNT_H

#include <cstdint>

namespace attn::rt {

/// The most threads that a launch uses, whatever it asks for.
constexpr int64_t maxThreads = 1024;

/// The processors that the calling thread may run on, at least 1.
int64_t usableProcessors();

/// The threads of a launch that asks for none: ATTN_NUM_THREADS, else
/// `usableProcessors`. Found out once, since the environment must not be read
/// while another thread writes it.
int64_t defaultThreads();

/// Makes `defaultThreads` find out anew: the child of a fork often runs with
/// other processors than its parent.
void forgetDefaultThreads();

} // namespace attn::rt

#endif // ATTN_RUNTIME_THREADCOUNT_H
