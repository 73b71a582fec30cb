/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The derivative at 0 of a function f(t) from its values at +-h, for h = h_0, h_0/2, h_0/4, ...
 * Two quantities of each rung h are extrapolated to h = 0, each with an estimate of its error:
 *
 *     slope  (f(h) - f(-h)) / 2h            = f'(0) + c_2 h^2 + c_4 h^4 + ...
 *     jump   (f(h) - 2 f(0) + f(-h)) / h    = f'(0+) - f'(0-) + c_1 h + c_3 h^3 + ...
 *
 * (Richardson's extrapolation; which of its columns to trust: Ridders, "Accurate computation of
 * F'(x) and F'(x) F''(x)", 1982.) A jump that is not 0 within its error is a kink. What is alike
 * at large steps only, as the bend of a smooth function may look like a kink, is told apart by
 * going down until nothing contradicts it.
 */
#ifndef BPB_LADDER_H
#define BPB_LADDER_H

#include "base/common.h"

enum { LADDER_RUNGS = 30, LADDER_COLUMNS = 7 };

struct extrapolated {
    double value, error;
};

struct rung {
    double h;
    double bend; /* |f(h) - 2 f(0) + f(-h)| */
    struct extrapolated slope, jump; /* their errors without rounding */
};

/* What is known beforehand. */
struct expected {
    double f_0;          /* f(0) */
    double noise, least; /* how far off a value of f may be by rounding, at most and at least */
    double slope, error; /* what is to be compared with the slope, and how far off that may be */
};

struct ladder {
    struct expected expected;
    size_t rungs;
    double slopes[LADDER_COLUMNS], jumps[LADDER_COLUMNS]; /* the last row of each table */
    struct rung rung[LADDER_RUNGS];
};

/* t and f(t) on both sides, at steps of about h. */
struct sides {
    double t_right, t_left; /* the left one is positive too */
    double f_right, f_left;
};

/* What a ladder says. */
struct slope {
    double value, error;
    bool known; /* false: no two values in a row were finite */
    bool kink;
};

void bpb_ladder_begin(struct ladder *ladder, const struct expected *expected);
/* The next rung, of half the step of the last. Values that are not finite start it anew. */
void bpb_ladder_add(struct ladder *ladder, struct sides sides);
/* Whether smaller steps would add nothing; what is not as expected goes down to the last. */
bool bpb_ladder_done(const struct ladder *ladder);
struct slope bpb_ladder_slope(const struct ladder *ladder);

#endif
