/* SPDX-License-Identifier: BSD-3-Clause */
/* Dropout, gradients layer by layer, optimisers, schedules, training. */
#ifndef BPBLAS_TRAIN_H
#define BPBLAS_TRAIN_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Gradients layer by layer, and dropout ---- */

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

/* ---- Train ------------------------------------------------------------------------------ */

/*
 * Data that are not in memory, as columns 0 .. n-1: files (see bpb_mapped_source), or what a
 * function of your own computes or fetches. read puts columns index[0..B-1] into X (n_0 x B) and T
 * (targets x B), both packed. It returns 0, or another number if it fails. It is called by one
 * thread at a time, in the caller's floating-point environment.
 */
typedef struct bpb_source {
    size_t n;       /* columns */
    size_t inputs;  /* rows of X, n_0; 0: not checked */
    size_t targets; /* rows of T: 1 for class indices, else bpb_net_targets */
    int (*read)(void *user, const size_t *index, size_t B, double *X, double *T);
    void *user;
} bpb_source;

typedef struct bpbf_source {
    size_t n, inputs, targets;
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

#ifdef __cplusplus
}
#endif

#endif
