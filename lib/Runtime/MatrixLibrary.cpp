//===- MatrixLibrary.cpp - oneDNN, where there is one ---------------------===//
//
// Loads oneDNN and calls it. Its C interface is declared here, as far as it is
// used, so that building needs no header of it: versions 2 and 3 agree on the
// product of f32; that of bf16 is taken from version 2.
//
//===----------------------------------------------------------------------===//

#include "MatrixLibrary.h"

#include <cstdlib>
#include <dlfcn.h>
#include <initializer_list>
#include <pthread.h>

using namespace attn::rt;

namespace {

/// A number that a product gets to know only when it runs.
constexpr int64_t runTimeValue = INT64_MIN;

/// Enumerators of the C interface.
enum { success = 0, engineCpu = 1, typeBFloat = 2, streamDefault = 1 };
enum { argumentSource = 1, argumentWeights = 33, argumentResult = 17 };

/// `dnnl_memory_desc_t` and `dnnl_matmul_desc_t` of version 2, which only the
/// library looks into: 696 and 2800 bytes in 2.6, with room to grow.
struct alignas(16) MatrixDesc {
  char bytes[2048];
};
struct alignas(16) ProductDesc {
  char bytes[8192];
};

/// `dnnl_exec_arg_t`.
struct Argument {
  int index;
  void *memory;
};

/// The functions of the library, by their names without `dnnl_`; null if it
/// lacks them.
struct Library {
  int (*sgemm)(char, char, int64_t, int64_t, int64_t, float, const float *,
               int64_t, const float *, int64_t, float, float *, int64_t);
  int (*engine_create)(void **, int, size_t);
  int (*stream_create)(void **, void *, unsigned);
  int (*stream_wait)(void *);
  int (*stream_destroy)(void *);
  int (*memory_desc_init_by_strides)(MatrixDesc *, int, const int64_t *, int,
                                     const int64_t *);
  int (*matmul_desc_init)(ProductDesc *, const MatrixDesc *, const MatrixDesc *,
                          const MatrixDesc *, const MatrixDesc *);
  int (*primitive_desc_create)(void **, const ProductDesc *, const void *,
                               void *, const void *);
  int (*primitive_desc_destroy)(void *);
  int (*primitive_create)(void **, const void *);
  int (*primitive_execute)(const void *, void *, int, const Argument *);
  int (*memory_create)(void **, const MatrixDesc *, void *, void *);
  int (*memory_destroy)(void *);
  /// Of OpenMP, on whose threads the library runs.
  int (*omp_get_max_threads)();
  void (*omp_set_num_threads)(int);

  void *engine;
  /// Products of bf16 of any extents and strides, by whether b is transposed.
  /// They keep nothing between runs, so that all threads share them.
  void *products[2];
};

/// While it lives, the library uses no thread but the calling one: the threads
/// of a launch are those of the runtime.
class OneThread {
public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

private:
  int previous = 0;
};

} // namespace

static pthread_once_t loadOnce = PTHREAD_ONCE_INIT;
static Library library;

OneThread::OneThread() {
  if (!library.omp_get_max_threads || !library.omp_set_num_threads)
    return;
  previous = library.omp_get_max_threads();
  library.omp_set_num_threads(1);
}

OneThread::~OneThread() {
  if (previous)
    library.omp_set_num_threads(previous);
}

/// Describes a matrix of bf16.
static bool describe(MatrixDesc &desc, int64_t rows, int64_t columns,
                     int64_t stride, bool transposed) {
  int64_t sizes[] = {rows, columns};
  int64_t strides[] = {transposed ? 1 : stride, transposed ? stride : 1};
  return library.memory_desc_init_by_strides(&desc, 2, sizes, typeBFloat,
                                             strides) == success;
}

