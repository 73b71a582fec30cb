/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of AVX2 as the tiles of blas/tile_tmpl.c use them. */
#ifndef BPB_VECTOR_V3_H
#define BPB_VECTOR_V3_H

#include <immintrin.h>

#include "base/tmpl.h"

#define VECTOR_BYTES 32
#define AS_PAIRS(x) BPB_SELECT(x, _mm256_castps_pd(x))
#define PAIRS(x) BPB_SELECT(x, _mm256_castpd_ps(x))
#define PIECE (16 / BPB_REAL_BYTES) /* entries of 16 bytes, within which shuffles are cheap */
#define V(operation) BPB_SELECT(_mm256_##operation##_pd, _mm256_##operation##_ps)
typedef BPB_SELECT(__m256d, __m256) vec;
typedef __m256i lanes; /* all bits of a lane */

/* Columns of the widest tile by vectors of rows: of 16 registers, 12 add up. */
#define TILE_COLS {0, 12, 6, 4, 1}
#define FOR_EACH_TILE(X) TILES_12(X, 1) TILES_6(X, 2) TILES_4(X, 3) TILES_1(X, 4)

/* The first n lanes, 1 <= n <= LANES. */
static inline lanes first_lanes(size_t n)
{
    const __m256i wanted = BPB_SELECT(_mm256_set1_epi64x((long long)n), _mm256_set1_epi32((int)n));
    return BPB_SELECT(_mm256_cmpgt_epi64(wanted, _mm256_setr_epi64x(0, 1, 2, 3)),
                      _mm256_cmpgt_epi32(wanted, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}
static inline vec vector_load_part(const real *x, lanes part)
{
    return V(maskload)(x, part);
}
static inline void vector_store_part(real *x, lanes part, vec value)
{
    V(maskstore)(x, part, value);
}

/* Of each 16 bytes of a and of b, the low or the high 8. */
static inline vec unpack_low_pair(vec a, vec b)
{
    return PAIRS(_mm256_unpacklo_pd(AS_PAIRS(a), AS_PAIRS(b)));
}
static inline vec unpack_high_pair(vec a, vec b)
{
    return PAIRS(_mm256_unpackhi_pd(AS_PAIRS(a), AS_PAIRS(b)));
}

/* x[0] and x[PIECE]: the 16-byte pieces of the two as a matrix turned. */
static inline void transpose_of_pieces(vec *x)
{
    const vec first = V(permute2f128)(x[0], x[PIECE], 0x20);
    x[PIECE] = V(permute2f128)(x[0], x[PIECE], 0x31);
    x[0] = first;
}

#endif
