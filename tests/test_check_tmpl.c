/* SPDX-License-Identifier: BSD-3-Clause */
/* Derivatives against differences: right ones pass, wrong ones are found where they are. */
#include <stdio.h>

#include "support_tmpl.h"

#define WIDEST 6
#define COLUMNS 5

/* What a wrong function is off by: differences of floats are coarser. */
#define WRONG BPB_SELECT(1e-3, 0.04)

/* ---- Random nets of the library's functions ---- */

struct sample {
    size_t units[5], L, B;
    bpb_activation g[4];
    bpb_loss_kind loss;
    net_t *net;
    real X[WIDEST * COLUMNS], T[WIDEST * COLUMNS];
    double weights[COLUMNS];
    view_t X_view;
    targets_t targets;
};

static bool chance(struct rng *rng, size_t one_in)
{
    return rng_between(rng, 1, one_in) == 1;
}

static void draw_shape(struct rng *rng, struct sample *sample)
{
    sample->L = rng_between(rng, 1, 4);
    for (size_t l = 0; l <= sample->L; l++)
        sample->units[l] = rng_between(rng, 1, WIDEST);
    for (size_t l = 0; l < sample->L; l++)
        sample->g[l] = (bpb_activation)rng_between(rng, BPB_SIGMOID, BPB_EXPONENTIAL);
    sample->loss = (bpb_loss_kind)rng_between(rng, BPB_SQUARED, BPB_GAUSSIAN);
    bpb_activation *output = &sample->g[sample->L - 1];
    if (sample->loss == BPB_CROSS_ENTROPY)
        *output = chance(rng, 2) ? BPB_SIGMOID : BPB_SOFTMAX;
    if (sample->loss == BPB_POISSON)
        *output = BPB_EXPONENTIAL;
    if (sample->loss == BPB_GAUSSIAN) {
        *output = BPB_IDENTITY;
        sample->units[sample->L] = 2 * rng_between(rng, 1, WIDEST / 2);
    }
}

static void draw_units(struct rng *rng, size_t n, double *shift, double *factor)
{
    for (size_t i = 0; i < n; i++) {
        shift[i] = rng_uniform(rng, -5, 5);
        factor[i] = rng_uniform(rng, 0.1, 10);
    }
}

/* Units of the caller's, those of X so that A_0 stays what was drawn. */
static void draw_scaling(struct rng *rng, struct sample *sample)
{
    const size_t n_0 = sample->units[0], n_L = sample->units[sample->L];
    double shift[WIDEST], factor[WIDEST];
    if (chance(rng, 3)) {
        draw_units(rng, n_0, shift, factor);
        assert_ok(BPB(net_set_scaling)(sample->net, BPB_INPUTS, shift, factor));
        for (size_t i = 0; i < n_0 * sample->B; i++)
            sample->X[i] = (real)(shift[i % n_0] + (double)sample->X[i] / factor[i % n_0]);
    }
    if (chance(rng, 3) && sample->loss != BPB_CROSS_ENTROPY && sample->loss != BPB_POISSON) {
        draw_units(rng, n_L, shift, factor);
        assert_ok(BPB(net_set_scaling)(sample->net, BPB_OUTPUTS, shift, factor));
    }
}

/* Probabilities, counts or numbers; class indices; weights; a mask. */
static void draw_data(struct rng *rng, struct sample *sample)
{
    const size_t n_0 = sample->units[0], n_L = sample->units[sample->L], B = sample->B;
    const bool classes = sample->loss == BPB_CROSS_ENTROPY && n_L > 1 && chance(rng, 2);
    const size_t rows = classes ? 1 : BPB(net_loss)(sample->net).n_targets;
    const bool positive = sample->loss == BPB_CROSS_ENTROPY || sample->loss == BPB_POISSON;
    fill_uniform(rng, n_0 * B, -1, 1, sample->X);
    fill_uniform(rng, rows * B, positive ? 0 : -1, 1, sample->T);
    for (size_t j = 0; classes && j < B; j++)
        sample->T[j] = (real)rng_between(rng, 0, n_L - 1);
    sample->X_view = BPB(samples)(sample->X, B, n_0);
    const view_t T = BPB(samples)(sample->T, B, rows);
    sample->targets = classes ? BPB(classes)(T) : BPB(values)(T);
    for (size_t j = 0; j < B; j++)
        sample->weights[j] = rng_uniform(rng, 0, 2);
    if (chance(rng, 3))
        sample->targets.weights = sample->weights;
    sample->targets.masked = chance(rng, 3);
    for (size_t i = 0; sample->targets.masked && i < rows * B; i++)
        if (chance(rng, 4))
            sample->T[i] = (real)NAN;
}

