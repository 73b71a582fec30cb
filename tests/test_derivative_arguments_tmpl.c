/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of derivatives that are refused, or warn: each status that the header documents. */
#include <stdio.h>

#include "calls_tmpl.h"

/* ---- Nothing is written where a call is refused ---- */

static const size_t small_units[] = {3, 4, 5, 2};
static const bpb_net_options small = {
    .sizes = small_units, .n_sizes = 4, .hidden = BPB_TANH, .output = BPB_SIGMOID};

static void assert_untouched(const struct all *all)
{
    for (size_t i = 0; i < all->n_results; i++)
        assert_true(isnan(all->results[i]));
    assert_true(isnan(all->loss));
}

static void refuse(struct all *all, size_t c, const char *what, const struct given *in,
                   const struct made *out, bpb_status status)
{
    struct made into = *out;
    spoil(all);
    into.loss = &all->loss;
    assert_status(c, what, calls[c].call(in, &into), status);
    assert_untouched(all);
}

/* ---- Matrices of a wrong shape ---- */

/* Every way in which one matrix of a call can be wrong. */
static void refuse_matrix(struct all *all, size_t c, const char *what, struct given *in,
                          view_t *its, bool is_X)
{
    const view_t right = *its;
    its->rows++;
    refuse(all, c, what, in, &all->made, BPB_ERR_SHAPE);
    *its = right;
    its->cols--;
    if (!is_X || calls[c].has != (MAKES_J | NEEDS_PLAN))
        refuse(all, c, what, in, &all->made, BPB_ERR_SHAPE);
    *its = right;
    its->cols = 0;
    refuse(all, c, what, in, &all->made, BPB_ERR_SIZE);
    *its = right;
    its->ld = 1;
    refuse(all, c, what, in, &all->made, its->rows > 1 ? BPB_ERR_STRIDE : BPB_OK);
    *its = right;
}

static void derivatives__refuse_matrices_of_another_shape(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, all.B);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++) {
        struct given in = all.given;
        const unsigned has = calls[c].has;
        refuse_matrix(&all, c, "X", &in, &in.X, true);
        if (has & TAKES_T)
            refuse_matrix(&all, c, "T", &in, &in.T.view, false);
        if (has & TAKES_U)
            refuse_matrix(&all, c, "U", &in, &in.U, false);
        if (has & TAKES_V)
            refuse_matrix(&all, c, "V", &in, &in.V, false);
        if (has & TAKES_D)
            refuse_matrix(&all, c, "D", &in, &in.D, false);
        if (has & TAKES_dT)
            refuse_matrix(&all, c, "dT", &in, &in.dT.view, false);
    }
    free_plan(&machine);
    free_all(&all);
}

static void refuse_result(struct all *all, size_t c, const char *what, struct made *out, out_t *its)
{
    const out_t right = *its;
    its->rows++;
    refuse(all, c, what, &all->given, out, BPB_ERR_SHAPE);
    *its = right;
    its->cols--;
    refuse(all, c, what, &all->given, out, BPB_ERR_SHAPE);
    *its = right;
    its->ld = 1;
    refuse(all, c, what, &all->given, out, BPB_ERR_STRIDE);
    *its = right;
}

static void derivatives__refuse_results_of_another_shape(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, all.B);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++) {
        struct made out = all.made;
        if (calls[c].has & MAKES_dX)
            refuse_result(&all, c, "dX", &out, &out.dX);
        if (calls[c].has & MAKES_Y) {
            refuse_result(&all, c, "Y", &out, &out.Y);
            refuse_result(&all, c, "dY", &out, &out.dY);
        }
        if (calls[c].has & MAKES_J)
            refuse_result(&all, c, "J", &out, &out.J);
    }
    free_plan(&machine);
    free_all(&all);
}

/* ---- Pointers ---- */

