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
 * - Names: bpb_... works in double, bpbf_... in float; the double form is documented and the
 *   float prototype stands beneath it. Scalars, losses and rates are double in both.
 * - Matrices are column-major views (bpb_out, bpb_view) onto the caller's memory.
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
 *   thread count, one for the process, is held at one while passes (and an orthogonal init, and
 *   whitening) that call it run, on whatever threads, and then given back.
 * - Floating-point environment: computed in the default one (round to nearest, nothing
 *   trapped, subnormals kept) whatever the caller's, which is given back unchanged and in which
 *   callbacks run.
 */
#ifndef BPBLAS_CORE_H
#define BPBLAS_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPB_VERSION_MAJOR 0
#define BPB_VERSION_MINOR 5
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
    X(BPB_DISAGREES,        3, "a derivative and its differences disagree") \
    X(BPB_LOST,             4, "the update overflowed: the weights are lost") \
    X(BPB_ERR_NULL,        -1, "a required pointer is NULL") \
    X(BPB_ERR_OPTION,      -2, "an option is outside its range") \
    X(BPB_ERR_SIZE,        -3, "a size is zero, or too large for the BLAS or the memory") \
    X(BPB_ERR_SHAPE,       -4, "a matrix has not the rows or columns that are needed") \
    X(BPB_ERR_STRIDE,      -5, "the strides of a matrix make entries overlap, or ld is missing") \
    X(BPB_ERR_BATCH,       -6, "more columns than the plan's batch") \
    X(BPB_ERR_PAIR,        -7, "this loss does not go with the net's outputs") \
    X(BPB_ERR_MISMATCH,    -8, "made for a net of another shape, or with other options") \
    X(BPB_ERR_MEMORY,      -9, "out of memory") \
    X(BPB_ERR_BUFFER,     -10, "the memory given is too small") \
    X(BPB_ERR_LABEL,      -11, "a label is outside 0..classes-1") \
    X(BPB_ERR_IO,         -12, "the file cannot be read or written (see errno)") \
    X(BPB_ERR_FORMAT,     -13, "the file is not of the documented form") \
    X(BPB_ERR_TRUNCATED,  -14, "the file ends too early") \
    X(BPB_ERR_CHECKSUM,   -15, "the data do not match their checksum") \
    X(BPB_ERR_VERSION,    -16, "the file is of a newer format version") \
    X(BPB_ERR_UNSUPPORTED,-17, "this build of the library, or this form of file, cannot do that") \
    X(BPB_ERR_RANGE,      -18, "a value does not fit the precision asked for") \
    X(BPB_ERR_THREAD,     -19, "a thread could not be started") \
    X(BPB_ERR_NO_VJP,     -20, "a function of the net has no derivative (vjp, gradient, df)") \
    X(BPB_ERR_NO_JVP,     -21, "a function of the net has no derivative jvp, nor df") \
    X(BPB_ERR_NO_SECOND,  -22, "a function of the net has no second derivative") \
    X(BPB_ERR_FUNCTION,   -23, "the model names a function of your own that was not given") \
    X(BPB_ERR_PLAN,       -24, "the plan was made without room for that") \
    X(BPB_ERR_SOURCE,     -25, "a source of data failed")

typedef enum bpb_status {
#define BPB_STATUS_ENTRY(name, value, text) name = value,
    BPB_STATUS_LIST(BPB_STATUS_ENTRY)
#undef BPB_STATUS_ENTRY
    BPB_STATUS_INT_ = 0x7fffffff /* the enum is as wide as int */
} bpb_status;

/* The text of a status, a constant string; "unknown status" for any other number. */
BPB_API const char *bpb_strerror(int status);

/*
 * One sentence about the last error (status < 0) of this thread: which argument or option it was,
 * its value and its range, or the file, the line and the field. "" before the first error. Success
 * and warnings do not change the sentence. The string is the thread's own; it stays as it is until
 * the next call of bpb_error on this thread. Use the status for control flow, and this for people.
 */
BPB_API const char *bpb_error(void);

/* ---- Functions of a net ---------------------------------------------------------------- */

