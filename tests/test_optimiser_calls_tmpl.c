/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Optimisers: what they refuse, and that nothing is changed then; defaults; packed states that are
 * not theirs; allocations, for which it is linked with --wrap; the floating-point environment, and
 * the level of the CPU.
 */
#include <fenv.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "optimiser_cases_tmpl.h"
#include "optim/optimiser_tmpl.h"

/* ---- Allocations ---- */

void *__real_calloc(size_t count, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void __real_free(void *memory);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
void __wrap_free(void *memory);

static size_t allocations, failing = SIZE_MAX, live; /* so far; the one to fail; not yet freed */

static void *made(void *memory)
{
    live += memory != NULL;
    return memory;
}

void *__wrap_calloc(size_t count, size_t n)
{
    return allocations++ == failing ? NULL : made(__real_calloc(count, n));
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    return allocations++ == failing ? NULL : made(__real_aligned_alloc(alignment, n));
}

void __wrap_free(void *memory)
{
    live -= memory != NULL;
    __real_free(memory);
}

static void opt_create__an_allocation_fails__told_and_nothing_lost(void **state)
{
    (void)state;
    net_t *net = make_net();
    for (size_t k = 0; k < COUNT(settings); k++) {
        opt_t *opt = NULL;
        const size_t before = allocations, live_before = live;
        assert_ok(BPB(opt_create)(&opt, net, &settings[k].options));
        const size_t count = allocations - before;
        BPB(opt_destroy)(&opt);
        assert_null(opt);
        assert_true(count > 0 && live == live_before);
        for (size_t i = 0; i < count; i++) {
            failing = allocations + i;
            const bpb_status status = BPB(opt_create)(&opt, net, &settings[k].options);
            failing = SIZE_MAX;
            assert_int_equal(status, BPB_ERR_MEMORY);
            assert_true(live == live_before && !opt);
        }
    }
    BPB(net_destroy)(&net);
}

static void opt_step__and_packing__do_not_allocate(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        net_t *net = make_net();
        opt_t *opt = make_opt(net, &settings[k].options);
        struct slopes slopes = {.rng = {k}};
        unsigned char packed[PACKED_MOST];
        draw_slopes(&slopes, 0);
        const size_t before = allocations;
        take_step(opt, net, &slopes);
        assert_ok(BPB(opt_unpack)(opt, packed, pack(opt, packed)));
        take_step(opt, net, &slopes);
        assert_int_equal(allocations, before);
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

/* ---- A run that is refused something goes on as if it had not been asked ---- */

struct kept {
    real theta[P];
    unsigned char packed[PACKED_MOST];
    size_t bytes;
};

static struct kept keep(const opt_t *opt, const net_t *net)
{
    struct kept kept = {.bytes = 0};
    memcpy(kept.theta, BPB(net_ctheta)(net), sizeof kept.theta);
    kept.bytes = pack(opt, kept.packed);
    return kept;
}

static void assert_kept(const opt_t *opt, const net_t *net, const struct kept *want)
{
    const struct kept got = keep(opt, net);
    assert_same_bits(P, got.theta, want->theta);
    assert_int_equal(got.bytes, want->bytes);
    assert_memory_equal(got.packed, want->packed, got.bytes);
}

/* A net and an optimiser that have had a step, and the loss of the next. */
struct pair {
    net_t *net;
    opt_t *opt;
    struct slopes slopes;
    struct kept kept;
};

static struct pair make_pair(const bpb_opt_options *options)
{
    struct pair pair = {.net = make_net(), .slopes = {.rng = {3}}};
    pair.opt = make_opt(pair.net, options);
    draw_slopes(&pair.slopes, 0);
    take_step(pair.opt, pair.net, &pair.slopes);
    assert_ok(BPB(opt_loss)(pair.opt, 0.5));
    pair.kept = keep(pair.opt, pair.net);
    return pair;
}

static void free_pair(struct pair *pair)
{
    BPB(opt_destroy)(&pair->opt);
    BPB(net_destroy)(&pair->net);
}

static void assert_refused(struct pair *pair, double scale, bpb_status want)
{
    assert_int_equal(BPB(opt_step)(pair->opt, pair->net, pair->slopes.gradient, scale), want);
    assert_kept(pair->opt, pair->net, &pair->kept);
}

/* Whether an entry of the gradient is squared as it is. */
static bool squares(const bpb_opt_options *options)
{
    return options->method >= BPB_ADAGRAD && options->method <= BPB_ADAM &&
           options->tuning.clip_value == 0 && options->tuning.clip_norm == 0;
}

/* An entry, wherever it stands, that is not finite, becomes so by scale, or when it is squared. */
static void opt_step__slope_not_finite__nothing_is_changed(void **state)
{
    (void)state;
    const real large = BPB_SELECT(DBL_MAX, FLT_MAX), bad[] = {(real)NAN, (real)INFINITY, -large};
    const real past_root = BPB_SELECT(0x1p512, 0x1p64f), root = past_root * (1 - (real)EPSILON);
    for (size_t k = 0; k < COUNT(settings); k++) {
        struct pair pair = make_pair(&settings[k].options);
        for (size_t i = 0; i < P; i++) {
            const real good = pair.slopes.gradient[i];
            for (size_t j = 0; j < COUNT(bad); j++) {
                pair.slopes.gradient[i] = bad[j];
                assert_refused(&pair, 2, BPB_NONFINITE);
            }
            pair.slopes.gradient[i] = good;
        }
        if (squares(&settings[k].options)) {
            pair.slopes.gradient[5] = past_root;
            assert_refused(&pair, 1, BPB_NONFINITE);
            pair.slopes.gradient[5] = root; /* decay changes nothing in it */
            assert_ok(BPB(opt_step)(pair.opt, pair.net, pair.slopes.gradient, 1));
        }
        free_pair(&pair);
    }
}

static void opt_step__theta_not_finite__nothing_is_changed(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        struct pair pair = make_pair(&settings[k].options);
        BPB(net_theta)(pair.net)[P - 1] = (real)NAN;
        pair.kept = keep(pair.opt, pair.net);
        assert_refused(&pair, 1, BPB_NONFINITE);
        free_pair(&pair);
    }
}

/* Options with which an entry of theta at the end of the numbers leaves them in one step. */
static bpb_opt_options overflowing(bpb_opt_options options)
{
    const double largest = BPB_SELECT(DBL_MAX, (double)FLT_MAX);
    options.eta = largest / 16;
    options.decay = options.decay_1 = 0;
    options.tuning.delta_0 = options.tuning.delta_max = largest;
    return options;
}

/* One entry does, wherever it stands; the others have no slope, and stay. */
static void opt_step__theta_overflows__is_lost(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        const bpb_opt_options options = overflowing(settings[k].options);
        net_t *net = make_net();
        for (size_t i = 0; i < P; i++) {
            real *theta = BPB(net_theta)(net), gradient[P] = {0};
            memset(theta, 0, P * sizeof *theta);
            theta[i] = -BPB_SELECT(DBL_MAX, FLT_MAX);
            gradient[i] = 1;
            opt_t *opt = make_opt(net, &options);
            assert_int_equal(BPB(opt_step)(opt, net, gradient, 1), BPB_LOST);
            assert_int_equal(BPB(opt_steps)(opt), 1);
            for (size_t j = 0; j < P; j++)
                assert_true(j == i ? isinf(theta[j]) : theta[j] == 0);
            assert_int_equal(BPB(opt_step)(opt, net, gradient, 1), BPB_NONFINITE);
            assert_int_equal(BPB(opt_steps)(opt), 1);
            BPB(opt_destroy)(&opt);
        }
        BPB(net_destroy)(&net);
    }
    assert_string_equal(bpb_strerror(BPB_LOST), "the update overflowed: the weights are lost");
    assert_int_equal(BPB_LOST, 4);
}

