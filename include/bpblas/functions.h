/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Activations, losses and distributions of initial parameters, and the form of functions of your
 * own. core.h includes this header; bpb_net_set_activation and bpb_net_set_loss are there.
 */
#ifndef BPBLAS_FUNCTIONS_H
#define BPBLAS_FUNCTIONS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Activations g, applied to each entry z of Z; softmax to each column. Accuracy and edge cases are
 * in docs/guide.md. */
typedef enum bpb_activation {
    BPB_SIGMOID,     /* 1 / (1 + exp(-z)) */
    BPB_TANH,        /* tanh z */
    BPB_RELU,        /* max(z, 0) */
    BPB_IDENTITY,    /* z */
    BPB_SOFTMAX,     /* exp(z_i) / sum_k exp(z_k), in any layer, with its full Jacobian */
    BPB_LEAKY_RELU,  /* z if z > 0, else leak z */
    BPB_ELU,         /* z if z > 0, else alpha (exp(z) - 1)             (Clevert et al. 2016) */
    BPB_SELU,        /* lambda elu(z), lambda = 1.0507009873554805, alpha = 1.6732632423543772
                                                                      (Klambauer et al. 2017) */
    BPB_SOFTPLUS,    /* ln(1 + exp z) */
    BPB_SOFTSIGN,    /* z / (1 + |z|) */
    BPB_GELU,        /* z Phi(z), Phi the distribution of N(0,1)   (Hendrycks and Gimpel 2016) */
    BPB_GELU_TANH,   /* z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))), an approximation of it */
    BPB_SILU,        /* z / (1 + exp(-z)) */
    BPB_EXPONENTIAL, /* exp z */
    BPB_OWN_ACTIVATION = 255 /* one of your own: see functions.h */
} bpb_activation;

/*
 * Losses e of one column y = A_L and its targets t. Those marked * require the output activation
 * that is named, else BPB_ERR_PAIR. They are computed from Z_L without cancellation.
 */
typedef enum bpb_loss_kind {
    BPB_SQUARED,       /*   1/2 sum_i (y_i - t_i)^2 */
    BPB_CROSS_ENTROPY, /* * sigmoid: -sum_i (t_i ln y_i + (1 - t_i) ln(1 - y_i));
                            softmax: -sum_i t_i ln y_i */
    BPB_HUBER,         /*   sum_i h(y_i - t_i); h(r) = r^2/2 if |r| <= delta,
                            else delta (|r| - delta/2)                         (Huber 1964) */
    BPB_ABSOLUTE,      /*   sum_i |y_i - t_i|; its derivative at 0 is 0 */
    BPB_POISSON,       /* * exponential: sum_i (y_i - t_i ln y_i), y_i a rate, t_i a count */
    BPB_GAUSSIAN,      /* * identity: 1/2 sum_i (s_i + (t_i - m_i)^2 exp(-s_i)), y = m_1 s_1 m_2
                            s_2 ...: means and logarithms of variances; n_L is even
                            (Nix and Weigend 1994) */
    BPB_OWN_LOSS = 255 /*   one of your own: see functions.h */
} bpb_loss_kind;

/* Distributions of the initial parameters; n_in = n_{l-1} and n_out = n_l. */
typedef enum bpb_init {
    BPB_INIT_SCALED,         /* W ~ N(0, 1/n_in), b ~ N(0, 1)   (Nielsen, network2.py) */
    BPB_INIT_NORMAL,         /* W ~ N(0, 1),      b ~ N(0, 1)   (Nielsen, network.py) */
    BPB_INIT_GLOROT_UNIFORM, /* W ~ U(-r, r), r^2 = 6 / (n_in + n_out), b = 0 (Glorot 2010) */
    BPB_INIT_GLOROT_NORMAL,  /* W ~ N(0, 2 / (n_in + n_out)), b = 0 */
    BPB_INIT_HE_UNIFORM,     /* W ~ U(-r, r), r^2 = 6 / n_in, b = 0           (He et al. 2015) */
    BPB_INIT_HE_NORMAL,      /* W ~ N(0, 2 / n_in), b = 0 */
    BPB_INIT_ZERO,           /* W = 0, b = 0 */
    BPB_INIT_ORTHOGONAL      /* W W^T = 1 if n_out <= n_in, else W^T W = 1, uniformly distributed;
                                b = 0; requires LAPACK       (Saxe, McClelland, Ganguli 2014) */
} bpb_init;

/* ---- Functions of your own ------------------------------------------------------------- */

