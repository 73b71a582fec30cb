/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nielsen's Network.SGD written out by the calls of the library, a line for a line, and then what
 * does it all at once: bpb_train. Both end with the same parameters, to the bit.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 200, EPOCHS = 100, MINI_BATCH = 10, SEED = 1 };

static const double eta = 2.0, lambda = 0.01;

/* One epoch: shuffle, cut into mini-batches, a step down each. */
static bpb_status epoch(bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T, uint64_t j)
{
    size_t order[N];
    const bpb_sgd_rule rule = {.eta = eta, .decay = lambda / N};
    bpb_status s = bpb_shuffle(order, N, SEED, j);
    X.index = T.view.index = order; // column k of X is now sample order[k]
    for (size_t k = 0; k < N && !s; k += MINI_BATCH)
        s = bpb_sgd_step(net, work, bpb_columns(X, k, MINI_BATCH),
                         bpb_target_columns(T, k, MINI_BATCH), &rule, NULL);
    return s;
}

static bpb_status by_hand(bpb_net *net, bpb_view X, bpb_targets T)
{
    bpb_plan *plan = NULL;
    bpb_work *work = NULL;
    bpb_score score = {0};
    bpb_status s = bpb_plan_create(&plan, net, &(bpb_plan_options){.batch = MINI_BATCH});
    if (!s)
        s = bpb_work_create(&work, plan);
    for (uint64_t j = 1; j <= EPOCHS && !s; j++) {
        s = epoch(net, work, X, T, j);
        if (!s)
            s = bpb_evaluate_with(net, work, X, T, &score);
    }
    printf("%zu of %zu right, cost %.4f\n", score.correct, score.columns, score.loss);
    bpb_work_destroy(&work);
    bpb_plan_destroy(&plan);
    return s;
}

/* Two classes, inside and outside of a circle. */
static void make_data(double *x, double *t)
{
    for (int j = 0; j < N; j++) {
        x[2 * j] = sin(37.0 * j);
        x[2 * j + 1] = sin(53.0 * j + 1);
        t[j] = hypot(x[2 * j], x[2 * j + 1]) < 0.8; // the class, 0 or 1
    }
}

int main(void)
{
    static double x[2 * N], t[N];
    const size_t sizes[] = {2, 12, 2};
    const bpb_net_options options = {
        .sizes = sizes, .n_sizes = 3, .loss = BPB_CROSS_ENTROPY, .seed = SEED};
    bpb_net *net = NULL, *same = NULL;
    make_data(x, t);
    const bpb_view X = bpb_samples(x, N, 2);
    const bpb_targets T = bpb_classes(bpb_samples(t, N, 1));
    bpb_status s = bpb_net_create(&net, &options);
    if (!s)
        s = bpb_net_create(&same, &options);
    if (!s)
        s = by_hand(net, X, T);
    if (!s)
        s = bpb_train(same, &(bpb_data){.train = {.X = X, .T = T}},
                      &(bpb_train_options){.eta = eta, .lambda = lambda, .batch = MINI_BATCH,
                                           .epochs = EPOCHS, .seed = SEED}, NULL);
    const size_t bytes = bpb_net_parameters(net) * sizeof *x;
    const int equal = !s && memcmp(bpb_net_ctheta(net), bpb_net_ctheta(same), bytes) == 0;
    printf("%s; %s\n", bpb_strerror(s), equal ? "the same bits" : "other bits");
    bpb_net_destroy(&net);
    bpb_net_destroy(&same);
    return !equal;
}
