//===- Tensor.cpp - Python arrays as strided views ------------------------===//
//
// Implements the two ways to an array's memory.
//
//===----------------------------------------------------------------------===//

#include "Tensor.h"
#include "Status.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <vector>

namespace nb = nanobind;
using namespace attn::python;

namespace {
/// One element type under the names that IR, NumPy and DLPack give it.
struct DTypeInfo {
  AttnDType dtype;
  const char *name;
  /// Kind and size as `__array_interface__` writes them, without byte order.
  const char *typestr;
  nb::dlpack::dtype_code code;
  uint8_t bits;
};
} // namespace

/// NumPy has neither bfloat16 nor float8_e4m3fn of its own: those of ml_dtypes
/// show as opaque bytes.
static const DTypeInfo dtypes[] = {
    {ATTN_F32, "f32", "f4", nb::dlpack::dtype_code::Float, 32},
    {ATTN_F64, "f64", "f8", nb::dlpack::dtype_code::Float, 64},
    {ATTN_F16, "f16", "f2", nb::dlpack::dtype_code::Float, 16},
    {ATTN_BF16, "bf16", "V2", nb::dlpack::dtype_code::Bfloat, 16},
    {ATTN_I32, "i32", "i4", nb::dlpack::dtype_code::Int, 32},
    {ATTN_I64, "i64", "i8", nb::dlpack::dtype_code::Int, 64},
    {ATTN_I8, "i8", "i1", nb::dlpack::dtype_code::Int, 8},
    {ATTN_I1, "i1", "b1", nb::dlpack::dtype_code::Bool, 8},
    {ATTN_F8E4M3FN, "f8E4M3FN", "V1", nb::dlpack::dtype_code::Float8_E4M3FN, 8},
};

const char *attn::python::getDTypeName(AttnDType dtype) {
  for (const DTypeInfo &info : dtypes)
    if (info.dtype == dtype)
      return info.name;
  return "?";
}

/// NumPy's name of a type that `__array_interface__` does not name; null for
/// others.
static const char *getOpaqueName(AttnDType dtype) {
  if (dtype == ATTN_BF16)
    return "bfloat16";
  return dtype == ATTN_F8E4M3FN ? "float8_e4m3fn" : nullptr;
}

[[noreturn]] static void raiseDType(const std::string &name,
                                    const std::string &found) {
  raise("ShapeError", name + " has element type " + found +
                          ", expected float32, float64, float16, bfloat16, "
                          "int32, int64, int8, bool or float8_e4m3fn in native "
                          "byte order");
}

static void checkRank(const std::string &name, size_t rank) {
  if (rank > ATTN_MAX_RANK)
    raise("ShapeError", name + " has " + std::to_string(rank) +
                            " dimensions, expected at most " +
                            std::to_string(ATTN_MAX_RANK));
}

/// Fills in the strides of a contiguous array.
static void setContiguous(AttnTensorView &view) {
  int64_t stride = 1;
  for (int32_t i = view.rank - 1; i >= 0; --i) {
    view.strides[i] = stride;
    stride *= view.sizes[i];
  }
}

Tensor::Tensor(nb::object array, std::string tensorName)
    : name(std::move(tensorName)) {
  nb::object interface =
      nb::getattr(array, "__array_interface__", nb::object());
  if (interface.is_valid()) {
    owner = array;
    viewInterface(nb::cast<nb::dict>(interface));
    // Other opaque elements (structured ones, say) are no such numbers.
    if (const char *expected = getOpaqueName(view.dtype)) {
      auto found = nb::cast<std::string>(array.attr("dtype").attr("name"));
      if (found != expected)
        raiseDType(name, found);
    }
    return;
  }
  if (!nb::hasattr(array, "__dlpack__")) {
    nb::str type = nb::type_name(array.type());
    raise("ArgumentError", name + " is a " + type.c_str() +
                               ", expected a NumPy array or an array with "
                               "__dlpack__");
  }
  viewDLPack(std::move(array));
}

void Tensor::viewInterface(nb::dict interface) {
  auto typestr = nb::cast<std::string>(interface["typestr"]);
  const DTypeInfo *info = nullptr;
  // '<' is little endian, '|' not applicable, '>' what no kernel reads.
  if (typestr[0] != '>')
    for (const DTypeInfo &candidate : dtypes)
      if (typestr.compare(1, std::string::npos, candidate.typestr) == 0)
        info = &candidate;
  if (!info) {
    nb::object dtype = nb::getattr(owner, "dtype", interface["typestr"]);
    raiseDType(name, nb::str(dtype).c_str());
  }
  view.dtype = info->dtype;

  auto shape = nb::cast<nb::tuple>(interface["shape"]);
  checkRank(name, shape.size());
  view.rank = static_cast<int32_t>(shape.size());
  for (int32_t i = 0; i < view.rank; ++i)
    view.sizes[i] = nb::cast<int64_t>(shape[i]);

  auto data = nb::cast<nb::tuple>(interface["data"]);
  view.data = reinterpret_cast<void *>(nb::cast<uintptr_t>(data[0]));
  readOnly = nb::cast<bool>(data[1]);
  setContiguous(view);
  nb::object strides =
      interface.contains("strides") ? interface["strides"] : nb::none();
  if (strides.is_none())
    return;
  int64_t bytes = info->bits / 8;
  for (int32_t i = 0; i < view.rank; ++i) {
    auto stride = nb::cast<int64_t>(strides[i]);
    if (stride % bytes != 0)
      raise("UnsupportedError",
            name + " has a stride of " + std::to_string(stride) +
                " bytes, expected a multiple of its element size " +
                std::to_string(bytes));
    view.strides[i] = stride / bytes;
  }
}

