/* SPDX-License-Identifier: BSD-3-Clause */
/* The scratch of one caller's passes. */
#ifndef BPB_WORK_TMPL_H
#define BPB_WORK_TMPL_H

#include "net/net_tmpl.h"
#include "plan/plan_tmpl.h"

/* Where the last pass left the delta of each layer. */
enum left { LEFT_NO_DELTA, LEFT_D, LEFT_Q };

/* At the start of its memory; the matrices follow where the plan says. */
struct BPB(work) {
    const struct BPB(plan) *plan;
    void *owned;   /* what destroy frees; NULL: the caller's memory */
    const real *X; /* A_0 of the last pass: X in place, or the staged copy */
    size_t ldx;
    /* What the last pass left to be read. */
    size_t B;       /* its columns; 0: there was none */
    const real *G;  /* the gradient that it wrote; NULL: none */
    enum left left;
};

static inline void *BPB(work_at)(BPB(work) * work, size_t offset)
{
    return (char *)work + offset;
}

/* Forget what an earlier pass left; a pass of B columns begins. */
static inline void BPB(work_begin)(BPB(work) * work, size_t B)
{
    work->B = B;
    work->G = NULL;
    work->left = LEFT_NO_DELTA;
}

/* Whether this work can serve this net. */
bpb_status BPB(work_check)(const BPB(net) * net, const BPB(work) * work);

/* Check X and Y (n_L rows), of the same number of columns, against net and work; X and T. */
bpb_status BPB(outputs_check)(const BPB(net) * net, const BPB(work) * work, BPB(cview) X,
                              BPB(cview) Y);
bpb_status BPB(pairs_check)(const BPB(net) * net, const BPB(work) * work, BPB(cview) X,
                            BPB(cview) T);
/* The same, and that they fit the plan's batch. */
bpb_status BPB(batch_check)(const BPB(net) * net, const BPB(work) * work, BPB(cview) X,
                            BPB(cview) T);

#endif
