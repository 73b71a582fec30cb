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
#ifndef BPBLAS_H
#define BPBLAS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPB_VERSION_MAJOR 0
#define BPB_VERSION_MINOR 4
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
 * Fill it in with designated initialisers, or take bpb_matrix and bpb_matrix_out for a packed
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

/* A packed column-major matrix, to read and to write; a single sample has one column. */
static inline bpb_view bpb_matrix(const double *data, size_t rows, size_t cols)
{
    bpb_view V = {data, rows, cols, 0, 0, NULL, NULL, NULL, 0};
    return V;
}
static inline bpb_out bpb_matrix_out(double *data, size_t rows, size_t cols)
{
    bpb_out V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
}
static inline bpbf_view bpbf_matrix(const float *data, size_t rows, size_t cols)
{
    bpbf_view V = {data, rows, cols, 0, 0, NULL, NULL, NULL, 0};
    return V;
}
static inline bpbf_out bpbf_matrix_out(float *data, size_t rows, size_t cols)
{
    bpbf_out V = {data, rows, cols, 0, 0, NULL, NULL};
    return V;
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

/*
 * An activation of your own, A = g(Z), column by column, in a form of two. Matrices are packed,
 * n x B, and apart from each other unless the text says otherwise; context is handed on. Functions
 * run on the threads of the plan, several at a time, and must not depend on what else the block
 * they are given holds: columns are cut as a pass needs it. They run in the default floating-point
 * environment.
 *
 * Element-wise (f is not NULL): n entries at once; each gives g, g', g'' of its z:
 *
 *     f(z) -> a (may be z)      df(z, a) -> g'(z)      d2f(z, a) -> g''(z)
 *
 * or for whole matrices (value is not NULL), J = g'(Z) being the Jacobian of each column:
 *
 *     value    A = g(Z); A may be Z
 *     vjp      D <- J^T D
 *     jvp      V <- J V
 *     second   H <- H + (d/dZ (J^T D))[V], the derivative of J^T D in direction V, D held constant
 *
 * What is missing is refused where it is needed, never assumed: gradients need vjp (or df), J v
 * needs jvp (or df), Hessian products and the like all three.
 */
typedef struct bpb_activation_function {
    const char *name;    /* in model files: 1 to 31 of a-z 0-9 - _, none of the library's own */
    const void *context; /* must outlive the net */
    int of_A;            /* 1: derivatives look at A alone, so that Z need not be kept; what they
                            are given as z and Z may then be anything */
    void (*f)(const void *context, size_t n, const double *z, double *a);
    void (*df)(const void *context, size_t n, const double *z, const double *a, double *df);
    void (*d2f)(const void *context, size_t n, const double *z, const double *a, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, double *A);
    void (*vjp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *D);
    void (*jvp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *V);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *D, const double *V, double *H);
} bpb_activation_function;

typedef struct bpbf_activation_function {
    const char *name;
    const void *context;
    int of_A;
    void (*f)(const void *context, size_t n, const float *z, float *a);
    void (*df)(const void *context, size_t n, const float *z, const float *a, float *df);
    void (*d2f)(const void *context, size_t n, const float *z, const float *a, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, float *A);
    void (*vjp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *D);
    void (*jvp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *V);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *D, const float *V, float *H);
} bpbf_activation_function;

/*
 * A loss of your own, element-wise (f is not NULL), e = sum_i f(a_i, t_i), n entries at once:
 *
 *     f(a, t) -> f      df(a, t) -> df/da      d2f(a, t) -> d2f/da2
 *
 * or for whole matrices (value is not NULL):
 *
 *     value     e[j] = the loss of column j, without weight and 1/B, as all of these are
 *     gradient  D = de/dA, column by column
 *     second    H = (d(de/dA))[V], the derivative of the gradient in direction V of A; written,
 *               where an activation's is added
 */
typedef struct bpb_loss_function {
    const char *name;    /* as above */
    const void *context; /* must outlive the net */
    int of_Z;            /* whole matrices: 1: gradient and second are in Z = Z_L, not A, and hold
                            the derivative of the output activation that the loss goes with */
    size_t group;        /* whole matrices: outputs that belong to one target, T having n_L / group
                            rows, n_L a multiple of it; columns may then be cut between two
                            targets. 0: T has n_L rows, and the column is a whole */
    void (*f)(const void *context, size_t n, const double *a, const double *t, double *f);
    void (*df)(const void *context, size_t n, const double *a, const double *t, double *df);
    void (*d2f)(const void *context, size_t n, const double *a, const double *t, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                  const double *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                     const double *T, double *D);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *T, const double *V, double *H);
} bpb_loss_function;

typedef struct bpbf_loss_function {
    const char *name;
    const void *context;
    int of_Z;
    size_t group;
    void (*f)(const void *context, size_t n, const float *a, const float *t, float *f);
    void (*df)(const void *context, size_t n, const float *a, const float *t, float *df);
    void (*d2f)(const void *context, size_t n, const float *a, const float *t, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                  const float *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                     const float *T, float *D);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *T, const float *V, float *H);
} bpbf_loss_function;

/*
 * Make g_l, l = 1..L, or the loss a function of your own. It is copied, its name too. A plan that
 * was made before is for the old functions: BPB_ERR_MISMATCH. Allocates.
 * BPB_ERR_NULL: also name, or neither f nor value. BPB_ERR_OPTION: the name is the library's, too
 * long or of other characters; f and value both; a flag not 0 or 1. BPB_ERR_SIZE: no such layer.
 * BPB_ERR_PAIR: g_L does not go with the loss, or group does not divide n_L. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_activation(bpb_net *net, size_t l,
                                           const bpb_activation_function *g);
BPB_API bpb_status bpbf_net_set_activation(bpbf_net *net, size_t l,
                                           const bpbf_activation_function *g);
BPB_API bpb_status bpb_net_set_loss(bpb_net *net, const bpb_loss_function *loss);
BPB_API bpb_status bpbf_net_set_loss(bpbf_net *net, const bpbf_loss_function *loss);

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

/* One kernel that could do one product: C = op(A) op(B) + beta C, C being m x n, k the terms. */
typedef struct bpb_plan_choice {
    const char *product; /* "forward" Z = W A + b 1^T, "delta" D' = W^T D,
                            "gradient" W <- beta W + D A^T, "predict" (forward by blocks) */
    size_t layer;        /* 1..L */
    size_t m, n, k;
    const char *kernel;  /* see bpb_planning */
    int chosen;          /* 1: the plan uses this one */
    double seconds;      /* what it took, the least of several; 0: not measured */
} bpb_plan_choice;

/* Entry i = 0, 1, ... of the plan: of each product, each kernel that it could have taken.
 * BPB_ERR_SIZE: there are not so many. */
BPB_API bpb_status bpb_plan_entry(const bpb_plan *plan, size_t i, bpb_plan_choice *entry);
BPB_API bpb_status bpbf_plan_entry(const bpbf_plan *plan, size_t i, bpb_plan_choice *entry);

/*
 * The plan's choices as text: one line a product, "s gradient 30 784 10 tiles", after a line that
 * names the format. Put into options.wisdom, it makes the same plan again; texts may be
 * concatenated, and of two lines for one product the last counts. *bytes (never NULL) is its
 * length with the closing 0; text NULL: ask for that only. BPB_ERR_BUFFER: capacity too small.
 */
BPB_API bpb_status bpb_plan_wisdom(const bpb_plan *plan, char *text, size_t capacity,
                                    size_t *bytes);
