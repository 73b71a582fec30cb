/* SPDX-License-Identifier: BSD-3-Clause */
/* Moments that standardise a net, and PCA whitening. */
#ifndef BPBLAS_PREPARE_H
#define BPBLAS_PREPARE_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Scaling -------------------------------------------------------------------------- */

/*
 * Let the net take inputs, or give outputs, in your units, entry by entry:
 *
 *     BPB_INPUTS    A_0 = (X - shift) * factor      n_0 values of each
 *     BPB_OUTPUTS   Y   = shift + factor * A_L      n_L values of each
 *
 * Every pass applies both. The loss compares A_L with (T - shift) / factor, so it has no units;
 * class indices are not scaled. (Gaussian: T is scaled as the means are. Give s_i shift 2 ln(factor
 * of m_i) and factor 1 to have it in your units.) The values replace earlier ones and belong to the
 * model file. shift NULL: 0. factor NULL: 1. Both NULL: no scaling. bpb_net_standardise (prepare.h)
 * finds the values from data. Allocates. Returns BPB_ERR_OPTION: a value is not finite in the net's
 * precision, or a factor of outputs is 0 or subnormal. BPB_ERR_MEMORY.
 */
typedef enum bpb_side { BPB_INPUTS, BPB_OUTPUTS } bpb_side;
BPB_API bpb_status bpb_net_set_scaling(bpb_net *net, bpb_side side, const double *shift,
                                       const double *factor);
BPB_API bpb_status bpbf_net_set_scaling(bpbf_net *net, bpb_side side, const double *shift,
                                        const double *factor);

/* The scaling: the values of shift, followed by those of factor; NULL if there is none. They stay
 * until the next bpb_net_set_scaling of that side. */
BPB_API const double *bpb_net_scaling(const bpb_net *net, bpb_side side);
BPB_API const double *bpbf_net_scaling(const bpbf_net *net, bpb_side side);

/* ---- Moments and whitening ---- */

/*
 * Mean and variance of a row of data, gathered block by block; in double in both precisions. Zero
 * is no values yet. The rows of a matrix have an array of these, in the caller's memory: 3 doubles
 * a row, one behind the other, to be sent and stored as such.
 */
typedef struct bpb_moments {
    double count;   /* of the values */
    double mean;
    double squares; /* sum of (value - mean)^2; the variance is squares / count */
} bpb_moments;

/*
 * Add the columns of X to what moments, X.rows of them, hold. Deviations are taken from the mean
 * of a few columns, and those joined as by Chan, Golub and LeVeque (1979), so that squares keep
 * their digits where the mean is far larger than the deviation; how the data are cut changes the
 * last bits alone. masked = 1: NaN is a missing value and is left out.
 * BPB_NONFINITE: a value is not finite (see bpb_find_nonfinite); moments are unchanged.
 * BPB_ERR_OPTION: moments hold what none can: a value that is not finite (as where squares have
 * overflowed), or a count or squares below 0. BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_SHAPE: see
 * Views.
 */
BPB_API bpb_status bpb_moments_add(bpb_moments *moments, bpb_view X, int masked);
BPB_API bpb_status bpbf_moments_add(bpb_moments *moments, bpbf_view X, int masked);

/* Add what others have gathered, of n rows each: threads, or ranks of a parallel program, in any
 * order. BPB_ERR_SIZE: n is 0. BPB_ERR_OPTION: as above. */
BPB_API bpb_status bpb_moments_merge(bpb_moments *moments, const bpb_moments *others, size_t n);

