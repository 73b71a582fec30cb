/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dY/dX of each column, and the gradient in theta of functions of it.
 *
 * A Jacobian is made row by row, by reverse mode from e_i, where it has no more rows than columns,
 * and else column by column, by forward mode along e_k. Its functions go the other way: for
 * Phi = <U, Y> + sum_i (J^T e_i, d_i) the term of row i is the tangent of y_i in direction d_i, the
 * i-th row of D, and that of column k the tangent of Y in direction e_k against the k-th column;
 * reverse mode over it (second_tmpl.c) is its gradient.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fpenv.h"
#include "base/view_tmpl.h"
#include "derivative/derivative_tmpl.h"

/* One row or column of the Jacobian in its n_L x n_0 column-major matrix. */
struct jacobian_line {
    bool is_row;
    size_t i; /* which */
    struct rows rows;
};

static bool by_row(const struct shape *shape)
{
    return shape_outputs(shape) <= shape_inputs(shape);
}

static size_t lines_of(const struct shape *shape)
{
    return BPB_MIN(shape_outputs(shape), shape_inputs(shape));
}

static struct jacobian_line line_at(const struct shape *shape, size_t i)
{
    const size_t n_0 = shape_inputs(shape), n_L = shape_outputs(shape);
    if (by_row(shape))
        return (struct jacobian_line){true, i, {.first = i, .step = n_L, .count = n_0}};
    return (struct jacobian_line){false, i, {.first = i * n_L, .step = 1, .count = n_L}};
}

/* Each column of M (n x B) = e_i */
static void unit_columns(size_t n, size_t B, size_t i, real *M)
{
    memset(M, 0, n * B * sizeof *M);
    for (size_t j = 0; j < B; j++)
        M[j * n + i] = 1;
}

static real *inputs_tangent(const struct slice *slice)
{
    return BPB(slice_at)(slice, slice->work->plan->RA_0, shape_inputs(slice->net->shape));
}

static const struct planned *output_of(const struct slice *slice)
{
    return &slice->work->plan->layer[slice->net->shape->L - 1];
}

/* Row i of J: D_L = g'(Z_L)^T e_i, and down to D_0. */
static real *make_row(const struct slice *slice, size_t i)
{
    const struct planned *output = output_of(slice);
    const size_t n = shape_outputs(slice->net->shape), B = slice->count;
    real *D = BPB(slice_at)(slice, output->D, n);
    unit_columns(n, B, i, D);
    BPB(slice_by_outputs)(slice, D);
    output->g.vjp(output->g.context, n, B, BPB(slice_at)(slice, output->Z, n),
                  BPB(slice_at)(slice, output->A, n), D);
    (void)BPB(slice_propagate)(slice); /* J tells by itself */
    return BPB(slice_input_delta)(slice);
}

/* Column k of J: R{A_L} along R{A_0} = e_k. */
static real *make_column(const struct slice *slice, size_t k)
{
    const struct direction direction = {.staged = true};
    real *RA_0 = inputs_tangent(slice);
    real *RA = BPB(slice_at)(slice, output_of(slice)->RA, shape_outputs(slice->net->shape));
    unit_columns(shape_inputs(slice->net->shape), slice->count, k, RA_0);
    BPB(slice_by_inputs)(slice, RA_0);
    BPB(slice_tangents)(slice, &direction);
    BPB(slice_by_outputs)(slice, RA);
    return RA;
}

static real *make_line(const struct slice *slice, const struct jacobian_line *line)
{
    return line->is_row ? make_row(slice, line->i) : make_column(slice, line->i);
}

/* ---- The Jacobian ---- */

static void give_jacobian(struct pass *pass, const struct slice *slice)
{
    for (size_t i = 0; i < lines_of(slice->net->shape); i++) {
        const struct jacobian_line line = line_at(slice->net->shape, i);
        BPB(view_scatter_rows)(pass->Y, slice->first, slice->count, line.rows,
                               make_line(slice, &line));
    }
}

/* V, which the caller calls name, is laid out as a Jacobian of B columns. */
static bpb_status check_jacobian_view(const char *name, const net_t *net, view_t V, size_t B)
{
    const size_t n_L = shape_outputs(net->shape), n_0 = shape_inputs(net->shape);
    size_t rows;
    REQUIRE(size_mul(n_L, n_0, &rows), BPB_ERR_SIZE,
            "dY/dX has %zu x %zu entries a column, which exceed what can be addressed", n_L, n_0);
    return BPB(matrix_check)(name, V, rows, B);
}

