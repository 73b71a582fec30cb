/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dropout: the masks against the scalar generator, gradients and steps against naive nets in which
 * each column's mask stands in its weights, and what must not depend on it. Internal: reaches the
 * generator.
 */
#include "drawn_tmpl.h"
#include "functions/functions_tmpl.h"
#include "base/random.h"
#include "outcome_tmpl.h"
#include "plan/plan_tmpl.h"

/* Whether an entry of A~ was dropped: -0. */
static bool is_dropped(real a)
{
    return a == 0 && signbit(a);
}

/* 1 / (1 - p) as the library rounds it. */
static real kept_of(double p)
{
    return (real)(1 / (1 - p));
}

/* ---- Masks against the scalar generator ---- */

/* What the header says, by the scalar generator: one word of the counter (unit, column / 4). */
static bool want_dropped(uint64_t seed, uint64_t draw, size_t l, size_t unit, size_t column,
                         double p)
{
    const uint64_t bits = bpb_random_bits(seed, STREAM_DROPOUT, l, draw);
    const uint32_t key[2] = {(uint32_t)bits, (uint32_t)(bits >> 32)};
    const uint32_t counter[4] = {(uint32_t)unit, (uint32_t)(column / 4), 0, 0};
    uint32_t word[4];
    bpb_philox4x32(counter, key, word);
    const double threshold = fmin(floor(p * 0x1p32 + 0.5), 0x1p32 - 1);
    return (double)word[column % 4] < threshold;
}

enum { FEW = 4, COLS = 70 };
static const size_t units[] = {13, 37, 16, 5}, wide_units[] = {70, 130, 90, 40};

static bpb_net_options options_of(const size_t *of, bpb_activation hidden)
{
    return (bpb_net_options){.sizes = of, .n_sizes = 4, .hidden = hidden};
}

/* A~_l = M_l o A_l for every l and entry, A_l being Z_l or X. */
static void check_masks(const struct subject *s, work_t *work, size_t B,
                        const bpb_plan_options *options, uint64_t seed, uint64_t draw)
{
    real *gradient = make_reals(s->P);
    assert_ok(BPB(work_dropout)(work, seed, draw));
    assert_ok(BPB(gradient)(s->net, work, X_of(s, 0, B), T_of(s, 0, B), gradient, NULL));
    for (size_t l = 0; l < 3; l++) {
        const layer_t layer = BPB(work_layer)(work, l);
        const double p = l ? options->dropout : options->dropout_inputs;
        const real *from = l ? layer.Z.data : s->X, kept = kept_of(p);
        for (size_t j = 0; j < B; j++)
            for (size_t i = 0; i < layer.A.rows; i++) {
                const real got = layer.A.data[j * layer.A.ld + i];
                if (p > 0 && want_dropped(seed, draw, l, i, j, p))
                    assert_true(is_dropped(got));
                else
                    assert_true(got == from[j * layer.A.rows + i] * kept &&
                                (p == 0 || !is_dropped(got)));
            }
    }
    free(gradient);
}

static void masks__are_those_of_the_scalar_generator(void **state)
{
    (void)state;
    static const double p[][2] = {{0.5, 0.2}, {0.1, 0}, {0, 0.75}, {0.999999, 0.5},
                                  {1 - 0x1p-53, 1e-3}};
    static const uint64_t draws[][2] = {{0, 0}, {1, 2}, {0x123456789abcdef0, 0xfedcba9876543210}};
    const bpb_net_options identity = options_of(units, BPB_IDENTITY);
    struct subject s = make_subject(&identity, COLS);
    for (size_t i = 0; i < COUNT(p); i++) {
        plan_t *plan = NULL;
        work_t *work = NULL;
        const bpb_plan_options options = {
            .batch = COLS, .keep_Z = 1, .dropout = p[i][0], .dropout_inputs = p[i][1]};
        assert_ok(BPB(plan_create)(&plan, s.net, &options));
        assert_ok(BPB(work_create)(&work, plan));
        for (size_t d = 0; d < COUNT(draws); d++)
            for (size_t k = 0; k < FEW; k++)
                check_masks(&s, work, COLS - 23 * k, &options, draws[d][0], draws[d][1]);
        BPB(work_destroy)(&work);
        BPB(plan_destroy)(&plan);
    }
    free_subject(&s);
}

