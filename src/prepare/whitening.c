/* SPDX-License-Identifier: BSD-3-Clause */
#include "prepare/whitening.h"

#include <cblas.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas/section.h"
#include "base/alloc.h"
#include "base/ranges.h"

#define ALIGNMENT 64

_Static_assert(sizeof(size_t) <= sizeof(double), "an order has room among doubles");

static bool bytes_of(size_t n, size_t *bytes)
{
    return size_mul(n, sizeof(double), bytes) && *bytes <= PTRDIFF_MAX - ALIGNMENT;
}

double *bpb_whitening_doubles(size_t n)
{
    return bpb_alloc_aligned(n, sizeof(double));
}

/* ---- What it has seen ---- */

/* C, base, offset, columns */
static bool statistics_size(size_t n, size_t *size)
{
    size_t bytes;
    return size_mul(n, n, size) && size_add(*size, (2 + WHITENING_BLOCK + 1) * n, size) &&
           bytes_of(*size, &bytes);
}

bpb_status bpb_whitening_create(bpb_whitening **whitening, size_t n_0)
{
    const size_t n = n_0;
    size_t size;
    REQUIRE_POINTER(whitening);
    REQUIRE(n >= 1 && n <= BPB_INT_MAX, BPB_ERR_SIZE, "n_0 is %zu; it must be 1 to %zu", n,
            BPB_INT_MAX);
    REQUIRE(statistics_size(n, &size), BPB_ERR_SIZE,
            "n_0 is %zu; its square is more than can be addressed", n);
    bpb_whitening *made = malloc(sizeof *made);
    double *C = bpb_whitening_doubles(size);
    if (!made || !C) {
        free(made);
        free(C);
        REFUSE(BPB_ERR_MEMORY, "no memory for whitening %zu rows", n);
    }
    memset(C, 0, n * (n + 2) * sizeof *C);
    *made = (bpb_whitening){
        .n = n, .C = C, .base = C + n * n, .offset = C + n * n + n, .columns = C + n * n + 2 * n};
    *whitening = made;
    return BPB_OK;
}

void bpb_whitening_destroy(bpb_whitening **whitening)
{
    if (!whitening || !*whitening)
        return;
    free((*whitening)->C);
    free((*whitening)->solution.mean);
    free(*whitening);
    *whitening = NULL;
}

/* D (n x cols) -= v 1^T */
static void subtract(size_t n, size_t cols, const double *v, double *D)
{
    for (size_t j = 0; j < cols; j++, D += n)
        for (size_t i = 0; i < n; i++)
            D[i] -= v[i];
}

static void mean_of_columns(size_t n, size_t cols, const double *D, double *mean)
{
    memset(mean, 0, n * sizeof *mean);
    for (size_t j = 0; j < cols; j++)
        for (size_t i = 0; i < n; i++)
            mean[i] += D[j * n + i];
    for (size_t i = 0; i < n; i++)
        mean[i] /= (double)cols;
}

/*
 * Of columns a and more columns b, delta = mean_b - mean_a,
 *
 *     C = C_a + sum_b (x - mean_b)(x - mean_b)^T + delta delta^T n_a n_b / (n_a + n_b)
 *
 * (Chan, Golub, LeVeque 1979): sqrt(n_a n_b / (n_a + n_b)) delta is one column more of the product.
 */
void bpb_whitening_add_columns(bpb_whitening *whitening, size_t cols, double eps)
{
    const size_t n = whitening->n;
    double *D = whitening->columns, *last = D + cols * n, *offset = whitening->offset;
    if (whitening->count == 0)
        memcpy(whitening->base, D, n * sizeof *D);
    const double count = whitening->count + (double)cols, part = (double)cols / count;
    subtract(n, cols, whitening->base, D);
    mean_of_columns(n, cols, D, last);
    subtract(n, cols, last, D);
    for (size_t i = 0; i < n; i++) {
        const double delta = last[i] - offset[i];
        offset[i] += delta * part;
        last[i] = delta * sqrt(whitening->count * part);
    }
    whitening->count = count;
    whitening->eps = BPB_MAX(whitening->eps, eps);
    // C = D D^T + C
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)n, (int)cols + 1, 1.0,
                D, (int)n,            // n x (cols + 1)
                1.0, whitening->C, (int)n); // n x n
}

