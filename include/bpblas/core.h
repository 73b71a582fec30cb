/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libbpblas: dense feed-forward networks, trained by back-propagation that is written as a short
 * program of BLAS calls.
 *
 * A net of L layers maps a batch X of B samples to Y. One sample is one column:
 *
 *     A_0 = X                                       n_0 x B
 *     Z_l = W_l A_{l-1} + b_l 1^T,  A_l = g_l(Z_l)  n_l x B,  l = 1..L,  Y = A_L
 *
 * Its loss is the mean over the columns,  E = 1/B sum_j e(y_j, t_j).
 *
 * This header holds what most programs need: views of data, nets, passes, predictions. bpblas.h
 * includes it and the other headers: functions.h (functions of your own), train.h, derivatives.h,
 * plan.h, model.h (model files), data.h (data files) and prepare.h (standardising, whitening).
 *
 * Conventions. They hold for every function unless its text says otherwise.
 * - Names. bpb_... computes in double, bpbf_... in float. The double form is documented; the float
 *   form follows it. Losses, rates and scores are double in both.
 * - Sizes. Counts of elements are size_t. Amounts of memory are in bytes.
 * - Options. A struct of options is filled with designated initialisers, {.eta = 3}. A field that
 *   is 0 or NULL has its default. An int that is a flag is 0 or 1. Fields named reserved are 0.
 * - Returns. BPB_OK is 0, errors are below 0, warnings above 0. After an error no output has
 *   changed and bpb_error() says what was wrong. After a warning all outputs are complete. Every
 *   function returns BPB_ERR_NULL if a required pointer is NULL; the texts do not repeat it.
 * - No function prints, exits, aborts or asserts.
 * - Ownership. What ..._create, ..._copy or ..._load makes, ..._destroy frees. A destroy function
 *   takes the address of the handle and sets the handle to NULL. It accepts NULL.
 * - Allocation. A function allocates only if its text says "Allocates".
 * - Thread-safety. Any number of threads may share what a function takes as const. Two calls that
 *   use the same work, or that change the same net, must not run at the same time.
 * - Threads. A pass runs on the thread of its caller, unless its plan has more. While passes call
 *   OpenBLAS, its thread count, which is one number for the process, is held at 1.
 * - Floating-point environment. The library computes in the default environment (round to nearest,
 *   no traps, subnormals kept) and restores the caller's. Callbacks run in the caller's.
 */
#ifndef BPBLAS_CORE_H
#define BPBLAS_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "bpblas/functions.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BPB_VERSION_MAJOR 0
#define BPB_VERSION_MINOR 5
#define BPB_VERSION_PATCH 0

#ifndef BPB_API
#define BPB_API
#endif

/* The version of the library in use: "major.minor.patch". */
BPB_API const char *bpb_version(void);

/* ---- Status ------------------------------------------------------------------------- */