/// Makes the product of bf16 with b transposed or not; null if this processor
/// has no instructions for it.
static void *makeProduct(bool transposed) {
  constexpr int64_t any = runTimeValue;
  MatrixDesc a, b, c;
  static ProductDesc product; // large for a stack; guarded by the caller
  if (!describe(a, any, any, any, false) ||
      !describe(b, any, any, any, transposed) ||
      !describe(c, any, any, any, false) ||
      library.matmul_desc_init(&product, &a, &b, nullptr, &c) != success)
    return nullptr;
  void *desc, *made;
  if (library.primitive_desc_create(&desc, &product, nullptr, library.engine,
                                    nullptr) != success)
    return nullptr;
  bool ok = library.primitive_create(&made, desc) == success;
  library.primitive_desc_destroy(desc);
  return ok ? made : nullptr;
}

/// Looks up `name` in the library and what it needs.
template <typename Function>
static bool find(void *file, const char *name, Function *&function) {
  function = reinterpret_cast<Function *>(dlsym(file, name));
  return function;
}

/// Loads what the environment names, or what systems install.
static void *openLibrary() {
  if (const char *name = std::getenv("ATTN_MATRIX_LIBRARY"))
    return *name ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : nullptr;
  for (const char *name : {"libdnnl.so.2", "libdnnl.so.3"})
    if (void *file = dlopen(name, RTLD_NOW | RTLD_LOCAL))
      return file;
  return nullptr;
}

static void load() {
  void *file = openLibrary();
  if (!file || !find(file, "dnnl_sgemm", library.sgemm))
    return;
  find(file, "omp_get_max_threads", library.omp_get_max_threads);
  find(file, "omp_set_num_threads", library.omp_set_num_threads);
  OneThread scope;
#define FIND(NAME) find(file, "dnnl_" #NAME, library.NAME)
  bool complete = FIND(engine_create) && FIND(stream_create) &&
                  FIND(stream_wait) && FIND(stream_destroy) &&
                  FIND(memory_desc_init_by_strides) && FIND(matmul_desc_init) &&
                  FIND(primitive_desc_create) && FIND(primitive_desc_destroy) &&
                  FIND(primitive_create) && FIND(primitive_execute) &&
                  FIND(memory_create) && FIND(memory_destroy);
#undef FIND
  if (complete &&
      library.engine_create(&library.engine, engineCpu, 0) == success)
    for (bool transposed : {false, true})
      library.products[transposed] = makeProduct(transposed);
}

bool attn::rt::canMultiplyFloats() {
  pthread_once(&loadOnce, load);
  return library.sgemm;
}

bool attn::rt::canMultiplyBFloats() {
  pthread_once(&loadOnce, load);
  return library.products[0] && library.products[1];
}

bool attn::rt::multiplyFloats(int64_t rows, int64_t depth, int64_t columns,
                              const Matrix &a, const Matrix &b,
                              const Matrix &c) {
  OneThread scope;
  return library.sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', rows,
                       columns, depth, 1, static_cast<float *>(a.data),
                       a.stride, static_cast<float *>(b.data), b.stride, 0,
                       static_cast<float *>(c.data), c.stride) == success;
}

bool attn::rt::multiplyBFloats(int64_t rows, int64_t depth, int64_t columns,
                               const Matrix &a, const Matrix &b,
                               const Matrix &c) {
  OneThread scope;
  MatrixDesc descs[3];
  if (!describe(descs[0], rows, depth, a.stride, false) ||
      !describe(descs[1], depth, columns, b.stride, b.transposed) ||
      !describe(descs[2], rows, columns, c.stride, false))
    return false;
  Argument arguments[] = {{argumentSource, nullptr},
                          {argumentWeights, nullptr},
                          {argumentResult, nullptr}};
  void *data[] = {a.data, b.data, c.data};
  void *stream = nullptr;
  bool ok =
      library.stream_create(&stream, library.engine, streamDefault) == success;
  for (int index = 0; index < 3; ++index)
    ok = ok && library.memory_create(&arguments[index].memory, &descs[index],
                                     library.engine, data[index]) == success;
  ok = ok &&
       library.primitive_execute(library.products[b.transposed], stream, 3,
                                 arguments) == success &&
       library.stream_wait(stream) == success;
  for (const Argument &argument : arguments)
    if (argument.memory)
      library.memory_destroy(argument.memory);
  if (stream)
    library.stream_destroy(stream);
  return ok;
}
