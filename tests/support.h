/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the mathematical tests share: random numbers, a network by plain loops to compare with,
 * and comparisons that cannot pass by accident.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpblas.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- Random numbers, the same everywhere (SplitMix64) ---- */

struct rng {
    uint64_t state;
};
uint64_t rng_bits(struct rng *rng);
double rng_uniform(struct rng *rng, double low, double high);
size_t rng_between(struct rng *rng, size_t low, size_t high); /* both included */
/* index[0 .. n-1] = a permutation of 0 .. n-1. */
void rng_permutation(struct rng *rng, size_t n, size_t *index);

/* Memory of zeros, or the end of the test. */
void *allocate(size_t n, size_t bytes);

/* ---- Comparisons ---- */

/*
 * max |got - want| <= tolerance * scale, for n values, scale at least max |want|. Refused where
 * the reference could not be told from zeros: it has to exceed 16 times what is allowed.
 */
void assert_close(const char *what, size_t n, const long double *got, const long double *want,
                  long double scale, long double tolerance);
/* The same of two numbers. */
void assert_number_close(const char *what, long double got, long double want, long double scale,
                         long double tolerance);
long double largest(size_t n, const long double *x); /* max |x_i| */

/* ---- The oracle ---- */

/* The output activations and losses that go together. */
struct ending {
    bpb_activation output;
    bpb_loss_kind loss;
};
extern const struct ending endings[7];
extern const bpb_activation activations[5];

enum { ORACLE_LAYERS = 4 };

/*
 * A net by the equations of bpblas.h, one sample at a time, in long double, by loops over
 * scalars: the chain rule with every layer's whole Jacobian, nothing cancelled by hand.
 * W[l][k * n_l + i] is entry (i, k) of W_l, as in the library.
 */
struct oracle {
    size_t L, P;
    size_t n[ORACLE_LAYERS + 1];         /* n_0 .. n_L */
    bpb_activation g[ORACLE_LAYERS + 1]; /* g_1 .. g_L */
    bpb_loss_kind loss;
    long double *theta, *W[ORACLE_LAYERS + 1], *b[ORACLE_LAYERS + 1];
    /* Of one sample, l = 0 .. L: e's derivatives in a_l and z_l. */
    long double *z[ORACLE_LAYERS + 1], *a[ORACLE_LAYERS + 1];
    long double *de_da[ORACLE_LAYERS + 1], *de_dz[ORACLE_LAYERS + 1];
    /* The scale of their rounding errors: the same sums, of squares, so that nothing cancels. */
    long double *scale_da[ORACLE_LAYERS + 1], *scale_dz[ORACLE_LAYERS + 1];
    /* Of a batch: dE/dtheta, and the scale of its rounding errors. */
    long double *gradient, *scale;
    long double kink; /* the smallest |z| that a ReLU was given */
    bool diagonal;    /* wrong on purpose: softmax's Jacobian without its off-diagonal */
    long double *block;
};

/* The options' theta is not drawn: it is zero. */
void oracle_init(struct oracle *oracle, const bpb_net_options *options);
void oracle_free(struct oracle *oracle);

/* Forward, loss and gradient of B columns: the loss. Y: NULL, or the outputs. */
long double oracle_batch(struct oracle *oracle, size_t B, const long double *X,
                         const long double *T, long double *Y);
/* theta after a step from the gradient of the last batch. */
void oracle_step(struct oracle *oracle, const bpb_sgd_rule *rule);

/* The sums of products that a rounding error goes through: the widths and the batch. */
size_t oracle_terms(const struct oracle *oracle, size_t B);

/* assert_close for each W_l and b_l of vectors laid out as theta, each by the largest value in
 * its own part of scale. */
void assert_theta_close(const struct oracle *oracle, const char *what, const long double *got,
                        const long double *want, const long double *scale, long double tolerance);
/* Whether all of assert_theta_close's references would be accepted. */
bool theta_comparable(const struct oracle *oracle, const long double *want,
                      const long double *scale, long double tolerance);

#endif