/* bpb_jacobian, bpbf_jacobian */
bpb_status BPB(jacobian)(const net_t *net, work_t *work, view_t X, out_t J)
{
    TRY(BPB(work_check)(net, work));
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .Y = J,
                        .needs = (by_row(net->shape) ? NEED_VJP : NEED_JVP) | NEED_DERIVATIVES,
                        .end = give_jacobian};
    TRY(BPB(pass_check)(&pass));
    TRY(check_jacobian_view("J", net, BPB(view_of)(J), X.cols));
    return BPB(pass_perform)(&pass);
}

/* ---- Functions of the Jacobian ---- */

/* One line of <D, J>, or of Sobolev's error, with <U, Y> or the loss beside the first. */
struct term {
    struct jacobian_line line;
    view_t U, D; /* no data: none */
    targets_t dT; /* no data: D is the caller's */
    double strength;
};

/* Seeds for line i of <D, J>: its direction in R{A_0}, its weights in Q_L = dPhi/dR{A_L}; one of
 * them is what stands in given, the line of D, and the other e_i. */
static void seed_line(const struct slice *slice, const struct jacobian_line *line,
                      const real *given)
{
    const struct shape *shape = slice->net->shape;
    const size_t n_0 = shape_inputs(shape), n_L = shape_outputs(shape), B = slice->count;
    real *RA_0 = inputs_tangent(slice), *Q = BPB(slice_at)(slice, output_of(slice)->Q, n_L);
    real *mine = line->is_row ? RA_0 : Q;
    if (given != mine)
        memcpy(mine, given, line->rows.count * B * sizeof *mine);
    unit_columns(line->is_row ? n_L : n_0, B, line->i, line->is_row ? Q : RA_0);
    BPB(slice_by_inputs)(slice, RA_0);
    BPB(slice_by_outputs)(slice, Q);
}

/* D_L = g'(Z_L)^T U, or 0 */
static void seed_outputs(const struct slice *slice, const struct term *term)
{
    const struct planned *output = output_of(slice);
    const size_t n = shape_outputs(slice->net->shape), B = slice->count;
    real *D = BPB(slice_at)(slice, output->D, n);
    if (!HAS_DATA(term->U) || term->line.i > 0) {
        memset(D, 0, n * B * sizeof *D);
        return;
    }
    BPB(view_gather)(term->U, slice->first, B, D);
    BPB(slice_by_outputs)(slice, D);
    output->g.vjp(output->g.context, n, B, BPB(slice_at)(slice, output->Z, n),
                  BPB(slice_at)(slice, output->A, n), D);
}

static void finish_term(struct pass *pass, const struct slice *slice)
{
    const struct direction direction = {.staged = true, .keep_RZ = true};
    const struct planned *output = output_of(slice);
    const size_t n = shape_outputs(slice->net->shape);
    BPB(slice_tangents)(slice, &direction);
    BPB(slice_second_end)(slice);
    BPB(slice_look_at)(pass, slice, BPB(slice_at)(slice, output->D, n));
    BPB(slice_look_at)(pass, slice, BPB(slice_at)(slice, output->Q, n));
    BPB(pass_note)(pass, BPB(slice_second)(slice, NULL));
}

static void end_term(struct pass *pass, const struct slice *slice)
{
    const struct term *term = pass->ends;
    const struct jacobian_line *line = &term->line;
    const size_t n_L = shape_outputs(slice->net->shape);
    real *given = line->is_row ? inputs_tangent(slice)
                               : BPB(slice_at)(slice, output_of(slice)->Q, n_L);
    seed_outputs(slice, term);
    BPB(view_gather_rows)(term->D, slice->first, slice->count, line->rows, given);
    seed_line(slice, line, given);
    finish_term(pass, slice);
}

/* G = (first line: nothing, else G) + D A^T + Q R{A}^T */
static void descend_term(work_t *work, const struct jacobian_line *line, real *G)
{
    const real beta = line->i > 0;
    const struct descent descents[] = {
        {.G = G, .beta_W = beta, .beta_b = beta},
        {.left = LEFT_Q, .right = RIGHT_RA, .of_inputs = true, .G = G, .beta_W = 1},
    };
    BPB(descend)(work, 2, descents);
}

#define NEEDS (NEED_VJP | NEED_JVP | NEED_SECOND | NEED_OUTPUT_SECOND | NEED_DERIVATIVES)

