/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Products by tiles: C is cut into panels of rows, up to three vectors high, and these into
 * tiles. Long sums are cut too, at places that depend on k alone, so that what a panel needs of
 * A stays in the cache: the first part adds beta E, the others go on from there.
 */
#include "blas/kernels_tmpl.h"
#include "blas/tile_tmpl.h"
#include "blas/vector_tmpl.h"

#define LONGEST_SUM 272 /* terms of one part of a sum */

extern const struct tiles BPB_TILES(BPB_LEVEL);
#define TILES BPB_TILES(BPB_LEVEL)
#define HIGHEST ((size_t)BPB_TILE_HEIGHTS * LANES)
static const size_t widest[BPB_TILE_TALLEST + 1] = TILE_COLS; /* tile by vectors of rows */

/* The fewest about equal parts of n that are no longer than this: the length of all but the last.
 * Most products are small, and a division takes as long as one of their tiles. */
static inline size_t equal_parts(size_t n, size_t longest)
{
    if (n <= longest)
        return n;
    const uint32_t parts = ((uint32_t)n + (uint32_t)longest - 1) / (uint32_t)longest;
    return ((uint32_t)n + parts - 1) / parts;
}

/* The terms of each part of a sum but the last. */
static size_t part_of_sum(size_t k)
{
    return equal_parts(k, LONGEST_SUM);
}

/* Vectors of the next panel where this many rows are left: 3, but 4 make two panels of 2. One
 * column: more, for the sums of a tile hide each other's latency. */
static size_t height(size_t rows, bool one_column)
{
    const size_t vectors = (rows + LANES - 1) / LANES;
    if (one_column && vectors >= 4)
        return vectors >= BPB_TILE_TALLEST && widest[BPB_TILE_TALLEST] ? BPB_TILE_TALLEST : 4;
    return vectors == 4 ? 2 : BPB_MIN(vectors, BPB_TILE_HEIGHTS);
}

/* One panel of C, all n columns, by tiles of about equal width. */
static void panel(size_t vectors, const struct gemm *g)
{
    const size_t cols = equal_parts(g->n, widest[vectors]);
    const size_t whole = cols == g->n ? 1 : (uint32_t)g->n / (uint32_t)cols;
    const size_t done = whole * cols, next = g->trans_B == TRANS ? 1 : g->ldb;
    struct tile_row row = {.m = g->m,
                           .k = g->k,
                           .count = whole,
                           .A = g->A,
                           .lda = g->lda,
                           .B = g->B,
                           .ldb = g->ldb,
                           .B_step = cols * next,
                           .beta = g->beta,
                           .E = g->E,
                           .lde = g->lde,
                           .E_step = cols * g->lde,
                           .C = g->C,
                           .ldc = g->ldc,
                           .C_step = cols * g->ldc};
    TILES.tile[vectors][cols][g->trans_B](&row);
    if (done == g->n)
        return;
    row.count = 1;
    row.B += done * next;
    row.E += done * g->lde;
    row.C += done * g->ldc;
    TILES.tile[vectors][g->n - done][g->trans_B](&row);
}

/* out = up to LANES columns of A turned, over k terms: out[i + p ld] = A[p + i lda]. */
static inline __attribute__((always_inline)) void transpose_strip(size_t columns, size_t k,
                                                                  const real *A, size_t lda,
                                                                  real *out, size_t ld)
{
    const lanes wide = first_lanes(columns);
    for (size_t p = 0; p < k; p += LANES) {
        const size_t terms = BPB_MIN(LANES, k - p);
        const lanes high = first_lanes(terms);
        const real *a = A + p;
        vec x[LANES];
        ALL_OF_THEM for (size_t i = 0; i < LANES; i++)
        {
            x[i] = vector_load_part(a, high);
            a += i + 1 < columns ? lda : 0; /* a column too many is read, not written */
        }
        vector_transpose(x);
        ALL_OF_THEM for (size_t i = 0; i < LANES; i++)
        {
            if (i < terms)
                vector_store_part(out, wide, x[i]);
            out += ld;
        }
    }
}

