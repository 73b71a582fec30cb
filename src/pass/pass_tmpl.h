/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pass over a batch. Its columns are cut into shares, one for each thread, and these into
 * slices that stay in a cache: a slice goes forward through all layers, then to whatever the
 * pass ends with, and no column ever needs another one.
 */
#ifndef BPB_PASS_TMPL_H
#define BPB_PASS_TMPL_H

#include <stdatomic.h>

#include "pass/work_tmpl.h"

/* Columns first .. first+count-1 of a work, in one thread's hands. */
struct BPB(slice) {
    const BPB(net) *net;
    BPB(work) *work;
    size_t first, count;
    real *scratch; /* the thread's */
};

struct BPB(pass);
/* What a pass does with a slice once it has A_L. */
typedef void BPB(pass_end)(struct BPB(pass) * pass, const struct BPB(slice) * slice);

/* X, T and Y are checked and resolved from here on, and a section has been entered. */
struct BPB(pass) {
    const BPB(net) *net;
    BPB(work) *work;
    enum product forward; /* FORWARD or PREDICT */
    BPB(cview) X, T;      /* T.data NULL: no targets */
    BPB(view) Y;
    bool T_in_place;      /* T is packed and unscaled, and so needs no copy */
    size_t first, count; /* columns of X, T and Y */
    BPB(pass_end) *end;
    real scale;          /* of D_L, see backward_tmpl.c */
    bool wants_loss;     /* of each column, into e */
    unsigned char *flags;
    atomic_size_t bad;   /* columns, or slices, in which something is not finite */
    atomic_size_t correct;
};

/* Do the columns of the pass, at most the plan's capacity. */
void BPB(pass_run)(struct BPB(pass) * pass);

/* The matrix of n rows at this offset, from the slice's first column on. */
static inline real *BPB(slice_at)(const struct BPB(slice) * slice, size_t offset, size_t n)
{
    return (real *)BPB(work_at)(slice->work, offset) + slice->first * n;
}
static inline double *BPB(slice_losses)(const struct BPB(slice) * slice)
{
    return (double *)BPB(work_at)(slice->work, slice->work->plan->e) + slice->first;
}

/* The slice's columns of T, packed, once they are staged. */
static inline const real *BPB(slice_staged)(const struct BPB(pass) * pass,
                                            const struct BPB(slice) * slice)
{
    if (pass->T_in_place)
        return pass->T.data + (pass->first + slice->first) * pass->T.rows;
    return BPB(slice_at)(slice, slice->work->plan->T, pass->T.rows);
}

/* What begins at item of n that is a share's, in units of grain; thread = threads: n itself. */
static inline size_t share_begin(size_t n, size_t grain, size_t thread, size_t threads)
{
    const size_t units = (n + grain - 1) / grain;
    return BPB_MIN(n, units * thread / threads * grain);
}

/* A thread's own memory. */
static inline real *BPB(thread_scratch)(BPB(work) * work, size_t thread)
{
    return BPB(work_at)(work, work->plan->scratch + thread * work->plan->scratch_bytes);
}

/* A_1 .. A_L of the slice's columns, count of them filled up with zeros to the panel. */
void BPB(slice_forward)(const struct BPB(pass) * pass, const struct BPB(slice) * slice);
/* Stage T = (targets - shift) / factor. */
void BPB(slice_targets)(const struct BPB(pass) * pass, const struct BPB(slice) * slice);
/* e_j of each column; its targets are staged. */
void BPB(slice_loss)(const struct BPB(pass) * pass, const struct BPB(slice) * slice);
/* Y = shift + factor * A_L in place; then the outputs are in the caller's units. */
void BPB(slice_unscale)(const struct BPB(slice) * slice);

/* The mean of e over B columns. */
double BPB(mean_loss)(BPB(work) * work, size_t B);

#endif
