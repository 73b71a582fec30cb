/* SPDX-License-Identifier: BSD-3-Clause */
/* The tiles that our own products are made of, compiled for the x86-64 levels v3 and v4. */
#ifndef BPB_TILE_TMPL_H
#define BPB_TILE_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

/*
 * count tiles, each m rows (1 .. a tile's height) and the tile's columns wide:
 *
 *     C = A B + beta E        beta 0: E is not read
 *
 * A is m x k, column-major. Entry (p, j) of B is B[p + j ldb], or transposed B[j + p ldb]. The
 * next tile's matrices begin this many entries on. An entry of C is a sum from 0 by one fused
 * multiply-add for each p in its order, and then beta e added by another, whatever the tile and
 * its place in it: its bits depend on nothing else.
 */
struct tile_row {
    size_t m, k, count;
    const real *A;
    size_t lda, A_step;
    const real *B;
    size_t ldb, B_step;
    real beta;
    const real *E;
    size_t lde, E_step;
    real *C;
    size_t ldc, C_step;
};
typedef void BPB(tile_fn)(const struct tile_row *row);

#define BPB_TILE_HEIGHTS 3 /* vectors of rows of the highest tile of any use but: */
#define BPB_TILE_TALLEST 8 /* of one column */
#define BPB_TILE_COLS 28   /* columns of the widest */

struct tiles {
    /* by vectors of rows, columns, and whether B is transposed */
    BPB(tile_fn) *tile[BPB_TILE_TALLEST + 1][BPB_TILE_COLS + 1][2];
};

/* One set for each level: bpb_tiles_v3, bpb_tiles_v4. */
#define BPB_TILES(level) BPB_TILES_JOIN(BPB(tiles), level)
#define BPB_TILES_JOIN(name, level) BPB_TILES_PASTE(name, level)
#define BPB_TILES_PASTE(name, level) name##_##level

#endif