/* keep theta and the step are infinite, and theta NaN, which no threshold may take for 0. */
static void opt_step__theta_becomes_nan__is_lost(void **state)
{
    (void)state;
    const double largest = BPB_SELECT(DBL_MAX, (double)FLT_MAX);
    for (int l1 = 0; l1 < 2; l1++) {
        net_t *net = make_net();
        opt_t *opt = make_opt(net, &(bpb_opt_options){.method = BPB_SGD,
                                                      .eta = largest,
                                                      .decay = 1,
                                                      .decay_1 = l1 ? 0.5 : 0,
                                                      .decoupled = 1,
                                                      .decay_biases = 1});
        real gradient[P] = {0};
        memset(BPB(net_theta)(net), 0, P * sizeof(real));
        BPB(net_theta)(net)[7] = 2;
        gradient[7] = -2;
        assert_int_equal(BPB(opt_step)(opt, net, gradient, 1), BPB_LOST);
        assert_true(isnan(BPB(net_ctheta)(net)[7]));
        BPB(opt_destroy)(&opt);
        BPB(net_destroy)(&net);
    }
}

static void opt_step__wrong_arguments__are_refused(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_ADAM});
    static const size_t wide[] = {8, 5, 9}, middle[] = {7, 6, 9}, deep[] = {7, 5, 9, 1};
    static const bpb_net_options others[] = {{.sizes = wide, .n_sizes = 3},
                                             {.sizes = middle, .n_sizes = 3},
                                             {.sizes = deep, .n_sizes = 4},
                                             {.sizes = deep, .n_sizes = 2}};
    const real *g = pair.slopes.gradient;
    assert_int_equal(BPB(opt_step)(NULL, pair.net, g, 1), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_step)(pair.opt, NULL, g, 1), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_step)(pair.opt, pair.net, NULL, 1), BPB_ERR_NULL);
    assert_refused(&pair, NAN, BPB_ERR_OPTION);
    assert_refused(&pair, -INFINITY, BPB_ERR_OPTION);
    assert_refused(&pair, BPB_SELECT(INFINITY, 1e39), BPB_ERR_OPTION);
    for (size_t i = 0; i < COUNT(others); i++) {
        net_t *other = NULL;
        real many[200] = {0};
        assert_ok(BPB(net_create)(&other, &others[i]));
        assert_true(BPB(net_parameters)(other) <= COUNT(many));
        assert_int_equal(BPB(opt_step)(pair.opt, other, many, 1), BPB_ERR_MISMATCH);
        BPB(net_destroy)(&other);
    }
    assert_kept(pair.opt, pair.net, &pair.kept);
    free_pair(&pair);
}

