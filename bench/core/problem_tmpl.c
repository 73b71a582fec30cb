/* SPDX-License-Identifier: BSD-3-Clause */
#include "problem_tmpl.h"

#include <stdlib.h>
#include <string.h>

#include "naive_functions_tmpl.h"
#include "splitmix.h"

real *BENCH(values)(size_t n)
{
    const size_t bytes = (n * sizeof(real) + 63) / 64 * 64;
    real *values = aligned_alloc(64, bytes);
    if (values != NULL)
        memset(values, 0, bytes);
    return values;
}

/* A random vector for identity outputs, a random class for others. */
static void draw_target(const struct bench_case *shape, uint64_t *random, real *t)
{
    const size_t n_L = shape->units[shape->n_layers];
    if (shape->output == BPB_IDENTITY)
        for (size_t i = 0; i < n_L; i++)
            t[i] = (real)random_uniform(random);
    else
        t[random_bits(random) % n_L] = 1;
}

/* Inputs away from every kink of ReLU. If |z| is within rounding, implementations that sum in
 * different orders may disagree about g'(z) although all are right. */
static void draw_input(const struct subject *naive, size_t n_0, uint64_t *random, real *x)
{
    do {
        for (size_t i = 0; i < n_0; i++)
            x[i] = (real)random_uniform(random);
    } while (BENCH(naive_margin)(naive, x) < 64 * EPSILON);
}

static void draw_samples(struct BENCH(problem) *problem, const struct subject *naive)
{
    const struct bench_case *shape = problem->shape;
    const size_t n_0 = shape->units[0], n_L = shape->units[shape->n_layers];
    uint64_t random = 1;
    for (size_t j = 0; j < shape->distinct; j++) {
        draw_input(naive, n_0, &random, problem->X + j * n_0);
        draw_target(shape, &random, problem->T + j * n_L);
    }
    for (size_t j = shape->distinct; j < shape->samples; j += shape->distinct) {
        memcpy(problem->X + j * n_0, problem->X, shape->distinct * n_0 * sizeof(real));
        memcpy(problem->T + j * n_L, problem->T, shape->distinct * n_L * sizeof(real));
    }
}

bpb_status BENCH(problem_create)(struct BENCH(problem) *problem, const struct bench_case *shape)
{
    const bpb_net_options options = case_net(shape);
    *problem = (struct BENCH(problem)){.shape = shape, .threads = 1};
    problem->batch = shape->batch;
    problem->samples = shape->samples;
    problem->X = BENCH(values)(shape->units[0] * shape->samples);
    problem->T = BENCH(values)(shape->units[shape->n_layers] * shape->samples);
    if (problem->X == NULL || problem->T == NULL)
        return BPB_ERR_MEMORY;
    TRY(BPB(net_create)(&problem->net, &options));

    struct subject naive;
    TRY(BENCH(naive_sample_create)(&naive, problem));
    draw_samples(problem, &naive);
    subject_destroy(&naive);
    return BPB_OK;
}

void BENCH(problem_destroy)(struct BENCH(problem) *problem)
{
    BPB(net_destroy)(&problem->net);
    free(problem->X);
    free(problem->T);
}
