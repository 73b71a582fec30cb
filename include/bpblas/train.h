/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Training: a run with its data, options and report. Then the parts of a training loop of your
 * own: schedules, dropout, optimisers, and the gradient layer by layer (docs/examples/own_loop.c).
 *
 *     bpb_train(net, &data, &(bpb_train_options){.eta = 0.5, .epochs = 20}, NULL);       SGD
 *     ... {.method = BPB_ADAM}                                                            Adam
 *     ... {.method = BPB_ADAM, .lambda = 0.01 * n, .decoupled = 1}                        AdamW
 *     ... {.method = BPB_MOMENTUM, .eta = 0.1, .tuning = {.momentum = 0.8}}
 *
 * n is the number of training columns. A field that is 0 has the default of its comment. If an
 * option is outside its range, the call returns BPB_ERR_OPTION, and bpb_error() names the option.
 */
#ifndef BPBLAS_TRAIN_H
#define BPBLAS_TRAIN_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Data ------------------------------------------------------------------------------- */

/*
 * Data that are not in memory, as columns 0 .. n-1: files (see bpb_mapped_source), or what a
 * function of your own computes or fetches. read puts columns index[0..B-1] into X (n_0 x B) and T
 * (targets x B), both packed. It returns 0, or another number if it fails. It is called by one
 * thread at a time, in the caller's floating-point environment.
 */
typedef struct bpb_source {
    size_t n;       /* columns */
    size_t inputs;  /* rows of X, n_0; 0: not checked */
    size_t targets; /* rows of T: 1 for class indices, else bpb_net_loss(net).n_targets */
    int (*read)(void *user, const size_t *index, size_t B, double *X, double *T);
    void *user;
} bpb_source;

typedef struct bpbf_source {
    size_t n, inputs, targets;
    int (*read)(void *user, const size_t *index, size_t B, float *X, float *T);
    void *user;
} bpbf_source;

/* A set of samples: X and T, or a source. With a source, X and T have no data, and T.kind says what
 * the targets of the source are. */
typedef struct bpb_set {
    bpb_view X;
    bpb_targets T;
    const bpb_source *source;
} bpb_set;

typedef struct bpbf_set {
    bpbf_view X;
    bpbf_targets T;
    const bpbf_source *source;
} bpbf_set;

/* The net learns from train. It is evaluated on validation and test after each epoch, and never
 * learns from them. Both may be empty ({0}). */
typedef struct bpb_data {
    bpb_set train, validation, test;
} bpb_data;

typedef struct bpbf_data {
    bpbf_set train, validation, test;
} bpbf_data;

/* ---- Options ---------------------------------------------------------------------------- */

/*
 * How theta follows a gradient. Step t = 1, 2, ... is, for each entry, the method's update below.
 * g is the gradient after clipping and with its decay, see bpb_opt_options. m, s and v begin at 0,
 * Delta at delta_0.
 *
 *   SGD       theta <- theta - eta g
 *   momentum  v <- momentum v + g,  theta <- theta - eta v                          (Polyak 1964)
 *   Nesterov  v <- momentum v + g,  theta <- theta - eta (g + momentum v)
 *                                                      (Nesterov 1983; Sutskever et al. 2013)
 *   Adagrad   s <- s + g^2,
 *             theta <- theta - eta / (1 + (t-1) eta_decay) g / (sqrt s + epsilon)
 *                                                                          (Duchi et al. 2011)
 *   RMSprop   s <- rho s + (1 - rho) g^2,  v <- momentum v + g / (sqrt s + epsilon),
 *             theta <- theta - eta v                                (Tieleman and Hinton 2012)
 *     centred: m <- rho m + (1 - rho) g too, and s - m^2 below the root           (Graves 2013)
 *   Adam      m <- beta1 m + (1 - beta1) g,  s <- beta2 s + (1 - beta2) g^2,
 *             theta <- theta - eta m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
 *                                                                      (Kingma and Ba 2015)
 *     amsgrad: the largest s so far below the root                         (Reddi et al. 2018)
 *   iRPROP-   Delta <- min(eta_plus Delta, delta_max)            if g g' > 0,
 *             Delta <- max(eta_minus Delta, delta_min),  g <- 0  if g g' < 0,
 *             theta <- theta - sign(g) Delta;  g' is the g of the step before
 *   iRPROP+   the same; if g g' < 0 and the loss has grown, theta goes back by its last step
 *                                                             (both Igel and Huesken 2003)
 *
 * iRPROP requires the gradient of all data in each step. The other methods take that of any
 * batch. Where sources differ, the method is PyTorch's.
 */
