/* SPDX-License-Identifier: BSD-3-Clause */
#include "naive.h"

#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

/* Complex steps: so small that nothing of second order is left, in double's range too. */
#define STEP 1e-100L
#define COMPLEX(real, imaginary) ((real) + (imaginary) * I)

bool naive_loss_of_Z(const struct naive *net)
{
    return net->loss == BPB_CROSS_ENTROPY || net->loss == BPB_POISSON || net->loss == BPB_GAUSSIAN;
}

bool naive_whole_column(const struct naive *net)
{
    return (net->loss == BPB_CROSS_ENTROPY && net->g[net->L] == BPB_SOFTMAX) ||
           net->loss == NAIVE_TOTAL;
}

/* ---- The loops, for each kind of numbers ---- */

#define REAL_PART(z) (z)
#define REAL_NORMAL(z) (erfc(-(z) * (NUM)0.707106781186547524400844362104849039L) / 2)

#define NUM float
#define KIND(name) name##_s
#define RE REAL_PART
#define LOG1P log1p
#define EXPM1 expm1
#define NORMAL REAL_NORMAL
#include "naive_loops.h"

#define NUM double
#define KIND(name) name##_d
#define RE REAL_PART
#define LOG1P log1p
#define EXPM1 expm1
#define NORMAL REAL_NORMAL
#include "naive_loops.h"

#define NUM long double
#define KIND(name) name##_l
#define RE REAL_PART
#define LOG1P log1p
#define EXPM1 expm1
#define NORMAL REAL_NORMAL
#include "naive_loops.h"

/* Phi(z) to first order in the imaginary part, which is all there is of it. */
static complex long double normal_c(complex long double z)
{
    const long double x = creall(z), density = 0.398942280401432677939946059934L * exp(-x * x / 2);
    return COMPLEX(erfc(-x * 0.707106781186547524400844362104849039L) / 2, cimagl(z) * density);
}

#define NUM complex long double
#define KIND(name) name##_c
#define RE creall
#define LOG1P(z) log(1 + (z))
#define EXPM1(z) (exp(z) - 1)
#define NORMAL normal_c
#include "naive_loops.h"

/* ---- What they give ---- */

static complex long double *make_complex(size_t n)
{
    complex long double *x = calloc(n, sizeof *x);
    if (!x)
        abort();
    return x;
}

/* x + i h v; v NULL: x */
static complex long double *stepped(size_t n, const long double *x, const long double *v)
{
    complex long double *moved = make_complex(n);
    for (size_t i = 0; i < n; i++)
        moved[i] = COMPLEX(x[i], v ? STEP * v[i] : 0);
    return moved;
}

/* The derivatives that x carries, which is freed. */
static void take_tangent(size_t n, complex long double *x, long double *derivative)
{
    for (size_t i = 0; i < n; i++)
        derivative[i] = cimagl(x[i]) / STEP;
    free(x);
}

long double naive_gradient(const struct naive *net, const struct naive_batch *batch,
                           long double *Y, long double *gradient, long double *dX)
{
    return naive_batch_l(net, batch, batch->theta, batch->X, Y, gradient, dX);
}

static bool bends(int g)
{
    return g == BPB_RELU || g == BPB_LEAKY_RELU || g == BPB_ELU || g == BPB_SELU ||
           g == BPB_SOFTSIGN;
}

static long double kink_of_column(const struct naive *net, const struct naive_column_l *column,
                                  const long double *t)
{
    long double nearest = INFINITY;
    for (size_t l = 1; l <= net->L; l++)
        for (size_t i = 0; bends(net->g[l]) && i < net->n[l]; i++)
            nearest = fmin(nearest, fabs(column->z[l][i]));
    for (size_t i = 0; i < net->n_T; i++) { // fmin passes over the NaN of a masked target
        const long double size = fabs(column->a[net->L][i] - t[i]);
        if (net->loss == BPB_HUBER)
            nearest = fmin(nearest, fabs(size - net->huber_delta));
        if (net->loss == BPB_ABSOLUTE)
            nearest = fmin(nearest, size);
    }
    return nearest;
}

