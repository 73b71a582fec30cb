/* SPDX-License-Identifier: BSD-3-Clause */
/* Targets with weights and holes, as classes, smoothed and scaled, against what they mean. */
#include <stdio.h>

#include "support_tmpl.h"

enum { N_IN = 4, N_HIDDEN = 9, N_OUT = 6, B = 12, MOST_ANSWERS = 12 };
static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};

/* Outputs and losses, all of which targets of 0.1 .. 0.9 are good for. */
static const struct kind {
    const char *name;
    bpb_activation output;
    bpb_loss_kind loss;
    size_t group; /* outputs to a target; 0: the column is a whole */
} kinds[] = {
    {"squared", BPB_TANH, BPB_SQUARED, 1},
    {"squared of softmax", BPB_SOFTMAX, BPB_SQUARED, 1},
    {"sigmoid", BPB_SIGMOID, BPB_CROSS_ENTROPY, 1},
    {"softmax", BPB_SOFTMAX, BPB_CROSS_ENTROPY, 0},
    {"huber", BPB_IDENTITY, BPB_HUBER, 1},
    {"absolute", BPB_IDENTITY, BPB_ABSOLUTE, 1},
    {"poisson", BPB_EXPONENTIAL, BPB_POISSON, 1},
    {"gaussian", BPB_IDENTITY, BPB_GAUSSIAN, 2},
};
enum { SIGMOID = 2, SOFTMAX = 3, GAUSSIAN = 7 }; /* of kinds */

/* ---- A net, its data, and what it says of them ---- */

static real x_values[N_IN * B], t_values[N_OUT * B], v_values[200];

static struct machine machine_of(const struct kind *kind, double smoothing)
{
    return make_machine(&(bpb_net_options){.sizes = units,
                                           .n_sizes = 3,
                                           .hidden = BPB_TANH,
                                           .output = kind->output,
                                           .loss = kind->loss,
                                           .huber_delta = 0.5,
                                           .label_smoothing = smoothing,
                                           .init = BPB_INIT_GLOROT_UNIFORM,
                                           .seed = 3},
                        &(bpb_plan_options){.batch = B, .derivatives = 1});
}

static view_t X(void)
{
    return BPB(samples)(x_values, B, N_IN);
}
static targets_t T_of(const struct machine *m)
{
    return BPB(values)(BPB(samples)(t_values, B, BPB(net_loss)(m->net).n_targets));
}

/* Columns first, first + 1, ... of targets; without an index, weights are of those columns. */
static targets_t part_of(targets_t T, size_t first, size_t count)
{
    if (T.weights && !T.view.index)
        T.weights += first;
    T.view = BPB(columns)(T.view, first, count);
    return T;
}

/* All that depends on targets, E and each of its derivatives. */
struct answers {
    size_t count;
    struct {
        const char *name;
        size_t n;
        long double *x;
    } list[MOST_ANSWERS];
};

static void keep(struct answers *answers, const char *name, size_t n, const real *x)
{
    assert_true(answers->count < MOST_ANSWERS);
    answers->list[answers->count].name = name;
    answers->list[answers->count].n = n;
    answers->list[answers->count++].x = widen(n, x);
}

static void keep_number(struct answers *answers, const char *name, double x)
{
    const real none = 0;
    keep(answers, name, 1, &none);
    answers->list[answers->count - 1].x[0] = (long double)x;
}

static void free_answers(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        free(answers->list[i].x);
}

static struct answers ask(const struct machine *m, view_t A, targets_t T)
{
    struct answers s = {0};
    const size_t P = BPB(net_parameters)(m->net);
    real gradient[200], dX[N_IN * B];
    double E = 0, E_too = 0;
    bpb_score score;
    assert_true(P <= COUNT(gradient));
    assert_ok(BPB(loss)(m->net, m->work, A, T, &E));
    keep_number(&s, "loss", E);
    assert_ok(BPB(evaluate_with)(m->net, m->work, A, T, &score));
    keep_number(&s, "score", score.loss);
    assert_ok(BPB(gradient)(m->net, m->work, A, T, gradient, &E_too));
    assert_true(E_too == E);
    keep(&s, "gradient", P, gradient);
    assert_ok(
        BPB(gradient_x)(m->net, m->work, A, T, gradient, BPB(samples_out)(dX, A.cols, N_IN), NULL));
    keep(&s, "gradient too", P, gradient);
    keep(&s, "dX", N_IN * A.cols, dX);
    assert_ok(BPB(hvp)(m->net, m->work, A, T, v_values, gradient, NULL, NULL));
    keep(&s, "Hv", P, gradient);
    assert_ok(BPB(gnvp)(m->net, m->work, A, T, v_values, gradient));
    keep(&s, "Gv", P, gradient);
    return s;
}

