/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libbpblas: dense feed-forward networks trained by back-propagation, written
 * as a short program of BLAS calls.
 *
 * A net of L layers maps a batch X of B samples, one sample a column, to Y:
 *
 *     A_0 = X                                       n_0 x B
 *     Z_l = W_l A_{l-1} + b_l 1^T,  A_l = g_l(Z_l)  n_l x B,  l = 1..L,  Y = A_L
 *
 * and has the mean loss  E = 1/B sum_j e(y_j, t_j)  over the columns.
 *
 * Conventions, true of every function below unless it says otherwise:
 *
 * - Names: bpb_d... works in double, bpb_s... in float; the d form is documented and the
 *   s prototype stands beneath it. Scalars, losses and rates are double in both.
 * - Matrices are column-major views (bpb_dview, bpb_dcview) onto the caller's memory.
 * - Sizes are counts of elements, size_t; memory is in bytes.
 * - Options: a struct whose zero is the default, to be filled with designated initialisers
 *   (before C++20: `bpb_net_options o{};` and assignments); NULL stands for all defaults where
 *   the text says so. An int that is a flag is 0 or 1, else BPB_ERR_OPTION.
 * - Status: BPB_OK is 0, errors are < 0, warnings > 0. On an error no output is touched but what
 *   the text names; on a warning all of them are made, to be destroyed or freed as ever.
 *   Nothing prints, exits, aborts or asserts. NULL where a pointer is needed is BPB_ERR_NULL.
 * - Ownership: what ..._create or ..._load makes, ..._destroy frees. It takes the address
 *   of the handle, sets it to NULL, and accepts NULL. theta stays where it is until then; what a
 *   net gives back of scaling and notes, until the next ..._set_... of that kind.
 * - Allocation: only where a text says "Allocates".
 * - Thread-safety: functions of one work, or that change one net, must not run at the same
 *   time; everything taken as const may be shared by any number of threads.
 * - Threads: a pass runs on its caller's thread, unless its plan was given more. OpenBLAS's
 *   thread count, one for the process, is held at one while passes that call it run, on
 *   whatever threads, and then given back.
 * - Floating-point environment: computed in the default one (round to nearest, nothing
 *   trapped, subnormals kept) whatever the caller's, which is given back unchanged and in which
 *   callbacks run.
 */
#ifndef BPBLAS_H
#define BPBLAS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPB_VERSION_MAJOR 0
#define BPB_VERSION_MINOR 2
#define BPB_VERSION_PATCH 0

#ifndef BPB_API
#define BPB_API
#endif

/* The version of the library in use, "major.minor.patch". */
BPB_API const char *bpb_version(void);

/* ---- Status ------------------------------------------------------------------------- */

#define BPB_STATUS_LIST(X) \
    X(BPB_OK,               0, "success") \
    X(BPB_NONFINITE,        1, "a value is not finite (NaN or infinity)") \
    X(BPB_STOPPED,          2, "the callback stopped the run") \
    X(BPB_ERR_NULL,        -1, "a required pointer is NULL") \
    X(BPB_ERR_OPTION,      -2, "an option is outside its range") \
    X(BPB_ERR_SIZE,        -3, "a size is zero, or too large for the BLAS or the memory") \
    X(BPB_ERR_SHAPE,       -4, "a matrix has not the rows or columns that are needed") \
    X(BPB_ERR_STRIDE,      -5, "the strides of a matrix make its entries overlap") \
    X(BPB_ERR_BATCH,       -6, "more columns than the plan's batch") \
    X(BPB_ERR_PAIR,        -7, "this loss does not go with the output activation") \
    X(BPB_ERR_MISMATCH,    -8, "the work's plan was made for a net of another shape") \
    X(BPB_ERR_MEMORY,      -9, "out of memory") \
    X(BPB_ERR_BUFFER,     -10, "the memory given is too small") \
    X(BPB_ERR_LABEL,      -11, "a label is outside 0..classes-1") \
    X(BPB_ERR_IO,         -12, "the file cannot be read or written (see errno)") \
    X(BPB_ERR_FORMAT,     -13, "the file is not of the documented form") \
    X(BPB_ERR_TRUNCATED,  -14, "the file ends too early") \
    X(BPB_ERR_CHECKSUM,   -15, "the data do not match their checksum") \
    X(BPB_ERR_VERSION,    -16, "the file is of a newer format version") \
    X(BPB_ERR_UNSUPPORTED,-17, "this build of the library cannot do that") \
    X(BPB_ERR_RANGE,      -18, "a value does not fit the precision asked for") \
    X(BPB_ERR_THREAD,     -19, "a thread could not be started")

typedef enum bpb_status {
#define BPB_STATUS_ENTRY(name, value, text) name = value,
    BPB_STATUS_LIST(BPB_STATUS_ENTRY)
#undef BPB_STATUS_ENTRY
    BPB_STATUS_INT_ = 0x7fffffff /* the enum is as wide as int */
} bpb_status;

/* The text of a status, a constant string; "unknown status" for any other number. */
BPB_API const char *bpb_strerror(int status);

