//===- Passes.td - passes for CPUs -----------------------------*- tablegen -*-===//
//
// Declares the passes from fold steps on buffers to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CPU_PASSES_TD
#define ATTN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnCPUSeparateEmptyTensors : Pass<"attn-cpu-separate-empty-tensors", "::mlir::func::FuncOp"> {
  let summary = "give every op its own empty tensors";
  let description = [{
    Common subexpression elimination makes one empty tensor of those of equal
    shape, which bufferization would have to tell apart again, inside of branches
    as well. Ops that use the same empty tensor get one each; what lies in the
    branches of one op keeps sharing it.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def AttnCPUDestinationArguments
    : Pass<"attn-cpu-destination-arguments", "::mlir::ModuleOp"> {
  let summary = "make kernels write into memory that the caller gives";
  let description = [{
    Each tensor that a public function returns becomes a further argument that
    the function writes; the function returns nothing. Public functions are
    marked for a C interface.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AttnCPUVectorize : Pass<"attn-cpu-vectorize", "::mlir::func::FuncOp"> {
  let summary = "lower fold steps on buffers to vector code";
  let description = [{
    The transposed form: lanes are queries, elements of K and V are broadcast,
    so nothing of K or V is packed and any stride will do. Products are
    `vector.contract` on register tiles of the schedule's shape.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::amx::AMXDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect",
                           "::mlir::math::MathDialect"];
}

def AttnCPULowerCopies : Pass<"attn-cpu-lower-copies", "::mlir::func::FuncOp"> {
  let summary = "turn copies of strided buffers into loops";
  let description = [{
    A copy between buffers that are not both contiguous becomes a
    `linalg.generic`: the library function it would call otherwise is not part
    of the runtime. Contiguous copies stay, and become memcpy. A copy of a buffer
    to itself is removed.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def AttnCPULowerProducts : Pass<"attn-cpu-lower-products", "::mlir::ModuleOp"> {
  let summary = "have a library multiply matrices, or loops";
  let description = [{
    Each `attn.product` on buffers becomes a call of `attn_rt_matmul`, and where
    that declines, a parallel grid over blocks of columns: vectors of sums where
    columns lie side by side, else `linalg.generic` ops. Sums are f32 (f64 for
    f64).
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def AttnCPULowerHeadProducts
    : Pass<"attn-cpu-lower-head-products", "::mlir::func::FuncOp"> {
  let summary = "multiply matrices head by head on register tiles";
  let description = [{
    Each `attn.head_product` on buffers becomes a grid over batches, heads and blocks of
    rows and columns. A cell keeps its sums in a block of its own, and adds to them for
    one stretch of the depth after the other, so that what it reads of rhs stays in the
    cache from row to row; rhs is copied where its columns do not lie side by side
    or do not fill whole vectors. Register tiles are those of the target.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::ub::UBDialect",
                           "::mlir::vector::VectorDialect"];
}

def AttnCPUApproximateMath : Pass<"attn-cpu-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "replace math functions by polynomials";
  let description = [{
    `math.exp2` and `math.exp` on f32 and f64 become range reduction and a
    polynomial; other functions on f32 use the upstream approximations. No
    library call is left in a loop.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect",
                           "::mlir::math::MathDialect"];
}

def AttnCPUExpandFloat8 : Pass<"attn-cpu-expand-float8", "::mlir::ModuleOp"> {
  let summary = "read f8E4M3FN, which no processor has instructions for";
  let description = [{
    `arith.extf` from f8E4M3FN, of a number or of a vector, becomes f16 by a few
    ops on 16-bit integers where the target converts halves, and f32 by a dozen
    ops on 32-bit integers elsewhere: exact for every pattern, subnormal numbers,
    both zeros and NaN included.
  }];
}

def AttnCPUOutlineGrid : Pass<"attn-cpu-outline-grid", "::mlir::ModuleOp"> {
  let summary = "hand parallel grids to the runtime's threads";
  let description = [{
    The body of each outermost `scf.forall` becomes a function over a range of
    grid cells, called through `attn_rt_parallel_for`; tile counters become
    calls of the runtime. Buffers of a cell are allocated once a range.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def AttnCPUToLLVM : Pass<"attn-cpu-to-llvm", "::mlir::ModuleOp"> {
  let summary = "convert functions, numbers and buffers to the LLVM dialect";
  let description = [{
    Functions, branches, `arith`, `math`, `index`, `ub`, `memref` and `amx` in one
    conversion, after vectors: a pass for each dialect would look at every op of
    the module as often. Math functions without an intrinsic become calls of the
    math library, allocations calls of `aligned_alloc`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"];
}

def AttnCPUExport : Pass<"attn-cpu-export", "::mlir::ModuleOp"> {
  let summary = "give each kernel an entry point of packed arguments";
  let description = [{
    `NAME.entry(void **)` loads pointers to the descriptors of all arguments
    and calls the kernel: the one signature that hosts need to know.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def AttnCPURequestAmx : Pass<"attn-cpu-request-amx", "::mlir::ModuleOp"> {
  let summary = "ask for AMX before a kernel that uses it";
  let description = [{
    An entry from which an AMX intrinsic can be reached calls
    `attn_rt_request_amx` first, and returns where that says no.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def AttnCPUEmulateAmx : Pass<"attn-cpu-emulate-amx", "::mlir::ModuleOp"> {
  let summary = "replace AMX ops by vector code, for tests";
  let description = [{
    Where the target's tiles are `emulated_amx`: tiles become vectors of two
    dimensions, `amx.tile_mulf` a call of a function with the arithmetic of
    `tdpbf16ps` (pairs in two sums, denormals as zeros). For testing kernels of
    AMX without AMX; elsewhere nothing happens.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // ATTN_CPU_PASSES_TD