/*
 * Activations g, applied to each entry z of Z (softmax: to each column). g is within 4 units in the
 * last place, subnormal results included, g' within 4 eps max(1, |g'|), and both are finite where
 * the exact value can be represented. NaN gives NaN, infinities the limits of g and g' (softmax: 0,
 * or a column of NaN for +Inf); a zero keeps its sign where g(0) = 0. At a kink g' is that of the
 * left side.
 * lambda = 1.0507009873554805.
 */
typedef enum bpb_activation {
    BPB_SIGMOID,     /* 1 / (1 + exp(-z)) */
    BPB_TANH,        /* tanh z */
    BPB_RELU,        /* max(z, 0) */
    BPB_IDENTITY,    /* z */
    BPB_SOFTMAX,     /* exp(z_i) / sum_k exp(z_k), in any layer, with its full Jacobian */
    BPB_LEAKY_RELU,  /* z > 0: z, else leak z */
    BPB_ELU,         /* z > 0: z, else alpha (exp(z) - 1)               (Clevert et al. 2016) */
    BPB_SELU,        /* lambda elu(z), alpha = 1.6732632423543772      (Klambauer et al. 2017) */
    BPB_SOFTPLUS,    /* ln(1 + exp z) */
    BPB_SOFTSIGN,    /* z / (1 + |z|) */
    BPB_GELU,        /* z Phi(z), Phi the distribution of N(0,1)   (Hendrycks and Gimpel 2016) */
    BPB_GELU_TANH,   /* z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))), their approximation */
    BPB_SILU,        /* z / (1 + exp(-z)) */
    BPB_EXPONENTIAL, /* exp z */
    BPB_OWN_ACTIVATION = 255 /* one of your own: see bpb_net_set_activation */
} bpb_activation;

/*
 * Losses e of one column y = A_L against its targets t: n_L of them, or n_L / 2 for Gaussian.
 *
 * Those marked * go with the output activations that are named (else BPB_ERR_PAIR), are computed
 * from Z, not Y, by forms in which nothing cancels, and are finite for any finite Z of which they
 * can be. Cross-entropy takes probabilities, or class indices: see Targets.
 */
typedef enum bpb_loss_kind {
    BPB_SQUARED,       /*   1/2 sum_i (y_i - t_i)^2 */
    BPB_CROSS_ENTROPY, /* * sigmoid: -sum_i (t_i ln y_i + (1 - t_i) ln(1 - y_i));
                            softmax: -sum_i t_i ln y_i */
    BPB_HUBER,         /*   sum_i h(y_i - t_i), h(r) = |r| <= delta: r^2/2, else
                            delta (|r| - delta/2)                              (Huber 1964) */
    BPB_ABSOLUTE,      /*   sum_i |y_i - t_i|; its derivative is 0 at 0 */
    BPB_POISSON,       /* * exponential: sum_i (y_i - t_i ln y_i), y_i a rate, t_i a count */
    BPB_GAUSSIAN,      /* * identity: 1/2 sum_i (s_i + (t_i - m_i)^2 exp(-s_i)), y = m_1 s_1 m_2
                            s_2 ...: means and logarithms of variances; n_L is even
                            (Nix and Weigend 1994) */
    BPB_OWN_LOSS = 255 /*   one of your own: see bpb_net_set_loss */
} bpb_loss_kind;

/* Distributions of the initial parameters; n_in and n_out are the widths around W_l. */
typedef enum bpb_init {
    BPB_INIT_SCALED,         /* W ~ N(0, 1/n_in), b ~ N(0, 1)   (Nielsen, network2.py) */
    BPB_INIT_NORMAL,         /* W ~ N(0, 1),      b ~ N(0, 1)   (Nielsen, network.py) */
    BPB_INIT_GLOROT_UNIFORM, /* W ~ U(-r, r), r^2 = 6 / (n_in + n_out), b = 0 (Glorot 2010) */
    BPB_INIT_GLOROT_NORMAL,  /* W ~ N(0, 2 / (n_in + n_out)), b = 0 */
    BPB_INIT_HE_UNIFORM,     /* W ~ U(-r, r), r^2 = 6 / n_in, b = 0           (He et al. 2015) */
    BPB_INIT_HE_NORMAL,      /* W ~ N(0, 2 / n_in), b = 0 */
    BPB_INIT_ZERO,           /* W = 0, b = 0 */
    BPB_INIT_ORTHOGONAL      /* W W^T = 1 where n_out <= n_in, else W^T W = 1, each such W equally
                                likely, b = 0; needs LAPACK  (Saxe, McClelland, Ganguli 2014) */
} bpb_init;