BPB_API bpb_status bpbf_plan_wisdom(const bpbf_plan *plan, char *text, size_t capacity,
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

/*
 * Called when dW_l and db_l are done: gradient is W_l's place in the caller's gradient, count =
 * n_l n_{l-1} + n_l the entries of dW_l and db_l from there on.
 */
typedef void (*bpb_layer_hook)(void *user, size_t l, double *gradient, size_t count);
typedef void (*bpbf_layer_hook)(void *user, size_t l, float *gradient, size_t count);

/*
 * The same gradient and loss, to the bit, in another order: D_L; dW_L, db_L, hook(user, L, ..);
 * D_{L-1}; dW_{L-1}, db_{L-1}, hook(user, L-1, ..); down to hook(user, 1, ..). So a parallel
 * program starts the reduction of a layer's part (MPI_Iallreduce, say) and lets it run while those
 * below are computed. Threads meet 2 L times, not twice.
 *
 * The hook is called once for each layer, on the caller's thread and in its floating-point
 * environment, with OpenBLAS's threads as the caller has set them and the plan's idle: it may call
 * the BLAS, this library and whatever waits for others, and may change the part that it is given,
 * which is not read again. It must leave work, net, X, T and the other parts of the gradient as
 * they are until this call returns.
 *
 * As bpb_gradient otherwise, dropout included. BPB_NONFINITE: every hook is called all the same,
 * so that no part of a parallel program waits for another in vain. On an error none is called.
 * BPB_ERR_NULL: hook too.
 */
BPB_API bpb_status bpb_gradient_by_layer(const bpb_net *net, bpb_work *work, bpb_view X,
                                          bpb_view T, double *gradient, double *loss,
                                          bpb_layer_hook hook, void *user);
BPB_API bpb_status bpbf_gradient_by_layer(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                          bpbf_view T, float *gradient, double *loss,
                                          bpbf_layer_hook hook, void *user);

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
BPB_API bpb_status bpb_sgd_update(bpb_net *net, const double *gradient, const bpb_sgd_rule *rule);
BPB_API bpb_status bpbf_sgd_update(bpbf_net *net, const float *gradient, const bpb_sgd_rule *rule);

/*
 * Gradient and update in one, without a gradient buffer: each gradient product accumulates
 * straight into W_l. *loss (NULL: not wanted, and not computed) is E before the step.
 * BPB_NONFINITE: E or one of D_L .. D_1, -eta in it, is not finite; the net is unchanged. Neither
 * X nor A_l is searched: an infinite one behind which a unit saturates passes unseen, but for
 * bpb_find_nonfinite. BPB_ERR_OPTION: as above.
 */
BPB_API bpb_status bpb_sgd_step(bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                                 const bpb_sgd_rule *rule, double *loss);
BPB_API bpb_status bpbf_sgd_step(bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                                 const bpb_sgd_rule *rule, double *loss);

/*
 * Dropout (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
 * 2014), inverted. By a plan made for it bpb_gradient, bpb_gradient_by_layer and bpb_sgd_step
 * give layer l+1, l = 0..L-1, not A_l but a thinned A~_l, o being the product entry by entry:
 *
 *     A~_l = M_l o A_l,  each entry of M_l 0 with probability p_l, else 1 / (1 - p_l)
 *     D_l = g'_l(Z_l)^T (M_l o (W_{l+1}^T D_{l+1})),  dW_{l+1} = D_{l+1} A~_l^T
 *
 * p_0 = dropout_inputs (of A_0, scaled inputs), p_l = dropout of the hidden layers; outputs are
 * never dropped. No other pass drops anything: predictions, losses and derivatives are those of the
 * whole net, whose weights need no factor. What is dropped is gone, be it NaN or infinite.
 *
 * M_l is a function of seed, draw, l, unit and column alone, the column being its place in the
 * batch, whatever its index in X. An entry is dropped where its random number of 32 bits
 * (Philox4x32-10) is below 2^32 p_l, rounded to a whole number of at most 2^32 - 1. So float and
 * double drop the same entries, on any machine, with any number of threads and any kernels.
 *
 * bpb_work_dropout says which masks the passes to come have, until the next such call: give each
 * step a draw of its own, and each part where parts of a batch are added up. Before the first it is
 * 0, 0. BPB_ERR_PLAN: the plan has no dropout.
 */
BPB_API bpb_status bpb_work_dropout(bpb_work *work, uint64_t seed, uint64_t draw);
BPB_API bpb_status bpbf_work_dropout(bpbf_work *work, uint64_t seed, uint64_t draw);

/* ---- Optimisers --------------------------------------------------------------------------- */

/*
 * How theta follows a gradient. Step t = 1, 2, ... is, for each entry,
 *
 *     g = clip(scale gradient) + decay theta + decay_1 sign(theta)               sign(0) = 0
 *
 *   sgd       theta <- theta - eta g
 *   momentum  v <- momentum v + g,  theta <- theta - eta v                          (Polyak 1964)
 *   nesterov  v <- momentum v + g,  theta <- theta - eta (g + momentum v)
 *                                                      (Nesterov 1983; Sutskever et al. 2013)
 *   adagrad   s <- s + g^2,
 *             theta <- theta - eta / (1 + (t-1) eta_decay) g / (sqrt s + epsilon)
 *                                                                          (Duchi et al. 2011)
 *   rmsprop   s <- rho s + (1 - rho) g^2,  v <- momentum v + g / (sqrt s + epsilon),
 *             theta <- theta - eta v                                (Tieleman and Hinton 2012)
 *     centred m <- rho m + (1 - rho) g too, and s - m^2 below the root             (Graves 2013)
 *   adam      m <- beta1 m + (1 - beta1) g,  s <- beta2 s + (1 - beta2) g^2,
 *             theta <- theta - eta m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
 *                                                                      (Kingma and Ba 2015)
 *   amsgrad   adam, with the largest s so far below the root               (Reddi et al. 2018)
 *   adamw     adam, or with amsgrad = 1 amsgrad, and always decoupled
 *                                                              (Loshchilov and Hutter 2019)
 *   irprop-   Delta <- min(eta_plus Delta, delta_max)   where g g' > 0, g' being the g before,
 *             Delta <- max(eta_minus Delta, delta_min), and then g <- 0, where g g' < 0;
 *             theta <- theta - sign(g) Delta
 *   irprop+   the same, but where g g' < 0 and the loss has grown, the step before is taken back
 *                                                              (both Igel and Huesken 2003)
 *
 * all from 0 but Delta, from delta_0. Where sources differ, as PyTorch has it. iRPROP needs the
 * gradient of all data at every step, the others take that of any mini-batch.
 *
 * Decay is of weights, and of biases too with decay_biases. It is the gradient of the penalty
 * decay/2 sum theta^2 + decay_1 sum |theta|: for Nielsen's lambda/n, L2 or L1, give it as decay or
 * decay_1. With decoupled = 1 it leaves g alone, and the step of any method is instead
 *
 *     theta <- (1 - eta decay) theta,  then the method's step,  then  theta <- S(theta),
 *     S(x) = sign(x) max(|x| - eta decay_1, 0)
 *
 * with eta as it is at this step, without what a method divides it by. S is the exact step for
 * decay_1 |x| (forward-backward splitting: Duchi and Singer 2009), and makes entries 0 where that
 * of g would swing about it.
 *
 * Clipping comes before decay: first each entry x of scale gradient is put within
 * -clip_value .. clip_value, then all P entries x are multiplied by
 *
 *     min(1, clip_norm / |x|_2)                             (Pascanu, Mikolov, Bengio 2013)
 *
 * where the norm is that of bpb_norm2, of what the first has left. One within its limit is not
 * changed by a bit.
 */
typedef enum bpb_method {
    BPB_SGD,
    BPB_MOMENTUM,
    BPB_NESTEROV,
    BPB_ADAGRAD,
    BPB_RMSPROP,
    BPB_ADAM,
    BPB_AMSGRAD,
    BPB_ADAMW,
    BPB_IRPROP_PLUS,
    BPB_IRPROP_MINUS
} bpb_method;

/* "sgd", "momentum", ..., "irprop+", "irprop-"; NULL for a number that is none of them. */
BPB_API const char *bpb_method_name(bpb_method method);
/* The reverse. BPB_ERR_OPTION: no such name. */
BPB_API bpb_status bpb_method_from_name(const char *name, bpb_method *method);

/* What the equations name. 0 is the default, PyTorch's where nobody is named; what a method has
 * no use for it does not look at, but it has to be in its range. */
typedef struct bpb_opt_options {
    bpb_method method; /* default SGD */
    double eta;        /* > 0; default 0.001; Adagrad, RMSprop 0.01; iRPROP has none */
    double momentum;   /* 0 <= momentum < 1; default 0.9; RMSprop 0, which needs no v */
    double eta_decay;  /* of Adagrad, >= 0; default 0 */
    double rho;        /* of RMSprop, 0 < rho < 1; default 0.99 */
    int centred;       /* 1: RMSprop's other form; with other methods BPB_ERR_OPTION */
    double beta1;      /* of Adam and its kin, 0 < beta < 1; default 0.9 */
    double beta2;      /* default 0.999 */
    double epsilon;    /* > 0, a normal number; default 1e-8; Adagrad 1e-10 */
    int amsgrad;       /* 1: AdamW with AMSGrad's maximum; with others BPB_ERR_OPTION */
    double decay;      /* L2, >= 0; default 0; AdamW 0.01 where decay_1 is 0 too */
    double decay_1;    /* L1, >= 0; default 0 */
    int decay_biases;  /* 1: biases decay too; default 0 */
    int decoupled;     /* 1: decay beside the step, not in g; default 0; AdamW 1. With iRPROP,
                          which has no eta, BPB_ERR_OPTION */
    double clip_value; /* these two > 0, normal numbers; 0: no clipping */
    double clip_norm;
    double eta_plus;   /* these five of iRPROP: > 1; default 1.2 */
    double eta_minus;  /* 0 < eta_minus < 1; default 0.5 */
    double delta_0;    /* delta_min <= delta_0 <= delta_max; default 0.0125 */
    double delta_min;  /* >= 0; default 0 */
    double delta_max;  /* default 50 */
} bpb_opt_options;

/*
 * An optimiser is a method with what it remembers of a net's theta between steps: none to three
 * vectors of P values. It holds no net: any of the widths of the one it was made for may be given
 * to a step.
 */
typedef struct bpb_opt bpb_opt;
typedef struct bpbf_opt bpbf_opt;

/* Make an optimiser; options NULL: defaults. Allocates. BPB_ERR_OPTION: an unknown method, or an
 * option out of its range in the net's precision. BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_opt_create(bpb_opt **opt, const bpb_net *net,
                                   const bpb_opt_options *options);
BPB_API bpb_status bpbf_opt_create(bpbf_opt **opt, const bpbf_net *net,
                                   const bpb_opt_options *options);

BPB_API void bpb_opt_destroy(bpb_opt **opt);
BPB_API void bpbf_opt_destroy(bpbf_opt **opt);

/*
 * One step of the net's theta from scale * gradient, P values laid out as theta, but not theta:
 * scale = 1 for a mean over columns, 1/n for a sum over n of them. Entry by entry, and the same
 * bits on every machine.
 * BPB_NONFINITE: an entry of scale * gradient, before clipping, of g or theta, or of g^2 where the
 * method takes it, is not finite; nothing is changed.
 * BPB_LOST: all that was finite, but an entry of theta is not after the step. The step has been
 * made: theta and the state are what it left, t counts it, and further steps give BPB_NONFINITE.
 * Go back to a copy of both, or make both anew, and take a smaller eta.
 * BPB_ERR_MISMATCH: the net has other widths. BPB_ERR_OPTION: scale is not
 * finite in the net's precision.
 */
BPB_API bpb_status bpb_opt_step(bpb_opt *opt, bpb_net *net, const double *gradient,
                                 double scale);
BPB_API bpb_status bpbf_opt_step(bpbf_opt *opt, bpbf_net *net, const float *gradient, double scale);

/*
 * For iRPROP+, before each step: the loss where its gradient was taken (with decay's penalty, where
 * there is decay). Has it grown since the step before, steps are taken back; where it was not told
 * for both, or is NaN, none are. The other methods do not look at it.
 */
BPB_API bpb_status bpb_opt_loss(bpb_opt *opt, double E);
BPB_API bpb_status bpbf_opt_loss(bpbf_opt *opt, double E);

/* The eta of the next step, for schedules: >= 0, and finite in the net's precision, as
 * eta * decay and eta * decay_1 must be; else BPB_ERR_OPTION. */
BPB_API bpb_status bpb_opt_set_eta(bpb_opt *opt, double eta);
BPB_API bpb_status bpbf_opt_set_eta(bpbf_opt *opt, double eta);

/* eta, and the number t of steps taken; 0 for NULL. */
BPB_API double bpb_opt_eta(const bpb_opt *opt);
BPB_API double bpbf_opt_eta(const bpbf_opt *opt);
BPB_API uint64_t bpb_opt_steps(const bpb_opt *opt);
BPB_API uint64_t bpbf_opt_steps(const bpbf_opt *opt);

/*
 * |x|_2 of n values, such as a gradient's: summed in double, in an order that depends on n alone,
 * so that it has the same bits on every machine and wherever x stands; nothing overflows or
 * vanishes on the way. Infinite where it is too large for a double, or an entry is infinite; NaN
 * where one is NaN; 0 for x NULL or n = 0.
 */
BPB_API double bpb_norm2(const double *x, size_t n);
BPB_API double bpbf_norm2(const float *x, size_t n);

/*
 * The whole state (t, eta, losses, vectors) as bytes, the same on every machine, for a restart
 * file; theta belongs to the net: see bpb_net_save_memory. *bytes (never NULL) is their number;
 * buffer NULL: ask for that only. BPB_ERR_BUFFER: capacity too small; *bytes says what is needed.
 */
BPB_API bpb_status bpb_opt_pack(const bpb_opt *opt, void *buffer, size_t capacity,
                                 size_t *bytes);
BPB_API bpb_status bpbf_opt_pack(const bpbf_opt *opt, void *buffer, size_t capacity,
                                 size_t *bytes);

/*
 * Take such a state up, in an optimiser that was made alike: what follows has the bits of the run
 * that was not interrupted.
 * BPB_ERR_FORMAT: no such state. BPB_ERR_VERSION. BPB_ERR_TRUNCATED. BPB_ERR_CHECKSUM.
 * BPB_ERR_MISMATCH: of another method, precision, width or option (eta aside).
 */
BPB_API bpb_status bpb_opt_unpack(bpb_opt *opt, const void *buffer, size_t bytes);
BPB_API bpb_status bpbf_opt_unpack(bpbf_opt *opt, const void *buffer, size_t bytes);

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

/* ---- Derivatives ---------------------------------------------------------------------------- */

/*
 * All of a batch at once, as the passes are; X, T as there. The plan needs derivatives = 1, else
 * BPB_ERR_PLAN. J is the derivative of Y, in the caller's units, by theta or by X, also in those.
 * Functions that lack a part: BPB_ERR_NO_VJP, BPB_ERR_NO_JVP, BPB_ERR_NO_SECOND. Where an argument
 * may be left out, a pointer is NULL, or a view's data. BPB_NONFINITE, of calls that sum over the
 * columns (to a loss, gradient, Hv): the loss or a delta of a layer is not finite; all results are
 * written. None of these drops anything: see Dropout.
 */

/*
 * The gradient, as bpb_gradient without dropout, and dE/dX (n_0 x B): column j is
 * 1/B w_j de_j/dx_j.
 *
 *     dE/dA_0 = W_1^T D_1
 *
 * gradient, loss: may be NULL.
 */
BPB_API bpb_status bpb_gradient_x(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                                   double *gradient, bpb_out dX, double *loss);
BPB_API bpb_status bpbf_gradient_x(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                                   float *gradient, bpbf_out dX, double *loss);

/*
 * J^T u: for U (n_L x B)
 *
 *     gradient = sum_j (dy_j/dtheta)^T u_j        P values as theta; or NULL
 *     dX, column j = (dy_j/dx_j)^T u_j            n_0 x B; may be left out
 */
BPB_API bpb_status bpb_vjp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view U,
                            double *gradient, bpb_out dX);