/* 2^32 p is a whole number; what is that near to 1 drops all but one of 2^32. */
static void thresholds__are_rounded(void **state)
{
    (void)state;
    const struct {
        double p;
        uint32_t threshold;
    } list[] = {{0.5, 0x80000000}, {0.1, 429496730}, {0.7, 3006477107}, {0x1p-34, 0},
                {1 - 0x1p-53, UINT32_MAX}, {1 - 0x1p-33, UINT32_MAX}};
    for (size_t i = 0; i < COUNT(list); i++) {
        const bpb_net_options net = options_of(units, BPB_TANH);
        struct machine m = make_machine(&net, &(bpb_plan_options){.dropout = list[i].p});
        assert_int_equal(m.plan->drop_hidden.threshold, list[i].threshold);
        assert_int_equal(m.plan->drop_inputs.threshold, 0);
        free_machine(&m);
    }
}

/* ---- The functions behind them, of the CPU's level: any cut, any length ---- */

/* Columns first .. first+B-1, in pieces of random widths, in place or not. */
static void drop_in_pieces(const struct dropout *dropout, size_t n, size_t B, bool in_place,
                           struct rng *rng, const real *A, real *out)
{
    const struct masks *masks = BPB(functions_for_cpu)()->masks;
    if (in_place)
        memcpy(out, A, n * B * sizeof *A);
    for (size_t j = 0, cols; j < B; j += cols) {
        const size_t some = rng_between(rng, 1, 7);
        cols = BPB_MIN(some, B - j);
        masks->drop(dropout, n, j, cols, (in_place ? out : A) + j * n, out + j * n);
    }
}

static void drop__does_not_depend_on_how_columns_are_cut(void **state)
{
    (void)state;
    enum { N = 67, B = 29 };
    const struct dropout dropout = {
        .on = true, .key = {7, 9}, .threshold = 0x60000000, .kept = RC(1.6)};
    struct rng rng = {3};
    real A[N * B], whole[N * B], pieces[N * B], D[N * B], E[N * B];
    fill_uniform(&rng, N * B, -1, 1, A);
    for (size_t n = 1; n <= N; n++) {
        A[0] = (real)(n % 2 ? -0.0 : 0.0);
        BPB(functions_for_cpu)()->masks->drop(&dropout, n, 0, B, A, whole);
        for (int in_place = 0; in_place < 2; in_place++) {
            drop_in_pieces(&dropout, n, B, in_place, &rng, A, pieces);
            assert_same_bits(n * B, pieces, whole);
        }
        fill_uniform(&rng, N * B, -1, 1, D);
        memcpy(E, D, sizeof E);
        D[1] = is_dropped(whole[1]) ? (real)NAN : D[1]; /* dropped, whatever it is */
        BPB(functions_for_cpu)()->masks->drop_delta(dropout.kept, n * B, whole, D);
        for (size_t i = 0; i < n * B; i++)
            assert_true(D[i] == (is_dropped(whole[i]) ? 0 : dropout.kept * E[i]));
    }
}

/* ---- Against naive nets ---- */

/* The masks that the last pass had, from its A~_l: mask[l][j n_l + i]. */
struct mask {
    long double *of[NAIVE_LAYERS];
};

static struct mask read_masks(const struct drawn *drawn, double p, double p_inputs)
{
    struct mask mask;
    for (size_t l = 0; l < drawn->naive.L; l++) {
        const view_t A = BPB(work_layer)(drawn->machine.work, l).A;
        const double its = l ? p : p_inputs;
        mask.of[l] = make_wide(A.rows * A.cols);
        for (size_t i = 0; i < A.rows * A.cols; i++) {
            const real a = A.data[i / A.rows * A.ld + i % A.rows];
            mask.of[l][i] = its > 0 && is_dropped(a) ? 0 : (long double)kept_of(its);
        }
    }
    return mask;
}

static void free_masks(const struct drawn *drawn, struct mask *mask)
{
    for (size_t l = 0; l < drawn->naive.L; l++)
        free(mask->of[l]);
}

/* x, laid out as theta, with column k of each W_{l+1} times entry k of column j of M_l. */
static void fold(const struct drawn *drawn, const struct mask *mask, size_t j, long double *x)
{
    const size_t *n = drawn->naive.n;
    for (size_t l = 0; l < drawn->naive.L; l++, x += n[l])
        for (size_t k = 0; k < n[l]; k++)
            for (size_t i = 0; i < n[l + 1]; i++)
                *x++ *= mask->of[l][j * n[l] + k];
}

