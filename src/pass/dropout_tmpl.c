/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dropout in the passes that learn. No mask is kept: what was dropped stands as -0 in A~, and no
 * other entry does, so that the way back reads the mask off it.
 */
#include "base/random.h"
#include "pass/pass_tmpl.h"

/* How outputs of layer l = 0..L-1 are dropped: the key stands for all but unit and column. */
static struct dropout dropout_of(const work_t *work, size_t l)
{
    struct dropout dropout = l == 0 ? work->plan->drop_inputs : work->plan->drop_hidden;
    const uint64_t key = bpb_random_bits(work->seed, STREAM_DROPOUT, l, work->draw);
    dropout.key[0] = (uint32_t)key;
    dropout.key[1] = (uint32_t)(key >> 32);
    return dropout;
}

void BPB(slice_drop)(const struct slice *slice, size_t l, size_t n, const real *A, real *A_thinned)
{
    const struct dropout dropout = dropout_of(slice->work, l);
    slice->work->plan->functions->masks->drop(&dropout, n, slice->first, slice->count, A,
                                              A_thinned);
}

void BPB(slice_drop_delta)(const struct slice *slice, size_t l, size_t n, real *D)
{
    const plan_t *plan = slice->work->plan;
    plan->functions->masks->drop_delta(plan->drop_hidden.kept, n * slice->count,
                                       BPB(slice_at)(slice, plan->layer[l - 1].A_thinned, n), D);
}

/* bpb_work_dropout, bpbf_work_dropout */
bpb_status BPB(work_dropout)(work_t *work, uint64_t seed, uint64_t draw)
{
    REQUIRE_POINTER(work);
    REQUIRE(work->plan->drop_inputs.on || work->plan->drop_hidden.on, BPB_ERR_PLAN,
            "the plan was made without dropout");
    work->seed = seed;
    work->draw = draw;
    return BPB_OK;
}
