/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Baseline 1, Nielsen's Network in C: back-propagate one sample at a time, add up the nablas
 * over the mini-batch, then update. W is stored by rows, as C and NumPy store matrices: one row for
 * each unit. Every inner loop runs along a row.
 */
#include "naive_functions_tmpl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct BENCH(sample) {
    struct BENCH(result) result; /* Y is the net's; deliver fills the others */
    struct BENCH(plain) *net;    /* every W and dW by rows */
};

/* z = W a + b */
static void affine(size_t n_out, size_t n_in, const real *restrict W, const real *restrict b,
                   const real *restrict a, real *restrict z)
{
    for (size_t i = 0; i < n_out; i++) {
        real sum = b[i];
        for (size_t k = 0; k < n_in; k++)
            sum += W[i * n_in + k] * a[k];
        z[i] = sum;
    }
}

/* d_in = W^T d */
static void affine_transposed(size_t n_out, size_t n_in, const real *restrict W,
                              const real *restrict d, real *restrict d_in)
{
    for (size_t k = 0; k < n_in; k++)
        d_in[k] = 0;
    for (size_t i = 0; i < n_out; i++)
        for (size_t k = 0; k < n_in; k++)
            d_in[k] += W[i * n_in + k] * d[i];
}

/* nabla_b = nabla_b + d, nabla_W = nabla_W + d a^T */
static void add_nabla(size_t n_out, size_t n_in, const real *restrict d, const real *restrict a,
                      real *restrict nabla_W, real *restrict nabla_b)
{
    for (size_t i = 0; i < n_out; i++) {
        nabla_b[i] += d[i];
        for (size_t k = 0; k < n_in; k++)
            nabla_W[i * n_in + k] += d[i] * a[k];
    }
}

/* Returns the output a_L. */
static const real *feed_forward(const struct BENCH(plain) *net, const real *x)
{
    const real *a = x;
    for (size_t l = 0; l < net->problem->shape->n_layers; l++) {
        const struct BENCH(layer) *layer = &net->layer[l];
        affine(layer->n_out, layer->n_in, layer->W, layer->b, a, layer->Z);
        BENCH(naive_activate)(layer->activation, layer->n_out, layer->Z, layer->A);
        a = layer->A;
    }
    return a;
}

static void back_propagate(const struct BENCH(plain) *net, const real *x, const real *t)
{
    const size_t L = net->problem->shape->n_layers;
    const real *y = feed_forward(net, x);
    BENCH(naive_output_delta)(net, y, t, net->layer[L - 1].D);
    for (size_t l = L; l-- > 0;) {
        const struct BENCH(layer) *layer = &net->layer[l], *below = l > 0 ? layer - 1 : NULL;
        add_nabla(layer->n_out, layer->n_in, layer->D, below ? below->A : x, layer->dW, layer->db);
        if (below == NULL)
            break;
        affine_transposed(layer->n_out, layer->n_in, layer->W, layer->D, below->D);
        BENCH(naive_derivative)(below->activation, below->n_out, below->A, below->D);
    }
}

/* The sum over the batch, not yet the mean. */
static void add_up_nablas(const struct BENCH(plain) *net, size_t first)
{
    const struct BENCH(problem) *problem = net->problem;
    const size_t n_0 = problem->shape->units[0];
    const size_t n_L = problem->shape->units[problem->shape->n_layers];
    memset(net->result.gradient, 0, BPB(net_parameters)(problem->net) * sizeof(real));
    for (size_t j = first; j < first + problem->batch; j++)
        back_propagate(net, problem->X + j * n_0, problem->T + j * n_L);
}

static bpb_status forward(void *state, size_t first)
{
    const struct BENCH(plain) *net = ((struct BENCH(sample) *)state)->net;
    const struct BENCH(problem) *problem = net->problem;
    const size_t n_0 = problem->shape->units[0];
    const size_t n_L = problem->shape->units[problem->shape->n_layers];
    for (size_t j = first; j < first + problem->batch; j++) {
        const real *y = feed_forward(net, problem->X + j * n_0);
        memcpy(net->result.Y + j * n_L, y, n_L * sizeof(real));
    }
    return BPB_OK;
}

