//===- tiles.h - the rate of products on AMX tiles --------------*- C++ -*-===//
//
// Declares the loop that attn-peak measures where there is AMX.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_TILES_H
#define ATTN_TOOLS_ATTN_BENCH_TILES_H

#include <cstdint>

/// True if the processor multiplies tiles of bf16 and the system lets us.
bool supportsTiles();
/// Runs that many rounds of products, of numbers that are not zero; returns the
/// operations done.
double multiplyAddTiles(int64_t rounds);

#endif // ATTN_TOOLS_ATTN_BENCH_TILES_H
