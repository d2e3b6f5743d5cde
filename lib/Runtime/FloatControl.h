//===- FloatControl.h - Rounding and flushing of a thread -----------------===//
//
// Carries the floating-point control register of a caller to its helpers, so
// that a result does not depend on which thread computed it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_FLOATCONTROL_H
#define ATTN_RUNTIME_FLOATCONTROL_H

#include <cstdint>

namespace attn::rt {

/// The floating-point control register of the calling thread; 0 on processors
/// whose register is not known here.
inline uint64_t readFloatControl() {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
  uint64_t control;
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(control));
  return control;
#else
  return 0;
#endif
}

/// Makes `control` the floating-point control register of the calling thread.
inline void writeFloatControl([[maybe_unused]] uint64_t control) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(static_cast<unsigned>(control));
#elif defined(__aarch64__)
  __asm__ __volatile__("msr fpcr, %0" : : "r"(control));
#endif
}

} // namespace attn::rt

#endif // ATTN_RUNTIME_FLOATCONTROL_H
