/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a plan chose and why, how to keep its choices, and which BLAS runs. core.h makes plans; no
 * program needs this header to train or predict.
 *
 * A plan chooses a kernel for each product of each layer. On CPUs with AVX2 or AVX-512 these are
 *
 *   tiles             our own, on the matrices where they are
 *   packed            our own, on packed copies: for large matrices
 *   cblas             cblas_dgemm, cblas_sgemm
 *   cblas-transposed  the same for the transposed product
 *
 * and on other CPUs the last two. tiles and packed give the same bits, wherever an entry is in its
 * matrix and however the product is cut: the sum over p = 1..k in this order by fused
 * multiply-adds, in parts of at most 272 terms, and then + beta c.
 *
 * BPB_PLAN_ESTIMATE chooses from sizes, precision and CPU alone. BPB_PLAN_MEASURE times each
 * kernel. Another run may choose otherwise, and its results then differ in last bits: keep the
 * wisdom. BPB_PLAN_CBLAS takes cblas, and cblas-transposed for padded predictions.
 *
 * A work takes, with C = max(batch, 64 threads) columns (unpadded: batch), rounded
 * up to panels of 64 where predict uses cblas-transposed (16 in float on OpenBLAS's cores Haswell
 * and Zen), T = the threads asked for, and S bytes for the copies of kernels,
 *
 *     sizeof(real) * (C (n_0 + 2 (n_1 + ... + n_L) + 2 n_L) + batch) + 8 C + T S
 *
 * bytes, and at most 64 (4 L + 6) more to align its parts. C n_l reals come on top for each hidden
 * layer whose Z is kept: with keep_Z, or if g_l requires it (ELU, SELU, softplus, softsign, GELU,
 * SiLU, your own). derivatives adds sizeof(real) C (2 n_0 + 3 (n_1 + ... + n_L)), dropout
 * sizeof(real) C (n_1 + ... + n_{L-1}). S is 0 for cblas, sizeof(real) times the largest result
 * for cblas-transposed, at most 51 KiB for tiles, and 2.7 (float) or 5.3 MiB for packed.
 */
#ifndef BPBLAS_PLAN_H
#define BPBLAS_PLAN_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A kernel that could compute a product C = op(A) op(B) + beta C, C m x n, k terms. */
typedef struct bpb_plan_choice {
    const char *product; /* "forward" Z = W A + b 1^T, "delta" D' = W^T D,
                            "gradient" W <- beta W + D A^T, "predict" (forward by blocks) */
    size_t layer;        /* 1..L */
    size_t m, n, k;
    const char *kernel;  /* "tiles", "packed", "cblas", "cblas-transposed" */
    int chosen;          /* 1: the plan uses it */
    double seconds;      /* the least of several measurements; 0: not measured */
} bpb_plan_choice;

/* Choice i = 0, 1, ... of a plan: for each product, each kernel that it could have taken.
 * Returns BPB_ERR_SIZE: the plan has no choice i. */
BPB_API bpb_status bpb_plan_entry(const bpb_plan *plan, size_t i, bpb_plan_choice *choice);
BPB_API bpb_status bpbf_plan_entry(const bpbf_plan *plan, size_t i, bpb_plan_choice *choice);

/*
 * The plan's choices as text: a line that names the format, then one line for each product, such
 * as "s gradient 30 784 10 tiles". As bpb_plan_options.wisdom it makes the same plan again. Texts
 * may be concatenated; of two lines about one product the last counts. *bytes is the length with
 * the closing 0; text NULL asks for it alone.
 * Returns BPB_ERR_BUFFER: capacity is below *bytes.
 */
BPB_API bpb_status bpb_plan_wisdom(const bpb_plan *plan, char *text, size_t capacity,
                                   size_t *bytes);
BPB_API bpb_status bpbf_plan_wisdom(const bpbf_plan *plan, char *text, size_t capacity,
                                    size_t *bytes);

/* Write a wisdom to a file, which is replaced atomically; read one, which bpb_free frees. Reading
 * allocates.
 * Returns BPB_ERR_IO. BPB_ERR_MEMORY. BPB_ERR_FORMAT: the text is no wisdom. */
BPB_API bpb_status bpb_wisdom_save(const char *text, const char *path);
BPB_API bpb_status bpb_wisdom_load(char **text, const char *path);

/* ---- The BLAS --------------------------------------------------------------------------- */

typedef struct bpb_blas_info {
    char library[32];   /* "OpenBLAS", or "CBLAS" if it is unknown */
    char version[32];   /* "0.3.21"; empty if it is unknown */
    char core[32];      /* the kernels in use, by OpenBLAS's name: "SkylakeX"; empty: unknown */
    char best_core[32]; /* what OPENBLAS_CORETYPE should be for this CPU; empty: unknown */
    int threads;        /* what the BLAS is set to, 0 if unknown. The library's calls use 1 */
    int below_cpu;      /* 1: the core uses narrower vectors than the CPU has, and is slow */
    char simd[16];      /* our own kernels in use: "x86-64-v4", "x86-64-v3" or "generic" */
} bpb_blas_info;

/* Tell which BLAS the process runs. OpenBLAS before 0.3.25 does not know newer Intel CPUs and
 * falls back to kernels that are five times slower. Thread-safe. */
BPB_API bpb_status bpb_blas_health(bpb_blas_info *info);

#ifdef __cplusplus
}
#endif

#endif