static void refuse_null(struct all *all, size_t c)
{
    struct given in = all->given;
    in.net = NULL;
    refuse(all, c, "no net", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.work = NULL;
    refuse(all, c, "no work", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.X.data = NULL;
    refuse(all, c, "no X", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.T.view.data = NULL;
    if (calls[c].has & TAKES_T)
        refuse(all, c, "no T", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.dT.view.data = NULL;
    if (calls[c].has & TAKES_dT)
        refuse(all, c, "no dT", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.v = NULL; // J v can do with V alone
    if (calls[c].has & TAKES_v && !(calls[c].has & TAKES_V))
        refuse(all, c, "no v", &in, &all->made, BPB_ERR_NULL);
    in.V.data = NULL;
    if (calls[c].has & TAKES_V)
        refuse(all, c, "neither v nor V", &in, &all->made, BPB_ERR_NULL);
    in = all->given;
    in.U.data = in.D.data = NULL; // <D_j, dy_j/dx_j> can do with one of them
    if (calls[c].has & (TAKES_U | TAKES_D))
        refuse(all, c, "no U, D", &in, &all->made, BPB_ERR_NULL);
}

/* Results that may not be left out. */
static void refuse_no_result(struct all *all, size_t c)
{
    struct made out = all->made;
    const unsigned has = calls[c].has;
    out.gradient = NULL; // dX alone is enough where it is made
    if (has & MAKES_G && !(has & MAKES_dX))
        refuse(all, c, "no gradient", &all->given, &out, BPB_ERR_NULL);
    out.dX.data = NULL;
    if (has & MAKES_dX)
        refuse(all, c, "neither gradient nor dX", &all->given, &out, BPB_ERR_NULL);
    out.dY.data = NULL;
    if (has & MAKES_Y)
        refuse(all, c, "no dY", &all->given, &out, BPB_ERR_NULL);
    out.J.data = NULL;
    if (has & MAKES_J)
        refuse(all, c, "no J", &all->given, &out, BPB_ERR_NULL);
}

static void derivatives__refuse_null(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, all.B);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++) {
        refuse_null(&all, c);
        refuse_no_result(&all, c);
    }
    free_plan(&machine);
    free_all(&all);
}

/* ---- Plans, options ---- */

static void derivatives__need_a_plan_that_has_room_for_them(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = make_machine(&small, &(bpb_plan_options){.batch = 6});
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++)
        if (calls[c].has & NEEDS_PLAN)
            refuse(&all, c, "a plan without derivatives", &all.given, &all.made, BPB_ERR_PLAN);
    free_machine(&machine);
    free_all(&all);
}

static void derivatives__refuse_more_columns_than_the_batch(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, 5);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++)
        refuse(&all, c, "more columns", &all.given, &all.made, BPB_ERR_BATCH);
    free_plan(&machine);
    free_all(&all);
}

/* Of another shape, and of other functions. */
static void derivatives__refuse_a_work_for_another_net(void **state)
{
    static const size_t others[] = {3, 5, 4, 2};
    (void)state;
    struct all all = make_all(&small, 6);
    bpb_net_options other[] = {small, small, small};
    other[0].sizes = others;
    other[1].hidden = BPB_SILU;
    other[2].loss = BPB_CROSS_ENTROPY;
    for (size_t i = 0; i < COUNT(other); i++) {
        struct machine machine =
            make_machine(&other[i], &(bpb_plan_options){.batch = 6, .derivatives = 1});
        struct given in = all.given;
        in.work = machine.work;
        for (size_t c = 0; c < COUNT(calls); c++)
            refuse(&all, c, "another net", &in, &all.made, BPB_ERR_MISMATCH);
        free_machine(&machine);
    }
    free_all(&all);
}

static void derivatives__refuse_options_out_of_range(void **state)
{
    static const double strengths[] = {-1, -INFINITY, INFINITY, NAN};
    enum { SOBOLEV = COUNT(calls) - 1 };
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, all.B);
    struct given in = all.given;
    in.work = machine.work;
    for (size_t i = 0; i < COUNT(strengths); i++) {
        in.strength = strengths[i];
        refuse(&all, SOBOLEV, "strength", &in, &all.made, BPB_ERR_OPTION);
    }
    in.strength = 0.5;
    in.dT.masked = 2;
    refuse(&all, SOBOLEV, "dT masked", &in, &all.made, BPB_ERR_OPTION);
    in.dT.masked = 0;
    in.T.masked = -1;
    for (size_t c = 0; c < COUNT(calls); c++)
        if (calls[c].has & TAKES_T)
            refuse(&all, c, "T masked", &in, &all.made, BPB_ERR_OPTION);
    free_plan(&machine);
    free_all(&all);
}

static void derivatives__refuse_what_is_no_class(void **state)
{
    const real labels[][4] = {
        {0, 1, 2, 0}, {0, -1, 0, 0}, {0, RC(0.5), 1, 1}, {(real)NAN, 0, 1, 1}};
    (void)state;
    bpb_net_options entropy = small;
    entropy.output = BPB_SOFTMAX;
    entropy.loss = BPB_CROSS_ENTROPY;
    struct all all = make_all(&entropy, 4);
    struct machine machine = plan_for(&all, all.B);
    struct given in = all.given;
    in.work = machine.work;
    for (size_t i = 0; i < COUNT(labels); i++)
        for (size_t c = 0; c < COUNT(calls); c++) {
            in.T = BPB(classes)(BPB(samples)(labels[i], 4, 1));
            if (calls[c].has & TAKES_T)
                refuse(&all, c, "a label", &in, &all.made, BPB_ERR_LABEL);
        }
    free_plan(&machine);
    free_all(&all);
}