#define BPB_STATUS_LIST(X)                                                                         \
    X(BPB_OK, 0, "success")                                                                        \
    X(BPB_NONFINITE, 1, "a value is NaN or infinite")                                              \
    X(BPB_STOPPED, 2, "a callback stopped the run")                                                \
    X(BPB_DISAGREES, 3, "a derivative and its differences disagree")                               \
    X(BPB_LOST, 4, "the update overflowed and the weights are lost")                               \
    X(BPB_ERR_NULL, -1, "a required pointer is NULL")                                              \
    X(BPB_ERR_OPTION, -2, "an option or argument is outside its range")                            \
    X(BPB_ERR_SIZE, -3, "a size is zero, or too large for the BLAS or the memory")                 \
    X(BPB_ERR_SHAPE, -4, "a matrix has the wrong number of rows or columns")                       \
    X(BPB_ERR_STRIDE, -5, "the strides of a matrix make entries overlap, or ld is missing")        \
    X(BPB_ERR_BATCH, -6, "there are more columns than the plan's batch")                           \
    X(BPB_ERR_PAIR, -7, "the loss does not fit the outputs of the net")                            \
    X(BPB_ERR_MISMATCH, -8, "the object was made for another net or with other options")           \
    X(BPB_ERR_MEMORY, -9, "out of memory")                                                         \
    X(BPB_ERR_BUFFER, -10, "the buffer is too small")                                              \
    X(BPB_ERR_LABEL, -11, "a class is not a whole number from 0 to classes - 1")                   \
    X(BPB_ERR_IO, -12, "the file cannot be read or written (see errno)")                           \
    X(BPB_ERR_FORMAT, -13, "the file does not have the documented form")                           \
    X(BPB_ERR_TRUNCATED, -14, "the file ends too early")                                           \
    X(BPB_ERR_CHECKSUM, -15, "the data do not match their checksum")                               \
    X(BPB_ERR_VERSION, -16, "the file has a newer format version")                                 \
    X(BPB_ERR_UNSUPPORTED, -17, "this build of the library cannot do that")                        \
    X(BPB_ERR_RANGE, -18, "a value exceeds the precision")                                         \
    X(BPB_ERR_THREAD, -19, "a thread could not be started")                                        \
    X(BPB_ERR_NO_VJP, -20, "a function of the net has no derivative (vjp, gradient, df)")          \
    X(BPB_ERR_NO_JVP, -21, "a function of the net has no derivative jvp or df")                    \
    X(BPB_ERR_NO_SECOND, -22, "a function of the net has no second derivative")                    \
    X(BPB_ERR_FUNCTION, -23, "the model uses a function of your own that was not given")           \
    X(BPB_ERR_PLAN, -24, "the plan was made without room for that")                                \
    X(BPB_ERR_SOURCE, -25, "a source of data failed")

typedef enum bpb_status {
#define BPB_STATUS_ENTRY(name, value, text) name = value,
    BPB_STATUS_LIST(BPB_STATUS_ENTRY)
#undef BPB_STATUS_ENTRY
    BPB_STATUS_INT_ = 0x7fffffff /* the enum is as wide as int */
} bpb_status;

/* The text of a status. For any other number it is "unknown status". */
BPB_API const char *bpb_strerror(int status);

/*
 * One sentence about the last error of this thread: which argument or option was wrong, its value
 * and its range; or the file, the line and the field. Before the first error it is "". Success and
 * warnings do not change it. The text belongs to the thread and lasts until its next call of
 * bpb_error. Use the status for decisions and the sentence for people.
 */
BPB_API const char *bpb_error(void);

/* Free memory that a function allocated for you, as its text says. Accepts NULL. */
BPB_API void bpb_free(void *memory);

/* ---- Views of your data -------------------------------------------------------------- */

/*
 * A C array x[N][n], N samples of n values one after the other, is what the library calls a packed
 * n x N matrix: a sample is a column. bpb_samples(&x[0][0], N, n) is its view.
 *
 * In general a view is a rows x cols matrix in your memory, with entry (i, j) at
 *
 *     data[(row_index ? row_index[i] : i) * row_stride + (index ? index[j] : j) * ld]
 *
 *   ld          distance from one column (sample) to the next; 0: rows * row_stride
 *   row_stride  distance from one row (value) to the next; 0: 1
 *   index       which columns, cols of them; NULL: all, in order
 *   row_index   which rows, rows of them; NULL: all, in order. It requires ld if cols > 1
 *
 * So cells of 8 values, one after the other, of which a net takes 6, are {.rows = 6, .ld = 8,
 * .row_index = which}. Four arrays of N cells, one after the other, are {.rows = 4, .ld = 1,
 * .row_stride = N}. bpb_columns (data.h) gives some columns of a view.
 *
 * A view with row_stride 1 and no index is used in place; any other is copied into the work. A
 * bpb_view is read, a bpb_out is written. What is written must not overlap what is read, and its
 * indices must not repeat. The library does not check this, nor the range of indices.
 *
 * A float view has either data or doubles, and the other pointer is NULL. So a float net reads and
 * writes fields of doubles. They are scaled in double (see prepare.h) and then rounded.
 *
 * Every function that takes views returns
 * BPB_ERR_STRIDE: entries overlap (not checked if row_index is set), or row_index has no ld.
 * BPB_ERR_SIZE:   cols is 0, or the extent overflows size_t.
 * BPB_ERR_SHAPE:  rows or cols is not what the call requires.
 */
