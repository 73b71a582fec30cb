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
    const plan_t *plan;
    void *owned;        /* what destroy frees; NULL: the caller's memory */
    plan_t *owned_plan; /* NULL: the plan is somebody else's */
    const real *X; /* A_0 of the last pass: X in place, or the staged copy */
    size_t ldx;
    /* What the last pass left to be read. */
    size_t B;       /* its columns; 0: there was none */
    const net_t *forward_of; /* its A_1 .. A_L are those of this net; NULL: of none */
    const real *G;  /* the gradient that it wrote; NULL: none */
    enum left left;
    bool dropped;   /* it dropped what the plan's options say */
    uint64_t seed, draw; /* of the masks of the passes to come */
};

static inline void *BPB(work_at)(work_t *work, size_t offset)
{
    return (char *)work + offset;
}

/* Forget what an earlier pass left; a pass of B columns begins. */
static inline void BPB(work_begin)(work_t *work, size_t B)
{
    work->B = B;
    work->forward_of = NULL;
    work->G = NULL;
    work->left = LEFT_NO_DELTA;
    work->dropped = false;
}

/* Whether the last pass dropped outputs of layer l = 0..L-1. */
static inline bool BPB(work_drops)(const work_t *work, size_t l)
{
    const plan_t *plan = work->plan;
    return work->dropped && (l == 0 ? plan->drop_inputs.on : plan->drop_hidden.on);
}

/* Where that pass left what layer l = 1..L gave the next: A~_l, or A_l. */
static inline size_t BPB(work_given)(const work_t *work, size_t l)
{
    const struct planned *layer = &work->plan->layer[l - 1];
    return work->dropped ? layer->A_thinned : layer->A;
}

/* Whether this work can serve this net. */
bpb_status BPB(work_check)(const net_t *net, const work_t *work);

#endif