/* "sigmoid", "leaky-relu", ...; "squared", "cross-entropy", ...; "scaled", "glorot-uniform", ...;
 * NULL for a number that is none of them, and for your own. */
BPB_API const char *bpb_activation_name(bpb_activation activation);
BPB_API const char *bpb_loss_name(bpb_loss_kind loss);
BPB_API const char *bpb_init_name(bpb_init init);

/* The reverse. BPB_ERR_OPTION: no such name. */
BPB_API bpb_status bpb_activation_from_name(const char *name, bpb_activation *activation);
BPB_API bpb_status bpb_loss_from_name(const char *name, bpb_loss_kind *loss);
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
 * Fill it in with designated initialisers, or take bpb_samples and bpb_samples_out for a packed
 * matrix; a row-major one, rows x cols, is {.row_stride = cols, .ld = 1}.
 * A view with row_stride 1 and no index is used in place, any other is gathered into the work.
 *
 * Targets, T of a call, may have two things more:
 *
 *   weights     one value w_j for each column (through index, where there is one): the loss and
 *               all derivatives are those of E = 1/B sum_j w_j e_j. NULL: all 1
 *   masked      1: an entry that is NaN is not there, and its terms of e_j are 0. Where the loss
 *               is of the column as a whole (softmax cross-entropy, most of your own), the whole
 *               column is not there. 0: NaN is a value like others; else BPB_ERR_OPTION
 *
 * and where the loss is cross-entropy and n_L > 1, T may be 1 x B, the class 0 .. n_L-1 of each
 * column; BPB_ERR_LABEL: an entry is none, nor a masked NaN.
 *
 * A view written to must not overlap one that is read, nor name a row or column twice; neither
 * that nor the range of the indices is looked at.
 * BPB_ERR_STRIDE: entries of the view overlap (not looked for with row_index), or ld is
 * missing. BPB_ERR_SIZE: cols is 0, or the extent of the view overflows size_t. BPB_ERR_SHAPE:
 * rows (or cols) is not what the call needs.
 */
typedef struct bpb_out {
    double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpb_out;

typedef struct bpb_view { /* the same, read only */
    const double *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
    const double *weights; /* these two of targets alone */
    int masked;
} bpb_view;

typedef struct bpbf_out {
    float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
} bpbf_out;

typedef struct bpbf_view {
    const float *data;
    size_t rows, cols;
    size_t ld, row_stride;
    const size_t *index, *row_index;
    const float *weights;
    int masked;
} bpbf_view;

/*
 * N samples of n values each, one behind the other: a C array x[N][n], or a packed n x N
 * column-major matrix. To read, and to write.
 */
static inline bpb_view bpb_samples(const double *data, size_t N, size_t n)
{
    bpb_view V = {data, n, N, 0, 0, NULL, NULL, NULL, 0};
    return V;
}
static inline bpb_out bpb_samples_out(double *data, size_t N, size_t n)
{
    bpb_out V = {data, n, N, 0, 0, NULL, NULL};
    return V;
}
static inline bpbf_view bpbf_samples(const float *data, size_t N, size_t n)
{
    bpbf_view V = {data, n, N, 0, 0, NULL, NULL, NULL, 0};
    return V;
}
static inline bpbf_out bpbf_samples_out(float *data, size_t N, size_t n)
{
    bpbf_out V = {data, n, N, 0, 0, NULL, NULL};
    return V;
}

/* The same by rows and columns; to be removed before 0.5 is released. */
static inline bpb_view bpb_matrix(const double *data, size_t rows, size_t cols)
{
    return bpb_samples(data, cols, rows);
}
static inline bpb_out bpb_matrix_out(double *data, size_t rows, size_t cols)
{
    return bpb_samples_out(data, cols, rows);
}
static inline bpbf_view bpbf_matrix(const float *data, size_t rows, size_t cols)
{
    return bpbf_samples(data, cols, rows);
}
static inline bpbf_out bpbf_matrix_out(float *data, size_t rows, size_t cols)
{
    return bpbf_samples_out(data, cols, rows);
}

/* The same matrix, read only. */
static inline bpb_view bpb_view_of(bpb_out V)
{
    bpb_view C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index, NULL, 0};
    return C;
}
static inline bpbf_view bpbf_view_of(bpbf_out V)
{
    bpbf_view C = {V.data, V.rows, V.cols, V.ld, V.row_stride, V.index, V.row_index, NULL, 0};
    return C;
}

