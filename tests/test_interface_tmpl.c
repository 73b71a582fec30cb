/* SPDX-License-Identifier: BSD-3-Clause */
/* What the interface tells of itself: getters, names, texts; and the smallest and deepest nets. */
#include <stdio.h>

#include "support_tmpl.h"

enum { N_IN = 3, N_HIDDEN = 4, N_OUT = 2 };
enum { P = N_HIDDEN * N_IN + N_HIDDEN + N_OUT * N_HIDDEN + N_OUT };

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static const bpb_activation functions[] = {BPB_RELU, BPB_SOFTMAX};

static net_t *new_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units,
                                                       .n_sizes = 3,
                                                       .activations = functions,
                                                       .hidden = (bpb_activation)99, /* not used */
                                                       .loss = BPB_CROSS_ENTROPY}));
    return net;
}

/* ---- Getters ---- */

static void getters__null_net_gives_nothing(void **state)
{
    (void)state;
    real vector[P] = {0};
    assert_int_equal(BPB(net_layers)(NULL), 0);
    assert_int_equal(BPB(net_size)(NULL, 0), 0);
    assert_int_equal(BPB(net_layer)(NULL, 1).activation, 0);
    assert_int_equal(BPB(net_loss)(NULL).kind, 0);
    assert_int_equal(BPB(net_parameters)(NULL), 0);
    assert_null(BPB(net_theta)(NULL));
    assert_null(BPB(net_ctheta)(NULL));
    assert_null(BPB(net_W)(NULL, vector, 1).data);
    assert_null(BPB(net_b)(NULL, vector, 1).data);
    assert_null(BPB(net_scaling)(NULL, BPB_INPUTS));
    assert_null(BPB(net_scaling)(NULL, BPB_OUTPUTS));
    assert_null(BPB(net_note)(NULL, "key"));
    assert_null(BPB(net_note_key)(NULL, 0));
    assert_int_equal(BPB(work_bytes)(NULL), 0);
}

static bool is_empty(out_t V)
{
    return !V.data && !V.rows && !V.cols && !V.ld && !V.row_stride && !V.index;
}

static void no_layer(const net_t *net, size_t l)
{
    real vector[P] = {0};
    assert_int_equal(BPB(net_layer)(net, l).activation, 0);
    assert_true(is_empty(BPB(net_W)(net, vector, l)));
    assert_true(is_empty(BPB(net_b)(net, vector, l)));
}

static void getters__layer_out_of_range_gives_nothing(void **state)
{
    (void)state;
    const size_t beyond[] = {3, 4, (size_t)1 << 31, SIZE_MAX};
    net_t *net = new_net();
    no_layer(net, 0);
    for (size_t i = 0; i < COUNT(beyond); i++) {
        no_layer(net, beyond[i]);
        assert_int_equal(BPB(net_size)(net, beyond[i]), 0);
        assert_null(BPB(net_note_key)(net, beyond[i]));
    }
    assert_true(is_empty(BPB(net_W)(net, NULL, 1)));
    assert_true(is_empty(BPB(net_b)(net, NULL, 1)));
    assert_null(BPB(net_note)(net, NULL));
    assert_null(BPB(net_note)(net, ""));
    assert_null(BPB(net_note)(net, "none"));
    BPB(net_destroy)(&net);
}

static void getters__tell_what_the_net_was_made_of(void **state)
{
    (void)state;
    net_t *net = new_net();
    assert_int_equal(BPB(net_layers)(net), 2);
    for (size_t l = 0; l <= 2; l++)
        assert_int_equal(BPB(net_size)(net, l), units[l]);
    for (size_t l = 1; l <= 2; l++)
        assert_int_equal(BPB(net_layer)(net, l).activation, functions[l - 1]);
    assert_int_equal(BPB(net_loss)(net).kind, BPB_CROSS_ENTROPY);
    assert_int_equal(BPB(net_parameters)(net), P);
    assert_ptr_equal(BPB(net_theta)(net), BPB(net_ctheta)(net));
    assert_int_equal((uintptr_t)BPB(net_theta)(net) % 64, 0);
    assert_null(BPB(net_scaling)(net, BPB_INPUTS));
    assert_null(BPB(net_scaling)(net, BPB_OUTPUTS));
    assert_null(BPB(net_note_key)(net, 0));
    BPB(net_destroy)(&net);
}

