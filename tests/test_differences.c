/* SPDX-License-Identifier: BSD-3-Clause */
/* Central differences of the loss in every parameter, against the gradient. */
#define BPB_REAL_BYTES 8
#include "support_tmpl.h"

/*
 * (E(theta + h) - E(theta - h)) / 2h is off by h^2/6 E''' and by the rounding of E over h. With
 * h = eps^(1/3) both are of the order of h^2 = eps^(2/3) = 4e-11, E and E''' being of that of 1.
 */
#define STEP cbrt(EPSILON)
#define DIFFERENCE_TOLERANCE (8 * STEP * STEP)

static double loss_at(const struct problem *problem, size_t i, double theta_i)
{
    double *theta = bpb_net_theta(problem->machine.net);
    const double kept = theta[i];
    double E;
    theta[i] = theta_i;
    assert_ok(bpb_loss(problem->machine.net, problem->machine.work, inputs(problem),
                       bpb_values(targets(problem)), &E));
    theta[i] = kept;
    return E;
}

/* The step that was really made is high - low, once rounded. */
static double difference(const struct problem *problem, size_t i)
{
    const double theta_i = bpb_net_ctheta(problem->machine.net)[i];
    const volatile double high = theta_i + STEP, low = theta_i - STEP;
    return (loss_at(problem, i, high) - loss_at(problem, i, low)) / (high - low);
}

/* A net none of whose ReLUs comes near its kink while one parameter moves by a step. */
static struct problem make_smooth(const bpb_net_options *options, uint64_t seed)
{
    struct problem problem = make_problem(options, 6, seed);
    while (problem.oracle.kink < 64 * STEP) {
        free_problem(&problem);
        problem = make_problem(options, 6, seed += 1000);
    }
    return problem;
}

static void check_differences(const bpb_net_options *options, uint64_t seed)
{
    struct problem problem = make_smooth(options, seed);
    double *gradient = make_reals(problem.P);
    long double *got = allocate(problem.P, sizeof *got);
    assert_ok(bpb_gradient(problem.machine.net, problem.machine.work, inputs(&problem),
                           bpb_values(targets(&problem)), gradient, NULL));
    for (size_t i = 0; i < problem.P; i++)
        got[i] = (long double)difference(&problem, i);
    long double *want = widen(problem.P, gradient);
    // E is of the order of 1 in all of these, and so is what a difference of it may be off by.
    assert_close("differences", problem.P, got, want, 1, DIFFERENCE_TOLERANCE);
    free(gradient);
    free(got);
    free(want);
    free_problem(&problem);
}

static void gradient__equals_central_differences_for_all_functions(void **state)
{
    (void)state;
    static const size_t shapes[][4] = {{3, 4, 3, 2}, {5, 2, 6, 3}};
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (size_t h = 0; h < COUNT(activations); h++)
            for (size_t e = 0; e < COUNT(endings); e++)
                check_differences(&(bpb_net_options){.sizes = shapes[s],
                                                     .n_sizes = 4,
                                                     .hidden = activations[h],
                                                     .output = endings[e].output,
                                                     .loss = endings[e].loss},
                                  1 + s + 10 * h + 100 * e);
}

static void gradient__equals_central_differences_of_one_layer(void **state)
{
    (void)state;
    const size_t n[] = {7, 5};
    for (size_t e = 0; e < COUNT(endings); e++)
        check_differences(
            &(bpb_net_options){
                .sizes = n, .n_sizes = 2, .output = endings[e].output, .loss = endings[e].loss},
            e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient__equals_central_differences_for_all_functions),
        cmocka_unit_test(gradient__equals_central_differences_of_one_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