/* Only the widths have to be the same. */
static void opt_step__net_of_other_functions__is_taken(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_MOMENTUM});
    const size_t units[] = {7, 5, 9};
    net_t *other = NULL;
    assert_ok(BPB(net_create)(
        &other, &(bpb_net_options){.sizes = units, .n_sizes = 3, .hidden = BPB_RELU}));
    assert_ok(BPB(opt_step)(pair.opt, other, pair.slopes.gradient, 1));
    BPB(net_destroy)(&other);
    free_pair(&pair);
}

/* ---- Options ---- */

static void opt_create__option_out_of_range__is_refused(void **state)
{
    (void)state;
    const double tiny = BPB_SELECT(DBL_MIN / 2, (double)FLT_MIN / 2),
                 huge = BPB_SELECT(INFINITY, 1e39);
    const bpb_opt_options wrong[] = {
        {.method = (bpb_method)8},
        {.method = (bpb_method)-1},
        {.eta = -1},
        {.eta = NAN},
        {.eta = huge},
        {.tuning = {.momentum = -0.1}},
        {.tuning = {.momentum = 1}},
        {.tuning = {.momentum = NAN}},
        {.tuning = {.eta_decay = -1}},
        {.tuning = {.eta_decay = huge}},
        {.tuning = {.eta_decay = NAN}},
        {.tuning = {.rho = -0.5}},
        {.tuning = {.rho = 1}},
        {.tuning = {.rho = NAN}},
        {.tuning = {.beta1 = -0.5}},
        {.tuning = {.beta1 = 1}},
        {.tuning = {.beta1 = NAN}},
        {.tuning = {.beta2 = -0.5}},
        {.tuning = {.beta2 = 1}},
        {.tuning = {.beta2 = NAN}},
        {.tuning = {.epsilon = -1}},
        {.tuning = {.epsilon = tiny}},
        {.tuning = {.epsilon = huge}},
        {.tuning = {.epsilon = NAN}},
        {.decay = -1},
        {.decay = huge},
        {.decay = NAN},
        {.eta = 1e30, .decay = BPB_SELECT(1e300, 1e30)},
        {.decay_1 = -1},
        {.decay_1 = huge},
        {.decay_1 = NAN},
        {.eta = 1e30, .decay_1 = BPB_SELECT(1e300, 1e30)},
        {.decoupled = 2},
        {.decoupled = -1},
        {.decoupled = 2, .method = BPB_ADAM},
        {.decoupled = 1, .method = BPB_IRPROP_PLUS},
        {.decoupled = 1, .method = BPB_IRPROP_MINUS},
        {.tuning = {.clip_value = -1}},
        {.tuning = {.clip_value = tiny}},
        {.tuning = {.clip_value = huge}},
        {.tuning = {.clip_value = NAN}},
        {.tuning = {.clip_norm = -1}},
        {.tuning = {.clip_norm = tiny}},
        {.tuning = {.clip_norm = huge}},
        {.tuning = {.clip_norm = NAN}},
        {.decay_biases = 2},
        {.method = BPB_RMSPROP, .tuning = {.centred = 2}},
        {.tuning = {.centred = 1}},
        {.method = BPB_ADAM, .tuning = {.amsgrad = -1}},
        {.method = BPB_ADAM, .tuning = {.amsgrad = 2}},
        {.method = BPB_RMSPROP, .tuning = {.amsgrad = 1}},
        {.tuning = {.amsgrad = 1}},
        {.reserved = {1}},
        {.reserved = {0, 0, 0, 1}},
        {.tuning = {.reserved = {0, 2}}},
        {.tuning = {.eta_plus = 1}},
        {.tuning = {.eta_plus = -2}},
        {.tuning = {.eta_plus = huge}},
        {.tuning = {.eta_plus = NAN}},
        {.tuning = {.eta_minus = 1}},
        {.tuning = {.eta_minus = -0.5}},
        {.tuning = {.eta_minus = NAN}},
        {.tuning = {.delta_0 = -1}},
        {.tuning = {.delta_0 = 51}},
        {.tuning = {.delta_0 = NAN}},
        {.tuning = {.delta_min = -1}},
        {.tuning = {.delta_min = 0.02}},
        {.tuning = {.delta_min = NAN}},
        {.tuning = {.delta_max = 0.01}},
        {.tuning = {.delta_max = huge}},
        {.tuning = {.delta_max = NAN}},
    };
    net_t *net = make_net();
    opt_t *const untouched = (void *)&wrong, *opt = untouched;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const bpb_status status = BPB(opt_create)(&opt, net, &wrong[i]);
        if (status != BPB_ERR_OPTION || opt != untouched)
            fail_msg("options %zu: %s", i, bpb_strerror(status));
    }
    assert_int_equal(BPB(opt_create)(NULL, net, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_create)(&opt, NULL, NULL), BPB_ERR_NULL);
    assert_ptr_equal(opt, untouched);
    BPB(net_destroy)(&net);
}