/* Column j of a batch, alone. */
static struct naive_batch column_of(const struct drawn *drawn, const struct naive_batch *batch,
                                    size_t j, const long double *theta)
{
    return (struct naive_batch){
        .B = 1, .theta = theta, .X = batch->X + j * drawn->n_0,
        .T = batch->T + j * drawn->naive.n_T,
        .weights = batch->weights ? batch->weights + j : NULL, .masked = batch->masked};
}

/* E and its gradient, by complex steps or by the naive net's own way back. *kink: the least. */
static long double thinned_gradient(const struct drawn *drawn, const struct naive_batch *batch,
                                    const struct mask *mask, bool by_steps, long double *sum,
                                    long double *kink)
{
    const size_t P = drawn->P;
    long double *theta = make_wide(P), *part = make_wide(P), *dx = make_wide(drawn->n_0), E = 0;
    memset(sum, 0, P * sizeof *sum);
    *kink = INFINITY;
    for (size_t j = 0; j < drawn->B; j++) {
        memcpy(theta, batch->theta, P * sizeof *theta);
        fold(drawn, mask, j, theta);
        const struct naive_batch column = column_of(drawn, batch, j, theta);
        *kink = fminl(*kink, naive_kink(&drawn->naive, &column));
        E += naive_gradient(&drawn->naive, &column, NULL, part, NULL) / drawn->B;
        if (by_steps)
            naive_step_gradient(&drawn->naive, &column, part, dx);
        fold(drawn, mask, j, part);
        for (size_t i = 0; i < P; i++)
            sum[i] += part[i] / drawn->B;
    }
    free(theta);
    free(part);
    free(dx);
    return E;
}

/* No kink near, nothing blown up; what is 0 throughout, for all that led there was dropped, is. */
static bool steady(const struct drawn *drawn, const long double *x, const long double *nearby)
{
    size_t at = 0;
    for (size_t l = 1; l <= drawn->naive.L; l++)
        for (int bias = 0; bias < 2; bias++) {
            const size_t n = drawn->naive.n[l] * (bias ? 1 : drawn->naive.n[l - 1]);
            const long double size = norm(n, x + at);
            if (size > 0 && (size < MOVED || condition(n, x + at, nearby + at) > drawn->terms))
                return false;
            at += n;
        }
    return true;
}

struct thinned {
    struct mask mask;
    long double *want, *nearby, E;
    real *gradient;
    double loss;
};

static void free_thinned(const struct drawn *drawn, struct thinned *t)
{
    free_masks(drawn, &t->mask);
    free(t->want);
    free(t->nearby);
    free(t->gradient);
}

/* The gradient by masks of some draw that can be compared; false: none of many. */
static bool take_gradient(const struct drawn *drawn, const bpb_plan_options *options,
                          bool by_steps, uint64_t seed, struct thinned *t)
{
    const size_t P = drawn->P;
    for (uint64_t draw = 1; draw <= 60; draw++) {
        long double kink, other;
        *t = (struct thinned){.want = make_wide(P), .nearby = make_wide(P),
                              .gradient = make_dirty(P)};
        assert_ok(BPB(work_dropout)(drawn->machine.work, seed, draw));
        assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                                drawn_targets(drawn), t->gradient, &t->loss));
        t->mask = read_masks(drawn, options->dropout, options->dropout_inputs);
        t->E = thinned_gradient(drawn, &drawn->batch, &t->mask, by_steps, t->want, &kink);
        const long double E_nearby =
            thinned_gradient(drawn, &drawn->nearby, &t->mask, by_steps, t->nearby, &other);
        if (kink > 64 * drawn->terms * EPSILON && fabsl(t->E) > MOVED &&
            condition(1, &t->E, &E_nearby) <= drawn->terms && steady(drawn, t->want, t->nearby))
            return true;
        free_thinned(drawn, t);
    }
    return false;
}

