/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A check: a net and a batch of its own, which differences may move. A point is theta and X behind
 * one another,
 *
 *     | theta (P) | X (n_0 x B) |      N = P + n_0 B values
 *
 * and a line through it goes along one of its entries, or along the random direction.
 */
#ifndef BPB_CHECK_TMPL_H
#define BPB_CHECK_TMPL_H

#include <float.h>

#include "check/ladder.h"
#include "base/fpenv.h"
#include "net/net_tmpl.h"

#define EPSILON BPB_SELECT(DBL_EPSILON, (double)FLT_EPSILON)

struct check;

/* A derivative, and the function that it is the derivative of, at the check's point. */
struct subject {
    /* How many values each of the two has. */
    size_t (*values)(const struct check *check);
    size_t (*derivatives)(const struct check *check);
    bpb_status (*value)(struct check *check, double *f);
    bpb_status (*derivative)(struct check *check, real *d);
};
extern const struct subject BPB(subjects)[BPB_CHECKS];

/* Value f of a function along a line, and the derivative d that should be its slope. */
struct pick {
    size_t f, d;
};

struct check {
    net_t net; /* the caller's, with the point's theta */
    targets_t T;
    plan_t *plan;
    work_t *work;
    bpb_check_options options; /* with their defaults filled in */
    size_t P, n_0, n_L, B, N;
    real *base, *point, *direction; /* N each: the caller's point, where the net is, random */
    real *U;                        /* n_L x B, random */
    double *scale;                  /* N: the step that moves some z by about 1 */
    size_t *drawn, n_drawn;         /* entries of the point, or of Y */
    size_t *order;                  /* to draw from */
    size_t column;                  /* the Jacobian's */
    double E;                       /* |E|, or that of theta = 0 if it is larger */

    /* Of one subject. */
    bpb_check_kind what;
    const struct subject *subject;
    double *f_0, *f_right, *f_left, *noise; /* its values */
    real *staged;                           /* the same, as a pass gives them */
    real *computed, *jittered;              /* its derivatives */
    double *rounding;
    struct pick *picks;
    size_t n_picks;
    struct ladder *ladders; /* one for each pick */
    bpb_check_result *result;
    double worst; /* |computed - difference| / uncertainty of result->worst */
};

/* Make a check of what is wanted; the views, options and functions are checked by this, before it
 * allocates. To be freed after an error, too. */
bpb_status BPB(check_start)(struct check *check, const net_t *net, view_t X, targets_t T,
                            const bpb_check_options *options);
void BPB(check_free)(struct check *check);

/* Take n entries of the point, or of Y, from first on into drawn: options->entries of them, at
 * random, or all if there are no more. */
bpb_status BPB(check_draw)(struct check *check, size_t first, size_t n);

/* Put the point at base + t direction, each value off by its rounding where sample > 0. */
void BPB(check_place)(struct check *check, double t, uint64_t sample);

/* X as the check's point has it. */
static inline real *BPB(check_X)(const struct check *check)
{
    return check->point + check->P;
}

#endif