/* Two optimisers of the same options have the same bytes. */
static void opt_create__zeros__are_the_defaults_of_the_header(void **state)
{
    (void)state;
    const bpb_opt_options common = {.eta = 0.001,
                                    .tuning = {.momentum = 0.9,
                                               .rho = 0.99,
                                               .beta1 = 0.9,
                                               .beta2 = 0.999,
                                               .epsilon = 1e-8,
                                               .eta_plus = 1.2,
                                               .eta_minus = 0.5,
                                               .delta_0 = 0.0125,
                                               .delta_min = 0,
                                               .delta_max = 50}};
    net_t *net = make_net();
    for (bpb_method method = BPB_SGD; bpb_name(BPB_NAMES_METHOD, method); method++) {
        bpb_opt_options options = common;
        options.method = method;
        if (method == BPB_ADAGRAD || method == BPB_RMSPROP)
            options.eta = 0.01;
        if (method == BPB_ADAGRAD)
            options.tuning.epsilon = 1e-10;
        if (method == BPB_RMSPROP)
            options.tuning.momentum = 0;
        opt_t *given = make_opt(net, &options),
              *opt = make_opt(net, method ? &(bpb_opt_options){.method = method} : NULL);
        const struct kept kept = keep(given, net);
        assert_kept(opt, net, &kept);
        BPB(opt_destroy)(&given);
        BPB(opt_destroy)(&opt);
    }
    BPB(net_destroy)(&net);
}

