/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A float net on fields of doubles. What it reads is scaled in double and then rounded, so that a
 * net with scaling has the bits of one without it, on values that were scaled by hand.
 */
#include <stdio.h>

#include "calls_tmpl.h"

enum { N_0 = 5, N_L = 3, B = 22 };

static const size_t sizes[] = {N_0, 7, N_L};
static const bpb_net_options options = {.sizes = sizes,
                                        .n_sizes = 3,
                                        .hidden = BPB_TANH,
                                        .output = BPB_IDENTITY,
                                        .init = BPB_INIT_GLOROT_UNIFORM,
                                        .seed = 4};

static bpbf_view doubles(const double *data, size_t N, size_t n)
{
    return (bpbf_view){.doubles = data, .rows = n, .cols = N};
}
static bpbf_out doubles_out(double *data, size_t N, size_t n)
{
    return (bpbf_out){.doubles = data, .rows = n, .cols = N};
}

/* ---- Values that floats cannot tell apart: 1e6 and a little ---- */

/* x = 1e6 + u / 64, t = -2e6 + u / 64 with small u: floats near 1e6 are 1 / 16 apart, near 2e6
 * 1 / 8. a_0 and t_L are what the scaling makes of them, in double and then rounded. */
struct far {
    struct all plain, scaled; /* two nets of the same theta */
    struct machine by_plain, by_scaled;
    double x[N_0 * B], t[N_L * B], shift_in[N_0], factor_in[N_0], shift_out[N_L], factor_out[N_L];
    float a_0[N_0 * B], t_L[N_L * B];
};

static void draw_scaling(struct far *far, struct rng *rng)
{
    for (size_t i = 0; i < N_0; i++) {
        far->shift_in[i] = 1e6 + rng_uniform(rng, -0.01, 0.01);
        far->factor_in[i] = rng_uniform(rng, 50, 60);
    }
    for (size_t i = 0; i < N_L; i++) {
        far->shift_out[i] = -2e6 + rng_uniform(rng, -0.01, 0.01);
        far->factor_out[i] = rng_uniform(rng, 0.01, 0.02);
    }
}

static void scale_by_hand(struct far *far)
{
    for (size_t k = 0; k < COUNT(far->x); k++)
        far->a_0[k] = (float)((far->x[k] - far->shift_in[k % N_0]) * far->factor_in[k % N_0]);
    for (size_t k = 0; k < COUNT(far->t); k++)
        far->t_L[k] = (float)((far->t[k] - far->shift_out[k % N_L]) / far->factor_out[k % N_L]);
}

static void make_far(struct far *far)
{
    struct rng rng = {77};
    *far = (struct far){.plain = make_all(&options, B), .scaled = make_all(&options, B)};
    for (size_t k = 0; k < COUNT(far->x); k++)
        far->x[k] = 1e6 + rng_uniform(&rng, -1, 1) / 64;
    for (size_t k = 0; k < COUNT(far->t); k++)
        far->t[k] = -2e6 + rng_uniform(&rng, -1, 1) / 64;
    draw_scaling(far, &rng);
    scale_by_hand(far);
    assert_ok(bpbf_net_set_scaling(far->scaled.net, BPB_INPUTS, far->shift_in, far->factor_in));
    assert_ok(bpbf_net_set_scaling(far->scaled.net, BPB_OUTPUTS, far->shift_out, far->factor_out));
    far->by_plain = plan_for(&far->plain, B);
    far->by_scaled = plan_for(&far->scaled, B);
    far->plain.given.work = far->by_plain.work;
    far->scaled.given.work = far->by_scaled.work;
    far->plain.given.X = bpbf_samples(far->a_0, B, N_0);
    far->plain.given.T.view = bpbf_samples(far->t_L, B, N_L);
    far->scaled.given.X = doubles(far->x, B, N_0);
    far->scaled.given.T.view = doubles(far->t, B, N_L);
}

static void free_far(struct far *far)
{
    free_plan(&far->by_plain);
    free_plan(&far->by_scaled);
    free_all(&far->plain);
    free_all(&far->scaled);
}

