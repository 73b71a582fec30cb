/* SPDX-License-Identifier: BSD-3-Clause */
/* What bpb_error() says of each option of training that is outside its range, by the public calls
 * alone. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { COLUMNS = 12 };

static const size_t units[] = {2, 3, 1};
static double x[2 * COLUMNS], t[COLUMNS];
static bpb_net *net;
static bpb_data data;

static int make(void **state)
{
    (void)state;
    for (int i = 0; i < COLUMNS; i++) {
        x[2 * i] = i / 12.0;
        x[2 * i + 1] = t[i] = i % 3 / 3.0;
    }
    data = (bpb_data){
        .train = {.X = bpb_samples(x, COLUMNS, 2), .T = bpb_values(bpb_samples(t, COLUMNS, 1))}};
    return bpb_net_create(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3});
}

static int destroy(void **state)
{
    (void)state;
    bpb_net_destroy(&net);
    return 0;
}

static void assert_refused(size_t row, bpb_status status, const char *sentence)
{
    if (status != BPB_ERR_OPTION || strcmp(bpb_error(), sentence) != 0)
        fail_msg("row %zu: %s\n  said: %s\n  want: %s", row, bpb_strerror(status), bpb_error(),
                 sentence);
}

/* ---- Tables ---- */

#define AT_LEAST_0 "it must be at least 0 and finite"
#define ABOVE_0 "it must be above 0 and finite"
#define ABOVE_1 "it must be above 1 and finite"
#define FRACTION "it must be above 0 and below 1"
#define NORMAL "it must be 0, or at least 2.22507386e-308 and finite"
#define FLAG "it must be 0 or 1"
#define RESERVED "is not 0; it must be 0"

/* Those that bpb_opt_create and bpb_train have alike. */
static const struct {
    bpb_method method;
    bpb_method_options tuning;
    const char *sentence;
} tunings[] = {
    {0, {.momentum = 1.5}, "tuning.momentum is 1.5; it must be at least 0 and below 1"},
    {0, {.momentum = -0.5}, "tuning.momentum is -0.5; it must be at least 0 and below 1"},
    {0, {.momentum = NAN}, "tuning.momentum is nan; it must be at least 0 and below 1"},
    {0, {.eta_decay = -1}, "tuning.eta_decay is -1; " AT_LEAST_0},
    {0, {.rho = 1}, "tuning.rho is 1; " FRACTION},
    {0, {.beta1 = -0.1}, "tuning.beta1 is -0.1; " FRACTION},
    {0, {.beta2 = 1.001}, "tuning.beta2 is 1.001; " FRACTION},
    {0, {.epsilon = -1e-8}, "tuning.epsilon is -1e-08; " NORMAL},
    {0, {.clip_value = -2}, "tuning.clip_value is -2; " NORMAL},
    {0, {.clip_norm = INFINITY}, "tuning.clip_norm is inf; " NORMAL},
    {0, {.centred = 2}, "tuning.centred is 2; " FLAG},
    {0, {.amsgrad = -1}, "tuning.amsgrad is -1; " FLAG},
    {BPB_ADAM,
     {.centred = 1},
     "tuning.centred is 1; it must be 0, because the method is adam and not rmsprop"},
    {BPB_SGD,
     {.amsgrad = 1},
     "tuning.amsgrad is 1; it must be 0, because the method is sgd and not adam"},
    {0, {.eta_plus = 1}, "tuning.eta_plus is 1; " ABOVE_1},
    {0, {.eta_minus = 1}, "tuning.eta_minus is 1; " FRACTION},
    {0, {.delta_min = -1}, "tuning.delta_min is -1; " AT_LEAST_0},
    {0, {.delta_max = -1}, "tuning.delta_max is -1; " ABOVE_0},
    {0, {.delta_0 = -1}, "tuning.delta_0 is -1; " ABOVE_0},
    {0, {.delta_0 = 60}, "tuning.delta_0 is 60; it must be between delta_min 0 and delta_max 50"},
    {0, {.reserved = {0, 7}}, "tuning.reserved[1] " RESERVED},
};