static void method_names__there_and_back(void **state)
{
    (void)state;
    static const char *const names[] = {"sgd",     "momentum", "nesterov", "adagrad",
                                        "rmsprop", "adam",     "irprop+",  "irprop-"};
    for (unsigned i = 0; i < COUNT(names); i++) {
        bpb_method method = (bpb_method)77;
        assert_string_equal(bpb_name(BPB_NAMES_METHOD, (bpb_method)i), names[i]);
        assert_ok(bpb_method_from_name(names[i], &method));
        assert_int_equal(method, i);
    }
    bpb_method method = BPB_ADAM;
    assert_null(bpb_name(BPB_NAMES_METHOD, (bpb_method)COUNT(names)));
    assert_null(bpb_name(BPB_NAMES_METHOD, (bpb_method)-1));
    assert_int_equal(bpb_method_from_name("Adam", &method), BPB_ERR_OPTION);
    assert_int_equal(bpb_method_from_name("amsgrad", &method), BPB_ERR_OPTION); /* an option */
    assert_int_equal(bpb_method_from_name("adamw", &method), BPB_ERR_OPTION);
    assert_int_equal(bpb_method_from_name(NULL, &method), BPB_ERR_NULL);
    assert_int_equal(bpb_method_from_name("sgd", NULL), BPB_ERR_NULL);
    assert_int_equal(method, BPB_ADAM);
}

/* ---- What is told and asked ---- */

static void opt_set_eta__out_of_range__is_refused(void **state)
{
    (void)state;
    struct pair pair = make_pair(
        &(bpb_opt_options){.method = BPB_ADAM, .decoupled = 1, .decay = 0.01, .eta = 0.25});
    const double wrong[] = {-1, NAN, BPB_SELECT(INFINITY, 1e39)};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(BPB(opt_set_eta)(pair.opt, wrong[i]), BPB_ERR_OPTION);
    assert_kept(pair.opt, pair.net, &pair.kept);
    assert_true(BPB(opt_eta)(pair.opt) == 0.25);
    opt_t *steep = make_opt(pair.net, &(bpb_opt_options){.method = BPB_SGD, .decay_1 = 8});
    assert_int_equal(BPB(opt_set_eta)(steep, BPB_SELECT(DBL_MAX, (double)FLT_MAX) / 4),
                     BPB_ERR_OPTION);
    assert_ok(BPB(opt_set_eta)(steep, BPB_SELECT(DBL_MAX, (double)FLT_MAX) / 8));
    BPB(opt_destroy)(&steep);
    assert_ok(BPB(opt_set_eta)(pair.opt, 0)); /* a step of nothing */
    assert_ok(BPB(opt_step)(pair.opt, pair.net, pair.slopes.gradient, 1));
    assert_same_bits(P, BPB(net_ctheta)(pair.net), pair.kept.theta);
    assert_int_equal(BPB(opt_steps)(pair.opt), 2);
    free_pair(&pair);
}

static void opt_calls__null__is_told(void **state)
{
    (void)state;
    struct pair pair = make_pair(NULL);
    opt_t *none = NULL;
    unsigned char packed[PACKED_MOST];
    size_t bytes = 1;
    assert_int_equal(BPB(opt_loss)(NULL, 1), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_set_eta)(NULL, 1), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_pack)(NULL, packed, sizeof packed, &bytes), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_pack)(pair.opt, packed, sizeof packed, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_unpack)(NULL, packed, bytes), BPB_ERR_NULL);
    assert_int_equal(BPB(opt_unpack)(pair.opt, NULL, bytes), BPB_ERR_NULL);
    assert_int_equal(bytes, 1);
    assert_true(BPB(opt_eta)(NULL) == 0 && BPB(opt_steps)(NULL) == 0);
    BPB(opt_destroy)(NULL);
    BPB(opt_destroy)(&none);
    free_pair(&pair);
}

/* ---- Packed states ---- */