/* Y = shift + factor A_L, in double. */
static void assert_far_outputs(const struct far *far, const double *Y, const float *A_L)
{
    for (size_t k = 0; k < N_L * B; k++) {
        const size_t i = k % N_L;
        const double want = far->shift_out[i] + far->factor_out[i] * (double)A_L[k];
        if (memcmp(&Y[k], &want, sizeof want) != 0)
            fail_msg("Y[%zu] is %.17g, not %.17g", k, Y[k], want);
    }
}

static void outputs__are_those_of_exact_scaling(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    double Y[N_L * B] = {0};
    float A_L[N_L * B];
    const bpbf_view X = far.scaled.given.X, A_0 = far.plain.given.X;
    assert_ok(bpbf_forward(far.plain.net, far.by_plain.work, A_0, bpbf_samples_out(A_L, B, N_L)));
    assert_ok(bpbf_forward(far.scaled.net, far.by_scaled.work, X, doubles_out(Y, B, N_L)));
    assert_far_outputs(&far, Y, A_L);
    assert_ok(bpbf_predict(far.plain.net, A_0, bpbf_samples_out(A_L, B, N_L), NULL));
    for (size_t threads = 1; threads <= 2; threads++) {
        memset(Y, 0, sizeof Y);
        assert_ok(bpbf_predict(far.scaled.net, X, doubles_out(Y, B, N_L),
                               &(bpb_plan_options){.threads = threads}));
        assert_far_outputs(&far, Y, A_L);
    }
    memset(Y, 0, sizeof Y);
    assert_ok(bpbf_jvp(far.scaled.net, far.by_scaled.work, X, far.scaled.given.v, (bpbf_view){0},
                       doubles_out(Y, B, N_L), far.scaled.made.dY));
    assert_ok(bpbf_forward(far.plain.net, far.by_plain.work, A_0, bpbf_samples_out(A_L, B, N_L)));
    assert_far_outputs(&far, Y, A_L);
    free_far(&far);
}

/* The same columns as floats: all inputs are 0 or a sixteenth off. */
static void outputs__of_floats_could_not_be_these(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    float x[N_0 * B], A_L[N_L * B];
    double Y[N_L * B];
    for (size_t k = 0; k < COUNT(x); k++)
        x[k] = (float)far.x[k];
    assert_ok(bpbf_predict(far.plain.net, far.plain.given.X, bpbf_samples_out(A_L, B, N_L), NULL));
    assert_ok(bpbf_predict(far.scaled.net, bpbf_samples(x, B, N_0), doubles_out(Y, B, N_L), NULL));
    for (size_t k = 0; k < COUNT(Y); k++)
        assert_true(fabs((Y[k] - far.shift_out[k % N_L]) / far.factor_out[k % N_L] -
                         (double)A_L[k]) > 1e-3);
    free_far(&far);
}

static void losses__are_those_of_exact_scaling(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    const size_t P = far.plain.P;
    static const size_t of_loss[] = {0, 1, 5, 6}; /* gradient, gradient_x, hvp, gnvp */
    for (size_t i = 0; i < COUNT(of_loss); i++) {
        double loss, want_loss;
        float *want = results_of(&far.plain, of_loss[i], &want_loss);
        float *got = results_of(&far.scaled, of_loss[i], &loss);
        assert_same_bits(P, got, want);
        assert_memory_equal(&loss, &want_loss, sizeof loss);
        free(got);
        free(want);
    }
    bpb_score score = {0}, want = {0};
    double loss = 0, want_loss = 1;
    assert_ok(bpbf_evaluate(far.plain.net, far.plain.given.X, far.plain.given.T, &want, NULL));
    assert_ok(bpbf_evaluate(far.scaled.net, far.scaled.given.X, far.scaled.given.T, &score, NULL));
    assert_true(want.loss > 0 && score.loss == want.loss);
    assert_ok(bpbf_loss(far.scaled.net, far.by_scaled.work, far.scaled.given.X, far.scaled.given.T,
                        &loss));
    assert_ok(bpbf_loss(far.plain.net, far.by_plain.work, far.plain.given.X, far.plain.given.T,
                        &want_loss));
    assert_true(loss > 0 && loss == want_loss);
    free_far(&far);
}