/* ---- Functions of a net ---------------------------------------------------------------- */

/* Activations g, applied to each entry z of Z (softmax: to each column). */
typedef enum bpb_activation {
    BPB_SIGMOID,  /* 1 / (1 + exp(-z)) */
    BPB_TANH,     /* tanh z */
    BPB_RELU,     /* max(z, 0); g'(0) = 0; NaN stays NaN */
    BPB_IDENTITY, /* z */
    BPB_SOFTMAX   /* exp(z_i) / sum_k exp(z_k), in any layer, with its full Jacobian */
} bpb_activation;

/*
 * Losses e of one column.
 * Cross-entropy needs sigmoid or softmax as output activation (else BPB_ERR_PAIR), is
 * computed from Z, not Y, and is finite for any finite Z. Targets are probabilities.
 */
typedef enum bpb_loss {
    BPB_SQUARED,      /* 1/2 sum_i (y_i - t_i)^2, with any activation */
    BPB_CROSS_ENTROPY /* sigmoid: -sum_i (t_i ln y_i + (1 - t_i) ln(1 - y_i));
                         softmax: -sum_i t_i ln y_i */
} bpb_loss;

/* Distributions of the initial parameters; n_in and n_out are the widths around W_l. */
typedef enum bpb_init {
    BPB_INIT_SCALED,         /* W ~ N(0, 1/n_in), b ~ N(0, 1)   (Nielsen, network2.py) */
    BPB_INIT_NORMAL,         /* W ~ N(0, 1),      b ~ N(0, 1)   (Nielsen, network.py) */
    BPB_INIT_GLOROT_UNIFORM, /* W ~ U(-r, r), r^2 = 6 / (n_in + n_out), b = 0 (Glorot 2010) */
    BPB_INIT_GLOROT_NORMAL,  /* W ~ N(0, 2 / (n_in + n_out)), b = 0 */
    BPB_INIT_HE_UNIFORM,     /* W ~ U(-r, r), r^2 = 6 / n_in, b = 0           (He et al. 2015) */
    BPB_INIT_HE_NORMAL,      /* W ~ N(0, 2 / n_in), b = 0 */
    BPB_INIT_ZERO            /* W = 0, b = 0 */
} bpb_init;

/* "sigmoid", "tanh", ...; "squared", "cross-entropy"; "scaled", "normal", "glorot-uniform",
 * ...; NULL for a number that is none of them. */
BPB_API const char *bpb_activation_name(bpb_activation activation);
BPB_API const char *bpb_loss_name(bpb_loss loss);
BPB_API const char *bpb_init_name(bpb_init init);

/* The reverse. BPB_ERR_OPTION: no such name. */
BPB_API bpb_status bpb_activation_from_name(const char *name, bpb_activation *activation);
BPB_API bpb_status bpb_loss_from_name(const char *name, bpb_loss *loss);
BPB_API bpb_status bpb_init_from_name(const char *name, bpb_init *init);

/* ---- Views -------------------------------------------------------------------------- */

/*
 * A rows x cols matrix in the caller's memory: entry (i, j) is
 *
 *     data[(row_index ? row_index[i] : i) * row_stride + (index ? index[j] : j) * ld]
 *
 *   ld          leading dimension, from one column to the next; 0: rows * row_stride
 *   row_stride  from one row to the next; 0: 1
 *   index       which columns, cols of them; NULL: 0 .. cols-1
 *   row_index   which rows, rows of them; NULL: 0 .. rows-1. Needs ld where cols > 1
 *
 * Fill it in with designated initialisers, or take bpb_dcmatrix and bpb_dmatrix for a packed
 * matrix; a row-major one, rows x cols, is {.row_stride = cols, .ld = 1}.
 * A view with row_stride 1 and no index is used in place, any other is gathered into the work.
 * A view written to must not overlap one that is read, nor name a row or column twice; neither
 * that nor the range of the indices is looked at.
 * BPB_ERR_STRIDE: entries of the view overlap (not looked for with row_index), or ld is
 * missing. BPB_ERR_SIZE: cols is 0, or the extent of the view overflows size_t. BPB_ERR_SHAPE:
 * rows (or cols) is not what the call needs.
 */
