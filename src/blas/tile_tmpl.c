/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/tile_tmpl.h"

#include "blas/vector_tmpl.h"

#define GROUPS ((BPB_TILE_COLS + 3) / 4)
#define AHEAD 8        /* terms from the load of an entry to its use that a fetch takes */
#define LONG_ENOUGH 32 /* terms for what is added last to come meanwhile */
#define INLINE static inline __attribute__((always_inline))

/* Keep the compiler from deriving one pointer from another: it runs out of registers. */
#define KEEP(pointer) __asm__("" : "+r"(pointer))
/* Or from making a vector of a scalar for all tiles: it would take a register from the sums. */
#define KEEP_SCALAR(x) __asm__ volatile("" : "+x"(x))

/* What a tile is; all constants wherever this is inlined. */
struct tile {
    int rows, cols;  /* vectors, columns */
    bool transposed; /* B */
    bool whole;      /* the last vector of a column is not a part of one: a mask costs time */
};

INLINE vec load(struct tile s, const real *x, int i, lanes last)
{
    return s.whole || i < s.rows - 1 ? V(loadu)(x + i * LANES)
                                     : vector_load_part(x + i * LANES, last);
}

INLINE void store(struct tile s, real *x, int i, lanes last, vec value)
{
    if (s.whole || i < s.rows - 1)
        V(storeu)(x + i * LANES, value);
    else
        vector_store_part(x + i * LANES, last, value);
}

INLINE void begin(struct tile s, vec (*sum)[BPB_TILE_COLS])
{
    ALL_OF_THEM for (int j = 0; j < s.cols; j++)
        ALL_OF_THEM for (int i = 0; i < s.rows; i++)
            sum[i][j] = V(setzero)();
}

/*
 * What is AHEAD terms away is fetched: a column of A, and of a transposed B a row, lies on a page
 * of its own where ld is large, and no hardware foresees it. Only in tiles that leave the time:
 * two loads go with two multiply-adds, of which no fewer than eight are under way.
 */
INLINE void fetch_ahead(struct tile s, const real *A, size_t lda, const real *B, size_t ldb)
{
    if (2 * s.rows + s.cols >= BPB_MAX(8, s.rows * s.cols))
        return;
    ALL_OF_THEM for (int i = 0; i < s.rows; i++)
        __builtin_prefetch(A + AHEAD * lda + i * LANES);
    if (s.transposed)
        __builtin_prefetch(B + AHEAD * ldb + s.cols / 2);
}

INLINE vec entry(struct tile s, const real *const *b, int j, size_t ldb)
{
    return V(set1)(s.transposed ? b[0][j] : b[j / 4][(size_t)(j % 4) * ldb]);
}

/* sum += a column of A, held in registers, times a row of B. */
INLINE void add_wide(struct tile s, lanes last, const real *A, const real *const *b, size_t ldb,
                     vec (*sum)[BPB_TILE_COLS])
{
    vec a[BPB_TILE_HEIGHTS];
    ALL_OF_THEM for (int i = 0; i < s.rows; i++)
        a[i] = load(s, A, i, last);
    ALL_OF_THEM for (int j = 0; j < s.cols; j++)
    {
        const vec x = entry(s, b, j, ldb);
        ALL_OF_THEM for (int i = 0; i < s.rows; i++)
            sum[i][j] = V(fmadd)(a[i], x, sum[i][j]);
    }
}

/* The same for one column, whose rows no register needs to hold. */
INLINE void add_tall(struct tile s, lanes last, const real *A, const real *const *b, size_t ldb,
                     vec (*sum)[BPB_TILE_COLS])
{
    const vec x = entry(s, b, 0, ldb);
    ALL_OF_THEM for (int i = 0; i < s.rows; i++)
        sum[i][0] = V(fmadd)(load(s, A, i, last), x, sum[i][0]);
}

/* sum += a column of A times a row of B, and on to the next. Columns of B are reached from every
 * fourth, b, by small multiples of ldb. */
INLINE void add_term(struct tile s, lanes last, const real *A, size_t lda, const real **b,
                     size_t ldb, vec (*sum)[BPB_TILE_COLS])
{
    fetch_ahead(s, A, lda, b[0], ldb);
    if (s.cols == 1)
        add_tall(s, last, A, (const real *const *)b, ldb, sum);
    else
        add_wide(s, last, A, (const real *const *)b, ldb, sum);
    const int groups = s.transposed ? 1 : (s.cols + 3) / 4;
    ALL_OF_THEM for (int g = 0; g < groups; g++)
    {
        b[g] += s.transposed ? ldb : 1;
        KEEP(b[g]);
    }
}

/*
 * sum += A B, term by term. Where B is transposed, E, which is added last, is fetched meanwhile: a
 * column before each of about as many stretches of the sum.
 */
