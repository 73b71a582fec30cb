/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prepare data: moments of rows, which standardise a net, and PCA whitening of correlated inputs.
 */
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
 * class indices are not scaled. (Gaussian: T is scaled as the means are. Give s_i shift 2
 * ln(factor of m_i) and factor 1 to have it in your units.) The values replace earlier ones and
 * belong to the model file. shift NULL: 0. factor NULL: 1. Both NULL: no scaling.
 * bpb_net_standardise (prepare.h) finds the values from data. Allocates. Returns BPB_ERR_OPTION: a
 * value is not finite in the net's precision, or a factor of outputs is 0 or subnormal.
 * BPB_ERR_MEMORY.
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

/*
 * Give the net the scaling by which its inputs, and targets of kind BPB_VALUES, have mean 0 and
 * variance 1 over these columns:
 *
 *     inputs    shift = mean, factor = 1 / sd
 *     outputs   shift = mean, factor = sd,       sd = sqrt(variance), or 1 if the variance is 0
 *
 * Missing targets are left out, weights are ignored. T without data, classes or labels: only the
 * inputs are scaled. In a Gaussian net s_i gets shift 2 ln sd and factor 1, so that it gives
 * variances in your units. Doubles of a float net are not rounded before. Allocates. Returns
 * BPB_NONFINITE: a value is not finite; nothing changes. BPB_ERR_RANGE: a mean exceeds the net's
 * precision, or a factor is not a normal number of it. BPB_ERR_MEMORY. Statuses of views.
 */
BPB_API bpb_status bpb_net_standardise(bpb_net *net, bpb_view X, bpb_targets T);
BPB_API bpb_status bpbf_net_standardise(bpbf_net *net, bpbf_view X, bpbf_targets T);

/* ---- Moments ----------------------------------------------------------------------------- */

/*
 * Count, mean and variance of one row of data. A matrix has an array of these, one for each row,
 * in the caller's memory: 3 doubles a row, which can be sent and stored as they are. Start from
 * zero, add the data block by block, then standardise a net. The moments are in double in both
 * precisions.
 */
typedef struct bpb_moments {
    double count;   /* of the values */
    double mean;
    double squares; /* sum of (value - mean)^2; the variance is squares / count */
} bpb_moments;

/*
 * Add the columns of X to X.rows moments. masked = 1: NaN is a missing value and is left out.
 * squares keeps its digits even if the mean is far larger than the deviation; adding the same
 * columns in other blocks changes only the last bits (Chan, Golub and LeVeque 1979).
 * Returns BPB_NONFINITE: a value is NaN or infinite; moments are unchanged (bpb_find_nonfinite
 * tells where). BPB_ERR_OPTION: moments hold what no values have: a number that is not finite (for
 * example after squares overflowed), or a count or squares below 0. Statuses of views.
 */
BPB_API bpb_status bpb_moments_add(bpb_moments *moments, bpb_view X, int masked);
BPB_API bpb_status bpbf_moments_add(bpb_moments *moments, bpbf_view X, int masked);

/*
 * Add the moments others of n rows, gathered by another thread or rank, to moments. Returns:
 * BPB_ERR_SIZE: n is 0. BPB_ERR_OPTION: as in bpb_moments_add, of moments or others.
 */
BPB_API bpb_status bpb_moments_merge(bpb_moments *moments, const bpb_moments *others, size_t n);

/*
 * Set the scaling by which the net's inputs and targets have mean 0 and variance 1. of_X holds the
 * n_0 moments of the rows of X, of_T those of the rows of T. If of_X or of_T is NULL, that side
 * keeps its scaling. With sd = sqrt(squares / count), or 1 if all values of a row are equal:
 *
 *     inputs    shift = mean, factor = 1 / sd
 *     outputs   shift = mean, factor = sd
 *
 * The log-variances s_i of a Gaussian net get shift 2 ln sd and factor 1, so that the net gives
 * variances in your units. If several outputs belong to one target of your own loss, those behind
 * the first keep shift 0 and factor 1. An earlier scaling is replaced. Returns: BPB_ERR_OPTION: as
 * in bpb_moments_add, or a row has no values. BPB_ERR_RANGE: a shift exceeds the net's precision,
 * or a factor is not a normal number of it. BPB_ERR_MEMORY. On an error the net is unchanged.
 * Allocates.
 */
