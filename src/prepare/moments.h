/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BPB_MOMENTS_H
#define BPB_MOMENTS_H

#include "base/common.h"

/* BPB_ERR_OPTION: one of n rows' moments is what no values have. name: that of the argument. */
bpb_status bpb_moments_check(const bpb_moments *moments, size_t n, const char *name);

/*
 * Those of the values of both, delta = mean_b - mean_a, n = n_a + n_b:
 *
 *     mean = mean_a + delta n_b / n,   squares = squares_a + squares_b + delta^2 n_a n_b / n
 *
 * T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing
 * sample variances" (1979).
 */
static inline bpb_moments moments_of_both(bpb_moments a, bpb_moments b)
{
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    const double count = a.count + b.count, delta = b.mean - a.mean;
    return (bpb_moments){
        .count = count,
        .mean = a.mean + delta * (b.count / count),
        .squares = a.squares + b.squares + delta * delta * (a.count * (b.count / count)),
    };
}

#endif
