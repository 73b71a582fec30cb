/* SPDX-License-Identifier: BSD-3-Clause */
/* An activation and a loss of your own: used, checked, saved under their names, loaded again. */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// g(z) = z / (1 + |z|), g'(z) = 1 / (1 + |z|)^2
static void squash(const void *context, size_t n, const double *z, double *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] / (1 + fabs(z[i]));
}
static void squash_df(const void *context, size_t n, const double *z, const double *a, double *df)
{
    (void)context, (void)z;
    for (size_t i = 0; i < n; i++)
        df[i] = (1 - fabs(a[i])) * (1 - fabs(a[i]));
}

// f(a, t) = c^2 (sqrt(1 + ((a - t)/c)^2) - 1), c from the context: squares that become lines
static void pseudo_huber(const void *c, size_t n, const double *a, const double *t, double *f)
{
    const double width = *(const double *)c;
    for (size_t i = 0; i < n; i++)
        f[i] = width * (hypot(width, a[i] - t[i]) - width);
}
static void pseudo_huber_df(const void *c, size_t n, const double *a, const double *t, double *df)
{
    const double width = *(const double *)c;
    for (size_t i = 0; i < n; i++)
        df[i] = width * (a[i] - t[i]) / hypot(width, a[i] - t[i]);
}

enum { SAMPLES = 64 };

static bpb_status check_and_train(bpb_net *net, bpb_view X, bpb_targets T)
{
    bpb_check_report report;
    const bpb_status status = bpb_check(net, X, T, NULL, &report);
    if (status)
        return status;
    printf("derivatives checked: %zu entries, largest error %.1e\n",
           report.result[BPB_CHECK_GRADIENT].entries,
           fabs(report.result[BPB_CHECK_GRADIENT].worst.computed -
                report.result[BPB_CHECK_GRADIENT].worst.difference));
    return bpb_train(net, &(bpb_data){.train = {.X = X, .T = T}},
                     &(bpb_train_options){.eta = 0.1, .epochs = 300}, NULL);
}

int main(void)
{
    const double width = 0.5;
    const bpb_activation_function g = {.name = "squash", .f = squash, .df = squash_df};
    const bpb_loss_function e = {.name = "pseudo-huber", .context = &width, .f = pseudo_huber,
                                  .df = pseudo_huber_df};
    double x[SAMPLES], t[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = -2 + 4.0 * i / (SAMPLES - 1);
        t[i] = sin(2 * x[i]) + (i % 16 == 7 ? 3 : 0); // outliers
    }
    const bpb_view X = bpb_samples(x, SAMPLES, 1);
    const bpb_targets T = bpb_values(bpb_samples(t, SAMPLES, 1));
    const size_t sizes[] = {1, 24, 1};
    bpb_net *net = NULL, *loaded = NULL;
    bpb_status s = bpb_net_create(
        &net, &(bpb_net_options){.sizes = sizes, .n_sizes = 3, .output = BPB_IDENTITY, .seed = 1});
    if (!s)
        s = bpb_net_set_activation(net, 1, &g);
    if (!s)
        s = bpb_net_set_loss(net, &e);
    if (!s)
        s = check_and_train(net, X, T);

    unsigned char file[16384];
    size_t bytes;
    if (!s)
        s = bpb_net_save_memory(net, file, sizeof file, &bytes);
    if (s == BPB_ERR_UNSUPPORTED) { // built without model files
        bpb_net_destroy(&net);
        return 0;
    }
    if (!s && bpb_net_load_memory(&loaded, file, bytes, NULL) != BPB_ERR_FUNCTION)
        s = BPB_ERR_FORMAT; // it must not be loaded without its functions
    printf("not loaded: %s\n", bpb_error());
    const int named = strstr(bpb_error(), "\"squash\"") != NULL;
    if (!s)
        s = bpb_net_load_memory(
            &loaded, file, bytes,
            &(bpb_functions){.activations = &g, .n_activations = 1, .losses = &e, .n_losses = 1});
    bpb_score score = {0};
    if (!s)
        s = bpb_evaluate(loaded, X, T, &score, NULL);
    printf("loss of the loaded net %.4f: %s\n", score.loss, bpb_strerror(s));
    bpb_net_destroy(&net);
    bpb_net_destroy(&loaded);
    return s != BPB_OK || !named || !(score.loss < 0.15);
}