typedef struct bpb_view {
    const double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_view;

typedef struct bpb_out {
    double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_out;

typedef struct bpbf_view {
    const float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
    const double *doubles;
} bpbf_view;

typedef struct bpbf_out {
    float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
    double *doubles;
} bpbf_out;

/* N samples of n values each, one after the other: a C array x[N][n]. rows = n, cols = N. */
static inline bpb_view bpb_samples(const double *data, size_t N, size_t n)
{
    bpb_view V = {data, n, N, 0, 0, NULL, NULL};
    return V;
}
static inline bpb_out bpb_samples_out(double *data, size_t N, size_t n)
{
    bpb_out V = {data, n, N, 0, 0, NULL, NULL};
    return V;
}
static inline bpbf_view bpbf_samples(const float *data, size_t N, size_t n)
{
    bpbf_view V = {data, n, N, 0, 0, NULL, NULL, NULL};
    return V;
}
static inline bpbf_out bpbf_samples_out(float *data, size_t N, size_t n)
{
    bpbf_out V = {data, n, N, 0, 0, NULL, NULL, NULL};
    return V;
}

/* The same view, to read. */
static inline bpb_view bpb_view_of(bpb_out V)
{
    bpb_view C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index};
    return C;
}
static inline bpbf_view bpbf_view_of(bpbf_out V)
{
    bpbf_view C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index, V.doubles};
    return C;
}

/* The place of an entry of a matrix, counted from 0. */
typedef struct bpb_where {
    size_t row, col;
} bpb_where;

/* Find the first value of X, column by column, that is NaN or infinite.
 * Returns BPB_NONFINITE and its place in *where (may be NULL), or BPB_OK. */
BPB_API bpb_status bpb_find_nonfinite(bpb_view X, bpb_where *where);
BPB_API bpb_status bpbf_find_nonfinite(bpbf_view X, bpb_where *where);

/* ---- Targets -------------------------------------------------------------------------- */

/* What targets are decides how predictions are scored (see bpb_score), not their loss. */
typedef enum bpb_target_kind {
    BPB_VALUES,  /* numbers to approximate */
    BPB_CLASSES, /* one class a column: either n_L x B, 1 in the row of the class and 0 elsewhere,
                    or 1 x B, the index 0 .. n_L-1 of the class. If n_L = 1: 1 x B, 0 or 1 */
    BPB_LABELS   /* n_L yes-or-no answers a column, 1 or 0 each */
} bpb_target_kind;

/*
 * Targets T (n_T x B, see bpb_net_loss), with a weight for each column and missing entries.
 *
 *   weights  column j has w_j = weights[view.index ? view.index[j] : j]. The loss and all
 *            derivatives are those of E = 1/B sum_j w_j e_j. NULL: all 1
 *   masked   0: NaN is a value like any other. 1: an entry that is NaN is missing, and its term of
 *            e_j is 0. If the loss is not a sum over entries (softmax with cross-entropy, some of
 *            your own), a missing entry removes the whole column
 *
 * BPB_ERR_LABEL: a class index is not one of 0 .. n_L-1 (or NaN, if masked).
 */
typedef struct bpb_targets {
    bpb_view view;
    bpb_target_kind kind;
    const double *weights;
    int masked;
} bpb_targets;

typedef struct bpbf_targets {
    bpbf_view view;
    bpb_target_kind kind;
    const double *weights;
    int masked;
} bpbf_targets;