static void objective__of_doubles_is_that_of_exact_scaling(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    const struct all *all[2] = {&far.plain, &far.scaled};
    const size_t P = far.plain.P;
    float *gradient[2] = {make_dirty(P), make_dirty(P)};
    double f[2] = {0, 1};
    for (size_t k = 0; k < 2; k++) {
        bpbf_objective *objective = NULL;
        assert_ok(bpbf_objective_create(&objective, all[k]->net, all[k]->given.X, all[k]->given.T,
                                        &(bpb_objective_options){.batch = 8}));
        assert_ok(
            bpbf_objective_gradient(objective, bpbf_net_ctheta(all[k]->net), &f[k], gradient[k]));
        bpbf_objective_destroy(&objective);
    }
    assert_same_bits(P, gradient[1], gradient[0]);
    assert_true(f[0] == f[1]);
    free(gradient[0]);
    free(gradient[1]);
    free_far(&far);
}

static void train__on_doubles_is_that_of_exact_scaling(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    const struct all *all[2] = {&far.plain, &far.scaled};
    bpb_train_report report[2];
    for (size_t k = 0; k < 2; k++) {
        const bpbf_set set = {.X = all[k]->given.X, .T = all[k]->given.T};
        const bpbf_data data = {.train = set, .validation = set};
        assert_ok(bpbf_train(all[k]->net, &data,
                             &(bpb_train_options){.eta = 0.1, .batch = 8, .epochs = 3},
                             &report[k]));
    }
    assert_same_bits(far.plain.P, bpbf_net_ctheta(far.scaled.net), bpbf_net_ctheta(far.plain.net));
    assert_true(report[0].last.validation.loss == report[1].last.validation.loss);
    assert_true(report[0].last.train.loss > 0);
    free_far(&far);
}

/* ---- Every matrix of every call ---- */

/* The given floats as doubles, with gaps, rows and columns in reverse order. */
struct scattered {
    double *data;
    size_t *index, *row_index;
};

static struct scattered scatter(size_t rows, size_t cols)
{
    struct scattered s = {allocate(rows * 2 * cols * 3, sizeof(double)),
                          allocate(cols, sizeof(size_t)), allocate(rows, sizeof(size_t))};
    for (size_t k = 0; k < rows * 2 * cols * 3; k++)
        s.data[k] = (double)NAN;
    for (size_t j = 0; j < cols; j++)
        s.index[j] = cols - 1 - j;
    for (size_t i = 0; i < rows; i++)
        s.row_index[i] = rows - 1 - i;
    return s;
}

static void free_scattered(struct scattered *s)
{
    free(s->data);
    free(s->index);
    free(s->row_index);
}

static size_t place(const bpbf_view *V, size_t i, size_t j)
{
    return (V->row_index ? V->row_index[i] : i) * (V->row_stride ? V->row_stride : 1) +
           (V->index ? V->index[j] : j) * (V->ld ? V->ld : V->rows);
}

static bpbf_out out_of(const struct scattered *s, size_t rows, size_t cols, bool packed)
{
    bpbf_out V = {.doubles = s->data, .rows = rows, .cols = cols};
    if (!packed) {
        V.ld = 3 * 2 * rows;
        V.row_stride = 2;
        V.index = s->index;
        V.row_index = s->row_index;
    }
    return V;
}

/* V, packed floats, as doubles. */
static struct scattered as_doubles(bpbf_view *V, bool packed)
{
    struct scattered s = scatter(V->rows, V->cols);
    const bpbf_view to = bpbf_view_of(out_of(&s, V->rows, V->cols, packed));
    for (size_t j = 0; j < V->cols; j++)
        for (size_t i = 0; i < V->rows; i++)
            s.data[place(&to, i, j)] = (double)V->data[j * V->rows + i];
    *V = to;
    return s;
}

static void assert_doubles(const char *name, bpbf_out V, const float *want)
{
    const bpbf_view to = bpbf_view_of(V);
    for (size_t j = 0; j < V.cols; j++)
        for (size_t i = 0; i < V.rows; i++) {
            const double x = (double)want[j * V.rows + i], got = V.doubles[place(&to, i, j)];
            if (!(got == x || (isnan(x) && isnan(got))))
                fail_msg("%s (%zu, %zu) is %.17g, not %.17g", name, i, j, got, x);
        }
}