typedef enum bpb_method {
    BPB_SGD,
    BPB_MOMENTUM,
    BPB_NESTEROV,
    BPB_ADAGRAD,
    BPB_RMSPROP,
    BPB_ADAM,
    BPB_IRPROP_PLUS,
    BPB_IRPROP_MINUS
} bpb_method;

/*
 * The numbers in these equations, and clipping. A method ignores the numbers of other methods;
 * they must be in their range all the same.
 *
 * g is clipped before weights decay: first each entry to -clip_value .. clip_value, then g as a
 * whole to g min(1, clip_norm / |g|_2)                     (Pascanu, Mikolov and Bengio 2013).
 * A g within the limit keeps its bits.
 */
typedef struct bpb_method_options {
    double momentum;      /* 0 <= momentum < 1; default 0.9, RMSprop 0 */
    double eta_decay;     /* Adagrad: >= 0; default 0 */
    double rho;           /* RMSprop: 0 < rho < 1; default 0.99 */
    int centred;          /* RMSprop: 1 subtracts m^2; default 0; other methods require 0 */
    double beta1;         /* Adam: 0 < beta1 < 1; default 0.9 */
    double beta2;         /* Adam: 0 < beta2 < 1; default 0.999 */
    double epsilon;       /* > 0, a normal number; default 1e-8, Adagrad 1e-10 */
    int amsgrad;          /* Adam: 1 takes the largest s; default 0; other methods require 0 */
    double clip_value;    /* > 0, a normal number; default 0: entries are not clipped */
    double clip_norm;     /* > 0, a normal number; default 0: the norm is not clipped */
    double eta_plus;      /* iRPROP: > 1; default 1.2 */
    double eta_minus;     /* iRPROP: 0 < eta_minus < 1; default 0.5 */
    double delta_0;       /* iRPROP: delta_min <= delta_0 <= delta_max; default 0.0125 */
    double delta_min;     /* iRPROP: >= 0; default 0 */
    double delta_max;     /* iRPROP: default 50 */
    uint64_t reserved[4]; /* must be 0 */
} bpb_method_options;

/* How far a run is. */
typedef struct bpb_progress {
    size_t epoch, epochs; /* the current or just finished epoch, from 1; all epochs */
    size_t step, steps;   /* mini-batches done in this epoch; all of an epoch */
    double eta;           /* of the last step; 0 for iRPROP */
    double seconds;       /* wall time of this epoch's steps, without the evaluation */
    double loss;          /* E of the last mini-batch before its step; only in on_step */
    double gradient_norm; /* |g|_2 of that mini-batch, before clipping and decay */
    double theta_norm;    /* |theta|_2 after the step; both norms are NaN unless norms = 1 */
    bpb_score train, validation, test; /* after the last finished epoch; columns = 0: not
                                          evaluated */
    size_t best_epoch;    /* the best so far, see bpb_stop; 0: none yet */
    int resumed;          /* 1: on_epoch is called for an epoch of the interrupted run */
    const void *net;      /* the bpb_net or bpbf_net that is trained */
} bpb_progress;

/*
 * How eta changes from step to step. x = t / steps is the number of epochs done at step t = 0, 1,
 * ... iRPROP has no eta and requires the constant schedule without warm-up.
 */
