/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of AVX-512 as the tiles of blas/tile_tmpl.c use them. */
#ifndef BPB_VECTOR_V4_H
#define BPB_VECTOR_V4_H

#include <immintrin.h>

#include "tmpl.h"

#define VECTOR_BYTES 64
#define V(operation) BPB_SELECT(_mm512_##operation##_pd, _mm512_##operation##_ps)
typedef BPB_SELECT(__m512d, __m512) vec;
typedef BPB_SELECT(__mmask8, __mmask16) lanes;

/* Columns of the widest tile of 1, 2 and 3 vectors of rows: of 32 registers, 27 or 28 add up. */
#define TILE_COLS {0, 28, 14, 9}
#define FOR_EACH_TILE(X) TILES_28(X, 1) TILES_14(X, 2) TILES_9(X, 3)

/* The first n lanes, 1 <= n <= LANES. */
static inline lanes first_lanes(size_t n)
{
    return (lanes)((1u << n) - 1);
}
static inline vec vector_load_part(const real *x, lanes part)
{
    return V(maskz_loadu)(part, x);
}
static inline void vector_store_part(real *x, lanes part, vec value)
{
    V(mask_storeu)(x, part, value);
}

#endif
