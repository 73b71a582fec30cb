/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of 0.4 that compiles with bpblas/names-0.4.h. */
#include <bpblas.h>
#include <bpblas/names-0.4.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const float x[] = {0, 1, 1, 0};
    float y[2] = {0};
    bpb_snet *net = NULL;
    bpb_splan *plan = NULL;
    bpb_swork *work = NULL;
    bpb_status s = argc == 2 ? bpb_snet_load(&net, argv[1]) : BPB_ERR_NULL;
    if (!s)
        s = bpb_spredict(net, bpb_scmatrix(x, 2, 2), bpb_smatrix(y, 1, 2));
    if (!s)
        s = bpb_splan_create(&plan, net, &(bpb_plan_options){.batch = 2});
    if (!s)
        s = bpb_swork_create(&work, plan);
    if (!s)
        s = bpb_sforward(net, work, bpb_scmatrix(x, 2, 2), bpb_smatrix(y, 1, 2));
    printf("%s %zu %s\n", bpb_snet_loss_name(net), bpb_snet_targets(net),
           bpb_init_name(BPB_INIT_ZERO));
    bpb_swork_destroy(&work);
    bpb_splan_destroy(&plan);
    bpb_snet_destroy(&net);
    return s != BPB_OK;
}
