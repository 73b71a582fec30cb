/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/orthogonal.h"

#include <fenv.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/alloc.h"

#define BLOCK 32 /* columns that LAPACK may take at a time */

/* Q is m x k with m >= k; behind it stand tau and sign, k each, and LAPACK's scratch. */
static size_t long_side(const struct layer *layer)
{
    return BPB_MAX(layer->n_in, layer->n_out);
}
static size_t short_side(const struct layer *layer)
{
    return BPB_MIN(layer->n_in, layer->n_out);
}

/* Doubles of scratch: what LAPACK counts with 32 bits. At least k, since no width is larger. */
static size_t scratch_size(size_t k)
{
    return k < BPB_INT_MAX / BLOCK ? k * BLOCK : BPB_INT_MAX;
}

/* Doubles that a layer takes; false where that exceeds size_t. */
static bool layer_size(const struct layer *layer, size_t *size)
{
    const size_t k = short_side(layer);
    return size_mul(long_side(layer), k, size) && size_add(*size, k, size) &&
           size_add(*size, k, size) && size_add(*size, scratch_size(k), size);
}

bool bpb_orthogonal_available(void)
{
    return BPB_HAVE_LAPACK;
}

/* Aligned, for some BLAS's sums depend on where a vector begins. */
double *bpb_orthogonal_alloc(const struct shape *shape)
{
    size_t most = 0;
    for (size_t l = 0; l < shape->L; l++) {
        size_t size;
        if (!layer_size(&shape->layer[l], &size))
            return NULL;
        most = BPB_MAX(most, size);
    }
    return bpb_alloc_aligned(most, sizeof(double));
}

#if BPB_HAVE_LAPACK
#include <lapacke.h>

_Static_assert(sizeof(lapack_int) >= 4, "a width is below 2^31");

/*
 * Q (m x k) = the Q of its QR factorisation with a positive diagonal of R. That one is unique, and
 * of normal matrices its distribution is uniform; LAPACK's own signs would make it neither.
 *
 * The calls by name of ..._work take memory and check nothing, so that they can neither print nor
 * fail: their info speaks of wrong arguments alone.
 */
static void orthonormalise(size_t m, size_t k, double *Q)
{
    double *tau = Q + m * k, *sign = tau + k, *scratch = sign + k;
    const lapack_int rows = (lapack_int)m, cols = (lapack_int)k, size = (lapack_int)scratch_size(k);
    (void)LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, rows, cols, Q, rows, tau, scratch, size);
    for (size_t j = 0; j < k; j++)
        sign[j] = Q[j * m + j] < 0 ? -1 : 1;
    (void)LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, rows, cols, cols, Q, rows, tau, scratch, size);
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < m; i++)
            Q[j * m + i] *= sign[j];
}
#else
static void orthonormalise(size_t m, size_t k, double *Q)
{
    (void)m, (void)k, (void)Q;
}
#endif

/* LAPACK's norms may use the x87 unit, whose control word a section leaves alone. */
void bpb_orthogonal_draw(const struct layer *layer, uint64_t seed, size_t l, double *memory)
{
    fenv_t env;
    for (size_t j = 0; j < layer->n_in; j++)
        for (size_t i = 0; i < layer->n_out; i++)
            memory[orthogonal_place(layer, i, j)] =
                bpb_random_normal(seed, STREAM_WEIGHTS, l, j * layer->n_out + i);
    fegetenv(&env);
    fesetenv(FE_DFL_ENV);
    orthonormalise(long_side(layer), short_side(layer), memory);
    fesetenv(&env);
}