/* out = m x k panel of A^T, ld rows: out[i + p ld] = A[p + i lda]. */
static void transpose(size_t m, size_t k, const real *A, size_t lda, real *out, size_t ld)
{
    size_t i = 0;
    for (; i + LANES <= m; i += LANES)
        transpose_strip(LANES, k, A + i * lda, lda, out + i, ld);
    if (i < m)
        transpose_strip(m - i, k, A + i * lda, lda, out + i, ld);
}

/* Row i of op(A) from its term p on, and column j of op(B). */
static const real *at_A(const struct gemm *g, size_t i, size_t p)
{
    return g->A + (g->trans_A == TRANS ? p + i * g->lda : i + p * g->lda);
}
static const real *at_B(const struct gemm *g, size_t p, size_t j)
{
    return g->B + (g->trans_B == TRANS ? j + p * g->ldb : p + j * g->ldb);
}

static void gemm_tiles(const struct gemm *g)
{
    const size_t part = part_of_sum(g->k);
    const bool one_column = g->n == 1 && g->trans_A == NO_TRANS;
    for (size_t p = 0; p < g->k; p += part) {
        struct gemm piece = *g;
        piece.k = BPB_MIN(part, g->k - p);
        piece.B = at_B(g, p, 0);
        if (p > 0) /* go on from what is there */
            piece.beta = 1, piece.E = g->C, piece.lde = g->ldc;
        for (size_t i = 0; i < g->m; i += piece.m) {
            const size_t vectors = height(g->m - i, one_column);
            piece.m = BPB_MIN(vectors * LANES, g->m - i);
            piece.A = at_A(g, i, p);
            if (g->trans_A == TRANS) {
                transpose(piece.m, piece.k, piece.A, g->lda, g->scratch, HIGHEST);
                piece.A = g->scratch, piece.lda = HIGHEST;
            }
            panel(vectors, &piece);
            piece.C += piece.m;
            piece.E += piece.m;
        }
    }
}

static size_t transposed_panel(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)m, (void)n;
    return trans_A == TRANS ? HIGHEST * BPB_MIN(k, LONGEST_SUM) : 0;
}

/* ---- Large matrices: on copies of both, in the order in which the tiles read them ---------- */

#define PACKED_ROWS 480   /* of A at a time: a multiple of HIGHEST that stays in L2 */
#define PACKED_COLS 2048  /* of B at a time */
#define SIDE_BY_SIDE 16   /* panels that are written together: as many pages */

/* out = m x k panel of A, ld rows: out[i + p ld] = A[i + p lda]. */
static inline void copy_column(size_t m, const real *A, real *out)
{
    size_t i = 0;
    for (; i + LANES <= m; i += LANES)
        V(storeu)(out + i, V(loadu)(A + i));
    if (i < m) {
        const lanes rest = first_lanes(m - i);
        vector_store_part(out + i, rest, vector_load_part(A + i, rest));
    }
}

/* A, m x k, as panels of this many rows, each column by column; the last may be narrower than its
 * place. Whole columns of A are read, which may lie on pages of their own. */
static void pack(size_t m, size_t k, size_t high, const real *A, size_t lda, real *out)
{
    for (size_t i = 0; i < m; i += SIDE_BY_SIDE * high) {
        const size_t end = BPB_MIN(i + SIDE_BY_SIDE * high, m);
        for (size_t p = 0; p < k; p++)
            for (size_t r = i; r < end; r += high)
                copy_column(BPB_MIN(high, m - r), A + r + p * lda, out + r * k + p * high);
    }
}

/* The same of A^T. */
static void pack_transposed(size_t m, size_t k, size_t high, const real *A, size_t lda, real *out)
{
    for (size_t i = 0; i < m; i += high)
        transpose(BPB_MIN(high, m - i), k, A + i * lda, lda, out + i * k, high);
}

