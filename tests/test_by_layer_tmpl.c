/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gradient layer by layer: the bits of bpb_gradient, each part handed over when it is done and
 * before those below it are begun; what a hook may do. And deltas that overflow in any layer.
 */
#include <fenv.h>

#include "outcome_tmpl.h"

extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int n) __attribute__((weak));

enum { MOST = 4 };

static const size_t small[] = {7, 5, 6, 3}, single[] = {9, 4}, wide[] = {101, 153, 67, 80, 10};
static const struct net_and_batch {
    bpb_net_options net;
    size_t B, threads;
} nets[] = {
    {{.sizes = small,
      .n_sizes = 4,
      .hidden = BPB_RELU,
      .output = BPB_SOFTMAX,
      .loss = BPB_CROSS_ENTROPY},
     11,
     1},
    {{.sizes = single, .n_sizes = 2}, 5, 1},
    {{.sizes = wide, .n_sizes = 5, .hidden = BPB_GELU}, 331, 3},
};

/* ---- What the hook has seen ---- */

struct seen {
    const struct subject *s;
    net_t *net; /* for its shape */
    real *gradient, *copy;
    size_t calls, layer[MOST], count[MOST];
};

/* The part of layer l is there, those below it are not: they hold the NaN they held. */
static void take_part(void *user, size_t l, real *part, size_t count)
{
    struct seen *seen = user;
    const size_t at = (size_t)(part - seen->gradient);
    assert_ptr_equal(part, BPB(net_W)(seen->net, seen->gradient, l).data);
    assert_int_equal(count, BPB(net_size)(seen->net, l) * (BPB(net_size)(seen->net, l - 1) + 1));
    for (size_t i = 0; i < at; i++)
        assert_true(isnan(seen->gradient[i]));
    memcpy(seen->copy + at, part, count * sizeof *part);
    seen->layer[seen->calls] = l;
    seen->count[seen->calls++] = count;
}

static real *dirty(size_t n)
{
    real *x = make_reals(n);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)NAN;
    return x;
}

static struct seen make_seen(const struct subject *s)
{
    return (struct seen){.s = s, .net = s->net, .gradient = dirty(s->P), .copy = dirty(s->P)};
}

static void free_seen(struct seen *seen)
{
    free(seen->gradient);
    free(seen->copy);
}

static void assert_all_layers(const struct seen *seen)
{
    const size_t L = BPB(net_layers)(seen->net);
    assert_int_equal(seen->calls, L);
    for (size_t i = 0; i < L; i++)
        assert_int_equal(seen->layer[i], L - i);
}

/* ---- The same bits ---- */