typedef enum bpb_schedule_kind {
    BPB_SCHEDULE_CONSTANT,    /* eta = eta_0 */
    BPB_SCHEDULE_STEP,        /* eta = eta_0 factor^floor(x / every) */
    BPB_SCHEDULE_EXPONENTIAL, /* eta = eta_0 factor^x */
    BPB_SCHEDULE_INVERSE,     /* eta = eta_0 / (1 + rate x)           (Robbins and Monro 1951) */
    BPB_SCHEDULE_COSINE,      /* eta = eta_min + (eta_0 - eta_min) / 2 (1 + cos(pi x / epochs))
                                                                (Loshchilov and Hutter 2017) */
    BPB_SCHEDULE_PLATEAU,     /* eta <- factor eta, not below eta_min, after patience epochs
                                 without a better one */
    BPB_SCHEDULE_HALVING,     /* eta <- eta / 2 after patience epochs without a better one; the run
                                 ends when eta reaches eta_min           (Nielsen, chapter 3) */
    BPB_SCHEDULE_OWN = 255    /* eta = own(progress, user) before each step; it must be >= 0 and
                                 finite, else the run ends with BPB_ERR_OPTION */
} bpb_schedule_kind;

typedef struct bpb_schedule {
    bpb_schedule_kind kind; /* default constant */
    double factor;          /* 0 < factor < 1; default 0.1, exponential 0.95; halving ignores it */
    double every;           /* epochs, > 0; default 10 */
    double rate;            /* per epoch, > 0; default 1 */
    double eta_min;         /* 0 <= eta_min <= eta_0; default 0, halving eta_0 / 128 */
    size_t patience;        /* epochs; default 10 */
    double warmup;          /* epochs, >= 0, in which eta first rises to eta_0 in equal steps; x and
                               the epochs of cosine count from there; default 0 */
    double (*own)(const bpb_progress *progress, void *user); /* user: that of the run */
    uint64_t reserved[4];   /* must be 0 */
} bpb_schedule;

/*
 * When a run ends before its last epoch. Epochs are judged by the validation columns, or by the
 * training columns if there are none. An epoch is better if its accuracy exceeds the best so far
 * by more than min_delta. With by_loss = 1, or if there is no accuracy, the loss must be lower by
 * more than min_delta.
 */
typedef struct bpb_stop {
    size_t patience;      /* end after this many epochs without a better one; default 0: never */
    double min_delta;     /* >= 0; default 0 */
    int by_loss;          /* default 0 */
    int keep_best;        /* 1: the net ends with the weights of the best epoch; default 0 */
    double target_loss;   /* end when the loss of the judged columns is at most this; default 0:
                             never */
    double seconds;       /* end after the first step beyond this wall time; default 0: never */
    uint64_t reserved[4]; /* must be 0 */
} bpb_stop;

/*
 * A checkpoint is a file with the whole state of a run: theta, optimiser, place in the shuffled
 * epoch, scores, best weights and the plan's wisdom. A resumed run has the bits of a run that was
 * never interrupted, except for times. The file is replaced atomically and belongs to one run at
 * a time.
 *
 * A resumed run needs the same net, training and validation data (of a source: the number of
 * columns), batch, seed, no_shuffle, method, tuning, penalties and precision. The other options
 * may change, for example epochs or eta. If this machine lacks a kernel of the file's wisdom, the
 * plan is made anew, and last bits differ.
 */
typedef struct bpb_checkpoint {
    const char *path;     /* default NULL: no checkpoint */
    size_t steps;         /* write the file after this many steps, */
    double seconds;       /* or after this time, whichever comes first; both 0 (default): after each
                             epoch. The file is also written at the end of a run with BPB_OK or
                             BPB_STOPPED */
    int resume;           /* 1: start from the file if it exists; default 0: replace it */
    uint64_t reserved[4]; /* must be 0 */
} bpb_checkpoint;

/*
 * eta is the learning rate eta_0. The penalty lambda / (2 n) sum w^2 + lambda_1 / n sum |w|, over
 * n training columns, makes weights decay: decay = lambda / n and decay_1 = lambda_1 / n, as in
 * bpb_opt_options.
 */
