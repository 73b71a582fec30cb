/* SPDX-License-Identifier: BSD-3-Clause */
/* What the goals need of each precision, by functions whose types are the same in both. */
#ifndef BENCH_KIT_H
#define BENCH_KIT_H

#include "core/cases.h"
#include "core/timing.h"

/* What a plan reports, and the bytes that the header's formula gives for its work. */
struct plan_facts {
    size_t threads, bytes;
    double formula; /* without the packed copies of the kernels, */
    double packed;  /* which take at most this */
};

/* Derivatives beyond the gradient: J v in theta and X, in theta, in X; H v and dE/dX, each with
 * gradient and loss; the gradient of a function of Y and dY/dX. */
enum derivative { JVP, JVP_THETA, JVP_INPUTS, HVP, GRADIENT_X, JACOBIAN_VJP, DERIVATIVES };

/* A stage is a copy of a case and its problem. Subjects refer to it: destroy them before it. */
struct kit {
    bpb_status (*open)(void **stage, const struct bench_case *shape);
    void (*close)(void *stage);

    /* Whether the library with so many threads agrees with naive code. */
    bpb_status (*check)(void *stage, size_t threads, bool *agree);
    bpb_status (*check_forward)(void *stage, const struct subject *subject, bool *agree);
    /* Whether an epoch and steps on the same batches give the same theta. */
    bpb_status (*check_epoch)(const struct subject *epoch, bool *agree);
    /* Whether a derivative is near its differences, if it has any, and the gradient or Y computed
     * with it is right. */
    bpb_status (*check_derivative)(const struct subject *derivative, bool *agree);
    /* Whether dE/dX equals the bare product with the same D_1. */
    bpb_status (*check_delta)(const struct subject *inputs, const struct subject *delta,
                              bool *agree);

    /* The operations of the library, and their products alone. */
    bpb_status (*library)(struct subject *subject, void *stage, size_t threads);
    bpb_status (*products)(struct subject *subject, void *stage);
    /* Multiply-adds in registers. */
    void (*peak)(struct subject *subject, double *flops);
    /* forward is bpb_predict_with of so many columns, which repeat those of the stage. */
    bpb_status (*predict)(struct subject *subject, void *stage, size_t columns,
                          const bpb_plan_options *plan);
    /* The same with X and Y as views of doubles, columns that the stage has. */
    bpb_status (*predict_doubles)(struct subject *subject, void *stage, size_t columns,
                                  const bpb_plan_options *plan);
    /* forward reads the parameters once. */
    bpb_status (*read)(struct subject *subject, void *stage);
    /* step is one epoch of bpb_train over the samples of the stage. own_clock: the time is that of
     * the epoch's report; otherwise that of the call. */
    bpb_status (*epoch)(struct subject *subject, void *stage, bool own_clock);
    /* forward is J v, which gives Y too; gradient is any other derivative. */
    bpb_status (*derivative)(struct subject *subject, void *stage, enum derivative which);
    /* gradient is the product W_1^T D_1 alone. */
    bpb_status (*delta)(struct subject *subject, void *stage);

    bpb_status (*facts)(const struct bench_case *shape, const bpb_plan_options *plan,
                        struct plan_facts *facts);
};

extern const struct kit bench_dkit, bench_skit;

#endif