static void draw_sample(struct sample *sample, uint64_t seed)
{
    struct rng rng = {seed};
    *sample = (struct sample){.B = 0};
    draw_shape(&rng, sample);
    sample->B = rng_between(&rng, 1, COLUMNS);
    const bpb_net_options options = {
        .sizes = sample->units,
        .n_sizes = sample->L + 1,
        .activations = sample->g,
        .loss = sample->loss,
        .seed = seed,
        .label_smoothing = sample->loss == BPB_CROSS_ENTROPY && chance(&rng, 2) ? 0.1 : 0};
    assert_ok(BPB(net_create)(&sample->net, &options));
    draw_data(&rng, sample);
    draw_scaling(&rng, sample);
}

/* Fails with all that is needed to look at it. */
static void assert_agrees(const char *what, bpb_status status, const bpb_check_report *report)
{
    for (int check = 0; check < BPB_CHECKS; check++) {
        const bpb_check_entry *worst = &report->result[check].worst;
        if (report->result[check].disagreeing)
            fail_msg("%s, %s: layer %zu (%zu, %zu) is %.9g, by differences %.9g +- %.2g", what,
                     bpb_name(BPB_NAMES_CHECK, (bpb_check_kind)check), worst->layer, worst->row,
                     worst->col, worst->computed, worst->difference, worst->uncertainty);
    }
    assert_ok(status);
}

static void check__random_nets_agree(void **state)
{
    (void)state;
    size_t kinks = 0, entries = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct sample sample;
        bpb_check_report report;
        char what[32];
        draw_sample(&sample, seed);
        snprintf(what, sizeof what, "seed %d", (int)seed);
        const bpb_status status =
            BPB(check)(sample.net, sample.X_view, sample.targets, NULL, &report);
        assert_agrees(what, status, &report);
        for (int check = 0; check < BPB_CHECKS; check++) {
            assert_true(report.result[check].entries + report.result[check].kinks > 0);
            entries += report.result[check].entries;
            kinks += report.result[check].kinks;
        }
        BPB(net_destroy)(&sample.net);
    }
    assert_true(kinks < entries / BPB_SELECT(1000, 20));
}

/* ---- A small net with functions of one's own: 3 - 4 - 3 - 2 ---- */

/* By how much each part of the functions is wrong: 0: right. */
struct errors {
    double df, d2f, vjp, jvp, second, loss_df, loss_d2f;
};

/* g = sin z + z, entry by entry */
static void wavy(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = (real)(sin((double)z[i]) + (double)z[i]);
}
static void wavy_slope(const void *context, size_t n, const real *z, const real *a, real *df)
{
    const struct errors *errors = context;
    (void)a;
    for (size_t i = 0; i < n; i++)
        df[i] = (real)((1 + errors->df) * (cos((double)z[i]) + 1));
}
static void wavy_curve(const void *context, size_t n, const real *z, const real *a, real *d2f)
{
    const struct errors *errors = context;
    (void)a;
    for (size_t i = 0; i < n; i++)
        d2f[i] = (real)((1 + errors->d2f) * -sin((double)z[i]));
}
static const activation_function_t wavy_function = {
    .name = "wavy", .f = wavy, .df = wavy_slope, .d2f = wavy_curve};