typedef struct bpb_train_options {
    bpb_method method;          /* default SGD, whose gradient and update are one product */
    double eta;                 /* > 0; SGD requires it; default 0.001, Adagrad and RMSprop 0.01 */
    double lambda;              /* L2, >= 0; default 0 */
    double lambda_1;            /* L1, >= 0; default 0 */
    int decay_biases;           /* 1: biases decay too; default 0 */
    int decoupled;              /* 1: decay apart from g, as in bpb_opt_options; default 0 */
    bpb_method_options tuning;
    bpb_schedule schedule;      /* default constant */
    double dropout;             /* of hidden layers, as in bpb_plan_options; default 0 */
    double dropout_inputs;      /* of inputs; default 0 */
    size_t batch;               /* columns of a mini-batch; the last of an epoch may have fewer;
                                   default 10. iRPROP: all n, which is its default */
    size_t epochs;              /* default 30 */
    uint64_t seed;              /* of the shuffle and of dropout */
    int no_shuffle;             /* 1: keep the order of the columns; default 0 */
    int no_train_score;         /* 1: do not evaluate the training columns; default 0 */
    int norms;                  /* 1: compute the norms in bpb_progress; the last bits of SGD then
                                   differ; default 0 */
    bpb_stop stop;
    bpb_checkpoint checkpoint;
    size_t threads;             /* as in bpb_plan_options; the results do not depend on it */
    bpb_planning planning;      /* as in bpb_plan_options */
    const char *wisdom;         /* as in bpb_plan_options */
    /* Called after each mini-batch and after each epoch. A return value other than 0 stops the run.
     * The functions may read, evaluate and save the net, and change its theta. Default NULL. */
    int (*on_step)(const bpb_progress *progress, void *user);
    int (*on_epoch)(const bpb_progress *progress, void *user);
    void *user;
    uint64_t reserved[4];       /* must be 0 */
} bpb_train_options;

/* ---- Report and run --------------------------------------------------------------------- */

/* Why a run ended. */
typedef enum bpb_end {
    BPB_END_EPOCHS,    /* all epochs are done */
    BPB_END_PATIENCE,  /* stop.patience */
    BPB_END_TARGET,    /* stop.target_loss */
    BPB_END_TIME,      /* stop.seconds */
    BPB_END_SCHEDULE,  /* the halving schedule reached eta_min */
    BPB_END_CALLBACK,  /* BPB_STOPPED */
    BPB_END_NONFINITE, /* BPB_NONFINITE */
    BPB_END_LOST,      /* BPB_LOST */
    BPB_END_ERROR      /* a source, a checkpoint or a schedule of your own failed */
} bpb_end;

/* Which weights the net has after a run. */
typedef enum bpb_kept {
    BPB_KEPT_LAST,  /* those after the last step */
    BPB_KEPT_BEST,  /* those of the best epoch, report.last.best_epoch */
    BPB_KEPT_NONE   /* BPB_LOST: weights that are not finite; a checkpoint holds the last finite
                       ones */
} bpb_kept;

/* What holds a value that is not finite. */
typedef enum bpb_in {
    BPB_IN_NOTHING,
    BPB_IN_X, /* the data, or a batch of a source; report.where is the entry */
    BPB_IN_T,
    BPB_IN_X_VALIDATION,
    BPB_IN_T_VALIDATION,
    BPB_IN_X_TEST,
    BPB_IN_T_TEST,
    BPB_IN_A,       /* A_l, the first such layer; where.row is the unit, where.col the column */
    BPB_IN_DELTA,   /* D_l; all A_l are finite */
    BPB_IN_LOSS,    /* the loss of column where.col; all A_l and D_l are finite */
    BPB_IN_GRADIENT /* dW_l (where.col = n_{l-1}: db_l), or its square if the method squares it; all
                       D_l are finite */
} bpb_in;

typedef struct bpb_train_report {
    bpb_progress last;  /* the last state */
    bpb_end end;
    bpb_kept kept;
    bpb_in in;          /* BPB_NONFINITE: what is not finite, */
    size_t layer;       /* in which layer, */
    bpb_where where;    /* and where */
    int has_checkpoint; /* 1: checkpoint.path holds a state of this run */
} bpb_train_report;

