/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Products by tiles: C is cut into panels of rows, up to three vectors high, and these into
 * tiles. Long sums are cut too, at places that depend on k alone, so that what a panel needs of
 * A stays in the cache: the first part adds beta E, the others go on from there.
 */
#include "blas/gemm_tmpl.h"
#include "blas/tile_tmpl.h"
#include "blas/vector_tmpl.h"

#define LONGEST_SUM 400 /* terms of one part of a sum */

extern const struct BPB(tiles) BPB_TILES(BPB_LEVEL);
#define TILES BPB_TILES(BPB_LEVEL)
#define HIGHEST ((size_t)BPB_TILE_HEIGHTS * LANES)
static const size_t widest[BPB_TILE_HEIGHTS + 1] = TILE_COLS; /* tile of 1, 2, 3 vectors of rows */

/* The terms of each part but the last, all about equal. */
static size_t part_of_sum(size_t k)
{
    const size_t parts = (k + LONGEST_SUM - 1) / LONGEST_SUM;
    return (k + parts - 1) / parts;
}

/* Vectors of the next panel where so many rows are left: 3, but 4 make two panels of 2. */
static size_t height(size_t rows)
{
    const size_t vectors = (rows + LANES - 1) / LANES;
    return vectors == 4 ? 2 : BPB_MIN(vectors, BPB_TILE_HEIGHTS);
}

