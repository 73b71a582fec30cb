/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of derivatives beyond the gradient, over the passes that they extend. */
#include "figures.h"

/* Add a side that computes a derivative. Fails if it is wrong. */
static bpb_status derivative_side(struct match *match, const char *name, const struct kit *kit,
                                  void *stage, enum derivative which)
{
    const bool forward = which == JVP || which == JVP_THETA || which == JVP_INPUTS;
    struct subject *subject = match_side(match, name, forward ? OP_FORWARD : OP_GRADIENT);
    bool agree;
    TRY(kit->derivative(subject, stage, which));
    TRY(kit->check_derivative(subject, &agree));
    return agree ? BPB_OK : match_refuse(match, "the derivative is wrong, so nothing is timed");
}

bpb_status measure_jvp(struct match *match, const struct figure *figure)
{
    enum { FORWARD, BOTH, THETA, INPUTS };
    static const double both[MOST_SIDES] = {[BOTH] = 1, [FORWARD] = -1};
    static const double theta[MOST_SIDES] = {[THETA] = 1, [FORWARD] = -1};
    static const double inputs[MOST_SIDES] = {[INPUTS] = 1, [FORWARD] = -1};
    const struct kit *kit = kit_of(figure->precision);
    void *stage;
    TRY(match_checked_stage(match, case_named(figure->name), figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, "forward", OP_FORWARD), stage, 1));
    TRY(derivative_side(match, "both", kit, stage, JVP));
    TRY(derivative_side(match, "v", kit, stage, JVP_THETA));
    TRY(derivative_side(match, "V", kit, stage, JVP_INPUTS));
    TRY(match_time(match));
    TRY(match_ratio_line(match, goal_line(figure, ""), 1, both, SIDE(FORWARD)));
    TRY(match_ratio_line(match, line_of(figure, "v alone"), 1, theta, SIDE(FORWARD)));
    return match_ratio_line(match, line_of(figure, "V alone"), 1, inputs, SIDE(FORWARD));
}

/* Add a side with a derivative and one with gradient and loss. */
static bpb_status gradient_sides(struct match *match, const struct figure *figure,
                                 const struct bench_case *shape, enum derivative which,
                                 const char *name, void **stage)
{
    const struct kit *kit = kit_of(figure->precision);
    TRY(match_checked_stage(match, shape, figure->precision, 1, stage));
    TRY(derivative_side(match, name, kit, *stage, which));
    return kit->library(match_side(match, "gradient", OP_GRADIENT), *stage, 1);
}

bpb_status measure_hvp(struct match *match, const struct figure *figure)
{
    enum { PRODUCT, GRADIENT };
    void *stage;
    TRY(gradient_sides(match, figure, case_named(figure->name), HVP, "hvp", &stage));
    TRY(match_time(match));
    return match_ratio_line(match, goal_line(figure, ""), 1, SIDE(PRODUCT), SIDE(GRADIENT));
}

bpb_status measure_inputs(struct match *match, const struct figure *figure)
{
    enum { WITH, WITHOUT, BARE };
    static const double added[MOST_SIDES] = {[WITH] = 1, [WITHOUT] = -1};
    const struct kit *kit = kit_of(figure->precision);
    struct subject *delta;
    void *stage;
    bool agree;
    TRY(gradient_sides(match, figure, case_named(figure->name), GRADIENT_X, "gradient_x", &stage));
    delta = match_side(match, "bare", OP_GRADIENT);
    TRY(kit->delta(delta, stage));
    TRY(kit->check_delta(&match->side[WITH].subject, delta, &agree));
    if (!agree)
        return match_refuse(match, "the derivative is wrong, so nothing is timed");
    TRY(match_time(match));
    return match_ratio_line(match, goal_line(figure, ""), 1, added, SIDE(BARE));
}

/* The net of the case with one output, as a force field has. */
bpb_status measure_targets(struct match *match, const struct figure *figure)
{
    enum { TARGETS, GRADIENT };
    struct bench_case shape = *case_named(figure->name);
    void *stage;
    shape.units[shape.n_layers] = 1;
    TRY(gradient_sides(match, figure, &shape, JACOBIAN_VJP, "jacobian_vjp", &stage));
    TRY(match_time(match));
    return match_ratio_line(match, line_of(figure, "6-64-64-1"), 1, SIDE(TARGETS), SIDE(GRADIENT));
}