/* Targets of each kind, with neither weights nor missing entries. */
/* clang-format off */
static inline bpb_targets bpb_values(bpb_view T) {
    bpb_targets targets = {T, BPB_VALUES, NULL, 0}; return targets;
}
static inline bpb_targets bpb_classes(bpb_view T) {
    bpb_targets targets = {T, BPB_CLASSES, NULL, 0}; return targets;
}
static inline bpb_targets bpb_labels(bpb_view T) {
    bpb_targets targets = {T, BPB_LABELS, NULL, 0}; return targets;
}
static inline bpbf_targets bpbf_values(bpbf_view T) {
    bpbf_targets targets = {T, BPB_VALUES, NULL, 0}; return targets;
}
static inline bpbf_targets bpbf_classes(bpbf_view T) {
    bpbf_targets targets = {T, BPB_CLASSES, NULL, 0}; return targets;
}
static inline bpbf_targets bpbf_labels(bpbf_view T) {
    bpbf_targets targets = {T, BPB_LABELS, NULL, 0}; return targets;
}
/* clang-format on */

/* ---- Net: sizes, functions and parameters --------------------------------------------- */

/*
 * A net owns its parameters in one contiguous vector, 64-byte aligned, which stays where it is:
 *
 *     theta = W_1 b_1 W_2 b_2 ... W_L b_L     W_l n_l x n_{l-1}, column-major; b_l n_l
 *
 * It may own a scaling, A_0 = (X - shift) * factor and Y = shift + factor * A_L, so that it takes
 * and gives your units: see prepare.h. All passes take it as const.
 */
typedef struct bpb_net bpb_net;
typedef struct bpbf_net bpbf_net;

typedef struct bpb_net_options {
    const size_t *sizes;    /* n_0 .. n_L: inputs, hidden layers, outputs; each 1 .. 2^31-1 */
    size_t n_sizes;         /* how many these are, L + 1: 3 for 784-30-10 */
    bpb_activation hidden;  /* g_1 .. g_{L-1}; default sigmoid */
    bpb_activation output;  /* g_L; default sigmoid. For numbers of any size: BPB_IDENTITY */
    const bpb_activation *activations; /* g_1 .. g_L, if hidden and output do not suffice */
    bpb_loss_kind loss;                /* default squared */
    double leak;                       /* of leaky ReLU, > 0; default 0.01 */
    double elu_alpha;       /* of ELU, > 0; default 1 */
    double huber_delta;     /* of Huber's loss, > 0; default 1 */
    double label_smoothing; /* epsilon of cross-entropy, 0 <= epsilon < 1; default 0. Targets become
                               (1 - epsilon) t + epsilon / K, K = n_L for softmax, 2 for sigmoid
                               (Szegedy et al. 2016) */
    bpb_init init;          /* default W ~ N(0, 1/n_in), b ~ N(0, 1) */
    uint64_t seed;          /* of the initial parameters. A seed gives the same parameters on every
                               machine (orthogonal ones: except for LAPACK's rounding) */
    uint64_t reserved[4];
} bpb_net_options;

/*
 * Make a net and draw its parameters. Allocates.
 * Returns BPB_ERR_SIZE: n_sizes is below 2, a size is 0 or above 2^31-1, or theta exceeds what can
 * be addressed. BPB_ERR_OPTION. BPB_ERR_PAIR. BPB_ERR_MEMORY. BPB_ERR_UNSUPPORTED: orthogonal
 * parameters, in a build without LAPACK.
 */
BPB_API bpb_status bpb_net_create(bpb_net **net, const bpb_net_options *options);
BPB_API bpb_status bpbf_net_create(bpbf_net **net, const bpb_net_options *options);

BPB_API void bpb_net_destroy(bpb_net **net);
BPB_API void bpbf_net_destroy(bpbf_net **net);

/* Make a copy of a net: theta, functions, scaling and notes. Allocates. Returns BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_net_copy(bpb_net **copy, const bpb_net *net);
BPB_API bpb_status bpbf_net_copy(bpbf_net **copy, const bpbf_net *net);

/* Draw all parameters anew, as bpb_net_create does. Allocates if init is orthogonal. */
BPB_API bpb_status bpb_net_init(bpb_net *net, bpb_init init, uint64_t seed);
BPB_API bpb_status bpbf_net_init(bpbf_net *net, bpb_init init, uint64_t seed);