typedef struct bpb_dview {
    double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_dview;

typedef struct bpb_dcview { /* the same, read only */
    const double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_dcview;

typedef struct bpb_sview {
    float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_sview;

typedef struct bpb_scview {
    const float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_scview;

/* A packed column-major matrix, to read and to write; a single sample has one column. */
static inline bpb_dcview bpb_dcmatrix(const double *data, size_t rows, size_t cols)
{
    bpb_dcview V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
}
static inline bpb_dview bpb_dmatrix(double *data, size_t rows, size_t cols)
{
    bpb_dview V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
}
static inline bpb_scview bpb_scmatrix(const float *data, size_t rows, size_t cols)
{
    bpb_scview V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
}
static inline bpb_sview bpb_smatrix(float *data, size_t rows, size_t cols)
{
    bpb_sview V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
}

/* The same matrix, read only. */
static inline bpb_dcview bpb_dread(bpb_dview V)
{
    bpb_dcview C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index};
    return C;
}
static inline bpb_scview bpb_sread(bpb_sview V)
{
    bpb_scview C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index};
    return C;
}

/* Columns first .. first + count - 1 of V, which has them: to split data, say. */
static inline bpb_dcview bpb_dcolumns(bpb_dcview V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.index)
        V.index += first;
    else if (V.row_index && !V.ld)
        V.data = NULL; /* no telling where a column begins: refused wherever it goes */
    else
        V.data += first * ld;
    V.ld = V.row_index ? V.ld : ld;
    V.cols = count;
    return V;
}
static inline bpb_scview bpb_scolumns(bpb_scview V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.index)
        V.index += first;
    else if (V.row_index && !V.ld)
        V.data = NULL; /* no telling where a column begins: refused wherever it goes */
    else
        V.data += first * ld;
    V.ld = V.row_index ? V.ld : ld;
    V.cols = count;
    return V;
}

/* Where an entry of a matrix stands, counted from 0. */
typedef struct bpb_where {
    size_t row, col;
} bpb_where;

/* Look for the first value of X, by columns, that is not finite: BPB_NONFINITE and its place
 * in *where (NULL: not wanted), or BPB_OK. */
BPB_API bpb_status bpb_dfind_nonfinite(bpb_dcview X, bpb_where *where);
BPB_API bpb_status bpb_sfind_nonfinite(bpb_scview X, bpb_where *where);

/* ---- Net: shape, functions and parameters -------------------------------------------- */

/*
 * A net owns its parameters in one contiguous vector, 64-byte aligned,
 *
 *     theta = W_1 b_1 W_2 b_2 ... W_L b_L     W_l column-major n_l x n_{l-1}, b_l n_l
 *
 * and may own a scaling of its inputs and outputs. Every pass takes it as const; it is changed
 * by ..._init, ..._set_..., the steps of SGD and training, and through its theta.
 */
typedef struct bpb_dnet bpb_dnet;
typedef struct bpb_snet bpb_snet;

typedef struct bpb_net_options {
    const size_t *units;    /* n_0 .. n_L: n_layers + 1 widths, each 1 .. 2^31-1 */
    size_t n_layers;        /* L, at least 1; 2 for 784-30-10 */
    bpb_activation hidden;  /* g_1 .. g_{L-1}; default sigmoid */
    bpb_activation output;  /* g_L; default sigmoid */
    const bpb_activation *activations; /* NULL, or g_1 .. g_L in place of the two above */
    bpb_loss loss;          /* default squared */
    bpb_init init;          /* default N(0, 1/n_in), biases N(0, 1) */
    uint64_t seed;          /* of the initial parameters: one seed gives the same double
                               parameters on every machine; float ones are those, rounded */
} bpb_net_options;

/*
 * Make a net and draw its parameters. Allocates.
 * BPB_ERR_NULL: also units. BPB_ERR_SIZE: a width or n_layers is 0, a width over 2^31-1, or
 * theta over what can be addressed. BPB_ERR_OPTION: an unknown enum. BPB_ERR_PAIR. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_dnet_create(bpb_dnet **net, const bpb_net_options *options);
BPB_API bpb_status bpb_snet_create(bpb_snet **net, const bpb_net_options *options);

BPB_API void bpb_dnet_destroy(bpb_dnet **net);
BPB_API void bpb_snet_destroy(bpb_snet **net);

/* Draw all parameters again; as in create. BPB_ERR_OPTION: an unknown init. */
BPB_API bpb_status bpb_dnet_init(bpb_dnet *net, bpb_init init, uint64_t seed);
BPB_API bpb_status bpb_snet_init(bpb_snet *net, bpb_init init, uint64_t seed);

/* L; n_l for l = 0..L; g_l for l = 1..L; the loss. 0, or the first of the enum, for NULL and
 * for l out of range. */
BPB_API size_t bpb_dnet_layers(const bpb_dnet *net);
BPB_API size_t bpb_snet_layers(const bpb_snet *net);
BPB_API size_t bpb_dnet_units(const bpb_dnet *net, size_t l);
BPB_API size_t bpb_snet_units(const bpb_snet *net, size_t l);
BPB_API bpb_activation bpb_dnet_activation(const bpb_dnet *net, size_t l);
BPB_API bpb_activation bpb_snet_activation(const bpb_snet *net, size_t l);
BPB_API bpb_loss bpb_dnet_loss(const bpb_dnet *net);
BPB_API bpb_loss bpb_snet_loss(const bpb_snet *net);

/* The length P of theta, and theta, to read or write; NULL for NULL. */
BPB_API size_t bpb_dnet_parameters(const bpb_dnet *net);
BPB_API size_t bpb_snet_parameters(const bpb_snet *net);
BPB_API double *bpb_dnet_theta(bpb_dnet *net);
BPB_API float *bpb_snet_theta(bpb_snet *net);
BPB_API const double *bpb_dnet_ctheta(const bpb_dnet *net);
BPB_API const float *bpb_snet_ctheta(const bpb_snet *net);

