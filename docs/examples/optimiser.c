/* SPDX-License-Identifier: BSD-3-Clause */
/* A net driven by somebody else's optimiser: NLopt's L-BFGS over the flat vector of parameters. */
#include <bpblas.h>
#include <math.h>
#include <nlopt.h>
#include <stdio.h>

enum { SAMPLES = 100 };

/* f and its gradient, as NLopt asks for them. */
static double value(unsigned n, const double *theta, double *gradient, void *objective)
{
    double f = HUGE_VAL;
    (void)n;
    bpb_objective_gradient(objective, theta, &f, gradient);
    return f;
}

static nlopt_result minimise(bpb_objective *objective, size_t P, double *theta, double *f)
{
    nlopt_opt optimiser = nlopt_create(NLOPT_LD_LBFGS, (unsigned)P);
    nlopt_set_min_objective(optimiser, value, objective);
    nlopt_set_maxeval(optimiser, 500);
    const nlopt_result result = nlopt_optimize(optimiser, theta, f);
    nlopt_destroy(optimiser);
    return result;
}

int main(void)
{
    double x[SAMPLES], t[SAMPLES], f = 0;
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = -1 + 2.0 * i / (SAMPLES - 1);
        t[i] = sin(6 * x[i]) * exp(-x[i]);
    }
    const size_t sizes[] = {1, 12, 1};
    bpb_net *net = NULL;
    bpb_objective *objective = NULL;
    bpb_status s = bpb_net_create(
        &net,
        &(bpb_net_options){
            .sizes = sizes, .n_sizes = 3, .hidden = BPB_TANH, .output = BPB_IDENTITY, .seed = 1});
    if (!s)
        s = bpb_objective_create(&objective, net, bpb_samples(x, SAMPLES, 1),
                                 bpb_values(bpb_samples(t, SAMPLES, 1)), NULL);
    if (!s && minimise(objective, bpb_net_parameters(net), bpb_net_theta(net), &f) < 0)
        printf("NLopt stopped early\n"); // at rounding errors, say: theta is the best found
    printf("loss %.2e: %s\n", f, bpb_strerror(s));
    bpb_objective_destroy(&objective);
    bpb_net_destroy(&net);
    return s != BPB_OK || !(f < 1e-3);
}
