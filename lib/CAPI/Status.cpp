//===- Status.cpp - errors across the C border ----------------------------===//
//
// Implements AttnStatus.
//
//===----------------------------------------------------------------------===//

#include "Status.h"

using namespace attn;

AttnStatus *capi::toStatus(llvm::Error error) {
  AttnStatus *status = nullptr;
  // Of several errors the first is told; the others are its consequences.
  auto tell = [&](AttnStatusCode code, std::string message) {
    if (!status)
      status = new AttnStatus{code, std::move(message)};
  };
  llvm::handleAllErrors(
      std::move(error),
      [&](const exec::Error &failure) {
        tell(AttnStatusCode(failure.getKind()), failure.getMessage());
      },
      [&](const llvm::ErrorInfoBase &failure) {
        tell(ATTN_COMPILE_ERROR, failure.message());
      });
  return status;
}

AttnStatusCode attnStatusGetCode(const AttnStatus *status) {
  return status ? status->code : ATTN_OK;
}

const char *attnStatusGetMessage(const AttnStatus *status) {
  return status ? status->message.c_str() : "";
}

void attnStatusDestroy(AttnStatus *status) { delete status; }