/* The same for whole matrices, wrong in row 2 alone. */
static double row_factor(size_t i, size_t n, double error)
{
    return i % n == 2 ? 1 + error : 1;
}
static void rows_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    wavy(context, n * B, Z, A);
}
static void rows_vjp(const void *context, size_t n, size_t B, const real *Z, const real *A, real *D)
{
    const struct errors *errors = context;
    (void)A;
    for (size_t i = 0; i < n * B; i++)
        D[i] *= (real)(row_factor(i, n, errors->vjp) * (cos((double)Z[i]) + 1));
}
static void rows_jvp(const void *context, size_t n, size_t B, const real *Z, const real *A, real *V)
{
    const struct errors *errors = context;
    (void)A;
    for (size_t i = 0; i < n * B; i++)
        V[i] *= (real)(row_factor(i, n, errors->jvp) * (cos((double)Z[i]) + 1));
}
static void rows_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                        const real *D, const real *V, real *H)
{
    const struct errors *errors = context;
    (void)A;
    for (size_t i = 0; i < n * B; i++)
        H[i] -= (real)(row_factor(i, n, errors->second) * sin((double)Z[i])) * D[i] * V[i];
}
static const activation_function_t rows_function = {.name = "wavy-rows",
                                                    .value = rows_value,
                                                    .vjp = rows_vjp,
                                                    .jvp = rows_jvp,
                                                    .second = rows_second};

/* f = (a - t)^4 / 4 + (a - t)^2 */
static void quartic(const void *context, size_t n, const real *a, const real *t, real *f)
{
    (void)context;
    for (size_t i = 0; i < n; i++) {
        const double r = (double)a[i] - (double)t[i];
        f[i] = (real)(r * r * r * r / 4 + r * r);
    }
}
static void quartic_slope(const void *context, size_t n, const real *a, const real *t, real *df)
{
    const struct errors *errors = context;
    for (size_t i = 0; i < n; i++) {
        const double r = (double)a[i] - (double)t[i];
        df[i] = (real)((1 + errors->loss_df) * (r * r * r + 2 * r));
    }
}
static void quartic_curve(const void *context, size_t n, const real *a, const real *t, real *d2f)
{
    const struct errors *errors = context;
    for (size_t i = 0; i < n; i++) {
        const double r = (double)a[i] - (double)t[i];
        d2f[i] = (real)((1 + errors->loss_d2f) * (3 * r * r + 2));
    }
}
static const loss_function_t quartic_function = {
    .name = "quartic", .f = quartic, .df = quartic_slope, .d2f = quartic_curve};

static const size_t small_units[] = {3, 4, 3, 2};
enum { SMALL_B = 4 };

struct small {
    net_t *net;
    real X[3 * SMALL_B], T[2 * SMALL_B];
    struct errors errors;
};

/* Layer l is of g, the other hidden one tanh, the output identity. */
static void make_small(struct small *small, const activation_function_t *g, size_t l,
                       struct errors errors)
{
    struct rng rng = {7};
    *small = (struct small){.errors = errors};
    assert_ok(BPB(net_create)(&small->net, &(bpb_net_options){.sizes = small_units,
                                                              .n_sizes = 4,
                                                              .hidden = BPB_TANH,
                                                              .seed = 5,
                                                              .output = BPB_IDENTITY}));
    activation_function_t own = *g;
    loss_function_t loss = quartic_function;
    own.context = loss.context = &small->errors;
    assert_ok(BPB(net_set_activation)(small->net, l, &own));
    assert_ok(BPB(net_set_loss)(small->net, &loss));
    fill_uniform(&rng, COUNT(small->X), -1, 1, small->X);
    fill_uniform(&rng, COUNT(small->T), -1, 1, small->T);
}

static bpb_status check_small(const struct small *small, const bpb_check_options *options,
                              bpb_check_report *report)
{
    return BPB(check)(small->net, BPB(samples)(small->X, SMALL_B, 3),
                      BPB(values)(BPB(samples)(small->T, SMALL_B, 2)), options, report);
}