/* theta after a step: the decay of it, and eta g; by what each of them rounds. */
static void check_step(const struct drawn *drawn, const struct thinned *t)
{
    const bpb_sgd_rule rule = {.eta = 0.75};
    const size_t P = drawn->P;
    net_t *net = NULL;
    double loss;
    assert_ok(BPB(net_copy)(&net, drawn->machine.net));
    assert_ok(BPB(sgd_step)(net, drawn->machine.work, drawn_inputs(drawn), drawn_targets(drawn),
                            &rule, &loss));
    long double *want = make_wide(P), *got = widen(P, BPB(net_ctheta)(net));
    for (size_t i = 0; i < P; i++)
        want[i] = drawn->theta_wide[i] - 0.75L * t->want[i];
    const long double of_gradient = 0.75L * norm(P, t->want);
    const long double allowed =
        EPSILON * (32 * drawn->terms * of_gradient + norm(P, drawn->theta_wide));
    assert_true(of_gradient == 0 || allowed < of_gradient); /* no step at all would be noticed */
    assert_true(distance(P, got, want) <= allowed);
    assert_true(loss == t->loss);
    free(want);
    free(got);
    BPB(net_destroy)(&net);
}

struct series {
    struct limits limits;
    size_t nets;
    uint64_t seed;
    bool by_steps;
};

/* A net of a series, by a plan that drops; how many entries were dropped. */
static void check_net(const struct recipe *recipe, const struct series *series,
                      const bpb_plan_options *options, struct rng *rng, size_t *compared)
{
    struct thinned t;
    struct drawn drawn = make_drawn(recipe, options, rng);
    if (take_gradient(&drawn, options, series->by_steps, rng_bits(rng), &t)) {
        assert_true(fabsl((long double)t.loss - t.E) <=
                    32 * EPSILON * drawn.terms * fabsl(t.E));
        assert_theta_like(&drawn, "gradient", t.gradient, t.want, t.nearby);
        check_step(&drawn, &t);
        free_thinned(&drawn, &t);
        ++*compared;
    }
    free_drawn(&drawn);
}

static void check_series(const struct series *series)
{
    static const double p[][2] = {{0.5, 0}, {0.25, 0.2}, {0, 0.5}, {0.6, 0.1}};
    struct rng rng = {series->seed};
    size_t compared = 0;
    for (size_t c = 0; c < series->nets; c++) {
        const struct recipe recipe = draw_recipe(&rng, &series->limits, c);
        const bpb_plan_options options = {.batch = recipe.B, .dropout = p[c % 4][0],
                                          .dropout_inputs = p[c % 4][1],
                                          .keep_Z = (int)(c / 4 % 2),
                                          .planning = c % 3 ? BPB_PLAN_ESTIMATE : BPB_PLAN_CBLAS};
        check_net(&recipe, series, &options, &rng, &compared);
    }
    assert_true(compared >= series->nets - series->nets / 10);
}

static void gradient_and_step__equal_those_of_the_thinned_naive_net(void **state)
{
    (void)state;
    check_series(&(struct series){.limits = {.layers = 4, .width = 14, .batch = 16, .own = true},
                                  .nets = 140, .seed = 1});
}

static void gradient__equals_complex_steps_of_the_thinned_loss(void **state)
{
    (void)state;
    check_series(&(struct series){
        .limits = {.layers = 4, .width = 6, .batch = 5, .analytic = true, .own = true},
        .nets = 40, .seed = 2, .by_steps = true});
}

/* ---- The distribution of the masks ---- */

enum { DRAWS = 300, N_1 = 37, ENTRIES = N_1 * COLS };

/* Within five standard deviations of its mean, for n independent events of probability p. */
static void assert_count(double count, double n, double p)
{
    if (!(fabs(count - n * p) <= 5 * sqrt(n * p * (1 - p))))
        fail_msg("%g of %g, for %g", count, n, p);
}

/* How often an entry was dropped together with its neighbours: a unit on, a column on, a draw
 * before, and the same entry of another layer. */
struct together {
    double all, once, unit, column, draw, seed, layer;
};

static void count_draw(const unsigned char *now, const unsigned char *before,
                       const unsigned char *layer, struct together *count)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        count->all++;
        count->once += now[i];
        count->unit += now[i] && now[(i + 1) % ENTRIES];
        count->column += now[i] && now[(i + N_1) % ENTRIES];
        count->draw += now[i] && before[i];
        count->layer += now[i] && layer[i];
    }
}