BPB_API bpb_status bpbf_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view U,
                            float *gradient, bpbf_out dX);

/*
 * J v: the derivative of Y in direction v of theta (P values, or NULL) and V of X (n_0 x B; may be
 * left out), one of them at least (else BPB_ERR_NULL):
 *
 *     R{Z_l} = W_l R{A_{l-1}} + W(v)_l A_{l-1} + b(v)_l 1^T,  R{A_l} = g'(Z_l) R{Z_l},  R{A_0} = V
 *     dY = R{A_L}                                  n_L x B; Y (may be left out) is Y itself
 *
 * forward mode; with v the R-operator of Pearlmutter, "Fast exact multiplication by the Hessian",
 * 1994.
 */
BPB_API bpb_status bpb_jvp(const bpb_net *net, bpb_work *work, bpb_view X, const double *v,
                            bpb_view V, bpb_out Y, bpb_out dY);
BPB_API bpb_status bpbf_jvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, const float *v,
                            bpbf_view V, bpbf_out Y, bpbf_out dY);

/*
 * dY/dX: J is (n_L n_0) x B, column j the n_L x n_0 matrix dy_j/dx_j, column-major: entry (i, k) in
 * row k n_L + i. min(n_L, n_0) passes after one forward.
 */
BPB_API bpb_status bpb_jacobian(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out J);
BPB_API bpb_status bpbf_jacobian(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out J);