static const struct {
    bpb_opt_options options;
    const char *sentence;
} optimisers[] = {
    {{.method = (bpb_method)8}, "method is 8, which is no value of bpb_method"},
    {{.eta = -1}, "eta is -1; " ABOVE_0},
    {{.eta = NAN}, "eta is nan; " ABOVE_0},
    {{.decay = -0.25}, "decay is -0.25; " AT_LEAST_0},
    {{.decay_1 = INFINITY}, "decay_1 is inf; " AT_LEAST_0},
    {{.decay_biases = 3}, "decay_biases is 3; " FLAG},
    {{.decoupled = -1}, "decoupled is -1; " FLAG},
    {{.method = BPB_IRPROP_PLUS, .decoupled = 1},
     "decoupled is 1; it must be 0, because the method irprop+ has no eta"},
    {{.eta = 1e200, .decay = 1e200},
     "eta is 1e+200 and the L2 decay 1e+200; their product must be finite"},
    {{.eta = 1e200, .decay_1 = 1e200},
     "eta is 1e+200 and the L1 decay 1e+200; their product must be finite"},
    {{.reserved = {1}}, "reserved[0] " RESERVED},
};

static const struct {
    bpb_train_options options;
    const char *sentence;
} runs[] = {
    {{.eta = 0}, "eta is 0; the method sgd requires an eta above 0"},
    {{.eta = -1}, "eta is -1; " AT_LEAST_0},
    {{.eta = 1, .method = (bpb_method)-1}, "method is -1, which is no value of bpb_method"},
    {{.eta = 1, .lambda = -1}, "lambda is -1; " AT_LEAST_0},
    {{.eta = 1, .lambda_1 = NAN}, "lambda_1 is nan; " AT_LEAST_0},
    {{.eta = 1, .decay_biases = 2}, "decay_biases is 2; " FLAG},
    {{.eta = 1, .decoupled = 2}, "decoupled is 2; " FLAG},
    {{.eta = 1, .no_shuffle = 2}, "no_shuffle is 2; " FLAG},
    {{.eta = 1, .no_train_score = 2}, "no_train_score is 2; " FLAG},
    {{.eta = 1, .norms = -5}, "norms is -5; " FLAG},
    {{.eta = 1, .reserved = {0, 0, 0, 9}}, "reserved[3] " RESERVED},
    {{.method = BPB_IRPROP_MINUS, .batch = 5},
     "batch is 5; it must be 0 or at least 12, because the method irprop- requires all columns"},
    {{.method = BPB_IRPROP_MINUS, .schedule = {.kind = BPB_SCHEDULE_STEP}},
     "schedule.kind must be constant, because the method irprop- has no eta"},
    {{.method = BPB_IRPROP_MINUS, .schedule = {.warmup = 1.5}},
     "schedule.warmup is 1.5; it must be 0, because the method irprop- has no eta"},
    {{.eta = 1, .stop = {.min_delta = -1}}, "stop.min_delta is -1; " AT_LEAST_0},
    {{.eta = 1, .stop = {.seconds = NAN}}, "stop.seconds is nan; " AT_LEAST_0},
    {{.eta = 1, .stop = {.target_loss = INFINITY}}, "stop.target_loss is inf; it must be finite"},
    {{.eta = 1, .stop = {.by_loss = 2}}, "stop.by_loss is 2; " FLAG},
    {{.eta = 1, .stop = {.keep_best = 2}}, "stop.keep_best is 2; " FLAG},
    {{.eta = 1, .stop = {.reserved = {1}}}, "stop.reserved[0] " RESERVED},
    {{.eta = 1, .no_train_score = 1, .stop = {.patience = 3}},
     "stop.patience compares epochs; it requires validation columns if no_train_score is 1"},
    {{.eta = 1, .no_train_score = 1, .stop = {.keep_best = 1}},
     "stop.keep_best compares epochs; it requires validation columns if no_train_score is 1"},
    {{.eta = 1, .no_train_score = 1, .schedule = {.kind = BPB_SCHEDULE_PLATEAU}},
     "schedule.kind compares epochs; it requires validation columns if no_train_score is 1"},
    {{.eta = 1, .checkpoint = {.resume = 1}},
     "checkpoint.resume is 1 and checkpoint.path is NULL; resuming requires a path"},
    {{.eta = 1, .checkpoint = {.resume = 2}}, "checkpoint.resume is 2; " FLAG},
    {{.eta = 1, .checkpoint = {.seconds = -1}}, "checkpoint.seconds is -1; " AT_LEAST_0},
    {{.eta = 1, .checkpoint = {.reserved = {0, 0, 3}}}, "checkpoint.reserved[2] " RESERVED},
};

static double one(const bpb_progress *progress, void *user)
{
    (void)progress;
    (void)user;
    return 1;
}

static double below_0(const bpb_progress *progress, void *user)
{
    (void)progress;
    (void)user;
    return -0.5;
}