long double naive_kink(const struct naive *net, const struct naive_batch *batch)
{
    long double nearest = INFINITY;
    for (size_t j = 0; j < batch->B; j++) {
        struct naive_column_l column;
        naive_forward_l(net, batch->theta, batch->X + j * net->n[0], &column);
        nearest = fmin(nearest, kink_of_column(net, &column, batch->T + j * net->n_T));
    }
    return nearest;
}

/* dE/dx_i of n numbers x, which are the complex theta or X of the others. */
static void step_each(const struct naive *net, const struct naive_batch *batch,
                      complex long double *theta, complex long double *X, size_t n,
                      complex long double *x, long double *derivative)
{
    for (size_t i = 0; i < n; i++) {
        const complex long double kept = x[i];
        x[i] = COMPLEX(creall(kept), STEP);
        derivative[i] = cimagl(naive_batch_c(net, batch, theta, X, NULL, NULL, NULL)) / STEP;
        x[i] = kept;
    }
}

void naive_step_gradient(const struct naive *net, const struct naive_batch *batch,
                         long double *gradient, long double *dX)
{
    const size_t n = net->n[0] * batch->B;
    complex long double *theta = stepped(net->P, batch->theta, NULL);
    complex long double *X = stepped(n, batch->X, NULL);
    step_each(net, batch, theta, X, net->P, theta, gradient);
    step_each(net, batch, theta, X, n, X, dX);
    free(theta);
    free(X);
}

void naive_jvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
               const long double *V, long double *dY)
{
    const size_t n = net->n[net->L] * batch->B;
    complex long double *theta = stepped(net->P, batch->theta, v), *Y = make_complex(n);
    complex long double *X = stepped(net->n[0] * batch->B, batch->X, V);
    naive_batch_c(net, batch, theta, X, Y, NULL, NULL);
    take_tangent(n, Y, dY);
    free(theta);
    free(X);
}

/* u in the units of A_L, and back through the output activation: its delta */
static void delta_of(const struct naive *net, const struct naive_column_c *column,
                     const long double *u, complex long double *d)
{
    const size_t n = net->n[net->L];
    for (size_t i = 0; i < n; i++)
        d[i] = net->out ? u[i] * net->out[n + i] : u[i];
    naive_through_c(net, column, net->L, d);
}

/* gradient += (dy_j/dtheta)^T u of one column at complex x; dx = (dy_j/dx_j)^T u, or NULL */
static void pull_back(const struct naive *net, const complex long double *theta,
                      const complex long double *x, const long double *u,
                      complex long double *gradient, complex long double *dx)
{
    struct naive_column_c column;
    complex long double d[NAIVE_WIDTH];
    naive_forward_c(net, theta, x, &column);
    delta_of(net, &column, u, d);
    naive_backward_c(net, theta, &column, d, gradient, dx);
}

void naive_vjp(const struct naive *net, const struct naive_batch *batch, const long double *U,
               long double *gradient, long double *dX)
{
    const size_t n_0 = net->n[0], n_L = net->n[net->L], n = n_0 * batch->B;
    complex long double *theta = stepped(net->P, batch->theta, NULL), *dx = make_complex(n);
    complex long double *X = stepped(n, batch->X, NULL), *sum = make_complex(net->P);
    for (size_t j = 0; j < batch->B; j++)
        pull_back(net, theta, X + j * n_0, U + j * n_L, sum, dx + j * n_0);
    for (size_t i = 0; i < net->P; i++)
        gradient[i] = creall(sum[i]);
    for (size_t i = 0; i < n; i++)
        dX[i] = creall(dx[i]);
    free(theta);
    free(X);
    free(dx);
    free(sum);
}