static void opt_pack__memory_too_small__nothing_is_written(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_ADAM});
    unsigned char packed[PACKED_MOST], untouched[PACKED_MOST];
    size_t bytes = 0;
    memset(packed, 0xa5, sizeof packed);
    memcpy(untouched, packed, sizeof packed);
    assert_ok(BPB(opt_pack)(pair.opt, NULL, 0, &bytes));
    assert_int_equal(bytes, pair.kept.bytes);
    bytes = 0;
    assert_int_equal(BPB(opt_pack)(pair.opt, packed, pair.kept.bytes - 1, &bytes), BPB_ERR_BUFFER);
    assert_int_equal(bytes, pair.kept.bytes);
    assert_memory_equal(packed, untouched, sizeof packed);
    assert_ok(BPB(opt_pack)(pair.opt, packed, bytes, &bytes));
    assert_memory_equal(packed, pair.kept.packed, bytes);
    assert_memory_equal(packed + bytes, untouched, sizeof packed - bytes);
    free_pair(&pair);
}

/* Known bytes: a file of today is read by every later version. */
static void opt_pack__layout__is_as_written_down(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_MOMENTUM, .eta = 0.5});
    const unsigned char *packed = pair.kept.packed;
    const size_t R = sizeof(real);
    const unsigned char start[] = {'b', 'p', 'b', ' ', 'o', 'p', 't', 0, 2, 0, 0, 0, 0, 0, 0, 0};
    const unsigned char half[] = {0, 0, 0, 0, 0, 0, 0xe0, 0x3f};
    assert_int_equal(pair.kept.bytes, 24 + 8 * 19 + 8 * 3 + 8 * 4 + R * P + 4);
    assert_memory_equal(packed, start, sizeof start);
    assert_int_equal(packed[16] + 256 * packed[17], pair.kept.bytes);
    assert_int_equal(packed[24], R);
    assert_int_equal(packed[32], BPB_MOMENTUM);
    assert_int_equal(packed[168], 2); /* L */
    assert_int_equal(packed[176], 7);
    assert_int_equal(packed[184], 5);
    assert_int_equal(packed[192], 9);
    assert_int_equal(packed[200], 1); /* t */
    assert_memory_equal(packed + 208, half, sizeof half); /* eta, then the loss */
    assert_memory_equal(packed + 216, half, sizeof half);
    free_pair(&pair);
}

static void opt_unpack__any_byte_wrong_or_missing__is_refused(void **state)
{
    (void)state;
    struct pair pair =
        make_pair(&(bpb_opt_options){.method = BPB_RMSPROP, .tuning = {.centred = 1}});
    unsigned char packed[PACKED_MOST];
    memcpy(packed, pair.kept.packed, sizeof packed);
    draw_slopes(&pair.slopes, 1);
    take_step(pair.opt, pair.net, &pair.slopes);
    const struct kept kept = keep(pair.opt, pair.net);
    for (size_t i = 0; i < pair.kept.bytes; i++) {
        packed[i] ^= 1;
        assert_true(BPB(opt_unpack)(pair.opt, packed, pair.kept.bytes) < 0);
        packed[i] ^= 1;
        assert_int_equal(BPB(opt_unpack)(pair.opt, packed, i), BPB_ERR_TRUNCATED);
    }
    assert_int_equal(BPB(opt_unpack)(pair.opt, packed, pair.kept.bytes + 1), BPB_ERR_FORMAT);
    assert_kept(pair.opt, pair.net, &kept);
    assert_ok(BPB(opt_unpack)(pair.opt, packed, pair.kept.bytes));
    free_pair(&pair);
}

static void opt_unpack__damage__is_told_apart(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_ADAM});
    unsigned char *packed = pair.kept.packed;
    const struct {
        size_t at;
        bpb_status status;
    } damages[] = {{0, BPB_ERR_FORMAT}, {9, BPB_ERR_VERSION}, {17, BPB_ERR_TRUNCATED},
                   {40, BPB_ERR_CHECKSUM}, {300, BPB_ERR_CHECKSUM}};
    for (size_t i = 0; i < COUNT(damages); i++) {
        packed[damages[i].at] ^= 0x40;
        assert_int_equal(BPB(opt_unpack)(pair.opt, packed, pair.kept.bytes), damages[i].status);
        packed[damages[i].at] ^= 0x40;
    }
    for (unsigned char version = 0; version < 2; version++) { /* 1 was never released */
        packed[8] = version;
        assert_int_equal(BPB(opt_unpack)(pair.opt, packed, pair.kept.bytes), BPB_ERR_FORMAT);
    }
    free_pair(&pair);
}