enum { GIVEN = 6, MADE = 4 };

/* Call c with doubles in place of the floats, whose results want has. */
static void check_doubles(struct all *all, size_t c, const float *want, double loss, bool packed)
{
    struct given in = all->given;
    struct made out = all->made;
    bpbf_view *given[GIVEN] = {&in.X, &in.T.view, &in.U, &in.V, &in.D, &in.dT.view};
    bpbf_out *made[MADE] = {&out.dX, &out.Y, &out.dY, &out.J};
    struct scattered of_given[GIVEN], of_made[MADE];
    double weights[B];
    for (size_t i = 0; i < GIVEN; i++)
        of_given[i] = as_doubles(given[i], packed);
    for (size_t j = 0; j < B; j++) // they go by the index of T
        weights[packed ? j : B - 1 - j] = in.T.weights[j];
    in.T.weights = weights;
    for (size_t i = 0; i < MADE; i++) {
        of_made[i] = scatter(made[i]->rows, made[i]->cols);
        *made[i] = out_of(&of_made[i], made[i]->rows, made[i]->cols, packed);
    }
    spoil(all);
    out.loss = &all->loss;
    assert_status(c, "on doubles", calls[c].call(&in, &out), BPB_OK);
    assert_same_bits(all->P, out.gradient, want);
    assert_memory_equal(&all->loss, &loss, sizeof loss);
    want += all->P;
    for (size_t i = 0; i < MADE; i++) {
        assert_doubles(calls[c].name, *made[i], want);
        want += made[i]->rows * made[i]->cols;
        free_scattered(&of_made[i]);
    }
    for (size_t i = 0; i < GIVEN; i++)
        free_scattered(&of_given[i]);
}

/* Scaling by powers of two does not round: doubles that are floats have the bits of the floats. */
static void scale_exactly(net_t *net)
{
    double shift[N_0 + N_L], factor[N_0 + N_L];
    for (size_t i = 0; i < COUNT(shift); i++) {
        shift[i] = 0;
        factor[i] = ldexp(i % 2 ? -1 : 1, (int)(i % 3) - 1);
    }
    assert_ok(bpbf_net_set_scaling(net, BPB_INPUTS, shift, factor));
    assert_ok(bpbf_net_set_scaling(net, BPB_OUTPUTS, shift, factor));
}

static void calls__take_doubles_for_every_matrix(void **state)
{
    (void)state;
    struct all all = make_all(&options, B);
    struct machine machine = plan_for(&all, B);
    all.given.work = machine.work;
    for (int scaled = 0; scaled < 2; scaled++) {
        if (scaled)
            scale_exactly(all.net);
        for (size_t c = 0; c < COUNT(calls); c++)
            for (int packed = 0; packed < 2; packed++) {
                double loss;
                float *want = results_of(&all, c, &loss);
                check_doubles(&all, c, want, loss, packed);
                free(want);
            }
    }
    free_plan(&machine);
    free_all(&all);
}

/* ---- Doubles that floats round, in every layout ---- */

/* What passes of each kind make of X and T, and theta after a step and a training. */
struct passed {
    float forward[N_L * B], predict[N_L * B], theta[128];
    double loss, step_loss;
    bpb_score score;
    bpb_train_report report;
};

