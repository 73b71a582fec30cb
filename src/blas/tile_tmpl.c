/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/tile_tmpl.h"

#include "blas/vector_tmpl.h"

#define GROUPS ((BPB_TILE_COLS + 3) / 4)

/* Keep the compiler from deriving one pointer from another: it runs out of registers. */
#define KEEP(pointer) __asm__("" : "+r"(pointer))

/*
 * One tile of rows x cols vectors and columns; both are constants wherever this is inlined, and
 * every loop over them is unrolled, so that the sums stay in registers. The last vector of a
 * column is a part of one. Columns of B are reached from every fourth by small multiples of ldb.
 */
static inline __attribute__((always_inline)) void one_tile(
    const int rows, const int cols, const bool transposed, lanes last, size_t k, const real *A,
    size_t lda, const real *B, size_t ldb, real beta, const real *E, size_t lde, real *C,
    size_t ldc)
{
    vec sum[BPB_TILE_HEIGHTS][BPB_TILE_COLS], a[BPB_TILE_HEIGHTS];
    const real *b[GROUPS];
    ALL_OF_THEM for (int j = 0; j < cols; j++)
        ALL_OF_THEM for (int i = 0; i < rows; i++)
            sum[i][j] = V(setzero)();
    ALL_OF_THEM for (int g = 0; g < (cols + 3) / 4; g++)
    {
        b[g] = B + (size_t)g * 4 * ldb;
        KEEP(b[g]);
    }
    _Pragma("GCC unroll 2") for (size_t p = 0; p < k; p++)
    {
        ALL_OF_THEM for (int i = 0; i < rows - 1; i++)
            a[i] = V(loadu)(A + i * LANES);
        a[rows - 1] = vector_load_part(A + (rows - 1) * LANES, last);
        ALL_OF_THEM for (int j = 0; j < cols; j++)
        {
            const vec x = V(set1)(transposed ? B[j] : b[j / 4][(size_t)(j % 4) * ldb]);
            ALL_OF_THEM for (int i = 0; i < rows; i++)
                sum[i][j] = V(fmadd)(a[i], x, sum[i][j]);
        }
        A += lda;
        B += ldb;
        if (transposed)
            continue;
        ALL_OF_THEM for (int g = 0; g < (cols + 3) / 4; g++)
        {
            b[g]++;
            KEEP(b[g]);
        }
    }
    if (beta != 0) {
        ALL_OF_THEM for (int j = 0; j < cols; j++)
        {
            ALL_OF_THEM for (int i = 0; i < rows - 1; i++)
                sum[i][j] = V(fmadd)(V(set1)(beta), V(loadu)(E + i * LANES), sum[i][j]);
            sum[rows - 1][j] = V(fmadd)(
                V(set1)(beta), vector_load_part(E + (rows - 1) * LANES, last), sum[rows - 1][j]);
            E += lde;
            KEEP(E);
        }
    }
    ALL_OF_THEM for (int j = 0; j < cols; j++)
    {
        ALL_OF_THEM for (int i = 0; i < rows - 1; i++)
            V(storeu)(C + i * LANES, sum[i][j]);
        vector_store_part(C + (rows - 1) * LANES, last, sum[rows - 1][j]);
        C += ldc;
        KEEP(C);
    }
}

static inline __attribute__((always_inline)) void tiles(
    const int rows, const int cols, const bool transposed, size_t m, size_t k, size_t count,
    const real *A, size_t lda, const real *B, size_t ldb, size_t step, real beta, const real *E,
    size_t lde, real *C, size_t ldc)
{
    const lanes last = first_lanes(m - (size_t)(rows - 1) * LANES);
    for (; count > 0; count--) {
        one_tile(rows, cols, transposed, last, k, A, lda, B, ldb, beta, E, lde, C, ldc);
        B += step;
        E += (size_t)cols * lde;
        C += (size_t)cols * ldc;
    }
}