/* A check with these errors: which of the derivatives disagree, as 1 << check. */
static unsigned found(const activation_function_t *g, size_t l, struct errors errors,
                      bpb_check_report *report)
{
    struct small small;
    make_small(&small, g, l, errors);
    const bpb_status status = check_small(&small, NULL, report);
    BPB(net_destroy)(&small.net);
    unsigned disagreeing = 0;
    for (unsigned check = 0; check < BPB_CHECKS; check++) {
        assert_int_equal(report->result[check].kinks, 0);
        assert_true(report->result[check].entries > 0);
        if (report->result[check].disagreeing)
            disagreeing |= 1u << check;
    }
    assert_int_equal(status, disagreeing ? BPB_DISAGREES : BPB_OK);
    return disagreeing;
}

#define ALL_CHECKS ((1u << BPB_CHECKS) - 1)
#define BIT(check) (1u << BPB_CHECK_##check)

/* Rounding, of numbers around 1, over steps of about 1/100: 1e5 eps are seen. */
#define SHARP 1e6
static void assert_sharp(const bpb_check_report *report)
{
    for (int check = 0; check < BPB_CHECKS; check++) {
        const bpb_check_entry *worst = &report->result[check].worst;
        assert_true(worst->uncertainty > EPSILON * fabs(worst->computed));
        assert_true(worst->uncertainty < SHARP * EPSILON);
    }
}

static void check__own_functions_agree(void **state)
{
    (void)state;
    bpb_check_report report;
    for (size_t l = 1; l <= 2; l++) {
        assert_int_equal(found(&wavy_function, l, (struct errors){.df = 0}, &report), 0);
        assert_sharp(&report);
        assert_int_equal(found(&rows_function, l, (struct errors){.df = 0}, &report), 0);
        assert_sharp(&report);
    }
}

/* H v is the derivative of what the wrong df makes of the gradient, or nearly so. */
static void check__wrong_slope_is_found(void **state)
{
    (void)state;
    bpb_check_report report;
    const struct errors errors = {.df = WRONG};
    assert_int_equal(found(&wavy_function, 2, errors, &report) | BIT(HVP), ALL_CHECKS);
    assert_in_range(report.result[BPB_CHECK_GRADIENT].worst.layer, 1, 2);
    assert_in_range(report.result[BPB_CHECK_VJP].worst.layer, 1, 2);
    // W_3 and b_3 are above it: 2 x 3 + 2 entries are right
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].entries, 4 * 4 + 3 * 5 + 2 * 4);
    assert_in_range(report.result[BPB_CHECK_GRADIENT].disagreeing, 1, 4 * 4 + 3 * 5);
}

static void check__wrong_vjp_is_found_in_its_row(void **state)
{
    (void)state;
    bpb_check_report report;
    const unsigned disagreeing = found(&rows_function, 1, (struct errors){.vjp = WRONG}, &report);
    assert_true(disagreeing & BIT(GRADIENT));
    assert_true(disagreeing & BIT(VJP));
    assert_false(disagreeing & BIT(JVP));
    const bpb_check_result *gradient = &report.result[BPB_CHECK_GRADIENT];
    assert_int_equal(gradient->worst.layer, 1);
    assert_int_equal(gradient->worst.row, 2);
    assert_in_range(gradient->worst.col, 0, 3); // 3: b
    assert_in_range(gradient->disagreeing, 1, 4);
}

static void check__wrong_jvp_is_found(void **state)
{
    (void)state;
    bpb_check_report report;
    const unsigned disagreeing = found(&rows_function, 1, (struct errors){.jvp = WRONG}, &report);
    assert_true(disagreeing & BIT(JVP));
    assert_false(disagreeing & (BIT(GRADIENT) | BIT(INPUTS) | BIT(VJP)));
    assert_int_equal(report.result[BPB_CHECK_JVP].worst.layer, 0);
    assert_in_range(report.result[BPB_CHECK_JVP].worst.row, 0, 1);
    assert_in_range(report.result[BPB_CHECK_JVP].worst.col, 0, SMALL_B - 1);
}