/* sum += factor * part; dX: from column first on. */
static void add_answers(struct answers *sum, const struct answers *part, double factor,
                        size_t first)
{
    if (sum->count == 0)
        for (size_t i = 0; i < part->count; i++) {
            const bool of_columns = strcmp(part->list[i].name, "dX") == 0;
            const size_t n = of_columns ? N_IN * B : part->list[i].n;
            sum->list[i].name = part->list[i].name;
            sum->list[i].n = n;
            sum->list[i].x = allocate(n, sizeof *sum->list[i].x);
        }
    sum->count = part->count;
    for (size_t i = 0; i < part->count; i++) {
        const size_t at = strcmp(part->list[i].name, "dX") == 0 ? N_IN * first : 0;
        for (size_t k = 0; k < part->list[i].n; k++)
            sum->list[i].x[at + k] += (long double)factor * part->list[i].x[k];
    }
}

static void assert_same(const char *what, const struct answers *got, const struct answers *want)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        char name[80];
        const size_t n = want->list[i].n;
        const long double scale = largest(n, want->list[i].x);
        snprintf(name, sizeof name, "%s: %s", what, want->list[i].name);
        if (scale == 0) /* the second derivative of |y - t| by y */
            assert_true(largest(n, got->list[i].x) == 0);
        else
            assert_close(name, n, got->list[i].x, want->list[i].x, scale,
                         TOLERANCE(N_IN + N_HIDDEN + N_OUT + B));
    }
}

static void assert_same_bits_of(const struct answers *got, const struct answers *want)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++)
        for (size_t k = 0; k < want->list[i].n; k++)
            if (got->list[i].x[k] != want->list[i].x[k])
                fail_msg("%s: value %zu is %.20Lg, not %.20Lg", want->list[i].name, k,
                         got->list[i].x[k], want->list[i].x[k]);
}

/* ---- Weights ---- */

static const double weights[B] = {1, 2, 0.5, 0, 3, 0.25, 1, 1.5, 2, 0.75, 4, 0.125};

/* E and its derivatives are 1/B sum_j w_j of those of column j alone. */
static struct answers sum_of_columns(const struct machine *m, targets_t T, const double *w)
{
    struct answers sum = {0};
    for (size_t j = 0; j < B; j++) {
        struct answers one = ask(m, BPB(columns)(X(), j, 1), part_of(T, j, 1));
        add_answers(&sum, &one, w[j] / B, j);
        free_answers(&one);
    }
    return sum;
}

static void weights__multiply_the_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct machine m = machine_of(&kinds[i], 0);
        targets_t T = T_of(&m);
        struct answers want = sum_of_columns(&m, T, weights);
        T.weights = weights;
        struct answers got = ask(&m, X(), T);
        assert_same(kinds[i].name, &got, &want);
        free_answers(&want);
        free_answers(&got);
        free_machine(&m);
    }
}

/* Weights belong to the columns of the data, whatever order these are taken in. */
static void weights__go_through_the_index(void **state)
{
    (void)state;
    static const size_t order[B] = {3, 1, 4, 11, 5, 9, 2, 6, 0, 8, 7, 10};
    struct machine m = machine_of(&kinds[SOFTMAX], 0);
    double ordered[B];
    view_t A = X();
    targets_t T = T_of(&m), T_ordered = T;
    A.index = T.view.index = order;
    T.weights = weights;
    struct answers got = ask(&m, A, T);
    for (size_t j = 0; j < B; j++)
        ordered[j] = weights[order[j]];
    real *copy = make_reals(N_OUT * B);
    for (size_t j = 0; j < B; j++)
        memcpy(copy + j * N_OUT, t_values + order[j] * N_OUT, N_OUT * sizeof *copy);
    T_ordered.view.data = copy; /* in that order, and without an index */
    T_ordered.weights = ordered;
    struct answers want = ask(&m, A, T_ordered);
    assert_same_bits_of(&got, &want);
    /* and so do parts of them */
    struct answers part = ask(&m, BPB(columns)(A, 5, 4), part_of(T, 5, 4));
    struct answers part_ordered = ask(&m, BPB(columns)(A, 5, 4), part_of(T_ordered, 5, 4));
    assert_same_bits_of(&part, &part_ordered);
    free_answers(&part);
    free_answers(&part_ordered);
    free_answers(&got);
    free_answers(&want);
    free(copy);
    free_machine(&m);
}

static void weights__all_one_change_nothing(void **state)
{
    (void)state;
    static const double ones[B] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct machine m = machine_of(&kinds[0], 0);
    targets_t T = T_of(&m);
    struct answers want = ask(&m, X(), T);
    T.weights = ones;
    struct answers got = ask(&m, X(), T);
    assert_same_bits_of(&got, &want);
    free_answers(&got);
    free_answers(&want);
    free_machine(&m);
}