/* One pass for each line; A_1 .. A_L stay from the first. */
static bpb_status term_rounds(struct pass *pass)
{
    const struct shape *shape = pass->net->shape;
    struct term *term = pass->terms;
    for (size_t i = 0; i < lines_of(shape); i++) {
        term->line = line_at(shape, i);
        pass->again = i > 0;
        BPB(pass_run)(pass);
        descend_term(pass->work, &term->line, pass->G);
    }
    pass->work->G = pass->G;
    return BPB(pass_outcome)(pass);
}

/* bpb_jacobian_vjp, bpbf_jacobian_vjp */
bpb_status BPB(jacobian_vjp)(const net_t *net, work_t *work, view_t X, view_t U, view_t D,
                             real *gradient)
{
    REQUIRE_POINTER(gradient);
    REQUIRE(HAS_DATA(U) || HAS_DATA(D), BPB_ERR_NULL, "U and D are both left out");
    if (!HAS_DATA(D))
        return BPB(vjp)(net, work, X, U, gradient, (out_t){0});
    struct term term = {.U = BPB(view_resolve)(U), .D = BPB(view_resolve)(D)};
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .needs = NEEDS,
                        .end = end_term,
                        .ends = &term,
                        .terms = &term,
                        .rounds = term_rounds,
                        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    TRY(BPB(optional_check)("U", U, shape_outputs(net->shape), X.cols));
    TRY(check_jacobian_view("D", net, D, X.cols));
    return BPB(pass_perform)(&pass);
}

/* ---- Sobolev's error ---- */

/* made = strength w_j / B (made - dT), 0 where that is masked; its square to the loss. */
static void line_error(struct pass *pass, const struct slice *slice, real *made)
{
    const struct term *term = pass->ends;
    const size_t n = term->line.rows.count;
    double *e = BPB(slice_losses)(slice);
    for (size_t j = 0; j < slice->count; j++, made += n) {
        const double weight = BPB(slice_weight)(pass, slice, j);
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            const size_t row = term->line.rows.first + i * term->line.rows.step;
            const real target = BPB(view_entry)(term->dT.view, row, slice->first + j);
            const bool there = !(term->dT.masked && isnan(target));
            const double error = there ? (double)made[i] - (double)target : 0;
            sum += error * error;
            made[i] = (real)(term->strength * weight * pass->scale * error);
        }
        e[j] += weight * term->strength / 2 * sum;
    }
}

/* The first line brings the loss and its delta, after a row, which is made in the same places. */
static void end_sobolev(struct pass *pass, const struct slice *slice)
{
    const struct term *term = pass->ends;
    const size_t n_L = shape_outputs(slice->net->shape), B = slice->count;
    real *made = make_line(slice, &term->line);
    if (term->line.i == 0) {
        BPB(slice_targets)(pass, slice);
        BPB(slice_loss)(pass, slice);
    }
    line_error(pass, slice, made);
    seed_line(slice, &term->line, made);
    if (term->line.i == 0)
        BPB(slice_output_delta)(pass, slice);
    else
        memset(BPB(slice_at)(slice, output_of(slice)->D, n_L), 0, n_L * B * sizeof *made);
    finish_term(pass, slice);
}

static bool is_strength(double strength)
{
    struct fpenv env;
    fpenv_enter(&env);
    const bool right = strength >= 0 && strength <= (double)BPB_SELECT(DBL_MAX, FLT_MAX);
    fpenv_leave(&env);
    return right;
}

/* bpb_sobolev, bpbf_sobolev */
bpb_status BPB(sobolev)(const net_t *net, work_t *work, view_t X, targets_t T, targets_t dT,
                        double strength, real *gradient, double *loss)
{
    REQUIRE_POINTER(gradient);
    REQUIRE(is_strength(strength), BPB_ERR_OPTION,
            "strength is %g; it must be at least 0 and finite in the net's precision", strength);
    REQUIRE(dT.kind == BPB_VALUES && !dT.weights && is_flag(dT.masked), BPB_ERR_OPTION,
            "dT must be bpb_values without weights, and masked 0 or 1");
    double E;
    struct term term = {.dT = dT, .strength = strength};
    term.dT.view = BPB(view_resolve)(dT.view);
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .T = T,
                        .needs = NEEDS | NEED_T | NEED_LOSS_GRADIENT,
                        .end = end_sobolev,
                        .ends = &term,
                        .terms = &term,
                        .rounds = term_rounds,
                        .loss = loss ? loss : &E,
                        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    TRY(check_jacobian_view("dT", net, dT.view, X.cols));
    return BPB(pass_perform)(&pass);
}
