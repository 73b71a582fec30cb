/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Products by tiles: C is cut into panels of rows, up to three vectors high, and these into
 * tiles. Long sums are cut too, at places that depend on k alone, so that what a panel needs of
 * A stays in the cache: the first part begins with beta C, the others go on from there.
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
static void panel(size_t vectors, enum trans trans_B, size_t m, size_t n, size_t k, const real *A,
                  size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    const size_t count = (n + widest[vectors] - 1) / widest[vectors];
    const size_t cols = (n + count - 1) / count, whole = n / cols, rest = n - whole * cols;
    const size_t step = cols * (trans_B == TRANS ? 1 : ldb);
    TILES.tile[vectors][cols][trans_B](m, k, whole, A, lda, B, ldb, step, beta, C, ldc);
    if (rest)
        TILES.tile[vectors][rest][trans_B](m, k, 1, A, lda, B + whole * step, ldb, 0, beta,
                                           C + whole * cols * ldc, ldc);
}

/* out = m x k panel of A^T, ld rows: out[i + p ld] = A[p + i lda]. By blocks of 16 terms, of
 * which a column of A has one or two cache lines. */
static void transpose(size_t m, size_t k, const real *A, size_t lda, real *out, size_t ld)
{
    for (size_t first = 0; first < k; first += 16) {
        const size_t terms = BPB_MIN(16, k - first);
        for (size_t i = 0; i < m; i++)
            for (size_t p = 0; p < terms; p++)
                out[i + (first + p) * ld] = A[first + p + i * lda];
    }
}

static void gemm_tiles(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                       const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                       size_t ldc, real *scratch)
{
    const size_t part = part_of_sum(k);
    for (size_t p = 0; p < k; p += part, beta = 1) {
        const size_t terms = BPB_MIN(part, k - p);
        const real *B_p = B + p * (trans_B == TRANS ? ldb : 1);
        for (size_t i = 0, rows; i < m; i += rows) {
            const size_t vectors = height(m - i);
            rows = BPB_MIN(vectors * LANES, m - i);
            const real *A_i = trans_A == TRANS ? scratch : A + i + p * lda;
            if (trans_A == TRANS)
                transpose(rows, terms, A + p + i * lda, lda, scratch, HIGHEST);
            panel(vectors, trans_B, rows, n, terms, A_i, trans_A == TRANS ? HIGHEST : lda, B_p, ldb,
                  beta, C + i, ldc);
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

/* C = beta C + A B of a packed block of A (m x k) and all of a packed B (k x n). */
static void packed_block(size_t m, size_t n, size_t k, size_t cols, const real *A, const real *B,
                         real beta, real *C, size_t ldc)
{
    for (size_t j = 0; j < n; j += cols, B += cols * k) {
        const size_t width = BPB_MIN(cols, n - j);
        const real *A_i = A;
        for (size_t i = 0; i < m; i += HIGHEST, A_i += HIGHEST * k) {
            const size_t rows = BPB_MIN(HIGHEST, m - i);
            const size_t vectors = (rows + LANES - 1) / LANES;
            TILES.tile[vectors][width][TRANS](rows, k, 1, A_i, HIGHEST, B, cols, 0, beta,
                                              C + i + j * ldc, ldc);
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

static void gemm_packed(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                        const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                        size_t ldc, real *scratch)
{
    const size_t cols = widest[BPB_TILE_HEIGHTS], part = part_of_sum(k);
    real *A_packed = scratch, *B_packed = scratch + packed_A(m, k);
    for (size_t j = 0; j < n; j += PACKED_COLS) {
        const size_t width = BPB_MIN(PACKED_COLS, n - j);
        real kept = beta;
        for (size_t p = 0; p < k; p += part, kept = 1) {
            const size_t terms = BPB_MIN(part, k - p);
            pack_B(trans_B, width, terms, cols, B + (trans_B == TRANS ? j + p * ldb : p + j * ldb),
                   ldb, B_packed);
            for (size_t i = 0; i < m; i += PACKED_ROWS) {
                const size_t rows = BPB_MIN(PACKED_ROWS, m - i);
                pack_A(trans_A, rows, terms, A + (trans_A == TRANS ? p + i * lda : i + p * lda),
                       lda, A_packed);
                packed_block(rows, width, terms, cols, A_packed, B_packed, kept, C + i + j * ldc,
                             ldc);
            }
        }
    }
}

static size_t packed_both(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A;
    return packed_A(m, k) + packed_B(n, k);
}

#define KERNEL(name) BPB_KERNEL_JOIN(BPB(name), BPB_LEVEL)
#define BPB_KERNEL_JOIN(name, level) BPB_KERNEL_PASTE(name, level)
#define BPB_KERNEL_PASTE(name, level) name##_##level

extern const struct BPB(kernel) KERNEL(kernel_tiles), KERNEL(kernel_packed);
const struct BPB(kernel) KERNEL(kernel_tiles) = {"tiles", true, gemm_tiles, transposed_panel};
const struct BPB(kernel) KERNEL(kernel_packed) = {"packed", true, gemm_packed, packed_both};
