//===- Kernel.cpp - compiled kernels as Python objects --------------------===//
//
// Implements compiling, running and describing kernels.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Status.h"
#include "Tensor.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <vector>

namespace nb = nanobind;
using namespace attn::python;

Kernel::Kernel(const std::string &text, const std::optional<std::string> &entry,
               const std::optional<std::string> &target) {
  AttnKernel *compiled = nullptr;
  AttnStatus *status = nullptr;
  {
    nb::gil_scoped_release release;
    status = attnKernelCompile(text.data(), text.size(),
                               entry ? entry->c_str() : nullptr,
                               target ? target->c_str() : nullptr, &compiled);
  }
  check(status);
  kernel.reset(compiled);
}

/// Extents of a view or a type as a tuple.
static nb::tuple getExtents(const int64_t *sizes, int32_t rank) {
  nb::list extents;
  for (int32_t i = 0; i < rank; ++i)
    extents.append(sizes[i]);
  return nb::tuple(extents);
}

/// Appends `(element type, extents)` to `types`.
static void appendType(nb::list &types, const AttnTensorType &type) {
  types.append(nb::make_tuple(getDTypeName(type.dtype),
                              getExtents(type.sizes, type.rank)));
}

nb::list Kernel::getInputTypes() const {
  nb::list types;
  for (int32_t i = 0, e = getNumInputs(); i < e; ++i) {
    AttnTensorType type = {};
    check(attnKernelGetInputType(kernel.get(), i, &type));
    appendType(types, type);
  }
  return types;
}

nb::list Kernel::getResultTypes() const {
  nb::list types;
  for (int32_t i = 0, e = getNumResults(); i < e; ++i) {
    AttnTensorType type = {};
    check(attnKernelGetResultType(kernel.get(), i, &type));
    appendType(types, type);
  }
  return types;
}

/// What a run did, under the names that the tools use.
static nb::dict getRunStats(const AttnRunStats &stats) {
  nb::dict dict;
  dict["threads"] = stats.threads;
  dict["tiles_total"] = stats.tiles_total;
  dict["tiles_visited"] = stats.tiles_visited;
  dict["tiles_partial"] = stats.tiles_partial;
  dict["workspace_bytes"] = stats.workspace_bytes;
  dict["library_products"] = stats.library_products;
  return dict;
}

nb::tuple Kernel::run(nb::list inputs, nb::callable allocate, int64_t threads) {
  std::vector<AttnTensorView> inputViews;
  for (nb::handle input : inputs)
    inputViews.push_back(nb::cast<const Tensor &>(input).getView());
  auto numInputs = static_cast<int32_t>(inputViews.size());

  std::vector<AttnTensorView> resultViews(getNumResults());
  auto numResults = static_cast<int32_t>(resultViews.size());
  check(attnKernelInferResults(kernel.get(), inputViews.data(), numInputs,
                               resultViews.data(), numResults));

  nb::list results;
  for (int32_t index = 0; index < numResults; ++index) {
    AttnTensorView &view = resultViews[index];
    int32_t shared = attnKernelGetSharedInput(kernel.get(), index);
    if (shared >= 0) {
      const auto &input = nb::cast<const Tensor &>(inputs[shared]);
      input.checkWritable();
      view = input.getView();
      results.append(nb::int_(shared));
      continue;
    }
    nb::object array =
        allocate(getDTypeName(view.dtype), getExtents(view.sizes, view.rank));
    // The storage of bfloat16 may be declared otherwise: only its place counts.
    AttnTensorView storage = Tensor(array, "result").getView();
    view.data = storage.data;
    std::copy(storage.strides, storage.strides + view.rank, view.strides);
    results.append(array);
  }

  AttnRunStats stats = {};
  AttnStatus *status = nullptr;
  {
    nb::gil_scoped_release release;
    status = attnKernelRun(kernel.get(), inputViews.data(), numInputs,
                           resultViews.data(), numResults, threads, &stats);
  }
  check(status);
  return nb::make_tuple(results, getRunStats(stats));
}

/// Takes over a string of the C API.
static std::string takeString(AttnStatus *status, char *text) {
  check(status);
  std::string copy = text;
  attnStringDestroy(text);
  return copy;
}

std::string Kernel::describe(const std::string &what) const {
  char *text = nullptr;
  AttnStatus *status = nullptr;
  {
    nb::gil_scoped_release release;
    status = attnKernelDescribe(kernel.get(), what.c_str(), &text);
  }
  return takeString(status, text);
}

void Kernel::save(const std::string &path) const {
  AttnStatus *status = nullptr;
  {
    nb::gil_scoped_release release;
    status = attnKernelSave(kernel.get(), path.c_str());
  }
  check(status);
}

std::string attn::python::getStats() {
  char *text = nullptr;
  AttnStatus *status = attnGetStats(&text);
  return takeString(status, text);
}

void attn::python::addKernel(nb::module_ &module) {
  nb::class_<Kernel>(module, "Kernel", "One compiled kernel.")
      .def(nb::init<const std::string &, const std::optional<std::string> &,
                    const std::optional<std::string> &>(),
           nb::arg("text"), nb::arg("entry").none(), nb::arg("target").none())
      .def_prop_ro("input_types", &Kernel::getInputTypes)
      .def_prop_ro("result_types", &Kernel::getResultTypes)
      .def("run", &Kernel::run, nb::arg("inputs"), nb::arg("allocate"),
           nb::arg("threads"))
      .def("describe", &Kernel::describe, nb::arg("what"))
      .def("save", &Kernel::save, nb::arg("path"));
  module.def("stats", &getStats, "Process-wide counters, as JSON.");
}