/* What is not finite in one column: sums over the columns tell of it, and are written. */
static void derivatives__tell_of_what_is_not_finite(void **state)
{
    (void)state;
    struct all all = make_all(&small, 6);
    struct machine machine = plan_for(&all, all.B);
    real *X = make_reals(3 * 6);
    memcpy(X, all.given.X.data, 3 * 6 * sizeof *X);
    X[7] = (real)NAN;
    all.given.work = machine.work;
    all.given.X.data = X;
    for (size_t c = 0; c < COUNT(calls); c++) {
        spoil(&all);
        memset(all.results, 0, all.P * sizeof *all.results);
        const bpb_status status = calls[c].call(&all.given, &all.made);
        const bool sums = calls[c].has & (TAKES_T | MAKES_G);
        assert_status(c, "NaN", status, sums ? BPB_NONFINITE : BPB_OK);
        if (calls[c].has & MAKES_G)
            assert_true(isnan(all.results[0]));
    }
    free(X);
    free_plan(&machine);
    free_all(&all);
}

/* ---- Functions that lack a part ---- */

/* Which parts a caller's function has. */
enum { VJP = 1, JVP = 2, SECOND = 4 };

static activation_function_t product_with(unsigned parts)
{
    activation_function_t g = own_product;
    g.name = "partial";
    g.vjp = parts & VJP ? g.vjp : NULL;
    g.jvp = parts & JVP ? g.jvp : NULL;
    g.second = parts & SECOND ? g.second : NULL;
    return g;
}

static loss_function_t total_with(unsigned parts)
{
    loss_function_t loss = own_total;
    loss.name = "partial-loss";
    loss.gradient = parts & VJP ? loss.gradient : NULL;
    loss.second = parts & SECOND ? loss.second : NULL;
    return loss;
}

/* The parts each call needs: of hidden layers, of the output, of the loss. n_L < n_0: by rows. */
static const unsigned needs[COUNT(calls)][3] = {
    {VJP, VJP, VJP},                       // gradient
    {VJP, VJP, VJP},                       // gradient_x
    {VJP, VJP, 0},                         // vjp
    {JVP, JVP, 0},                         // jvp
    {VJP, VJP, 0},                         // jacobian
    {VJP | JVP | SECOND, VJP | JVP | SECOND, VJP | SECOND}, // hvp
    {VJP | JVP, VJP | JVP, SECOND},        // gnvp
    {VJP | JVP | SECOND, VJP | JVP | SECOND, 0}, // jacobian_vjp
    {VJP | JVP | SECOND, VJP | JVP | SECOND, VJP}, // sobolev
};

/* What a call says to a function with these parts, of which it needs those. */
static bpb_status wanted(unsigned needed, unsigned parts)
{
    const unsigned missing = needed & ~parts;
    return missing & VJP      ? BPB_ERR_NO_VJP
           : missing & JVP    ? BPB_ERR_NO_JVP
           : missing & SECOND ? BPB_ERR_NO_SECOND
                              : BPB_OK;
}

/* bpb_error names the function at a place. */
static void assert_named(size_t place)
{
    char name[64] = "the loss partial-loss ";
    if (place)
        snprintf(name, sizeof name, "the activation partial of layer %zu ", place);
    assert_non_null(strstr(bpb_error(), name));
}

/* The function of a place (1, 3: layers of the net; 0: its loss) has these parts alone. */
static void check_parts(size_t place, unsigned parts)
{
    struct all all = make_all(&small, 6);
    const activation_function_t g = product_with(parts);
    const loss_function_t loss = total_with(parts);
    assert_ok(place ? BPB(net_set_activation)(all.net, place, &g)
                    : BPB(net_set_loss)(all.net, &loss));
    struct machine machine = plan_for(&all, all.B);
    all.given.work = machine.work;
    for (size_t c = 0; c < COUNT(calls); c++) {
        const bpb_status want = wanted(needs[c][place == 1 ? 0 : place == 3 ? 1 : 2], parts);
        spoil(&all);
        assert_status(c, "parts of a function", calls[c].call(&all.given, &all.made), want);
        if (want < 0) {
            assert_untouched(&all);
            assert_named(place);
        }
    }
    free_plan(&machine);
    free_all(&all);
}

static void derivatives__refuse_functions_that_lack_what_they_need(void **state)
{
    (void)state;
    for (unsigned parts = 0; parts < 8; parts++) {
        check_parts(1, parts);
        check_parts(3, parts);
        if (!(parts & JVP))
            check_parts(0, parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives__refuse_matrices_of_another_shape),
        cmocka_unit_test(derivatives__refuse_results_of_another_shape),
        cmocka_unit_test(derivatives__refuse_null),
        cmocka_unit_test(derivatives__need_a_plan_that_has_room_for_them),
        cmocka_unit_test(derivatives__refuse_more_columns_than_the_batch),
        cmocka_unit_test(derivatives__refuse_a_work_for_another_net),
        cmocka_unit_test(derivatives__refuse_options_out_of_range),
        cmocka_unit_test(derivatives__refuse_what_is_no_class),
        cmocka_unit_test(derivatives__tell_of_what_is_not_finite),
        cmocka_unit_test(derivatives__refuse_functions_that_lack_what_they_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