static void copy_statistics(bpb_whitening *whitening, const bpb_whitening *other)
{
    whitening->count = other->count;
    memmove(whitening->C, other->C, other->n * (other->n + 2) * sizeof *other->C);
}

static void join(bpb_whitening *a, const bpb_whitening *b)
{
    const size_t n = a->n;
    const double count = a->count + b->count, part = b->count / count;
    const double both = a->count * part;
    double *delta = a->columns;
    for (size_t i = 0; i < n; i++) {
        delta[i] = (b->base[i] - a->base[i]) + (b->offset[i] - a->offset[i]);
        a->offset[i] += delta[i] * part;
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            a->C[j * n + i] += b->C[j * n + i] + delta[i] * delta[j] * both;
    a->count = count;
}

bpb_status bpb_whitening_merge(bpb_whitening *whitening, const bpb_whitening *other)
{
    REQUIRE_POINTER(whitening);
    REQUIRE_POINTER(other);
    REQUIRE(whitening->n == other->n, BPB_ERR_MISMATCH,
            "other was created for n_0 = %zu, whitening for n_0 = %zu", other->n, whitening->n);
    struct fpenv env;
    fpenv_enter(&env);
    if (whitening->count == 0)
        copy_statistics(whitening, other);
    else if (other->count > 0)
        join(whitening, other);
    whitening->eps = BPB_MAX(whitening->eps, other->eps);
    fpenv_leave(&env);
    return BPB_OK;
}

/* ---- Packed: count | eps | base | offset | lower triangle of C ---- */

enum { PACKED_BASE = 2 };

static size_t packed_size(const bpb_whitening *whitening)
{
    const size_t n = whitening->n;
    return PACKED_BASE + 2 * n + n * (n + 1) / 2;
}

bpb_status bpb_whitening_pack(const bpb_whitening *whitening, double *buffer, size_t capacity,
                              size_t *n)
{
    REQUIRE_POINTER(whitening);
    REQUIRE_POINTER(n);
    const size_t n_0 = whitening->n;
    *n = packed_size(whitening);
    if (!buffer)
        return BPB_OK;
    REQUIRE(capacity >= *n, BPB_ERR_BUFFER, "capacity is %zu doubles; %zu are needed", capacity,
            *n);
    memcpy(buffer, &whitening->count, sizeof *buffer);
    memcpy(buffer + 1, &whitening->eps, sizeof *buffer);
    memcpy(buffer + PACKED_BASE, whitening->base, 2 * n_0 * sizeof *buffer);
    buffer += PACKED_BASE + 2 * n_0;
    for (size_t j = 0; j < n_0; buffer += n_0 - j, j++)
        memcpy(buffer, whitening->C + j * n_0 + j, (n_0 - j) * sizeof *buffer);
    return BPB_OK;
}

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

/* Whether some columns can have led to this. */
static bpb_status check_packed(size_t n_0, const double *packed, size_t n)
{
    for (size_t k = 0; k < n; k++)
        REQUIRE(isfinite(packed[k]), BPB_ERR_OPTION, "buffer[%zu] is %g; it must be finite", k,
                packed[k]);
    REQUIRE(packed[0] >= 0, BPB_ERR_OPTION, "the count in buffer[0] is %g; it must be at least 0",
            packed[0]);
    REQUIRE(packed[1] >= 0 && packed[1] <= 1, BPB_ERR_OPTION,
            "the eps_X in buffer[1] is %g; it must be 0 to 1", packed[1]);
    const double *diagonal = packed + PACKED_BASE + 2 * n_0;
    for (size_t j = 0; j < n_0; diagonal += n_0 - j, j++)
        REQUIRE(*diagonal >= 0, BPB_ERR_OPTION,
                "buffer[%zu], a diagonal entry of C, is %g; it must be at least 0",
                (size_t)(diagonal - packed), *diagonal);
    return BPB_OK;
}

static void take_packed(bpb_whitening *whitening, const double *packed)
{
    const size_t n_0 = whitening->n;
    memcpy(&whitening->count, packed, sizeof *packed);
    memcpy(&whitening->eps, packed + 1, sizeof *packed);
    memcpy(whitening->base, packed + PACKED_BASE, 2 * n_0 * sizeof *packed);
    packed += PACKED_BASE + 2 * n_0;
    for (size_t j = 0; j < n_0; packed += n_0 - j, j++)
        memcpy(whitening->C + j * n_0 + j, packed, (n_0 - j) * sizeof *packed);
}

bpb_status bpb_whitening_unpack(bpb_whitening *whitening, const double *buffer, size_t n)
{
    REQUIRE_POINTER(whitening);
    REQUIRE_POINTER(buffer);
    const size_t n_0 = whitening->n, size = packed_size(whitening);
    REQUIRE(n == size, BPB_ERR_BUFFER, "n is %zu; n_0 = %zu rows have %zu doubles", n, n_0, size);
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = check_packed(n_0, buffer, n);
    const bool some = !status && buffer[0] > 0;
    fpenv_leave(&env);
    TRY(status);
    memset(whitening->C, 0, n_0 * (n_0 + 2) * sizeof *whitening->C);
    whitening->count = whitening->eps = 0;
    if (some)
        take_packed(whitening, buffer);
    return BPB_OK;
}

/* ---- Solving ---- */

/* C / count = V diag(lambda) V^T, lambda ascending as LAPACK gives it. */
struct eigen {
    double *A;       /* n x n: C / count, then anything; one block of memory, with the others */
    double *V;       /* n x n */
    double *lambda;  /* n */
    double *scratch; /* (WORK + INTEGERS) n */
    size_t *order;   /* n: which column of V is the i-th direction */
};
#define NO_MEMORY "no memory for solving %zu rows"
/* dsyevr takes 26 n doubles at least, (32 + 6) n for blocks of 32, and 10 n + 2 n integers. */
enum { WORK = 40, INTEGERS = 12 };

static bpb_status eigen_alloc(struct eigen *eigen, size_t n)
{
    size_t size = 0;
    REQUIRE(size_mul(n, 2 * n + 2 + WORK + INTEGERS, &size), BPB_ERR_MEMORY, NO_MEMORY, n);
    double *A = bpb_whitening_doubles(size);
    REQUIRE(A, BPB_ERR_MEMORY, NO_MEMORY, n);
    double *lambda = A + 2 * n * n, *order = lambda + n;
    *eigen = (struct eigen){A, A + n * n, lambda, order + n, (size_t *)(void *)order};
    return BPB_OK;
}

static double variance(const bpb_whitening *whitening, size_t i)
{
    return whitening->C[i * whitening->n + i] / whitening->count;
}

/* BPB_ERR_RANGE: an entry is not finite. */
static bpb_status covariance(const bpb_whitening *whitening, double *A)
{
    const size_t n = whitening->n;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++)
            A[j * n + i] = whitening->C[j * n + i] / whitening->count;
        REQUIRE(all_finite(n - j, A + j * n + j), BPB_ERR_RANGE,
                "column %zu of C has overflowed; scale the rows of X down", j);
        REQUIRE(isfinite(whitening->base[j] + whitening->offset[j]), BPB_ERR_RANGE,
                "the mean of row %zu has overflowed; scale the rows of X down", j);
    }
    return BPB_OK;
}

