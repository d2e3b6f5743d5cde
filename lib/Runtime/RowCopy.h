//===- RowCopy.h - Rows of elements from one place to another -------------===//
//
// Copies what a library cannot read or write where it lies.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_ROWCOPY_H
#define ATTN_RUNTIME_ROWCOPY_H

#include <cstdint>

namespace attn::rt {

/// Copies `count` elements, `fromStride` and `toStride` elements apart.
using RowCopy = void (*)(const char *from, int64_t fromStride, char *to,
                         int64_t toStride, int64_t count);

/// The copy from elements of type `from` to those of type `to` (`ATTN_RT_F32`,
/// …): between equal types, and between f32 and f16 or bf16, rounding to
/// nearest, ties to even. Null where this processor does not convert f16.
RowCopy selectRowCopy(int64_t from, int64_t to);

/// Bytes of an element.
int64_t elementSize(int64_t type);

} // namespace attn::rt

#endif // ATTN_RUNTIME_ROWCOPY_H