/* ---- Masks ---- */

/* T with NaN wherever a target is, or is not, of those chosen: some of them, one column whole. */
static void make_holes(size_t n_T, bool chosen, real *T)
{
    memcpy(T, t_values, n_T * B * sizeof *T);
    for (size_t k = 0; k < n_T * B; k++)
        if ((k % 3 == 1 || k / n_T == 5) == chosen)
            T[k] = (real)NAN;
}

static targets_t masked(const struct machine *m, const real *T)
{
    targets_t all = T_of(m);
    all.view.data = T;
    all.masked = 1;
    all.weights = weights;
    return all;
}

/* A sum over targets: those with the one half left out and those with the other make the whole. */
static void masked__halves_add_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (kinds[i].group == 0)
            continue;
        struct machine m = machine_of(&kinds[i], 0);
        real holes[N_OUT * B];
        targets_t all = T_of(&m);
        struct answers sum = {0};
        for (int chosen = 0; chosen < 2; chosen++) {
            make_holes(all.view.rows, chosen, holes);
            struct answers half = ask(&m, X(), masked(&m, holes));
            add_answers(&sum, &half, 1, 0);
            free_answers(&half);
        }
        all.weights = weights;
        struct answers want = ask(&m, X(), all);
        assert_same(kinds[i].name, &sum, &want);
        free_answers(&sum);
        free_answers(&want);
        free_machine(&m);
    }
}

/* e of one target by its formula, of outputs a (and s, for Gaussian). */
static long double term(const struct kind *kind, const real *A, real target)
{
    const long double a = (long double)A[0], t = (long double)target, r = a - t;
    switch (kind->loss) {
    case BPB_SQUARED:
        return r * r / 2;
    case BPB_HUBER:
        return fabsl(r) <= 0.5L ? r * r / 2 : (fabsl(r) - 0.25L) / 2;
    case BPB_ABSOLUTE:
        return fabsl(r);
    case BPB_POISSON:
        return a - t * logl(a);
    case BPB_GAUSSIAN:
        return ((long double)A[1] + r * r * expl(-(long double)A[1])) / 2;
    default:
        return kind->output == BPB_SOFTMAX ? -t * logl(a)
                                           : -t * logl(a) - (1 - t) * logl(1 - a);
    }
}

/* E of targets with holes, from the net's outputs. */
static long double loss_by_formula(const struct machine *m, const struct kind *kind, const real *T)
{
    real Y[N_OUT * B];
    long double E = 0;
    const size_t n_T = BPB(net_loss)(m->net).n_targets, group = N_OUT / n_T;
    assert_ok(BPB(forward)(m->net, m->work, X(), BPB(samples_out)(Y, B, N_OUT)));
    for (size_t j = 0; j < B; j++) {
        bool hole = false;
        long double e = 0;
        for (size_t k = 0; k < n_T; k++) {
            hole |= isnan(T[j * n_T + k]);
            if (!isnan(T[j * n_T + k]))
                e += term(kind, Y + j * N_OUT + k * group, T[j * n_T + k]);
        }
        if (!(hole && kind->group == 0))
            E += (long double)weights[j] * e / B;
    }
    return E;
}

static void masked__loss_by_its_formula(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct machine m = machine_of(&kinds[i], 0);
        real holes[N_OUT * B];
        memcpy(holes, t_values, sizeof holes);
        for (size_t k = 3; k < BPB(net_loss)(m.net).n_targets * B; k += kinds[i].group ? 4 : 19)
            holes[k] = (real)NAN;
        struct answers got = ask(&m, X(), masked(&m, holes));
        const long double E = loss_by_formula(&m, &kinds[i], holes);
        const long double tolerance = 4 * TOLERANCE(N_IN + N_HIDDEN + N_OUT + B);
        assert_number_close("loss", got.list[0].x[0], E, E, tolerance);
        assert_number_close("score", got.list[1].x[0], E, E, tolerance);
        free_answers(&got);
        free_machine(&m);
    }
}

/* A column that is a whole is left out whole: a weight of 0 does as much. */
static void masked__softmax_leaves_the_column_out(void **state)
{
    (void)state;
    struct machine m = machine_of(&kinds[SOFTMAX], 0);
    real holes[N_OUT * B];
    double left[B];
    memcpy(holes, t_values, sizeof holes);
    memcpy(left, weights, sizeof left);
    for (size_t j = 1; j < B; j += 3) {
        holes[j * N_OUT + j % N_OUT] = (real)NAN;
        left[j] = 0;
    }
    targets_t T = T_of(&m);
    T.weights = left;
    struct answers want = ask(&m, X(), T), got = ask(&m, X(), masked(&m, holes));
    assert_same("softmax", &got, &want);
    free_answers(&want);
    free_answers(&got);
    free_machine(&m);
}