#define NO_LAPACK "bpb_whitening_solve needs LAPACK; this library is built without LAPACK"

#if BPB_HAVE_LAPACK
#include <lapacke.h>

_Static_assert(sizeof(lapack_int) >= 4 && sizeof(lapack_int) <= sizeof(double),
               "a width is below 2^31, and integers have room in the scratch");

/* By the name of ..._work, which takes memory and can neither print nor fail for want of it. Its
 * norms may use the x87 unit, whose control word a section leaves alone. */
static bpb_status decompose(size_t n, const struct eigen *eigen)
{
    const lapack_int size = (lapack_int)n, work = (lapack_int)BPB_MIN(WORK * n, BPB_INT_MAX);
    lapack_int *integers = (lapack_int *)(void *)(eigen->scratch + WORK * n), found = 0;
    fenv_t env;
    fegetenv(&env);
    fesetenv(FE_DFL_ENV);
    const lapack_int info = LAPACKE_dsyevr_work(
        LAPACK_COL_MAJOR, 'V', 'A', 'L', size, eigen->A, size, 0, 0, 0, 0, 0, &found,
        eigen->lambda, eigen->V, size, integers, eigen->scratch, work, integers + 2 * n,
        (lapack_int)BPB_MIN(10 * n, BPB_INT_MAX));
    fesetenv(&env);
    REQUIRE(info == 0 && found == size && all_finite(n, eigen->lambda), BPB_ERR_RANGE,
            "LAPACK's dsyevr found no eigenvalues (info %d)", (int)info);
    return BPB_OK;
}
#else
static bpb_status decompose(size_t n, const struct eigen *eigen)
{
    (void)n, (void)eigen;
    REFUSE(BPB_ERR_UNSUPPORTED, NO_LAPACK);
}
#endif

