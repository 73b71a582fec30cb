/* SPDX-License-Identifier: BSD-3-Clause */
/* The scratch of one caller's passes. */
#ifndef BPB_WORK_TMPL_H
#define BPB_WORK_TMPL_H

#include "net/net_tmpl.h"
#include "plan/plan_tmpl.h"

/* At the start of its memory; the matrices follow where the plan says. */
struct BPB(work) {
    const struct BPB(plan) *plan;
    void *owned;   /* what destroy frees; NULL: the caller's memory */
    const real *X; /* A_0 of the last pass: X in place, or the staged copy */
    size_t ldx;
};

static inline void *BPB(work_at)(BPB(work) * work, size_t offset)
{
    return (char *)work + offset;
}

/* Whether this work can serve this net. */
bpb_status BPB(work_check)(const BPB(net) * net, const BPB(work) * work);

/* Check X and T (or Y), of the same number of columns, against the net and the work. */
bpb_status BPB(pass_check)(const BPB(net) * net, const BPB(work) * work, BPB(cview) X,
                           BPB(cview) T);
/* The same, and that they fit the plan's batch. */
bpb_status BPB(batch_check)(const BPB(net) * net, const BPB(work) * work, BPB(cview) X,
                            BPB(cview) T);

#endif