/*
 * W_l (n_l x n_{l-1}) or b_l (n_l x 1), l = 1..L, within a vector laid out as theta: theta
 * itself, or a gradient. All zero for NULL or l out of range.
 */
BPB_API bpb_dview bpb_dnet_W(const bpb_dnet *net, double *vector, size_t l);
BPB_API bpb_sview bpb_snet_W(const bpb_snet *net, float *vector, size_t l);
BPB_API bpb_dview bpb_dnet_b(const bpb_dnet *net, double *vector, size_t l);
BPB_API bpb_sview bpb_snet_b(const bpb_snet *net, float *vector, size_t l);

/*
 * Let the net take inputs and give outputs in the caller's units, entry by entry:
 *
 *     A_0 = (X - shift) * factor          (input,  n_0 values each)
 *     Y   = shift + factor * A_L          (output, n_L values each)
 *
 * Every pass applies both; the loss is that of A_L against (T - shift) / factor. Copied into
 * the net, in place of any earlier, and kept in its model file. NULL: shift 0, factor 1; both
 * NULL: no scaling. An input factor may be 0. Allocates. BPB_ERR_OPTION: a value is not finite,
 * or an output factor is 0 or subnormal.
 * BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_dnet_set_input_scaling(bpb_dnet *net, const double *shift,
                                              const double *factor);
BPB_API bpb_status bpb_snet_set_input_scaling(bpb_snet *net, const float *shift,
                                              const float *factor);
BPB_API bpb_status bpb_dnet_set_output_scaling(bpb_dnet *net, const double *shift,
                                               const double *factor);
BPB_API bpb_status bpb_snet_set_output_scaling(bpb_snet *net, const float *shift,
                                               const float *factor);

/* The scaling, n values of shift, then n of factor; NULL where there is none. */
BPB_API const double *bpb_dnet_input_scaling(const bpb_dnet *net);
BPB_API const float *bpb_snet_input_scaling(const bpb_snet *net);
BPB_API const double *bpb_dnet_output_scaling(const bpb_dnet *net);
BPB_API const float *bpb_snet_output_scaling(const bpb_snet *net);

/*
 * Notes: strings that travel with the net and its model file (names, units, ranges, where the
 * data came from). A key is new or replaces; value NULL removes it. Keys that begin with
 * "bpblas." belong to the format: BPB_ERR_OPTION, as for an empty key and for a key or value
 * that is not UTF-8. Allocates. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_dnet_set_note(bpb_dnet *net, const char *key, const char *value);
BPB_API bpb_status bpb_snet_set_note(bpb_snet *net, const char *key, const char *value);

/* The value of a note, or NULL; the key of the i-th, in the order they were set, or NULL. */
BPB_API const char *bpb_dnet_note(const bpb_dnet *net, const char *key);
BPB_API const char *bpb_snet_note(const bpb_snet *net, const char *key);
BPB_API const char *bpb_dnet_note_key(const bpb_dnet *net, size_t i);
BPB_API const char *bpb_snet_note_key(const bpb_snet *net, size_t i);

/* ---- Plan and work -------------------------------------------------------------------- */

/*
 * A plan says how each product of each pass is done for one shape, set of functions,
 * precision and batch. It refers to no net: any net of the same shape and functions may run
 * by it.
 */
typedef struct bpb_dplan bpb_dplan;
typedef struct bpb_splan bpb_splan;

/*
 * How a kernel is chosen for each product. Those on CPUs with AVX2 or AVX-512 are
 *
 *   tiles             our own, on the matrices where they lie
 *   packed            our own, on packed copies: for large matrices
 *   cblas             cblas_dgemm
 *   cblas-transposed  cblas_dgemm for the transposed product
 *
 * elsewhere the last two. tiles and packed give the same bits, whatever the place of an entry in
 * its matrix and however the product is cut: sum over p = 1..k in that order by fused
 * multiply-adds (in parts of at most 272 terms), then + beta c.
 */
typedef enum bpb_planning {
    BPB_PLAN_ESTIMATE, /* from shape, precision and CPU alone, never from timings */
    BPB_PLAN_MEASURE,  /* time every kernel for every product, here and now: some 10 ms a
                          product, seconds where one takes long. Another run may choose otherwise, and then differ in last bits:
                          keep the wisdom */
    BPB_PLAN_CBLAS     /* cblas for every product; padded predictions by cblas-transposed */
} bpb_planning;

typedef struct bpb_plan_options {
    size_t batch;  /* most columns of one pass; default 64; 1 .. 2^31-1 */
    size_t threads; /* most threads of a pass, the caller's included; default 1; at most 1024 */
    int unpadded;  /* predict and evaluate: 0, the default, keeps a column's bits from depending on
                      the columns beside it, for which cblas-transposed fills short blocks up; 1
                      does not, gives that promise up where the BLAS predicts, and gains where few
                      columns are asked for at a time. Without the BLAS it only makes the work
                      smaller: batch columns, not 64 */
    bpb_planning planning; /* default estimate */
    const char *wisdom; /* NULL, or the text of bpb_dplan_wisdom: products that it names are done
                           as it says, the others as planning says; not kept */
} bpb_plan_options;

