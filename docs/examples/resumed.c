/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Early stopping, a schedule and a checkpoint: the run is stopped, as a batch system may do, and
 * the same call resumes it.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>

#define FILE_NAME "resumed.checkpoint"

enum { SAMPLES = 60, HELD_OUT = 20, LEARNT = SAMPLES - HELD_OUT, STOP_AFTER = 50 };

static double noise(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state / 4294967296.0 - 0.5;
}

/* The first call of the program ends here, in the midst of its run. */
static int stop(const bpb_progress *progress, void *user)
{
    (void)user;
    return !progress->resumed && progress->epoch == STOP_AFTER;
}

/* Train until 40 epochs have brought nothing better on the columns held out, and keep the best. */
static bpb_status train(bpb_net *net, const double *x, const double *t, int stopped,
                        bpb_train_report *report)
{
    const bpb_data data = {
        .train = {.X = bpb_samples(x, LEARNT, 1), .T = bpb_values(bpb_samples(t, LEARNT, 1))},
        .validation = {.X = bpb_samples(x + LEARNT, HELD_OUT, 1),
                       .T = bpb_values(bpb_samples(t + LEARNT, HELD_OUT, 1))},
    };
    const bpb_train_options options = {
        .method = BPB_ADAM,
        .eta = 0.01,
        .schedule = {.kind = BPB_SCHEDULE_COSINE},
        .epochs = 2000,
        .stop = {.patience = 40, .keep_best = 1},
        .checkpoint = {.path = FILE_NAME, .seconds = 60, .resume = 1},
        .on_epoch = stopped ? stop : NULL,
    };
    return bpb_train(net, &data, &options, report);
}

int main(void)
{
    double x[SAMPLES], t[SAMPLES];
    unsigned state = 1;
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = 2 * noise(&state);
        t[i] = sin(3 * x[i]) + 0.2 * noise(&state);
    }
    const size_t sizes[] = {1, 16, 1};
    bpb_net *net = NULL;
    bpb_train_report report = {0};
    remove(FILE_NAME);
    bpb_status s = bpb_net_create(
        &net, &(bpb_net_options){
                  .sizes = sizes, .n_sizes = 3, .hidden = BPB_TANH, .output = BPB_IDENTITY});
    if (!s)
        s = train(net, x, t, 1, &report);
    const int was_stopped = s == BPB_STOPPED && report.last.epoch == STOP_AFTER;
    if (s == BPB_STOPPED)
        s = train(net, x, t, 0, &report);
    printf("%s after %zu epochs, the weights are those of epoch %zu\n", bpb_strerror(s),
           report.last.epoch, report.last.best_epoch);
    remove(FILE_NAME);
    bpb_net_destroy(&net);
    return s != BPB_OK || !was_stopped || report.end != BPB_END_PATIENCE ||
           report.kept != BPB_KEPT_BEST;
}
