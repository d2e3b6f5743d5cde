//===- Kernel.h - compiled kernels as Python objects ----------------------===//
//
// Owns one kernel of the C API and runs it on views of Python arrays.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PYTHON_KERNEL_H
#define ATTN_PYTHON_KERNEL_H

#include "attn-c/Attn.h"

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>

namespace attn::python {

/// One reference to a compiled kernel. The interpreter is released while
/// compiling, running and printing, so that threads overlap.
class Kernel {
public:
  Kernel(const std::string &text, const std::optional<std::string> &entry,
         const std::optional<std::string> &target);

  int32_t getNumInputs() const { return attnKernelGetNumInputs(kernel.get()); }
  int32_t getNumResults() const {
    return attnKernelGetNumResults(kernel.get());
  }
  /// `(element type, extents)` of every input or result; -1 is a run-time
  /// extent.
  nanobind::list getInputTypes() const;
  nanobind::list getResultTypes() const;

  /// Runs on `inputs` (a list of Tensor). `allocate(element type, extents)`
  /// makes an array for each result. Returns the arrays and a dict of what the
  /// run did.
  nanobind::tuple run(nanobind::list inputs, nanobind::callable allocate,
                      int64_t threads);

  /// The text that the C API has under the name `what`.
  std::string describe(const std::string &what) const;
  /// Writes the kernel as a shared library.
  void save(const std::string &path) const;

private:
  /// Gives the reference back.
  struct Release {
    void operator()(AttnKernel *kernel) const { attnKernelRelease(kernel); }
  };
  std::unique_ptr<AttnKernel, Release> kernel;
};

/// Process-wide counters, as JSON.
std::string getStats();

/// Adds the class `Kernel` and `stats` to the module.
void addKernel(nanobind::module_ &module);

} // namespace attn::python

#endif // ATTN_PYTHON_KERNEL_H