/* Columns first .. first + count - 1 of V, which has them: to split data, say. */
static inline bpb_view bpb_columns(bpb_view V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.weights && !V.index)
        V.weights += first;
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
static inline bpbf_view bpbf_columns(bpbf_view V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.weights && !V.index)
        V.weights += first;
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

/* Look for the first value of X, by columns, that is not finite (where X is masked, nor NaN):
 * BPB_NONFINITE and its place in *where (NULL: not wanted), or BPB_OK. A weight of a column comes
 * before its values; its row is X.rows. */
BPB_API bpb_status bpb_find_nonfinite(bpb_view X, bpb_where *where);
BPB_API bpb_status bpbf_find_nonfinite(bpbf_view X, bpb_where *where);

/* ---- Net: shape, functions and parameters -------------------------------------------- */

/*
 * A net owns its parameters in one contiguous vector, 64-byte aligned,
 *
 *     theta = W_1 b_1 W_2 b_2 ... W_L b_L     W_l column-major n_l x n_{l-1}, b_l n_l
 *
 * and may own a scaling of its inputs and outputs. Every pass takes it as const; it is changed
 * by ..._init, ..._set_..., the steps of SGD and training, and through its theta.
 */
typedef struct bpb_net bpb_net;
typedef struct bpbf_net bpbf_net;

typedef struct bpb_net_options {
    const size_t *units;    /* n_0 .. n_L: n_layers + 1 widths, each 1 .. 2^31-1 */
    size_t n_layers;        /* L, at least 1; 2 for 784-30-10 */
    bpb_activation hidden;  /* g_1 .. g_{L-1}; default sigmoid */
    bpb_activation output;  /* g_L; default sigmoid */
    const bpb_activation *activations; /* NULL, or g_1 .. g_L in place of the two above */
    bpb_loss_kind loss;          /* default squared */
    double leak;            /* of leaky ReLU, > 0; default 0.01. These four: 0, or normal numbers */
    double elu_alpha;       /* of ELU, > 0; default 1 */
    double huber_delta;     /* of Huber's loss, > 0; default 1 */
    double label_smoothing; /* epsilon of cross-entropy, 0 <= epsilon < 1, default 0: targets become
                               (1 - epsilon) t + epsilon / K, K = n_L for softmax, 2 for sigmoid
                               (Szegedy et al. 2016) */
    bpb_init init;          /* default N(0, 1/n_in), biases N(0, 1) */
    uint64_t seed;          /* of the initial parameters: one seed gives the same double
                               parameters on every machine, orthogonal ones but for LAPACK's
                               rounding; float ones are those, rounded */
} bpb_net_options;

/*
 * Make a net and draw its parameters. Allocates.
 * BPB_ERR_NULL: also units. BPB_ERR_SIZE: a width or n_layers is 0, a width over 2^31-1, or
 * theta over what can be addressed. BPB_ERR_OPTION: an unknown enum, one of your own (set it
 * afterwards), or a parameter out of its range. BPB_ERR_PAIR. BPB_ERR_MEMORY.
 * BPB_ERR_UNSUPPORTED: an orthogonal init in a build without LAPACK.
 */
BPB_API bpb_status bpb_net_create(bpb_net **net, const bpb_net_options *options);
BPB_API bpb_status bpbf_net_create(bpbf_net **net, const bpb_net_options *options);

BPB_API void bpb_net_destroy(bpb_net **net);
BPB_API void bpbf_net_destroy(bpbf_net **net);

/* Make another net with all that this one has: theta, functions, scaling, notes. Allocates.
 * BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_net_copy(bpb_net **copy, const bpb_net *net);
BPB_API bpb_status bpbf_net_copy(bpbf_net **copy, const bpbf_net *net);

/* The names of g_l and of the loss, your own included; NULL for NULL and l out of range. */
BPB_API const char *bpb_net_activation_name(const bpb_net *net, size_t l);
BPB_API const char *bpbf_net_activation_name(const bpbf_net *net, size_t l);
BPB_API const char *bpb_net_loss_name(const bpb_net *net);
BPB_API const char *bpbf_net_loss_name(const bpbf_net *net);

