/* SPDX-License-Identifier: BSD-3-Clause */
/* Optimisers: each method against its equations in long double, on a quadratic function, and
 * interrupted. */
#include <stdio.h>

#include "optimiser_cases_tmpl.h"

/* ---- The equations of bpblas.h, one entry after the other ---- */

struct naive {
    const bpb_opt_options *o;
    long double eta, E_before;
    size_t t;
    bool weight[P];
    long double theta[P], v[P], s[P], m[P], most[P], g_before[P], step_before[P], delta[P];
};

static struct naive make_naive(net_t *net, const bpb_opt_options *options)
{
    struct naive naive = {.o = options, .eta = (long double)options->eta, .E_before = NAN};
    real *theta = BPB(net_theta)(net);
    for (size_t i = 0; i < P; i++) {
        naive.theta[i] = (long double)theta[i];
        naive.delta[i] = (long double)options->tuning.delta_0;
    }
    for (size_t l = 1; l <= BPB(net_layers)(net); l++) {
        const out_t W = BPB(net_W)(net, theta, l);
        for (size_t i = 0; i < W.rows * W.cols; i++)
            naive.weight[W.data - theta + (ptrdiff_t)i] = true;
    }
    return naive;
}

static long double naive_adagrad(struct naive *n, size_t i, long double g)
{
    n->s[i] += g * g;
    const long double eta =
        n->eta / (1 + (long double)(n->t - 1) * (long double)n->o->tuning.eta_decay);
    return eta * g / (sqrtl(n->s[i]) + (long double)n->o->tuning.epsilon);
}

static long double naive_rmsprop(struct naive *n, size_t i, long double g)
{
    const long double rho = (long double)n->o->tuning.rho;
    n->s[i] = rho * n->s[i] + (1 - rho) * g * g;
    n->m[i] = rho * n->m[i] + (1 - rho) * g;
    const long double below = n->s[i] - (n->o->tuning.centred ? n->m[i] * n->m[i] : 0);
    n->v[i] = (long double)n->o->tuning.momentum * n->v[i] +
              g / (sqrtl(below) + (long double)n->o->tuning.epsilon);
    return n->eta * n->v[i];
}

static long double naive_adam(struct naive *n, size_t i, long double g)
{
    const long double beta1 = (long double)n->o->tuning.beta1,
                      beta2 = (long double)n->o->tuning.beta2;
    n->m[i] = beta1 * n->m[i] + (1 - beta1) * g;
    n->s[i] = beta2 * n->s[i] + (1 - beta2) * g * g;
    n->most[i] = fmaxl(n->most[i], n->s[i]);
    const bool amsgrad = n->o->tuning.amsgrad;
    const long double m = n->m[i] / (1 - powl(beta1, (long double)n->t)),
                      s = (amsgrad ? n->most[i] : n->s[i]) / (1 - powl(beta2, (long double)n->t));
    return n->eta * m / (sqrtl(s) + (long double)n->o->tuning.epsilon);
}

/* As Igel and Huesken write it down: by the product of the slopes, and with the step before. */
static long double naive_irprop(struct naive *n, size_t i, long double g, bool grown)
{
    const long double product = g * n->g_before[i];
    const bool plus = n->o->method == BPB_IRPROP_PLUS;
    if (product > 0)
        n->delta[i] = fminl(n->delta[i] * (long double)n->o->tuning.eta_plus,
                            (long double)n->o->tuning.delta_max);
    if (product < 0) {
        n->delta[i] = fmaxl(n->delta[i] * (long double)n->o->tuning.eta_minus,
                            (long double)n->o->tuning.delta_min);
        n->g_before[i] = 0;
        return plus && grown ? -n->step_before[i] : 0;
    }
    n->g_before[i] = g;
    n->step_before[i] = g > 0 ? n->delta[i] : g < 0 ? -n->delta[i] : 0;
    return n->step_before[i];
}

/* What a step takes from theta. */
static long double naive_change(struct naive *n, size_t i, long double g, bool grown)
{
    const long double momentum = (long double)n->o->tuning.momentum;
    switch (n->o->method) {
    case BPB_SGD:
        return n->eta * g;
    case BPB_MOMENTUM:
        return n->eta * (n->v[i] = momentum * n->v[i] + g);
    case BPB_NESTEROV:
        n->v[i] = momentum * n->v[i] + g;
        return n->eta * (g + momentum * n->v[i]);
    case BPB_ADAGRAD:
        return naive_adagrad(n, i, g);
    case BPB_RMSPROP:
        return naive_rmsprop(n, i, g);
    case BPB_IRPROP_PLUS:
    case BPB_IRPROP_MINUS:
        return naive_irprop(n, i, g, grown);
    default:
        return naive_adam(n, i, g);
    }
}