void Tensor::viewDLPack(nb::object array) {
  nb::ndarray<nb::ro> imported;
  if (!nb::try_cast(array, imported)) {
    // The producer knows why: a gradient is wanted, a stream is missing …
    array.attr("__dlpack__")();
    raise("ArgumentError", name + " cannot be read by DLPack");
  }
  if (imported.device_type() != nb::device::cpu::value)
    raise("UnsupportedError",
          name + " is on DLPack device " +
              std::to_string(imported.device_type()) +
              ", expected host memory: copy it to the CPU first");

  nb::dlpack::dtype dtype = imported.dtype();
  const DTypeInfo *info = nullptr;
  for (const DTypeInfo &candidate : dtypes)
    if (static_cast<uint8_t>(candidate.code) == dtype.code &&
        candidate.bits == dtype.bits && dtype.lanes == 1)
      info = &candidate;
  if (!info)
    raiseDType(name, "with DLPack code " + std::to_string(dtype.code) + " of " +
                         std::to_string(dtype.bits) + " bits");
  view.dtype = info->dtype;

  checkRank(name, imported.ndim());
  view.rank = static_cast<int32_t>(imported.ndim());
  view.data = const_cast<void *>(static_cast<const void *>(imported.data()));
  for (int32_t i = 0; i < view.rank; ++i)
    view.sizes[i] = static_cast<int64_t>(imported.shape(i));
  setContiguous(view);
  if (const int64_t *strides = imported.stride_ptr())
    std::copy(strides, strides + view.rank, view.strides);
  owner = nb::cast(nb::ndarray<nb::ro, nb::array_api>(imported));
  producer = std::move(array);
}

void Tensor::checkWritable() const {
  nb::ndarray<> forWriting;
  if (readOnly || (producer.is_valid() && !nb::try_cast(producer, forWriting)))
    raise("ArgumentError",
          name + " is read-only, expected memory that can be written");
}

const char *Tensor::getDType() const { return getDTypeName(view.dtype); }

nb::tuple Tensor::getShape() const {
  nb::list shape;
  for (int32_t i = 0; i < view.rank; ++i)
    shape.append(view.sizes[i]);
  return nb::tuple(shape);
}

nb::dict Tensor::getInterface() const {
  nb::list strides;
  nb::dict interface;
  for (const DTypeInfo &info : dtypes)
    if (info.dtype == view.dtype) {
      interface["typestr"] = nb::str(
          (std::string(info.bits == 8 ? "|" : "<") + info.typestr).c_str());
      for (int32_t i = 0; i < view.rank; ++i)
        strides.append(view.strides[i] * (info.bits / 8));
    }
  interface["version"] = 3;
  interface["shape"] = getShape();
  interface["strides"] = nb::tuple(strides);
  interface["data"] =
      nb::make_tuple(reinterpret_cast<uintptr_t>(view.data), true);
  return interface;
}

nb::object attn::python::exportOpaque(nb::object storage) {
  Tensor bytes(storage, "storage");
  const AttnTensorView &view = bytes.getView();
  std::vector<size_t> shape(view.sizes, view.sizes + view.rank);
  nb::dlpack::dtype dtype;
  for (const DTypeInfo &info : dtypes)
    if (info.dtype == view.dtype) {
      dtype.code = static_cast<uint8_t>(info.code);
      dtype.bits = info.bits;
    }
  dtype.lanes = 1;
  return nb::cast(
      nb::ndarray<nb::array_api>(view.data, shape.size(), shape.data(), storage,
                                 view.strides, dtype, nb::device::cpu::value));
}

void attn::python::addTensor(nb::module_ &module) {
  nb::class_<Tensor>(module, "Tensor", "A view of an array's memory.")
      .def(nb::init<nb::object, std::string>(), nb::arg("array").none(),
           nb::arg("name"))
      .def_prop_ro("dtype", &Tensor::getDType)
      .def_prop_ro("shape", &Tensor::getShape)
      .def_prop_ro("name", &Tensor::getName)
      .def_prop_ro("__array_interface__", &Tensor::getInterface)
      .def("check_writable", &Tensor::checkWritable);
  module.def("export_opaque", &exportOpaque, nb::arg("storage"),
             "A DLPack producer over an array of a type that NumPy cannot "
             "export: bfloat16 or float8_e4m3fn.");
}