static struct passed pass_through(const struct all *all, bpbf_view X, bpbf_targets T, bpbf_out Y)
{
    struct passed p = {.loss = 0};
    const bpb_plan_options blocks = {.batch = 7, .unpadded = 1}; // several
    bpbf_net *net = NULL;
    const bpbf_data data = {.train = {.X = X, .T = T}, .validation = {.X = X, .T = T}};
    float *kept[] = {p.forward, p.predict};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(i ? bpbf_predict(all->net, X, Y, &blocks)
                    : bpbf_forward(all->net, all->given.work, X, Y));
        const bpbf_view made = bpbf_view_of(Y);
        for (size_t k = 0; k < N_L * B; k++) {
            const size_t at = place(&made, k % N_L, k / N_L);
            kept[i][k] = Y.doubles ? (float)Y.doubles[at] : Y.data[at];
        }
    }
    assert_ok(bpbf_loss(all->net, all->given.work, X, T, &p.loss));
    assert_ok(bpbf_evaluate(all->net, X, T, &p.score, &blocks));
    assert_ok(bpbf_net_copy(&net, all->net));
    assert_ok(bpbf_sgd_step(net, all->given.work, X, T, &(bpb_sgd_rule){.eta = 0.1}, &p.step_loss));
    assert_ok(bpbf_train(net, &data, &(bpb_train_options){.eta = 0.1, .batch = 8, .epochs = 2},
                         &p.report));
    assert_true(all->P <= COUNT(p.theta));
    memcpy(p.theta, bpbf_net_ctheta(net), all->P * sizeof *p.theta);
    bpbf_net_destroy(&net);
    return p;
}

static void assert_passed(size_t layout, const struct passed *got, const struct passed *want)
{
    assert_same_bits(N_L * B, got->forward, want->forward);
    assert_same_bits(N_L * B, got->predict, want->predict);
    assert_same_bits(COUNT(want->theta), got->theta, want->theta);
    if (!(got->loss == want->loss && got->step_loss == want->step_loss &&
          got->score.loss == want->score.loss &&
          got->report.last.train.loss == want->report.last.train.loss &&
          got->report.last.validation.loss == want->report.last.validation.loss))
        fail_msg("a loss, layout %zu", layout);
}

/* Random doubles in both layouts, and what they are as floats. */
static void draw_doubles(struct rng *rng, const bpbf_out V[2], float *rounded)
{
    size_t inexact = 0;
    for (size_t k = 0; k < V->rows * V->cols; k++) {
        const double x = rng_uniform(rng, -1, 1);
        rounded[k] = (float)x;
        inexact += (double)rounded[k] != x;
        for (size_t w = 0; w < 2; w++) {
            const bpbf_view at = bpbf_view_of(V[w]);
            V[w].doubles[place(&at, k % V->rows, k / V->rows)] = x;
        }
    }
    assert_true(inexact > V->rows * V->cols / 2);
}

static void passes__round_doubles_of_any_layout(void **state)
{
    (void)state;
    static const size_t rows[] = {N_0, N_L, N_L};
    struct rng rng = {91};
    struct all all = make_all(&options, B);
    struct machine machine = plan_for(&all, B);
    struct scattered of[3][2];
    bpbf_out V[3][2]; /* X, T and Y, packed or not */
    float x[N_0 * B], t[N_L * B];
    all.given.work = machine.work;
    for (size_t i = 0; i < 3; i++)
        for (size_t w = 0; w < 2; w++) {
            of[i][w] = scatter(rows[i], B);
            V[i][w] = out_of(&of[i][w], rows[i], B, w == 0);
        }
    draw_doubles(&rng, V[0], x);
    draw_doubles(&rng, V[1], t);
    const struct passed want = pass_through(&all, bpbf_samples(x, B, N_0),
                                            bpbf_values(bpbf_samples(t, B, N_L)), all.made.Y);
    assert_true(want.loss > 0 && want.forward[0] != want.forward[1]);
    for (size_t w = 0; w < 2; w++) {
        const bpbf_targets T = bpbf_values(bpbf_view_of(V[1][w]));
        const struct passed got = pass_through(&all, bpbf_view_of(V[0][w]), T, V[2][w]);
        assert_passed(w, &got, &want);
    }
    for (size_t i = 0; i < 6; i++)
        free_scattered(&of[i / 2][i % 2]);
    free_plan(&machine);
    free_all(&all);
}

/* ---- Both pointers, or none ---- */