/* Those that bpb_schedule_eta and bpb_train have alike. */
static const struct {
    bpb_schedule schedule;
    const char *sentence;
} schedules[] = {
    {{.kind = (bpb_schedule_kind)99},
     "schedule.kind is 99, which is no value of bpb_schedule_kind"},
    {{.factor = 1}, "schedule.factor is 1; " FRACTION},
    {{.every = -1}, "schedule.every is -1; " ABOVE_0},
    {{.rate = INFINITY}, "schedule.rate is inf; " ABOVE_0},
    {{.warmup = -1}, "schedule.warmup is -1; " AT_LEAST_0},
    {{.eta_min = 0.75}, "schedule.eta_min is 0.75; it must be at least 0 and at most eta, 0.5"},
    {{.own = one},
     "schedule.own is not NULL and schedule.kind constant; it must be BPB_SCHEDULE_OWN"},
    {{.reserved = {0, 1}}, "schedule.reserved[1] " RESERVED},
};

/* ---- Against them ---- */

static void opt_create__option_out_of_range__is_named(void **state)
{
    (void)state;
    bpb_opt *opt = NULL;
    for (size_t i = 0; i < COUNT(optimisers); i++)
        assert_refused(i, bpb_opt_create(&opt, net, &optimisers[i].options),
                       optimisers[i].sentence);
    for (size_t i = 0; i < COUNT(tunings); i++) {
        const bpb_opt_options options = {.method = tunings[i].method, .tuning = tunings[i].tuning};
        assert_refused(i, bpb_opt_create(&opt, net, &options), tunings[i].sentence);
    }
    assert_null(opt);
}

static void train__option_out_of_range__is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++)
        assert_refused(i, bpb_train(net, &data, &runs[i].options, NULL), runs[i].sentence);
    for (size_t i = 0; i < COUNT(tunings); i++) {
        const bpb_train_options options = {
            .eta = 1, .method = tunings[i].method, .tuning = tunings[i].tuning};
        assert_refused(i, bpb_train(net, &data, &options, NULL), tunings[i].sentence);
    }
    for (size_t i = 0; i < COUNT(schedules); i++) {
        const bpb_train_options options = {.eta = 0.5, .schedule = schedules[i].schedule};
        assert_refused(i, bpb_train(net, &data, &options, NULL), schedules[i].sentence);
    }
}

/* A schedule of one's own: without its function, and with one that returns no eta. */
static void train__own_schedule__is_told_of(void **state)
{
    (void)state;
    bpb_train_options options = {.eta = 0.5, .schedule = {.kind = BPB_SCHEDULE_OWN}};
    assert_refused(0, bpb_train(net, &data, &options, NULL),
                   "schedule.own is NULL; a schedule of your own requires it");
    options.schedule.own = below_0;
    assert_refused(1, bpb_train(net, &data, &options, NULL),
                   "the result of schedule.own is -0.5; " AT_LEAST_0);
}

static void schedule_eta__option_out_of_range__is_named(void **state)
{
    (void)state;
    double eta = 7;
    for (size_t i = 0; i < COUNT(schedules); i++)
        assert_refused(i, bpb_schedule_eta(&schedules[i].schedule, 0.5, 0, 1, 1, &eta),
                       schedules[i].sentence);
    assert_refused(0, bpb_schedule_eta(&(bpb_schedule){0}, -1, 0, 1, 1, &eta),
                   "eta_0 is -1; " ABOVE_0);
    assert_refused(1, bpb_schedule_eta(&(bpb_schedule){.kind = BPB_SCHEDULE_OWN}, 1, 0, 1, 1, &eta),
                   "schedule.kind is BPB_SCHEDULE_OWN, whose eta the caller computes");
    assert_int_equal(bpb_schedule_eta(&(bpb_schedule){0}, 1, 0, 0, 1, &eta), BPB_ERR_SIZE);
    assert_string_equal(bpb_error(), "steps is 0; it must be at least 1");
    assert_true(eta == 7);
}

/* In float less is finite. */
static void float_options__beyond_float__name_the_largest(void **state)
{
    (void)state;
    bpbf_net *narrow = NULL;
    bpbf_opt *opt = NULL;
    assert_int_equal(bpbf_net_create(&narrow, &(bpb_net_options){.sizes = units, .n_sizes = 3}),
                     BPB_OK);
    assert_refused(0, bpbf_opt_create(&opt, narrow, &(bpb_opt_options){.eta = 1e39}),
                   "eta is 1e+39; it must be at most 3.40282347e+38");
    bpbf_net_destroy(&narrow);
}