/* What rounding of the computation, and of the data, can make of a variance along v. */
static double rounding(const bpb_whitening *whitening, const double *v, double largest)
{
    double square = 0;
    for (size_t k = 0; k < whitening->n; k++) {
        const double var = variance(whitening, k), eps = whitening->eps * v[k];
        const double mean = eps * (whitening->base[k] + whitening->offset[k]);
        square += var > 0 ? mean * mean + eps * eps * var : 0; /* equal values have no noise */
    }
    return (double)whitening->n * DBL_EPSILON * largest + square;
}

/* Columns of V in the order in which they are wanted: those that vary, then the others, lambda
 * descending in both. How many vary. */
static size_t order_columns(const bpb_whitening *whitening, const struct eigen *eigen)
{
    const size_t n = whitening->n;
    const double largest = eigen->lambda[n - 1];
    size_t vary = 0, *order = eigen->order, *others = (size_t *)(void *)eigen->scratch;
    for (size_t k = n, left = 0; k-- > 0;) {
        const double floor = rounding(whitening, eigen->V + k * n, largest);
        if (eigen->lambda[k] > floor)
            order[vary++] = k;
        else
            others[left++] = k;
    }
    memcpy(order + vary, others, (n - vary) * sizeof *order);
    return vary;
}

/* How many of the first `rank` variances have this share of their sum. */
static size_t with_share(size_t rank, const double *variances, double share)
{
    double total = 0, sum = 0;
    size_t m = 0;
    for (size_t i = 0; i < rank; i++)
        total += variances[i];
    while (m < rank && (m == 0 || sum < share * total))
        sum += variances[m++];
    return m;
}

/* m, where the first `rank` variances are not rounding. BPB_ERR_SIZE, BPB_ERR_OPTION. */
static bpb_status choose(size_t rank, const double *variances, const bpb_whitening_options *options,
                         size_t *m)
{
    REQUIRE(rank >= 1, BPB_ERR_SIZE, "no direction of the columns added varies");
    REQUIRE(options->components <= rank, BPB_ERR_OPTION,
            "components is %zu; the columns added vary in %zu directions", options->components,
            rank);
    REQUIRE(isfinite(variances[0] + options->epsilon), BPB_ERR_RANGE,
            "epsilon is %g; its sum with the largest variance, %g, overflows", options->epsilon,
            variances[0]);
    *m = options->components ? options->components : rank;
    if (options->share > 0)
        *m = with_share(rank, variances, options->share);
    return BPB_OK;
}

/* 1 or -1: that which makes the first entry of those that are all but the largest positive. */
static double sign_of(size_t n, const double *v)
{
    double largest = 0;
    size_t i = 0;
    for (size_t k = 0; k < n; k++)
        largest = fmax(largest, fabs(v[k]));
    while (i + 1 < n && fabs(v[i]) < 0.999 * largest)
        i++;
    return v[i] < 0 ? -1 : 1;
}

/* K = diag(1 / sqrt(lambda_i + epsilon)) V_m^T; a row that never changes takes no part. */
static void fill_K(const bpb_whitening *whitening, const struct eigen *eigen, double epsilon,
                   struct solution *made)
{
    const size_t n = whitening->n, m = made->m;
    for (size_t i = 0; i < m; i++) {
        const double *v = eigen->V + eigen->order[i] * n;
        const double factor = sign_of(n, v) / sqrt(made->variances[i] + epsilon);
        for (size_t j = 0; j < n; j++)
            made->K[j * m + i] = whitening->C[j * n + j] > 0 ? factor * v[j] : 0;
    }
}

/* Room for K with all rows, for how many there are is not known yet. */
static bpb_status solution_alloc(struct solution *solution, size_t n)
{
    double *mean = bpb_whitening_doubles(n * (n + 2));
    REQUIRE(mean, BPB_ERR_MEMORY, NO_MEMORY, n);
    *solution = (struct solution){0, mean, mean + n, mean + 2 * n};
    return BPB_OK;
}