static void refuse(const struct all *all, size_t c, const char *name, const struct given *in,
                   const struct made *out)
{
    static const char *const ways[] = {"%s has no data", "%s has both data and doubles"};
    char sentence[2][64];
    for (size_t i = 0; i < 2; i++)
        snprintf(sentence[i], sizeof sentence[i], ways[i], name);
    assert_status(c, name, calls[c].call(in, out), BPB_ERR_NULL);
    if (strcmp(bpb_error(), sentence[0]) != 0 && strcmp(bpb_error(), sentence[1]) != 0)
        fail_msg("%s, %s: \"%s\"", calls[c].name, name, bpb_error());
    for (size_t k = 0; k < all->n_results; k++)
        assert_true(isnan(all->results[k]));
}

/* V, Y and some others: neither pointer leaves them out. */
static bool may_be_left_out(size_t c, const char *name)
{
    return strcmp(name, "V") == 0 || strcmp(name, "Y") == 0 ||
           (strcmp(name, "dX") == 0 && strcmp(calls[c].name, "vjp") == 0) ||
           strcmp(calls[c].name, "jacobian_vjp") == 0;
}

static void views__have_one_pointer_of_two(void **state)
{
    (void)state;
    struct all all = make_all(&options, B);
    struct machine machine = plan_for(&all, B);
    double some[N_0 * N_L * B] = {0};
    static const struct {
        const char *name;
        unsigned taken;
    } read[GIVEN] = {{"X", 0},       {"T", TAKES_T}, {"U", TAKES_U},
                     {"V", TAKES_V}, {"D", TAKES_D}, {"dT", TAKES_dT}},
      written[MADE] = {{"dX", MAKES_dX}, {"Y", MAKES_Y}, {"dY", MAKES_Y}, {"J", MAKES_J}};
    all.given.work = machine.work;
    spoil(&all);
    for (size_t c = 0; c < COUNT(calls); c++) {
        for (size_t i = 0; i < GIVEN + MADE; i++) {
            struct given in = all.given;
            struct made out = all.made;
            bpbf_view *given[GIVEN] = {&in.X, &in.T.view, &in.U, &in.V, &in.D, &in.dT.view};
            bpbf_out *made[MADE] = {&out.dX, &out.Y, &out.dY, &out.J};
            const char *name = i < GIVEN ? read[i].name : written[i - GIVEN].name;
            const unsigned taken = i < GIVEN ? read[i].taken : written[i - GIVEN].taken;
            if ((calls[c].has & taken) != taken)
                continue;
            if (i < GIVEN)
                given[i]->doubles = some;
            else
                made[i - GIVEN]->doubles = some;
            refuse(&all, c, name, &in, &out);
            if (may_be_left_out(c, name))
                continue;
            if (i < GIVEN)
                *given[i] = (bpbf_view){.rows = given[i]->rows, .cols = B};
            else
                *made[i - GIVEN] = (bpbf_out){.rows = made[i - GIVEN]->rows, .cols = B};
            refuse(&all, c, name, &in, &out);
        }
    }
    for (size_t k = 0; k < COUNT(some); k++)
        assert_true(some[k] == 0);
    free_plan(&machine);
    free_all(&all);
}

static void passes__have_one_pointer_of_two(void **state)
{
    (void)state;
    struct all all = make_all(&options, B);
    double Y[N_L * B] = {0};
    bpbf_view X = all.given.X;
    bpbf_out both = all.made.Y;
    both.doubles = Y;
    X.doubles = Y;
    assert_int_equal(bpbf_predict(all.net, all.given.X, both, NULL), BPB_ERR_NULL);
    assert_string_equal(bpb_error(), "Y has both data and doubles");
    assert_int_equal(bpbf_predict(all.net, X, all.made.Y, NULL), BPB_ERR_NULL);
    assert_string_equal(bpb_error(), "X has both data and doubles");
    both.data = NULL;
    both.doubles = NULL;
    assert_int_equal(bpbf_predict(all.net, all.given.X, both, NULL), BPB_ERR_NULL);
    assert_string_equal(bpb_error(), "Y has no data");
    assert_int_equal(bpbf_find_nonfinite(X, NULL), BPB_ERR_NULL);
    assert_string_equal(bpb_error(), "X has both data and doubles");
    free_all(&all);
}