void naive_jacobian(const struct naive *net, const struct naive_batch *batch, long double *J)
{
    const size_t n_0 = net->n[0], n_L = net->n[net->L], B = batch->B;
    long double *V = calloc(n_0 * B, sizeof *V), *dY = calloc(n_L * B, sizeof *dY);
    for (size_t k = 0; k < n_0; k++) {
        for (size_t i = 0; i < n_0 * B; i++)
            V[i] = i % n_0 == k;
        naive_jvp(net, batch, NULL, V, dY);
        for (size_t j = 0; j < B; j++)
            memcpy(J + (j * n_0 + k) * n_L, dY + j * n_L, n_L * sizeof *J);
    }
    free(V);
    free(dY);
}

void naive_hvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
               long double *Hv)
{
    complex long double *theta = stepped(net->P, batch->theta, v), *moved = make_complex(net->P);
    complex long double *X = stepped(net->n[0] * batch->B, batch->X, NULL);
    naive_batch_c(net, batch, theta, X, NULL, moved, NULL);
    take_tangent(net->P, moved, Hv);
    free(theta);
    free(X);
}

/*
 * d = H_j R{z_L} (or R{a_L}, and then back to z_L): the loss's gradient along the tangent that the
 * column carries, at real numbers.
 */
static void curved(const struct naive *net, const struct naive_column_c *moved,
                   const struct naive_column_c *still, const long double *t, bool masked,
                   complex long double *d)
{
    naive_loss_gradient_c(net, moved, t, masked, d);
    for (size_t i = 0; i < net->n[net->L]; i++)
        d[i] = cimagl(d[i]) / STEP;
    if (!naive_loss_of_Z(net))
        naive_through_c(net, still, net->L, d);
}

void naive_gnvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
                long double *Gv)
{
    const size_t n_0 = net->n[0];
    complex long double *theta = stepped(net->P, batch->theta, NULL), *sum = make_complex(net->P);
    complex long double *along = stepped(net->P, batch->theta, v), d[NAIVE_WIDTH];
    complex long double *X = stepped(n_0 * batch->B, batch->X, NULL);
    for (size_t j = 0; j < batch->B; j++) {
        const long double factor = (batch->weights ? batch->weights[j] : 1) / batch->B;
        struct naive_column_c moved, still;
        naive_forward_c(net, along, X + j * n_0, &moved);
        naive_forward_c(net, theta, X + j * n_0, &still);
        curved(net, &moved, &still, batch->T + j * net->n_T, batch->masked, d);
        for (size_t i = 0; i < net->n[net->L]; i++)
            d[i] *= factor;
        naive_backward_c(net, theta, &still, d, sum, NULL);
    }
    for (size_t i = 0; i < net->P; i++)
        Gv[i] = creall(sum[i]);
    free(theta);
    free(along);
    free(X);
    free(sum);
}

/*
 * The part of output i: d/dtheta of dy_i/dx D_i is the derivative of dy_i/dtheta as x moves along
 * row i of D.
 */
static void jacobian_vjp_of_output(const struct naive *net, const complex long double *theta,
                                   const long double *x, const long double *D, size_t i,
                                   complex long double *gradient)
{
    const size_t n_L = net->n[net->L];
    long double u[NAIVE_WIDTH] = {0};
    complex long double moved[NAIVE_WIDTH];
    u[i] = 1;
    for (size_t k = 0; k < net->n[0]; k++)
        moved[k] = COMPLEX(x[k], STEP * D[k * n_L + i]);
    pull_back(net, theta, moved, u, gradient, NULL);
}

void naive_jacobian_vjp(const struct naive *net, const struct naive_batch *batch,
                        const long double *D, long double *gradient)
{
    const size_t n_0 = net->n[0], n_L = net->n[net->L];
    complex long double *theta = stepped(net->P, batch->theta, NULL), *sum = make_complex(net->P);
    for (size_t j = 0; j < batch->B; j++)
        for (size_t i = 0; i < n_L; i++)
            jacobian_vjp_of_output(net, theta, batch->X + j * n_0, D + j * n_0 * n_L, i, sum);
    for (size_t i = 0; i < net->P; i++)
        gradient[i] += cimagl(sum[i]) / STEP;
    free(theta);
    free(sum);
}