/*
 * Make a plan; options NULL: defaults. Allocates.
 *
 * threads > 1: where a pass is large enough to pay for them (some 4 million operations each),
 * the plan starts a pool of so many threads less one, which sleep between passes and take no
 * signals. The results have the same bits with any number of them: each column, and each column
 * of a W, is one thread's. A pass that finds the pool at work for another pass runs on its
 * caller's thread alone. In a child of fork every pass does so.
 *
 * BPB_ERR_SIZE: batch over 2^31-1, or the work would not fit memory. BPB_ERR_OPTION: threads
 * over 1024, unpadded not 0 or 1, an unknown planning. BPB_ERR_FORMAT: wisdom is not the text
 * of one, or names a kernel that this machine has not. BPB_ERR_THREAD: a thread could not be
 * started. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_dplan_create(bpb_dplan **plan, const bpb_dnet *net,
                                    const bpb_plan_options *options);
BPB_API bpb_status bpb_splan_create(bpb_splan **plan, const bpb_snet *net,
                                    const bpb_plan_options *options);

BPB_API void bpb_dplan_destroy(bpb_dplan **plan);
BPB_API void bpb_splan_destroy(bpb_splan **plan);

/* The threads that a pass of this plan uses: 1 where more would not pay; 0 for NULL. */
BPB_API size_t bpb_dplan_threads(const bpb_dplan *plan);
BPB_API size_t bpb_splan_threads(const bpb_splan *plan);

/* One kernel that could do one product: C = op(A) op(B) + beta C, C being m x n, k the terms. */
typedef struct bpb_plan_entry {
    const char *product; /* "forward" Z = W A + b 1^T, "delta" D' = W^T D,
                            "gradient" W <- beta W + D A^T, "predict" (forward by blocks) */
    size_t layer;        /* 1..L */
    size_t m, n, k;
    const char *kernel;  /* see bpb_planning */
    int chosen;          /* 1: the plan uses this one */
    double seconds;      /* what it took, the least of several; 0: not measured */
} bpb_plan_entry;

/* Entry i = 0, 1, ... of the plan: of each product, each kernel that it could have taken.
 * BPB_ERR_SIZE: there are not so many. */
BPB_API bpb_status bpb_dplan_entry(const bpb_dplan *plan, size_t i, bpb_plan_entry *entry);
BPB_API bpb_status bpb_splan_entry(const bpb_splan *plan, size_t i, bpb_plan_entry *entry);

/*
 * The plan's choices as text: one line a product, "s gradient 30 784 10 tiles", after a line that
 * names the format. Put into options.wisdom, it makes the same plan again; texts may be
 * concatenated, and of two lines for one product the last counts. *bytes (never NULL) is its
 * length with the closing 0; text NULL: ask for that only. BPB_ERR_BUFFER: capacity too small.
 */
BPB_API bpb_status bpb_dplan_wisdom(const bpb_dplan *plan, char *text, size_t capacity,
                                    size_t *bytes);
BPB_API bpb_status bpb_splan_wisdom(const bpb_splan *plan, char *text, size_t capacity,
                                    size_t *bytes);

/*
 * A text to and from a file, which is replaced atomically. What is read is allocated; free it
 * with bpb_free. BPB_ERR_IO, BPB_ERR_MEMORY. BPB_ERR_FORMAT: not a wisdom.
 */
BPB_API bpb_status bpb_wisdom_save(const char *text, const char *path);
BPB_API bpb_status bpb_wisdom_load(char **text, const char *path);

/*
 * A work is the scratch of one caller's passes: A_l, Z_L, delta_l and staging for the plan's
 * columns, all in one block. Its plan must outlive it. With C = max(batch, 64) columns (unpadded:
 * batch; where predict is by cblas-transposed, whole panels of 64 columns, or of 16 in float on
 * OpenBLAS's cores Haswell and Zen), T threads and S bytes for the copies of kernels it takes
 *
 *     sizeof(real) * (C (n_0 + 2 (n_1 + ... + n_L) + 2 n_L) + batch) + 8 C + T S
 *
 * bytes, and at most 64 (3 L + 6) more that align the parts. S is 0 for cblas, sizeof(real) times
 * the largest result for cblas-transposed, at most 51 KiB for tiles, and 2.7 (float) or 5.3 MiB for
 * packed.
 */
typedef struct bpb_dwork bpb_dwork;
typedef struct bpb_swork bpb_swork;

/* How many bytes a work of this plan takes, whatever the alignment of the memory; 0 for NULL. */
BPB_API size_t bpb_dwork_bytes(const bpb_dplan *plan);
BPB_API size_t bpb_swork_bytes(const bpb_splan *plan);

/* Make a work in the caller's memory, which holds nothing else until the work is no longer
 * used; nothing needs to be destroyed, but may be. BPB_ERR_BUFFER: bytes too few. */
BPB_API bpb_status bpb_dwork_init(bpb_dwork **work, const bpb_dplan *plan, void *memory,
                                  size_t bytes);
