/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operands of a product, and kernels run on them. What a matrix has between its columns is
 * NaN; what stands around C and behind the scratch must stay.
 */
#ifndef OPERANDS_TMPL_H
#define OPERANDS_TMPL_H

#include "blas/cpu.h"
#include "blas/kernels_tmpl.h"
#include "support_tmpl.h"

enum { GUARD = 24, KERNELS = 16 };

typedef const struct kernel kernel_type;

#ifdef BPB_X86_64_LEVELS
extern kernel_type BPB(kernel_tiles_v3), BPB(kernel_tiles_v4);
extern kernel_type BPB(kernel_packed_v3), BPB(kernel_packed_v4);
#endif

/* ---- Kernels ---- */

static inline size_t all_kernels(kernel_type **list)
{
    size_t count = 0;
    for (kernel_type *const *next = BPB(kernels)(); *next; next++)
        list[count++] = *next;
    assert_in_range(count, 2, KERNELS - 4);
    return count;
}

/* The exact kernels of every level that the CPU runs. */
static inline size_t exact_kernels(kernel_type **list)
{
    size_t count = 0;
#ifdef BPB_X86_64_LEVELS
    if (bpb_cpu_simd() >= SIMD_V3) {
        list[count++] = &BPB(kernel_tiles_v3);
        list[count++] = &BPB(kernel_packed_v3);
    }
    if (bpb_cpu_simd() >= SIMD_V4) {
        list[count++] = &BPB(kernel_tiles_v4);
        list[count++] = &BPB(kernel_packed_v4);
    }
#endif
    return count;
}

/* ---- Operands ---- */

struct operands {
    enum trans trans_A, trans_B;
    size_t m, n, k, lda, ldb, ldc, lde;
    real *A, *B, *E, *C; /* C: what is there before, with guards on both sides */
};

/* What E is: C, which is not read where beta is 0; apart from it; or one column for all. */
struct addend {
    real beta;
    enum { NOWHERE, IN_C, APART, ONE_COLUMN } place;
};
static const struct addend addends[] = {
    {0, NOWHERE}, {0, IN_C}, {1, IN_C}, {RC(0.9), IN_C}, {RC(0.9), APART}, {1, ONE_COLUMN},
};

/* Entries from -1 to 1, and NaN between the columns; no more memory than it must have. */
static inline real *make_matrix(struct rng *rng, size_t rows, size_t cols, size_t ld)
{
    const size_t n = (cols - 1) * ld + rows;
    real *matrix = make_reals(n);
    fill_uniform(rng, n, -1, 1, matrix);
    for (size_t i = 0; i < n; i++)
        if (i % ld >= rows)
            matrix[i] = (real)NAN;
    return matrix;
}

static inline size_t entries_of_C(const struct operands *o)
{
    return (o->n - 1) * o->ldc + o->m;
}

static inline real *make_C(struct rng *rng, const struct operands *o)
{
    real *inner = make_matrix(rng, o->m, o->n, o->ldc);
    real *C = make_reals(entries_of_C(o) + 2 * GUARD);
    fill_uniform(rng, entries_of_C(o) + 2 * GUARD, -1, 1, C);
    memcpy(C + GUARD, inner, entries_of_C(o) * sizeof *C);
    free(inner);
    return C;
}

/* which: 0..3, the transpositions. */
static inline struct operands make_operands(struct rng *rng, size_t m, size_t n, size_t k,
                                           unsigned which)
{
    struct operands o = {which & 1 ? TRANS : NO_TRANS, which & 2 ? TRANS : NO_TRANS, m, n, k,
                         .lda = rng_between(rng, 0, 5), .ldb = rng_between(rng, 0, 5),
                         .ldc = m + rng_between(rng, 0, 5), .lde = m + rng_between(rng, 0, 5)};
    o.lda += o.trans_A == TRANS ? k : m;
    o.ldb += o.trans_B == TRANS ? n : k;
    o.A = o.trans_A == TRANS ? make_matrix(rng, k, m, o.lda) : make_matrix(rng, m, k, o.lda);
    o.B = o.trans_B == TRANS ? make_matrix(rng, n, k, o.ldb) : make_matrix(rng, k, n, o.ldb);
    o.E = make_matrix(rng, m, n, o.lde);
    o.C = make_C(rng, &o);
    return o;
}

static inline void free_operands(struct operands *o)
{
    free(o->A);
    free(o->B);
    free(o->E);
    free(o->C);
}

