/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan chose, wisdom, and the health of the BLAS. */
#ifndef BPBLAS_PLAN_H
#define BPBLAS_PLAN_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Entries and wisdom of a plan ---- */

/* One kernel that could do one product: C = op(A) op(B) + beta C, C being m x n, k the terms. */
typedef struct bpb_plan_choice {
    const char *product; /* "forward" Z = W A + b 1^T, "delta" D' = W^T D,
                            "gradient" W <- beta W + D A^T, "predict" (forward by blocks) */
    size_t layer;        /* 1..L */
    size_t m, n, k;
    const char *kernel;  /* see bpb_planning */
    int chosen;          /* 1: the plan uses this one */
    double seconds;      /* what it took, the least of several; 0: not measured */
} bpb_plan_choice;

/* Entry i = 0, 1, ... of the plan: of each product, each kernel that it could have taken.
 * BPB_ERR_SIZE: there are not so many. */
BPB_API bpb_status bpb_plan_entry(const bpb_plan *plan, size_t i, bpb_plan_choice *entry);
BPB_API bpb_status bpbf_plan_entry(const bpbf_plan *plan, size_t i, bpb_plan_choice *entry);

/*
 * The plan's choices as text: one line a product, "s gradient 30 784 10 tiles", after a line that
 * names the format. Put into options.wisdom, it makes the same plan again; texts may be
 * concatenated, and of two lines for one product the last counts. *bytes (never NULL) is its
 * length with the closing 0; text NULL: ask for that only. BPB_ERR_BUFFER: capacity too small.
 */
BPB_API bpb_status bpb_plan_wisdom(const bpb_plan *plan, char *text, size_t capacity,
                                    size_t *bytes);
BPB_API bpb_status bpbf_plan_wisdom(const bpbf_plan *plan, char *text, size_t capacity,
                                    size_t *bytes);

/*
 * A text to and from a file, which is replaced atomically. What is read is allocated; free it
 * with bpb_free. BPB_ERR_IO, BPB_ERR_MEMORY. BPB_ERR_FORMAT: not a wisdom.
 */
BPB_API bpb_status bpb_wisdom_save(const char *text, const char *path);
BPB_API bpb_status bpb_wisdom_load(char **text, const char *path);

/* ---- BLAS health ------------------------------------------------------------------------- */

typedef struct bpb_blas_info {
    char library[32];   /* "OpenBLAS", or "CBLAS" where it is unknown */
    char version[32];   /* "0.3.21"; empty where it is unknown */
    char core[32];      /* the kernels in use, OpenBLAS's name: "SkylakeX"; empty: unknown */
    char best_core[32]; /* what OPENBLAS_CORETYPE should be for this CPU; empty: unknown */
    int threads;        /* what the BLAS is set to; 0: unknown. Calls of this library use 1 */
    int below_cpu;      /* 1: the core uses narrower vectors than the CPU has */
    char simd[16];      /* kernels of our own in use: "x86-64-v4", "x86-64-v3" or "generic" */
} bpb_blas_info;

/* Report the BLAS that the process runs. Thread-safe. */
BPB_API bpb_status bpb_blas_health(bpb_blas_info *info);

#ifdef __cplusplus
}
#endif

#endif
