/* SPDX-License-Identifier: BSD-3-Clause */
#include "pass/pass_tmpl.h"

#include "net/view_tmpl.h"

/*
 * Where A_0 is read: X itself, or what the slices stage. Predict fills its last panel up, which
 * needs a copy.
 */
static void choose_inputs(const struct BPB(pass) * pass)
{
    BPB(work) *work = pass->work;
    const size_t panel = pass->forward == PREDICT ? work->plan->panel : 1;
    if (pass->count % panel == 0 && !pass->net->input_scaling && BPB(view_in_place)(pass->X)) {
        work->X = pass->X.data + pass->first * pass->X.ld;
        work->ldx = pass->X.ld;
        return;
    }
    work->X = BPB(work_at)(work, work->plan->A_0);
    work->ldx = pass->X.rows;
}

static bool is_staged(const struct BPB(pass) * pass)
{
    return pass->work->X == BPB(work_at)(pass->work, pass->work->plan->A_0);
}

/* One thread's share of the columns, as one slice. */
static struct BPB(slice) share_columns(const struct BPB(pass) * pass, size_t thread, size_t threads)
{
    const BPB(plan) *plan = pass->work->plan;
    const size_t panel = pass->forward == PREDICT ? plan->panel : 1;
    const size_t grain = BPB_MAX(plan->grain, panel); /* whole panels */
    const size_t begin = share_begin(pass->count, grain, thread, threads);
    return (struct BPB(slice)){
        .net = pass->net,
        .work = pass->work,
        .first = begin,
        .count = share_begin(pass->count, grain, thread + 1, threads) - begin,
        .scratch = BPB(thread_scratch)(pass->work, thread),
    };
}

static void stage(void *context, size_t thread, size_t threads)
{
    const struct BPB(slice) slice = share_columns(context, thread, threads);
    if (slice.count > 0)
        BPB(slice_stage)(context, &slice);
}

size_t BPB(share_rows)(const struct BPB(pass) * pass, size_t n, size_t thread, size_t threads,
                       struct BPB(slice) * all, size_t *rows)
{
    const size_t begin = share_begin(n, BPB_ROW_GRAIN, thread, threads);
    *all = (struct BPB(slice)){
        .net = pass->net,
        .work = pass->work,
        .count = pass->count,
        .scratch = BPB(thread_scratch)(pass->work, thread),
    };
    *rows = share_begin(n, BPB_ROW_GRAIN, thread + 1, threads) - begin;
    return begin;
}

static void forward_rows(void *context, size_t thread, size_t threads)
{
    const struct BPB(pass) *pass = context;
    const size_t n = pass->net->shape->layer[pass->layer - 1].n_out;
    struct BPB(slice) all;
    size_t rows;
    const size_t row = BPB(share_rows)(pass, n, thread, threads, &all, &rows);
    if (rows > 0)
        BPB(slice_forward_rows)(&all, pass->forward, pass->layer, row, rows);
}

/* The columns through the other layers and to the end, slice by slice. */
static void forward_columns(void *context, size_t thread, size_t threads)
{
    struct BPB(pass) *pass = context;
    const BPB(plan) *plan = pass->work->plan;
    const size_t panel = pass->forward == PREDICT ? plan->panel : 1;
    const size_t chunk = BPB_MAX(plan->chunk / panel, 1) * panel;
    struct BPB(slice) slice = share_columns(pass, thread, threads);
    const size_t end = slice.first + slice.count;
    for (; slice.first < end; slice.first += slice.count) {
        slice.count = BPB_MIN(chunk, end - slice.first);
        if (is_staged(pass) && plan->by_rows == 0)
            BPB(slice_stage)(pass, &slice);
        BPB(slice_forward)(pass, &slice);
        pass->end(pass, &slice);
    }
}

void BPB(pass_run)(struct BPB(pass) * pass)
{
    const BPB(plan) *plan = pass->work->plan;
    choose_inputs(pass);
    pass->T_in_place = pass->T.data && !pass->net->output_scaling &&
                       BPB(view_in_place)(pass->T) && pass->T.ld == pass->T.rows;
    if (is_staged(pass) && plan->by_rows > 0)
        bpb_pool_run(plan->pool, stage, pass);
    for (pass->layer = 1; pass->layer <= plan->by_rows; pass->layer++)
        bpb_pool_run(plan->pool, forward_rows, pass);
    bpb_pool_run(plan->pool, forward_columns, pass);
}
