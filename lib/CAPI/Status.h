//===- Status.h - errors across the C border -------------------*- C++ -*-===//
//
// Declares what an AttnStatus holds and how errors become one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CAPI_STATUS_H
#define ATTN_LIB_CAPI_STATUS_H

#include "attn-c/Attn.h"
#include "attn/Execution/Error.h"

/// A failure on its way to C.
struct AttnStatus {
  AttnStatusCode code;
  std::string message;
};

namespace attn::capi {

/// The status of an error; null for success.
AttnStatus *toStatus(llvm::Error error);

/// A status for a call that no kernel could accept.
template <typename... Ts>
AttnStatus *makeInvalid(const char *format, Ts &&...values) {
  return toStatus(exec::makeError(exec::ErrorKind::InvalidArgument, format,
                                  std::forward<Ts>(values)...));
}

} // namespace attn::capi

#endif // ATTN_LIB_CAPI_STATUS_H