#define BPB_NAME_BYTES 32 /* of a function's name, with its closing 0 */

/*
 * An activation of your own, A = g(Z), in one of two forms. Matrices are packed, n x B, and do not
 * overlap unless the text says so. context is passed on to each function.
 *
 * Element-wise (set f, not value): n entries at once.
 *
 *     f(z) -> a (may be z)      df(z, a) -> g'(z)      d2f(z, a) -> g''(z)
 *
 * For whole matrices (set value, not f): J = g'(Z) is the Jacobian of each column.
 *
 *     value    A = g(Z); A may be Z
 *     vjp      D <- J^T D
 *     jvp      V <- J V
 *     second   H <- H + (d/dZ (J^T D))[V], the derivative of J^T D in direction V with D constant
 *
 * A missing function is refused by the calls that require it: gradients require vjp (or df), J v
 * requires jvp (or df), Hessian products require all three. Functions run on the threads of the
 * plan, several at a time. They get blocks of columns, and a column's result must not depend on the
 * block. They run in the default floating-point environment.
 */
typedef struct bpb_activation_function {
    const char *name;    /* in model files: 1 to 31 of a-z 0-9 - _, and not the library's */
    const void *context; /* must outlive the net */
    int of_A;            /* 1: derivatives read A alone. Z is then not kept, and z and Z may hold
                            anything. Default 0 */
    void (*f)(const void *context, size_t n, const double *z, double *a);
    void (*df)(const void *context, size_t n, const double *z, const double *a, double *df);
    void (*d2f)(const void *context, size_t n, const double *z, const double *a, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, double *A);
    void (*vjp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *D);
    void (*jvp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *V);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *D, const double *V, double *H);
} bpb_activation_function;

typedef struct bpbf_activation_function {
    const char *name;
    const void *context;
    int of_A;
    void (*f)(const void *context, size_t n, const float *z, float *a);
    void (*df)(const void *context, size_t n, const float *z, const float *a, float *df);
    void (*d2f)(const void *context, size_t n, const float *z, const float *a, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, float *A);
    void (*vjp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *D);
    void (*jvp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *V);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *D, const float *V, float *H);
} bpbf_activation_function;

/*
 * A loss of your own. Weights and the factor 1/B are not its business.
 *
 * Element-wise (set f, not value), e = sum_i f(a_i, t_i): n entries at once.
 *
 *     f(a, t) -> f      df(a, t) -> df/da      d2f(a, t) -> d2f/da2
 *
 * For whole matrices (set value, not f):
 *
 *     value     e[j] = the loss of column j
 *     gradient  D = de/dA, column by column
 *     second    H = (d(de/dA))[V], the derivative of the gradient in direction V of A. It is
 *               written, not added
 */
typedef struct bpb_loss_function {
    const char *name;    /* as above */
    const void *context; /* must outlive the net */
    int of_Z;            /* whole matrices. 1: gradient and second are by Z = Z_L and include the
                            derivative of the output activation. 0, the default: by A */
    size_t group;        /* whole matrices. The outputs that belong to one target: T has n_L / group
                            rows, and the library may call for some targets of a column alone.
                            0, the default: T has n_L rows and a column is called for as a whole */
    void (*f)(const void *context, size_t n, const double *a, const double *t, double *f);
    void (*df)(const void *context, size_t n, const double *a, const double *t, double *df);
    void (*d2f)(const void *context, size_t n, const double *a, const double *t, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                  const double *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                     const double *T, double *D);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *T, const double *V, double *H);
} bpb_loss_function;

typedef struct bpbf_loss_function {
    const char *name;
    const void *context;
    int of_Z;
    size_t group;
    void (*f)(const void *context, size_t n, const float *a, const float *t, float *f);
    void (*df)(const void *context, size_t n, const float *a, const float *t, float *df);
    void (*d2f)(const void *context, size_t n, const float *a, const float *t, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                  const float *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                     const float *T, float *D);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *T, const float *V, float *H);
} bpbf_loss_function;

/* Functions of your own that a model file may name: see bpb_net_load. */
typedef struct bpb_functions {
    const bpb_activation_function *activations;
    size_t n_activations;
    const bpb_loss_function *losses;
    size_t n_losses;
} bpb_functions;

typedef struct bpbf_functions {
    const bpbf_activation_function *activations;
    size_t n_activations;
    const bpbf_loss_function *losses;
    size_t n_losses;
} bpbf_functions;

#ifdef __cplusplus
}
#endif

#endif