static void check__wrong_second_is_found(void **state)
{
    (void)state;
    bpb_check_report report;
    const struct errors activation = {.second = 4 * WRONG}, loss = {.loss_d2f = WRONG};
    assert_int_equal(found(&rows_function, 1, activation, &report), BIT(HVP));
    assert_int_equal(report.result[BPB_CHECK_HVP].worst.layer, 1);
    assert_int_equal(report.result[BPB_CHECK_HVP].worst.row, 2);
    const struct errors wave = {.d2f = 4 * WRONG};
    assert_int_equal(found(&wavy_function, 2, wave, &report), BIT(HVP));
    assert_int_equal(found(&wavy_function, 2, loss, &report), BIT(HVP));
}

static void check__wrong_loss_gradient_is_found(void **state)
{
    (void)state;
    bpb_check_report report;
    const unsigned disagreeing =
        found(&wavy_function, 1, (struct errors){.loss_df = WRONG}, &report);
    assert_true(disagreeing & BIT(GRADIENT));
    assert_true(disagreeing & BIT(INPUTS));
    assert_false(disagreeing & (BIT(JACOBIAN) | BIT(JVP) | BIT(VJP)));
    // all of them are wrong, and except for the smallest all are found
    const bpb_check_result *gradient = &report.result[BPB_CHECK_GRADIENT];
    assert_true(gradient->disagreeing > BPB_SELECT(9, 5) * gradient->entries / 10);
    assert_true(fabs(gradient->worst.computed / gradient->worst.difference - 1 - WRONG) <
                WRONG / 10);
}

/* ---- Kinks ---- */

/* 2 - 3 - 1 of ReLU; the first of two columns is 0, and b is, so that all z of it are. */
static void check__relu_at_its_kink_is_left_out(void **state)
{
    (void)state;
    const size_t units[] = {2, 3, 1};
    const real X[] = {0, 0, RC(0.5), RC(-0.25)}, T[] = {1, 2};
    bpb_check_report report;
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units,
                                                       .n_sizes = 3,
                                                       .seed = 3,
                                                       .hidden = BPB_RELU,
                                                       .output = BPB_IDENTITY,
                                                       .init = BPB_INIT_HE_NORMAL}));
    const bpb_status status =
        BPB(check)(net, BPB(samples)(X, 2, 2), BPB(values)(BPB(samples)(T, 2, 1)), NULL, &report);
    assert_agrees("kinks", status, &report);
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].kinks, 3);      // b_1
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].entries, 13 - 3);
    assert_int_equal(report.result[BPB_CHECK_INPUTS].kinks, 2);        // the first column
    assert_int_equal(report.result[BPB_CHECK_JACOBIAN].kinks, 2);
    assert_int_equal(report.result[BPB_CHECK_JACOBIAN].entries, 2);
    assert_int_equal(report.result[BPB_CHECK_VJP].kinks, 3);
    assert_true(report.result[BPB_CHECK_HVP].kinks > 0);
    BPB(net_destroy)(&net);
}

/* A bend so narrow that it looks like a kink from steps larger than its width: |z|, rounded. */
#define WIDTH BPB_SELECT(1e-6, 3e-3)
static void bent(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = (real)(sqrt((double)z[i] * (double)z[i] + WIDTH * WIDTH));
}
static void bent_slope(const void *context, size_t n, const real *z, const real *a, real *df)
{
    const struct errors *errors = context;
    for (size_t i = 0; i < n; i++)
        df[i] = (real)((double)z[i] / (double)a[i] + errors->df);
}

static void bend(double error, bpb_check_report *report, bpb_status *status)
{
    const size_t units[] = {1, 1};
    const real X[] = {1}, T[] = {-1};
    const struct errors errors = {.df = error};
    const bpb_check_options options = {.what = BIT(GRADIENT)};
    const activation_function_t own = {
        .name = "bent", .context = &errors, .f = bent, .df = bent_slope};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = units, .n_sizes = 2, .init = BPB_INIT_ZERO}));
    assert_ok(BPB(net_set_activation)(net, 1, &own));
    *status = BPB(check)(net, BPB(samples)(X, 1, 1), BPB(values)(BPB(samples)(T, 1, 1)), &options,
                         report);
    BPB(net_destroy)(&net);
}