BPB_API bpb_status bpb_swork_init(bpb_swork **work, const bpb_splan *plan, void *memory,
                                  size_t bytes);

/* Make a work in memory of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_dwork_create(bpb_dwork **work, const bpb_dplan *plan);
BPB_API bpb_status bpb_swork_create(bpb_swork **work, const bpb_splan *plan);

BPB_API void bpb_dwork_destroy(bpb_dwork **work);
BPB_API void bpb_swork_destroy(bpb_swork **work);

/* ---- Passes ----------------------------------------------------------------------------- */

/*
 * Shared by all: X is n_0 x B, T and Y are n_L x B, with B at most the plan's batch.
 * BPB_ERR_MISMATCH: the work's plan is for another shape or other functions. BPB_ERR_BATCH.
 * BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views.
 * NaN and infinities in the data pass through to the columns they belong to.
 */

/* Y = A_L, in the caller's units. No status tells of values in Y that are not finite, but for
 * bpb_dfind_nonfinite. */
BPB_API bpb_status bpb_dforward(const bpb_dnet *net, bpb_dwork *work, bpb_dcview X, bpb_dview Y);
BPB_API bpb_status bpb_sforward(const bpb_snet *net, bpb_swork *work, bpb_scview X, bpb_sview Y);

/* *loss = E = 1/B sum_j e_j. BPB_NONFINITE: E is not finite. */
BPB_API bpb_status bpb_dloss(const bpb_dnet *net, bpb_dwork *work, bpb_dcview X, bpb_dcview T,
                             double *loss);
BPB_API bpb_status bpb_sloss(const bpb_snet *net, bpb_swork *work, bpb_scview X, bpb_scview T,
                             double *loss);

/*
 * gradient = dE/dtheta, P values laid out as theta, and *loss = E (NULL: not wanted):
 *
 *     D_L = dE/dZ_L, column j being 1/B de_j/dz_L                         n_L x B
 *     D_{l-1} = g'_{l-1}(Z_{l-1})^T (W_l^T D_l)                           n_{l-1} x B
 *     dW_l = D_l A_{l-1}^T,  db_l = D_l 1                                 n_l x n_{l-1}, n_l
 *
 * A mean over the columns: to add up parts of a batch, weight each part by its columns.
 * BPB_NONFINITE: E or D_L is not finite; the gradient is written all the same.
 */
BPB_API bpb_status bpb_dgradient(const bpb_dnet *net, bpb_dwork *work, bpb_dcview X, bpb_dcview T,
                                 double *gradient, double *loss);
BPB_API bpb_status bpb_sgradient(const bpb_snet *net, bpb_swork *work, bpb_scview X, bpb_scview T,
                                 float *gradient, double *loss);

/* A step of stochastic gradient descent with weight decay. Nielsen's L2 regularisation with
 * lambda over n training samples is decay = lambda / n. */
typedef struct bpb_sgd_rule {
    double eta;       /* learning rate, >= 0 and finite in the net's precision */
    double decay;     /* >= 0, and so small that eta * decay is finite too; default 0 */
    int decay_biases; /* 1: biases decay too; default 0 */
} bpb_sgd_rule;

/*
 *     W_l <- (1 - eta * decay) W_l - eta * dW_l,    b_l <- b_l - eta * db_l
 *
 * from a gradient laid out as theta, however it came about (say, reduced over MPI).
 * BPB_ERR_OPTION: the rule is outside its range.
 */
BPB_API bpb_status bpb_dsgd_update(bpb_dnet *net, const double *gradient, const bpb_sgd_rule *rule);
BPB_API bpb_status bpb_ssgd_update(bpb_snet *net, const float *gradient, const bpb_sgd_rule *rule);

/*
 * Gradient and update in one, without a gradient buffer: each gradient product accumulates
 * straight into W_l. *loss (NULL: not wanted, and not computed) is E before the step.
 * BPB_NONFINITE: E or D_L is not finite; the net is unchanged. X is not searched: an infinite
 * input whose unit saturates passes unseen, but for bpb_dfind_nonfinite. BPB_ERR_OPTION: as above.
 */
BPB_API bpb_status bpb_dsgd_step(bpb_dnet *net, bpb_dwork *work, bpb_dcview X, bpb_dcview T,
                                 const bpb_sgd_rule *rule, double *loss);
BPB_API bpb_status bpb_ssgd_step(bpb_snet *net, bpb_swork *work, bpb_scview X, bpb_scview T,
                                 const bpb_sgd_rule *rule, double *loss);

/* ---- Predict and evaluate any number of columns --------------------------------------- */

/*
 * Y = A_L for any number of columns, by panels of a fixed width, so that memory does not grow
 * with the data and, unless the plan is unpadded, the bits of a column depend on nothing but
 * that column, the net, the kernel, the BLAS where that is the kernel, and the CPU.
 * flags: NULL, or one byte a column: 1 where an output is not finite, 0 where all are;
 * BPB_NONFINITE if any. Finite columns are right whatever stands beside them.
 */