static void views__of_the_layers_cover_theta_in_order(void **state)
{
    (void)state;
    net_t *net = new_net();
    real *theta = BPB(net_theta)(net), *next = theta;
    for (size_t l = 1; l <= 2; l++) {
        const out_t W = BPB(net_W)(net, theta, l), b = BPB(net_b)(net, theta, l);
        assert_ptr_equal(W.data, next);
        assert_int_equal(W.rows, units[l]);
        assert_int_equal(W.cols, units[l - 1]);
        assert_ptr_equal(b.data, next + W.rows * W.cols);
        assert_int_equal(b.rows, units[l]);
        assert_int_equal(b.cols, 1);
        next = b.data + b.rows;
    }
    assert_ptr_equal(next, theta + P);
    BPB(net_destroy)(&net);
}

static void columns__of_a_view_are_those_of_the_matrix(void **state)
{
    (void)state;
    static real values[12];
    static const size_t index[] = {3, 0, 2};
    const view_t last = BPB(columns)(BPB(view_of)(BPB(samples_out)(values, 4, 3)), 2, 2);
    assert_ptr_equal(last.data, values + 6);
    assert_int_equal(last.rows, 3);
    assert_int_equal(last.cols, 2);
    const view_t rows = {.data = values, .rows = 3, .cols = 4, .ld = 1, .row_stride = 4};
    assert_ptr_equal(BPB(columns)(rows, 1, 3).data, values + 1);
    assert_int_equal(BPB(columns)(rows, 1, 3).row_stride, 4);
    const view_t chosen = {.data = values, .rows = 3, .cols = 3, .index = index};
    assert_ptr_equal(BPB(columns)(chosen, 1, 2).data, values);
    assert_ptr_equal(BPB(columns)(chosen, 1, 2).index, index + 1);
    view_t some_rows = {.data = values, .rows = 2, .cols = 4, .row_index = index};
    assert_null(BPB(columns)(some_rows, 1, 1).data); // where a column begins is not known
    some_rows.ld = 3;
    assert_ptr_equal(BPB(columns)(some_rows, 1, 2).data, values + 3);
    assert_int_equal(BPB(columns)(some_rows, 1, 2).ld, 3);
}

static void scaling__is_kept_with_its_defaults(void **state)
{
    (void)state;
    const double shift[] = {1, 2, 3}, factor[] = {4, 5, 6};
    const double both[] = {1, 2, 3, 4, 5, 6};
    const double only_shift[] = {1, 2, 1, 1}, only_factor[] = {0, 0, 4, 5};
    net_t *net = new_net();
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, shift, factor));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), both, sizeof both);
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, shift, NULL));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), only_shift, sizeof only_shift);
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, NULL, factor));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), only_factor, sizeof only_factor);
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, NULL, NULL));
    assert_null(BPB(net_scaling)(net, BPB_INPUTS));
    BPB(net_destroy)(&net);
}

static void assert_keys(const net_t *net, const char *first, const char *second)
{
    const char *const keys[] = {first, second, NULL};
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *key = BPB(net_note_key)(net, i);
        assert_int_equal(!key, !keys[i]);
        if (key)
            assert_string_equal(key, keys[i]);
    }
}

static void notes__are_kept_in_order_replaced_and_removed(void **state)
{
    (void)state;
    net_t *net = new_net();
    assert_ok(BPB(net_set_note)(net, "gr\xc3\xb6\xc3\x9f" "e", "5 mm"));
    assert_ok(BPB(net_set_note)(net, "bpblas", ""));
    assert_keys(net, "gr\xc3\xb6\xc3\x9f" "e", "bpblas");
    assert_string_equal(BPB(net_note)(net, "bpblas"), "");
    assert_ok(BPB(net_set_note)(net, "bpblas", "new"));
    assert_string_equal(BPB(net_note)(net, "bpblas"), "new");
    assert_ok(BPB(net_set_note)(net, "gr\xc3\xb6\xc3\x9f" "e", NULL));
    assert_ok(BPB(net_set_note)(net, "never there", NULL));
    assert_keys(net, "bpblas", NULL);
    BPB(net_destroy)(&net);
}

static void destroy__accepts_null_and_clears_the_handle(void **state)
{
    (void)state;
    struct machine machine = {0};
    BPB(net_destroy)(NULL);
    BPB(plan_destroy)(NULL);
    BPB(work_destroy)(NULL);
    bpb_free(NULL);
    free_machine(&machine);
    machine = make_machine(&(bpb_net_options){.sizes = units, .n_sizes = 3}, NULL);
    free_machine(&machine);
    assert_null(machine.work);
    assert_null(machine.plan);
    assert_null(machine.net);
}

/* ---- Texts ---- */

static void strerror__every_status_has_its_own_text(void **state)
{
    (void)state;
    static const struct {
        int value;
        const char *text;
    } list[] = {
#define ENTRY(name, value, text) {name, text},
        BPB_STATUS_LIST(ENTRY)
#undef ENTRY
    };
    for (size_t i = 0; i < COUNT(list); i++) {
        assert_string_equal(bpb_strerror(list[i].value), list[i].text);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(list[i].text, list[j].text);
    }
}