/* By one plan, whose work has each in turn. */
static void check_plan(const struct net_and_batch *net, const bpb_plan_options *options)
{
    struct subject s = make_subject(&net->net, net->B);
    struct machine m = {.net = s.net};
    struct seen seen = make_seen(&s);
    real *want = dirty(s.P);
    double E = 0, again = 1;
    const view_t X = X_of(&s, 0, net->B);
    const targets_t T = T_of(&s, 0, net->B);
    assert_ok(BPB(plan_create)(&m.plan, m.net, options));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_ok(BPB(gradient)(m.net, m.work, X, T, want, &E));
    assert_ok(BPB(gradient_by_layer)(m.net, m.work, X, T, seen.gradient, &again,
                                     take_part, &seen));
    assert_same_bits(s.P, seen.gradient, want);
    assert_same_bits(s.P, seen.copy, want); /* each was done when it was handed over */
    assert_true(E == again);
    assert_all_layers(&seen);
    free(want);
    free_seen(&seen);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

static void gradient_by_layer__has_the_bits_of_gradient(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (size_t threads = 1; threads <= nets[i].threads; threads++)
            for (int how = 0; how < 8; how++)
                check_plan(&nets[i], &(bpb_plan_options){
                                         .batch = nets[i].B,
                                         .threads = threads,
                                         .planning = how & 1 ? BPB_PLAN_CBLAS : BPB_PLAN_ESTIMATE,
                                         .dropout = how & 2 ? 0.5 : 0,
                                         .dropout_inputs = how & 4 ? 0.25 : 0,
                                         .keep_Z = how / 4});
}

static void gradient_by_layer__leaves_what_gradient_does(void **state)
{
    (void)state;
    struct subject s = make_subject(&nets[0].net, nets[0].B);
    struct machine m = {.net = s.net};
    struct seen seen = make_seen(&s);
    real D[MOST][6 * 11];
    const view_t X = X_of(&s, 0, nets[0].B);
    const targets_t T = T_of(&s, 0, nets[0].B);
    assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_ok(BPB(gradient)(m.net, m.work, X, T, seen.gradient, NULL));
    for (size_t l = 1; l <= 3; l++)
        memcpy(D[l], BPB(work_layer)(m.work, l).D.data, small[l] * nets[0].B * sizeof(real));
    memset(seen.gradient, 0xff, s.P * sizeof(real));
    assert_ok(BPB(gradient_by_layer)(m.net, m.work, X, T, seen.gradient, NULL,
                                     take_part, &seen));
    for (size_t l = 1; l <= 3; l++) {
        const layer_t layer = BPB(work_layer)(m.work, l);
        assert_same_bits(small[l] * nets[0].B, layer.D.data, D[l]);
        assert_ptr_equal(layer.dW.data, BPB(net_W)(s.net, seen.gradient, l).data);
    }
    free_seen(&seen);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

/* ---- What a hook may do ---- */

/* The plan and a work of the hook's own. */
struct busy {
    struct seen seen;
    plan_t *plan;
    work_t *work;
    size_t B;
    const real *want;
    int blas_threads; /* that the caller has set; 0: unknown */
};

/* A gradient by the same plan, and then the part that was given is spoilt. */
static void work_and_spoil(void *user, size_t l, real *part, size_t count)
{
    struct busy *busy = user;
    const struct subject *s = busy->seen.s;
    real *own = dirty(s->P);
    take_part(&busy->seen, l, part, count);
    if (busy->blas_threads)
        assert_int_equal(openblas_get_num_threads(), busy->blas_threads);
    assert_ok(BPB(gradient)(s->net, busy->work, X_of(s, 0, busy->B),
                            T_of(s, 0, busy->B), own, NULL));
    assert_same_bits(s->P, own, busy->want);
    memset(part, 0, count * sizeof *part);
    free(own);
}

static void check_busy(bpb_planning planning, size_t threads, int blas_threads)
{
    const struct net_and_batch *net = &nets[2];
    struct subject s = make_subject(&net->net, net->B);
    struct machine m = {.net = s.net};
    struct busy busy = {.seen = make_seen(&s), .B = net->B, .blas_threads = blas_threads};
    real *want = dirty(s.P);
    const view_t X = X_of(&s, 0, net->B);
    const targets_t T = T_of(&s, 0, net->B);
    assert_ok(BPB(plan_create)(
        &m.plan, m.net,
        &(bpb_plan_options){.batch = net->B, .planning = planning, .threads = threads}));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_ok(BPB(work_create)(&busy.work, m.plan));
    assert_ok(BPB(gradient)(m.net, m.work, X, T, want, NULL));
    busy.want = want;
    assert_ok(BPB(gradient_by_layer)(m.net, m.work, X, T, busy.seen.gradient, NULL,
                                     work_and_spoil, &busy));
    assert_all_layers(&busy.seen);
    assert_same_bits(s.P, busy.seen.copy, want);
    for (size_t i = 0; i < s.P; i++)
        assert_true(busy.seen.gradient[i] == 0); /* as the hooks left it */
    free(want);
    free_seen(&busy.seen);
    BPB(work_destroy)(&busy.work);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

static void hook__may_run_passes_and_change_its_part(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 3; threads++)
        check_busy(BPB_PLAN_ESTIMATE, threads, 0);
    check_busy(BPB_PLAN_CBLAS, 2, 0);
}

static void hook__has_the_callers_blas_threads(void **state)
{
    (void)state;
    if (!openblas_get_num_threads || !openblas_set_num_threads)
        skip();
    const int before = openblas_get_num_threads();
    openblas_set_num_threads(2);
    const int set = openblas_get_num_threads();
    if (set > 1)
        check_busy(BPB_PLAN_CBLAS, 1, set);
    assert_int_equal(openblas_get_num_threads(), set);
    openblas_set_num_threads(before);
    if (set < 2)
        skip();
}

/* By what is computed: fegetround may look at the x87 unit alone. */
static void expect_upward(void *user, size_t l, real *part, size_t count)
{
    const volatile double one = 1, third = 1.0 / 3, fifth = 1.0 / 5;
    (void)l, (void)part, (void)count;
    *(int *)user += one / 3 > third || one / 5 > fifth; /* one of them is rounded down elsewhere */
}

static void hook__runs_in_the_callers_environment(void **state)
{
    (void)state;
    struct subject s = make_subject(&nets[0].net, nets[0].B);
    struct machine m = {.net = s.net};
    real *want = dirty(s.P), *got = dirty(s.P);
    int upward = 0;
    const view_t X = X_of(&s, 0, nets[0].B);
    const targets_t T = T_of(&s, 0, nets[0].B);
    assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_ok(BPB(gradient)(m.net, m.work, X, T, want, NULL));
    assert_int_equal(fesetround(FE_UPWARD), 0);
    const bpb_status status =
        BPB(gradient_by_layer)(m.net, m.work, X, T, got, NULL, expect_upward, &upward);
    const int after = fegetround();
    fesetround(FE_TONEAREST);
    assert_ok(status);
    assert_int_equal(after, FE_UPWARD);
    assert_int_equal(upward, 3);
    assert_same_bits(s.P, got, want);
    free(want);
    free(got);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

/* ---- Refusals, and what is not finite ---- */

static void count_call(void *user, size_t l, real *part, size_t count)
{
    (void)l, (void)part, (void)count;
    ++*(size_t *)user;
}

static void gradient_by_layer__refuses_before_any_hook(void **state)
{
    (void)state;
    struct subject s = make_subject(&nets[0].net, 20);
    struct machine m = {.net = s.net};
    real *g = dirty(s.P);
    size_t calls = 0;
    double E = -1;
    const view_t X = X_of(&s, 0, 11);
    const targets_t T = T_of(&s, 0, 11);
    assert_ok(BPB(plan_create)(&m.plan, m.net, &(bpb_plan_options){.batch = 11}));
    assert_ok(BPB(work_create)(&m.work, m.plan));
#define REFUSED(status, ...) \
    do {                                                                     \
        assert_int_equal(BPB(gradient_by_layer)(__VA_ARGS__, &calls), status); \
        assert_string_not_equal(bpb_error(), "");                            \
    } while (0)
    REFUSED(BPB_ERR_NULL, m.net, m.work, X, T, NULL, &E, count_call);
    REFUSED(BPB_ERR_NULL, m.net, m.work, X, T, g, &E, NULL);
    REFUSED(BPB_ERR_NULL, NULL, m.work, X, T, g, &E, count_call);
    REFUSED(BPB_ERR_NULL, m.net, NULL, X, T, g, &E, count_call);
    REFUSED(BPB_ERR_NULL, m.net, m.work, (view_t){0}, T, g, &E, count_call);
    REFUSED(BPB_ERR_SHAPE, m.net, m.work, X, T_of(&s, 0, 10), g, &E, count_call);
    REFUSED(BPB_ERR_SHAPE, m.net, m.work, T.view, T, g, &E, count_call);
    REFUSED(BPB_ERR_BATCH, m.net, m.work, X_of(&s, 0, 20), T_of(&s, 0, 20), g, &E, count_call);
#undef REFUSED
    assert_int_equal(calls, 0);
    assert_true(E == -1);
    for (size_t i = 0; i < s.P; i++)
        assert_true(isnan(g[i]));
    free(g);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

static void value_of(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    memmove(a, z, n * sizeof *a);
}

static void gradient_by_layer__needs_derivatives(void **state)
{
    (void)state;
    struct subject s = make_subject(&nets[0].net, 11);
    struct machine m = {.net = s.net};
    real *g = dirty(s.P);
    size_t calls = 0;
    assert_ok(BPB(net_set_activation)(
        s.net, 1, &(activation_function_t){.name = "value-alone", .f = value_of}));
    assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_int_equal(BPB(gradient_by_layer)(m.net, m.work, X_of(&s, 0, 11),
                                            T_of(&s, 0, 11), g, NULL, count_call,
                                            &calls),
                     BPB_ERR_NO_VJP);
    assert_true(calls == 0 && isnan(g[0]));
    free(g);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

#define LARGEST BPB_SELECT(DBL_MAX, FLT_MAX)
#define SMALLEST BPB_SELECT(DBL_MIN, FLT_MIN)

/*
 * 1-1-1-1: A_2 is tiny and W_3 huge, so that Y and D_3 = Y - t are about 1 and 9, but D_2 = W_3 D_3
 * overflows. With A_1 = 0, at ReLU's flat side, D_1 is 0 all the same.
 */
static struct machine overflowing_machine(bool flat, bool larger)
{
    static const size_t ones[] = {1, 1, 1, 1};
    struct machine m = make_machine(&(bpb_net_options){.sizes = ones,
                                                       .n_sizes = 4,
                                                       .hidden = BPB_RELU,
                                                       .output = BPB_IDENTITY,
                                                       .init = BPB_INIT_ZERO},
                                    NULL);
    real *theta = BPB(net_theta)(m.net);
    theta[0] = flat ? -1 : 1;
    theta[2] = flat ? 1 : 0; /* W_2; else D_1 is 0 times infinity, NaN */
    theta[3] = SMALLEST;
    theta[4] = larger ? LARGEST / 4 : RC(4.0); /* W_3 */
    return m;
}

/* Theta is what it was where a step is refused; a gradient is written. */
static void check_overflow(bool flat, bool overflows)
{
    struct machine m = overflowing_machine(flat, overflows);
    const real one = 1, target = -9;
    const view_t X = BPB(samples)(&one, 1, 1);
    const targets_t T = BPB(values)(BPB(samples)(&target, 1, 1));
    const bpb_status want = overflows ? BPB_NONFINITE : BPB_OK;
    const bpb_sgd_rule rule = {.eta = 0.5};
    real before[6], gradient[6] = {(real)NAN, (real)NAN, (real)NAN, 0, 0, 0};
    size_t calls = 0;
    double E = 0;
    memcpy(before, BPB(net_ctheta)(m.net), sizeof before);
    assert_int_equal(BPB(gradient)(m.net, m.work, X, T, gradient, &E), want);
    const layer_t second = BPB(work_layer)(m.work, 2), third = BPB(work_layer)(m.work, 3);
    assert_true(isfinite(E) && isfinite(third.D.data[0]));
    assert_true(isfinite(second.D.data[0]) == !overflows);
    assert_true(gradient[5] == third.D.data[0]);
    if (flat)
        assert_true(gradient[1] == 0); /* nothing of it is seen below */
    assert_int_equal(BPB(gradient_by_layer)(m.net, m.work, X, T, gradient, NULL,
                                            count_call, &calls),
                     want);
    assert_int_equal(calls, 3);
    assert_int_equal(BPB(sgd_step)(m.net, m.work, X, T, &rule, NULL), want);
    if (overflows)
        assert_same_bits(6, BPB(net_ctheta)(m.net), before);
    else
        assert_memory_not_equal(BPB(net_ctheta)(m.net), before, sizeof before);
    free_machine(&m);
}

static void delta__of_a_hidden_layer_that_overflows_is_found(void **state)
{
    (void)state;
    for (int flat = 0; flat < 2; flat++) {
        check_overflow(flat, true);
        check_overflow(flat, false);
    }
}

/* D_L is finite until it has its -eta/B. */
static void delta__that_eta_makes_overflow_is_found(void **state)
{
    (void)state;
    static const size_t ones[] = {1, 1};
    struct machine m = make_machine(
        &(bpb_net_options){
            .sizes = ones, .n_sizes = 2, .output = BPB_IDENTITY, .init = BPB_INIT_ZERO},
        NULL);
    const real one = 1, target = -9;
    const view_t X = BPB(samples)(&one, 1, 1);
    const targets_t T = BPB(values)(BPB(samples)(&target, 1, 1));
    const bpb_sgd_rule rule = {.eta = (double)LARGEST / 4};
    assert_int_equal(BPB(sgd_step)(m.net, m.work, X, T, &rule, NULL), BPB_NONFINITE);
    assert_true(BPB(net_ctheta)(m.net)[0] == 0 && BPB(net_ctheta)(m.net)[1] == 0);
    assert_ok(BPB(sgd_step)(m.net, m.work, X, T, &(bpb_sgd_rule){.eta = 0.5}, NULL));
    free_machine(&m);
}

static void gradient_by_layer__calls_all_hooks_where_it_is_not_finite(void **state)
{
    (void)state;
    struct subject s = make_subject(&nets[0].net, 11);
    struct machine m = {.net = s.net};
    real *want = dirty(s.P), *got = dirty(s.P);
    size_t calls = 0;
    s.X[30] = (real)NAN;
    assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    const view_t X = X_of(&s, 0, 11);
    const targets_t T = T_of(&s, 0, 11);
    assert_int_equal(BPB(gradient)(m.net, m.work, X, T, want, NULL), BPB_NONFINITE);
    assert_int_equal(
        BPB(gradient_by_layer)(m.net, m.work, X, T, got, NULL, count_call, &calls),
        BPB_NONFINITE);
    assert_int_equal(calls, 3);
    for (size_t i = 0; i < s.P; i++)
        assert_true(isnan(got[i]) ? isnan(want[i]) : got[i] == want[i]);
    free(want);
    free(got);
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_by_layer__has_the_bits_of_gradient),
        cmocka_unit_test(gradient_by_layer__leaves_what_gradient_does),
        cmocka_unit_test(hook__may_run_passes_and_change_its_part),
        cmocka_unit_test(hook__has_the_callers_blas_threads),
        cmocka_unit_test(hook__runs_in_the_callers_environment),
        cmocka_unit_test(gradient_by_layer__refuses_before_any_hook),
        cmocka_unit_test(gradient_by_layer__needs_derivatives),
        cmocka_unit_test(delta__of_a_hidden_layer_that_overflows_is_found),
        cmocka_unit_test(delta__that_eta_makes_overflow_is_found),
        cmocka_unit_test(gradient_by_layer__calls_all_hooks_where_it_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