BPB_API bpb_status bpb_dpredict_with(const bpb_dnet *net, bpb_dwork *work, bpb_dcview X,
                                     bpb_dview Y,
                                     unsigned char *flags);
BPB_API bpb_status bpb_spredict_with(const bpb_snet *net, bpb_swork *work, bpb_scview X,
                                     bpb_sview Y,
                                     unsigned char *flags);

/* The same with a plan and work of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_dpredict(const bpb_dnet *net, bpb_dcview X, bpb_dview Y);
BPB_API bpb_status bpb_spredict(const bpb_snet *net, bpb_scview X, bpb_sview Y);

typedef struct bpb_score {
    double loss;       /* mean of e over the columns, without any penalty */
    double accuracy;   /* correct / columns, 0 .. 1; 0 where has_accuracy is 0 */
    size_t columns;
    size_t correct;    /* argmax_i y_ij = argmax_i t_ij, the lowest index of equals; one sigmoid
                          output: (y > 0.5) = (t > 0.5); a column that is not finite is wrong */
    size_t nonfinite;  /* columns with an output or loss that is not finite */
    int has_accuracy;  /* 0 for one output that is not a sigmoid */
} bpb_score;

/* Loss and accuracy over all columns, by the same panels and with the same promise; both of A_L
 * and (T - shift) / factor where outputs are scaled. BPB_NONFINITE: score->nonfinite > 0. */
BPB_API bpb_status bpb_devaluate_with(const bpb_dnet *net, bpb_dwork *work, bpb_dcview X,
                                      bpb_dcview T,
                                      bpb_score *score);
BPB_API bpb_status bpb_sevaluate_with(const bpb_snet *net, bpb_swork *work, bpb_scview X,
                                      bpb_scview T,
                                      bpb_score *score);

/* The same with a plan and work of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_devaluate(const bpb_dnet *net, bpb_dcview X, bpb_dcview T, bpb_score *score);
BPB_API bpb_status bpb_sevaluate(const bpb_snet *net, bpb_scview X, bpb_scview T, bpb_score *score);

/* ---- Train ------------------------------------------------------------------------------ */

/* What to train on. Validation and test are optional (data NULL): evaluated, never learnt. */
typedef struct bpb_ddata {
    bpb_dcview X, T;
    bpb_dcview X_validation, T_validation;
    bpb_dcview X_test, T_test;
} bpb_ddata;

typedef struct bpb_sdata {
    bpb_scview X, T;
    bpb_scview X_validation, T_validation;
    bpb_scview X_test, T_test;
} bpb_sdata;

/* How far a run is. */
typedef struct bpb_progress {
    size_t epoch, epochs; /* the running or just finished one, from 1; of how many */
    size_t step, steps;   /* mini-batches done in this epoch; of how many */
    double eta;
    double seconds;       /* wall time of this epoch's steps, without its evaluation */
    bpb_score train, validation, test; /* after the epoch; columns = 0: not evaluated. Within an
                                          epoch: those of the epoch before */
} bpb_progress;

typedef struct bpb_train_options {
    double eta;       /* learning rate, > 0; has no default */
    double lambda;    /* L2: the penalty lambda/(2 n) sum w^2 over n columns; default 0 */
    int decay_biases; /* 1: the penalty covers biases too; default 0 */
    size_t batch;     /* columns of a mini-batch, the last of an epoch may have fewer; default 10 */
    size_t epochs;    /* default 30 */
    uint64_t seed;    /* of the shuffling */
    int no_shuffle;   /* 1: keep the order of the columns */
    int no_train_score; /* 1: do not evaluate the training columns after each epoch */
    size_t threads;        /* these three as in bpb_plan_options; the results do not depend on */
    bpb_planning planning; /* threads */
    const char *wisdom;
    /* Called after each mini-batch, and after each epoch; not 0 stops the run. NULL: none. They
     * may read, evaluate and save the net, and change its theta. */
    int (*on_step)(const bpb_progress *progress, void *user);
    int (*on_epoch)(const bpb_progress *progress, void *user);
    void *user;
} bpb_train_options;

/* What became of a run. */
typedef struct bpb_train_report {
    bpb_progress last; /* the last state reached */
    bpb_where where;   /* BPB_NONFINITE in the data: which entry */
    int in_data;       /* 1: X, 2: T, 3: X_validation, 4: T_validation, 5: X_test, 6: T_test hold
                          that entry; 0: the run itself met a loss that is not finite */
} bpb_train_report;

/*
 * Stochastic gradient descent as in Nielsen's Network.SGD: each epoch shuffles the columns
 * (bpb_shuffle with seed and epoch), makes a bpb_dsgd_step with decay = lambda / n for each
 * mini-batch, then evaluates. report: NULL, or filled in on BPB_OK and on warnings.
 * Allocates at its start, and then no more.
 * BPB_STOPPED: a callback did not return 0, in the last epoch too; the net is as after the last
 * step.
 * BPB_NONFINITE: a value of the data is not finite, found before the first step, or a step's
 * loss is not; the net is as before that step. BPB_ERR_OPTION: an option out of its range.
 * BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views, for any of the matrices.
 * BPB_ERR_NULL: also one of a pair X, T without the other. BPB_ERR_FORMAT, BPB_ERR_THREAD: see
 * bpb_dplan_create. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_dtrain(bpb_dnet *net, const bpb_ddata *data,
                              const bpb_train_options *options,
                              bpb_train_report *report);
BPB_API bpb_status bpb_strain(bpb_snet *net, const bpb_sdata *data,
                              const bpb_train_options *options,
                              bpb_train_report *report);

/* index[0..n-1] = a random permutation of 0..n-1, each equally likely (Fisher-Yates), a
 * function of n, seed and epoch alone. BPB_ERR_SIZE: n is 0, or over 2^32-1. */
