/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/section.h"
#include "pass/pass_tmpl.h"

#include "base/view_tmpl.h"

/* ---- The columns ---- */

/*
 * Where A_0 is read: X itself, or what the slices stage. Predict fills its last panel up, which
 * needs a copy.
 */
static void choose_inputs(struct pass *pass)
{
    work_t *work = pass->work;
    const size_t panel = pass->forward == PREDICT ? work->plan->panel : 1;
    const bool changed = pass->net->scaling[BPB_INPUTS] || BPB(work_drops)(work, 0);
    pass->staged = changed || pass->count % panel != 0 || !BPB(view_in_place)(pass->X);
    if (pass->staged) {
        work->X = BPB(work_at)(work, work->plan->A_0);
        work->ldx = pass->X.rows;
    } else {
        work->X = pass->X.data + pass->first * pass->X.ld;
        work->ldx = pass->X.ld;
    }
}

/* One thread's share of the columns, slice by slice. */
static void do_share(void *context, size_t thread, size_t threads)
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
            BPB(slice_forward)(pass, &slice, pass->work->X, pass->work->ldx);
        pass->end(pass, &slice);
    }
}

void BPB(pass_run)(struct pass *pass)
{
    const plan_t *plan = pass->work->plan;
    BPB(work_begin)(pass->work, pass->count);
    pass->work->dropped = pass->drops;
    pass->scale = (pass->eta ? -*pass->eta : 1.0) / (double)pass->X.cols;
    if (!pass->again)
        choose_inputs(pass);
    if (pass->needs & NEED_T)
        BPB(targets_begin)(pass);
    bpb_pool_run(plan->pool, pass->threads ? pass->threads : plan->threads, do_share, pass);
}

/* ---- The frame of a call ---- */

bpb_status BPB(pass_columns)(struct pass *pass)
{
    BPB(pass_run)(pass);
    return BPB(pass_outcome)(pass);
}

bpb_status BPB(pass_perform)(struct pass *pass)
{
    struct section section;
    bpb_section_enter(&section, pass->work->plan->uses_blas);
    const bpb_status status = pass->rounds ? pass->rounds(pass) : BPB(pass_columns)(pass);
    bpb_section_leave(&section);
    return status;
}

bpb_status BPB(pass_call)(struct pass *pass)
{
    TRY(BPB(pass_check)(pass));
    return BPB(pass_perform)(pass);
}

/* ---- Checks ---- */

/* What an entry of a function's table is called, if it is needed and not there; else NULL. */
static const char *lacking(unsigned needs, unsigned need, bool there, const char *part)
{
    return needs & need && !there ? part : NULL;
}

static bpb_status check_layer(const struct pass *pass, size_t l)
{
    const plan_t *plan = pass->work->plan;
    const struct activation_table *g = &plan->layer[l - 1].g;
    const unsigned second = l < plan->shape->L ? NEED_SECOND : NEED_OUTPUT_SECOND;
    const char *name = BPB(net_layer)(pass->net, l).name;
    const char *vjp = lacking(pass->needs, NEED_VJP, g->vjp, "vjp or df");
    const char *jvp = lacking(pass->needs, NEED_JVP, g->jvp, "jvp or df");
    const char *curvature = lacking(pass->needs, second, g->second, "second or d2f");
#define HAS(part, status)                                                                          \
    REQUIRE(!part, status, "the activation %s of layer %zu has no %s", name, l, part)
    HAS(vjp, BPB_ERR_NO_VJP);
    HAS(jvp, BPB_ERR_NO_JVP);
    HAS(curvature, BPB_ERR_NO_SECOND);
#undef HAS
    return BPB_OK;
}

static bpb_status check_functions(const struct pass *pass)
{
    const plan_t *plan = pass->work->plan;
    for (size_t l = 1; l <= plan->shape->L; l++)
        if (plan->shape->layer[l - 1].activation == BPB_OWN_ACTIVATION)
            TRY(check_layer(pass, l));
    REQUIRE(!(pass->needs & NEED_LOSS_GRADIENT) || plan->loss.gradient, BPB_ERR_NO_VJP,
            "the loss %s has no gradient or df", BPB(net_loss)(pass->net).name);
    REQUIRE(!(pass->needs & NEED_LOSS_SECOND) || plan->loss.second, BPB_ERR_NO_SECOND,
            "the loss %s has no second or d2f", BPB(net_loss)(pass->net).name);
    return BPB_OK;
}

bpb_status BPB(pass_check)(struct pass *pass)
{
    const net_t *net = pass->net;
    TRY(BPB(work_check)(net, pass->work));
    const plan_t *plan = pass->work->plan;
    if (pass->needs & NEED_T) {
        TRY(BPB(samples_check)(net->shape, pass->X, pass->T));
        pass->T.view = BPB(view_resolve)(pass->T.view);
    } else {
        TRY(BPB(view_check)("X", pass->X, shape_inputs(net->shape)));
    }
    if (pass->needs & NEED_Y)
        TRY(BPB(matrix_check)("Y", BPB(view_of)(pass->Y), shape_outputs(net->shape), pass->X.cols));
    REQUIRE(pass->needs & ANY_COLUMNS || pass->X.cols <= plan->batch, BPB_ERR_BATCH,
            "X has %zu columns; the plan's batch is %zu", pass->X.cols, plan->batch);
    REQUIRE(!(pass->needs & NEED_DERIVATIVES) || plan->derivatives, BPB_ERR_PLAN,
            "the plan was made without derivatives = 1");
    TRY(check_functions(pass));
    pass->X = BPB(view_resolve)(pass->X);
    pass->count = pass->X.cols;
    return BPB_OK;
}
