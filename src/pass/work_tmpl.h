/* SPDX-License-Identifier: BSD-3-Clause */
/* The scratch of one thread, and the passes as the rest of the library calls them. */
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

/* X and T are resolved and checked from here on, and a section has been entered. */

/* A_l, l = 0..L, of columns first .. first+B-1 of X. */
void BPB(pass_forward)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, size_t first,
                       size_t B);
/* The same by the panel's product, which keeps a column's bits from depending on its place:
 * B columns, at most a panel; the work's columns up to the panel's width are filled with zeros. */
void BPB(pass_panel)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, size_t first, size_t B);
/* Stage T = (targets - shift) / factor. */
void BPB(pass_targets)(const BPB(net) * net, BPB(work) * work, BPB(cview) T, size_t first,
                       size_t B);
/* The mean of e over the B columns that were passed forward, T staged. */
double BPB(pass_loss)(BPB(work) * work, size_t B);
/* Y = shift + factor * A_L in place; then the outputs are in the caller's units. */
void BPB(pass_unscale)(const BPB(net) * net, BPB(work) * work, size_t B);

#endif