BPB_API bpb_status bpb_shuffle(size_t *index, size_t n, uint64_t seed, uint64_t epoch);

/* ---- Data -------------------------------------------------------------------------------- */

/*
 * Read an IDX file (LeCun's MNIST format), plain or gzip, any element type and number of
 * dimensions: the first dimension counts the columns, the product of the others is the rows.
 * Values are taken as they are. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_MEMORY. BPB_ERR_SIZE: a dimension is 0
 * or their product too large. BPB_ERR_RANGE: a double in the file exceeds float.
 * BPB_ERR_UNSUPPORTED: gzip in a build without zlib.
 */
BPB_API bpb_status bpb_didx_read(bpb_dview *X, const char *path, bpb_where *where);
BPB_API bpb_status bpb_sidx_read(bpb_sview *X, const char *path, bpb_where *where);

/*
 * T = one column for each entry of labels (1 x n): 1 in the row of the label, 0 elsewhere.
 * T is classes x n. BPB_ERR_LABEL: an entry is not a whole number of 0 .. classes-1; *where
 * (NULL: not wanted) tells which.
 */
BPB_API bpb_status bpb_done_hot(bpb_dcview labels, bpb_dview T, bpb_where *where);
BPB_API bpb_status bpb_sone_hot(bpb_scview labels, bpb_sview T, bpb_where *where);

/* Free what a reader allocated; accepts NULL. */
BPB_API void bpb_free(void *memory);

/* ---- Model files --------------------------------------------------------------------- */

/*
 * A net as a safetensors file (docs/model-format.md): shape, functions, parameters, scaling and
 * notes. Saving writes a temporary file in the same folder and renames it, so that an older
 * file of that name survives any failure. Allocates.
 * BPB_ERR_IO, BPB_ERR_MEMORY. BPB_ERR_SIZE: the notes are over the limits of the format.
 * BPB_ERR_UNSUPPORTED: built without the JSON library.
 */
BPB_API bpb_status bpb_dnet_save(const bpb_dnet *net, const char *path);
BPB_API bpb_status bpb_snet_save(const bpb_snet *net, const char *path);

/*
 * Make a net from a model file of either precision. The file is trusted in nothing. Allocates.
 * BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM, BPB_ERR_VERSION,
 * BPB_ERR_PAIR, BPB_ERR_SIZE, BPB_ERR_MEMORY. BPB_ERR_RANGE: a double exceeds float.
 * BPB_ERR_UNSUPPORTED: as above. BPB_NONFINITE: loaded, but a parameter is not finite.
 */
BPB_API bpb_status bpb_dnet_load(bpb_dnet **net, const char *path);
BPB_API bpb_status bpb_snet_load(bpb_snet **net, const char *path);

/*
 * The same to and from memory. *bytes (never NULL) is the size of the file's content; buffer
 * NULL: ask for it only. BPB_ERR_BUFFER: capacity too small; *bytes says what is needed.
 */
BPB_API bpb_status bpb_dnet_save_memory(const bpb_dnet *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpb_snet_save_memory(const bpb_snet *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpb_dnet_load_memory(bpb_dnet **net, const void *buffer, size_t bytes);
BPB_API bpb_status bpb_snet_load_memory(bpb_snet **net, const void *buffer, size_t bytes);

/* Which precision a model file holds, 4 or 8 bytes a parameter. As bpb_dnet_load. */
BPB_API bpb_status bpb_model_precision(const char *path, size_t *bytes);

/* ---- BLAS health ------------------------------------------------------------------------- */

typedef struct bpb_blas_info {
    char library[32];   /* "OpenBLAS", or "CBLAS" where it is unknown */
    char version[32];   /* "0.3.21"; empty where it is unknown */
    char core[32];      /* the kernels in use, OpenBLAS's name: "SkylakeX"; empty: unknown */
    char best_core[32]; /* what OPENBLAS_CORETYPE should be for this CPU; empty: unknown */
    int threads;        /* what the BLAS is set to; 0: unknown. Calls of this library use 1 */
    int below_cpu;      /* 1: the core uses narrower vectors than the CPU has */
    char simd[16];      /* kernels of our own in use: "x86-64-v4", "x86-64-v3" or "generic" */
} bpb_blas_info;

/* Report the BLAS that the process runs. Thread-safe. */
BPB_API bpb_status bpb_blas_health(bpb_blas_info *info);

#ifdef __cplusplus
}
#endif

#endif