static void check__narrow_bend_is_no_kink(void **state)
{
    (void)state;
    bpb_check_report report;
    bpb_status status;
    bend(0, &report, &status);
    assert_ok(status);
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].entries, 2);
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].kinks, 0);
    bend(BPB_SELECT(1e-3, 0.04), &report, &status);
    assert_int_equal(status, BPB_DISAGREES);
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].disagreeing, 2);
}

/* ---- Options and statuses ---- */

static void check__entries_limits_each_matrix(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report report, again, other;
    make_small(&small, &wavy_function, 1, (struct errors){.df = 0});
    assert_ok(check_small(&small, &(bpb_check_options){.entries = 3, .seed = 1}, &report));
    // 3 of W_1, b_1, W_2, b_2, W_3, and both of b_3
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].entries, 5 * 3 + 2);
    assert_int_equal(report.result[BPB_CHECK_HVP].entries, 5 * 3 + 2);
    assert_int_equal(report.result[BPB_CHECK_INPUTS].entries, 3);
    assert_int_equal(report.result[BPB_CHECK_JACOBIAN].entries, 3 * 2);
    assert_int_equal(report.result[BPB_CHECK_JVP].entries, 3);
    assert_ok(check_small(&small, &(bpb_check_options){.entries = 3, .seed = 1}, &again));
    assert_memory_equal(&report, &again, sizeof report);
    assert_ok(check_small(&small, &(bpb_check_options){.entries = 3, .seed = 2}, &other));
    assert_memory_not_equal(&report, &other, sizeof report);
    BPB(net_destroy)(&small.net);
}

static void check__what_is_not_asked_for_is_left_out(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report report;
    make_small(&small, &wavy_function, 1, (struct errors){.df = WRONG});
    const bpb_check_options one = {.what = BIT(INPUTS)};
    const bpb_check_options lenient = {.what = BIT(INPUTS), .tolerance = 1e12};
    assert_int_equal(check_small(&small, &one, &report), BPB_DISAGREES);
    for (int check = 0; check < BPB_CHECKS; check++)
        assert_int_equal(report.result[check].entries > 0, check == BPB_CHECK_INPUTS);
    assert_ok(check_small(&small, &lenient, &report));
    BPB(net_destroy)(&small.net);
}

static void check__missing_function_is_left_out_unless_alone(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report report;
    activation_function_t no_second = rows_function;
    no_second.second = NULL;
    make_small(&small, &no_second, 2, (struct errors){.df = 0});
    assert_ok(check_small(&small, NULL, &report));
    assert_int_equal(report.result[BPB_CHECK_HVP].entries, 0);
    assert_true(report.result[BPB_CHECK_JVP].entries > 0);
    assert_int_equal(check_small(&small, &(bpb_check_options){.what = BIT(HVP)}, &report),
                     BPB_ERR_NO_SECOND);
    BPB(net_destroy)(&small.net);
}