/* The parameter of g_l (leak, elu_alpha) and of the loss (huber_delta, label_smoothing); 0 where it
 * has none. */
BPB_API double bpb_net_activation_parameter(const bpb_net *net, size_t l);
BPB_API double bpbf_net_activation_parameter(const bpbf_net *net, size_t l);
BPB_API double bpb_net_loss_parameter(const bpb_net *net);
BPB_API double bpbf_net_loss_parameter(const bpbf_net *net);

/* The name of the first function, in the order g_1 .. g_L, loss, that lacks what BPB_ERR_NO_VJP,
 * BPB_ERR_NO_JVP or BPB_ERR_NO_SECOND speaks of; NULL: none does. */
BPB_API const char *bpb_net_lacking(const bpb_net *net, bpb_status status);
BPB_API const char *bpbf_net_lacking(const bpbf_net *net, bpb_status status);

/* Draw all parameters again; as in create. Allocates for an orthogonal init alone.
 * BPB_ERR_OPTION: an unknown init. BPB_ERR_UNSUPPORTED: as in create. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_net_init(bpb_net *net, bpb_init init, uint64_t seed);
BPB_API bpb_status bpbf_net_init(bpbf_net *net, bpb_init init, uint64_t seed);

/* L; n_l for l = 0..L; the rows of T, n_L or fewer; g_l for l = 1..L; the loss. 0, or the first of
 * the enum, for NULL and for l out of range. */
BPB_API size_t bpb_net_layers(const bpb_net *net);
BPB_API size_t bpbf_net_layers(const bpbf_net *net);
BPB_API size_t bpb_net_units(const bpb_net *net, size_t l);
BPB_API size_t bpbf_net_units(const bpbf_net *net, size_t l);
BPB_API size_t bpb_net_targets(const bpb_net *net);
BPB_API size_t bpbf_net_targets(const bpbf_net *net);
BPB_API bpb_activation bpb_net_activation(const bpb_net *net, size_t l);
BPB_API bpb_activation bpbf_net_activation(const bpbf_net *net, size_t l);
BPB_API bpb_loss_kind bpb_net_loss(const bpb_net *net);
BPB_API bpb_loss_kind bpbf_net_loss(const bpbf_net *net);

/* The length P of theta, and theta, to read or write; NULL for NULL. */
BPB_API size_t bpb_net_parameters(const bpb_net *net);
BPB_API size_t bpbf_net_parameters(const bpbf_net *net);
BPB_API double *bpb_net_theta(bpb_net *net);
BPB_API float *bpbf_net_theta(bpbf_net *net);
BPB_API const double *bpb_net_ctheta(const bpb_net *net);
BPB_API const float *bpbf_net_ctheta(const bpbf_net *net);

/*
 * W_l (n_l x n_{l-1}) or b_l (n_l x 1), l = 1..L, within a vector laid out as theta: theta
 * itself, or a gradient. All zero for NULL or l out of range.
 */
BPB_API bpb_out bpb_net_W(const bpb_net *net, double *vector, size_t l);
BPB_API bpbf_out bpbf_net_W(const bpbf_net *net, float *vector, size_t l);
BPB_API bpb_out bpb_net_b(const bpb_net *net, double *vector, size_t l);
BPB_API bpbf_out bpbf_net_b(const bpbf_net *net, float *vector, size_t l);

