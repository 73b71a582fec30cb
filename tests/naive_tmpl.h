/* SPDX-License-Identifier: BSD-3-Clause */
/* What naive.h says of one kind of numbers, NUM, under the names that KIND gives. */

/* One column: l = 0 is the input. */
struct KIND(naive_column) {
    NUM z[NAIVE_LAYERS + 1][NAIVE_WIDTH], a[NAIVE_LAYERS + 1][NAIVE_WIDTH];
};

void KIND(naive_forward)(const struct naive *net, const NUM *theta, const NUM *x,
                         struct KIND(naive_column) *column);
/* e, and its derivatives d in z_L or a_L: see naive_loss_of_Z. */
NUM KIND(naive_loss)(const struct naive *net, const struct KIND(naive_column) *column,
                     const long double *t, bool masked);
void KIND(naive_loss_gradient)(const struct naive *net, const struct KIND(naive_column) *column,
                               const long double *t, bool masked, NUM *d);
/* d <- J^T d of layer l */
void KIND(naive_through)(const struct naive *net, const struct KIND(naive_column) *column, size_t l,
                         NUM *d);
/* gradient += that of the column whose de/dz_L is d; dx = de/dx. Both may be NULL. */
void KIND(naive_backward)(const struct naive *net, const NUM *theta,
                          const struct KIND(naive_column) *column, const NUM *d, NUM *gradient,
                          NUM *dx);
/* naive_gradient, with the batch's theta and X in these places. */
NUM KIND(naive_batch)(const struct naive *net, const struct naive_batch *batch, const NUM *theta,
                      const NUM *X, NUM *Y, NUM *gradient, NUM *dX);

#undef NUM
#undef KIND