static void not_masked__nan_is_a_value(void **state)
{
    (void)state;
    real holes[N_OUT * B], gradient[200];
    double E = 0;
    memcpy(holes, t_values, sizeof holes);
    holes[9] = (real)NAN;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct machine m = machine_of(&kinds[i], 0);
        targets_t T = masked(&m, holes);
        assert_ok(BPB(gradient)(m.net, m.work, X(), T, gradient, &E));
        T.masked = 0;
        assert_int_equal(BPB(gradient)(m.net, m.work, X(), T, gradient, &E), BPB_NONFINITE);
        assert_true(isnan(E));
        T.masked = 2;
        assert_int_equal(BPB(gradient)(m.net, m.work, X(), T, gradient, &E), BPB_ERR_OPTION);
        holes[9] = (real)INFINITY; /* is there */
        T.masked = 1;
        assert_int_equal(BPB(gradient)(m.net, m.work, X(), T, gradient, &E), BPB_NONFINITE);
        holes[9] = (real)NAN;
        free_machine(&m);
    }
}

/* ---- Classes ---- */

static const real labels[B] = {0, 5, 1, 4, 2, 3, 3, 0, 5, 1, 1, 2};

static targets_t classes_of(const real *indices)
{
    return BPB(classes)(BPB(samples)(indices, B, 1));
}

static void classes__are_what_one_hot_makes_of_them(void **state)
{
    (void)state;
    static const size_t order[B] = {3, 1, 4, 11, 5, 9, 2, 6, 0, 8, 7, 10};
    real hot[N_OUT * B];
    view_t A = X();
    targets_t T = classes_of(labels), T_hot = BPB(classes)(BPB(samples)(hot, B, N_OUT));
    assert_ok(BPB(one_hot)(T.view, BPB(samples_out)(hot, B, N_OUT), NULL));
    for (size_t i = 0; i < GAUSSIAN; i++) {
        const bool can_smooth = kinds[i].loss == BPB_CROSS_ENTROPY;
        for (int smoothed = 0; smoothed <= can_smooth; smoothed++) {
            struct machine m = machine_of(&kinds[i], smoothed ? 0.125 : 0);
            for (int ordered = 0; ordered < 2; ordered++) {
                A.index = T.view.index = T_hot.view.index = ordered ? order : NULL;
                T.weights = T_hot.weights = ordered ? weights : NULL;
                struct answers got = ask(&m, A, T), want = ask(&m, A, T_hot);
                assert_same_bits_of(&got, &want);
                free_answers(&got);
                free_answers(&want);
            }
            free_machine(&m);
        }
    }
}

/* Apart in memory, as one row of a matrix. */
static void classes__of_a_view_with_strides(void **state)
{
    (void)state;
    struct machine m = machine_of(&kinds[SOFTMAX], 0);
    real table[3 * B];
    for (size_t j = 0; j < B; j++) {
        table[3 * j] = table[3 * j + 2] = (real)NAN;
        table[3 * j + 1] = labels[j];
    }
    const view_t row = {.data = table + 1, .rows = 1, .cols = B, .ld = 3};
    struct answers got = ask(&m, X(), BPB(classes)(row));
    struct answers want = ask(&m, X(), classes_of(labels));
    assert_same_bits_of(&got, &want);
    free_answers(&got);
    free_answers(&want);
    free_machine(&m);
}

static void classes__masked_are_left_out(void **state)
{
    (void)state;
    real with_holes[B];
    double left[B];
    for (size_t i = SIGMOID; i <= SOFTMAX; i++) {
        struct machine m = machine_of(&kinds[i], 0.25);
        targets_t T = classes_of(with_holes), all = classes_of(labels);
        for (size_t j = 0; j < B; j++) {
            with_holes[j] = j % 4 == 2 ? (real)NAN : labels[j];
            left[j] = j % 4 != 2;
        }
        T.masked = 1;
        all.weights = left;
        struct answers got = ask(&m, X(), T), want = ask(&m, X(), all);
        assert_same("classes", &got, &want);
        free_answers(&got);
        free_answers(&want);
        free_machine(&m);
    }
}

