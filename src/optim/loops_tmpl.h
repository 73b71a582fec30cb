/* SPDX-License-Identifier: BSD-3-Clause */
/* The loops over theta that the steps of optimisers consist of. */
#ifndef BPB_LOOPS_TMPL_H
#define BPB_LOOPS_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

/* The steps of optimisers: some methods of bpb_method have several. */
enum step_form {
    STEP_SGD,
    STEP_MOMENTUM,
    STEP_NESTEROV,
    STEP_ADAGRAD,
    STEP_RMSPROP,
    STEP_RMSPROP_MOMENTUM,
    STEP_RMSPROP_CENTRED,
    STEP_RMSPROP_CENTRED_MOMENTUM,
    STEP_ADAM,
    STEP_AMSGRAD,
    STEP_IRPROP_PLUS,
    STEP_IRPROP_MINUS,
    STEP_FORMS
};

/* The numbers of one step, each method's own; the others are not looked at. */
struct step {
    real scale, clip, shrink; /* g = shrink * clip(scale * gradient) + decay * theta */
    real decay, decay_1;      /*     + decay_1 * sign(theta) */
    real keep, threshold;     /* decoupled: what is left of theta, and what is taken off |theta| */
    real eta;                 /* with all that multiplies it */
    real momentum, epsilon;
    real beta1, rest1, beta2, rest2; /* rest = 1 - beta; RMSprop's rho is beta2 */
    real unbias;                     /* Adam: 1 / sqrt(1 - beta2^t) */
    real eta_plus, eta_minus, delta_min, delta_max;
    real back; /* iRPROP+: 1 where the loss grew, else 0 */
};

/* Loops over entries are there twice: without clipping and L1 decay, and with them. */
enum { STEP_PLAIN, STEP_FULL };

/* A step of n parameters, theta and the vectors of the method's state; take tells whether all of
 * theta is finite after it. */
struct step_loop {
    size_t vectors; /* of state */
    bool squares;   /* g^2 is taken */
    bool (*take[2])(const struct step *step, size_t n, const real *gradient, real *theta,
                    real *const state[]);
};

/* A norm of which neither part overflows, though root * unit may. */
struct norm {
    double root, unit;
};

struct steps {
    /* Whether |g| <= limit for all n entries, and scale * gradient is finite. */
    bool (*within[2])(const struct step *step, real limit, size_t n, const real *gradient,
                      const real *theta);
    /* |clip(scale * x)|_2; NaN where an entry is, else infinite where one is. */
    struct norm (*norm)(const struct step *step, size_t n, const real *x);
    struct step_loop form[STEP_FORMS];
};

/* Those for the CPU that this runs on. */
const struct steps *BPB(steps_for_cpu)(void);

#endif