/* x = clip(scale gradient): the entries first, then the norm of what that leaves */
static void naive_clip(const bpb_opt_options *o, const real *gradient, double scale,
                       long double x[P])
{
    const long double value = (long double)o->tuning.clip_value,
                      limit = (long double)o->tuning.clip_norm;
    long double square = 0;
    for (size_t i = 0; i < P; i++) {
        x[i] = (long double)scale * (long double)gradient[i];
        if (value > 0)
            x[i] = fminl(fmaxl(x[i], -value), value);
        square += x[i] * x[i];
    }
    for (size_t i = 0; limit > 0 && limit * limit < square && i < P; i++)
        x[i] *= limit / sqrtl(square);
}

static long double naive_sign(long double x)
{
    return (x > 0) - (x < 0);
}

static void naive_step(struct naive *n, const real *gradient, double scale, double E)
{
    const bool decoupled = n->o->decoupled, grown = (long double)E > n->E_before;
    long double x[P];
    naive_clip(n->o, gradient, scale, x);
    n->t++;
    for (size_t i = 0; i < P; i++) {
        const bool decays = n->weight[i] || n->o->decay_biases;
        const long double decay = decays ? (long double)n->o->decay : 0,
                          decay_1 = decays ? (long double)n->o->decay_1 : 0;
        if (decoupled)
            n->theta[i] *= 1 - n->eta * decay;
        else
            x[i] += decay * n->theta[i] + decay_1 * naive_sign(n->theta[i]);
        n->theta[i] -= naive_change(n, i, x[i], grown);
        if (decoupled)
            n->theta[i] = naive_sign(n->theta[i]) *
                          fmaxl(fabsl(n->theta[i]) - n->eta * decay_1, 0);
    }
    n->E_before = (long double)E;
}

/* ---- Against them ---- */

/* Steps that make the run's every turn: signs stay more often than they change, slopes are small
 * from the middle on, eta is halved there, and the loss is now and then not told. */
static void opt_step__each_method__as_its_equations_say(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        net_t *net = make_net();
        opt_t *opt = make_opt(net, &settings[k].options);
        struct naive naive = make_naive(net, &settings[k].options);
        struct slopes slopes = {.rng = {k}};
        for (size_t t = 0; t < STEPS; t++) {
            if (t == STEPS / 2) {
                naive.eta /= 2;
                assert_ok(BPB(opt_set_eta)(opt, settings[k].options.eta / 2));
            }
            draw_slopes(&slopes, t);
            take_step(opt, net, &slopes);
            naive_step(&naive, slopes.gradient, SCALE, slopes.E);
            assert_reals_close(settings[k].name, P, BPB(net_ctheta)(net), naive.theta,
                               largest(P, naive.theta), 8 * STEPS * EPSILON);
        }
        assert_int_equal(BPB(opt_steps)(opt), STEPS);
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

/* Entries that are alike stay alike: in vectors, in remainders, in W and in b. */
static void opt_step__equal_entries__same_bits_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        net_t *net = make_net();
        bpb_opt_options options = settings[k].options;
        options.decay_biases = 1;
        opt_t *opt = make_opt(net, &options);
        struct slopes slopes = {.rng = {k}};
        real *theta = BPB(net_theta)(net);
        for (size_t i = 0; i < P; i++)
            theta[i] = RC(0.3);
        for (size_t t = 0; t < 12; t++) {
            draw_slopes(&slopes, t);
            for (size_t i = 1; i < P; i++)
                slopes.gradient[i] = slopes.gradient[0];
            take_step(opt, net, &slopes);
            for (size_t i = 1; i < P; i++)
                assert_same_bits(1, theta + i, theta);
        }
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

static void opt_step__gradient_anywhere__same_bits(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        real first[P], moved[P + 16];
        for (size_t offset = 0; offset < 16; offset++) {
            net_t *net = make_net();
            opt_t *opt = make_opt(net, &settings[k].options);
            struct slopes slopes = {.rng = {k}};
            for (size_t t = 0; t < 3; t++) {
                draw_slopes(&slopes, t);
                memcpy(moved + offset, slopes.gradient, sizeof slopes.gradient);
                assert_ok(BPB(opt_step)(opt, net, moved + offset, SCALE));
                assert_same_bits(P, moved + offset, slopes.gradient);
            }
            if (offset == 0)
                memcpy(first, BPB(net_ctheta)(net), sizeof first);
            assert_same_bits(P, BPB(net_ctheta)(net), first);
            BPB(opt_destroy)(&opt);
            BPB(net_destroy)(&net);
        }
    }
}