/*
 * Let the net take inputs and give outputs in the caller's units, entry by entry:
 *
 *     A_0 = (X - shift) * factor          (input,  n_0 values each)
 *     Y   = shift + factor * A_L          (output, n_L values each)
 *
 * Every pass applies both; the loss is that of A_L against (T - shift) / factor (Gaussian: those
 * of the means; to have s_i in the caller's units give it shift 2 ln(factor of m_i) and factor 1.
 * Class indices stay what they are). Copied into
 * the net, in place of any earlier, and kept in its model file. NULL: shift 0, factor 1; both
 * NULL: no scaling. An input factor may be 0. Allocates. BPB_ERR_OPTION: a value is not finite,
 * or an output factor is 0 or subnormal.
 * BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_input_scaling(bpb_net *net, const double *shift,
                                              const double *factor);
BPB_API bpb_status bpbf_net_set_input_scaling(bpbf_net *net, const float *shift,
                                              const float *factor);
BPB_API bpb_status bpb_net_set_output_scaling(bpb_net *net, const double *shift,
                                               const double *factor);
BPB_API bpb_status bpbf_net_set_output_scaling(bpbf_net *net, const float *shift,
                                               const float *factor);

/* The scaling, n values of shift, then n of factor; NULL where there is none. */
BPB_API const double *bpb_net_input_scaling(const bpb_net *net);
BPB_API const float *bpbf_net_input_scaling(const bpbf_net *net);
BPB_API const double *bpb_net_output_scaling(const bpb_net *net);
BPB_API const float *bpbf_net_output_scaling(const bpbf_net *net);

/*
 * Notes: strings that travel with the net and its model file (names, units, ranges, where the
 * data came from). A key is new or replaces; value NULL removes it. Keys that begin with
 * "bpblas." belong to the format: BPB_ERR_OPTION, as for an empty key and for a key or value
 * that is not UTF-8. Allocates. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_note(bpb_net *net, const char *key, const char *value);
BPB_API bpb_status bpbf_net_set_note(bpbf_net *net, const char *key, const char *value);

/* The value of a note, or NULL; the key of the i-th, in the order they were set, or NULL. */
BPB_API const char *bpb_net_note(const bpb_net *net, const char *key);
BPB_API const char *bpbf_net_note(const bpbf_net *net, const char *key);
BPB_API const char *bpb_net_note_key(const bpb_net *net, size_t i);
BPB_API const char *bpbf_net_note_key(const bpbf_net *net, size_t i);

/* ---- Plan and work -------------------------------------------------------------------- */

/*
 * A plan says how each product of each pass is done for one shape, set of functions,
 * precision and batch. It refers to no net: any net of the same shape and functions may run
 * by it.
 */
typedef struct bpb_plan bpb_plan;
typedef struct bpbf_plan bpbf_plan;

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
                          product, seconds where one takes long. Another run may choose
                          otherwise, and then differ in last bits: keep the wisdom */
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
    int keep_Z;      /* 1: each Z_l can be read after a pass: see bpb_work_layer; default 0 */
    int derivatives; /* 1: the work has room for what stands under Derivatives; default 0 */
    double dropout;  /* probability that an output of a hidden layer is dropped: see Dropout;
                        0 <= p < 1; default 0: no dropout, and no cost of it */
    double dropout_inputs; /* the same of an input */
    bpb_planning planning; /* default estimate */
    const char *wisdom; /* NULL, or the text of bpb_plan_wisdom: products that it names are done
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
 * over 1024, a flag not 0 or 1, a probability of dropout not in [0, 1), an unknown planning.
 * BPB_ERR_FORMAT: wisdom is not the text
 * of one, or names a kernel that this machine has not. BPB_ERR_THREAD: a thread could not be
 * started. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_plan_create(bpb_plan **plan, const bpb_net *net,
                                    const bpb_plan_options *options);
BPB_API bpb_status bpbf_plan_create(bpbf_plan **plan, const bpbf_net *net,
                                    const bpb_plan_options *options);

BPB_API void bpb_plan_destroy(bpb_plan **plan);
BPB_API void bpbf_plan_destroy(bpbf_plan **plan);

/* The threads that a pass of this plan uses: 1 where more would not pay; 0 for NULL. */
BPB_API size_t bpb_plan_threads(const bpb_plan *plan);
BPB_API size_t bpbf_plan_threads(const bpbf_plan *plan);