BPB_API bpb_status bpb_net_standardise_by(bpb_net *net, const bpb_moments *of_X,
                                          const bpb_moments *of_T);
BPB_API bpb_status bpbf_net_standardise_by(bpbf_net *net, const bpb_moments *of_X,
                                           const bpb_moments *of_T);

/* ---- Whitening --------------------------------------------------------------------------- */

/*
 * PCA whitening turns correlated inputs into m uncorrelated inputs of mean 0 and variance 1. From
 * all columns x added, count of them,
 *
 *     mean = 1/count sum x                                             n_0
 *     C = sum (x - mean) (x - mean)^T = count V diag(lambda) V^T       n_0 x n_0
 *     K = diag(1 / sqrt(lambda_i + epsilon)) V_m^T                     m x n_0
 *     A_0 = K (X - mean 1^T)                                           m x B
 *
 * lambda_1 >= lambda_2 >= ... are the variances along the orthonormal columns of V. V_m is the
 * first m columns of V.
 *
 * The steps: create a whitening, add the columns of the training data, solve, apply the solution
 * to the training data, and train a net of m inputs on the result. Then fold the whitening into
 * the net: the folded net takes raw data, and nothing of the whitening is needed any more.
 *
 * The whitening is computed in double; the same bpb_whitening takes data of both precisions. The
 * result depends on the units of the rows. If the units differ by many orders of magnitude,
 * standardise the rows first, or the rows of small numbers are lost.
 *
 * Sources: Jolliffe, "Principal Component Analysis", 2nd ed. 2002; LeCun, Bottou, Orr, Mueller,
 * "Efficient BackProp", 1998.
 */
typedef struct bpb_whitening bpb_whitening;

/*
 * Create a whitening of n_0 rows without columns. It takes n_0 (n_0 + 259) doubles. Returns:
 * BPB_ERR_SIZE: n_0 is 0 or above 2^31-1, or its square cannot be addressed. BPB_ERR_MEMORY.
 * Allocates.
 */
BPB_API bpb_status bpb_whitening_create(bpb_whitening **whitening, size_t n_0);

/* Free *whitening and set it to NULL. Accepts NULL, and NULL in *whitening. */
BPB_API void bpb_whitening_destroy(bpb_whitening **whitening);

/*
 * Add the columns of X, n_0 x any number. The weights of X are ignored, and so is masked. An
 * earlier solution stays. Adding the same columns in other blocks changes only the last bits
 * (Chan, Golub and LeVeque 1979). Returns: BPB_NONFINITE: a value is NaN or infinite; nothing is
 * added (bpb_find_nonfinite tells where). BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views.
 */
BPB_API bpb_status bpb_whitening_add(bpb_whitening *whitening, bpb_view X);
BPB_API bpb_status bpbf_whitening_add(bpb_whitening *whitening, bpbf_view X);

/*
 * Add the columns that other has seen, for example on another thread. Returns: BPB_ERR_MISMATCH:
 * other has another n_0.
 */
BPB_API bpb_status bpb_whitening_merge(bpb_whitening *whitening, const bpb_whitening *other);

/*
 * Write the sums over all columns added as *n doubles, to send them to another rank of a parallel
 * program or to store them:
 *
 *     count | eps_X | base (n_0) | offset (n_0) | lower triangle of C by columns (n_0 (n_0 + 1)/2)
 *
 * mean = base + offset. For eps_X see bpb_whitening_solve. With buffer NULL, only *n is set.
 * Returns: BPB_ERR_BUFFER: capacity is below *n doubles; *n is set.
 */
BPB_API bpb_status bpb_whitening_pack(const bpb_whitening *whitening, double *buffer,
                                      size_t capacity, size_t *n);

/*
 * Replace the sums of a whitening by n packed doubles. An earlier solution stays. To add them to
 * other columns, unpack them into a second whitening and merge the two. Returns: BPB_ERR_BUFFER: n
 * is not the number that bpb_whitening_pack gives for this n_0.
 * BPB_ERR_OPTION: no columns have these sums: a value is not finite, count or a diagonal entry of
 * C is below 0, or eps_X is not within 0 .. 1.
 */
BPB_API bpb_status bpb_whitening_unpack(bpb_whitening *whitening, const double *buffer, size_t n);

