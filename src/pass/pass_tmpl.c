/* SPDX-License-Identifier: BSD-3-Clause */
#include "pass/pass_tmpl.h"

#include "base/view_tmpl.h"

/*
 * Where A_0 is read: X itself, or what the slices stage. Predict fills its last panel up, which
 * needs a copy.
 */
static void choose_inputs(const struct pass *pass)
{
    work_t *work = pass->work;
    const size_t panel = pass->forward == PREDICT ? work->plan->panel : 1;
    const bool changed = pass->net->input_scaling || BPB(work_drops)(work, 0);
    if (pass->count % panel == 0 && !changed && BPB(view_in_place)(pass->X)) {
        work->X = pass->X.data + pass->first * pass->X.ld;
        work->ldx = pass->X.ld;
        return;
    }
    work->X = BPB(work_at)(work, work->plan->A_0);
    work->ldx = pass->X.rows;
}

/* One thread's share of the columns, slice by slice. */
static void share(void *context, size_t thread, size_t threads)
{
    struct pass *pass = context;
    const plan_t *plan = pass->work->plan;
    const size_t panel = pass->forward == PREDICT ? plan->panel : 1;
    const size_t grain = BPB_MAX(plan->grain, panel); /* whole panels, both */
    const size_t chunk = BPB_MAX(plan->chunk / panel, 1) * panel;
    const size_t end = share_begin(pass->count, grain, thread + 1, threads);
    struct slice slice = {
        .net = pass->net,
        .work = pass->work,
        .first = share_begin(pass->count, grain, thread, threads),
        .scratch = BPB(thread_scratch)(pass->work, thread),
    };
    for (; slice.first < end; slice.first += slice.count) {
        slice.count = BPB_MIN(chunk, end - slice.first);
        if (!pass->again)
            BPB(slice_forward)(pass, &slice);
        pass->end(pass, &slice);
    }
}

void BPB(pass_run)(struct pass *pass)
{
    BPB(work_begin)(pass->work, pass->count);
    pass->work->dropped = pass->drops;
    if (!pass->again)
        choose_inputs(pass);
    if (pass->T.data)
        BPB(targets_begin)(pass);
    bpb_pool_run(pass->work->plan->pool, share, pass);
}

/* Whether what is needed is there. */
#define HAS(need, part) (!(needs & (need)) || (part))

bpb_status BPB(functions_check)(const plan_t *plan, unsigned needs)
{
    const size_t L = plan->shape->L;
    for (size_t l = 1; l <= L; l++) {
        const struct activation_table *g = &plan->layer[l - 1].g;
        REQUIRE(HAS(NEED_VJP, g->vjp), BPB_ERR_NO_VJP);
        REQUIRE(HAS(NEED_JVP, g->jvp), BPB_ERR_NO_JVP);
        REQUIRE(HAS(l < L ? NEED_SECOND : NEED_OUTPUT_SECOND, g->second), BPB_ERR_NO_SECOND);
    }
    REQUIRE(HAS(NEED_LOSS_GRADIENT, plan->loss.gradient), BPB_ERR_NO_VJP);
    REQUIRE(HAS(NEED_LOSS_SECOND, plan->loss.second), BPB_ERR_NO_SECOND);
    return BPB_OK;
}