/* A packed block of A (m x k) by all of a packed B (k x n), panels of cols columns. */
static void packed_block(const struct gemm *g, size_t cols)
{
    const size_t whole = g->m / HIGHEST, rest = g->m - whole * HIGHEST;
    struct tile_row row = {.k = g->k,
                           .lda = HIGHEST,
                           .A_step = HIGHEST * g->k,
                           .B = g->B,
                           .ldb = cols,
                           .beta = g->beta,
                           .lde = g->lde,
                           .E_step = HIGHEST,
                           .ldc = g->ldc,
                           .C_step = HIGHEST};
    for (size_t j = 0; j < g->n; j += cols, row.B += cols * g->k) {
        const size_t width = BPB_MIN(cols, g->n - j);
        row.m = HIGHEST, row.count = whole, row.A = g->A;
        row.E = g->E + j * g->lde;
        row.C = g->C + j * g->ldc;
        TILES.tile[BPB_TILE_HEIGHTS][width][TRANS](&row);
        if (rest == 0)
            continue;
        row.m = rest, row.count = 1, row.A += whole * row.A_step;
        row.E += whole * HIGHEST;
        row.C += whole * HIGHEST;
        TILES.tile[(rest + LANES - 1) / LANES][width][TRANS](&row);
    }
}

static size_t packed_A(size_t m, size_t k)
{
    const size_t panels = (BPB_MIN(m, PACKED_ROWS) + HIGHEST - 1) / HIGHEST;
    return panels * HIGHEST * BPB_MIN(k, LONGEST_SUM);
}

static size_t packed_B(size_t n, size_t k)
{
    const size_t cols = widest[BPB_TILE_HEIGHTS];
    const size_t panels = (BPB_MIN(n, PACKED_COLS) + cols - 1) / cols;
    return panels * cols * BPB_MIN(k, LONGEST_SUM);
}

/* All rows of C by columns j .. j+n-1, terms p .. p+k-1. */
static void packed_columns(const struct gemm *g, size_t j, size_t n, size_t p, size_t k)
{
    const size_t cols = widest[BPB_TILE_HEIGHTS];
    real *A_packed = g->scratch, *B_packed = g->scratch + packed_A(g->m, g->k);
    const bool first = p == 0;
    const real *E = first ? g->E : g->C;
    struct gemm block = {.n = n,
                         .k = k,
                         .A = A_packed,
                         .B = B_packed,
                         .beta = first ? g->beta : 1,
                         .lde = first ? g->lde : g->ldc,
                         .ldc = g->ldc};
    (g->trans_B == TRANS ? pack : pack_transposed)(n, k, cols, at_B(g, p, j), g->ldb, B_packed);
    for (size_t i = 0; i < g->m; i += PACKED_ROWS) {
        block.m = BPB_MIN(PACKED_ROWS, g->m - i);
        block.E = E + i + j * block.lde;
        block.C = g->C + i + j * g->ldc;
        (g->trans_A == TRANS ? pack_transposed : pack)(block.m, k, HIGHEST, at_A(g, i, p), g->lda,
                                                       A_packed);
        packed_block(&block, cols);
    }
}

static void gemm_packed(const struct gemm *g)
{
    const size_t part = part_of_sum(g->k);
    for (size_t j = 0; j < g->n; j += PACKED_COLS)
        for (size_t p = 0; p < g->k; p += part)
            packed_columns(g, j, BPB_MIN(PACKED_COLS, g->n - j), p, BPB_MIN(part, g->k - p));
}

static size_t packed_both(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A;
    return packed_A(m, k) + packed_B(n, k);
}

#define KERNEL(name) BPB_KERNEL_JOIN(BPB(name), BPB_LEVEL)
#define BPB_KERNEL_JOIN(name, level) BPB_KERNEL_PASTE(name, level)
#define BPB_KERNEL_PASTE(name, level) name##_##level

extern const struct kernel KERNEL(kernel_tiles), KERNEL(kernel_packed);
const struct kernel KERNEL(kernel_tiles) = {"tiles", true, false, gemm_tiles, transposed_panel};
const struct kernel KERNEL(kernel_packed) = {"packed", true, false, gemm_packed, packed_both};
