/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The caller owns the loop, an optimiser makes the steps: gradients of parts of a batch, summed by
 * the caller (an MPI_Allreduce in a parallel program), then Adam. Half-way the run is kept in
 * memory, as a restart file would hold it, and gone on with from there.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>

enum { SAMPLES = 48, PARTS = 2, EACH = SAMPLES / PARTS, P = 49, STEPS = 2000 };

struct run {
    bpb_dnet *net;
    bpb_dwork *work;
    bpb_dopt *opt;
    double x[SAMPLES], t[SAMPLES], loss;
};

/* One step down the mean over all columns; loss is that mean before it. */
static bpb_status step(struct run *run)
{
    double part[P], sum[P] = {0}, loss, total = 0;
    bpb_status s = BPB_OK;
    for (int p = 0; p < PARTS && !s; p++) {
        s = bpb_dgradient(run->net, run->work, bpb_dcmatrix(run->x + p * EACH, 1, EACH),
                          bpb_dcmatrix(run->t + p * EACH, 1, EACH), part, &loss);
        for (int i = 0; i < P; i++)
            sum[i] += EACH * part[i];
        total += EACH * loss;
    }
    run->loss = total / SAMPLES;
    return s ? s : bpb_dopt_step(run->opt, run->net, sum, 1.0 / SAMPLES);
}

/* Some steps, eta falling as 1 / sqrt(t). */
static bpb_status go_on(struct run *run, int steps)
{
    bpb_status s = BPB_OK;
    while (!s && steps-- > 0) {
        s = bpb_dopt_set_eta(run->opt, 0.05 / sqrt(1 + (double)bpb_dopt_steps(run->opt) / 100));
        if (!s)
            s = step(run);
    }
    return s;
}

/* Put the net and the optimiser into bytes, make both anew, and take up what the bytes say. */
static bpb_status restart(struct run *run, const bpb_opt_options *adam)
{
    static unsigned char model[8192], state[2048];
    size_t model_bytes, state_bytes;
    bpb_status s = bpb_dnet_save_memory(run->net, model, sizeof model, &model_bytes);
    if (!s)
        s = bpb_dopt_pack(run->opt, state, sizeof state, &state_bytes);
    if (s)
        return s;
    bpb_dnet_destroy(&run->net);
    bpb_dopt_destroy(&run->opt);
    s = bpb_dnet_load_memory(&run->net, model, model_bytes);
    if (!s)
        s = bpb_dopt_create(&run->opt, run->net, adam);
    return s ? s : bpb_dopt_unpack(run->opt, state, state_bytes);
}

int main(void)
{
    struct run run = {0};
    for (int i = 0; i < SAMPLES; i++) {
        run.x[i] = -1 + 2.0 * i / (SAMPLES - 1);
        run.t[i] = sin(3 * run.x[i]);
    }
    const size_t units[] = {1, 16, 1};
    const bpb_opt_options adam = {.method = BPB_ADAM};
    bpb_dplan *plan = NULL;
    bpb_status s = bpb_dnet_create(&run.net, &(bpb_net_options){.units = units, .n_layers = 2,
                                                               .hidden = BPB_TANH,
                                                               .output = BPB_IDENTITY});
    if (!s)
        s = bpb_dplan_create(&plan, run.net, NULL);
    if (!s)
        s = bpb_dwork_create(&run.work, plan);
    if (!s)
        s = bpb_dopt_create(&run.opt, run.net, &adam);
    if (!s)
        s = go_on(&run, STEPS / 2);
    if (!s)
        s = restart(&run, &adam);
    if (s == BPB_ERR_UNSUPPORTED)
        s = BPB_OK; // a library without model files: the run goes on as it was
    if (!s)
        s = go_on(&run, STEPS / 2);
    printf("loss %.2e after %d steps: %s\n", run.loss, (int)bpb_dopt_steps(run.opt),
           bpb_strerror(s));
    bpb_dopt_destroy(&run.opt);
    bpb_dwork_destroy(&run.work);
    bpb_dplan_destroy(&plan);
    bpb_dnet_destroy(&run.net);
    return s != BPB_OK || !(run.loss < 1e-4);
}
