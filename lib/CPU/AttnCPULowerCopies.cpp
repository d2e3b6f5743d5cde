//===- AttnCPULowerCopies.cpp - copies of strided buffers as loops --------===//
//
// Turns copies that no memcpy can make into loops.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPULOWERCOPIES
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct AttnCPULowerCopies
    : attn::impl::AttnCPULowerCopiesBase<AttnCPULowerCopies> {
  void runOnOperation() override {
    getOperation().walk([](memref::CopyOp copy) {
      // What bufferization leaves of a result that is written in place.
      if (copy.getSource() == copy.getTarget()) {
        copy.erase();
        return;
      }
      auto isContiguous = [](Value buffer) {
        return cast<MemRefType>(buffer.getType()).getLayout().isIdentity();
      };
      if (isContiguous(copy.getSource()) && isContiguous(copy.getTarget()))
        return;
      OpBuilder builder(copy);
      linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(),
                               copy.getTarget());
      copy.erase();
    });
  }
};

} // namespace
