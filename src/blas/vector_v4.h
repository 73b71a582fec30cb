/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of AVX-512 as the tiles of blas/tile_tmpl.c use them. */
#ifndef BPB_VECTOR_V4_H
#define BPB_VECTOR_V4_H

#include <immintrin.h>

#include "base/tmpl.h"

#define VECTOR_BYTES 64
#define AS_PAIRS(x) BPB_SELECT(x, _mm512_castps_pd(x))
#define PAIRS(x) BPB_SELECT(x, _mm512_castpd_ps(x))
#define PIECE (16 / BPB_REAL_BYTES) /* entries of 16 bytes, within which shuffles are cheap */
#define V(operation) BPB_SELECT(_mm512_##operation##_pd, _mm512_##operation##_ps)
typedef BPB_SELECT(__m512d, __m512) vec;
typedef BPB_SELECT(__mmask8, __mmask16) lanes;

/* Columns of the widest tile by vectors of rows: of 32 registers, 27 or 28 add up. clang 14 puts
 * some of 27 into memory. */
#ifdef __clang__
#define TILE_COLS {0, 28, 14, 8, 1, 0, 0, 0, 1}
#else
#define TILE_COLS {0, 28, 14, 9, 1, 0, 0, 0, 1}
#endif
#define FOR_EACH_TILE(X) TILES_28(X, 1) TILES_14(X, 2) TILES_9(X, 3) TILES_1(X, 4) TILES_1(X, 8)

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

/* Of each 16 bytes of a and of b, the low or the high 8. */
static inline vec unpack_low_pair(vec a, vec b)
{
    return PAIRS(_mm512_unpacklo_pd(AS_PAIRS(a), AS_PAIRS(b)));
}
static inline vec unpack_high_pair(vec a, vec b)
{
    return PAIRS(_mm512_unpackhi_pd(AS_PAIRS(a), AS_PAIRS(b)));
}

/* x[0], x[PIECE] and two more: the 16-byte pieces of the four as a matrix turned. */
static inline void transpose_of_pieces(vec *x)
{
#define PIECES(a, b, which) BPB_SELECT(_mm512_shuffle_f64x2, _mm512_shuffle_f32x4)(a, b, which)
    const vec even_0 = PIECES(x[0], x[PIECE], 0x88), odd_0 = PIECES(x[0], x[PIECE], 0xdd);
    const vec even_1 = PIECES(x[2 * PIECE], x[3 * PIECE], 0x88);
    const vec odd_1 = PIECES(x[2 * PIECE], x[3 * PIECE], 0xdd);
    x[0] = PIECES(even_0, even_1, 0x88);
    x[PIECE] = PIECES(odd_0, odd_1, 0x88);
    x[2 * PIECE] = PIECES(even_0, even_1, 0xdd);
    x[3 * PIECE] = PIECES(odd_0, odd_1, 0xdd);
#undef PIECES
}

#endif