static void calls_of_optimisers__wrong_argument__is_named(void **state)
{
    (void)state;
    bpb_opt *opt = NULL;
    double gradient[13] = {0};
    char bytes[64];
    size_t needed;
    assert_int_equal(bpb_opt_create(&opt, net, NULL), BPB_OK);
    assert_int_equal(bpb_opt_step(opt, net, NULL, 1), BPB_ERR_NULL);
    assert_string_equal(bpb_error(), "gradient is NULL");
    assert_refused(0, bpb_opt_step(opt, net, gradient, NAN), "scale is nan; it must be finite");
    assert_refused(1, bpb_opt_set_eta(opt, -1), "eta is -1; " AT_LEAST_0);
    assert_int_equal(bpb_opt_pack(opt, bytes, sizeof bytes, &needed), BPB_ERR_BUFFER);
    assert_string_equal(bpb_error(), "the state takes 236 bytes; buffer has a capacity of 64");
    assert_int_equal(bpb_opt_unpack(opt, bytes, 5), BPB_ERR_TRUNCATED);
    assert_string_equal(bpb_error(), "the state of the optimiser ends after 5 bytes");
    bpb_opt_destroy(&opt);
}

/* ---- The sentence ---- */

static bpb_status fail_with(double momentum)
{
    return bpb_train(net, &data, &(bpb_train_options){.eta = 1, .tuning = {.momentum = momentum}},
                     NULL);
}

static const char two_and_a_half[] = "tuning.momentum is 2.5; it must be at least 0 and below 1";

static int stop(const bpb_progress *progress, void *user)
{
    (void)progress;
    (void)user;
    return 1;
}

static void success_and_warnings__leave_the_sentence(void **state)
{
    (void)state;
    const char *path = "error_options.none"; /* there is no such file to resume from */
    bpb_train_options options = {.eta = 0.1, .epochs = 2};
    bpb_opt *opt = NULL;
    assert_int_equal(fail_with(2.5), BPB_ERR_OPTION);
    assert_int_equal(bpb_train(net, &data, &options, NULL), BPB_OK);
    assert_string_equal(bpb_error(), two_and_a_half);
    options.on_step = stop;
    assert_int_equal(bpb_train(net, &data, &options, NULL), BPB_STOPPED);
    assert_string_equal(bpb_error(), two_and_a_half);
    options.checkpoint = (bpb_checkpoint){.path = path, .resume = 1};
    assert_int_equal(bpb_train(net, &data, &options, NULL), BPB_STOPPED);
    assert_string_equal(bpb_error(), two_and_a_half);
    remove(path);
    assert_int_equal(bpb_opt_create(&opt, net, NULL), BPB_OK);
    bpb_opt_destroy(&opt);
    assert_string_equal(bpb_error(), two_and_a_half);
}

static void *on_a_thread(void *said)
{
    strcpy(said, bpb_error());
    return fail_with(7) == BPB_ERR_OPTION ? NULL : said;
}

static void each_thread__has_its_own_sentence(void **state)
{
    (void)state;
    char said[512] = "?";
    pthread_t thread;
    void *failed = NULL;
    assert_int_equal(fail_with(2.5), BPB_ERR_OPTION);
    assert_int_equal(pthread_create(&thread, NULL, on_a_thread, said), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_string_equal(said, "");
    assert_string_equal(bpb_error(), two_and_a_half);
}

/* A locale whose decimal point is a comma, or NULL. */
static const char *set_comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",      "de_CH.utf8",
                                        "fr_FR.UTF-8", "fr_FR.utf8", "es_ES.utf8", "it_IT.utf8",
                                        "nl_NL.utf8",  "pl_PL.utf8", "ru_RU.utf8"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (setlocale(LC_ALL, names[i]) && localeconv()->decimal_point[0] == ',')
            return names[i];
    setlocale(LC_ALL, "C");
    return NULL;
}

static void locale_with_a_comma__sentence_has_a_point(void **state)
{
    (void)state;
    if (!set_comma_locale()) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    const bpb_status status = fail_with(2.5);
    char said[512];
    snprintf(said, sizeof said, "%s", bpb_error());
    setlocale(LC_ALL, "C");
    assert_int_equal(status, BPB_ERR_OPTION);
    assert_string_equal(said, two_and_a_half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opt_create__option_out_of_range__is_named),
        cmocka_unit_test(train__option_out_of_range__is_named),
        cmocka_unit_test(train__own_schedule__is_told_of),
        cmocka_unit_test(schedule_eta__option_out_of_range__is_named),
        cmocka_unit_test(float_options__beyond_float__name_the_largest),
        cmocka_unit_test(calls_of_optimisers__wrong_argument__is_named),
        cmocka_unit_test(success_and_warnings__leave_the_sentence),
        cmocka_unit_test(each_thread__has_its_own_sentence),
        cmocka_unit_test(locale_with_a_comma__sentence_has_a_point),
    };
    return cmocka_run_group_tests(tests, make, destroy);
}
