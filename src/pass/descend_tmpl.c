/* SPDX-License-Identifier: BSD-3-Clause */
/* The second round of a pass: what each W takes of the columns. */
#include "pass/pass_tmpl.h"

/* A thread's share of the columns of a W, where they may be cut anywhere: whole tiles. */
#define EXACT_GRAIN 28

struct round {
    work_t *work;
    size_t first, last; /* layers */
    size_t count;
    const struct descent *descent;
};

/* The right factor of layer l: what it was given, A_{l-1} or A~_{l-1}, or the tangent of that. */
static const real *right_factor(work_t *work, const struct descent *descent, size_t l, size_t *ld)
{
    const plan_t *plan = work->plan;
    const bool tangent = descent->right == RIGHT_RA;
    *ld = plan->shape->layer[l - 1].n_in;
    if (l > 1)
        return BPB(work_at)(work, tangent ? plan->layer[l - 2].RA : BPB(work_given)(work, l - 1));
    if (tangent)
        return BPB(work_at)(work, plan->RA_0);
    *ld = work->ldx;
    return work->X;
}

static const real *left_factor(work_t *work, const struct descent *descent, size_t l)
{
    const struct planned *layer = &work->plan->layer[l - 1];
    return BPB(work_at)(work, descent->left == LEFT_Q ? layer->Q : layer->D);
}

/* Columns first .. end-1 of G = beta G + D A^T, in parts that each are one product. */
static void accumulate(work_t *work, const struct descent *descent, size_t l, size_t first,
                       size_t end, real *scratch)
{
    const struct layer *shape = &work->plan->shape->layer[l - 1];
    const struct planned *layer = &work->plan->layer[l - 1];
    const size_t n_out = shape->n_out;
    size_t lda;
    const real *A = right_factor(work, descent, l, &lda), *D = left_factor(work, descent, l);
    for (size_t j = first, cols; j < end; j += cols) {
        cols = BPB_MIN(layer->gradient_cols, end - j);
        real *G = descent->G + shape->W + j * n_out;
        layer->kernel[GRADIENT]->gemm(&(struct gemm){.trans_B = TRANS,
                                                     .m = n_out,
                                                     .n = cols,
                                                     .k = work->B,
                                                     .A = D,
                                                     .lda = n_out, // D is n_out x B
                                                     .B = A + j,
                                                     .ldb = lda, // A is cols  x B
                                                     .beta = descent->beta_W,
                                                     .E = G,
                                                     .lde = n_out,
                                                     .C = G,
                                                     .ldc = n_out, // G is n_out x cols
                                                     .scratch = scratch});
    }
}

/* g = beta g + D 1, the same product with ones for A */
static void accumulate_bias(work_t *work, const struct descent *descent, size_t l, real *scratch)
{
    const struct layer *shape = &work->plan->shape->layer[l - 1];
    const struct planned *layer = &work->plan->layer[l - 1];
    const size_t n_out = shape->n_out;
    real *g = descent->G + shape->b;
    layer->kernel[GRADIENT]->gemm(&(struct gemm){.trans_B = TRANS,
                                                 .m = n_out,
                                                 .n = 1,
                                                 .k = work->B,
                                                 .A = left_factor(work, descent, l),
                                                 .lda = n_out, // D is n_out x B
                                                 .B = BPB(work_at)(work, work->plan->ones),
                                                 .ldb = 1, // 1 x B
                                                 .beta = descent->beta_b,
                                                 .E = g,
                                                 .lde = n_out,
                                                 .C = g,
                                                 .ldc = n_out,
                                                 .scratch = scratch});
}

/* One thread's share of layer l. A tangent has no bias, and that of the inputs may be none. */
static void share_of_layer(work_t *work, const struct descent *descent, size_t l, size_t thread,
                           size_t threads)
{
    const size_t n_in = work->plan->shape->layer[l - 1].n_in;
    const struct planned *layer = &work->plan->layer[l - 1];
    const size_t grain = layer->kernel[GRADIENT]->exact ? EXACT_GRAIN : layer->gradient_cols;
    real *scratch = BPB(thread_scratch)(work, thread);
    if (l == 1 && descent->right == RIGHT_RA && !descent->of_inputs)
        return;
    accumulate(work, descent, l, share_begin(n_in, grain, thread, threads),
               share_begin(n_in, grain, thread + 1, threads), scratch);
    if (l % threads == thread && descent->right == RIGHT_A)
        accumulate_bias(work, descent, l, scratch);
}

static void descend_share(void *context, size_t thread, size_t threads)
{
    const struct round *round = context;
    for (size_t l = round->first; l <= round->last; l++)
        for (size_t i = 0; i < round->count; i++)
            share_of_layer(round->work, &round->descent[i], l, thread, threads);
}

void BPB(descend)(work_t *work, size_t count, const struct descent *descent)
{
    struct round round = {work, 1, work->plan->shape->L, count, descent};
    bpb_pool_run(work->plan->pool, work->plan->threads, descend_share, &round);
}

void BPB(descend_layer)(work_t *work, size_t l, const struct descent *descent)
{
    struct round round = {work, l, l, 1, descent};
    bpb_pool_run(work->plan->pool, work->plan->threads, descend_share, &round);
}
