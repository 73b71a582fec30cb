/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions of a net as tables of whole-matrix operations. All matrices are packed
 * column-major, n x B, one sample a column; in place where the same pointer is given twice.
 * context is what the function needs to know beside them: the parameter of leaky ReLU, ELU and
 * Huber's loss is *(const real *)context; the others are given none.
 */
#ifndef BPB_FUNCTIONS_TMPL_H
#define BPB_FUNCTIONS_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

/* An activation A = g(Z), column by column; J = g'(Z) is the Jacobian of each column. */
struct activation_table {
    const void *context; /* handed to each function */
    bool needs_Z;        /* else the derivatives take A alone, and Z may have been overwritten */
    void (*value)(const void *context, size_t n, size_t B, const real *Z, real *A);
    /* D <- J^T D */
    void (*vjp)(const void *context, size_t n, size_t B, const real *Z, const real *A, real *D);
    /* V <- J V */
    void (*jvp)(const void *context, size_t n, size_t B, const real *Z, const real *A, real *V);
    /* H <- H + (d/dZ (J^T D))[V], with D held constant */
    void (*second)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *D, const real *V, real *H);
};

/* The losses; two of them are the cross-entropy of bpb_loss_kind. */
enum loss_form {
    LOSS_SQUARED,
    LOSS_SIGMOID_CROSS_ENTROPY,
    LOSS_SOFTMAX_CROSS_ENTROPY,
    LOSS_HUBER,
    LOSS_ABSOLUTE,
    LOSS_POISSON,  /* of an exponential output */
    LOSS_GAUSSIAN, /* of an identity output */
    LOSS_FORMS
};

/* A loss e of each column against its target column. */
struct loss_table {
    const void *context;
    bool of_Z; /* gradient and second take and give derivatives in Z, not A: J is already in them */
    size_t group; /* outputs that belong to one target, T having n / group rows; columns may be cut
                     between targets: 1 for a sum over the entries. 0: T is n x B, and the column
                     is a whole */
    void (*value)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                  const real *T, double *e);
    /* D = de/dA (of_Z: de/dZ) */
    void (*gradient)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                     const real *T, real *D);
    /* H = (dD)[V], V a direction in A (of_Z: in Z) */
    void (*second)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *T, const real *V, real *H);
};

/* The entries that stand for a user's own functions; what these lack is NULL there. The argument
 * must outlive the entry. */
struct own_forms {
    struct activation_table (*activation)(const activation_function_t *own);
    struct loss_table (*loss)(const loss_function_t *own);
};

/* Dropout of one layer's outputs. The mask M is a function of the key, of unit and column. */
struct dropout {
    bool on;            /* p > 0 */
    uint32_t key[2];    /* of seed, draw and layer */
    uint32_t threshold; /* 2^32 p: an entry whose random word is below it is dropped */
    real kept;          /* 1 / (1 - p): M where it is not 0 */
};

struct masks {
    /* A~ = M o A for n units x B columns, first being the first one's place in the batch. What is
     * dropped becomes -0, whatever it was, and nothing else does. A~ may be A. */
    void (*drop)(const struct dropout *dropout, size_t n, size_t first, size_t B, const real *A,
                 real *thinned_A);
    /* D <- M o D, n entries, for the M of that A~: 0 for what is dropped, whatever it was */
    void (*drop_delta)(real kept, size_t n, const real *thinned_A, real *D);
};

/* One set of functions, compiled for one x86-64 level. */
struct function_set {
    const struct activation_table *activation; /* by bpb_activation */
    const struct loss_table *loss;             /* by enum loss_form */
    const struct own_forms *own;
    const struct masks *masks;

    /* y <- beta y + alpha x; as in the BLAS, y is not read where beta is 0 */
    void (*axpby)(size_t n, real alpha, const real *x, real beta, real *y);
    /* Whether all n values of x are finite. */
    bool (*finite)(size_t n, const real *x);
    /* x <- alpha x, n values; whether all are finite then. */
    bool (*scale)(size_t n, real alpha, real *x);
};

/* The set for the CPU that this runs on. */
const struct function_set *BPB(functions_for_cpu)(void);

/* The loss of that name, for that output activation; a pair that bpb_net_create lets pass. */
const struct loss_table *BPB(functions_loss)(const struct function_set *set, bpb_loss_kind loss,
                                             bpb_activation output);

#endif