/* Set components or share, or none of them. */
typedef struct bpb_whitening_options {
    size_t components; /* m; default 0: all directions that vary */
    double share;      /* take the fewest directions that have this share of the sum of all
                          variances; 0 < share <= 1; default 0: all directions that vary */
    double epsilon;    /* added to each variance, so that small variances are amplified less;
                          at least 0; default 0 */
    uint64_t reserved[4]; /* must be 0 */
} bpb_whitening_options;

/*
 * Compute mean, lambda and K of all columns added, by LAPACK's dsyevr. options NULL: all defaults.
 * A direction v, a column of V, varies if
 *
 *     lambda_i > n_0 eps lambda_1 + eps_X^2 sum_k v_k^2 (mean_k^2 + C_kk / count)    (C_kk > 0)
 *
 * eps is that of double, eps_X that of the coarsest data added: of float if any were float. A
 * smaller variance is rounding. Directions that do not vary are left out: for example pixels that
 * never change, or a row that is the sum of others. A row that never changes has a column of zeros
 * in K. The sign of each column of V makes its largest entry positive (the first of those within a
 * thousandth of it), so the same columns in the same blocks give the same K. Returns:
 * BPB_ERR_OPTION: an option is outside its range, both components and share are set, or fewer than
 * components directions vary. BPB_ERR_SIZE: no direction varies, or no columns were added.
 * BPB_ERR_RANGE: mean or C has overflowed, or LAPACK finds no lambda. BPB_ERR_MEMORY.
 * BPB_ERR_UNSUPPORTED: the library is built without LAPACK. On an error, an earlier solution
 * stays. Allocates n_0 (n_0 + 2) doubles, and 2 n_0 (n_0 + 27) during the call.
 */
BPB_API bpb_status bpb_whitening_solve(bpb_whitening *whitening,
                                       const bpb_whitening_options *options);

/* A solution. Its pointers are valid until the whitening is solved again or destroyed. */
typedef struct bpb_whitening_result {
    size_t m, n_0;
    const double *mean;      /* n_0 */
    const double *variances; /* n_0, descending: lambda of the m rows of K, then of the other
                                directions that vary, then of those that do not */
    bpb_view K;              /* m x n_0, packed */
} bpb_whitening_result;

/*
 * Get the solution. Returns: BPB_ERR_SHAPE: the whitening is not solved.
 */
BPB_API bpb_status bpb_whitening_solution(const bpb_whitening *whitening,
                                          bpb_whitening_result *result);

/*
 * Whiten any number of columns:
 *
 *     Y = K (X - mean 1^T)                 X n_0 x B, Y m x B
 *
 * computed in double and rounded once. A value of X that is not finite gives a column of Y that is
 * not finite. Returns: BPB_ERR_SHAPE: also if the whitening is not solved, or X and Y differ in
 * columns. BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views. BPB_ERR_MEMORY. Allocates at most 256 (n_0 +
 * m) doubles.
 */
BPB_API bpb_status bpb_whitening_apply(const bpb_whitening *whitening, bpb_view X, bpb_out Y);
BPB_API bpb_status bpbf_whitening_apply(const bpb_whitening *whitening, bpbf_view X, bpbf_out Y);

/*
 * Make a net of n_0 inputs that takes X, from a net of m inputs that takes whitened X:
 *
 *     W_1' = W_1 diag(factor) K                               n_1 x n_0
 *     b_1' = b_1 - W_1 diag(factor) shift - W_1' mean         n_1
 *
 * shift and factor are the input scaling of net (0 and 1 without one). *raw has no input scaling;
 * everything else is copied, with your own functions and the notes. *raw can be trained further.
 * Its outputs differ from those of net by the rounding of Z_1, eps |W_1'| (|X| + |mean|). Computed
 * in double, rounded once. Returns: BPB_ERR_SHAPE: the whitening is not solved. BPB_ERR_MISMATCH:
 * net has not m inputs.
 * BPB_ERR_SIZE: theta would be too large to address. BPB_ERR_RANGE: an entry of W_1' or b_1' is
 * not finite in the net's precision. BPB_ERR_MEMORY. Allocates.
 */
BPB_API bpb_status bpb_whitening_fold(bpb_net **raw, const bpb_whitening *whitening,
                                      const bpb_net *net);
BPB_API bpb_status bpbf_whitening_fold(bpbf_net **raw, const bpb_whitening *whitening,
                                       const bpbf_net *net);

#ifdef __cplusplus
}
#endif

#endif
