/* SPDX-License-Identifier: BSD-3-Clause */
/* An optimiser: a method, its numbers, and what it remembers. */
#ifndef BPB_OPTIMISER_TMPL_H
#define BPB_OPTIMISER_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"
#include "optim/loops_tmpl.h"

enum { OPT_VECTORS = 3 };

struct BPB(opt) {
    bpb_opt_options options; /* defaults filled in; eta is that of the next step */
    const struct steps *steps;
    const struct step_loop *form;
    int loops; /* STEP_PLAIN or STEP_FULL */
    size_t P;
    uint64_t t;                /* steps taken */
    double loss, loss_before;  /* at the gradient of the next step, and of the last; NaN: unknown */
    real *state[OPT_VECTORS];  /* form->vectors of P values */
    size_t L;
    size_t units[];            /* n_0 .. n_L of the nets it is for */
};

/* Whether eta may be that of a step: 1 - eta * decay and eta * decay_1 are finite then too. */
bool BPB(opt_eta_allowed)(const bpb_opt_options *options, double eta);

#endif