/* BPB_ERR_NULL, with this sentence; an older one is gone before. */
#define REFUSED(call, says)                                                                        \
    do {                                                                                           \
        assert_int_equal(bpbf_find_nonfinite((bpbf_view){.data = &(float){0}, .rows = 1}, NULL),   \
                         BPB_ERR_SIZE);                                                            \
        assert_int_equal(call, BPB_ERR_NULL);                                                      \
        if (!strstr(bpb_error(), says))                                                            \
            fail_msg(#call ": \"%s\"", bpb_error());                                               \
    } while (0)

/* Calls that have only X, or X and T: both pointers of one of them, or none. */
static void data__have_one_pointer_of_two(void **state)
{
    (void)state;
    struct all all = make_all(&options, B);
    struct machine machine = plan_for(&all, B);
    const double some[N_0 * B] = {0};
    float theta[128];
    assert_true(all.P <= COUNT(theta));
    memcpy(theta, bpbf_net_ctheta(all.net), all.P * sizeof *theta);
    for (size_t i = 0; i < 4; i++) {
        bpbf_view X = all.given.X;
        bpbf_targets T = all.given.T;
        bpbf_view *wrong = i % 2 ? &T.view : &X;
        wrong->doubles = some;
        if (i / 2) {
            wrong->data = NULL;
            wrong->doubles = NULL;
        }
        const bpbf_set set = {.X = X, .T = T}, good = {.X = all.given.X, .T = all.given.T};
        const bpbf_data train = {.train = set}, validate = {.train = good, .validation = set};
        const bpb_train_options how = {.eta = 0.1, .epochs = 1};
        bpb_train_report report;
        bpb_score score = {.loss = 7};
        bpb_moments moments[N_0] = {{0}};
        double loss = 7;
        const char *says = i / 2 ? " has no data" : " has both data and doubles";
        REFUSED(bpbf_loss(all.net, machine.work, X, T, &loss), says);
        REFUSED(bpbf_sgd_step(all.net, machine.work, X, T, &(bpb_sgd_rule){.eta = 0.1}, NULL),
                says);
        REFUSED(bpbf_evaluate(all.net, X, T, &score, NULL), says);
        REFUSED(bpbf_train(all.net, &train, &how, &report), says);
        REFUSED(bpbf_train(all.net, &validate, &how, &report), says);
        REFUSED(bpbf_moments_add(moments, *wrong, 0), says);
        if (i < 3) /* T without data is left out */
            REFUSED(bpbf_net_standardise(all.net, X, T), says);
        assert_true(loss == 7 && score.loss == 7 && moments[0].count == 0);
        assert_null(bpbf_net_scaling(all.net, BPB_INPUTS));
        assert_same_bits(all.P, bpbf_net_ctheta(all.net), theta);
    }
    free_plan(&machine);
    free_all(&all);
}

/* ---- Data that are looked at ---- */

static void moments__of_doubles_are_those_of_a_double_net(void **state)
{
    (void)state;
    struct far far;
    make_far(&far);
    bpb_moments got[N_0] = {{0}}, want[N_0] = {{0}};
    far.x[7] = (double)NAN;
    assert_ok(bpb_moments_add(want, bpb_samples(far.x, B, N_0), 1));
    assert_ok(bpbf_moments_add(got, doubles(far.x, B, N_0), 1));
    assert_memory_equal(got, want, sizeof want);
    assert_true(want[0].squares > 0 && want[2].count == B - 1);
    free_far(&far);
}

/* mean and variance of x_j = 1e9 + j % 2 in one row: 1e9 + 0.5 and 0.25 */
static void standardise__of_doubles(void **state)
{
    (void)state;
    static const size_t one[] = {1, 1};
    double x[B], t[B];
    float x_too[B];
    bpbf_net *net = NULL;
    for (size_t j = 0; j < B; j++) {
        x[j] = 1e9 + (double)(j % 2);
        t[j] = j % 2 ? 3 : -1;
        x_too[j] = (float)(j % 2);
    }
    assert_ok(bpbf_net_create(
        &net, &(bpb_net_options){.sizes = one, .n_sizes = 2, .output = BPB_IDENTITY}));
    assert_ok(bpbf_net_standardise(net, doubles(x, B, 1), bpbf_values(doubles(t, B, 1))));
    const double *in = bpbf_net_scaling(net, BPB_INPUTS), *out = bpbf_net_scaling(net, BPB_OUTPUTS);
    assert_true(in[0] == 1e9 + 0.5 && in[1] == 2 && out[0] == 1 && out[1] == 2);
    assert_ok(bpbf_net_standardise(net, bpbf_samples(x_too, B, 1), bpbf_classes(doubles(t, B, 1))));
    in = bpbf_net_scaling(net, BPB_INPUTS);
    out = bpbf_net_scaling(net, BPB_OUTPUTS);
    assert_true(in[0] == 0.5 && in[1] == 2 && out[0] == 1 && out[1] == 2); /* classes: as before */
    x[3] = (double)NAN;
    assert_int_equal(bpbf_net_standardise(net, doubles(x, B, 1), (bpbf_targets){0}), BPB_NONFINITE);
    assert_true(bpbf_net_scaling(net, BPB_INPUTS)[0] == 0.5);
    bpbf_net_destroy(&net);
}

static void find_nonfinite__finds_it_in_doubles(void **state)
{
    (void)state;
    double x[N_0 * B] = {0};
    size_t row_index[N_0];
    bpb_where where = {99, 99};
    for (size_t i = 0; i < N_0; i++)
        row_index[i] = N_0 - 1 - i;
    bpbf_view X = doubles(x, B, N_0);
    x[3] = 1e300; /* finite, as a double */
    assert_ok(bpbf_find_nonfinite(X, &where));
    x[4 * N_0 + 1] = (double)INFINITY;
    assert_int_equal(bpbf_find_nonfinite(X, &where), BPB_NONFINITE);
    assert_true(where.row == 1 && where.col == 4);
    X.row_index = row_index;
    X.ld = N_0;
    assert_int_equal(bpbf_find_nonfinite(X, &where), BPB_NONFINITE);
    assert_true(where.row == N_0 - 2 && where.col == 4);
}

/* Class indices and missing entries may be doubles too. */
static void targets__of_doubles_may_be_classes_with_holes(void **state)
{
    (void)state;
    struct all all = make_all(&options, B);
    double class[B];
    float same[B];
    bpb_score got, want;
    for (size_t j = 0; j < B; j++)
        same[j] = (float)(class[j] = j % 5 == 3 ? (double)NAN : (double)(j % N_L));
    bpbf_targets T = bpbf_classes(doubles(class, B, 1)),
                 T_same = bpbf_classes(bpbf_samples(same, B, 1));
    T.masked = T_same.masked = 1;
    assert_ok(bpbf_evaluate(all.net, all.given.X, T_same, &want, NULL));
    assert_ok(bpbf_evaluate(all.net, all.given.X, T, &got, NULL));
    assert_true(got.loss == want.loss && got.correct == want.correct && got.judged == want.judged);
    assert_int_equal(want.judged, B - 4);
    class[2] = 1.00000001; /* which a float would take for 1 */
    assert_int_equal(bpbf_evaluate(all.net, all.given.X, T, &got, NULL), BPB_ERR_LABEL);
    assert_string_not_equal(bpb_error(), "");
    free_all(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs__are_those_of_exact_scaling),
        cmocka_unit_test(outputs__of_floats_could_not_be_these),
        cmocka_unit_test(losses__are_those_of_exact_scaling),
        cmocka_unit_test(objective__of_doubles_is_that_of_exact_scaling),
        cmocka_unit_test(train__on_doubles_is_that_of_exact_scaling),
        cmocka_unit_test(calls__take_doubles_for_every_matrix),
        cmocka_unit_test(passes__round_doubles_of_any_layout),
        cmocka_unit_test(views__have_one_pointer_of_two),
        cmocka_unit_test(passes__have_one_pointer_of_two),
        cmocka_unit_test(data__have_one_pointer_of_two),
        cmocka_unit_test(moments__of_doubles_are_those_of_a_double_net),
        cmocka_unit_test(standardise__of_doubles),
        cmocka_unit_test(find_nonfinite__finds_it_in_doubles),
        cmocka_unit_test(targets__of_doubles_may_be_classes_with_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
