/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pass over a batch. Its columns are cut into shares, one for each thread, and these into
 * slices that stay in a cache: a slice goes forward through all layers, then to whatever the
 * pass ends with, and no column ever needs another one.
 */
#ifndef BPB_PASS_TMPL_H
#define BPB_PASS_TMPL_H

#include <stdatomic.h>

#include "pass/work_tmpl.h"

/* Columns first .. first+count-1 of a work, in one thread's hands. */
struct slice {
    const net_t *net;
    work_t *work;
    size_t first, count;
    real *scratch; /* the thread's */
};

struct pass;
struct direction;

/* What a call asks of net, work and caller: the sum of these. */
enum need {
    NEED_VJP = 1, /* these two of all layers */
    NEED_JVP = 2,
    NEED_SECOND = 4, /* of the hidden layers */
    NEED_OUTPUT_SECOND = 8,
    NEED_LOSS_GRADIENT = 16,
    NEED_LOSS_SECOND = 32,
    NEED_DERIVATIVES = 64, /* a plan with derivatives */
    NEED_T = 128,          /* targets */
    NEED_Y = 256,          /* outputs, n_L x B */
    ANY_COLUMNS = 512      /* more than the plan's batch, block by block */
};

/* A call, as data: what it is given, what it needs, and what is done with each slice of columns. */
struct pass {
    const net_t *net;
    work_t *work;
    view_t X; /* these three are resolved by pass_check */
    targets_t T;
    out_t Y;
    unsigned needs;       /* of enum need */
    enum product forward; /* FORWARD or PREDICT */
    bool drops;           /* outputs of layers are dropped where the plan says so */
    bool again;           /* the columns went forward in the pass before: A_1 .. A_L are there */
    void (*end)(struct pass *pass, const struct slice *slice); /* once a slice has its A_L */
    const void *ends;                                          /* what else end needs to know */
    void *terms; /* what rounds change between passes: see jacobian_tmpl.c */
    /* What is done once everything is checked; NULL: pass_columns. */
    bpb_status (*rounds)(struct pass *pass);
    /* Tangents on the way forward, made beside layer l while its W is in the cache; NULL: none. */
    const struct direction *direction;
    void (*tangent)(const struct slice *slice, const struct direction *direction, size_t l);
    const double *eta;    /* of a step; NULL: none */
    double scale;         /* of D_L, by pass_run: 1/B, of a step -eta/B, see backward_tmpl.c */
    double *loss;         /* NULL: not wanted */
    real *G;              /* the gradient; NULL: not wanted */
    unsigned char *flags; /* NULL, or a byte for each column of predict */
    bpb_score *score;     /* of evaluate */

    size_t first, count;           /* columns of X, T and Y that are being done */
    size_t threads;                /* that the columns pay for; 0: those of a batch */
    bool staged;                   /* A_0 is a copy of X, changed perhaps */
    bool classes;                  /* T holds class indices */
    bool T_in_place;               /* T is packed and as the loss wants it, and so needs no copy */
    atomic_size_t bad;             /* columns, or slices, in which something is not finite */
    atomic_size_t correct, judged; /* see bpb_score */
};

/* Check what the pass is given against what it needs; resolve its views. Every status of a pass. */
bpb_status BPB(pass_check)(struct pass *pass);

/* Do a pass that is checked: enter a section of the BLAS, do its rounds, leave. */
bpb_status BPB(pass_perform)(struct pass *pass);
/* pass_check, then pass_perform. */
bpb_status BPB(pass_call)(struct pass *pass);

/* One round: all columns. The outcome of the pass. */
bpb_status BPB(pass_columns)(struct pass *pass);

/* Do the columns of the pass, at most the plan's capacity. */
void BPB(pass_run)(struct pass *pass);

/* Note that something of a slice is not finite. */
static inline void BPB(pass_note)(struct pass *pass, bool finite)
{
    if (!finite)
        atomic_fetch_add(&pass->bad, 1);
}

/* The matrix of n rows at this offset, from the slice's first column on. */
static inline real *BPB(slice_at)(const struct slice *slice, size_t offset, size_t n)
{
    return (real *)BPB(work_at)(slice->work, offset) + slice->first * n;
}
static inline double *BPB(slice_losses)(const struct slice *slice)
{
    return (double *)BPB(work_at)(slice->work, slice->work->plan->e) + slice->first;
}

/* What begins at item of n that is a share's, in units of grain; thread = threads: n itself. */
static inline size_t share_begin(size_t n, size_t grain, size_t thread, size_t threads)
{
    const size_t units = (n + grain - 1) / grain;
    return BPB_MIN(n, units * thread / threads * grain);
}