static bpb_status gradient(void *state, size_t first)
{
    const struct BENCH(plain) *net = ((struct BENCH(sample) *)state)->net;
    const size_t P = BPB(net_parameters)(net->problem->net);
    const real scale = RC(1.0) / (real)net->problem->batch;
    add_up_nablas(net, first);
    for (size_t i = 0; i < P; i++)
        net->result.gradient[i] *= scale;
    return BPB_OK;
}

static bpb_status step(void *state, size_t first)
{
    const struct BENCH(plain) *net = ((struct BENCH(sample) *)state)->net;
    add_up_nablas(net, first);
    BENCH(naive_update)(net, (real)ETA / (real)net->problem->batch);
    return BPB_OK;
}

double BENCH(naive_margin)(const struct subject *naive, const real *x)
{
    const struct BENCH(plain) *net = ((struct BENCH(sample) *)naive->state)->net;
    double margin = INFINITY;
    feed_forward(net, x);
    for (size_t l = 0; l < net->problem->shape->n_layers; l++)
        for (size_t i = 0; i < net->layer[l].n_out; i++)
            if (net->layer[l].activation == BPB_RELU)
                margin = fmin(margin, fabs((double)net->layer[l].Z[i]));
    return margin;
}

/* to = from^T     from is rows x cols by columns, to is cols x rows */
static void transpose(size_t rows, size_t cols, const real *restrict from, real *restrict to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < cols; k++)
            to[i * cols + k] = from[k * rows + i];
}

static void restore(void *state)
{
    const struct BENCH(sample) *sample = state;
    const struct BENCH(plain) *net = sample->net;
    net_t *start = net->problem->net;
    BENCH(plain_restore)(sample->net);
    for (size_t l = 1; l <= net->problem->shape->n_layers; l++) {
        const out_t W = BPB(net_W)(start, BPB(net_theta)(start), l);
        transpose(W.rows, W.cols, W.data, net->layer[l - 1].W);
    }
}

/* Copy a vector with W by rows to one laid out as theta. */
static void copy_by_columns(const net_t *shape, real *by_rows, real *vector)
{
    memcpy(vector, by_rows, BPB(net_parameters)(shape) * sizeof(real));
    for (size_t l = 1; l <= BPB(net_layers)(shape); l++) {
        const out_t W = BPB(net_W)(shape, vector, l);
        transpose(W.cols, W.rows, BPB(net_W)(shape, by_rows, l).data, W.data);
    }
}

static void deliver(void *state)
{
    const struct BENCH(sample) *sample = state;
    const struct BENCH(plain) *net = sample->net;
    copy_by_columns(net->problem->net, net->result.gradient, sample->result.gradient);
    copy_by_columns(net->problem->net, net->result.theta, sample->result.theta);
}

static void destroy(void *state)
{
    struct BENCH(sample) *sample = state;
    BENCH(plain_destroy)(sample->net);
    free(sample->result.gradient);
    free(sample->result.theta);
    free(sample);
}

static struct BENCH(sample) *create(const struct BENCH(problem) *problem)
{
    const size_t P = BPB(net_parameters)(problem->net);
    struct BENCH(sample) *sample = calloc(1, sizeof *sample);
    if (sample == NULL)
        return NULL;
    sample->net = BENCH(plain_create)(problem, 1);
    sample->result.gradient = BENCH(values)(P);
    sample->result.theta = BENCH(values)(P);
    if (sample->net == NULL || sample->result.gradient == NULL || sample->result.theta == NULL) {
        destroy(sample);
        return NULL;
    }
    sample->result.Y = sample->net->result.Y;
    restore(sample);
    return sample;
}

bpb_status BENCH(naive_sample_create)(struct subject *subject,
                                      const struct BENCH(problem) *problem)
{
    *subject = (struct subject){
        .state = create(problem),
        .samples = problem->samples,
        .batch = problem->batch,
        .run = {forward, gradient, step},
        .restore = restore,
        .deliver = deliver,
        .destroy = destroy,
    };
    return subject->state != NULL ? BPB_OK : BPB_ERR_MEMORY;
}