static void expect_label(const struct machine *m, targets_t T, bpb_status status)
{
    real gradient[200], before[200], theta[200];
    double E = 7;
    bpb_score score;
    const size_t P = BPB(net_parameters)(m->net);
    const data_t data = {.train = {.X = X(), .T = T}};
    objective_t *objective = NULL;
    memset(gradient, 0xa5, sizeof gradient);
    memcpy(before, gradient, sizeof before);
    memcpy(theta, BPB(net_ctheta)(m->net), P * sizeof *theta);
    assert_int_equal(BPB(loss)(m->net, m->work, X(), T, &E), status);
    assert_int_equal(BPB(gradient)(m->net, m->work, X(), T, gradient, NULL), status);
    assert_int_equal(BPB(hvp)(m->net, m->work, X(), T, v_values, gradient, NULL, NULL), status);
    assert_int_equal(BPB(sgd_step)(m->net, m->work, X(), T, &(bpb_sgd_rule){.eta = 1}, NULL),
                     status);
    assert_int_equal(BPB(evaluate_with)(m->net, m->work, X(), T, &score), status);
    assert_int_equal(BPB(train)(m->net, &data, &(bpb_train_options){.eta = 1, .epochs = 1}, NULL),
                     status);
    assert_int_equal(BPB(objective_create)(&objective, m->net, X(), T, NULL), status);
    if (status == BPB_OK) {
        BPB(objective_destroy)(&objective);
        return;
    }
    assert_true(E == 7 && !objective);
    assert_same_bits(200, gradient, before);
    assert_same_bits(P, BPB(net_ctheta)(m->net), theta);
}

static void classes__that_are_none(void **state)
{
    (void)state;
    const real bad[] = {RC(1.5), -1, N_OUT, (real)NAN, (real)INFINITY, (real)-INFINITY, RC(1e30)};
    struct machine m = machine_of(&kinds[SOFTMAX], 0);
    real some[B];
    targets_t T = classes_of(some);
    for (size_t i = 0; i < COUNT(bad); i++) {
        memcpy(some, labels, sizeof some);
        some[B - 1] = bad[i];
        T.masked = 0;
        expect_label(&m, T, BPB_ERR_LABEL);
        T.masked = 1;
        if (!isnan(bad[i]))
            expect_label(&m, T, BPB_ERR_LABEL);
    }
    memcpy(some, labels, sizeof some);
    some[0] = (real)NAN;
    expect_label(&m, T, BPB_OK);
    some[0] = -RC(0.0);
    expect_label(&m, T, BPB_OK);
    free_machine(&m);
}

/* A net with one output has no indices: its targets are probabilities. */
static void classes__of_one_output_are_probabilities(void **state)
{
    (void)state;
    const size_t one[] = {N_IN, 1};
    double E, E_too;
    struct machine m = make_machine(
        &(bpb_net_options){.sizes = one, .n_sizes = 2, .loss = BPB_CROSS_ENTROPY}, NULL);
    const view_t T = BPB(samples)(t_values, B, 1);
    assert_ok(BPB(loss)(m.net, m.work, X(), BPB(classes)(T), &E));
    assert_ok(BPB(loss)(m.net, m.work, X(), BPB(values)(T), &E_too));
    assert_true(E == E_too && E > 0);
    free_machine(&m);
}

/* ---- Label smoothing ---- */

/* dE/dtheta = J^T of dE/dY, by the formulas of the losses on targets smoothed by hand. */
static void smoothing__by_its_formula(void **state)
{
    (void)state;
    const double epsilon = 0.1;
    for (size_t i = SIGMOID; i <= SOFTMAX; i++) {
        struct machine m = machine_of(&kinds[i], epsilon);
        const size_t P = BPB(net_parameters)(m.net);
        const double K = i == SOFTMAX ? N_OUT : 2;
        real Y[N_OUT * B], smooth[N_OUT * B], U[N_OUT * B], gradient[200], want[200];
        double E = 0;
        assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, N_OUT)));
        for (size_t k = 0; k < N_OUT * B; k++) {
            const double t = (1 - epsilon) * (double)t_values[k] + epsilon / K, y = (double)Y[k];
            smooth[k] = (real)t;
            const double slope = i == SOFTMAX ? -t / y : (y - t) / (y * (1 - y));
            U[k] = (real)(slope * (double)weights[k / N_OUT] / B);
        }
        targets_t T = T_of(&m);
        T.weights = weights;
        assert_ok(BPB(gradient)(m.net, m.work, X(), T, gradient, &E));
        assert_ok(BPB(vjp)(m.net, m.work, X(), BPB(samples)(U, B, N_OUT), want, (out_t){0}));
        const long double by_formula = loss_by_formula(&m, &kinds[i], smooth);
        assert_number_close("loss", (long double)E, by_formula, by_formula,
                            4 * TOLERANCE(N_IN + N_HIDDEN + N_OUT + B));
        long double *wide_want = widen(P, want);
        assert_reals_close("gradient", P, gradient, wide_want, largest(P, wide_want),
                           4 * TOLERANCE(N_IN + N_HIDDEN + N_OUT + B));
        free(wide_want);
        free_machine(&m);
    }
}

/* ---- Scaled outputs ---- */