/* L, the number of layers; n_l, l = 0..L; P, the length of theta. 0 if net is NULL or l > L. */
BPB_API size_t bpb_net_layers(const bpb_net *net);
BPB_API size_t bpbf_net_layers(const bpbf_net *net);
BPB_API size_t bpb_net_size(const bpb_net *net, size_t l);
BPB_API size_t bpbf_net_size(const bpbf_net *net, size_t l);
BPB_API size_t bpb_net_parameters(const bpb_net *net);
BPB_API size_t bpbf_net_parameters(const bpbf_net *net);

/* theta, to change and to read. NULL if net is NULL. */
BPB_API double *bpb_net_theta(bpb_net *net);
BPB_API float *bpbf_net_theta(bpbf_net *net);
BPB_API const double *bpb_net_ctheta(const bpb_net *net);
BPB_API const float *bpbf_net_ctheta(const bpbf_net *net);

/* W_l (n_l x n_{l-1}) or b_l (n_l x 1), l = 1..L, within a vector laid out as theta: theta itself,
 * or a gradient. All fields are 0 if a pointer is NULL or there is no layer l. */
BPB_API bpb_out bpb_net_W(const bpb_net *net, double *vector, size_t l);
BPB_API bpbf_out bpbf_net_W(const bpbf_net *net, float *vector, size_t l);
BPB_API bpb_out bpb_net_b(const bpb_net *net, double *vector, size_t l);
BPB_API bpbf_out bpbf_net_b(const bpbf_net *net, float *vector, size_t l);

/* What layer l is. All fields are 0 if net is NULL or there is no layer l. */
typedef struct bpb_layer_info {
    size_t n_in, n_out;
    size_t input; /* the layer whose A is its input; l - 1 in this version */
    size_t W, b;  /* where W_l and b_l begin in theta */
    bpb_activation activation;
    const char *name; /* of the activation, yours included: "tanh" */
    double parameter; /* of the activation (leak, elu_alpha); 0: it has none */
} bpb_layer_info;
BPB_API bpb_layer_info bpb_net_layer(const bpb_net *net, size_t l);
BPB_API bpb_layer_info bpbf_net_layer(const bpbf_net *net, size_t l);

/* What the loss is. All fields are 0 if net is NULL. */
typedef struct bpb_loss_info {
    bpb_loss_kind kind;
    const char *name; /* "cross-entropy" */
    double parameter; /* huber_delta or label_smoothing; 0: it has none */
    size_t n_targets; /* n_T: rows of T, n_L unless the loss says otherwise (Gaussian) */
} bpb_loss_info;
BPB_API bpb_loss_info bpb_net_loss(const bpb_net *net);
BPB_API bpb_loss_info bpbf_net_loss(const bpbf_net *net);

/*
 * Make g_l, l = 1..L, or the loss a function of your own: see functions.h. The net copies it, its
 * name too, but not its context. A plan that was made before is refused (BPB_ERR_MISMATCH).
 * Allocates.
 * Returns BPB_ERR_NULL: also name, or neither f nor value. BPB_ERR_OPTION: the name is the
 * library's, too long or has other characters; f and value are both set; a flag is not 0 or 1.
 * BPB_ERR_SIZE: there is no layer l. BPB_ERR_PAIR: g_L does not fit the loss, or group does not
 * divide n_L. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_activation(bpb_net *net, size_t l, const bpb_activation_function *g);
BPB_API bpb_status bpbf_net_set_activation(bpbf_net *net, size_t l,
                                           const bpbf_activation_function *g);
BPB_API bpb_status bpb_net_set_loss(bpb_net *net, const bpb_loss_function *loss);
BPB_API bpb_status bpbf_net_set_loss(bpbf_net *net, const bpbf_loss_function *loss);

/* ---- Plan and work -------------------------------------------------------------------- */

