/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Derivatives against differences. Each line has a ladder of steps, whose last rungs say what the
 * difference is and how far it may be off. That needs the noise of the function, its rounding: the
 * spread of its values at points that are equal up to rounding. The rounding of what is computed
 * is found in the same way.
 */
#include "check/check_tmpl.h"

#include <math.h>

/* Points around each of two places, and how far their spread may be from the worst. */
#define SAMPLES 4
#define SPREADS 3.0
/* Where the second is: at the first a sum of squares may be 0, and so have less noise than next to
 * it. */
#define ASIDE 0.25

/* A step along an entry has at least this many of its last places. */
#define LAST_PLACES 64
#define RUNGS BPB_SELECT(LADDER_RUNGS, LADDER_RUNGS / 2)

/* ---- Noise ---- */

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static void widen_spread(size_t n, const double *x, const double *centre, double *spread)
{
    for (size_t i = 0; i < n; i++) {
        const double off = fabs(x[i] - centre[i]);
        if (isfinite(off))
            spread[i] = fmax(spread[i], off);
    }
}

/* Values around t on the direction. */
static bpb_status sample_values(struct check *check, double t)
{
    const size_t n = check->subject->values(check);
    BPB(check_place)(check, t, 0);
    TRY(check->subject->value(check, check->f_right));
    for (uint64_t sample = 1; sample <= SAMPLES; sample++) {
        BPB(check_place)(check, t, sample);
        TRY(check->subject->value(check, check->f_left));
        widen_spread(n, check->f_left, check->f_right, check->noise);
    }
    return BPB_OK;
}

static bpb_status sample_derivatives(struct check *check)
{
    const size_t n = check->subject->derivatives(check);
    for (uint64_t sample = 1; sample <= SAMPLES; sample++) {
        BPB(check_place)(check, 0, sample);
        TRY(check->subject->derivative(check, check->jittered));
        for (size_t i = 0; i < n; i++) {
            const double off = fabs((double)check->jittered[i] - (double)check->computed[i]);
            if (isfinite(off))
                check->rounding[i] = fmax(check->rounding[i], off);
        }
    }
    return BPB_OK;
}

/* Both at the caller's point. BPB_NONFINITE: one of them is not finite. */
static bpb_status evaluate(struct check *check)
{
    const size_t values = check->subject->values(check);
    const size_t derivatives = check->subject->derivatives(check);
    BPB(check_place)(check, 0, 0);
    TRY(check->subject->value(check, check->f_0));
    TRY(check->subject->derivative(check, check->computed));
    if (!all_finite(values, check->f_0))
        return BPB_NONFINITE;
    for (size_t i = 0; i < derivatives; i++) {
        if (!isfinite(check->computed[i]))
            return BPB_NONFINITE;
        check->rounding[i] = 0;
    }
    for (size_t i = 0; i < values; i++)
        check->noise[i] = 0;
    return BPB_OK;
}

/*
 * The rounding of value i that no spread may show: its own, and that of the terms that cancel in a
 * small E, or in the derivative of a saturated unit. check->E stands for the size of these; a step
 * changes E by about as much.
 */
static double least_noise(const struct check *check, size_t i)
{
    const double least = EPSILON * fabs(check->f_0[i]) + BPB_SELECT(DBL_MIN, (double)FLT_MIN);
    switch (check->what) {
    case BPB_CHECK_GRADIENT:
    case BPB_CHECK_INPUTS:
        return least + EPSILON * check->E;
    case BPB_CHECK_HVP:
        return least + EPSILON * check->E / check->scale[i];
    default:
        return least;
    }
}

/* evaluate, and how far off each value may be. */
static bpb_status measure(struct check *check)
{
    const bpb_status status = evaluate(check);
    if (status)
        return status;
    TRY(sample_values(check, 0));
    TRY(sample_values(check, ASIDE));
    TRY(sample_derivatives(check));
    BPB(check_place)(check, 0, 0);
    for (size_t i = 0; i < check->subject->values(check); i++)
        check->noise[i] = SPREADS * check->noise[i] + least_noise(check, i);
    for (size_t i = 0; i < check->subject->derivatives(check); i++)
        check->rounding[i] = SPREADS * check->rounding[i] +
                             4 * EPSILON * fabs((double)check->computed[i]);
    return BPB_OK;
}

/* ---- Lines ---- */

/* From the base along one entry; moved > 0: along the direction, its first values this many. */
struct probe {
    size_t entry, moved;
};

static void go_to(struct check *check, struct probe line, double t)
{
    if (!line.moved)
        check->point[line.entry] = (real)((double)check->base[line.entry] + t);
    for (size_t i = 0; i < line.moved; i++)
        check->point[i] = (real)((double)check->base[i] + t * (double)check->direction[i]);
}