/* m, s of Y in the caller's units are those of A_L scaled; T is in those of the means. */
static void output_scaling__of_gaussian_targets(void **state)
{
    (void)state;
    const double shift[N_OUT] = {0.5, 9, -1, 9, 2, 9}, factor[N_OUT] = {2, 8, 0.5, 8, -4, 8};
    struct machine m = machine_of(&kinds[GAUSSIAN], 0);
    real Y[N_OUT * B], scaled[N_OUT / 2 * B], holes[N_OUT / 2 * B];
    for (size_t k = 0; k < COUNT(holes); k++)
        holes[k] = k % 5 == 2 ? (real)NAN : t_values[k];
    const long double plain_E = loss_by_formula(&m, &kinds[GAUSSIAN], holes);
    struct answers plain = ask(&m, X(), masked(&m, holes));
    assert_ok(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, factor));
    assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, N_OUT)));
    for (size_t k = 0; k < COUNT(holes); k++) {
        const size_t i = 2 * (k % (N_OUT / 2));
        scaled[k] = (real)shift[i] +
                    (real)factor[i] * holes[k]; /* all of it exact except for one rounding */
    }
    struct answers got = ask(&m, X(), masked(&m, scaled));
    assert_number_close("loss", got.list[0].x[0], plain_E, plain_E,
                        4 * TOLERANCE(N_IN + N_HIDDEN + N_OUT + B));
    assert_same("scaled", &got, &plain);
    free_answers(&plain);
    free_answers(&got);
    free_machine(&m);
}

/* Classes are numbers of rows, not outputs: they are not scaled. */
static void output_scaling__of_classes(void **state)
{
    (void)state;
    const double shift[N_OUT] = {1, 2, 3, 4, 5, 6}, factor[N_OUT] = {2, 3, 4, 5, 6, 7};
    struct machine m = machine_of(&kinds[SOFTMAX], 0.125);
    const targets_t T = classes_of(labels);
    struct answers want = ask(&m, X(), T);
    assert_ok(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, factor));
    struct answers got = ask(&m, X(), T);
    assert_same_bits_of(&got, &want);
    free_answers(&want);
    free_answers(&got);
    free_machine(&m);
}

/* ---- Evaluate ---- */

static void evaluate__counts_right_wrong_and_masked(void **state)
{
    (void)state;
    struct machine m = machine_of(&kinds[SOFTMAX], 0);
    real Y[N_OUT * B], some[B];
    bpb_score score;
    assert_ok(BPB(predict_with)(m.net, m.work, X(), BPB(samples_out)(Y, B, N_OUT), NULL));
    for (size_t j = 0; j < B; j++) { /* right except for three, of which one is masked */
        size_t best = 0;
        for (size_t i = 1; i < N_OUT; i++)
            best = Y[j * N_OUT + i] > Y[j * N_OUT + best] ? i : best;
        some[j] = (real)(j % 4 == 1 ? (best + 1) % N_OUT : best);
    }
    some[2] = some[5] = (real)NAN;
    targets_t T = classes_of(some);
    T.masked = 1;
    T.weights = weights; /* which count for the loss alone */
    assert_ok(BPB(evaluate_with)(m.net, m.work, X(), T, &score));
    assert_int_equal(score.columns, B);
    assert_int_equal(score.columns - score.judged, 2);
    assert_int_equal(score.correct, B - 2 - 2);
    assert_int_equal(score.nonfinite, 0);
    assert_true(score.has_accuracy && score.accuracy == 8.0 / 10);
    for (size_t j = 0; j < B; j++)
        some[j] = (real)NAN;
    assert_ok(BPB(evaluate)(m.net, X(), T, &score, NULL));
    assert_true(score.columns - score.judged == B && score.correct == 0 && score.accuracy == 0 &&
                score.loss == 0);
    free_machine(&m);
}

static void evaluate__gaussian_has_no_accuracy(void **state)
{
    (void)state;
    struct machine m = machine_of(&kinds[GAUSSIAN], 0);
    bpb_score score;
    real holes[N_OUT / 2 * B];
    memcpy(holes, t_values, sizeof holes);
    holes[0] = holes[1] = holes[7] = (real)NAN; /* of columns 0, 0 and 2 */
    assert_ok(BPB(evaluate_with)(m.net, m.work, X(), masked(&m, holes), &score));
    assert_true(!score.has_accuracy && score.accuracy == 0 && score.correct == 0);
    assert_true(score.columns == B && score.judged == 0);
    free_machine(&m);
}