/* Entries (i, p) of op(A), (p, j) of op(B), and (i, j) of a C with guards. */
static inline real *A_at(const struct operands *o, size_t i, size_t p)
{
    return o->A + (o->trans_A == TRANS ? p + i * o->lda : i + p * o->lda);
}
static inline real *B_at(const struct operands *o, size_t p, size_t j)
{
    return o->B + (o->trans_B == TRANS ? j + p * o->ldb : p + j * o->ldb);
}
static inline real *C_at(const struct operands *o, real *C, size_t i, size_t j)
{
    return C + GUARD + i + j * o->ldc;
}

/* Entry (i, j) of E, and its lde; C: where the result will be. */
static inline real *E_at(const struct operands *o, struct addend addend, real *C, size_t i,
                         size_t j)
{
    if (addend.place == NOWHERE)
        return NULL;
    if (addend.place == IN_C)
        return C_at(o, C, i, j);
    return o->E + i + (addend.place == APART ? j * o->lde : 0);
}
static inline size_t lde_of(const struct operands *o, struct addend addend)
{
    return addend.place == IN_C ? o->ldc : addend.place == APART ? o->lde : 0;
}

/* ---- Running a kernel ---- */

static inline real *make_scratch(size_t entries)
{
    real *scratch = aligned_alloc(64, ((entries + GUARD) * sizeof *scratch + 63) / 64 * 64);
    assert_non_null(scratch);
    for (size_t i = 0; i < entries; i++)
        scratch[i] = (real)NAN; /* nothing may be read that was not written */
    for (size_t i = entries; i < entries + GUARD; i++)
        scratch[i] = RC(7.25);
    return scratch;
}

static inline void free_scratch(real *scratch, size_t entries)
{
    for (size_t i = entries; i < entries + GUARD; i++)
        assert_true(scratch[i] == RC(7.25));
    free(scratch);
}

/* Rows first_i .. and columns first_j .. of C, rows x cols of them. */
static inline void run_part(kernel_type *kernel, const struct operands *o, struct addend addend,
                     size_t first_i, size_t rows, size_t first_j, size_t cols, real *C)
{
    const size_t entries = kernel->scratch(o->trans_A, rows, cols, o->k);
    real *scratch = make_scratch(entries);
    kernel->gemm(&(struct gemm){.trans_A = o->trans_A,
                                .trans_B = o->trans_B,
                                .m = rows,
                                .n = cols,
                                .k = o->k,
                                .A = A_at(o, first_i, 0),
                                .lda = o->lda,
                                .B = B_at(o, 0, first_j),
                                .ldb = o->ldb,
                                .beta = addend.beta,
                                .E = E_at(o, addend, C, first_i, first_j),
                                .lde = lde_of(o, addend),
                                .C = C_at(o, C, first_i, first_j),
                                .ldc = o->ldc,
                                .scratch = scratch});
    free_scratch(scratch, entries);
}

/* A C as before; where it is not read its entries are NaN. */
static inline real *copy_C(const struct operands *o, struct addend addend)
{
    real *C = make_reals(entries_of_C(o) + 2 * GUARD);
    memcpy(C, o->C, (entries_of_C(o) + 2 * GUARD) * sizeof *C);
    for (size_t j = 0; j < o->n && (addend.beta == 0 || addend.place != IN_C); j++)
        for (size_t i = 0; i < o->m; i++)
            *C_at(o, C, i, j) = (real)NAN;
    return C;
}

static inline void assert_guards(const struct operands *o, const real *C)
{
    const size_t n = entries_of_C(o);
    assert_same_bits(GUARD, C, o->C);
    assert_same_bits(GUARD, C + GUARD + n, o->C + GUARD + n);
    for (size_t j = 0; j + 1 < o->n; j++) {
        const size_t gap = GUARD + j * o->ldc + o->m;
        assert_same_bits(o->ldc - o->m, C + gap, o->C + gap);
    }
}

/* All of C, guards too. */
static inline void assert_same_C(const struct operands *o, const real *C, const real *want)
{
    const size_t n = entries_of_C(o) + 2 * GUARD;
    if (memcmp(C, want, n * sizeof *C) != 0) /* the fast way first */
        assert_same_bits(n, C, want);
}

static inline real *result_of(kernel_type *kernel, const struct operands *o, struct addend addend)
{
    real *C = copy_C(o, addend);
    run_part(kernel, o, addend, 0, o->m, 0, o->n, C);
    assert_guards(o, C);
    return C;
}

#endif