/* A thread's own memory. */
static inline real *BPB(thread_scratch)(work_t *work, size_t thread)
{
    return BPB(work_at)(work, work->plan->scratch + thread * work->plan->scratch_bytes);
}

/* C = W_l^T D + beta C, n_{l-1} x B, for a W laid out as W_l. */
void BPB(slice_back)(const struct slice *slice, size_t l, const real *W, const real *D, real beta,
                     real *C, size_t ldc);

/* A_1 .. A_L of the slice's columns, count of them filled up with zeros to the panel. A_0 is that
 * of all slices; the slice writes its part first if pass->staged. */
void BPB(slice_forward)(const struct pass *pass, const struct slice *slice, const real *A_0,
                        size_t lda_0);
/* Y = shift + factor * A_L in place; then the outputs are in the caller's units. */
void BPB(slice_unscale)(const struct slice *slice);

/* D_L = scale w_j de_j/dZ_L, column by column; the targets are staged. */
void BPB(slice_output_delta)(struct pass *pass, const struct slice *slice);
/* What a pass with targets does once it has A_L: the loss where it is wanted, and D_L. */
void BPB(slice_end_outputs)(struct pass *pass, const struct slice *slice);
/* D_{l-1} from D_l, l = 2..L; D_{L-1} .. D_1 from D_L. Whether all that was made is finite: each
 * has to be looked at, for a g' of 0 may hide from the one below what is not. */
bool BPB(slice_propagate_layer)(const struct slice *slice, size_t l);
bool BPB(slice_propagate)(const struct slice *slice);

/* A~_l = M_l o A_l, n = n_l; A~ may be A. */
void BPB(slice_drop)(const struct slice *slice, size_t l, size_t n, const real *A, real *A_thinned);
/* D <- M_l o D, of a hidden layer whose A~_l is there. */
void BPB(slice_drop_delta)(const struct slice *slice, size_t l, size_t n, real *D);

/* ---- The second round: descend_tmpl.c ---- */

enum right { RIGHT_A, RIGHT_RA };

/* Of each layer, G_l = beta G_l + D_l A_{l-1}^T with G laid out as theta; Q for D, R{A} for A. */
struct descent {
    enum left left; /* LEFT_Q, or else D */
    enum right right;
    bool of_inputs; /* RIGHT_RA: R{A_0} is there, else zero */
    real *G;
    real beta_W, beta_b; /* what is kept of G; 0: it is only written */
};

/* Do all of them, one after the other for each layer; one of them for layer l alone. */
void BPB(descend)(work_t *work, size_t count, const struct descent *descent);
void BPB(descend_layer)(work_t *work, size_t l, const struct descent *descent);

/* ---- Targets and losses: targets_tmpl.c ---- */

/* Check targets for a net of this shape; T is what the caller calls them. BPB_ERR_LABEL,
 * BPB_ERR_OPTION, and those of views. */
bpb_status BPB(targets_check)(const char *name, const struct shape *shape, targets_t T);
/* Check X and T for a net of this shape, and that they have as many columns. */
bpb_status BPB(samples_check)(const struct shape *shape, view_t X, targets_t T);
/* How the targets are read; T is resolved. */
void BPB(targets_begin)(struct pass *pass);
/* Stage T: classes spread, (T - shift) / factor, smoothed. */
void BPB(slice_targets)(const struct pass *pass, const struct slice *slice);
/* The slice's columns of T, packed, once they are staged. */
const real *BPB(slice_staged)(const struct pass *pass, const struct slice *slice);
/* Whether a column of staged targets has a masked one. */
bool BPB(column_masked)(const struct pass *pass, const real *t);
/* w_j of the slice's column j. */
double BPB(slice_weight)(const struct pass *pass, const struct slice *slice, size_t j);
/* w_j e_j of each column. */
void BPB(slice_loss)(const struct pass *pass, const struct slice *slice);
/* D (n_L x count), a derivative of each e_j: 0 where the target is masked. */
void BPB(slice_mask)(const struct pass *pass, const struct slice *slice, real *D);
/* D <- scale w_j D; whether all was finite. */
bool BPB(slice_scale)(const struct pass *pass, const struct slice *slice, real *D);
/* The mean of w e over B columns. */
double BPB(mean_loss)(work_t *work, size_t B);
/* The loss, if it is wanted, and whether it and all that the pass looked at is finite:
 * BPB_NONFINITE. */
bpb_status BPB(pass_outcome)(struct pass *pass);

#endif