/* ---- A quadratic function ---- */

/* f = 1/2 sum a_i (theta_i - c_i)^2 */
struct quadratic {
    double a[P], c[P];
};

static double quadratic_value(const struct quadratic *q, const real *theta, real *gradient)
{
    double f = 0;
    for (size_t i = 0; i < P; i++) {
        const double off = (double)theta[i] - q->c[i];
        f += q->a[i] * off * off / 2;
        gradient[i] = (real)(q->a[i] * off);
    }
    return f;
}

static void opt_step__quadratic__is_minimised_by_each_method(void **state)
{
    (void)state;
    static const double etas[] = {[BPB_SGD] = 0.5,     [BPB_MOMENTUM] = 0.05, [BPB_NESTEROV] = 0.05,
                                  [BPB_ADAGRAD] = 0.5, [BPB_RMSPROP] = 0.1,   [BPB_ADAM] = 0.1};
    for (bpb_method method = BPB_SGD; bpb_name(BPB_NAMES_METHOD, method); method++) {
        const double eta = method < COUNT(etas) ? etas[method] : 1;
        net_t *net = make_net();
        opt_t *opt = make_opt(net, &(bpb_opt_options){.method = method, .decay = 1e-12});
        struct quadratic q;
        struct rng rng = {method};
        real gradient[P];
        for (size_t i = 0; i < P; i++) {
            q.a[i] = rng_uniform(&rng, 0.5, 2);
            q.c[i] = rng_uniform(&rng, -1, 1);
        }
        const double first = quadratic_value(&q, BPB(net_ctheta)(net), gradient);
        for (int t = 0; t < 600; t++) {
            assert_ok(BPB(opt_loss)(opt, quadratic_value(&q, BPB(net_ctheta)(net), gradient)));
            assert_ok(BPB(opt_set_eta)(opt, eta * pow(0.985, t)));
            assert_ok(BPB(opt_step)(opt, net, gradient, 1));
        }
        const double last = quadratic_value(&q, BPB(net_ctheta)(net), gradient);
        if (!(last < 1e-6 * first))
            fail_msg("%s: %g -> %g", bpb_name(BPB_NAMES_METHOD, method), first, last);
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

/* The minimum of f + decay_1 sum |theta| is S(c) of threshold decay_1 / a: 0, and not only nearly,
 * where |c| <= decay_1 / a. Biases go to c. */
static void opt_step__decoupled_l1__exact_zeros(void **state)
{
    (void)state;
    const double decay_1 = 0.5;
    net_t *net = make_net();
    opt_t *opt = make_opt(
        net,
        &(bpb_opt_options){.method = BPB_SGD, .eta = 0.25, .decay_1 = decay_1, .decoupled = 1});
    struct quadratic q;
    struct rng rng = {8};
    real gradient[P];
    for (size_t i = 0; i < P; i++) {
        q.a[i] = 1;
        q.c[i] = rng_uniform(&rng, -1, 1);
    }
    const struct naive where = make_naive(net, &(bpb_opt_options){.tuning = {.delta_0 = 0}});
    for (int t = 0; t < 300; t++) {
        quadratic_value(&q, BPB(net_ctheta)(net), gradient);
        assert_ok(BPB(opt_step)(opt, net, gradient, 1));
    }
    size_t zeros = 0;
    for (size_t i = 0; i < P; i++) {
        const double c = q.c[i], got = (double)BPB(net_ctheta)(net)[i],
                     rest = where.weight[i] ? fmax(fabs(c) - decay_1, 0) : fabs(c);
        assert_true(rest > 0 ? fabs(got - copysign(rest, c)) <= 16 * EPSILON : got == 0);
        zeros += got == 0;
    }
    assert_true(zeros > P / 4 && zeros < P);
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&net);
}

/* sign(0) = 0: where there is no slope, decay makes none. */
static void opt_step__zeros_and_decay__stay_zeros(void **state)
{
    (void)state;
    const real gradient[P] = {0};
    for (size_t k = 0; k < COUNT(settings); k++) {
        net_t *net = make_net();
        opt_t *opt = make_opt(net, &settings[k].options);
        real *theta = BPB(net_theta)(net);
        for (size_t i = 0; i < P; i++)
            theta[i] = i % 2 ? RC(-0.0) : 0;
        assert_ok(BPB(opt_step)(opt, net, gradient, 1));
        for (size_t i = 0; i < P; i++)
            assert_true(theta[i] == 0);
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

/* ---- Interrupted ---- */

/* Go on with another optimiser, which has had steps of its own, from the first one's bytes. */
static void interrupt(opt_t **opt, const bpb_opt_options *options)
{
    unsigned char packed[PACKED_MOST];
    const size_t bytes = pack(*opt, packed);
    net_t *other = make_net();
    struct slopes slopes = {.rng = {99}};
    BPB(opt_destroy)(opt);
    *opt = make_opt(other, options);
    draw_slopes(&slopes, 0);
    take_step(*opt, other, &slopes);
    assert_ok(BPB(opt_unpack)(*opt, packed, bytes));
    BPB(net_destroy)(&other);
}

/* theta and what is packed, after steps that are interrupted after every this many. */
static size_t run_interrupted(const bpb_opt_options *options, size_t every, real *theta,
                              unsigned char *packed)
{
    net_t *net = make_net();
    opt_t *opt = make_opt(net, options);
    struct slopes slopes = {.rng = {5}};
    for (size_t t = 0; t < STEPS; t++) {
        if (t == 10)
            assert_ok(BPB(opt_set_eta)(opt, 0.3 * options->eta));
        draw_slopes(&slopes, t);
        take_step(opt, net, &slopes);
        if (every && (t + 1) % every == 0)
            interrupt(&opt, options);
    }
    memcpy(theta, BPB(net_ctheta)(net), P * sizeof *theta);
    const size_t bytes = pack(opt, packed);
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&net);
    return bytes;
}

static void opt_unpack__after_every_seventh_step__bits_of_the_run_without(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        real want[P], got[P];
        unsigned char want_packed[PACKED_MOST], got_packed[PACKED_MOST];
        const size_t bytes = run_interrupted(&settings[k].options, 0, want, want_packed);
        assert_int_equal(run_interrupted(&settings[k].options, 7, got, got_packed), bytes);
        assert_same_bits(P, got, want);
        assert_memory_equal(got_packed, want_packed, bytes);
    }
}

/* The loss that was told for the step to come is part of the state. */
static void opt_unpack__between_loss_and_step__same_bits(void **state)
{
    (void)state;
    const bpb_opt_options options = {.method = BPB_IRPROP_PLUS};
    net_t *net = make_net(), *other = make_net();
    opt_t *opt = make_opt(net, &options);
    struct slopes slopes = {.rng = {7}};
    draw_slopes(&slopes, 0);
    assert_ok(BPB(opt_loss)(opt, 1));
    assert_ok(BPB(opt_step)(opt, net, slopes.gradient, 1));
    memcpy(BPB(net_theta)(other), BPB(net_ctheta)(net), P * sizeof(real));
    assert_ok(BPB(opt_loss)(opt, 2)); /* it has grown: the step is to be taken back */
    unsigned char packed[PACKED_MOST];
    const size_t bytes = pack(opt, packed);
    assert_ok(BPB(opt_step)(opt, net, slopes.gradient, -1));
    assert_ok(BPB(opt_unpack)(opt, packed, bytes));
    assert_ok(BPB(opt_step)(opt, other, slopes.gradient, -1));
    assert_same_bits(P, BPB(net_ctheta)(other), BPB(net_ctheta)(net));
    real *theta = BPB(net_theta)(other);
    net_t *start = make_net();
    for (size_t i = 0; i < P; i++) /* except for the rounding of there and back */
        assert_true(fabs((double)(theta[i] - BPB(net_theta)(start)[i])) <=
                    2 * EPSILON * (1 + fabs((double)theta[i])));
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&start);
    BPB(net_destroy)(&other);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opt_step__each_method__as_its_equations_say),
        cmocka_unit_test(opt_step__equal_entries__same_bits_wherever_they_stand),
        cmocka_unit_test(opt_step__gradient_anywhere__same_bits),
        cmocka_unit_test(opt_step__quadratic__is_minimised_by_each_method),
        cmocka_unit_test(opt_step__decoupled_l1__exact_zeros),
        cmocka_unit_test(opt_step__zeros_and_decay__stay_zeros),
        cmocka_unit_test(opt_unpack__after_every_seventh_step__bits_of_the_run_without),
        cmocka_unit_test(opt_unpack__between_loss_and_step__same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
