/* SPDX-License-Identifier: BSD-3-Clause */
/* eta as a function of the step. */
#include <math.h>

#include "support.h"

enum { STEPS = 5, EPOCHS = 40 };
static const double eta_0 = 0.7;

static double eta_of(const bpb_schedule *schedule, uint64_t t)
{
    double eta = -1;
    assert_int_equal(bpb_schedule_eta(schedule, eta_0, t, STEPS, EPOCHS, &eta), BPB_OK);
    return eta;
}

static void assert_eta(const bpb_schedule *schedule, uint64_t t, double want)
{
    const double got = eta_of(schedule, t);
    if (!(fabs(got - want) <= 8 * 2.3e-16 * eta_0))
        fail_msg("eta of step %d is %.17g, not %.17g", (int)t, got, want);
}

/* x = t / steps; all with the documented defaults. */
static void schedule__follows_its_equation(void **state)
{
    (void)state;
    const bpb_schedule constant = {0}, by_step = {.kind = BPB_SCHEDULE_STEP},
                       exponential = {.kind = BPB_SCHEDULE_EXPONENTIAL},
                       inverse = {.kind = BPB_SCHEDULE_INVERSE},
                       cosine = {.kind = BPB_SCHEDULE_COSINE},
                       plateau = {.kind = BPB_SCHEDULE_PLATEAU};
    for (uint64_t t = 0; t < STEPS * EPOCHS; t++) {
        const double x = (double)t / STEPS, half = sin(acos(-1.0) * x / EPOCHS / 2);
        double lowered = eta_0;
        for (size_t i = 0; i < t / (10 * STEPS); i++)
            lowered /= 10;
        assert_eta(&constant, t, eta_0);
        assert_eta(&by_step, t, lowered);
        assert_eta(&exponential, t, eta_0 * exp(x * log(0.95)));
        assert_eta(&inverse, t, eta_0 / (1 + x));
        assert_eta(&cosine, t, eta_0 * (1 - half * half));
        assert_eta(&plateau, t, eta_0);
    }
}

static void schedule__takes_its_numbers(void **state)
{
    (void)state;
    const bpb_schedule by_step = {.kind = BPB_SCHEDULE_STEP, .factor = 0.5, .every = 2.5},
                       exponential = {.kind = BPB_SCHEDULE_EXPONENTIAL, .factor = 0.5},
                       inverse = {.kind = BPB_SCHEDULE_INVERSE, .rate = 4},
                       cosine = {.kind = BPB_SCHEDULE_COSINE, .eta_min = 0.1};
    assert_eta(&by_step, 12, eta_0);
    assert_eta(&by_step, 13, eta_0 / 2);
    assert_eta(&by_step, 25, eta_0 / 4);
    assert_eta(&exponential, 3 * STEPS, eta_0 / 8);
    assert_eta(&inverse, 2 * STEPS, eta_0 / 9);
    assert_eta(&cosine, 0, eta_0);
    assert_eta(&cosine, STEPS * EPOCHS / 2, (eta_0 + 0.1) / 2);
    assert_eta(&cosine, STEPS * EPOCHS, 0.1);
    assert_eta(&cosine, 3 * STEPS * EPOCHS, 0.1);
    assert_eta(&cosine, 5 * STEPS * EPOCHS / 2, 0.1);
}

/* Over 4 epochs of 5 steps in 20 equal rises; the cosine then has 36 epochs. */
static void schedule__warms_up_in_equal_steps(void **state)
{
    (void)state;
    const bpb_schedule cosine = {.kind = BPB_SCHEDULE_COSINE, .warmup = 4},
                       inverse = {.kind = BPB_SCHEDULE_INVERSE, .warmup = 0.5},
                       all = {.kind = BPB_SCHEDULE_COSINE, .warmup = EPOCHS};
    for (uint64_t t = 0; t < 20; t++)
        assert_eta(&cosine, t, eta_0 * (double)(t + 1) / 20);
    assert_eta(&cosine, 20, eta_0);
    assert_eta(&cosine, (4 + 18) * STEPS, eta_0 / 2);
    assert_eta(&all, STEPS * EPOCHS - 1, eta_0);
    assert_eta(&inverse, 0, eta_0 / 2.5);
    assert_eta(&inverse, 1, eta_0 * 2 / 2.5);
    assert_eta(&inverse, 2, eta_0);
    assert_eta(&inverse, 5, eta_0 / 1.5);
}