/*
 * Give a net the scaling by which its inputs, or its targets, have mean 0 and variance 1, from
 * n_0 moments of X, or moments of each row of T, with sd = sqrt(squares / count):
 *
 *     inputs    shift = mean, factor = 1 / sd
 *     outputs   shift = mean, factor = sd
 *
 * and factor 1 where sd = 0: a row whose values are all equal. A Gaussian net's s_i have
 * shift 2 ln sd and factor 1, so that it gives variances in the caller's units too; where a target
 * of your own loss belongs to several outputs, those behind the first are left as they are
 * (0 and 1). As bpb_net_set_input_scaling otherwise, in place of any earlier. Allocates.
 * BPB_ERR_OPTION: as above, or a row has no values. BPB_ERR_RANGE: a shift exceeds the net's
 * precision, or a factor is not a normal number of it. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_standardise_inputs(bpb_net *net, const bpb_moments *moments);
BPB_API bpb_status bpbf_net_standardise_inputs(bpbf_net *net, const bpb_moments *moments);
BPB_API bpb_status bpb_net_standardise_outputs(bpb_net *net, const bpb_moments *moments);
BPB_API bpb_status bpbf_net_standardise_outputs(bpbf_net *net, const bpb_moments *moments);

/*
 * PCA whitening: inputs that are uncorrelated and of variance 1, as many as the data vary in. Of
 * the count columns x added so far, sums over them,
 *
 *     mean = 1/count sum x                                    n_0
 *     C = sum (x - mean) (x - mean)^T = count V diag(lambda) V^T      n_0 x n_0
 *     K = diag(1 / sqrt(lambda_i + epsilon)) V_m^T            m x n_0
 *     A_0 = K (X - mean 1^T)                                  m x B
 *
 * lambda, the variances along the orthonormal columns of V, descend; V_m are the first m of them.
 * All this is in double in both precisions. What is whitened depends on the units of the rows:
 * where these differ by many orders, bring the rows to one unit first, or those of small numbers
 * are lost. (Jolliffe, "Principal Component Analysis", 2nd ed. 2002; LeCun, Bottou, Orr, Mueller,
 * "Efficient BackProp", 1998.)
 *
 * The way: add all columns, solve, apply to the training data, train a net of m inputs on those,
 * and fold both into a net that takes the data as they are.
 */
typedef struct bpb_whitening bpb_whitening;
typedef struct bpbf_whitening bpbf_whitening;

/* Make one that has seen no columns, of n_0 rows. It takes n_0 (n_0 + 259) doubles. Allocates.
 * BPB_ERR_SIZE: n_0 is 0, over 2^31-1, or its square over what can be addressed. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_whitening_create(bpb_whitening **whitening, size_t n_0);
BPB_API bpb_status bpbf_whitening_create(bpbf_whitening **whitening, size_t n_0);
BPB_API void bpb_whitening_destroy(bpb_whitening **whitening);
BPB_API void bpbf_whitening_destroy(bpbf_whitening **whitening);

/*
 * Add the columns of X, n_0 x any. Deviations are taken from the mean of some columns, and those
 * joined as by Chan, Golub and LeVeque (1979); how the data are cut changes the last bits alone.
 * Means are kept as a column of the data and the distance from it, so that C keeps its digits where
 * they are far larger than the deviations. Weights and masked are not looked at. What was solved
 * stays until it is solved again.
 * BPB_NONFINITE: a value is not finite, NaN too (see bpb_find_nonfinite); nothing is changed.
 * BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views.
 */
BPB_API bpb_status bpb_whitening_add(bpb_whitening *whitening, bpb_view X);
BPB_API bpb_status bpbf_whitening_add(bpbf_whitening *whitening, bpbf_view X);

/* Add what another has seen, on another thread, say; the other's solution plays no part.
 * BPB_ERR_MISMATCH: of another n_0. */
BPB_API bpb_status bpb_whitening_merge(bpb_whitening *whitening, const bpb_whitening *other);
BPB_API bpb_status bpbf_whitening_merge(bpbf_whitening *whitening, const bpbf_whitening *other);

/*
 * What it has seen as doubles, to be sent between ranks of a parallel program or stored:
 *
 *     count | base (n_0) | offset (n_0) | C, its lower triangle by columns (n_0 (n_0 + 1) / 2)
 *
 * with mean = base + offset. size is their number, 0 for NULL. n has to be just that:
 * BPB_ERR_BUFFER. Unpacking replaces what it has seen, not what was solved; a rank merges after it.
 * The two precisions have the same. BPB_ERR_OPTION: no columns have these: a value that is not
 * finite, count or a diagonal entry of C below 0.
 */
BPB_API size_t bpb_whitening_size(const bpb_whitening *whitening);
BPB_API size_t bpbf_whitening_size(const bpbf_whitening *whitening);
BPB_API bpb_status bpb_whitening_pack(const bpb_whitening *whitening, double *statistics,
                                       size_t n);
BPB_API bpb_status bpbf_whitening_pack(const bpbf_whitening *whitening, double *statistics,
                                       size_t n);
BPB_API bpb_status bpb_whitening_unpack(bpb_whitening *whitening, const double *statistics,
                                         size_t n);
BPB_API bpb_status bpbf_whitening_unpack(bpbf_whitening *whitening, const double *statistics,
                                         size_t n);

/* At most one of components and share. */
typedef struct bpb_whitening_options {
    size_t components; /* m; 0: all directions that vary */
    double share;      /* of the sum of all variances, 0 < share <= 1: the least m that has it;
                          0: all directions that vary */
    double epsilon;    /* added to each variance, >= 0: small ones are amplified less; default 0 */
} bpb_whitening_options;