static bpb_status fill_solution(const bpb_whitening *whitening, const struct eigen *eigen,
                                const bpb_whitening_options *options, struct solution *made)
{
    const size_t n = whitening->n;
    TRY(covariance(whitening, eigen->A));
    TRY(decompose(n, eigen));
    const size_t rank = order_columns(whitening, eigen);
    for (size_t i = 0; i < n; i++) {
        made->mean[i] = whitening->base[i] + whitening->offset[i];
        made->variances[i] = fmax(eigen->lambda[eigen->order[i]], 0);
    }
    TRY(choose(rank, made->variances, options, &made->m));
    fill_K(whitening, eigen, options->epsilon, made);
    return BPB_OK;
}

static bpb_status check_options(const bpb_whitening *whitening,
                                const bpb_whitening_options *options)
{
    REQUIRE(options->share >= 0 && options->share <= 1, BPB_ERR_OPTION,
            "share is %g; it must be 0 to 1", options->share);
    REQUIRE(options->epsilon >= 0 && isfinite(options->epsilon), BPB_ERR_OPTION,
            "epsilon is %g; it must be at least 0 and finite", options->epsilon);
    REQUIRE(!options->components || options->share == 0, BPB_ERR_OPTION,
            "components is %zu and share is %g; only one of them may be set", options->components,
            options->share);
    REQUIRE(options->components <= whitening->n, BPB_ERR_OPTION,
            "components is %zu; there are n_0 = %zu rows", options->components, whitening->n);
    TRY(bpb_option_reserved("", options->reserved));
    REQUIRE(BPB_HAVE_LAPACK, BPB_ERR_UNSUPPORTED, NO_LAPACK);
    REQUIRE(whitening->count > 0, BPB_ERR_SIZE, "no columns were added");
    return BPB_OK;
}

/* With the memory that is needed, *made and eigen->A, to be freed if they are not NULL. */
static bpb_status solve(const bpb_whitening *whitening, const bpb_whitening_options *options,
                        struct eigen *eigen, struct solution *made)
{
    TRY(check_options(whitening, options));
    TRY(solution_alloc(made, whitening->n));
    TRY(eigen_alloc(eigen, whitening->n));
    return fill_solution(whitening, eigen, options, made);
}

bpb_status bpb_whitening_solve(bpb_whitening *whitening, const bpb_whitening_options *options)
{
    static const bpb_whitening_options defaults;
    struct solution made = {0};
    struct eigen eigen = {0};
    struct section section;
    REQUIRE_POINTER(whitening);
    bpb_section_enter(&section, true);
    const bpb_status status = solve(whitening, options ? options : &defaults, &eigen, &made);
    bpb_section_leave(&section);
    free(eigen.A);
    if (status) {
        free(made.mean);
        return status;
    }
    free(whitening->solution.mean);
    whitening->solution = made;
    return BPB_OK;
}

bpb_status bpb_whitening_require_solution(const bpb_whitening *whitening)
{
    REQUIRE(whitening->solution.m > 0, BPB_ERR_SHAPE,
            "the whitening is not solved; call bpb_whitening_solve first");
    return BPB_OK;
}

bpb_status bpb_whitening_solution(const bpb_whitening *whitening, bpb_whitening_result *result)
{
    REQUIRE_POINTER(whitening);
    REQUIRE_POINTER(result);
    TRY(bpb_whitening_require_solution(whitening));
    const struct solution *solution = &whitening->solution;
    *result = (bpb_whitening_result){.m = solution->m,
                                     .n_0 = whitening->n,
                                     .mean = solution->mean,
                                     .variances = solution->variances,
                                     .K = {.data = solution->K,
                                           .rows = solution->m,
                                           .cols = whitening->n,
                                           .ld = solution->m,
                                           .row_stride = 1}};
    return BPB_OK;
}

/* ---- Using it ---- */

/* product (rows x cols) = A (rows x inner) B (inner x cols) */
static void multiply(size_t rows, size_t cols, size_t inner, const double *A, const double *B,
                     double *product)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)cols, (int)inner, 1.0,
                A, (int)rows, B, (int)inner, 0.0, product, (int)rows);
}

void bpb_whitening_transform(const struct solution *solution, size_t n, size_t cols, double *X,
                             double *Y)
{
    subtract(n, cols, solution->mean, X);
    multiply(solution->m, cols, n, solution->K, X, Y);
}

void bpb_whitening_times_K(const struct solution *solution, size_t n, size_t n_1, const double *W,
                           double *product)
{
    multiply(n_1, n, solution->m, W, solution->K, product);
}