static double own(const bpb_progress *progress, void *user)
{
    (void)progress, (void)user;
    return 1;
}

static void schedule__refuses_what_is_out_of_range(void **state)
{
    (void)state;
    const bpb_schedule bad[] = {
        {.kind = (bpb_schedule_kind)77},
        {.kind = BPB_SCHEDULE_OWN, .own = own},
        {.kind = BPB_SCHEDULE_OWN},
        {.own = own},
        {.factor = 1},
        {.factor = -0.5},
        {.factor = NAN},
        {.every = -1},
        {.every = INFINITY},
        {.rate = -1},
        {.rate = NAN},
        {.eta_min = -1e-9},
        {.eta_min = 0.8},
        {.eta_min = NAN},
        {.warmup = -1},
        {.warmup = INFINITY},
    };
    const bpb_schedule good = {0};
    double eta = -1;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (bpb_schedule_eta(&bad[i], eta_0, 0, 1, 1, &eta) != BPB_ERR_OPTION)
            fail_msg("schedule %zu was not refused", i);
    assert_int_equal(bpb_schedule_eta(&good, 0, 0, 1, 1, &eta), BPB_ERR_OPTION);
    assert_int_equal(bpb_schedule_eta(&good, NAN, 0, 1, 1, &eta), BPB_ERR_OPTION);
    assert_int_equal(bpb_schedule_eta(&good, 1, 0, 0, 1, &eta), BPB_ERR_SIZE);
    assert_int_equal(bpb_schedule_eta(&good, 1, 0, 1, 0, &eta), BPB_ERR_SIZE);
    assert_int_equal(bpb_schedule_eta(NULL, 1, 0, 1, 1, &eta), BPB_ERR_NULL);
    assert_int_equal(bpb_schedule_eta(&good, 1, 0, 1, 1, NULL), BPB_ERR_NULL);
    assert_true(eta == -1);
}

static void schedule__names_go_both_ways(void **state)
{
    (void)state;
    int kind = BPB_SCHEDULE_OWN;
    for (int i = BPB_SCHEDULE_CONSTANT; i <= BPB_SCHEDULE_HALVING; i++) {
        assert_int_equal(bpb_value_of_name(BPB_NAMES_SCHEDULE,
                                           bpb_name(BPB_NAMES_SCHEDULE, (bpb_schedule_kind)i),
                                           &kind),
                         BPB_OK);
        assert_int_equal(kind, i);
    }
    assert_string_equal(bpb_name(BPB_NAMES_SCHEDULE, BPB_SCHEDULE_HALVING), "halving");
    assert_null(bpb_name(BPB_NAMES_SCHEDULE, BPB_SCHEDULE_OWN));
    assert_null(bpb_name(BPB_NAMES_SCHEDULE, (bpb_schedule_kind)-1));
    assert_int_equal(bpb_value_of_name(BPB_NAMES_SCHEDULE, "Cosine", &kind), BPB_ERR_OPTION);
    assert_int_equal(bpb_value_of_name(BPB_NAMES_SCHEDULE, NULL, &kind), BPB_ERR_NULL);
    assert_int_equal(bpb_value_of_name(BPB_NAMES_SCHEDULE, "cosine", NULL), BPB_ERR_NULL);
    assert_int_equal(kind, BPB_SCHEDULE_HALVING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule__follows_its_equation),
        cmocka_unit_test(schedule__takes_its_numbers),
        cmocka_unit_test(schedule__warms_up_in_equal_steps),
        cmocka_unit_test(schedule__refuses_what_is_out_of_range),
        cmocka_unit_test(schedule__names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