/* The one number of a state, whole as it is, that a step could not be made with. */
static void opt_unpack__eta_out_of_range__is_refused(void **state)
{
    (void)state;
    struct pair pair = make_pair(&(bpb_opt_options){.method = BPB_ADAM});
    unsigned char packed[PACKED_MOST];
    const size_t bytes = pack(pair.opt, packed);
    store_little64(packed + 208, bits_of_double(-1));
    store_little32(packed + bytes - 4, bpb_crc32(packed, bytes - 4));
    assert_int_equal(BPB(opt_unpack)(pair.opt, packed, bytes), BPB_ERR_FORMAT);
    assert_kept(pair.opt, pair.net, &pair.kept);
    free_pair(&pair);
}

/* Whole and undamaged, but of an optimiser that differs in one thing. */
static void opt_unpack__state_of_another__is_refused(void **state)
{
    (void)state;
    const bpb_opt_options adam = {.method = BPB_ADAM};
    const bpb_opt_options others[] = {{.method = BPB_RMSPROP, .tuning = {.momentum = 0.9}},
                                      {.method = BPB_ADAM, .tuning = {.beta1 = 0.8}},
                                      {.method = BPB_ADAM, .tuning = {.beta2 = 0.8}},
                                      {.method = BPB_ADAM, .tuning = {.epsilon = 1e-7}},
                                      {.method = BPB_ADAM, .decay = 0.1},
                                      {.method = BPB_ADAM, .decay_biases = 1},
                                      {.method = BPB_ADAM, .decay_1 = 0.1},
                                      {.method = BPB_ADAM, .decoupled = 1},
                                      {.method = BPB_ADAM, .tuning = {.clip_value = 9}},
                                      {.method = BPB_ADAM, .tuning = {.clip_norm = 9}},
                                      {.method = BPB_IRPROP_PLUS},
                                      {.method = BPB_SGD}};
    struct pair pair = make_pair(&adam);
    for (size_t i = 0; i < COUNT(others); i++) {
        struct pair other = make_pair(&others[i]);
        assert_int_equal(BPB(opt_unpack)(pair.opt, other.kept.packed, other.kept.bytes),
                         BPB_ERR_MISMATCH);
        free_pair(&other);
    }
    const size_t units[] = {5, 7, 9}; /* as many widths, others in one place */
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3}));
    opt_t *opt = make_opt(net, &adam);
    assert_int_equal(BPB(opt_unpack)(opt, pair.kept.packed, pair.kept.bytes), BPB_ERR_MISMATCH);
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&net);
    assert_kept(pair.opt, pair.net, &pair.kept);
    struct pair quick = make_pair(&(bpb_opt_options){.method = BPB_ADAM, .eta = 0.5});
    assert_ok(BPB(opt_unpack)(pair.opt, quick.kept.packed, quick.kept.bytes));
    assert_true(BPB(opt_eta)(pair.opt) == 0.5); /* eta is of the state */
    free_pair(&quick);
    free_pair(&pair);
}

/* The state of one without vectors has one size in both precisions. */
static void opt_unpack__state_of_the_other_precision__is_refused(void **state)
{
    (void)state;
    struct pair pair = make_pair(NULL);
    unsigned char packed[PACKED_MOST];
    size_t bytes = 0;
    const size_t units[] = {7, 5, 9};
    const bpb_net_options options = {.sizes = units, .n_sizes = 3};
    BPB_SELECT(bpbf_net, bpb_net) *net = NULL;
    BPB_SELECT(bpbf_opt, bpb_opt) *opt = NULL;
    assert_ok(BPB_SELECT(bpbf_net_create, bpb_net_create)(&net, &options));
    assert_ok(BPB_SELECT(bpbf_opt_create, bpb_opt_create)(&opt, net, NULL));
    assert_ok(BPB_SELECT(bpbf_opt_pack, bpb_opt_pack)(opt, packed, sizeof packed, &bytes));
    assert_int_equal(bytes, pair.kept.bytes);
    assert_int_equal(BPB(opt_unpack)(pair.opt, packed, bytes), BPB_ERR_MISMATCH);
    assert_kept(pair.opt, pair.net, &pair.kept);
    BPB_SELECT(bpbf_opt_destroy, bpb_opt_destroy)(&opt);
    BPB_SELECT(bpbf_net_destroy, bpb_net_destroy)(&net);
    free_pair(&pair);
}

