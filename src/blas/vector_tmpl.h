/* SPDX-License-Identifier: BSD-3-Clause */
/* The vectors of the x86-64 level that this is compiled for: v4, else v3. */
#ifndef BPB_VECTOR_TMPL_H
#define BPB_VECTOR_TMPL_H

#ifdef __AVX512F__
#include "blas/vector_v4.h"
#else
#include "blas/vector_v3.h"
#endif

#define LANES (VECTOR_BYTES / BPB_REAL_BYTES) /* of a vector */

/* Before a loop of constant count: its arrays of vectors are to become registers. And before one
 * whose rounds are to go two at a time. */
#ifdef __clang__
#define ALL_OF_THEM _Pragma("clang loop unroll(full)")
#define TWO_OF_THEM _Pragma("clang loop unroll_count(2)")
#else
#define ALL_OF_THEM _Pragma("GCC unroll 32")
#define TWO_OF_THEM _Pragma("GCC unroll 2")
#endif

/* x as a LANES x LANES matrix turned: within each 16 bytes of a vector, then these as wholes. */
static inline __attribute__((always_inline)) void vector_transpose(vec *x)
{
    ALL_OF_THEM for (int i = 0; i < LANES; i += 2)
    {
        const vec low = V(unpacklo)(x[i], x[i + 1]);
        x[i + 1] = V(unpackhi)(x[i], x[i + 1]);
        x[i] = low;
    }
    ALL_OF_THEM for (int i = 0; PIECE == 4 && i < LANES; i += 4)
    {
        const vec second = unpack_high_pair(x[i], x[i + 2]);
        const vec third = unpack_low_pair(x[i + 1], x[i + 3]);
        x[i] = unpack_low_pair(x[i], x[i + 2]);
        x[i + 3] = unpack_high_pair(x[i + 1], x[i + 3]);
        x[i + 1] = second;
        x[i + 2] = third;
    }
    ALL_OF_THEM for (int i = 0; i < PIECE; i++)
        transpose_of_pieces(x + i);
}

#endif
