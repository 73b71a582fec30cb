/* SPDX-License-Identifier: BSD-3-Clause */
/* Optimisers along PyTorch's trajectories: gradient and step by the library's calls alone. */
#include "pytorch_steps.h"
#include "support_tmpl.h"

static const double samples[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
static const size_t units[] = {2, 3, 1};

/* theta, by columns, of what stands by rows in the list, or the other way about. */
static size_t place_of(size_t i)
{
    return i < 6 ? i % 2 * 3 + i / 2 : i;
}

static void assert_at_stop(const struct pytorch_setting *setting, size_t stop, const double *theta)
{
    for (size_t i = 0; i < PYTORCH_P; i++) {
        const double want = setting->theta[stop][i], got = theta[place_of(i)];
        if (!(fabs(got - want) <= 1e-9 * fabs(want)))
            fail_msg("%s, step %zu, value %zu: %.15g, not %.15g", setting->name,
                     pytorch_stops[stop], i, got, want);
    }
}

static void run(const struct pytorch_setting *setting)
{
    static const double ones[] = {1, 1, 1};
    struct machine m = make_machine(&(bpb_net_options){.sizes = units, .n_sizes = 3},
                                    &(bpb_plan_options){.batch = 3, .derivatives = 1});
    double gradient[PYTORCH_P], *theta = bpb_net_theta(m.net);
    bpb_opt *opt = NULL;
    assert_ok(bpb_opt_create(&opt, m.net, &setting->options));
    for (size_t i = 0; i < PYTORCH_P; i++)
        theta[place_of(i)] = pytorch_start[i];
    for (size_t t = 1, stop = 0; t <= PYTORCH_STEPS; t++) {
        assert_ok(bpb_vjp(m.net, m.work, bpb_samples(samples, 3, 2), bpb_samples(ones, 3, 1),
                          gradient, (bpb_out){0}));
        assert_ok(bpb_opt_step(opt, m.net, gradient, 1));
        if (t == pytorch_stops[stop])
            assert_at_stop(setting, stop++, theta);
    }
    bpb_opt_destroy(&opt);
    free_machine(&m);
}

static void opt_step__settings_of_pytorchs_tests__same_trajectories(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(pytorch_settings); k++)
        run(&pytorch_settings[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opt_step__settings_of_pytorchs_tests__same_trajectories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
