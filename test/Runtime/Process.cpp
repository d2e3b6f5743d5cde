//===- Process.cpp - Tests of forks and unloading -------------------------===//
//
// The runtime in the child of a fork, and in a library that is unloaded.
//
//===----------------------------------------------------------------------===//

#include "Process.h"
#include "Cases.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// Runs a grid that needs `threads` threads at once.
static void useThreads(int threads) {
  std::atomic<int> arrived{0};
  launchGrid(threads, threads, [&](int64_t) {
    void *block = attn_rt_alloc(100, 64);
    meet(arrived, threads);
    attn_rt_free(block);
  });
}

/// Runs `child` in a forked child and checks that it ends well, in 20 seconds.
template <typename Child> static void inChild(Child child) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    alarm(20);
    child();
    std::_Exit(0);
  }
  int status;
  CHECK_EQUAL(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  CHECK_EQUAL(WEXITSTATUS(status), 0);
}

TEST_CASE(forkUnused, "fork-before-first-launch") {
  inChild([] { useThreads(3); });
  useThreads(3);
}

TEST_CASE(forkUsed, "fork-then-launch") {
  for (int repeat = 0; repeat < 10; ++repeat) {
    useThreads(4);
    if (repeat % 2)
      usleep(2000); // until the workers sleep
    inChild([] { useThreads(4); });
    useThreads(4);
  }
}

TEST_CASE(forkTwice, "fork-in-fork") {
  useThreads(3);
  inChild([] {
    useThreads(3);
    inChild([] { useThreads(3); });
    useThreads(3);
  });
}

TEST_CASE(forkInside, "fork-in-launch") {
  useThreads(2);
  attn_rt_launch_begin(2);
  void *block = attn_rt_alloc(1000, 64);
  attn_rt_record_tiles(3, 2, 1);
  auto finish = [&] {
    std::atomic<int> arrived{0};
    runGrid(2, [&](int64_t) { meet(arrived, 2); });
    CHECK_EQUAL(attn_rt_live_bytes(), 1000);
    attn_rt_free(block);
    CHECK_EQUAL(attn_rt_live_bytes(), 0);
    attn_rt_counters counters;
    attn_rt_launch_end(&counters);
    CHECK_EQUAL(counters.tiles_total, 3);
    CHECK_EQUAL(counters.workspace_bytes, 1000);
  };
  inChild(finish);
  finish();
}

// The child has neither the threads nor the workspace of the other hosts.
TEST_CASE(forkBusy, "fork-while-others-launch") {
  useThreads(3);
  std::atomic<bool> done{false};
  std::vector<std::thread> hosts;
  for (int host = 0; host < 2; ++host)
    hosts.emplace_back([&] {
      while (!done)
        launchGrid(3, 20,
                   [](int64_t) { attn_rt_free(attn_rt_alloc(5000, 64)); });
    });
  for (int repeat = 0; repeat < 20; ++repeat)
    inChild([] {
      CHECK_EQUAL(attn_rt_live_bytes(), 0);
      useThreads(4);
      CHECK_EQUAL(attn_rt_live_bytes(), 0);
    });
  done = true;
  for (std::thread &host : hosts)
    host.join();
  CHECK_EQUAL(attn_rt_live_bytes(), 0);
}

// The default follows the processors that a child is given.
TEST_CASE(affinity, "fork-with-other-processors") {
  attn_rt_default_threads();
  inChild([] {
    cpu_set_t mask, one;
    CHECK_EQUAL(sched_getaffinity(0, sizeof(mask), &mask), 0);
    int processor = 0;
    while (!CPU_ISSET(processor, &mask))
      ++processor;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    CHECK_EQUAL(sched_setaffinity(0, sizeof(one), &one), 0);
    CHECK_EQUAL(attn_rt_default_threads(), 1);
    useThreads(3);
  });
}

/// The workers among the threads of this process, by their names.
static int countWorkers() {
  DIR *tasks = opendir("/proc/self/task");
  CHECK(tasks);
  int workers = 0;
  while (dirent *task = readdir(tasks)) {
    std::ifstream name(std::string("/proc/self/task/") + task->d_name +
                       "/comm");
    std::string text;
    workers += std::getline(name, text) && text == "attn-worker";
  }
  closedir(tasks);
  return workers;
}

TEST_CASE(unload, "unload") {
  int before = countWorkers();
  for (int repeat = 0; repeat < 5; ++repeat) {
    void *library = dlopen(pluginPath, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      std::fprintf(stderr, "%s\n", dlerror());
    CHECK(library);
    auto *run = reinterpret_cast<int64_t (*)()>(dlsym(library, "runPlugin"));
    CHECK(run);
    // A thread that ends after the library, which holds blocks for it.
    std::thread([&] {
      CHECK_EQUAL(run(), 0);
      CHECK_EQUAL(countWorkers(), before + 1);
      CHECK_EQUAL(dlclose(library), 0);
    }).join();
    CHECK(!dlopen(pluginPath, RTLD_NOW | RTLD_NOLOAD));
    // The system lists a thread for a moment after it has been joined.
    for (int wait = 0; countWorkers() != before && wait < 1000; ++wait)
      usleep(1000);
    CHECK_EQUAL(countWorkers(), before);
  }
}
