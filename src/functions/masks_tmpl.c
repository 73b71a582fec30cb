/* SPDX-License-Identifier: BSD-3-Clause */
/* Dropout: random words, and what they do to a matrix. No random state: see net/random.h. */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"
#include "functions/vmath_tmpl.h"

#define UNITS 16 /* done at a time */
#define GROUP 4  /* columns that the words of one counter are for */

/* What holds a word of Philox: 64 bits where compilers multiply such lanes in one instruction, for
 * then nothing is packed or unpacked between the rounds. */
#if defined __AVX512DQ__ || defined __clang__
typedef uint64_t lane;
#else
typedef uint32_t lane;
#endif

/* word[w][i] = word w of Philox4x32-10 for the counter (unit + i, group, 0, 0): bpb_philox4x32 of
 * net/random.c for UNITS counters at once. */
static void draw_words(const uint32_t key[2], uint32_t unit, uint32_t group,
                       uint32_t word[GROUP][UNITS])
{
    const uint32_t key_0 = key[0], key_1 = key[1];
#pragma omp simd
    for (uint32_t i = 0; i < UNITS; i++) {
        lane c0 = unit + i, c1 = group, c2 = 0, c3 = 0;
        uint32_t k0 = key_0, k1 = key_1;
#pragma GCC unroll 10
        for (int round = 0; round < 10; round++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
            const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
            c0 = (lane)(p1 >> 32) ^ c1 ^ k0;
            c2 = (lane)(p0 >> 32) ^ c3 ^ k1;
            c1 = (uint32_t)p1;
            c3 = (uint32_t)p0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        word[0][i] = (uint32_t)c0;
        word[1][i] = (uint32_t)c1;
        word[2][i] = (uint32_t)c2;
        word[3][i] = (uint32_t)c3;
    }
}

/* -0 for a word below the threshold, else kept a; a zero that is kept becomes +0. */
static inline real thinned(const struct dropout *dropout, uint32_t word, real a)
{
    return chosen(word < dropout->threshold, RC(-0.0), a * dropout->kept + 0);
}

/* n <= UNITS entries of one column; whole blocks by a loop of known length. */
static void thin(const struct dropout *dropout, const uint32_t *word, size_t n, const real *A,
                 real *thinned_A)
{
    const struct dropout c = *dropout;
    if (n == UNITS) {
#pragma omp simd
        for (size_t i = 0; i < UNITS; i++)
            thinned_A[i] = thinned(&c, word[i], A[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        thinned_A[i] = thinned(&c, word[i], A[i]);
}

/* Columns begin .. end-1 of the batch, all of one group; A and thinned_A begin at the first. */
static void drop_group(const struct dropout *dropout, size_t n, size_t begin, size_t end,
                       const real *A, real *thinned_A)
{
    const size_t group = begin / GROUP;
    uint32_t word[GROUP][UNITS];
    for (size_t i = 0; i < n; i += UNITS) {
        draw_words(dropout->key, (uint32_t)i, (uint32_t)group, word);
        for (size_t j = begin; j < end; j++) {
            const size_t at = (j - begin) * n + i;
            thin(dropout, word[j % GROUP], BPB_MIN(UNITS, n - i), A + at, thinned_A + at);
        }
    }
}

static void drop(const struct dropout *dropout, size_t n, size_t first, size_t B, const real *A,
                 real *thinned_A)
{
    for (size_t begin = first, end; begin < first + B; begin = end) {
        end = BPB_MIN((begin / GROUP + 1) * GROUP, first + B);
        const size_t at = (begin - first) * n;
        drop_group(dropout, n, begin, end, A + at, thinned_A + at);
    }
}

/* An entry that was dropped is the only one to be -0. */
static void drop_delta(real kept, size_t n, const real *thinned_A, real *D)
{
    const bits dropped = bits_of(RC(-0.0));
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        D[i] = chosen(bits_of(thinned_A[i]) == dropped, 0, kept * D[i]);
}

extern const struct masks LEVEL(masks);
const struct masks LEVEL(masks) = {.drop = drop, .drop_delta = drop_delta};