/*
 * A work is the scratch of one caller's passes: A_l, Z_L, delta_l and staging for the plan's
 * columns, all in one block. Its plan must outlive it. With C = max(batch, 64) columns (unpadded:
 * batch; where predict is by cblas-transposed, whole panels of 64 columns, or of 16 in float on
 * OpenBLAS's cores Haswell and Zen), T threads and S bytes for the copies of kernels it takes
 *
 *     sizeof(real) * (C (n_0 + 2 (n_1 + ... + n_L) + 2 n_L) + batch) + 8 C + T S
 *
 * bytes, at most 64 (4 L + 6) more that align the parts, and C n_l more for each layer but the last
 * whose Z is kept, because keep_Z asks for it or the derivatives of g_l do (ELU, SELU, softplus,
 * softsign, GELU, SiLU, your own). derivatives adds sizeof(real) C (2 n_0 + 3 (n_1 + ... + n_L)),
 * dropout sizeof(real) C (n_1 + ... + n_{L-1}), dropout_inputs nothing.
 * S is 0 for cblas, sizeof(real) times the largest result for cblas-transposed, at most 51 KiB for
 * tiles, and 2.7 (float) or 5.3 MiB for packed.
 */
typedef struct bpb_work bpb_work;
typedef struct bpbf_work bpbf_work;

/* How many bytes a work of this plan takes, whatever the alignment of the memory; 0 for NULL. */
BPB_API size_t bpb_work_bytes(const bpb_plan *plan);
BPB_API size_t bpbf_work_bytes(const bpbf_plan *plan);

/* Make a work in the caller's memory, which holds nothing else until the work is no longer
 * used; nothing needs to be destroyed, but may be. BPB_ERR_BUFFER: bytes too few. */
BPB_API bpb_status bpb_work_init(bpb_work **work, const bpb_plan *plan, void *memory,
                                  size_t bytes);
BPB_API bpb_status bpbf_work_init(bpbf_work **work, const bpbf_plan *plan, void *memory,
                                  size_t bytes);

/* Make a work in memory of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_work_create(bpb_work **work, const bpb_plan *plan);
BPB_API bpb_status bpbf_work_create(bpbf_work **work, const bpbf_plan *plan);

BPB_API void bpb_work_destroy(bpb_work **work);
BPB_API void bpbf_work_destroy(bpbf_work **work);

/* ---- Passes ----------------------------------------------------------------------------- */

/*
 * Shared by all: X is n_0 x B, Y n_L x B, T likewise but for Gaussian loss and class indices (see
 * Targets under Views), with B at most the plan's batch.
 * BPB_ERR_MISMATCH: the work's plan is for another shape or other functions. BPB_ERR_BATCH.
 * BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views. BPB_ERR_LABEL, and BPB_ERR_OPTION for
 * masked: see Targets there. BPB_ERR_NO_VJP: gradients and steps, where a function lacks it.
 * NaN and infinities in the data pass through to the columns they belong to.
 */

/* Y = A_L, in the caller's units. No status tells of values in Y that are not finite, but for
 * bpb_find_nonfinite. */
BPB_API bpb_status bpb_forward(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out Y);
BPB_API bpb_status bpbf_forward(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out Y);

/* *loss = E = 1/B sum_j e_j. BPB_NONFINITE: E is not finite. */
BPB_API bpb_status bpb_loss(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                             double *loss);
BPB_API bpb_status bpbf_loss(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                             double *loss);

/*
 * gradient = dE/dtheta, P values laid out as theta, and *loss = E (NULL: not wanted):
 *
 *     D_L = dE/dZ_L, column j being 1/B de_j/dz_L                         n_L x B
 *     D_{l-1} = g'_{l-1}(Z_{l-1})^T (W_l^T D_l)                           n_{l-1} x B
 *     dW_l = D_l A_{l-1}^T,  db_l = D_l 1                                 n_l x n_{l-1}, n_l
 *
 * A mean over the columns: to add up parts of a batch, weight each part by its columns. With a plan
 * that drops, that of the thinned net: see Dropout.
 * BPB_NONFINITE: E or one of D_L .. D_1 is not finite; the gradient is written all the same.
 */