/* ---- The floating-point environment ---- */

static struct kept run_in(int rounding, const bpb_opt_options *options)
{
    net_t *net = make_net();
    opt_t *opt = make_opt(net, options);
    struct slopes slopes = {.rng = {1}};
    for (size_t t = 0; t < 5; t++) {
        draw_slopes(&slopes, t);
        slopes.E = (double)(t % 2);
        fesetround(rounding);
        const bpb_status told = BPB(opt_loss)(opt, slopes.E),
                         stepped = BPB(opt_step)(opt, net, slopes.gradient, SCALE);
        const bool same = fegetround() == rounding;
        fesetround(FE_TONEAREST);
        assert_true(same && told == BPB_OK && stepped == BPB_OK);
    }
    const struct kept kept = keep(opt, net);
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&net);
    return kept;
}

static void opt_step__callers_rounding__same_bits(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        const struct kept want = run_in(FE_TONEAREST, &settings[k].options),
                          got = run_in(FE_UPWARD, &settings[k].options);
        assert_same_bits(P, got.theta, want.theta);
        assert_memory_equal(got.packed, want.packed, want.bytes);
    }
}

/* ---- The level ---- */

extern const struct steps BPB(steps_generic);

/* This CPU's loops and those that any CPU runs. */
static void opt_step__each_form__same_bits_at_every_level(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(settings); k++) {
        struct pair own = make_pair(&settings[k].options), any = make_pair(&settings[k].options);
        any.opt->form = &BPB(steps_generic).form[any.opt->form - any.opt->steps->form];
        any.opt->steps = &BPB(steps_generic);
        for (size_t t = 1; t < STEPS; t++) {
            draw_slopes(&own.slopes, t);
            take_step(own.opt, own.net, &own.slopes);
            take_step(any.opt, any.net, &own.slopes);
        }
        const struct kept kept = keep(own.opt, own.net);
        assert_kept(any.opt, any.net, &kept);
        free_pair(&own);
        free_pair(&any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opt_create__an_allocation_fails__told_and_nothing_lost),
        cmocka_unit_test(opt_step__and_packing__do_not_allocate),
        cmocka_unit_test(opt_step__slope_not_finite__nothing_is_changed),
        cmocka_unit_test(opt_step__theta_not_finite__nothing_is_changed),
        cmocka_unit_test(opt_step__theta_overflows__is_lost),
        cmocka_unit_test(opt_step__theta_becomes_nan__is_lost),
        cmocka_unit_test(opt_step__wrong_arguments__are_refused),
        cmocka_unit_test(opt_step__net_of_other_functions__is_taken),
        cmocka_unit_test(opt_create__option_out_of_range__is_refused),
        cmocka_unit_test(opt_create__zeros__are_the_defaults_of_the_header),
        cmocka_unit_test(method_names__there_and_back),
        cmocka_unit_test(opt_set_eta__out_of_range__is_refused),
        cmocka_unit_test(opt_calls__null__is_told),
        cmocka_unit_test(opt_pack__memory_too_small__nothing_is_written),
        cmocka_unit_test(opt_pack__layout__is_as_written_down),
        cmocka_unit_test(opt_unpack__any_byte_wrong_or_missing__is_refused),
        cmocka_unit_test(opt_unpack__damage__is_told_apart),
        cmocka_unit_test(opt_unpack__eta_out_of_range__is_refused),
        cmocka_unit_test(opt_unpack__state_of_another__is_refused),
        cmocka_unit_test(opt_unpack__state_of_the_other_precision__is_refused),
        cmocka_unit_test(opt_step__callers_rounding__same_bits),
        cmocka_unit_test(opt_step__each_form__same_bits_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
