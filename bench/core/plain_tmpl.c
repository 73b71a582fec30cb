/* SPDX-License-Identifier: BSD-3-Clause */
#include "plain_tmpl.h"

#include <stdlib.h>
#include <string.h>

/* n rounded up so that the next array begins on a cache line. */
static size_t padded(size_t n)
{
    const size_t line = 64 / sizeof(real);
    return (n + line - 1) / line * line;
}

static real *next_array(real **next, size_t n)
{
    real *values = *next;
    *next += padded(n);
    return values;
}

/* memory: theta | gradient | Y | Z_1 A_1 D_1 | ... | Z_L A_L D_L */
static size_t memory_needed(const struct BENCH(problem) *problem, size_t columns)
{
    const struct bench_case *shape = problem->shape;
    size_t total = 2 * padded(BPB(net_parameters)(problem->net));
    total += padded(shape->units[shape->n_layers] * problem->samples);
    for (size_t l = 1; l <= shape->n_layers; l++)
        total += 3 * padded(shape->units[l] * columns);
    return total;
}

static void lay_out(struct BENCH(plain) *net, size_t columns)
{
    const net_t *start = net->problem->net;
    const size_t P = BPB(net_parameters)(start), L = BPB(net_layers)(start);
    real *next = net->memory;
    real *theta = net->result.theta = next_array(&next, P);
    real *gradient = net->result.gradient = next_array(&next, P);
    net->result.Y = next_array(&next, BPB(net_size)(start, L) * net->problem->samples);
    for (size_t l = 1; l <= L; l++) {
        const size_t n_out = BPB(net_size)(start, l);
        net->layer[l - 1] = (struct BENCH(layer)){
            .n_in = BPB(net_size)(start, l - 1),
            .n_out = n_out,
            .activation = BPB(net_layer)(start, l).activation,
            .W = BPB(net_W)(start, theta, l).data,
            .b = BPB(net_b)(start, theta, l).data,
            .dW = BPB(net_W)(start, gradient, l).data,
            .db = BPB(net_b)(start, gradient, l).data,
        };
        net->layer[l - 1].Z = next_array(&next, n_out * columns);
        net->layer[l - 1].A = next_array(&next, n_out * columns);
        net->layer[l - 1].D = next_array(&next, n_out * columns);
    }
}

struct BENCH(plain) *BENCH(plain_create)(const struct BENCH(problem) *problem, size_t columns)
{
    struct BENCH(plain) *net = calloc(1, sizeof *net);
    if (net == NULL)
        return NULL;
    net->problem = problem;
    net->memory = BENCH(values)(memory_needed(problem, columns));
    if (net->memory == NULL) {
        free(net);
        return NULL;
    }
    lay_out(net, columns);
    BENCH(plain_restore)(net);
    return net;
}

void BENCH(plain_destroy)(void *state)
{
    struct BENCH(plain) *net = state;
    if (net != NULL)
        free(net->memory);
    free(net);
}

void BENCH(plain_restore)(void *state)
{
    const struct BENCH(plain) *net = state;
    const net_t *start = net->problem->net;
    memcpy(net->result.theta, BPB(net_ctheta)(start), BPB(net_parameters)(start) * sizeof(real));
}

bpb_status BENCH(plain_subject)(struct subject *subject, struct BENCH(plain) *net,
                                bpb_status (*const run[OPS])(void *, size_t))
{
    if (net == NULL)
        return BPB_ERR_MEMORY;
    *subject = (struct subject){
        .state = net,
        .samples = net->problem->samples,
        .batch = net->problem->batch,
        .run = {run[OP_FORWARD], run[OP_GRADIENT], run[OP_STEP]},
        .restore = BENCH(plain_restore),
        .destroy = BENCH(plain_destroy),
    };
    return BPB_OK;
}