BPB_API bpb_status bpb_gradient(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                                 double *gradient, double *loss);
BPB_API bpb_status bpbf_gradient(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
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
 * Gradient and update in one, without a gradient buffer: each gradient product accumulates
 * straight into W_l. For steps from a gradient of your own, see bpb_opt_step. *loss (NULL: not wanted, and not computed) is E before the step.
 * BPB_NONFINITE: E or one of D_L .. D_1, -eta in it, is not finite; the net is unchanged. Neither
 * X nor A_l is searched: an infinite one behind which a unit saturates passes unseen, but for
 * bpb_find_nonfinite. BPB_ERR_OPTION: the rule is
 * outside its range.
 */
BPB_API bpb_status bpb_sgd_step(bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                                 const bpb_sgd_rule *rule, double *loss);
BPB_API bpb_status bpbf_sgd_step(bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                                 const bpb_sgd_rule *rule, double *loss);

/* ---- What a pass computed ----------------------------------------------------------------- */

/*
 * Of layer l after the last pass of a work, B columns each, in the work's memory and good until its
 * next pass. data is NULL where that pass made none.
 */
typedef struct bpb_layer {
    bpb_view Z;  /* n_l x B; NULL too where A took its place: see keep_Z */
    bpb_view A;  /* n_l x B; l = L after forward, jvp and predict: Y, in the caller's units;
                      l < L after a pass that drops: A~_l, in which -0 is what was dropped, and
                      nothing else is -0 */
    bpb_view D;  /* delta_l = dE/dZ_l, n_l x B, with its 1/B; after bpb_sgd_step with -eta/B */
    bpb_view dW; /* n_l x n_{l-1} and n_l x 1, within the gradient that the last pass wrote, */
    bpb_view db; /* in the caller's memory */
} bpb_layer;

typedef struct bpbf_layer {
    bpbf_view Z, A, D, dW, db;
} bpbf_layer;

/* l = 0: only A, which is A_0, or A~_0. All NULL for NULL, l out of range, and before any pass;
 * predict and evaluate leave those of their last block. */
BPB_API bpb_layer bpb_work_layer(const bpb_work *work, size_t l);
BPB_API bpbf_layer bpbf_work_layer(const bpbf_work *work, size_t l);

/* ---- Predict and evaluate any number of columns --------------------------------------- */

/*
 * Y = A_L for any number of columns, by panels of a fixed width, so that memory does not grow
 * with the data and, unless the plan is unpadded, the bits of a column depend on nothing but
 * that column, the net, the kernel, the BLAS where that is the kernel, and the CPU.
 * flags: NULL, or one byte a column: 1 where an output is not finite, 0 where all are;
 * BPB_NONFINITE if any. Finite columns are right whatever stands beside them.
 */
BPB_API bpb_status bpb_predict_with(const bpb_net *net, bpb_work *work, bpb_view X,
                                     bpb_out Y,
                                     unsigned char *flags);
BPB_API bpb_status bpbf_predict_with(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                     bpbf_out Y,
                                     unsigned char *flags);

/* The same with a plan and work of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_predict(const bpb_net *net, bpb_view X, bpb_out Y);
BPB_API bpb_status bpbf_predict(const bpbf_net *net, bpbf_view X, bpbf_out Y);

typedef struct bpb_score {
    double loss;       /* mean of w e over the columns, without any penalty */
    double accuracy;   /* correct / (columns - masked), 0 .. 1; 0 where has_accuracy is 0 */
    size_t columns;
    size_t correct;    /* argmax_i y_ij = argmax_i t_ij, the lowest index of equals; one sigmoid
                          output: (y > 0.5) = (t > 0.5); a column that is not finite is wrong */
    size_t masked;     /* columns with a masked target: neither right nor wrong */
    size_t nonfinite;  /* columns with an output or loss that is not finite */
    int has_accuracy;  /* 0 for one output that is not a sigmoid, and for Gaussian loss */
} bpb_score;

/* Loss and accuracy over all columns, by the same panels and with the same promise; both of A_L
 * and (T - shift) / factor where outputs are scaled. BPB_NONFINITE: score->nonfinite > 0. */
BPB_API bpb_status bpb_evaluate_with(const bpb_net *net, bpb_work *work, bpb_view X,
                                      bpb_view T,
                                      bpb_score *score);
BPB_API bpb_status bpbf_evaluate_with(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                      bpbf_view T,
                                      bpb_score *score);

/* The same with a plan and work of its own. Allocates. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_evaluate(const bpb_net *net, bpb_view X, bpb_view T, bpb_score *score);
BPB_API bpb_status bpbf_evaluate(const bpbf_net *net, bpbf_view X, bpbf_view T, bpb_score *score);

#ifdef __cplusplus
}
#endif

#endif