/*
 * Train a net by gradient descent over mini-batches (Nielsen's Network.SGD).
 *
 * Each epoch shuffles the columns by bpb_shuffle, makes a step for each mini-batch, and
 * evaluates. Plain SGD makes each step by bpb_sgd_step. Other methods, and SGD with lambda_1,
 * clipping or norms, call bpb_gradient and bpb_opt_step. They compute a batch of over 1024
 * columns in parts. The draw of dropout is the number of the step, from 0 (times the parts of a
 * full batch, plus the part). A resumed run first calls on_epoch, with resumed = 1, for each epoch
 * that was done before.
 *
 * report: NULL, or filled in on BPB_OK, on warnings, and on errors of a run that had begun.
 * After any end of a run, the net has the weights after the last step. With keep_best, it has
 * those of the best epoch. A step that returns BPB_NONFINITE is not made.
 *
 * Returns:
 * BPB_OK
 * BPB_STOPPED       a callback returned other than 0
 * BPB_NONFINITE     a value of the data is not finite, or a delta, gradient or loss of a step. Data
 *                   are checked before the first step, those of a source before the step that uses
 *                   them. Plain SGD computes the loss only for on_step
 * BPB_LOST          an update overflowed: see report->kept
 * BPB_ERR_OPTION    an option is outside its range, or there are no evaluated columns to judge
 *                   epochs by
 * BPB_ERR_NULL      also if one of a pair X, T is missing
 * BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_LABEL
 *                   a matrix, see Views; BPB_ERR_SIZE also for over 2^32 - 1 columns to shuffle
 * BPB_ERR_NO_VJP    a function of the net has no derivative
 * BPB_ERR_SOURCE    a source failed
 * BPB_ERR_FORMAT, BPB_ERR_THREAD
 *                   wisdom or threads, see bpb_plan_create
 * BPB_ERR_IO        the checkpoint cannot be read or written; a failed write leaves the file as it
 *                   was and ends the run
 * BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM, BPB_ERR_VERSION
 *                   the file to resume from is no checkpoint
 * BPB_ERR_MISMATCH  the checkpoint is of another run; bpb_error() says what differs
 * BPB_ERR_MEMORY
 *
 * Allocates: at its start, and for the names of files. A checkpoint needs some 300 bytes an epoch.
 */
BPB_API bpb_status bpb_train(bpb_net *net, const bpb_data *data,
                              const bpb_train_options *options,
                              bpb_train_report *report);
BPB_API bpb_status bpbf_train(bpbf_net *net, const bpbf_data *data,
                              const bpb_train_options *options,
                              bpb_train_report *report);

/*
 * index[0..n-1] = a random permutation of 0 .. n-1, each equally likely (Fisher and Yates): a
 * function of n, seed and epoch alone.
 *
 * Returns: BPB_OK; BPB_ERR_SIZE if n is 0 or over 2^32 - 1.
 */
BPB_API bpb_status bpb_shuffle(size_t *index, size_t n, uint64_t seed, uint64_t epoch);

/* ---- Your own loop: schedules and dropout ----------------------------------------------- */

/*
 * *eta = the learning rate of step t, from 0, in a run of epochs times steps. Plateau and halving
 * depend on scores and count as constant here.
 *
 * Returns: BPB_OK; BPB_ERR_OPTION if the schedule or eta_0 is outside its range, or the schedule
 * is your own; BPB_ERR_SIZE if steps or epochs is 0.
 */
BPB_API bpb_status bpb_schedule_eta(const bpb_schedule *schedule, double eta_0, uint64_t t,
                                    size_t steps, size_t epochs, double *eta);

/*
 * Choose the masks of dropout for the next passes of a work. Dropout is inverted (Srivastava et
 * al. 2014): with a plan made for it, bpb_gradient, bpb_gradient_by_layer and bpb_sgd_step thin
 * A_l, l = 0 .. L-1, before layer l + 1 reads it. With o the product entry by entry,
 *
 *     A~_l = M_l o A_l,  each entry of M_l 0 with probability p_l, else 1 / (1 - p_l)
 *     D_l = g'_l(Z_l)^T (M_l o (W_{l+1}^T D_{l+1})),  dW_{l+1} = D_{l+1} A~_l^T
 *
 * p_0 is the plan's dropout_inputs (of scaled inputs), p_l its dropout. Other passes drop
 * nothing. A dropped value may be NaN or infinite.
 *
 * M_l depends on seed, draw, l, the unit and the column's place in the batch alone: it is the
 * same in float and double, on any machine and with any number of threads. Give each step another
 * draw, and each part of a batch that is added up. Before the first call, seed and draw are 0.
 *
 * Returns: BPB_OK; BPB_ERR_PLAN if the plan has no dropout.
 */
