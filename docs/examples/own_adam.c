/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop of one's own: gradients of two parts, their reduction, Adam, a checkpoint in memory. */
#include <bpblas.h>
#include <math.h>
#include <string.h>

enum { B = 24, P = 49, STEPS = 2000 };

int main(void)
{
    double x[2 * B], t[2 * B], part[P], theta[P], loss = 1;
    char state[4096];
    size_t sizes[] = {1, 16, 1}, bytes;
    for (int i = 0; i < 2 * B; i++)
        t[i] = sin(3 * (x[i] = -1 + 2.0 * i / (2 * B - 1)));
    static bpb_net *net; static bpb_plan *plan; static bpb_work *work; static bpb_opt *adam;
    const bpb_net_options options = {.sizes = sizes, .n_sizes = 3, .output = BPB_IDENTITY};
    const bpb_opt_options rule = {.method = BPB_ADAM, .eta = 0.01};
    int s = bpb_net_create(&net, &options) || bpb_plan_create(&plan, net, NULL) ||
            bpb_work_create(&work, plan) || bpb_opt_create(&adam, net, &rule);
    for (int step = 0, back = 0; step < STEPS && !s; step++) {
        double sum[P] = {0};
        if (step % 100 == 0) { // keep the run
            memcpy(theta, bpb_net_ctheta(net), sizeof theta);
            s = bpb_opt_pack(adam, state, sizeof state, &bytes);
        } else if (step == 1234 && !back++) { // resume, from step 1200
            memcpy(bpb_net_theta(net), theta, sizeof theta);
            s = bpb_opt_unpack(adam, state, bytes);
        }
        for (int p = 0; p < 2 && !s; p++) { // an MPI_Allreduce in a parallel program
            s = bpb_gradient(net, work, bpb_samples(x + p * B, B, 1),
                             bpb_values(bpb_samples(t + p * B, B, 1)), part, &loss);
            for (int i = 0; i < P; i++)
                sum[i] += part[i];
        }
        s = s ? s : bpb_opt_step(adam, net, sum, 0.5);
    }
    return s || !(loss < 1e-4);
}