static void strerror__unknown_number_has_a_text(void **state)
{
    (void)state;
    const int unknown[] = {5, -26, 1000, -1000, 0x7fffffff, -0x7fffffff - 1};
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_string_equal(bpb_strerror(unknown[i]), "unknown status");
}

static void version__is_that_of_the_header(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", BPB_VERSION_MAJOR, BPB_VERSION_MINOR,
             BPB_VERSION_PATCH);
    assert_string_equal(bpb_version(), text);
}

/* The names of 0, 1, .. last lead back to their numbers, and no other number has one. */
static void check_names(bpb_names of, int last)
{
    const int none[] = {-1, last + 1, 99, 0x7fffffff, -0x7fffffff - 1};
    const char *const unknown[] = {"", "Sigmoid", "cross-entropy ", "none"};
    for (int i = 0; i <= last; i++) {
        const char *name = bpb_name(of, i);
        int back = 99;
        assert_non_null(name);
        assert_ok(bpb_value_of_name(of, name, &back));
        assert_int_equal(back, i);
    }
    for (size_t i = 0; i < COUNT(none); i++)
        assert_null(bpb_name(of, none[i]));
    for (size_t i = 0; i < COUNT(unknown); i++) {
        int value = 99;
        assert_int_equal(bpb_value_of_name(of, unknown[i], &value), BPB_ERR_OPTION);
        assert_int_equal(value, 99);
    }
}

static void names__lead_there_and_back(void **state)
{
    (void)state;
    check_names(BPB_NAMES_ACTIVATION, BPB_EXPONENTIAL);
    check_names(BPB_NAMES_LOSS, BPB_GAUSSIAN);
    check_names(BPB_NAMES_INIT, BPB_INIT_ORTHOGONAL);
    check_names(BPB_NAMES_METHOD, BPB_IRPROP_MINUS);
    check_names(BPB_NAMES_SCHEDULE, BPB_SCHEDULE_HALVING);
    check_names(BPB_NAMES_CHECK, BPB_CHECKS - 1);
    assert_null(bpb_name((bpb_names)99, 0));
    assert_null(bpb_name((bpb_names)-1, 0));
}

static void blas_health__tells_a_library_and_a_level(void **state)
{
    (void)state;
    bpb_blas_info info;
    assert_ok(bpb_blas_health(&info));
    assert_true(strcmp(info.library, "OpenBLAS") == 0 || strcmp(info.library, "CBLAS") == 0);
    assert_true(strcmp(info.simd, "generic") == 0 || strncmp(info.simd, "x86-64-v", 8) == 0);
    assert_true(info.threads >= 0);
    assert_true(info.below_cpu == 0 || (info.below_cpu == 1 && info.core[0] && info.best_core[0]));
}

/* ---- Extremes ---- */

enum { LARGEST = 8192, WIDTH = 8 }; /* parameters, and inputs or outputs, of these nets */

/* Forward and by panels, loss and score of one column: the same. */
static void assert_passes_agree(const struct machine *m, view_t X, view_t T)
{
    real Y[WIDTH], Y_predicted[WIDTH];
    double loss;
    bpb_score score;
    assert_ok(BPB(forward)(m->net, m->work, X, BPB(samples_out)(Y, 1, T.rows)));
    assert_ok(BPB(predict)(m->net, X, BPB(samples_out)(Y_predicted, 1, T.rows), NULL));
    for (size_t i = 0; i < T.rows; i++)
        assert_number_close("output", Y_predicted[i], Y[i], 1, 64 * EPSILON);
    assert_ok(BPB(loss)(m->net, m->work, X, BPB(values)(T), &loss));
    assert_ok(BPB(evaluate_with)(m->net, m->work, X, BPB(values)(T), &score));
    assert_number_close("loss", score.loss, loss, 1, 64 * EPSILON);
}

/* A step goes along the gradient of the same loss, and moves the parameters. */
static void assert_step_moves(const struct machine *m, view_t X, view_t T)
{
    real gradient[LARGEST], before[LARGEST];
    double loss, loss_of_step;
    const size_t bytes = BPB(net_parameters)(m->net) * sizeof(real);
    assert_true(bytes <= sizeof gradient);
    memcpy(before, BPB(net_ctheta)(m->net), bytes);
    assert_ok(BPB(gradient)(m->net, m->work, X, BPB(values)(T), gradient, &loss));
    assert_ok(BPB(sgd_step)(m->net, m->work, X, BPB(values)(T), &(bpb_sgd_rule){.eta = 1},
                            &loss_of_step));
    assert_true(loss_of_step == loss);
    assert_memory_not_equal(before, BPB(net_ctheta)(m->net), bytes);
}