/* How far that is, after rounding. */
static double distance(const struct check *check, struct probe line, double t)
{
    const size_t e = line.entry;
    return line.moved ? fabs(t) : fabs((double)check->point[e] - (double)check->base[e]);
}

static bool step_counts(const struct check *check, struct probe line, double h)
{
    return line.moved || h >= LAST_PLACES * EPSILON * fabs((double)check->base[line.entry]);
}

/* The next rung of all ladders. */
static bpb_status add_rung(struct check *check, struct probe line, double h)
{
    struct sides sides;
    go_to(check, line, h);
    sides.t_right = distance(check, line, h);
    TRY(check->subject->value(check, check->f_right));
    go_to(check, line, -h);
    sides.t_left = distance(check, line, -h);
    TRY(check->subject->value(check, check->f_left));
    for (size_t i = 0; i < check->n_picks; i++) {
        sides.f_right = check->f_right[check->picks[i].f];
        sides.f_left = check->f_left[check->picks[i].f];
        bpb_ladder_add(&check->ladders[i], sides);
    }
    return BPB_OK;
}

static bool all_done(const struct check *check)
{
    for (size_t i = 0; i < check->n_picks; i++)
        if (!bpb_ladder_done(&check->ladders[i]))
            return false;
    return true;
}

/* ---- Results ---- */

static void place_parameter(const struct shape *shape, size_t i, bpb_check_entry *entry)
{
    size_t l = 0;
    while (i >= shape->layer[l].b + shape->layer[l].n_out)
        l++;
    entry->layer = l + 1;
    entry->row = (i - shape->layer[l].W) % shape->layer[l].n_out; // b is column n_in
    entry->col = (i - shape->layer[l].W) / shape->layer[l].n_out;
}

static void place_entry(const struct check *check, size_t d, bpb_check_entry *entry)
{
    switch (check->what) {
    case BPB_CHECK_JACOBIAN:
        entry->row = d;
        entry->col = check->column;
        return;
    case BPB_CHECK_INPUTS:
        entry->row = d % check->n_0;
        entry->col = d / check->n_0;
        return;
    case BPB_CHECK_JVP:
        entry->row = d % check->n_L;
        entry->col = d / check->n_L;
        return;
    default:
        place_parameter(check->net.shape, d, entry);
    }
}

/* Count an entry, and keep the worst. */
static void compare(struct check *check, size_t d, struct slope slope)
{
    bpb_check_result *result = check->result;
    const double computed = (double)check->computed[d];
    const double uncertainty = slope.error + check->rounding[d];
    const double off = fabs(computed - slope.value);
    const double in_units = off > 0 ? off / uncertainty : 0;
    result->entries++;
    result->disagreeing += off > check->options.tolerance * uncertainty;
    if (result->entries > 1 && !(in_units > check->worst))
        return;
    check->worst = in_units;
    result->worst = (bpb_check_entry){
        .computed = computed, .difference = slope.value, .uncertainty = uncertainty};
    place_entry(check, d, &result->worst);
}

static void begin_ladders(struct check *check)
{
    for (size_t i = 0; i < check->n_picks; i++) {
        const size_t f = check->picks[i].f, d = check->picks[i].d;
        const struct expected expected = {.f_0 = check->f_0[f],
                                          .noise = check->noise[f],
                                          .least = least_noise(check, f),
                                          .slope = (double)check->computed[d],
                                          .error = check->rounding[d]};
        bpb_ladder_begin(&check->ladders[i], &expected);
    }
}

static bpb_status run_line(struct check *check, struct probe line)
{
    double h = line.moved ? 1 : check->scale[line.entry];
    begin_ladders(check);
    for (int i = 0; i < RUNGS && step_counts(check, line, h /= 2) && !all_done(check); i++)
        TRY(add_rung(check, line, h));
    go_to(check, line, 0);
    for (size_t i = 0; i < check->n_picks; i++) {
        const struct slope slope = bpb_ladder_slope(&check->ladders[i]);
        if (slope.known && slope.kink)
            check->result->kinks++;
        else if (slope.known)
            compare(check, check->picks[i].d, slope);
    }
    return BPB_OK;
}

/* ---- Subjects ---- */

static bpb_status draw_parameters(struct check *check)
{
    const struct shape *shape = check->net.shape;
    for (size_t l = 0; l < shape->L; l++) {
        const struct layer *layer = &shape->layer[l];
        TRY(BPB(check_draw)(check, layer->W, layer->n_in * layer->n_out));
        TRY(BPB(check_draw)(check, layer->b, layer->n_out));
    }
    return BPB_OK;
}