BPB_API bpb_status bpb_work_dropout(bpb_work *work, uint64_t seed, uint64_t draw);
BPB_API bpb_status bpbf_work_dropout(bpbf_work *work, uint64_t seed, uint64_t draw);

/* ---- Your own loop: optimisers ---------------------------------------------------------- */

/*
 * A step from a gradient is that of the method (see bpb_method), with
 *
 *     g = clip(scale gradient) + decay theta + decay_1 sign(theta),     sign(0) = 0
 *
 * Only weights decay, or with decay_biases = 1 biases too. decoupled = 1 leaves g alone. Each
 * step is then, whatever the method,
 *
 *     theta <- (1 - eta decay) theta,  the method's step,  theta <- S(theta)
 *     S(x) = sign(x) max(|x| - eta decay_1, 0)              (Duchi and Singer 2009)
 *
 * So L1 makes weights exactly 0, and Adam is AdamW           (Loshchilov and Hutter 2019).
 */
typedef struct bpb_opt_options {
    bpb_method method;    /* default SGD */
    double eta;           /* > 0; default 0.001, Adagrad and RMSprop 0.01; iRPROP ignores it */
    double decay;         /* L2, >= 0; default 0 */
    double decay_1;       /* L1, >= 0; default 0 */
    int decay_biases;     /* 1: biases decay too; default 0 */
    int decoupled;        /* 1: decay apart from g; default 0, which iRPROP requires */
    bpb_method_options tuning;
    uint64_t reserved[4]; /* must be 0 */
} bpb_opt_options;

/* A method and what it remembers of theta between steps: up to three vectors of P values. It holds
 * no net: a step takes any net with the widths of the one it was made for. */
typedef struct bpb_opt bpb_opt;
typedef struct bpbf_opt bpbf_opt;

/*
 * Make an optimiser. options NULL: the defaults.
 *
 * Returns: BPB_OK; BPB_ERR_OPTION if an option is outside its range in the net's precision;
 * BPB_ERR_MEMORY. Allocates.
 */
BPB_API bpb_status bpb_opt_create(bpb_opt **opt, const bpb_net *net,
                                   const bpb_opt_options *options);
BPB_API bpb_status bpbf_opt_create(bpbf_opt **opt, const bpbf_net *net,
                                   const bpb_opt_options *options);

BPB_API void bpb_opt_destroy(bpb_opt **opt);
BPB_API void bpbf_opt_destroy(bpbf_opt **opt);

/*
 * Make one step of the net's theta from scale * gradient. gradient has P values, laid out as
 * theta, and is not theta itself. scale is 1 for a mean over columns, as bpb_gradient gives, and
 * 1/n for a sum over n columns. The step has the same bits on every machine.
 *
 * Returns:
 * BPB_OK
 * BPB_NONFINITE     an entry of scale * gradient, g or theta is not finite, or an entry of g^2 if
 *                   the method squares g. Theta and the optimiser are unchanged
 * BPB_LOST          an entry of theta overflowed in the step, which has been made: go back to
 *                   copies of theta and of the state (bpb_opt_pack), and take a smaller eta
 * BPB_ERR_MISMATCH  the net has other widths
 * BPB_ERR_OPTION    scale is not finite in the net's precision
 */
BPB_API bpb_status bpb_opt_step(bpb_opt *opt, bpb_net *net, const double *gradient,
                                 double scale);
BPB_API bpb_status bpbf_opt_step(bpbf_opt *opt, bpbf_net *net, const float *gradient, double scale);

/*
 * Tell iRPROP+, before each step, the loss that its gradient belongs to, with the penalties of
 * decay. If the loss is NaN, or is not given for two steps in a row, no step is undone. Other
 * methods ignore it.
 */
BPB_API bpb_status bpb_opt_loss(bpb_opt *opt, double E);
BPB_API bpb_status bpbf_opt_loss(bpbf_opt *opt, double E);

/*
 * Set eta for the next steps, as a schedule does.
 *
 * Returns: BPB_OK; BPB_ERR_OPTION unless eta is at least 0, and eta, eta * decay and eta *
 * decay_1 are finite in the net's precision.
 */
