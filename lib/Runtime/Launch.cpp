//===- Launch.cpp - What the runtime knows of one launch ------------------===//
//
// Implements the brackets of a launch and its tile counters.
//
//===----------------------------------------------------------------------===//

#include "Launch.h"
#include "ProcessHooks.h"
#include "ThreadCount.h"

#include "attn-rt/abi.h"

#include <algorithm>

using namespace attn::rt;

/// The launch that this thread opens as a host: it has one at a time.
static thread_local Launch hostLaunch;

/// The launch that this thread works for, its own or that of another thread.
static thread_local Launch *current = nullptr;

Launch *attn::rt::currentLaunch() { return current; }

LaunchScope::LaunchScope(Launch *launch) : previous(current) {
  current = launch;
}

LaunchScope::~LaunchScope() { current = previous; }

void attn_rt_launch_begin(int64_t threads) {
  installProcessHooks();
  hostLaunch.threads =
      threads > 0 ? std::min(threads, maxThreads) : defaultThreads();
  for (std::atomic<int64_t> *counter :
       {&hostLaunch.total, &hostLaunch.visited, &hostLaunch.partial,
        &hostLaunch.liveBytes, &hostLaunch.peakBytes, &hostLaunch.products})
    counter->store(0, std::memory_order_relaxed);
  hostLaunch.failed.store(false, std::memory_order_relaxed);
  hostLaunch.amxRefused.store(0, std::memory_order_relaxed);
  current = &hostLaunch;
}

void attn_rt_launch_end(attn_rt_counters *counters) {
  Launch *launch = current;
  current = nullptr;
  if (!counters)
    return;
  *counters = attn_rt_counters();
  if (!launch)
    return;
  counters->threads = launch->threads;
  counters->tiles_total = launch->total;
  counters->tiles_visited = launch->visited;
  counters->tiles_partial = launch->partial;
  counters->workspace_bytes = launch->peakBytes;
  counters->failed = launch->failed;
  counters->amx_refused = launch->amxRefused;
}

void attn_rt_record_tiles(int64_t total, int64_t visited, int64_t partial) {
  Launch *launch = current;
  if (!launch)
    return;
  launch->total.fetch_add(total, std::memory_order_relaxed);
  launch->visited.fetch_add(visited, std::memory_order_relaxed);
  launch->partial.fetch_add(partial, std::memory_order_relaxed);
}

int64_t attn_rt_library_products() { return hostLaunch.products; }