/*
 * A plan says how each product is computed for the sizes, the functions, a batch and a number of
 * threads. It refers to no net: every net of the same sizes and functions can use it.
 */
typedef struct bpb_plan bpb_plan;
typedef struct bpbf_plan bpbf_plan;

typedef enum bpb_planning {
    BPB_PLAN_ESTIMATE, /* from sizes, precision and CPU alone, so that results repeat */
    BPB_PLAN_MEASURE,  /* time each kernel for each product, some 10 ms a product; see plan.h */
    BPB_PLAN_CBLAS     /* leave every product to the BLAS */
} bpb_planning;

typedef struct bpb_plan_options {
    size_t batch;          /* most columns of one pass, 1 .. 2^31-1; default 64 */
    size_t threads;        /* most threads, the caller's included, 1 .. 1024; default 1. A pass uses
                              as many as its operations pay for, about 4 million each */
    int unpadded;          /* 0: predict and evaluate give a column the same bits whatever columns
                              are beside it. 1: not where the BLAS computes them; few columns at a
                              time are then faster. Default 0 */
    int keep_Z;            /* 1: every Z_l can be read after a pass; default 0 */
    int derivatives;       /* 1: the work has room for the calls of derivatives.h; default 0 */
    double dropout;        /* probability that an output of a hidden layer is dropped in training,
                              0 <= p < 1; default 0; see train.h */
    double dropout_inputs; /* the same for an input; default 0 */
    bpb_planning planning; /* default estimate */
    const char *wisdom;    /* the text of an earlier plan, see plan.h; default NULL */
    uint64_t reserved[4];
} bpb_plan_options;

/*
 * Make a plan; options NULL: all defaults. Allocates. With threads > 1 it starts a pool of threads
 * - 1 threads, which sleep between passes. Results have the same bits with any number of threads.
 * Returns BPB_ERR_SIZE: batch is above 2^31-1, or the work would not fit in memory. BPB_ERR_OPTION.
 * BPB_ERR_FORMAT: wisdom is not a plan's text, or names a kernel that this CPU lacks.
 * BPB_ERR_THREAD. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_plan_create(bpb_plan **plan, const bpb_net *net,
                                   const bpb_plan_options *options);
BPB_API bpb_status bpbf_plan_create(bpbf_plan **plan, const bpbf_net *net,
                                    const bpb_plan_options *options);

BPB_API void bpb_plan_destroy(bpb_plan **plan);
BPB_API void bpbf_plan_destroy(bpbf_plan **plan);

/* The threads that a pass of a whole batch uses; 0 if plan is NULL. Predictions of more columns
 * may use more, up to the number that was asked for. */
BPB_API size_t bpb_plan_threads(const bpb_plan *plan);
BPB_API size_t bpbf_plan_threads(const bpbf_plan *plan);

/* A work is the scratch memory of one caller's passes, in one block. */
typedef struct bpb_work bpb_work;
typedef struct bpbf_work bpbf_work;

/* Make a work for a plan, which must outlive it. Allocates. Returns BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_work_create(bpb_work **work, const bpb_plan *plan);
BPB_API bpb_status bpbf_work_create(bpbf_work **work, const bpbf_plan *plan);

/* The same with a plan of its own, for a program of one work. Returns as bpb_plan_create. */
BPB_API bpb_status bpb_work_create_for(bpb_work **work, const bpb_net *net,
                                       const bpb_plan_options *options);
BPB_API bpb_status bpbf_work_create_for(bpbf_work **work, const bpbf_net *net,
                                        const bpb_plan_options *options);

/* The bytes that a work of this plan takes, at any alignment; 0 if plan is NULL. */
BPB_API size_t bpb_work_bytes(const bpb_plan *plan);
BPB_API size_t bpbf_work_bytes(const bpbf_plan *plan);