INLINE void add_terms(struct tile s, lanes last, const struct tile_row *row, const real *A,
                      const real *B, const real *E, vec (*sum)[BPB_TILE_COLS])
{
    const size_t lda = row->lda, ldb = row->ldb;
    const bool fetch =
        s.transposed && s.rows > 1 && s.cols > 3 && row->k >= LONG_ENOUGH && row->beta != 0;
    const size_t stretch = fetch ? row->k / (size_t)s.cols + 1 : row->k;
    const real *b[GROUPS] = {B};
    ALL_OF_THEM for (int g = 0; g < (s.cols + 3) / 4; g++)
    {
        b[g] = B + (size_t)g * 4 * ldb;
        if (!s.transposed)
            KEEP(b[g]);
    }
    for (size_t k = row->k, terms; k > 0; k -= terms, E += row->lde) {
        if (fetch)
            ALL_OF_THEM for (int i = 0; i < s.rows; i++)
                __builtin_prefetch(E + i * LANES);
        terms = BPB_MIN(k, stretch);
        TWO_OF_THEM for (size_t p = 0; p < terms; p++, A += lda)
            add_term(s, last, A, lda, b, ldb, sum);
    }
}

/* sum += beta E */
INLINE void add_last(struct tile s, lanes last, real beta, const real *E, size_t lde,
                     vec (*sum)[BPB_TILE_COLS])
{
    if (beta == 0)
        return;
    KEEP_SCALAR(beta);
    ALL_OF_THEM for (int j = 0; j < s.cols; j++)
    {
        ALL_OF_THEM for (int i = 0; i < s.rows; i++)
            sum[i][j] = V(fmadd)(V(set1)(beta), load(s, E, i, last), sum[i][j]);
        E += lde;
        KEEP(E);
    }
}

INLINE void end(struct tile s, lanes last, vec (*sum)[BPB_TILE_COLS], real *C, size_t ldc)
{
    ALL_OF_THEM for (int j = 0; j < s.cols; j++)
    {
        ALL_OF_THEM for (int i = 0; i < s.rows; i++)
            store(s, C, i, last, sum[i][j]);
        C += ldc;
        KEEP(C);
    }
}

INLINE void one_tile(struct tile s, lanes last, const struct tile_row *row, const real *A,
                     const real *B, const real *E, real *C)
{
    vec sum[BPB_TILE_TALLEST][BPB_TILE_COLS];
    begin(s, sum);
    add_terms(s, last, row, A, B, E, sum);
    add_last(s, last, row->beta, E, row->lde, sum);
    end(s, last, sum, C, row->ldc);
}

/* Every loop over rows and columns is unrolled, so that the sums stay in registers. */
INLINE void tiles(int rows, int cols, bool transposed, const struct tile_row *row)
{
    const struct tile whole = {rows, cols, transposed, true};
    const struct tile part = {rows, cols, transposed, false};
    const lanes last = first_lanes(row->m - (size_t)(rows - 1) * LANES);
    const real *A = row->A, *B = row->B, *E = row->E;
    real *C = row->C;
    for (size_t count = row->count; count > 0; count--) {
        if (row->m == (size_t)rows * LANES)
            one_tile(whole, last, row, A, B, E, C);
        else
            one_tile(part, last, row, A, B, E, C);
        A += row->A_step;
        B += row->B_step;
        E += row->E_step;
        C += row->C_step;
    }
}

#define TILE_OF(name, rows, cols, transposed)                                                      \
    static void name(const struct tile_row *row)                                                   \
    {                                                                                              \
        tiles(rows, cols, transposed, row);                                                        \
    }
#define BOTH_TILES(rows, cols)                     \
    TILE_OF(tile_##rows##_##cols, rows, cols, false) \
    TILE_OF(tile_##rows##_##cols##_transposed, rows, cols, true)
#define TABLE_ENTRY(rows, cols) \
    [rows][cols] = {tile_##rows##_##cols, tile_##rows##_##cols##_transposed},

#define TILES_1(X, rows) X(rows, 1)
#define TILES_4(X, rows) TILES_1(X, rows) X(rows, 2) X(rows, 3) X(rows, 4)
#define TILES_6(X, rows) TILES_4(X, rows) X(rows, 5) X(rows, 6)
#define TILES_9(X, rows) TILES_6(X, rows) X(rows, 7) X(rows, 8) X(rows, 9)
#define TILES_12(X, rows) TILES_9(X, rows) X(rows, 10) X(rows, 11) X(rows, 12)
#define TILES_14(X, rows) TILES_12(X, rows) X(rows, 13) X(rows, 14)
#define TILES_28(X, rows)                                                                         \
    TILES_14(X, rows) X(rows, 15) X(rows, 16) X(rows, 17) X(rows, 18) X(rows, 19) X(rows, 20)     \
    X(rows, 21) X(rows, 22) X(rows, 23) X(rows, 24) X(rows, 25) X(rows, 26) X(rows, 27) X(rows, 28)

FOR_EACH_TILE(BOTH_TILES)

extern const struct tiles BPB_TILES(BPB_LEVEL);
const struct tiles BPB_TILES(BPB_LEVEL) = {
    .tile = {FOR_EACH_TILE(TABLE_ENTRY)},
};