static void read_dropped(const work_t *work, size_t l, unsigned char *dropped)
{
    const view_t A = BPB(work_layer)(work, l).A;
    assert_int_equal(A.rows * A.cols, ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++)
        dropped[i] = is_dropped(A.data[i]);
}

static void check_distribution(double p, bool seeds)
{
    static const size_t square[] = {5, N_1, N_1, 3};
    static unsigned char now[ENTRIES], before[ENTRIES], layer[ENTRIES];
    const bpb_net_options options = options_of(square, BPB_TANH);
    struct subject s = make_subject(&options, COLS);
    struct together count = {0};
    double each[ENTRIES] = {0}, chi_square = 0;
    plan_t *plan = NULL;
    work_t *work = NULL;
    real *gradient = make_reals(s.P);
    assert_ok(BPB(plan_create)(&plan, s.net, &(bpb_plan_options){.batch = COLS, .dropout = p}));
    assert_ok(BPB(work_create)(&work, plan));
    for (uint64_t draw = 0; draw <= DRAWS; draw++) {
        assert_ok(BPB(work_dropout)(work, seeds ? draw : 5, seeds ? 5 : draw));
        assert_ok(BPB(gradient)(s.net, work, X_of(&s, 0, COLS), T_of(&s, 0, COLS), gradient, NULL));
        memcpy(before, now, sizeof before);
        read_dropped(work, 1, now);
        read_dropped(work, 2, layer);
        if (draw > 0)
            count_draw(now, before, layer, &count);
        for (size_t i = 0; draw > 0 && i < ENTRIES; i++)
            each[i] += now[i];
    }
    assert_count(count.once, count.all, p);
    assert_count(count.unit, count.all, p * p);
    assert_count(count.column, count.all, p * p);
    assert_count(count.draw, count.all, p * p);
    assert_count(count.layer, count.all, p * p);
    for (size_t i = 0; i < ENTRIES; i++)
        chi_square += pow(each[i] - DRAWS * p, 2) / (DRAWS * p * (1 - p));
    assert_true(fabs(chi_square - ENTRIES) <= 5 * sqrt(2.0 * ENTRIES)); /* variance of M: p/(1-p) */
    free(gradient);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

static void masks__have_the_mean_and_variance_of_independent_ones(void **state)
{
    (void)state;
    check_distribution(0.5, false);
    check_distribution(0.1, true);
    check_distribution(0.8, false);
}

/* ---- What must not depend on it ---- */

static real *gradient_by(const struct subject *s, const bpb_plan_options *options, size_t B,
                         view_t X, double *loss)
{
    plan_t *plan = NULL;
    work_t *work = NULL;
    real *gradient = make_dirty(s->P);
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    assert_ok(BPB(work_create)(&work, plan));
    if (options->dropout > 0 || options->dropout_inputs > 0)
        assert_ok(BPB(work_dropout)(work, 3, 4));
    assert_ok(BPB(gradient)(s->net, work, X, T_of(s, 0, B), gradient, loss));
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return gradient;
}

/* A step, from which theta comes back. */
static real *stepped_by(const struct subject *s, const bpb_plan_options *options, size_t B)
{
    plan_t *plan = NULL;
    work_t *work = NULL;
    real *theta = make_reals(s->P);
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    assert_ok(BPB(work_create)(&work, plan));
    assert_ok(BPB(work_dropout)(work, 3, 4));
    assert_ok(BPB(sgd_step)(s->net, work, X_of(s, 0, B), T_of(s, 0, B), &(bpb_sgd_rule){.eta = 0.5},
                            NULL));
    memcpy(theta, BPB(net_ctheta)(s->net), s->P * sizeof *theta);
    memcpy(BPB(net_theta)(s->net), s->theta, s->P * sizeof *theta);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return theta;
}

static void threads__give_the_bits_of_one(void **state)
{
    (void)state;
    enum { B = 613 };
    const bpb_net_options net = options_of(wide_units, BPB_GELU);
    struct subject s = make_subject(&net, B);
    for (int planning = 0; planning < 2; planning++) {
        bpb_plan_options options = {.batch = B, .dropout = 0.5, .dropout_inputs = 0.25,
                                    .planning = planning ? BPB_PLAN_CBLAS : BPB_PLAN_ESTIMATE};
        double E[2];
        real *one = gradient_by(&s, &options, B, X_of(&s, 0, B), &E[0]);
        real *step = stepped_by(&s, &options, B);
        for (options.threads = 2; options.threads <= 3; options.threads++) {
            real *more = gradient_by(&s, &options, B, X_of(&s, 0, B), &E[1]);
            real *again = stepped_by(&s, &options, B);
            assert_same_bits(s.P, more, one);
            assert_same_bits(s.P, again, step);
            assert_true(E[0] == E[1]);
            free(more);
            free(again);
        }
        free(one);
        free(step);
    }
    free_subject(&s);
}

/* Slices of 64, 256 and all columns: the same masks, and so the same except for rounding. */
static void kernels__drop_the_same_entries(void **state)
{
    (void)state;
    enum { B = 500 };
    const bpb_net_options net = options_of(wide_units, BPB_TANH);
    struct subject s = make_subject(&net, B);
    bpb_plan_options options = {.batch = B, .dropout = 0.5, .dropout_inputs = 0.25};
    real *want = gradient_by(&s, &options, B, X_of(&s, 0, B), NULL);
    options.planning = BPB_PLAN_CBLAS;
    for (size_t i = 0; i < 2; i++) {
        options.batch = i ? 700 : B; /* slices of 256 */
        real *got = gradient_by(&s, &options, B, X_of(&s, 0, B), NULL);
        assert_thetas_close(&s, "gradient", got, want, TOLERANCE(s.terms + B));
        free(got);
    }
    free(want);
    free_subject(&s);
}

static size_t bytes_of(const net_t *net, const bpb_plan_options *options)
{
    plan_t *plan = NULL;
    assert_ok(BPB(plan_create)(&plan, net, options));
    const size_t bytes = BPB(work_bytes)(plan);
    BPB(plan_destroy)(&plan);
    return bytes;
}

static void work_bytes__grow_by_what_hidden_layers_drop(void **state)
{
    (void)state;
    const bpb_net_options net = options_of(wide_units, BPB_TANH);
    struct subject s = make_subject(&net, 64);
    const size_t plain = bytes_of(s.net, NULL);
    const size_t more = 64 * (wide_units[1] + wide_units[2]) * sizeof(real); /* multiples of 64 */
    assert_int_equal(bytes_of(s.net, &(bpb_plan_options){.dropout_inputs = 0.5}), plain);
    assert_int_equal(bytes_of(s.net, &(bpb_plan_options){.dropout = 0.5}), plain + more);
    free_subject(&s);
}

/* p so small that nothing is dropped gives the bits of a plan without; so does p = 0. */
static void dropout__of_nothing_gives_the_same_bits(void **state)
{
    (void)state;
    const bpb_net_options net = options_of(units, BPB_TANH);
    struct subject s = make_subject(&net, COLS);
    double E[2];
    real *plain = gradient_by(&s, &(bpb_plan_options){.batch = COLS}, COLS, X_of(&s, 0, COLS), E);
    const bpb_plan_options tiny = {.batch = COLS, .dropout = 1e-300, .dropout_inputs = 1e-300};
    real *got = gradient_by(&s, &tiny, COLS, X_of(&s, 0, COLS), E + 1);
    assert_same_bits(s.P, got, plain);
    assert_true(E[0] == E[1]);
    free(plain);
    free(got);
    free_subject(&s);
}

/* All passes but gradient and step: forward, loss, predict, evaluate, and the derivatives. */
static void note_others(const struct subject *s, const bpb_plan_options *options, real *noted)
{
    enum { B = COLS };
    plan_t *plan = NULL;
    work_t *work = NULL;
    const view_t X = X_of(s, 0, B);
    const targets_t T = T_of(s, 0, B);
    const size_t n_Y = s->n_out * B, n_X = s->n_in * B;
    real *gradient = make_reals(s->P);
    double E;
    bpb_score score;
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    assert_ok(BPB(work_create)(&work, plan));
    assert_ok(BPB(gradient)(s->net, work, X, T, gradient, NULL)); /* leaves its masks behind */
    assert_ok(BPB(forward)(s->net, work, X, BPB(samples_out)(noted, B, s->n_out)));
    noted += n_Y;
    assert_ok(BPB(predict_with)(s->net, work, X, BPB(samples_out)(noted, B, s->n_out), NULL));
    noted += n_Y;
    assert_ok(
        BPB(gradient_x)(s->net, work, X, T, noted, BPB(samples_out)(noted + s->P, B, s->n_in), &E));
    noted += s->P + n_X;
    assert_ok(BPB(hvp)(s->net, work, X, T, s->theta, noted, noted + s->P, NULL));
    noted += 2 * s->P;
    assert_ok(
        BPB(jvp)(s->net, work, X, s->theta, X, (out_t){0}, BPB(samples_out)(noted, B, s->n_out)));
    noted += n_Y;
    *noted++ = (real)E;
    assert_ok(BPB(loss)(s->net, work, X, T, &E));
    *noted++ = (real)E;
    assert_ok(BPB(evaluate_with)(s->net, work, X, T, &score));
    *noted = (real)score.loss;
    free(gradient);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
}

static void other_passes__drop_nothing(void **state)
{
    (void)state;
    const bpb_net_options net = options_of(units, BPB_SILU);
    struct subject s = make_subject(&net, COLS);
    const size_t n = 3 * s.n_out * COLS + 3 * s.P + s.n_in * COLS + 3;
    bpb_plan_options options = {.batch = COLS, .derivatives = 1};
    real *want = make_reals(n), *got = make_reals(n);
    note_others(&s, &options, want);
    options.dropout = 0.5;
    options.dropout_inputs = 0.5;
    note_others(&s, &options, got);
    assert_same_bits(n, got, want);
    free(want);
    free(got);
    free_subject(&s);
}

/* ---- Inputs, wherever they lie ---- */

/* The same columns with gaps, by rows, and picked; X itself is not touched. */
static void inputs__are_dropped_from_any_view(void **state)
{
    (void)state;
    enum { B = 19, N = 13, LD = 17 };
    const bpb_net_options net = options_of(units, BPB_TANH);
    const bpb_plan_options options = {.batch = B, .dropout = 0.3, .dropout_inputs = 0.4};
    struct subject s = make_subject(&net, B);
    size_t order[B];
    real gaps[LD * B], rows[N * B], picked[N * B], kept[N * B];
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < N; i++) {
            order[j] = (j * 7 + 3) % B;
            gaps[j * LD + i] = rows[i * B + j] = s.X[j * N + i];
            picked[(j * 7 + 3) % B * N + i] = s.X[j * N + i];
        }
    const view_t views[] = {
        {.data = gaps, .rows = N, .cols = B, .ld = LD},
        {.data = rows, .rows = N, .cols = B, .ld = 1, .row_stride = B},
        {.data = picked, .rows = N, .cols = B, .index = order},
    };
    memcpy(kept, s.X, sizeof kept);
    real *want = gradient_by(&s, &options, B, X_of(&s, 0, B), NULL);
    assert_same_bits(N * B, s.X, kept);
    for (size_t v = 0; v < COUNT(views); v++) {
        real *got = gradient_by(&s, &options, B, views[v], NULL);
        assert_same_bits(s.P, got, want);
        free(got);
    }
    free(want);
    free_subject(&s);
}