/*
 * Make mean, lambda and K from all columns seen, by LAPACK's dsyevr. options NULL: the defaults. A
 * direction v, a column of V, varies where
 *
 *     lambda_i > n_0 eps lambda_1 + eps_X^2 sum_k v_k^2 (mean_k^2 + C_kk / count)    (C_kk > 0)
 *
 * eps that of double, eps_X that of the handle's precision: less is rounding, of the computation or
 * of the data. Other directions (pixels that never change, a row that is the sum of others) are
 * left out, and a row that never changes has a column of zeros in K. The sign of a column of V is
 * such that its largest entry is positive (the first of those within a thousandth of it): the same
 * columns in the same cuts give the same K. Allocates, for its duration 2 n_0 (n_0 + 27) doubles.
 * On an error an earlier solution stays.
 * BPB_ERR_OPTION: an option is out of its range, both components and share are given, or fewer
 * directions vary than components. BPB_ERR_SIZE: none varies, or no columns were added.
 * BPB_ERR_RANGE: means or C have overflowed, or LAPACK finds no lambda. BPB_ERR_MEMORY.
 * BPB_ERR_UNSUPPORTED: a build without LAPACK; all but solving works there.
 */
BPB_API bpb_status bpb_whitening_solve(bpb_whitening *whitening,
                                        const bpb_whitening_options *options);
BPB_API bpb_status bpbf_whitening_solve(bpbf_whitening *whitening,
                                        const bpb_whitening_options *options);

/* The solution: m; n_0 means; n_0 variances lambda_i, descending, of which K has the first m, those
 * of directions that do not vary behind the others and at least 0; K, m x n_0, packed. 0, NULL or
 * all zero for NULL and before it is solved. They stay where they are until it is solved again. */
BPB_API size_t bpb_whitening_components(const bpb_whitening *whitening);
BPB_API size_t bpbf_whitening_components(const bpbf_whitening *whitening);
BPB_API const double *bpb_whitening_mean(const bpb_whitening *whitening);
BPB_API const double *bpbf_whitening_mean(const bpbf_whitening *whitening);
BPB_API const double *bpb_whitening_variances(const bpb_whitening *whitening);
BPB_API const double *bpbf_whitening_variances(const bpbf_whitening *whitening);
BPB_API bpb_view bpb_whitening_K(const bpb_whitening *whitening);
BPB_API bpb_view bpbf_whitening_K(const bpbf_whitening *whitening);

/*
 * Y = K (X - mean 1^T), X n_0 x B, Y m x B, any B; computed in double, rounded once. Allocates
 * 256 (n_0 + m) doubles, or fewer. Values that are not finite give such.
 * BPB_ERR_SHAPE: also before it is solved, or X and Y have not as many columns. BPB_ERR_STRIDE,
 * BPB_ERR_SIZE: see Views. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_whitening_apply(const bpb_whitening *whitening, bpb_view X,
                                        bpb_out Y);
BPB_API bpb_status bpbf_whitening_apply(const bpbf_whitening *whitening, bpbf_view X,
                                        bpbf_out Y);

/*
 * Make from net, of m inputs that bpb_whitening_apply gives, a net of n_0 inputs that takes X:
 *
 *     W_1' = W_1 diag(factor) K                               n_1 x n_0
 *     b_1' = b_1 - W_1 diag(factor) shift - W_1' mean         n_1
 *
 * shift and factor being the input scaling of net (0 and 1 where it has none); the new net has
 * none. Everything else is copied, your own functions and the notes too. Its model file and its
 * predictions know nothing of whitening, and it can be trained further. Its outputs are those of
 * net for inputs that are off in their last bits: Z_1 has rounding errors of eps |W_1'| (|X| +
 * |mean|). Computed in double, rounded once. Allocates.
 * BPB_ERR_MISMATCH: net has not m inputs; also before it is solved. BPB_ERR_SIZE: theta would be
 * over what can be addressed. BPB_ERR_RANGE: an entry of W_1' or b_1' is not finite in the net's
 * precision. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_whitening_fold(bpb_net **raw, const bpb_whitening *whitening,
                                       const bpb_net *net);
BPB_API bpb_status bpbf_whitening_fold(bpbf_net **raw, const bpbf_whitening *whitening,
                                       const bpbf_net *net);

#ifdef __cplusplus
}
#endif

#endif