/* Make a work in your memory. The plan must outlive it. It need not be destroyed. Returns
 * BPB_ERR_BUFFER: bytes is below bpb_work_bytes(plan). */
BPB_API bpb_status bpb_work_init(bpb_work **work, const bpb_plan *plan, void *memory, size_t bytes);
BPB_API bpb_status bpbf_work_init(bpbf_work **work, const bpbf_plan *plan, void *memory,
                                  size_t bytes);

BPB_API void bpb_work_destroy(bpb_work **work);
BPB_API void bpbf_work_destroy(bpbf_work **work);

/* ---- Predict and evaluate, any number of columns -------------------------------------- */

/*
 * Y = A_L in your units: X is n_0 x B and Y n_L x B, any B. options: those of a plan that the call
 * makes for itself; NULL: all defaults. Allocates.
 * Returns BPB_NONFINITE: a value of Y is not finite. Statuses of views and of bpb_plan_create.
 */
BPB_API bpb_status bpb_predict(const bpb_net *net, bpb_view X, bpb_out Y,
                               const bpb_plan_options *options);
BPB_API bpb_status bpbf_predict(const bpbf_net *net, bpbf_view X, bpbf_out Y,
                                const bpb_plan_options *options);

/*
 * The same without allocation, for many calls: one column or a million, in blocks that fit the
 * work. A column's bits depend on the column, the net, the kernels and the CPU alone, unless the
 * plan is unpadded. flags: NULL, or B bytes that become 1 if an output of the column is not finite,
 * else 0. Infinite inputs that saturate their units have finite outputs; see bpb_find_nonfinite.
 * Returns BPB_NONFINITE: at least one flag is 1. BPB_ERR_MISMATCH: the work is for a net of other
 * sizes or functions. Statuses of views.
 */
BPB_API bpb_status bpb_predict_with(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out Y,
                                    unsigned char *flags);
BPB_API bpb_status bpbf_predict_with(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out Y,
                                     unsigned char *flags);

typedef struct bpb_score {
    double loss;     /* mean of w_j e_j over the columns, without penalties */
    double accuracy; /* correct / judged, 0 .. 1; 0 if has_accuracy is 0 */
    size_t columns;
    size_t judged;    /* classes: columns without a missing target; labels: entries not missing */
    size_t correct;   /* classes: columns with argmax_i y_ij = argmax_i t_ij, the lowest index of
                         equals; if n_L = 1, (y > 0.5) = (t > 0.5). labels: entries with
                         (y > 0.5) = (t > 0.5). A column that is not finite is wrong */
    size_t nonfinite; /* columns with an output or loss that is not finite */
    int has_accuracy; /* 1 for classes and labels, 0 for values */
} bpb_score;

/* Loss and accuracy over all columns, both of A_L and (T - shift) / factor if outputs are scaled.
 * Allocates, as bpb_predict does. Returns BPB_NONFINITE: score->nonfinite > 0. BPB_ERR_LABEL.
 * BPB_ERR_OPTION: the loss has no classes or labels (Gaussian). Statuses of bpb_predict. */
BPB_API bpb_status bpb_evaluate(const bpb_net *net, bpb_view X, bpb_targets T, bpb_score *score,
                                const bpb_plan_options *options);
BPB_API bpb_status bpbf_evaluate(const bpbf_net *net, bpbf_view X, bpbf_targets T, bpb_score *score,
                                 const bpb_plan_options *options);

/* The same without allocation. Returns as bpb_predict_with, and BPB_ERR_LABEL, BPB_ERR_OPTION. */
BPB_API bpb_status bpb_evaluate_with(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                                     bpb_score *score);
BPB_API bpb_status bpbf_evaluate_with(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                      bpbf_targets T, bpb_score *score);

/* ---- Passes over one batch ------------------------------------------------------------- */