/*
 * H v for the exact Hessian H of E in theta, and the gradient beside it: the R-operator applied to
 * each line of the backward pass. gradient, loss: may be NULL.
 */
BPB_API bpb_status bpb_hvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                            const double *v, double *Hv, double *gradient, double *loss);
BPB_API bpb_status bpbf_hvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                            const float *v, float *Hv, float *gradient, double *loss);

/*
 * G v, G = 1/B sum_j w_j J_j^T H_j J_j the Gauss-Newton matrix, J_j = dz_Lj/dtheta (or dy_j) and
 * H_j the Hessian of e_j in z_Lj where the loss is computed from it (those marked * in bpb_loss_kind),
 * else in y_j (Schraudolph 2002). Positive semi-definite where H_j is.
 */
BPB_API bpb_status bpb_gnvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                             const double *v, double *Gv);
BPB_API bpb_status bpbf_gnvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                             const float *v, float *Gv);

/*
 * The gradient in theta of a function of Y and dY/dX of which the caller holds the derivatives U by
 * Y (n_L x B) and D by dY/dX ((n_L n_0) x B, laid out as by bpb_jacobian; n_0 x B where n_L = 1):
 *
 *     gradient = d/dtheta sum_j (<u_j, y_j> + <D_j, dy_j/dx_j>),  U and D held constant
 *
 * U or D may be left out. What force fields need: U = dE/dY, D = dE/d(dY/dX). As many double passes
 * as min(n_L, n_0).
 */
BPB_API bpb_status bpb_jacobian_vjp(const bpb_net *net, bpb_work *work, bpb_view X,
                                     bpb_view U, bpb_view D, double *gradient);
BPB_API bpb_status bpbf_jacobian_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                     bpbf_view U, bpbf_view D, float *gradient);

/*
 * Its ready-made use: the loss and gradient of
 *
 *     E = 1/B sum_j w_j (e_j + strength/2 |dy_j/dx_j - dT_j|^2)
 *
 * with targets dT for dY/dX, (n_L n_0) x B as by bpb_jacobian. The second term is in the caller's
 * units, e_j of scaled outputs is not: strength carries their factors. dT masked: its NaNs are left
 * out (Czarnecki et al., "Sobolev training for neural networks", 2017).
 * A masked target of Y leaves the second term. strength >= 0, finite in the net's precision; else
 * BPB_ERR_OPTION. loss: may be NULL.
 */
BPB_API bpb_status bpb_sobolev(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                                bpb_view dT, double strength, double *gradient, double *loss);
BPB_API bpb_status bpbf_sobolev(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view T,
                                bpbf_view dT, double strength, float *gradient, double *loss);

/*
 * An objective: a net's loss over all of its data as a function of a flat vector theta of the
 * caller's, for any optimiser:
 *
 *     f(theta) = 1/n sum_j w_j e_j + decay/2 |W|^2        weights; decay_biases: biases too
 *
 * It keeps the views of X and T, whose data must outlive it, and a copy of the net but for its
 * theta; n columns go through in batches. One thread at a time.
 */
typedef struct bpb_objective bpb_objective;
typedef struct bpbf_objective bpbf_objective;

typedef struct bpb_objective_options {
    double decay;     /* >= 0; Nielsen's lambda / n; default 0 */
    int decay_biases; /* default 0 */
    size_t batch;     /* columns of a pass, at most n; default 256 */
    size_t threads;   /* these three as in bpb_plan_options */
    bpb_planning planning;
    const char *wisdom;
} bpb_objective_options;

/* Make an objective; options NULL: defaults. Allocates. BPB_ERR_OPTION, BPB_ERR_SHAPE,
 * BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_LABEL, BPB_ERR_FORMAT, BPB_ERR_THREAD, BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_objective_create(bpb_objective **objective, const bpb_net *net,
                                         bpb_view X, bpb_view T,
                                         const bpb_objective_options *options);
BPB_API bpb_status bpbf_objective_create(bpbf_objective **objective, const bpbf_net *net,
                                         bpbf_view X, bpbf_view T,
                                         const bpb_objective_options *options);

BPB_API void bpb_objective_destroy(bpb_objective **objective);
BPB_API void bpbf_objective_destroy(bpbf_objective **objective);

/* *f = f(theta) and gradient = df/dtheta at a theta of P values; either may be NULL.
 * BPB_NONFINITE: f or a delta is not finite. BPB_ERR_NO_VJP. */
BPB_API bpb_status bpb_objective_gradient(bpb_objective *objective, const double *theta,
                                           double *f, double *gradient);
BPB_API bpb_status bpbf_objective_gradient(bpbf_objective *objective, const float *theta,
                                           double *f, float *gradient);

/* Hv = (d2f/dtheta2) v, or with the Gauss-Newton matrix in its place; v is not Hv.
 * BPB_NONFINITE: a delta is not finite. BPB_ERR_NO_VJP, BPB_ERR_NO_JVP, BPB_ERR_NO_SECOND. */
BPB_API bpb_status bpb_objective_hvp(bpb_objective *objective, const double *theta,
                                      const double *v, double *Hv);
BPB_API bpb_status bpbf_objective_hvp(bpbf_objective *objective, const float *theta,
                                      const float *v, float *Hv);
BPB_API bpb_status bpb_objective_gnvp(bpb_objective *objective, const double *theta,
                                       const double *v, double *Gv);
BPB_API bpb_status bpbf_objective_gnvp(bpbf_objective *objective, const float *theta,
                                       const float *v, float *Gv);

/* ---- Check ------------------------------------------------------------------------------ */

/*
 * Every derivative against central differences of what it is the derivative of, on the caller's
 * net, data and functions.
 */
