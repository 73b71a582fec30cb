/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dE/dtheta_k = (E(theta_k + h) - E(theta_k - h)) / 2h, in double whatever the precision of what it
 * is compared with. The error is of order h^2 by truncation and eps/h by rounding: h ~ eps^(1/3).
 */
#include <float.h>
#include <math.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"
#include "explain.h"

struct probe {
    struct trace *trace;
    bpb_net *net;
    bpb_plan *plan;
    bpb_work *work;
    bpb_status status; /* of the first loss that failed */
};

static double loss_at(struct probe *probe)
{
    const struct trace *trace = probe->trace;
    const bpb_view X = bpb_samples(trace->x, 1, trace->n[0]);
    const bpb_view T = bpb_samples(trace->T, 1, trace->targets);
    double E = 0.0;
    const bpb_status status =
        bpb_loss(probe->net, probe->work, X, trace->has_class ? bpb_classes(T) : bpb_values(T), &E);
    if (status < 0 && probe->status == BPB_OK)
        probe->status = status;
    return E;
}

static double difference(struct probe *probe, double *theta)
{
    const double middle = *theta, h = cbrt(DBL_EPSILON) * fmax(1.0, fabs(middle));
    const volatile double above = middle + h, below = middle - h; /* as they are stored */
    *theta = above;
    const double E_above = loss_at(probe);
    *theta = below;
    const double E_below = loss_at(probe);
    *theta = middle;
    return (E_above - E_below) / (above - below);
}

static void copy_parameters(struct probe *probe, size_t l)
{
    const struct trace *trace = probe->trace;
    double *theta = bpb_net_theta(probe->net);
    const bpb_out W = bpb_net_W(probe->net, theta, l), b = bpb_net_b(probe->net, theta, l);
    for (size_t i = 0; i < W.rows; i++) {
        for (size_t j = 0; j < W.cols; j++)
            W.data[i + j * W.rows] = trace->W[l][i][j];
        b.data[i] = trace->b[l][i];
    }
}

static void differences_of_layer(struct probe *probe, size_t l)
{
    struct trace *trace = probe->trace;
    double *theta = bpb_net_theta(probe->net);
    const bpb_out W = bpb_net_W(probe->net, theta, l), b = bpb_net_b(probe->net, theta, l);
    for (size_t i = 0; i < W.rows; i++) {
        for (size_t j = 0; j < W.cols; j++)
            trace->dW_difference[l][i][j] = difference(probe, &W.data[i + j * W.rows]);
        trace->db_difference[l][i] = difference(probe, &b.data[i]);
    }
}

static int run(struct probe *probe, const char *model)
{
    ATTEMPT(bpb_cli_load(&probe->net, model));
    for (size_t l = 1; l <= probe->trace->L; l++)
        copy_parameters(probe, l);
    const bpb_plan_options options = {.batch = 1, .unpadded = 1};
    bpb_status status = bpb_plan_create(&probe->plan, probe->net, &options);
    if (status == BPB_OK)
        status = bpb_work_create(&probe->work, probe->plan);
    for (size_t l = 1; status == BPB_OK && l <= probe->trace->L; l++)
        differences_of_layer(probe, l);
    status = status == BPB_OK ? probe->status : status;
    return status == BPB_OK ? CODE_FINE : complain_status(status, "take differences of", model);
}

int explain_differences(struct trace *trace, const char *model)
{
    struct probe probe = {.trace = trace};
    const int code = run(&probe, model);
    bpb_work_destroy(&probe.work);
    bpb_plan_destroy(&probe.plan);
    bpb_net_destroy(&probe.net);
    return code;
}
