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

/* Whether eta, of this name, may be that of a step: eta * decay and eta * decay_1 are finite then
 * too. BPB_ERR_OPTION. The caller is in the default floating-point environment. */
bpb_status BPB(opt_check_eta)(const char *name, const bpb_opt_options *options, double eta);

/* What a packed state is part of, for sentences: of a run over n columns, whose penalties are
 * lambda and lambda_1; n = 0: of an optimiser by itself. */
struct state_owner {
    const char *name; /* "the state is of an optimiser" */
    size_t n;
};

/* bpb_opt_unpack. A run's decay may differ in its last bits, by the rounding of lambda / n: that of
 * the state is kept. */
bpb_status BPB(opt_unpack_of)(const struct state_owner *owner, opt_t *opt,
                              const unsigned char *found, size_t bytes);

/* The method of a packed state, NULL where it is none. */
const char *BPB(packed_method)(const unsigned char *found, size_t bytes);

#endif