#define TILE_OF(name, rows, cols, transposed)                                                     \
    static void name(size_t m, size_t k, size_t count, const real *A, size_t lda, const real *B,  \
                     size_t ldb, size_t step, real beta, const real *E, size_t lde, real *C,      \
                     size_t ldc)                                                                  \
    {                                                                                             \
        tiles(rows, cols, transposed, m, k, count, A, lda, B, ldb, step, beta, E, lde, C, ldc);   \
    }
#define BOTH_TILES(rows, cols)                     \
    TILE_OF(tile_##rows##_##cols, rows, cols, false) \
    TILE_OF(tile_##rows##_##cols##_transposed, rows, cols, true)
#define TABLE_ENTRY(rows, cols) \
    [rows][cols] = {tile_##rows##_##cols, tile_##rows##_##cols##_transposed},

#define TILES_4(X, rows) X(rows, 1) X(rows, 2) X(rows, 3) X(rows, 4)
#define TILES_6(X, rows) TILES_4(X, rows) X(rows, 5) X(rows, 6)
#define TILES_9(X, rows) TILES_6(X, rows) X(rows, 7) X(rows, 8) X(rows, 9)
#define TILES_12(X, rows) TILES_9(X, rows) X(rows, 10) X(rows, 11) X(rows, 12)
#define TILES_14(X, rows) TILES_12(X, rows) X(rows, 13) X(rows, 14)
#define TILES_28(X, rows)                                                                         \
    TILES_14(X, rows) X(rows, 15) X(rows, 16) X(rows, 17) X(rows, 18) X(rows, 19) X(rows, 20)     \
    X(rows, 21) X(rows, 22) X(rows, 23) X(rows, 24) X(rows, 25) X(rows, 26) X(rows, 27) X(rows, 28)

FOR_EACH_TILE(BOTH_TILES)

#define SUMS 4

static inline __attribute__((always_inline)) void column(
    const int rows, size_t m, size_t k, const real *A, size_t lda, const real *b, real beta,
    const real *e, real *c)
{
    const lanes all = first_lanes(LANES), last = first_lanes(m - (size_t)(rows - 1) * LANES);
    vec sum[SUMS][BPB_TILE_HEIGHTS];
    ALL_OF_THEM for (int s = 0; s < SUMS; s++)
        ALL_OF_THEM for (int i = 0; i < rows; i++)
            sum[s][i] = V(setzero)();
    for (; k >= SUMS; k -= SUMS, b += SUMS)
        ALL_OF_THEM for (int s = 0; s < SUMS; s++, A += lda)
            ALL_OF_THEM for (int i = 0; i < rows; i++)
                sum[s][i] = V(fmadd)(vector_load_part(A + i * LANES, i < rows - 1 ? all : last),
                                     V(set1)(b[s]), sum[s][i]);
    for (; k > 0; k--, b++, A += lda)
        ALL_OF_THEM for (int i = 0; i < rows; i++)
            sum[0][i] = V(fmadd)(vector_load_part(A + i * LANES, i < rows - 1 ? all : last),
                                 V(set1)(*b), sum[0][i]);
    ALL_OF_THEM for (int i = 0; i < rows; i++)
    {
        const lanes part = i < rows - 1 ? all : last;
        vec total = V(add)(V(add)(sum[0][i], sum[1][i]), V(add)(sum[2][i], sum[3][i]));
        if (beta != 0)
            total = V(fmadd)(V(set1)(beta), vector_load_part(e + i * LANES, part), total);
        vector_store_part(c + i * LANES, part, total);
    }
}

#define COLUMN_OF(rows)                                                                      \
    static void column_##rows(size_t m, size_t k, const real *A, size_t lda, const real *b,  \
                              real beta, const real *e, real *c)                             \
    {                                                                                        \
        column(rows, m, k, A, lda, b, beta, e, c);                                           \
    }
COLUMN_OF(1)
COLUMN_OF(2)
COLUMN_OF(3)

extern const struct BPB(tiles) BPB_TILES(BPB_LEVEL);
const struct BPB(tiles) BPB_TILES(BPB_LEVEL) = {
    .tile = {FOR_EACH_TILE(TABLE_ENTRY)},
    .column = {NULL, column_1, column_2, column_3},
};