/* Every pass over one net and one column. */
static void assert_runs(const bpb_net_options *options, size_t batch)
{
    const real x[WIDTH] = {RC(0.5), 1, -2}, t[WIDTH] = {0};
    struct machine m = make_machine(options, &(bpb_plan_options){.batch = batch});
    const view_t X = BPB(samples)(x, 1, options->sizes[0]);
    const view_t T = BPB(samples)(t, 1, options->sizes[options->n_sizes - 1]);
    assert_true(X.rows <= WIDTH && T.rows <= WIDTH);
    assert_passes_agree(&m, X, T);
    assert_step_moves(&m, X, T);
    free_machine(&m);
}

static void passes__run_with_widths_of_one(void **state)
{
    (void)state;
    const size_t ones[] = {1, 1, 1};
    assert_runs(&(bpb_net_options){.sizes = ones, .n_sizes = 2}, 1);
    assert_runs(&(bpb_net_options){.sizes = ones, .n_sizes = 3}, 1);
    assert_runs(&(bpb_net_options){.sizes = ones, .n_sizes = 3, .output = BPB_IDENTITY}, 7);
}

static void passes__run_through_twenty_layers(void **state)
{
    (void)state;
    size_t widths[21];
    for (size_t l = 0; l <= 20; l++)
        widths[l] = 1 + l * 7 % 5;
    assert_runs(&(bpb_net_options){.sizes = widths, .n_sizes = 21, .hidden = BPB_TANH}, 1);
    assert_runs(&(bpb_net_options){.sizes = widths, .n_sizes = 21, .hidden = BPB_TANH}, 64);
}

static void train__batch_larger_than_the_data_is_the_data(void **state)
{
    (void)state;
    const real X[2 * N_IN] = {1, 2, 3, 4, 5, 6}, T[2 * N_OUT] = {1, 0, 0, 1};
    const data_t data = {.train = {.X = BPB(samples)(X, 2, N_IN),
                                   .T = BPB(values)(BPB(samples)(T, 2, N_OUT))}};
    bpb_train_report report;
    net_t *net = new_net();
    const bpb_train_options options = {.eta = 0.5, .batch = SIZE_MAX, .epochs = 2};
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_int_equal(report.last.steps, 1);
    assert_int_equal(report.last.epoch, 2);
    BPB(net_destroy)(&net);
}

/* Of a view of one column, the distance to the next is never used, however large. */
static void forward__single_column_of_any_leading_dimension(void **state)
{
    (void)state;
    const size_t large[] = {N_IN, (size_t)1 << 31, SIZE_MAX};
    const real x[N_IN] = {1, 2, 3};
    struct machine m = make_machine(&(bpb_net_options){.sizes = units, .n_sizes = 3}, NULL);
    real expected[N_OUT], Y[N_OUT];
    assert_ok(BPB(forward)(m.net, m.work, BPB(samples)(x, 1, N_IN),
                           BPB(samples_out)(expected, 1, N_OUT)));
    for (size_t i = 0; i < COUNT(large); i++) {
        const view_t X = {.data = x, .rows = N_IN, .cols = 1, .ld = large[i]};
        const out_t V = {.data = Y, .rows = N_OUT, .cols = 1, .ld = large[i]};
        assert_ok(BPB(forward)(m.net, m.work, X, V));
        assert_same_bits(N_OUT, Y, expected);
    }
    free_machine(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(getters__null_net_gives_nothing),
        cmocka_unit_test(getters__layer_out_of_range_gives_nothing),
        cmocka_unit_test(getters__tell_what_the_net_was_made_of),
        cmocka_unit_test(views__of_the_layers_cover_theta_in_order),
        cmocka_unit_test(columns__of_a_view_are_those_of_the_matrix),
        cmocka_unit_test(scaling__is_kept_with_its_defaults),
        cmocka_unit_test(notes__are_kept_in_order_replaced_and_removed),
        cmocka_unit_test(destroy__accepts_null_and_clears_the_handle),
        cmocka_unit_test(strerror__every_status_has_its_own_text),
        cmocka_unit_test(strerror__unknown_number_has_a_text),
        cmocka_unit_test(version__is_that_of_the_header),
        cmocka_unit_test(names__lead_there_and_back),
        cmocka_unit_test(blas_health__tells_a_library_and_a_level),
        cmocka_unit_test(passes__run_with_widths_of_one),
        cmocka_unit_test(passes__run_through_twenty_layers),
        cmocka_unit_test(train__batch_larger_than_the_data_is_the_data),
        cmocka_unit_test(forward__single_column_of_any_leading_dimension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