/*
 * X is n_0 x B, Y n_L x B, T n_T x B or class indices, with B at most the plan's batch. NaN and
 * infinities stay in the columns that hold them. Every pass returns
 * BPB_ERR_MISMATCH: the work is for a net of other sizes or functions.
 * BPB_ERR_BATCH:    B exceeds the plan's batch. BPB_ERR_LABEL, BPB_ERR_OPTION: see Targets.
 * BPB_ERR_NO_VJP:   gradients and steps, if a function of your own lacks its derivative.
 * Statuses of views.
 */

/* Y = A_L in your units. bpb_forward does not check Y for NaN or infinity; bpb_find_nonfinite
 * does. */
BPB_API bpb_status bpb_forward(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out Y);
BPB_API bpb_status bpbf_forward(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out Y);

/* *loss = E. Returns BPB_NONFINITE: E is not finite. */
BPB_API bpb_status bpb_loss(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                            double *loss);
BPB_API bpb_status bpbf_loss(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                             double *loss);

/*
 * gradient = dE/dtheta, P values laid out as theta, and *loss = E (loss may be NULL):
 *
 *     D_L = dE/dZ_L, column j being 1/B w_j de_j/dz_L                     n_L x B
 *     D_{l-1} = g'_{l-1}(Z_{l-1})^T (W_l^T D_l)                           n_{l-1} x B
 *     dW_l = D_l A_{l-1}^T,  db_l = D_l 1                                 n_l x n_{l-1}, n_l
 *
 * It is a mean over the columns. To add up parts of a batch, multiply each part by its columns,
 * and divide the sum by all columns. Returns BPB_NONFINITE: E or one of D_L .. D_1 is not finite.
 * The gradient is then written too, and may be finite where E is not: look at the status first.
 */
BPB_API bpb_status bpb_gradient(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                                double *gradient, double *loss);
BPB_API bpb_status bpbf_gradient(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                                 float *gradient, double *loss);

/* A step of gradient descent with weight decay. Nielsen's L2 regularisation with lambda over n
 * training samples is decay = lambda / n. */
typedef struct bpb_sgd_rule {
    double eta;       /* learning rate, >= 0 and finite in the net's precision */
    double decay;     /* >= 0, and eta * decay finite; default 0 */
    int decay_biases; /* 1: biases decay too; default 0 */
} bpb_sgd_rule;

/*
 * Gradient and update in one. Each gradient product accumulates straight into W_l, so that no
 * gradient is stored:
 *
 *     W_l <- (1 - eta decay) W_l - eta dW_l,    b_l <- b_l - eta db_l
 *
 * *loss = E before the step; if loss is NULL, E is not computed. For other methods: bpb_opt_step.
 * Returns BPB_NONFINITE: E or one of D_L .. D_1 is not finite; the net is unchanged. An infinite
 * input is not detected if it only saturates a unit. BPB_ERR_OPTION: the rule is out of its range.
 */
BPB_API bpb_status bpb_sgd_step(bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                                const bpb_sgd_rule *rule, double *loss);
BPB_API bpb_status bpbf_sgd_step(bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                                 const bpb_sgd_rule *rule, double *loss);

/* ---- Names ------------------------------------------------------------------------------ */

/* The enums whose values have names: in brackets, the name of the value 0. */
typedef enum bpb_names {
    BPB_NAMES_ACTIVATION, /* bpb_activation ("sigmoid") */
    BPB_NAMES_LOSS,       /* bpb_loss_kind ("squared") */
    BPB_NAMES_INIT,       /* bpb_init ("scaled") */
    BPB_NAMES_METHOD,     /* bpb_method ("sgd") */
    BPB_NAMES_SCHEDULE,   /* bpb_schedule_kind ("constant") */
    BPB_NAMES_CHECK       /* bpb_check_kind ("gradient") */
} bpb_names;

/* The name of a value of an enum. NULL if it has none, as values that stand for your own. */
BPB_API const char *bpb_name(bpb_names of, int value);

/* The value of a name. Returns BPB_ERR_OPTION: the enum has no such name. */
BPB_API bpb_status bpb_value_of_name(bpb_names of, const char *name, int *value);

#ifdef __cplusplus
}
#endif

#endif