BPB_API bpb_status bpb_opt_set_eta(bpb_opt *opt, double eta);
BPB_API bpb_status bpbf_opt_set_eta(bpbf_opt *opt, double eta);

/* eta, and the number of steps made; 0 for NULL. */
BPB_API double bpb_opt_eta(const bpb_opt *opt);
BPB_API double bpbf_opt_eta(const bpbf_opt *opt);
BPB_API uint64_t bpb_opt_steps(const bpb_opt *opt);
BPB_API uint64_t bpbf_opt_steps(const bpbf_opt *opt);

/*
 * Write the optimiser's state (steps, eta, losses, vectors) as bytes, the same on every machine.
 * The state does not contain theta: keep a copy of it, or call bpb_net_save_memory (model.h).
 * *bytes is set to the size of the state, which all steps have in common. If buffer is NULL, only
 * *bytes is set.
 *
 * Returns: BPB_OK; BPB_ERR_BUFFER if capacity is below *bytes, which is set.
 */
BPB_API bpb_status bpb_opt_pack(const bpb_opt *opt, void *buffer, size_t capacity,
                                 size_t *bytes);
BPB_API bpb_status bpbf_opt_pack(const bpbf_opt *opt, void *buffer, size_t capacity,
                                 size_t *bytes);

/*
 * Read such a state into an optimiser made with the same options (eta may differ), for a net of
 * the same widths and precision. The steps that follow have the bits of an uninterrupted run. On
 * an error nothing changes.
 *
 * Returns: BPB_OK; BPB_ERR_FORMAT, BPB_ERR_VERSION, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM if the
 * bytes are no such state; BPB_ERR_MISMATCH if the optimiser differs: bpb_error() says in what.
 */
BPB_API bpb_status bpb_opt_unpack(bpb_opt *opt, const void *buffer, size_t bytes);
BPB_API bpb_status bpbf_opt_unpack(bpbf_opt *opt, const void *buffer, size_t bytes);

/*
 * |x|_2 of n values, such as a gradient's. It is summed in double, in an order that depends on n
 * alone, and no partial result overflows or vanishes.
 *
 * Returns: the norm; infinity if it exceeds a double or an entry is infinite; NaN if an entry is
 * NaN; 0 for x NULL or n = 0.
 */
BPB_API double bpb_norm2(const double *x, size_t n);
BPB_API double bpbf_norm2(const float *x, size_t n);

/* ---- Your own loop: the gradient layer by layer ----------------------------------------- */

/* Called when dW_l and db_l are final. gradient points to dW_l in the caller's gradient; the next
 * count = n_l n_{l-1} + n_l entries are dW_l and then db_l. */
typedef void (*bpb_layer_hook)(void *user, size_t l, double *gradient, size_t count);
typedef void (*bpbf_layer_hook)(void *user, size_t l, float *gradient, size_t count);

/*
 * Compute the gradient and loss of bpb_gradient, bit for bit, in an order that finishes one layer
 * after the other: D_L; dW_L, db_L, hook(user, L, ..); D_{L-1}; ..; hook(user, 1, ..). A parallel
 * program can start the reduction of a layer (MPI_Iallreduce) while the layers below are
 * computed. Threads meet 2 L times instead of twice.
 *
 * The hook runs on the caller's thread and in its floating-point environment, with OpenBLAS's
 * threads as the caller set them. It may call the BLAS and this library, wait for others, and
 * change its part of the gradient, which is not read again. It must not change work, net, X, T or
 * the other parts.
 *
 * Returns: as bpb_gradient. On BPB_NONFINITE every hook has been called too, so that no other
 * rank of a parallel program waits for ever. On an error no hook has been called.
 */
BPB_API bpb_status bpb_gradient_by_layer(const bpb_net *net, bpb_work *work, bpb_view X,
                                          bpb_targets T, double *gradient, double *loss,
                                          bpb_layer_hook hook, void *user);
BPB_API bpb_status bpbf_gradient_by_layer(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                          bpbf_targets T, float *gradient, double *loss,
                                          bpbf_layer_hook hook, void *user);

#ifdef __cplusplus
}
#endif

#endif