/* One panel of C, all n columns, by tiles of about equal width. */
static void panel(size_t vectors, const struct BPB(gemm) * g)
{
    const size_t n = g->n, count = (n + widest[vectors] - 1) / widest[vectors];
    const size_t cols = (n + count - 1) / count, whole = n / cols, done = whole * cols;
    const size_t next = g->trans_B == TRANS ? 1 : g->ldb;
    TILES.tile[vectors][cols][g->trans_B](g->m, g->k, whole, g->A, g->lda, g->B, g->ldb,
                                          cols * next, g->beta, g->E, g->lde, g->C, g->ldc);
    if (done < n)
        TILES.tile[vectors][n - done][g->trans_B](
            g->m, g->k, 1, g->A, g->lda, g->B + done * next, g->ldb, 0, g->beta,
            g->E + done * g->lde, g->lde, g->C + done * g->ldc, g->ldc);
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
static const real *at_A(const struct BPB(gemm) * g, size_t i, size_t p)
{
    return g->A + (g->trans_A == TRANS ? p + i * g->lda : i + p * g->lda);
}
static const real *at_B(const struct BPB(gemm) * g, size_t p, size_t j)
{
    return g->B + (g->trans_B == TRANS ? j + p * g->ldb : p + j * g->ldb);
}

static void gemm_tiles(const struct BPB(gemm) * g)
{
    const size_t part = part_of_sum(g->k);
    for (size_t p = 0; p < g->k; p += part) {
        struct BPB(gemm) piece = *g;
        piece.k = BPB_MIN(part, g->k - p);
        piece.B = at_B(g, p, 0);
        if (p > 0) /* go on from what is there */
            piece.beta = 1, piece.E = g->C, piece.lde = g->ldc;
        for (size_t i = 0; i < g->m; i += piece.m) {
            const size_t vectors = height(g->m - i);
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

/* B_p as panels of so many columns each, row by row; the last may be narrower than its place. */
static void pack_B(enum trans trans_B, size_t n, size_t k, size_t cols, const real *B, size_t ldb,
                   real *out)
{
    for (size_t j = 0; j < n; j += cols, out += cols * k) {
        const size_t width = BPB_MIN(cols, n - j);
        if (trans_B == NO_TRANS) {
            transpose(width, k, B + j * ldb, ldb, out, cols);
            continue;
        }
        for (size_t p = 0; p < k; p++)
            for (size_t i = 0; i < width; i++)
                out[i + p * cols] = B[j + i + p * ldb];
    }
}

/* A_i as panels of rows, column by column. */
static void pack_A(enum trans trans_A, size_t m, size_t k, const real *A, size_t lda, real *out)
{
    for (size_t i = 0; i < m; i += HIGHEST, out += HIGHEST * k) {
        const size_t rows = BPB_MIN(HIGHEST, m - i);
        if (trans_A == TRANS) {
            transpose(rows, k, A + i * lda, lda, out, HIGHEST);
            continue;
        }
        for (size_t p = 0; p < k; p++)
            for (size_t r = 0; r < rows; r++)
                out[r + p * HIGHEST] = A[i + r + p * lda];
    }
}

/* A packed block of A (m x k) by all of a packed B (k x n), panels of cols columns. */
static void packed_block(const struct BPB(gemm) * g, size_t cols)
{
    const real *B = g->B;
    for (size_t j = 0; j < g->n; j += cols, B += cols * g->k) {
        const size_t width = BPB_MIN(cols, g->n - j);
        const real *A = g->A;
        for (size_t i = 0; i < g->m; i += HIGHEST, A += HIGHEST * g->k) {
            const size_t rows = BPB_MIN(HIGHEST, g->m - i), vectors = (rows + LANES - 1) / LANES;
            TILES.tile[vectors][width][TRANS](rows, g->k, 1, A, HIGHEST, B, cols, 0, g->beta,
                                              g->E + i + j * g->lde, g->lde,
                                              g->C + i + j * g->ldc, g->ldc);
        }
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
static void packed_columns(const struct BPB(gemm) * g, size_t j, size_t n, size_t p, size_t k)
{
    const size_t cols = widest[BPB_TILE_HEIGHTS];
    real *A_packed = g->scratch, *B_packed = g->scratch + packed_A(g->m, g->k);
    const bool first = p == 0;
    const real *E = first ? g->E : g->C;
    struct BPB(gemm) block = {.n = n, .k = k, .A = A_packed, .B = B_packed,
                              .beta = first ? g->beta : 1, .lde = first ? g->lde : g->ldc,
                              .ldc = g->ldc};
    pack_B(g->trans_B, n, k, cols, at_B(g, p, j), g->ldb, B_packed);
    for (size_t i = 0; i < g->m; i += PACKED_ROWS) {
        block.m = BPB_MIN(PACKED_ROWS, g->m - i);
        block.E = E + i + j * block.lde;
        block.C = g->C + i + j * g->ldc;
        pack_A(g->trans_A, block.m, k, at_A(g, i, p), g->lda, A_packed);
        packed_block(&block, cols);
    }
}

static void gemm_packed(const struct BPB(gemm) * g)
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

/* ---- One column, where nobody minds other bits than those of many ------------------------- */

/* As tiles; a single column by four sums at once, for the chain of one would be waited for. */
static void gemm_column(const struct BPB(gemm) * g)
{
    if (g->n > 1 || g->trans_A == TRANS || g->trans_B == TRANS) {
        gemm_tiles(g);
        return;
    }
    for (size_t i = 0, rows; i < g->m; i += rows) {
        const size_t vectors = height(g->m - i);
        rows = BPB_MIN(vectors * LANES, g->m - i);
        TILES.column[vectors](rows, g->k, g->A + i, g->lda, g->B, g->beta, g->E + i, g->C + i);
    }
}

#define KERNEL(name) BPB_KERNEL_JOIN(BPB(name), BPB_LEVEL)
#define BPB_KERNEL_JOIN(name, level) BPB_KERNEL_PASTE(name, level)
#define BPB_KERNEL_PASTE(name, level) name##_##level

extern const struct BPB(kernel) KERNEL(kernel_tiles), KERNEL(kernel_packed),
    KERNEL(kernel_column);
const struct BPB(kernel) KERNEL(kernel_tiles) = {"tiles", true, false, gemm_tiles,
                                                  transposed_panel};
const struct BPB(kernel) KERNEL(kernel_packed) = {"packed", true, false, gemm_packed, packed_both};
const struct BPB(kernel) KERNEL(kernel_column) = {"column", false, false, gemm_column,
                                                   transposed_panel};