typedef enum bpb_check_kind {
    BPB_CHECK_GRADIENT, /* dE/dtheta                  by differences of E, an entry of theta each */
    BPB_CHECK_INPUTS,   /* dE/dX                      by differences of E, an entry of X each */
    BPB_CHECK_JACOBIAN, /* dY/dX                      by differences of Y, an entry of X each */
    BPB_CHECK_JVP,      /* J v, random v and V        by differences of Y along them */
    BPB_CHECK_VJP,      /* J^T u, random u            by differences of <u, Y>, an entry of theta */
    BPB_CHECK_HVP,      /* H v, random v              by differences of the gradient along v */
    BPB_CHECKS
} bpb_check_kind;

/* "gradient", "inputs", "jacobian", "jvp", "vjp", "hvp"; NULL for a number that is none. */
BPB_API const char *bpb_check_name(bpb_check_kind check);

typedef struct bpb_check_options {
    unsigned what;    /* the sum of 1 << check for those wanted; 0: all */
    size_t entries;   /* most tried of each W_l, b_l, X or Y, drawn at random; default 100 */
    uint64_t seed;    /* of these, and of directions */
    double tolerance; /* what an entry may differ by, in units of its uncertainty; default 1 */
} bpb_check_options;

/* One entry of a derivative. */
typedef struct bpb_check_entry {
    size_t layer;       /* l = 1..L: of W_l or b_l; 0: of X, Y or dY/dX */
    size_t row, col;    /* of W_l; col = n_{l-1}: of b_l. Of X, Y, dY/dX: their row, the sample */
    double computed;    /* by the library */
    double difference;  /* by differences */
    double uncertainty; /* of the difference: its truncation and rounding, as the steps tried show
                           them, and the rounding of what is computed */
} bpb_check_entry;

typedef struct bpb_check_result {
    size_t entries;     /* compared; 0: not asked for, or a function lacks what it needs */
    size_t kinks;       /* tried, but left out: left and right differ, as at 0 of ReLU */
    size_t disagreeing; /* of entries: |computed - difference| > tolerance * uncertainty */
    bpb_check_entry worst; /* of all entries, by that measure */
} bpb_check_result;

typedef struct bpb_check_report {
    bpb_check_result result[BPB_CHECKS];
} bpb_check_report;

/*
 * Check; options NULL: defaults. The net is not changed. An entry costs some 40 passes over all
 * columns: a few columns do. Allocates.
 * BPB_DISAGREES: at least one entry does. BPB_NONFINITE, before that: E, Y or a derivative is not
 * finite; the other checks are made all the same.
 * Statuses of bpb_gradient and of the derivatives; one that lacks a function is left out, unless
 * it alone is asked for. BPB_ERR_OPTION, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_check(const bpb_net *net, bpb_view X, bpb_view T,
                              const bpb_check_options *options, bpb_check_report *report);
BPB_API bpb_status bpbf_check(const bpbf_net *net, bpbf_view X, bpbf_view T,
                              const bpb_check_options *options, bpb_check_report *report);

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

/* ---- Train ------------------------------------------------------------------------------ */

/*
 * Data that are not in memory (files, see bpb_mapped_source, or what a function of your own
 * computes or fetches), as columns 0 .. n-1: read puts columns index[0..B-1] of them into
 * X (n_0 x B) and T (targets x B), both packed, and returns 0, or not 0 where it fails. It is
 * called by one thread at a time, in the caller's floating-point environment.
 */
typedef struct bpb_source {
    size_t n;       /* columns */
    size_t targets; /* rows of T: 1 for class indices, else bpb_net_targets */
    int (*read)(void *user, const size_t *index, size_t B, double *X, double *T);
    void *user;
} bpb_source;

typedef struct bpbf_source {
    size_t n;
    size_t targets;
    int (*read)(void *user, const size_t *index, size_t B, float *X, float *T);
    void *user;
} bpbf_source;

/* What to train on. Validation and test are optional (data NULL): evaluated, never learnt. A source
 * (not NULL) stands in place of X and T, which then have no data. */
typedef struct bpb_data {
    bpb_view X, T;
    bpb_view X_validation, T_validation;
    bpb_view X_test, T_test;
    const bpb_source *source, *source_validation, *source_test;
} bpb_data;

typedef struct bpbf_data {
    bpbf_view X, T;
    bpbf_view X_validation, T_validation;
    bpbf_view X_test, T_test;
    const bpbf_source *source, *source_validation, *source_test;
} bpbf_data;

/* How far a run is. */
typedef struct bpb_progress {
    size_t epoch, epochs; /* the running or just finished one, from 1; of how many */
    size_t step, steps;   /* mini-batches done in this epoch; of how many */
    double eta;           /* of the last step; 0 of iRPROP */
    double seconds;       /* wall time of this epoch's steps, without its evaluation */
    double loss;          /* E of the last mini-batch, before its step; only for on_step */
    double gradient_norm; /* of its gradient, without penalties and before clipping, */
    double theta_norm;    /* and of theta after the step, both 2-norms; NaN without norms = 1 */
    bpb_score train, validation, test; /* after the epoch; columns = 0: not evaluated. Within an
                                          epoch: those of the epoch before */
    size_t best_epoch;    /* the best so far, see bpb_stop; 0: none yet */
    int resumed;          /* 1: on_epoch is told of an epoch that an earlier run has made */
    const void *net;      /* the bpb_net, or bpbf_net, that is trained */
} bpb_progress;

/*
 * How eta changes from step to step. With x = t / steps epochs done at step t = 0, 1, ...:
 *
 *   constant     eta = eta_0
 *   step         eta = eta_0 factor^floor(x / every)
 *   exponential  eta = eta_0 factor^x
 *   inverse      eta = eta_0 / (1 + rate x)                                (Robbins and Monro 1951)
 *   cosine       eta = eta_min + (eta_0 - eta_min) / 2 (1 + cos(pi x / epochs))
 *                                                                (Loshchilov and Hutter 2017)
 *   plateau      after patience epochs without a better one eta becomes factor eta, down to eta_min
 *   halving      after patience epochs without a better one eta becomes eta / 2, and once it has
 *                come down to eta_min the run ends            (Nielsen, chapter 3: eta_0 / 128)
 *   own          eta = own(progress, user), finite and >= 0, before each step, of which
 *                progress.step are made in this epoch; else the run ends by BPB_ERR_OPTION
 *
 * warmup: over the first warmup epochs eta rises in equal steps to eta_0, and the schedule begins
 * then, x counted (and epochs, for cosine) from there. iRPROP, which has no eta, takes none of
 * this: BPB_ERR_OPTION for all but constant.
 */
typedef enum bpb_schedule_kind {
    BPB_SCHEDULE_CONSTANT,
    BPB_SCHEDULE_STEP,
    BPB_SCHEDULE_EXPONENTIAL,
    BPB_SCHEDULE_INVERSE,
    BPB_SCHEDULE_COSINE,
    BPB_SCHEDULE_PLATEAU,
    BPB_SCHEDULE_HALVING,
    BPB_SCHEDULE_OWN = 255
} bpb_schedule_kind;

typedef struct bpb_schedule {
    bpb_schedule_kind kind; /* default constant */
    double factor;   /* 0 < factor < 1; default 0.1; exponential 0.95; halving has 1/2 */
    double every;    /* epochs, > 0, of step; default 10 */
    double rate;     /* per epoch, > 0, of inverse; default 1 */
    double eta_min;  /* 0 <= eta_min <= eta_0; default 0; halving, where 0 is the default too,
                        eta_0 / 128 */
    size_t patience; /* epochs; default 10 */
    double warmup;   /* epochs, >= 0; default 0 */
    double (*own)(const bpb_progress *progress, void *user); /* user: that of the run */
} bpb_schedule;

