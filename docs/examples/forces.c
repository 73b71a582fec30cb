/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An energy surface with forces. Three atoms on a line; descriptors, the sum over pairs and the
 * chain rule from descriptors to coordinates stay the caller's. The net gives a pair's energy E(G);
 * the library adds dE/dG and the parameter gradient of what is a function of both.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES = 40, PAIRS = 2, COLUMNS = FRAMES * PAIRS, INPUTS = 2, STEPS = 4000 };

/* A frame's two distances are columns of G; their descriptors and dG/dr. */
static double G[INPUTS * COLUMNS], dG[INPUTS * COLUMNS], energy[FRAMES], force[COLUMNS];

/* What is to be learnt: Morse's potential, without its units. */
static double morse(double r, double *slope)
{
    const double y = exp(-1.5 * (r - 1.2));
    *slope = 3 * (1 - y) * y;
    return (1 - y) * (1 - y);
}

static void make_data(void)
{
    for (int f = 0; f < FRAMES; f++)
        for (int p = 0; p < PAIRS; p++) {
            const int c = PAIRS * f + p;
            const double r = 1.6 + 0.7 * sin(1 + 2.1 * c);
            G[INPUTS * c] = 1 / r;
            dG[INPUTS * c] = -1 / (r * r);
            G[INPUTS * c + 1] = exp(-r);
            dG[INPUTS * c + 1] = -exp(-r);
            double slope;
            energy[f] += morse(r, &slope);
            force[c] = -slope; // along the bond
        }
}

/*
 * loss = 1/2 sum_f (sum_p E - energy)^2 + 1/2 sum_c (F_c - force_c)^2, over FRAMES,
 * F = -dE/dG dG/dr; U = dloss/dE and D = dloss/d(dE/dG).
 */
static double errors(const double *E, const double *dE, double *U, double *D)
{
    double loss = 0;
    for (int f = 0; f < FRAMES; f++) {
        double error = -energy[f];
        for (int p = 0; p < PAIRS; p++)
            error += E[PAIRS * f + p];
        loss += error * error / 2;
        for (int p = 0; p < PAIRS; p++)
            U[PAIRS * f + p] = error / FRAMES;
    }
    for (int c = 0; c < COLUMNS; c++) {
        double F = 0;
        for (int k = 0; k < INPUTS; k++)
            F -= dE[INPUTS * c + k] * dG[INPUTS * c + k];
        loss += (F - force[c]) * (F - force[c]) / 2;
        for (int k = 0; k < INPUTS; k++)
            D[INPUTS * c + k] = -(F - force[c]) * dG[INPUTS * c + k] / FRAMES;
    }
    return loss / FRAMES;
}

static bpb_status step(bpb_net *net, bpb_work *work, bpb_opt *sgd, double *gradient, double *loss)
{
    static double E[COLUMNS], dE[INPUTS * COLUMNS], U[COLUMNS], D[INPUTS * COLUMNS];
    const bpb_view X = bpb_samples(G, COLUMNS, INPUTS);
    bpb_status s = bpb_forward(net, work, X, bpb_samples_out(E, COLUMNS, 1));
    if (!s)
        s = bpb_jacobian(net, work, X, bpb_samples_out(dE, COLUMNS, INPUTS));
    if (s)
        return s;
    *loss = errors(E, dE, U, D);
    s = bpb_jacobian_vjp(net, work, X, bpb_samples(U, COLUMNS, 1), bpb_samples(D, COLUMNS, INPUTS),
                         gradient);
    return s ? s : bpb_opt_step(sgd, net, gradient, 1);
}

int main(void)
{
    const size_t units[] = {INPUTS, 16, 16, 1};
    bpb_net *net = NULL;
    bpb_plan *plan = NULL;
    bpb_work *work = NULL;
    bpb_opt *sgd = NULL;
    make_data();
    bpb_status s = bpb_net_create(
        &net,
        &(bpb_net_options){
            .sizes = units, .n_sizes = 4, .hidden = BPB_TANH, .output = BPB_IDENTITY, .seed = 3});
    if (!s)
        s = bpb_net_set_scaling(net, BPB_INPUTS, (double[]){0.7, 0.25}, (double[]){5, 8});
    if (!s)
        s = bpb_plan_create(&plan, net, &(bpb_plan_options){.batch = COLUMNS, .derivatives = 1});
    if (!s)
        s = bpb_work_create(&work, plan);
    if (!s)
        s = bpb_opt_create(&sgd, net, &(bpb_opt_options){.eta = 0.02});
    double *gradient = malloc(bpb_net_parameters(net) * sizeof *gradient);
    double loss = 0, first = 0;
    for (int i = 0; i < STEPS && gradient && !s; i++) {
        s = step(net, work, sgd, gradient, &loss);
        first = i == 0 ? loss : first;
    }
    printf("energies and forces: loss %.3f -> %.5f: %s\n", first, loss, bpb_strerror(s));
    free(gradient);
    bpb_opt_destroy(&sgd);
    bpb_work_destroy(&work);
    bpb_plan_destroy(&plan);
    bpb_net_destroy(&net);
    return s != BPB_OK || !(loss < first / 100);
}
