/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of 0.4 that the script docs/from-0.4.py brings to 0.5 alone. */
#include <bpblas.h>
#include <stdio.h>

/* bpb_dforward and bpb_loss stay in comments */
static const char text[] = "bpb_dforward \"bpb_snet\"";

int main(void)
{
    const size_t units[] = {2, 3, 1}, L = 2;
    const double x[] = {0, 1, 1, 0, 0.5, 0.5}; // three of bpb_dcmatrix
    double y[3] = {0}, v[3] = {1, 1, 1}, moved[6];
    bpb_loss loss = BPB_SQUARED;
    bpb_net_options options = {.units = units, .n_layers = L, .loss = loss, .seed = 1};
    bpb_dnet *net = NULL, *other = NULL;
    bpb_dplan *plan = NULL;
    bpb_dwork *work = NULL;
    bpb_plan_entry entry;

    bpb_status s = bpb_dnet_create(&net, &options);
    if (!s)
        s = bpb_dnet_create(&other, &(bpb_net_options){.units = units, .n_layers = 2});
    if (!s)
        s = bpb_dnet_set_input_scaling(net, NULL, (const double[]){1, 2});
    if (!s)
        s = bpb_dplan_create(&plan, net, &(bpb_plan_options){.batch = 3, .derivatives = 1});
    if (!s)
        s = bpb_dwork_create(&work, plan);
    if (!s)
        s = bpb_dforward(net, work, bpb_dcmatrix(x, 2, 3), bpb_dmatrix(y, 1, 3));
    if (!s)
        s = bpb_dvjp(net, work, bpb_dcmatrix(x, 2, 3), bpb_dread(bpb_dmatrix(v, 1, 3)), NULL,
                     bpb_dmatrix(moved, 2, 3));
    if (!s)
        s = bpb_dpredict(net, bpb_dcolumns(bpb_dcmatrix(x, 2, 3), 0, 3), bpb_dmatrix(y, 1, 3));
    if (!s)
        s = bpb_dplan_entry(plan, 0, &entry);
    printf("%s %s %s %g %zu %d\n", text, bpb_activation_name(bpb_dnet_activation(net, 1)),
           bpb_dnet_loss_name(net), y[0], sizeof(bpb_loss), bpb_dnet_units(net, 1) == units[1]);
    bpb_dwork_destroy(&work);
    bpb_dplan_destroy(&plan);
    bpb_dnet_destroy(&other);
    bpb_dnet_destroy(&net);
    return s != BPB_OK;
}