/* "constant", "step", "exponential", "inverse", "cosine", "plateau", "halving"; NULL for a number
 * that is none of them, and for your own. */
BPB_API const char *bpb_schedule_name(bpb_schedule_kind kind);
/* The reverse. BPB_ERR_OPTION: no such name. */
BPB_API bpb_status bpb_schedule_from_name(const char *name, bpb_schedule_kind *kind);

/* *eta = that of step t (from 0) of epochs times steps, for a loop of your own. Plateau and
 * halving, which depend on scores, count as constant. BPB_ERR_OPTION: the schedule is out of its
 * range, or is your own. BPB_ERR_SIZE: steps or epochs is 0. */
BPB_API bpb_status bpb_schedule_eta(const bpb_schedule *schedule, double eta_0, uint64_t t,
                                    size_t steps, size_t epochs, double *eta);

/*
 * When a run ends before its last epoch. An epoch is better than those before where the accuracy of
 * the validation columns (without any: of the training columns; where there is none, or by_loss =
 * 1: the loss) has improved on the best so far by more than min_delta. Equal is not better.
 */
typedef struct bpb_stop {
    size_t patience;    /* end after so many epochs without a better one (Nielsen's
                           no-improvement-in-n); 0: never */
    double min_delta;   /* >= 0; default 0 */
    int by_loss;        /* default 0 */
    int keep_best;      /* 1: at the end of the run theta is that of the best epoch; default 0 */
    double target_loss; /* end once the loss of the judged columns is not above; 0: never */
    double seconds;     /* end with the first step behind so much wall time; 0: never */
} bpb_stop;

/*
 * A checkpoint is a file with all that a run is: theta, the optimiser's state, its place in the
 * shuffled epoch, schedule, scores, best weights and the plan's wisdom. It is replaced atomically,
 * so that whenever the program ends there is a whole one. A run that takes one up goes on as if it
 * had not been interrupted, to the bit, times aside.
 */
typedef struct bpb_checkpoint {
    const char *path; /* NULL: none; of one run at a time. Replaced, unless resume is 1 */
    size_t steps;     /* write one after so many steps, */
    double seconds;   /* or so much time, whichever is first; both 0: after each epoch. Always one
                         where a run ends by BPB_OK or BPB_STOPPED */
    int resume;       /* 1: begin with what the file holds, where there is one */
} bpb_checkpoint;

typedef struct bpb_train_options {
    double eta;       /* learning rate eta_0, > 0; 0: that of optimiser; SGD must be given one */
    double lambda;    /* L2: the penalty lambda/(2 n) sum w^2 over n columns; default 0 */
    double lambda_1;  /* L1: the penalty lambda_1/n sum |w|; default 0. They are lambda/n more decay
                         and lambda_1/n more decay_1 of the optimiser */
    int decay_biases; /* 1: the penalties cover biases too; default 0 */
    bpb_opt_options optimiser; /* default SGD, whose gradient product accumulates into W */
    bpb_schedule schedule;     /* default constant */
    double dropout;        /* p of the hidden layers and of the inputs, as in bpb_plan_options; */
    double dropout_inputs; /* default 0 */
    size_t batch;     /* columns of a mini-batch, the last of an epoch may have fewer; default 10;
                         iRPROP all n, and no other */
    size_t epochs;    /* default 30 */
    uint64_t seed;    /* of the shuffling and of dropout */
    int no_shuffle;   /* 1: keep the order of the columns */
    int no_train_score; /* 1: do not evaluate the training columns after each epoch */
    int norms;          /* 1: tell the callbacks of norms; SGD then makes its gradient first and
                           the update after it, whose last bits differ; default 0 */
    bpb_stop stop;
    bpb_checkpoint checkpoint;
    size_t threads;        /* these three as in bpb_plan_options; the results do not depend on */
    bpb_planning planning; /* threads */
    const char *wisdom;
    /* Called after each mini-batch, and after each epoch; not 0 stops the run. NULL: none. They
     * may read, evaluate and save the net, and change its theta. */
    int (*on_step)(const bpb_progress *progress, void *user);
    int (*on_epoch)(const bpb_progress *progress, void *user);
    void *user;
} bpb_train_options;

/* Why a run ended. */
typedef enum bpb_end {
    BPB_END_EPOCHS,    /* all are done */
    BPB_END_PATIENCE,  /* see bpb_stop: patience, */
    BPB_END_TARGET,    /* target_loss, */
    BPB_END_TIME,      /* seconds */
    BPB_END_SCHEDULE,  /* halving came down to its end */
    BPB_END_CALLBACK,  /* BPB_STOPPED */
    BPB_END_NONFINITE, /* BPB_NONFINITE */
    BPB_END_LOST,      /* BPB_LOST */
    BPB_END_ERROR      /* an error, of a source, a checkpoint or a schedule of your own */
} bpb_end;

/* Which weights the net has when a run has ended. */
typedef enum bpb_kept {
    BPB_KEPT_LAST,  /* those after the last step that was made */
    BPB_KEPT_BEST,  /* those of the best epoch, report.last.best_epoch */
    BPB_KEPT_NONE   /* BPB_LOST: they are not finite; a checkpoint holds the last that were */
} bpb_kept;

/* What holds a value that is not finite. */
typedef enum bpb_in {
    BPB_IN_NOTHING,
    BPB_IN_X, /* of the data, or of a batch that a source gave; where is the entry */
    BPB_IN_T,
    BPB_IN_X_VALIDATION,
    BPB_IN_T_VALIDATION,
    BPB_IN_X_TEST,
    BPB_IN_T_TEST,
    BPB_IN_A,       /* A_l, all before it being finite: where.row is the unit, where.col the column
                       of X it comes from */
    BPB_IN_DELTA,   /* D_l, all A_l being finite */
    BPB_IN_LOSS,    /* the loss of column where.col, all of those being finite */
    BPB_IN_GRADIENT /* dW_l (where.col = n_{l-1}: db_l), or its square where the method takes that;
                       each D_l being finite */
} bpb_in;

/* What became of a run. */
typedef struct bpb_train_report {
    bpb_progress last;  /* the last state reached */
    bpb_end end;
    bpb_kept kept;
    bpb_in in;          /* BPB_NONFINITE: what is not finite, */
    size_t layer;       /* in which layer, */
    bpb_where where;    /* and where */
    int has_checkpoint; /* 1: options.checkpoint.path holds a state of this run */
} bpb_train_report;

/*
 * Gradient descent over mini-batches, as in Nielsen's Network.SGD: each epoch shuffles the columns
 * (bpb_shuffle with seed and epoch), makes a step for each mini-batch, then evaluates. SGD makes a
 * bpb_sgd_step, other methods (and SGD with clipping, decay_1 or norms) a bpb_gradient, of a
 * batch over 1024 columns in parts, and a bpb_opt_step; dropout's draw is the number of the step,
 * from 0 (times the most parts of one, plus the part). report: NULL, or filled in on BPB_OK, on
 * warnings, and on an error that ends a run which had begun. Allocates at its start (with a
 * checkpoint, some 300 bytes for each epoch), and then no more, but for the names of files.
 *
 * After a resume, on_epoch is first called for each epoch that was made before, with resumed = 1.
 * The net, the data to learn from and to validate by (of a source: how many), seed, batch,
 * optimiser with its penalties, and precision must be those of the interrupted run; other options
 * may be changed, epochs or eta, say. Where the wisdom of the file names kernels that this
 * machine has not, the plan is made anew, and last bits differ.
 *
 * However a run ends, the net is as after the last step that was made, or, with keep_best, as after
 * the best epoch:
 * BPB_STOPPED: a callback did not return 0, in the last epoch too.
 * BPB_NONFINITE: a value of the data is not finite, found before the first step (in a source:
 * before the step that it belongs to), or a step's loss (SGD looks at it for on_step alone), delta
 * or gradient is not; that step is not made.
 * BPB_LOST: an update overflowed, and the weights are lost; see report->kept.
 * BPB_ERR_OPTION: an option out of its range, or no columns to judge by where there is something
 * to judge. BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_LABEL: see Views, for any of the
 * matrices; BPB_ERR_SIZE: also over 2^32-1 columns to shuffle. BPB_ERR_NO_VJP: a function of the
 * net lacks it. BPB_ERR_SOURCE: a source failed.
 * BPB_ERR_NULL: also one of a pair X, T without the other. BPB_ERR_FORMAT, BPB_ERR_THREAD: see
 * bpb_plan_create. BPB_ERR_MEMORY.
 * Of checkpoints: BPB_ERR_IO, when reading or writing; a failed write ends the run, and leaves the
 * file before. BPB_ERR_FORMAT, BPB_ERR_TRUNCATED,
 * BPB_ERR_CHECKSUM, BPB_ERR_VERSION: the file to resume from is none. BPB_ERR_MISMATCH: it is that
 * of another run.
 */