/* Above 0.5 or not, entry by entry; of a column that is not finite, all are wrong. */
static void evaluate__judges_each_label(void **state)
{
    (void)state;
    for (int scaled = 0; scaled < 2; scaled++) {
        struct machine m = machine_of(&kinds[SIGMOID], 0);
        const double shift[N_OUT] = {3, 3, 3, 3, 3, 3}, factor[N_OUT] = {8, 8, 8, 8, 8, 8};
        real A_L[N_OUT * B], some[N_OUT * B], x[N_IN * B];
        size_t judged = 0, correct = 0;
        bpb_score score, unmasked;
        assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(A_L, B, N_OUT)));
        if (scaled)
            assert_ok(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, factor));
        memcpy(x, x_values, sizeof x);
        x[7 * N_IN] = (real)NAN;
        for (size_t k = 0; k < N_OUT * B; k++) {
            const bool wrong = k % 5 == 2, hole = k % 7 == 3, label = (A_L[k] > RC(0.5)) != wrong;
            some[k] = hole ? (real)NAN : scaled ? (real)(3 + 8 * label) : (real)label;
            judged += !hole;
            correct += !hole && !wrong && k / N_OUT != 7;
        }
        targets_t T = BPB(labels)(BPB(samples)(some, B, N_OUT));
        T.masked = 1;
        T.weights = weights; /* which count for the loss alone */
        assert_int_equal(BPB(evaluate_with)(m.net, m.work, BPB(samples)(x, B, N_IN), T, &score),
                         BPB_NONFINITE);
        assert_int_equal(score.columns, B);
        assert_int_equal(score.judged, judged);
        assert_int_equal(score.correct, correct);
        assert_int_equal(score.nonfinite, 1);
        assert_true(score.has_accuracy && score.accuracy == (double)correct / (double)judged);
        T.masked = 0; /* a hole is a value, and makes its column's loss NaN */
        assert_int_equal(BPB(evaluate)(m.net, X(), T, &unmasked, NULL), BPB_NONFINITE);
        assert_int_equal(unmasked.judged, N_OUT * B);
        assert_true(unmasked.nonfinite > 1 && unmasked.correct < correct);
        free_machine(&m);
    }
}

/* The kind says how they are scored, and not what they cost. */
static void evaluate__scores_by_the_kind(void **state)
{
    (void)state;
    real hot[N_OUT * B];
    const targets_t T = classes_of(labels);
    assert_ok(BPB(one_hot)(T.view, BPB(samples_out)(hot, B, N_OUT), NULL));
    const view_t T_hot = BPB(samples)(hot, B, N_OUT);
    for (size_t i = 0; i < GAUSSIAN; i++) {
        struct machine m = machine_of(&kinds[i], 0);
        bpb_score by_index, one_hot, each, value;
        assert_ok(BPB(evaluate)(m.net, X(), T, &by_index, NULL));
        assert_ok(BPB(evaluate)(m.net, X(), BPB(classes)(T_hot), &one_hot, NULL));
        assert_ok(BPB(evaluate)(m.net, X(), BPB(labels)(T_hot), &each, NULL));
        assert_ok(BPB(evaluate)(m.net, X(), BPB(values)(T_hot), &value, NULL));
        assert_true(by_index.loss == one_hot.loss && each.loss == one_hot.loss &&
                    value.loss == one_hot.loss && value.loss > 0);
        assert_int_equal(by_index.correct, one_hot.correct);
        assert_true(by_index.judged == B && one_hot.judged == B);
        assert_true(each.judged == N_OUT * B && each.correct >= one_hot.correct);
        assert_true(by_index.has_accuracy && one_hot.has_accuracy && each.has_accuracy);
        assert_true(!value.has_accuracy && value.judged == 0 && value.correct == 0);
        free_machine(&m);
    }
}