static bpb_status draw_inputs(struct check *check)
{
    return BPB(check_draw)(check, check->P, check->n_0 * check->B);
}

/* A function of one value, a line for each entry that was drawn; its derivatives begin at first. */
static bpb_status check_entries(struct check *check, size_t first)
{
    const bpb_status status = measure(check);
    check->n_picks = 1;
    for (size_t i = 0; !status && i < check->n_drawn; i++) {
        check->picks[0] = (struct pick){0, check->drawn[i] - first};
        TRY(run_line(check, (struct probe){.entry = check->drawn[i]}));
    }
    return status;
}

/* A function and its derivative of as many values, along the direction. */
static bpb_status check_direction(struct check *check, size_t moved)
{
    const bpb_status status = measure(check);
    check->n_picks = check->n_drawn;
    for (size_t i = 0; i < check->n_drawn; i++)
        check->picks[i] = (struct pick){check->drawn[i], check->drawn[i]};
    return status ? status : run_line(check, (struct probe){.moved = moved});
}

/* All of y_j by those x_kj that were drawn; entry (i, k) of J is k n_L + i. */
static bpb_status check_column(struct check *check)
{
    bpb_status status = BPB_OK;
    bool measured = false;
    check->n_picks = check->n_L;
    for (size_t e = 0; !status && e < check->n_drawn; e++) {
        const size_t x = check->drawn[e] - check->P, k = x % check->n_0;
        if (x / check->n_0 != check->column)
            continue;
        if (!measured)
            status = measure(check);
        measured = true;
        for (size_t i = 0; i < check->n_L; i++)
            check->picks[i] = (struct pick){i, k * check->n_L + i};
        if (!status)
            TRY(run_line(check, (struct probe){.entry = check->drawn[e]}));
    }
    return status;
}

static bpb_status check_jacobian(struct check *check)
{
    bpb_status status = BPB_OK;
    for (check->column = 0; check->column < check->B; check->column++) {
        const bpb_status of_column = check_column(check);
        TRY(of_column);
        status = of_column ? of_column : status;
    }
    return status;
}

static bpb_status check_one(struct check *check, bpb_check_kind what, bpb_check_result *result)
{
    check->what = what;
    check->subject = &BPB(subjects)[what];
    check->result = result;
    check->n_drawn = 0;
    switch (what) {
    case BPB_CHECK_INPUTS:
        TRY(draw_inputs(check));
        return check_entries(check, check->P);
    case BPB_CHECK_JACOBIAN:
        TRY(draw_inputs(check));
        return check_jacobian(check);
    case BPB_CHECK_JVP:
        TRY(BPB(check_draw)(check, 0, check->n_L * check->B));
        return check_direction(check, check->N);
    case BPB_CHECK_HVP:
        TRY(draw_parameters(check));
        return check_direction(check, check->P);
    default:
        TRY(draw_parameters(check));
        return check_entries(check, 0);
    }
}

static bool lacks_function(bpb_status status)
{
    return status == BPB_ERR_NO_VJP || status == BPB_ERR_NO_JVP || status == BPB_ERR_NO_SECOND;
}

/* All that is wanted. BPB_NONFINITE comes before BPB_DISAGREES. */
static bpb_status check_all(struct check *check, bpb_check_report *report)
{
    const unsigned wanted = check->options.what;
    const bool alone = (wanted & (wanted - 1)) == 0;
    bpb_status status = BPB_OK;
    for (int what = 0; what < BPB_CHECKS; what++) {
        if (!(wanted >> what & 1))
            continue;
        bpb_check_result *result = &report->result[what];
        struct error_note kept;
        bpb_error_keep(&kept);
        const bpb_status of_one = check_one(check, (bpb_check_kind)what, result);
        if (lacks_function(of_one) && !alone) {
            bpb_error_restore(&kept);
            continue;
        }
        TRY(of_one);
        if (of_one == BPB_NONFINITE)
            status = BPB_NONFINITE;
        else if (result->disagreeing && !status)
            status = BPB_DISAGREES;
    }
    return status;
}

/* bpb_check, bpbf_check */
bpb_status BPB(check)(const net_t *net, view_t X, targets_t T, const bpb_check_options *options,
                      bpb_check_report *report)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(report);
    const bpb_check_options defaults = {.what = 0};
    struct check check = {.P = 0};
    bpb_check_report made = {.result = {{.entries = 0}}};
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = BPB(check_start)(&check, net, X, T, options ? options : &defaults);
    if (status >= 0)
        status = check_all(&check, &made);
    BPB(check_free)(&check);
    if (status >= 0)
        *report = made;
    fpenv_leave(&env);
    return status;
}