static void check__net_and_refused_report_are_unchanged(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report report, before;
    make_small(&small, &wavy_function, 1, (struct errors){.df = 0});
    const size_t P = BPB(net_parameters)(small.net);
    real *theta = make_reals(P);
    memcpy(theta, BPB(net_ctheta)(small.net), P * sizeof *theta);
    memset(&report, 0x5a, sizeof report);
    before = report;
    const view_t X = BPB(samples)(small.X, SMALL_B, 3), T = BPB(samples)(small.T, SMALL_B, 2);
    const view_t short_T = BPB(samples)(small.T, SMALL_B - 1, 2);
    const view_t low_X = BPB(samples)(small.X, SMALL_B, 2);
    assert_int_equal(BPB(check)(NULL, X, BPB(values)(T), NULL, &report), BPB_ERR_NULL);
    assert_int_equal(BPB(check)(small.net, X, BPB(values)(T), NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(check)(small.net, X, BPB(values)((view_t){0}), NULL, &report),
                     BPB_ERR_NULL);
    assert_int_equal(BPB(check)(small.net, X, BPB(values)(short_T), NULL, &report), BPB_ERR_SHAPE);
    assert_int_equal(BPB(check)(small.net, low_X, BPB(values)(T), NULL, &report), BPB_ERR_SHAPE);
    const bpb_check_options bad[] = {{.what = 1u << BPB_CHECKS}, {.tolerance = -1},
                                     {.tolerance = (double)NAN}, {.tolerance = (double)INFINITY}};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(BPB(check)(small.net, X, BPB(values)(T), &bad[i], &report),
                         BPB_ERR_OPTION);
    assert_memory_equal(&report, &before, sizeof report);
    assert_ok(BPB(check)(small.net, X, BPB(values)(T), NULL, &report));
    assert_same_bits(P, BPB(net_ctheta)(small.net), theta);
    free(theta);
    BPB(net_destroy)(&small.net);
}

static void check__value_not_finite_is_told(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report report;
    make_small(&small, &wavy_function, 1, (struct errors){.df = 0});
    small.X[4] = (real)INFINITY;
    assert_int_equal(check_small(&small, NULL, &report), BPB_NONFINITE);
    assert_int_equal(report.result[BPB_CHECK_GRADIENT].entries, 0);
    BPB(net_destroy)(&small.net);
}

/* X through an index and a stride is X. */
static void check__views_are_read_as_they_are(void **state)
{
    (void)state;
    struct small small;
    bpb_check_report packed, viewed;
    make_small(&small, &wavy_function, 1, (struct errors){.df = 0});
    real spread[3 * SMALL_B * 2] = {0};
    size_t index[SMALL_B];
    for (size_t j = 0; j < SMALL_B; j++) {
        index[j] = SMALL_B - 1 - j;
        for (size_t i = 0; i < 3; i++)
            spread[2 * (3 * index[j] + i)] = small.X[3 * j + i];
    }
    const view_t X = {
        .data = spread, .rows = 3, .cols = SMALL_B, .row_stride = 2, .ld = 6, .index = index};
    assert_ok(check_small(&small, NULL, &packed));
    assert_ok(
        BPB(check)(small.net, X, BPB(values)(BPB(samples)(small.T, SMALL_B, 2)), NULL, &viewed));
    assert_memory_equal(&packed, &viewed, sizeof packed);
    BPB(net_destroy)(&small.net);
}

static void check_name__all(void **state)
{
    (void)state;
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_GRADIENT), "gradient");
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_INPUTS), "inputs");
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_JACOBIAN), "jacobian");
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_JVP), "jvp");
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_VJP), "vjp");
    assert_string_equal(bpb_name(BPB_NAMES_CHECK, BPB_CHECK_HVP), "hvp");
    assert_null(bpb_name(BPB_NAMES_CHECK, BPB_CHECKS));
    assert_null(bpb_name(BPB_NAMES_CHECK, (bpb_check_kind)-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__random_nets_agree),
        cmocka_unit_test(check__own_functions_agree),
        cmocka_unit_test(check__wrong_slope_is_found),
        cmocka_unit_test(check__wrong_vjp_is_found_in_its_row),
        cmocka_unit_test(check__wrong_jvp_is_found),
        cmocka_unit_test(check__wrong_second_is_found),
        cmocka_unit_test(check__wrong_loss_gradient_is_found),
        cmocka_unit_test(check__relu_at_its_kink_is_left_out),
        cmocka_unit_test(check__narrow_bend_is_no_kink),
        cmocka_unit_test(check__entries_limits_each_matrix),
        cmocka_unit_test(check__what_is_not_asked_for_is_left_out),
        cmocka_unit_test(check__missing_function_is_left_out_unless_alone),
        cmocka_unit_test(check__net_and_refused_report_are_unchanged),
        cmocka_unit_test(check__value_not_finite_is_told),
        cmocka_unit_test(check__views_are_read_as_they_are),
        cmocka_unit_test(check_name__all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