BPB_API bpb_status bpb_train(bpb_net *net, const bpb_data *data,
                              const bpb_train_options *options,
                              bpb_train_report *report);
BPB_API bpb_status bpbf_train(bpbf_net *net, const bpbf_data *data,
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
BPB_API bpb_status bpb_idx_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_idx_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * T = one column for each entry of labels (1 x n): 1 in the row of the label, 0 elsewhere.
 * T is classes x n. BPB_ERR_LABEL: an entry is not a whole number of 0 .. classes-1; *where
 * (NULL: not wanted) tells which.
 */
BPB_API bpb_status bpb_one_hot(bpb_view labels, bpb_out T, bpb_where *where);
BPB_API bpb_status bpbf_one_hot(bpbf_view labels, bpbf_out T, bpb_where *where);

/* Free what a reader allocated; accepts NULL. */
BPB_API void bpb_free(void *memory);

/*
 * Read a file of numbers: a row of the file is a column of X, its fields, separated by commas,
 * semicolons or tabs (one of them throughout), are the rows of X; blanks around a field are
 * ignored, as are empty lines and a byte order mark of UTF-8. A field may stand in double quotes,
 * within which separators, blanks and line breaks are characters as others are, and two quotes
 * stand for one. Numbers are decimal, of at most 1023 characters, with the point '.'
 * whatever the locale, and are rounded once; nan and inf are numbers. A first row with a field of
 * text that is no number is a header, and left out. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_FORMAT: a field is empty, no number, or has no closing quote, or a row has not as many as
 * the first; *where tells which, in terms of X. BPB_ERR_RANGE: a number exceeds the precision;
 * *where too. BPB_ERR_SIZE: no numbers at all. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_csv_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_csv_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * The fields of the header that bpb_csv_read leaves out, n of them, without quotes; without a
 * header *names is NULL and *n 0. They need not be as many as X has rows: compare n with X.rows.
 * Pointers and texts are one block; free it with bpb_free(*names).
 * BPB_ERR_FORMAT: the first row has a quote that is not closed, a NUL byte, or, being a header,
 * two kinds of separators. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_csv_names(char ***names, size_t *n, const char *path);

/* Which column of a file holds class names, and which class each of them is. */
typedef struct bpb_csv_labels {
    const char *column; /* its name in the header; where there is no such name, its number, counted
                           from 0; NULL: the last one */
    char *const *names; /* names[k] is class k, n_names of them, from an earlier file, say; NULL:
                           those of this file, sorted by their bytes (strcmp) */
    size_t n_names;
} bpb_csv_labels;

/*
 * As bpb_csv_read, but for one column of the file, in which every text that is not empty is the
 * name of a class, numbers too: its row of X, at its place, holds the class indices 0, 1, ....
 * labels: NULL for all defaults. A first row is a header where it has a name that is
 * labels->column, or where a field of another column is text: so a file need not have one. Where it
 * has, it must have as many fields as the other rows.
 * *names (names and n_names both NULL: not wanted) is the list in use, as of bpb_csv_names: keep it
 * with the model, and give it for other files, which may not have all classes in them.
 * Beyond bpb_csv_read: BPB_ERR_LABEL: a text is not among labels->names; *where tells the first.
 * BPB_ERR_OPTION: there is no such column. BPB_ERR_SIZE: n_names is 0 and names is not NULL.
 * BPB_ERR_FORMAT: an empty text. BPB_ERR_RANGE: also more classes than the precision can count.
 * BPB_ERR_NULL: also one of names and n_names without the other, or an entry of labels->names.
 */
BPB_API bpb_status bpb_csv_read_labels(bpb_out *X, const char *path,
                                        const bpb_csv_labels *labels, char ***names,
                                        size_t *n_names, bpb_where *where);
BPB_API bpb_status bpbf_csv_read_labels(bpbf_out *X, const char *path,
                                        const bpb_csv_labels *labels, char ***names,
                                        size_t *n_names, bpb_where *where);

/*
 * Read a NumPy file (.npy, format versions 1.0 to 3.0) of numbers: bool, signed or unsigned
 * integers of 1, 2, 4 or 8 bytes, floats of 4 or 8, in either byte order and either order of the
 * axes. As in bpb_idx_read the first axis counts the samples: of an array a of shape (n, ...),
 * column j of X is a[j], its last axis fastest, and so X has n columns, and as many rows as the
 * product of the other extents; 1 where there are none. Values are taken as they are, rounded
 * once. The file is trusted in nothing. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_IO, BPB_ERR_TRUNCATED, BPB_ERR_MEMORY. BPB_ERR_FORMAT: bytes behind the elements, too.
 * BPB_ERR_SIZE: an extent is 0 or their product too large. BPB_ERR_RANGE: a double in the file
 * exceeds float. BPB_ERR_VERSION: another format version. BPB_ERR_UNSUPPORTED: elements of any
 * other type (objects, that is pickles, records, complex numbers, ...), no axis, or more than 64.
 */
BPB_API bpb_status bpb_npy_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_npy_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * Write X as a NumPy file of version 1.0: shape (cols, rows), type '<f8' (s form: '<f4'), C order.
 * So numpy.load gives an array of one sample a row, and bpb_npy_read gives X back, each value to
 * the bit. The file comes about as in bpb_net_save. Allocates.
 * BPB_ERR_SHAPE: no rows. BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_npy_write(bpb_view X, const char *path);
BPB_API bpb_status bpbf_npy_write(bpbf_view X, const char *path);

/*
 * Inputs X and targets T in two files that are mapped into memory and not read: the system fetches
 * what is asked for, and drops it again where memory is needed, so that the files may be larger
 * than memory. Each is an IDX file or a NumPy file, told by its content, of any type, byte order
 * and order of axes that bpb_idx_read and bpb_npy_read take, and every value has the bits that
 * they give. Samples one behind the other (IDX, and C order) are read fastest: in Fortran order
 * each value of a column lies on another page of the file.
 *
 * The files are opened for reading alone, and must stay as they are. If one is made shorter while
 * it is mapped, reading beyond its end kills the program (SIGBUS), as with every mapped file;
 * replacing it by a new file of its name (as bpb_npy_write does) is harmless.
 */
typedef struct bpb_mapped bpb_mapped;
typedef struct bpbf_mapped bpbf_mapped;

/*
 * classes = 0: T as it stands in its file. classes = K: the file of T has one row of class indices
 * (as of a vector of labels), and T is one-hot, K rows, as of bpb_one_hot. T as class indices, for
 * which nothing need be written out, is classes = 0; then they are not looked at.
 * Headers are trusted in nothing, and sizes are compared with those of the files. Of the values
 * only labels are looked at; whether the others are finite is not. Allocates.
 * BPB_ERR_LABEL: a label is not a whole number of 0 .. classes-1. BPB_ERR_SHAPE: X and T have not
 * the same columns, or there are classes, and T has not one row. BPB_ERR_TRUNCATED, BPB_ERR_FORMAT
 * (bytes behind the elements, too), BPB_ERR_VERSION: as those functions. BPB_ERR_UNSUPPORTED: as
 * bpb_npy_read, or a file in gzip: unpack it (gzip -dk FILE). BPB_ERR_SIZE: an extent is 0, or a
 * product of them, or classes, too large. BPB_ERR_IO: also no regular file. BPB_ERR_MEMORY: also
 * no room in the address space. BPB_ERR_NULL.
 */
BPB_API bpb_status bpb_mapped_open(bpb_mapped **mapped, const char *X_path, const char *T_path,
                                    size_t classes);
BPB_API bpb_status bpbf_mapped_open(bpbf_mapped **mapped, const char *X_path, const char *T_path,
                                    size_t classes);

/* *mapped = NULL; its sources must not be used any more. Accepts NULL, and NULL in *mapped. */
BPB_API void bpb_mapped_close(bpb_mapped **mapped);
BPB_API void bpbf_mapped_close(bpbf_mapped **mapped);

/* Columns of both, rows of X, and rows of T (K, where it is one-hot); 0 of NULL. */
BPB_API size_t bpb_mapped_columns(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_columns(const bpbf_mapped *mapped);
BPB_API size_t bpb_mapped_inputs(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_inputs(const bpbf_mapped *mapped);
BPB_API size_t bpb_mapped_targets(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_targets(const bpbf_mapped *mapped);

/*
 * Columns first .. first + count - 1 as a source, in which they are 0 .. count-1: so that some are
 * kept for validation. It is good until mapped is closed. n = 0 and read = NULL: mapped is NULL, it
 * has not all of these columns, count is 0, or there is no memory: look at n.
 * Allocates a few bytes, once for each first and count (freed by bpb_mapped_close); calls for one
 * mapped must not run at the same time.
 *
 * Its read may run in any number of threads, and allocates nothing. X or T NULL: not wanted. It
 * returns 0, or, X and T then holding anything, BPB_ERR_SIZE: an index is n or more; BPB_ERR_RANGE:
 * a double exceeds float; BPB_ERR_LABEL: a label has been changed in the file.
 */
BPB_API bpb_source bpb_mapped_source(bpb_mapped *mapped, size_t first, size_t count);
BPB_API bpbf_source bpbf_mapped_source(bpbf_mapped *mapped, size_t first, size_t count);

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
 * last bits alone. Where X is masked, NaN is left out; weights are not looked at.
 * BPB_NONFINITE: a value is not finite (see bpb_find_nonfinite); moments are unchanged.
 * BPB_ERR_OPTION: moments hold what none can: a value that is not finite (as where squares have
 * overflowed), or a count or squares below 0. BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_SHAPE: see
 * Views.
 */
BPB_API bpb_status bpb_moments_add(bpb_moments *moments, bpb_view X);
BPB_API bpb_status bpbf_moments_add(bpb_moments *moments, bpbf_view X);

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

/* ---- Model files --------------------------------------------------------------------- */

/*
 * A net as a safetensors file (docs/model-format.md): shape, functions, parameters, scaling and
 * notes. Saving writes a temporary file in the same folder and renames it, so that an older
 * file of that name survives any failure. Allocates.
 * BPB_ERR_IO, BPB_ERR_MEMORY. BPB_ERR_SIZE: the notes are over the limits of the format.
 * BPB_ERR_UNSUPPORTED: built without the JSON library.
 */
BPB_API bpb_status bpb_net_save(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save(const bpbf_net *net, const char *path);

/*
 * Make a net from a model file of either precision. The file is trusted in nothing. Allocates.
 * BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM, BPB_ERR_VERSION,
 * BPB_ERR_PAIR, BPB_ERR_SIZE, BPB_ERR_MEMORY. BPB_ERR_RANGE: a double exceeds float.
 * BPB_ERR_UNSUPPORTED: as above. BPB_ERR_FUNCTION: it uses functions of your own: see
 * bpb_net_load_with. BPB_NONFINITE: loaded, but a parameter is not finite.
 */
BPB_API bpb_status bpb_net_load(bpb_net **net, const char *path);
BPB_API bpb_status bpbf_net_load(bpbf_net **net, const char *path);

/*
 * A model may use functions of your own (see bpb_net_set_activation), of which its file holds the
 * names. To load it, give those functions; more than it names may be given; functions NULL, as in
 * bpb_net_load: none. BPB_ERR_FUNCTION: it names one that is not given; missing (NULL: not wanted)
 * then tells its name. BPB_ERR_OPTION, BPB_ERR_NULL: one of them is not as bpb_net_set_activation
 * needs it.
 */
#define BPB_NAME_BYTES 32 /* of a function's name, the closing 0 included */

typedef struct bpb_functions {
    const bpb_activation_function *activations;
    size_t n_activations;
    const bpb_loss_function *losses;
    size_t n_losses;
} bpb_functions;

typedef struct bpbf_functions {
    const bpbf_activation_function *activations;
    size_t n_activations;
    const bpbf_loss_function *losses;
    size_t n_losses;
} bpbf_functions;

BPB_API bpb_status bpb_net_load_with(bpb_net **net, const char *path,
                                      const bpb_functions *functions,
                                      char missing[BPB_NAME_BYTES]);
BPB_API bpb_status bpbf_net_load_with(bpbf_net **net, const char *path,
                                      const bpbf_functions *functions,
                                      char missing[BPB_NAME_BYTES]);

BPB_API bpb_status bpb_net_load_memory_with(bpb_net **net, const void *buffer, size_t bytes,
                                             const bpb_functions *functions,
                                             char missing[BPB_NAME_BYTES]);
BPB_API bpb_status bpbf_net_load_memory_with(bpbf_net **net, const void *buffer, size_t bytes,
                                             const bpbf_functions *functions,
                                             char missing[BPB_NAME_BYTES]);

/*
 * The JSON of Nielsen's network2.py: {"sizes", "weights", "biases", "cost"}, sigmoid in all layers,
 * cost "QuadraticCost" (squared) or "CrossEntropyCost". Numbers are written with the digits that
 * give them back exactly. Reading: as bpb_net_load; BPB_ERR_RANGE: a number exceeds the precision.
 * Saving is as atomic as bpb_net_save.
 * BPB_ERR_UNSUPPORTED: built without the JSON library, or the net to save is another: of other
 * functions, with label smoothing or scaling, or a parameter is not finite. (Notes are left out.)
 */
BPB_API bpb_status bpb_net_load_network2(bpb_net **net, const char *path);
BPB_API bpb_status bpbf_net_load_network2(bpbf_net **net, const char *path);
BPB_API bpb_status bpb_net_save_network2(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save_network2(const bpbf_net *net, const char *path);

/*
 * bpb_net_save and bpb_net_load to and from memory. *bytes (never NULL) is the size of the file's
 * content; buffer NULL: ask for it only. BPB_ERR_BUFFER: capacity too small; *bytes says what is
 * needed.
 */
BPB_API bpb_status bpb_net_save_memory(const bpb_net *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpbf_net_save_memory(const bpbf_net *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpb_net_load_memory(bpb_net **net, const void *buffer, size_t bytes);
BPB_API bpb_status bpbf_net_load_memory(bpbf_net **net, const void *buffer, size_t bytes);

/* Which precision a model file holds, 4 or 8 bytes a parameter. As bpb_net_load. */
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