/* (x - 1) 2: the scaled input is what is dropped, not the one that was scaled. */
static void inputs__are_dropped_after_scaling(void **state)
{
    (void)state;
    enum { B = 19, N = 13 };
    const bpb_net_options net = options_of(units, BPB_TANH);
    const bpb_plan_options options = {.batch = B, .dropout_inputs = 0.5};
    struct subject s = make_subject(&net, B);
    double shift[N], factor[N];
    real scaled[N * B];
    for (size_t i = 0; i < N * B; i++) {
        shift[i % N] = 1;
        factor[i % N] = 2;
        scaled[i] = (s.X[i] - 1) * 2;
    }
    real *want = gradient_by(&s, &options, B, BPB(samples)(scaled, B, N), NULL);
    assert_ok(BPB(net_set_scaling)(s.net, BPB_INPUTS, shift, factor));
    real *got = gradient_by(&s, &options, B, X_of(&s, 0, B), NULL);
    assert_same_bits(s.P, got, want);
    free(want);
    free(got);
    free_subject(&s);
}

/* What is dropped is gone, NaN or not; what is not dropped is not. */
static void inputs__dropped_may_be_nan(void **state)
{
    (void)state;
    const bpb_net_options net = options_of(units, BPB_TANH);
    struct subject s = make_subject(&net, COLS);
    struct machine m = {.net = s.net};
    real *gradient = make_reals(s.P);
    bool dropped[2] = {false};
    plan_machine(&m, &(bpb_plan_options){.batch = COLS, .dropout_inputs = 0.5});
    s.X[5] = (real)NAN;
    for (uint64_t draw = 0; draw < 20; draw++) {
        assert_ok(BPB(work_dropout)(m.work, 0, draw));
        const bpb_status status =
            BPB(gradient)(s.net, m.work, X_of(&s, 0, COLS), T_of(&s, 0, COLS), gradient, NULL);
        const bool its = is_dropped(BPB(work_layer)(m.work, 0).A.data[5]);
        assert_int_equal(status, its ? BPB_OK : BPB_NONFINITE);
        dropped[its] = true;
    }
    assert_true(dropped[0] && dropped[1]);
    free(gradient);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

/* ---- Draws, and misuse ---- */

static void work_dropout__holds_until_the_next(void **state)
{
    (void)state;
    const bpb_net_options net = options_of(units, BPB_TANH);
    const bpb_plan_options plan = {.batch = COLS, .dropout = 0.5};
    struct subject s = make_subject(&net, COLS);
    struct machine m = {.net = s.net};
    real *g[5];
    plan_machine(&m, &plan);
    for (size_t i = 0; i < COUNT(g); i++) {
        g[i] = make_reals(s.P);
        if (i == 1 || i == 4)
            assert_ok(BPB(work_dropout)(m.work, 0, 0)); /* as before the first */
        if (i == 3)
            assert_ok(BPB(work_dropout)(m.work, 0, 1));
        assert_ok(BPB(gradient)(s.net, m.work, X_of(&s, 0, COLS), T_of(&s, 0, COLS), g[i], NULL));
    }
    assert_same_bits(s.P, g[1], g[0]);
    assert_same_bits(s.P, g[2], g[0]);
    assert_memory_not_equal(g[3], g[0], s.P * sizeof(real));
    assert_same_bits(s.P, g[4], g[0]);
    for (size_t i = 0; i < COUNT(g); i++)
        free(g[i]);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

static void misuse__is_refused(void **state)
{
    (void)state;
    const double bad[] = {1, -0.1, (double)NAN, (double)INFINITY, -(double)INFINITY, 1.5};
    struct machine m = make_machine(&(bpb_net_options){.sizes = units, .n_sizes = 4}, NULL);
    plan_t *const before = m.plan;
    for (size_t i = 0; i < COUNT(bad); i++) {
        plan_t *plan = before;
        assert_int_equal(BPB(plan_create)(&plan, m.net, &(bpb_plan_options){.dropout = bad[i]}),
                         BPB_ERR_OPTION);
        assert_int_equal(
            BPB(plan_create)(&plan, m.net, &(bpb_plan_options){.dropout_inputs = bad[i]}),
            BPB_ERR_OPTION);
        assert_ptr_equal(plan, before);
    }
    assert_int_equal(BPB(work_dropout)(m.work, 1, 2), BPB_ERR_PLAN);
    assert_int_equal(BPB(work_dropout)(NULL, 1, 2), BPB_ERR_NULL);
    free_machine(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks__are_those_of_the_scalar_generator),
        cmocka_unit_test(thresholds__are_rounded),
        cmocka_unit_test(drop__does_not_depend_on_how_columns_are_cut),
        cmocka_unit_test(gradient_and_step__equal_those_of_the_thinned_naive_net),
        cmocka_unit_test(gradient__equals_complex_steps_of_the_thinned_loss),
        cmocka_unit_test(masks__have_the_mean_and_variance_of_independent_ones),
        cmocka_unit_test(threads__give_the_bits_of_one),
        cmocka_unit_test(kernels__drop_the_same_entries),
        cmocka_unit_test(work_bytes__grow_by_what_hidden_layers_drop),
        cmocka_unit_test(dropout__of_nothing_gives_the_same_bits),
        cmocka_unit_test(other_passes__drop_nothing),
        cmocka_unit_test(inputs__are_dropped_from_any_view),
        cmocka_unit_test(inputs__are_dropped_after_scaling),
        cmocka_unit_test(inputs__dropped_may_be_nan),
        cmocka_unit_test(work_dropout__holds_until_the_next),
        cmocka_unit_test(misuse__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