/* What is refused leaves the score as it was. */
static void evaluate__refuses_kinds_that_do_not_fit(void **state)
{
    (void)state;
    const struct {
        size_t kind;
        targets_t T;
        bpb_status status;
        const char *says;
    } cases[] = {
        {SOFTMAX, BPB(labels)(BPB(samples)(labels, B, 1)), BPB_ERR_SHAPE, "T has 1 rows"},
        {SOFTMAX, BPB(values)(BPB(samples)(labels, B, 1)), BPB_ERR_SHAPE, "T has 1 rows"},
        {GAUSSIAN, BPB(classes)(BPB(samples)(labels, B, 1)), BPB_ERR_OPTION, "classes or labels"},
        {GAUSSIAN, BPB(labels)(BPB(samples)(t_values, B, N_OUT / 2)), BPB_ERR_OPTION,
         "classes or labels"},
        {SIGMOID,
         {BPB(samples)(t_values, B, N_OUT), (bpb_target_kind)3, NULL, 0},
         BPB_ERR_OPTION,
         "kind"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct machine m = machine_of(&kinds[cases[i].kind], 0);
        bpb_score score = {.loss = 7};
        double E = 7;
        assert_int_equal(BPB(evaluate)(m.net, X(), cases[i].T, &score, NULL), cases[i].status);
        if (!strstr(bpb_error(), cases[i].says))
            fail_msg("case %zu: \"%s\"", i, bpb_error());
        assert_int_equal(BPB(loss)(m.net, m.work, X(), cases[i].T, &E), cases[i].status);
        assert_true(score.loss == 7 && E == 7);
        free_machine(&m);
    }
}

/* ---- Train ---- */

/* The steps of a training by hand: columns as bpb_shuffle has them, in batches. */
static void train_by_hand(struct machine *m, targets_t T, const size_t *index, size_t batch)
{
    const bpb_sgd_rule rule = {.eta = 0.25};
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        size_t order[B], of_T[B];
        view_t A = X();
        assert_ok(bpb_shuffle(order, B, 9, epoch));
        for (size_t first = 0; first < B; first += batch) {
            const size_t count = B - first < batch ? B - first : batch;
            for (size_t j = 0; j < count; j++)
                of_T[j] = index ? index[order[first + j]] : order[first + j];
            A.cols = T.view.cols = count;
            A.index = order + first;
            T.view.index = of_T;
            assert_ok(BPB(sgd_step)(m->net, m->work, A, T, &rule, NULL));
        }
    }
}

static void compare_training(const struct kind *kind, targets_t T, const size_t *index)
{
    struct machine m = machine_of(kind, 0), by_hand = machine_of(kind, 0);
    const size_t P = BPB(net_parameters)(m.net);
    bpb_train_report report;
    T.view.index = index;
    const data_t data = {.train = {.X = X(), .T = T}};
    assert_ok(BPB(train)(m.net, &data, &(bpb_train_options){.eta = 0.25, .batch = 5, .epochs = 2,
                                                            .seed = 9}, &report));
    train_by_hand(&by_hand, T, index, 5);
    assert_same_bits(P, BPB(net_ctheta)(m.net), BPB(net_ctheta)(by_hand.net));
    assert_true(isfinite(report.last.train.loss));
    free_machine(&m);
    free_machine(&by_hand);
}

static void train__is_a_loop_of_steps(void **state)
{
    (void)state;
    static const size_t index[B] = {3, 1, 4, 11, 5, 9, 2, 6, 0, 8, 7, 10};
    real holes[N_OUT * B], label_holes[B];
    memcpy(holes, t_values, sizeof holes);
    memcpy(label_holes, labels, sizeof label_holes);
    holes[3] = holes[17] = label_holes[4] = (real)NAN;
    for (int indexed = 0; indexed < 2; indexed++) {
        const size_t *order = indexed ? index : NULL;
        targets_t some_classes = classes_of(label_holes),
                  some_values = BPB(values)(BPB(samples)(holes, B, N_OUT));
        some_classes.masked = some_values.masked = 1;
        some_classes.weights = some_values.weights = weights;
        compare_training(&kinds[SOFTMAX], classes_of(labels), order);
        compare_training(&kinds[SIGMOID], some_classes, order);
        compare_training(&kinds[0], some_values, order);
    }
}

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {13};
    fill_uniform(&rng, COUNT(x_values), -1, 1, x_values);
    fill_uniform(&rng, COUNT(t_values), 0.1, 0.9, t_values);
    fill_uniform(&rng, COUNT(v_values), -1, 1, v_values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights__multiply_the_columns),
        cmocka_unit_test(weights__go_through_the_index),
        cmocka_unit_test(weights__all_one_change_nothing),
        cmocka_unit_test(masked__halves_add_up),
        cmocka_unit_test(masked__loss_by_its_formula),
        cmocka_unit_test(masked__softmax_leaves_the_column_out),
        cmocka_unit_test(not_masked__nan_is_a_value),
        cmocka_unit_test(classes__are_what_one_hot_makes_of_them),
        cmocka_unit_test(classes__of_a_view_with_strides),
        cmocka_unit_test(classes__masked_are_left_out),
        cmocka_unit_test(classes__that_are_none),
        cmocka_unit_test(classes__of_one_output_are_probabilities),
        cmocka_unit_test(smoothing__by_its_formula),
        cmocka_unit_test(output_scaling__of_gaussian_targets),
        cmocka_unit_test(output_scaling__of_classes),
        cmocka_unit_test(evaluate__counts_right_wrong_and_masked),
        cmocka_unit_test(evaluate__gaussian_has_no_accuracy),
        cmocka_unit_test(evaluate__judges_each_label),
        cmocka_unit_test(evaluate__scores_by_the_kind),
        cmocka_unit_test(evaluate__refuses_kinds_that_do_not_fit),
        cmocka_unit_test(train__is_a_loop_of_steps),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
