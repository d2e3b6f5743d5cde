//===- Main.cpp - Runs the tests of the runtime ---------------------------===//
//
// attn-rt-tests PLUGIN [CASE]: runs one case, or all of them in one process.
//
//===----------------------------------------------------------------------===//

#include "Cases.h"
#include "Process.h"

#include <cstring>

Case *Case::first = nullptr;

Case::Case(const char *name, void (*run)())
    : name(name), run(run), next(first) {
  first = this;
}

const char *pluginPath = nullptr;

// Exhausted memory is what some cases are about, and a child of a fork that
// starts threads what others are about; the sanitizers would rather stop.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" const char *__tsan_default_options() {
  return "allocator_may_return_null=1:die_after_fork=0";
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: attn-rt-tests PLUGIN [CASE]\n");
    return 2;
  }
  pluginPath = argv[1];
  bool found = false;
  for (Case *test = Case::first; test; test = test->next)
    if (argc == 2 || std::strcmp(argv[2], test->name) == 0) {
      found = true;
      std::printf("%s\n", test->name);
      std::fflush(stdout);
      test->run();
    }
  if (!found) {
    std::fprintf(stderr, "error: there is no such case\n");
    return 2;
  }
  return 0;
}
