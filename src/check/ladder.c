/* SPDX-License-Identifier: BSD-3-Clause */
#include "check/ladder.h"

#include <math.h>

/* Rungs below one that can be chosen: they show the noise, and what it may have overlooked. */
#define BELOW 3
/* Errors in units of noise / h, at least 5, below which smaller steps would not help. */
#define CONVERGED 100

void bpb_ladder_begin(struct ladder *ladder, const struct expected *expected)
{
    ladder->expected = *expected;
    ladder->rungs = 0;
}

/*
 * The next row of a table, in place of the last, from its first column; column k removes the power
 * of h by which it shrinks from rung to rung, factor = 2^power, and the next powers differ by 2:
 *
 *     new[k] = new[k-1] + (new[k-1] - old[k-1]) / (factor - 1)
 *
 * The best column is the one nearest to its neighbours: left, above left and above.
 */
static struct extrapolated extend(double *row, size_t rungs, double first, double factor)
{
    const size_t columns = BPB_MIN(rungs + 1, LADDER_COLUMNS);
    struct extrapolated best = {first, INFINITY};
    double left = first;
    for (size_t k = 1; k < columns; k++, factor *= 4) {
        const double above_left = row[k - 1];
        const double value = left + (left - above_left) / (factor - 1);
        double error = fmax(fabs(value - left), fabs(value - above_left));
        if (k < rungs)
            error = fmax(error, fabs(value - row[k]));
        if (error < best.error)
            best = (struct extrapolated){value, error};
        row[k - 1] = left;
        left = value;
    }
    row[columns - 1] = left;
    return best;
}

/* Of the slope; a jump too small to be seen may be in it by half. */
static double error_of(const struct rung *rung)
{
    return rung->slope.error + rung->jump.error / 2;
}

static bool is_kink(const struct rung *rung)
{
    return fabs(rung->jump.value) > rung->jump.error;
}

static bool agree(struct extrapolated a, struct extrapolated b)
{
    return fabs(a.value - b.value) <= a.error + b.error;
}

/*
 * The errors of a rung with rounding: noise / h of the slope and 4 noise / h of the jump in the
 * first column, somewhat more in the others; and at least what is left at this step of the errors
 * of the rung below, for noise is as 1/h.
 */
static struct rung with_noise(struct rung rung, double noise, const struct rung *below)
{
    rung.slope.error += 2 * noise / rung.h;
    rung.jump.error += 6 * noise / rung.h;
    if (below) {
        rung.slope.error = fmax(rung.slope.error, below->slope.error * below->h / rung.h);
        rung.jump.error = fmax(rung.jump.error, below->jump.error * below->h / rung.h);
    }
    return rung;
}

/*
 * From the smallest step up, the best rung that none below contradicts. Where it is off by more
 * than noise from those next to it, so is its error: it was lucky.
 */
static struct rung best_rung(const struct ladder *ladder, double noise)
{
    const size_t last = ladder->rungs - 1, lowest = last > BELOW ? last - BELOW : last;
    struct rung best = {.h = 0}, rung = {.h = 0};
    size_t chosen = last;
    for (size_t i = ladder->rungs; i-- > 0;) {
        rung = with_noise(ladder->rung[i], noise, i == last ? NULL : &rung);
        if (i < lowest && (!agree(rung.slope, best.slope) || !agree(rung.jump, best.jump)))
            break;
        if (i == lowest || (i < lowest && error_of(&rung) < error_of(&best)))
            best = rung, chosen = i;
    }
    for (size_t i = chosen + 1; i <= BPB_MIN(last, chosen + BELOW); i++) {
        const double off = fabs(ladder->rung[i].slope.value - best.slope.value);
        best.slope.error = fmax(best.slope.error, off - 2 * noise / ladder->rung[i].h);
    }
    return best;
}

void bpb_ladder_add(struct ladder *ladder, struct sides sides)
{
    if (ladder->rungs == LADDER_RUNGS || bpb_ladder_done(ladder))
        return;
    if (!isfinite(sides.f_right) || !isfinite(sides.f_left)) {
        ladder->rungs = 0;
        return;
    }
    const double h = (sides.t_right + sides.t_left) / 2, f_0 = ladder->expected.f_0;
    const double slope = (sides.f_right - sides.f_left) / (2 * h);
    const double jump = (sides.f_right - f_0) / sides.t_right - (f_0 - sides.f_left) / sides.t_left;
    ladder->rung[ladder->rungs] = (struct rung){
        .h = h,
        .bend = fabs(jump) * h,
        .slope = extend(ladder->slopes, ladder->rungs, slope, 4),
        .jump = extend(ladder->jumps, ladder->rungs, jump, 2),
    };
    ladder->rungs++;
}

/*
 * Whether the best rung has come down to the noise. A kink, which may be a bend, and a slope other
 * than the expected, which may be that of a larger scale, are looked at to the last rung. So what
 * is expected decides how long is looked, and not what is found.
 */
bool bpb_ladder_done(const struct ladder *ladder)
{
    const struct expected *expected = &ladder->expected;
    if (ladder->rungs < BELOW + 2)
        return false;
    const struct rung best = best_rung(ladder, expected->noise);
    const double error = error_of(&best);
    return !is_kink(&best) && error <= CONVERGED * expected->noise / best.h &&
           fabs(best.slope.value - expected->slope) <= error + expected->error;
}

/* The noise that the last rungs show, where bends have become too small to be seen. */
static double noise_seen(const struct ladder *ladder)
{
    double noise = ladder->expected.least;
    for (size_t i = ladder->rungs - 1 - BELOW; i < ladder->rungs; i++)
        noise = fmax(noise, ladder->rung[i].bend);
    return fmin(noise, ladder->expected.noise);
}

struct slope bpb_ladder_slope(const struct ladder *ladder)
{
    if (ladder->rungs < BELOW + 1)
        return (struct slope){.known = false};
    const bool done = bpb_ladder_done(ladder);
    const double noise = done ? ladder->expected.noise : noise_seen(ladder);
    const struct rung best = best_rung(ladder, noise);
    return (struct slope){.value = best.slope.value, .error = error_of(&best), .known = true,
                          .kink = is_kink(&best)};
}
