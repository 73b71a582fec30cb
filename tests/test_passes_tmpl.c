/* SPDX-License-Identifier: BSD-3-Clause */
/* The passes against an oracle, and the properties that the mathematics and the header promise. */
#include "support_tmpl.h"

/* ---- Against the oracle ---- */

struct shape {
    size_t L, n[ORACLE_LAYERS + 1], B;
};
static const struct shape shapes[] = {
    {1, {1, 1}, 1},
    {1, {70, 1}, 130},
    {1, {5, 70}, 120},
    {2, {1, 2, 1}, 2},
    {2, {7, 4, 3}, 10},
    {2, {33, 17, 10}, 64},
    {3, {4, 8, 16, 5}, 31},
    {3, {65, 32, 31, 4}, 65},
    {4, {1, 1, 1, 1, 1}, 7},
    {4, {3, 5, 2, 7, 2}, 17},
    {4, {70, 34, 33, 65, 36}, 13},
};

/* A net of one shape and its functions; softmax of a single unit is the constant 1, and so its
 * layers have two. */
struct setup {
    size_t n[ORACLE_LAYERS + 1];
    bpb_net_options options;
};

static void set_up(struct setup *setup, const struct shape *shape, bpb_activation hidden,
                   struct ending ending)
{
    for (size_t l = 0; l <= shape->L; l++) {
        const bpb_activation g = l == shape->L ? ending.output : hidden;
        const bool constant = l > 0 && g == BPB_SOFTMAX && shape->n[l] == 1;
        setup->n[l] = constant ? 2 : shape->n[l];
    }
    setup->options = (bpb_net_options){.sizes = setup->n,
                                       .n_sizes = shape->L + 1,
                                       .hidden = hidden,
                                       .output = ending.output,
                                       .loss = ending.loss};
}

/* A 3-layer net of mixed activations, for tests of one net. */
static const size_t mixed_units[] = {6, 9, 8, 5};
static const bpb_activation mixed_activations[] = {BPB_TANH, BPB_SOFTMAX, BPB_SIGMOID};
static const bpb_net_options mixed = {.sizes = mixed_units,
                                      .n_sizes = 4,
                                      .activations = mixed_activations,
                                      .loss = BPB_CROSS_ENTROPY};

/* Memory as it may come: of an output nothing may be read. */
static real *make_unset(size_t n)
{
    real *x = make_reals(n);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)NAN;
    return x;
}

static void check_forward(struct problem *problem)
{
    real *Y = make_unset(problem->n_out * problem->B);
    const out_t view = BPB(samples_out)(Y, problem->B, problem->n_out);
    assert_ok(BPB(forward)(problem->machine.net, problem->machine.work, inputs(problem), view));
    assert_outputs_close(problem, Y);
    free(Y);
}

static void check_loss(struct problem *problem)
{
    double E;
    assert_ok(BPB(loss)(problem->machine.net, problem->machine.work, inputs(problem),
                        BPB(values)(targets(problem)), &E));
    assert_number_close("loss", (long double)E, problem->E, problem->E, problem->tolerance);
}

static real *gradient_of(struct problem *problem, view_t X, view_t T, double *E)
{
    real *gradient = make_unset(problem->P);
    assert_ok(
        BPB(gradient)(problem->machine.net, problem->machine.work, X, BPB(values)(T), gradient, E));
    return gradient;
}

static void check_gradient(struct problem *problem)
{
    double E;
    real *gradient = gradient_of(problem, inputs(problem), targets(problem), &E);
    assert_gradient_close(problem, gradient);
    assert_number_close("loss", (long double)E, problem->E, problem->E, problem->tolerance);
    free(gradient);
}

/* theta against want; the rounding of a step goes with |theta| + eta |dtheta|. */
static void assert_stepped(const struct problem *problem, const char *what, const real *theta,
                           const long double *before, const long double *want, double eta)
{
    long double *got = widen(problem->P, theta), *scale = allocate(problem->P, sizeof *scale);
    for (size_t i = 0; i < problem->P; i++)
        scale[i] = fabsl(before[i]) + eta * problem->oracle.scale[i];
    assert_theta_close(&problem->oracle, what, got, want, scale, problem->tolerance);
    free(got);
    free(scale);
}

/* The net's parameters as drawn. */
static void restore(struct problem *problem, const long double *theta)
{
    for (size_t i = 0; i < problem->P; i++)
        BPB(net_theta)(problem->machine.net)[i] = (real)theta[i];
}

/* The oracle's step, and both ways to it. */
static void check_steps(struct problem *problem, const bpb_sgd_rule *rule)
{
    net_t *net = problem->machine.net;
    long double *before = widen(problem->P, BPB(net_ctheta)(net));
    real *gradient = gradient_of(problem, inputs(problem), targets(problem), NULL);
    double E;
    oracle_step(&problem->oracle, rule);
    assert_ok(sgd_by_optimiser(net, gradient, rule));
    assert_stepped(problem, "update", BPB(net_ctheta)(net), before, problem->oracle.theta,
                   rule->eta);
    long double *updated = widen(problem->P, BPB(net_ctheta)(net));
    restore(problem, before);
    assert_ok(BPB(sgd_step)(net, problem->machine.work, inputs(problem),
                            BPB(values)(targets(problem)), rule, &E));
    assert_stepped(problem, "step", BPB(net_ctheta)(net), before, problem->oracle.theta, rule->eta);
    assert_stepped(problem, "step, update", BPB(net_ctheta)(net), before, updated, rule->eta);
    assert_number_close("loss", (long double)E, problem->E, problem->E, problem->tolerance);
    free(before);
    free(gradient);
    free(updated);
}

static void check_passes(const bpb_net_options *options, size_t B, uint64_t seed)
{
    struct problem problem = make_problem(options, B, seed);
    const bpb_sgd_rule rule = {.eta = 1.5, .decay = 0.25, .decay_biases = (int)(seed % 2)};
    check_forward(&problem);
    check_loss(&problem);
    check_gradient(&problem);
    check_steps(&problem, &rule);
    free_problem(&problem);
}

static void passes__equal_the_oracle(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (size_t h = 0; h < (shapes[s].L > 1 ? COUNT(activations) : 1); h++)
            for (size_t e = 0; e < COUNT(endings); e++) {
                struct setup setup;
                set_up(&setup, &shapes[s], activations[h], endings[e]);
                check_passes(&setup.options, shapes[s].B, seed++);
            }
}

static void passes__equal_the_oracle_with_an_activation_for_each_layer(void **state)
{
    (void)state;
    check_passes(&mixed, 11, 1);
}

/* A large step makes W_2 another matrix: were D_1 taken from the new one, W_1 would show it. */
static void sgd_step__takes_every_delta_from_the_old_weights(void **state)
{
    (void)state;
    struct problem problem = make_problem(&mixed, 12, 3);
    check_steps(&problem, &(bpb_sgd_rule){.eta = 40, .decay = 0.02});
    free_problem(&problem);
}

static void sgd_step__keeps_the_loss_to_itself_when_it_is_not_wanted(void **state)
{
    (void)state;
    struct problem problem = make_problem(&mixed, 12, 4);
    net_t *net = problem.machine.net;
    const bpb_sgd_rule rule = {.eta = 0.5};
    double E;
    long double *before = widen(problem.P, BPB(net_ctheta)(net));
    real *stepped = make_reals(problem.P);
    assert_ok(BPB(sgd_step)(net, problem.machine.work, inputs(&problem),
                            BPB(values)(targets(&problem)), &rule, &E));
    memcpy(stepped, BPB(net_ctheta)(net), problem.P * sizeof *stepped);
    restore(&problem, before);
    assert_ok(BPB(sgd_step)(net, problem.machine.work, inputs(&problem),
                            BPB(values)(targets(&problem)), &rule, NULL));
    assert_same_bits(problem.P, BPB(net_ctheta)(net), stepped);
    free(before);
    free(stepped);
    free_problem(&problem);
}

/* ---- Views ---- */

/* A matrix in memory that is NaN wherever it has no entry. */
struct scattered {
    out_t view;
    real *memory;
    size_t *index, *row_index, length;
};

enum layout {
    LONG_COLUMNS,
    EVERY_SECOND,
    EVERY_THIRD_LONG,
    BY_ROWS,
    INDEXED,
    INDEXED_BY_ROWS,
    ROWS_INDEXED,
    BOTH_INDEXED,
    LAYOUTS
};

static real *entry(const struct scattered *matrix, size_t i, size_t j)
{
    const out_t V = matrix->view;
    const size_t row_stride = V.row_stride ? V.row_stride : 1;
    const size_t ld = V.ld ? V.ld : V.rows * row_stride;
    return V.data + (V.row_index ? V.row_index[i] : i) * row_stride +
           (V.index ? V.index[j] : j) * ld;
}

/* An index of n: every second of 2 n, backwards. */
static size_t *backwards(size_t n)
{
    size_t *index = allocate(n, sizeof *index);
    for (size_t j = 0; j < n; j++)
        index[j] = 2 * (n - 1 - j) + 1;
    return index;
}

static void lay_out(struct scattered *matrix, enum layout layout)
{
    out_t *V = &matrix->view;
    switch (layout) {
    case LONG_COLUMNS:
        V->ld = V->rows + 5;
        break;
    case EVERY_SECOND:
        V->row_stride = 2;
        break;
    case EVERY_THIRD_LONG:
        V->row_stride = 3;
        V->ld = 3 * V->rows + 5;
        break;
    case BY_ROWS:
    case INDEXED_BY_ROWS:
        V->row_stride = 2 * V->cols + 1;
        V->ld = 1;
        break;
    case ROWS_INDEXED:
    case BOTH_INDEXED:
        V->row_index = matrix->row_index = backwards(V->rows);
        V->ld = 2 * V->rows + 1;
        break;
    default:
        break;
    }
    if (layout == INDEXED || layout == INDEXED_BY_ROWS || layout == BOTH_INDEXED)
        V->index = matrix->index = backwards(V->cols);
}

/* values: NULL for an output. */
static struct scattered scatter(enum layout layout, size_t rows, size_t cols, const real *values)
{
    struct scattered matrix = {.length = 3 * (rows + 5) * (2 * cols + 5)};
    matrix.memory = make_unset(matrix.length);
    matrix.view = BPB(samples_out)(matrix.memory + 3, cols, rows); // an odd place
    lay_out(&matrix, layout);
    for (size_t j = 0; values && j < cols; j++)
        for (size_t i = 0; i < rows; i++)
            *entry(&matrix, i, j) = values[j * rows + i];
    return matrix;
}

static void free_scattered(struct scattered *matrix)
{
    free(matrix->memory);
    free(matrix->index);
    free(matrix->row_index);
}

/* The entries, packed; whatever else is in the memory has to be NaN still. */
static real *gather(const struct scattered *matrix)
{
    const size_t rows = matrix->view.rows, cols = matrix->view.cols;
    real *values = make_reals(rows * cols);
    size_t written = 0;
    for (size_t j = 0; j < cols; j++)
        for (size_t i = 0; i < rows; i++)
            values[j * rows + i] = *entry(matrix, i, j);
    for (size_t i = 0; i < matrix->length; i++)
        written += !isnan(matrix->memory[i]);
    assert_int_equal(written, rows * cols);
    return values;
}

static void check_views(struct problem *problem, enum layout of_X, enum layout of_T)
{
    net_t *net = problem->machine.net;
    work_t *work = problem->machine.work;
    struct scattered X = scatter(of_X, problem->n_in, problem->B, problem->X);
    struct scattered T = scatter(of_T, problem->n_out, problem->B, problem->T);
    struct scattered Y = scatter(of_T, problem->n_out, problem->B, NULL);
    double E;
    assert_ok(BPB(forward)(net, work, BPB(view_of)(X.view), Y.view));
    real *values = gather(&Y);
    assert_outputs_close(problem, values);
    real *gradient = gradient_of(problem, BPB(view_of)(X.view), BPB(view_of)(T.view), &E);
    assert_gradient_close(problem, gradient);
    free(values);
    free(gradient);
    free_scattered(&X);
    free_scattered(&T);
    free_scattered(&Y);
}

static void passes__take_any_view(void **state)
{
    (void)state;
    struct problem problem = make_problem(&mixed, 13, 5);
    for (enum layout of_X = LONG_COLUMNS; of_X < LAYOUTS; of_X++)
        for (enum layout of_T = LONG_COLUMNS; of_T < LAYOUTS; of_T++)
            check_views(&problem, of_X, of_T);
    free_problem(&problem);
}

/* ---- Scaling ---- */

struct scaling {
    double shift[16], factor[16];
};

static void draw_uniform(struct rng *rng, size_t n, double low, double high, double *x)
{
    for (size_t i = 0; i < n; i++) {
        real one;
        fill_uniform(rng, 1, low, high, &one);
        x[i] = (double)one;
    }
}

static void draw_scaling(struct rng *rng, struct scaling *scaling)
{
    draw_uniform(rng, 16, -2, 2, scaling->shift);
    draw_uniform(rng, 16, 0.5, 3, scaling->factor);
}

/* wide = (x - shift) * factor, or (x - shift) / factor, of n rows */
static void apply_scaling(const struct scaling *scaling, bool divide, size_t n, size_t count,
                          const real *x, long double *wide)
{
    for (size_t i = 0; i < count; i++) {
        const long double factor = (long double)scaling->factor[i % n];
        const long double from_shift = (long double)x[i] - (long double)scaling->shift[i % n];
        wide[i] = divide ? from_shift / factor : from_shift * factor;
    }
}

/* A problem in the caller's units: the oracle gets what the net has to make of them. */
static struct problem make_scaled(struct scaling *in, struct scaling *out)
{
    struct problem problem = make_problem(&mixed, 14, 6);
    struct rng rng = {7};
    const size_t n_in = problem.n_in, n_out = problem.n_out, B = problem.B;
    draw_scaling(&rng, in);
    draw_scaling(&rng, out);
    for (size_t i = 0; i < n_out * B; i++)
        problem.T[i] = (real)out->shift[i % n_out] + (real)out->factor[i % n_out] * problem.T[i];
    apply_scaling(in, false, n_in, n_in * B, problem.X, problem.wide_X);
    apply_scaling(out, true, n_out, n_out * B, problem.T, problem.wide_T);
    run_oracle(&problem);
    assert_ok(BPB(net_set_scaling)(problem.machine.net, BPB_INPUTS, in->shift, in->factor));
    assert_ok(BPB(net_set_scaling)(problem.machine.net, BPB_OUTPUTS, out->shift, out->factor));
    return problem;
}

static void passes__scale_inputs_and_outputs(void **state)
{
    (void)state;
    struct scaling in, out;
    struct problem problem = make_scaled(&in, &out);
    check_loss(&problem);
    check_gradient(&problem);
    for (size_t i = 0; i < problem.n_out * problem.B; i++) {
        const size_t row = i % problem.n_out;
        problem.wide_Y[i] =
            (long double)out.shift[row] + (long double)out.factor[row] * problem.wide_Y[i];
    }
    check_forward(&problem);
    check_views(&problem, EVERY_SECOND, INDEXED);
    check_steps(&problem, &(bpb_sgd_rule){.eta = 0.7});
    free_problem(&problem);
}

/* ---- Properties ---- */

/* gradient(batch) = sum over parts of (columns of the part) / B * gradient(part) */
static void gradient__of_a_batch_is_the_weighted_mean_of_its_parts(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 1, 8, 24, 45};
    struct problem problem = make_problem(&mixed, 45, 8);
    long double *mean = allocate(problem.P, sizeof *mean), E = 0;
    for (size_t c = 0; c + 1 < COUNT(cuts); c++) {
        const size_t first = cuts[c], count = cuts[c + 1] - first;
        double part;
        real *gradient = gradient_of(&problem, BPB(columns)(inputs(&problem), first, count),
                                     BPB(columns)(targets(&problem), first, count), &part);
        for (size_t i = 0; i < problem.P; i++)
            mean[i] += (long double)gradient[i] * count / problem.B;
        E += (long double)part * count / problem.B;
        free(gradient);
    }
    assert_theta_close(&problem.oracle, "mean", mean, problem.oracle.gradient, problem.oracle.scale,
                       problem.tolerance);
    assert_number_close("loss", E, problem.E, problem.E, problem.tolerance);
    free(mean);
    free_problem(&problem);
}

static void passes__of_permuted_columns_are_permuted(void **state)
{
    (void)state;
    struct problem problem = make_problem(&mixed, 40, 9);
    struct rng rng = {10};
    size_t *order = allocate(problem.B, sizeof *order);
    real *Y = make_reals(problem.n_out * problem.B);
    rng_permutation(&rng, problem.B, order);
    view_t X = inputs(&problem), T = targets(&problem);
    X.index = T.index = order;
    // Y's column order[j] is that of X's column order[j]
    out_t view = BPB(samples_out)(Y, problem.B, problem.n_out);
    view.index = order;
    assert_ok(BPB(forward)(problem.machine.net, problem.machine.work, X, view));
    assert_outputs_close(&problem, Y);
    real *gradient = gradient_of(&problem, X, T, NULL);
    assert_gradient_close(&problem, gradient);
    free(order);
    free(Y);
    free(gradient);
    free_problem(&problem);
}

/* C = A B, A m x k, B k x n; to be freed */
static long double *product(size_t m, size_t k, size_t n, const long double *A,
                            const long double *B)
{
    long double *C = allocate(m * n, sizeof *C);
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < k; l++)
            for (size_t i = 0; i < m; i++)
                C[j * m + i] += A[l * m + i] * B[j * k + l];
    return C;
}

/* Y = W_3 (W_2 (W_1 X)) = (W_3 W_2 W_1) X, without biases */
static void forward__of_identities_is_one_product(void **state)
{
    (void)state;
    const size_t n[] = {12, 20, 7, 5};
    struct problem problem = make_problem(
        &(bpb_net_options){
            .sizes = n, .n_sizes = 4, .hidden = BPB_IDENTITY, .output = BPB_IDENTITY},
        9, 11);
    const struct oracle *oracle = &problem.oracle;
    for (size_t l = 1; l <= 3; l++) {
        memset(BPB(net_b)(problem.machine.net, BPB(net_theta)(problem.machine.net), l).data, 0,
               n[l] * sizeof(real));
    }
    long double *W21 = product(n[2], n[1], n[0], oracle->W[2], oracle->W[1]);
    long double *W321 = product(n[3], n[2], n[0], oracle->W[3], W21);
    long double *Y = product(n[3], n[0], problem.B, W321, problem.wide_X);
    memcpy(problem.wide_Y, Y, n[3] * problem.B * sizeof *Y);
    check_forward(&problem);
    free(W21);
    free(W321);
    free(Y);
    free_problem(&problem);
}

/* Not only equal to the oracle, which uses the full Jacobian, but far from its diagonal. */
static void gradient__of_softmax_and_squared_loss_uses_the_full_jacobian(void **state)
{
    (void)state;
    const size_t n[] = {4, 6, 5};
    struct problem problem = make_problem(
        &(bpb_net_options){.sizes = n, .n_sizes = 3, .hidden = BPB_TANH, .output = BPB_SOFTMAX}, 10,
        12);
    struct oracle *oracle = &problem.oracle;
    real *gradient = gradient_of(&problem, inputs(&problem), targets(&problem), NULL);
    assert_gradient_close(&problem, gradient);
    oracle->diagonal = true;
    run_oracle(&problem);
    long double apart = 0;
    for (size_t i = 0; i < problem.P; i++)
        apart = fmaxl(apart, fabsl((long double)gradient[i] - oracle->gradient[i]));
    assert_true(apart > 0.05L * largest(problem.P, oracle->gradient));
    free(gradient);
    free_problem(&problem);
}

static void gradient__through_a_softmax_of_one_unit_is_zero(void **state)
{
    (void)state;
    const size_t n[] = {3, 1, 2};
    struct machine machine = make_machine(
        &(bpb_net_options){.sizes = n, .n_sizes = 3, .hidden = BPB_SOFTMAX, .seed = 1}, NULL);
    const real x[] = {RC(0.5), -1, 2}, t[] = {1, 0};
    real gradient[8];
    assert_ok(BPB(gradient)(machine.net, machine.work, BPB(samples)(x, 1, 3),
                            BPB(values)(BPB(samples)(t, 1, 2)), gradient, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_true(gradient[i] == 0);
    for (size_t i = 4; i < 8; i++)
        assert_true(gradient[i] != 0);
    free_machine(&machine);
}

/* ---- Cross-entropy far out ---- */

/* Z = X: one layer of n units with W = I, b = 0. */
static struct machine make_transparent(size_t n, bpb_activation output, bpb_loss_kind loss)
{
    const size_t units[] = {n, n};
    struct machine machine = make_machine(
        &(bpb_net_options){
            .sizes = units, .n_sizes = 2, .output = output, .loss = loss, .init = BPB_INIT_ZERO},
        NULL);
    const out_t W = BPB(net_W)(machine.net, BPB(net_theta)(machine.net), 1);
    for (size_t i = 0; i < n; i++)
        W.data[i * n + i] = 1;
    return machine;
}

/* Of one column z with target t: e, and D = db. */
static void check_limit(bpb_activation output, size_t n, const real *z, const real *t, double e,
                        const real *D)
{
    struct machine machine = make_transparent(n, output, BPB_CROSS_ENTROPY);
    real *gradient = make_unset((n + 1) * n);
    double E = -1, only_loss = -1;
    bpb_score score;
    assert_ok(BPB(gradient)(machine.net, machine.work, BPB(samples)(z, 1, n),
                            BPB(values)(BPB(samples)(t, 1, n)), gradient, &E));
    assert_ok(BPB(loss)(machine.net, machine.work, BPB(samples)(z, 1, n),
                        BPB(values)(BPB(samples)(t, 1, n)), &only_loss));
    assert_ok(BPB(evaluate)(machine.net, BPB(samples)(z, 1, n), BPB(values)(BPB(samples)(t, 1, n)),
                            &score, NULL));
    assert_true(E == e && only_loss == e && score.loss == e);
    for (size_t i = 0; i < n; i++) {
        assert_true(gradient[n * n + i] == D[i]);
        for (size_t k = 0; k < n; k++) // dW = D x^T
            assert_true(gradient[k * n + i] == D[i] * z[k]);
    }
    free(gradient);
    free_machine(&machine);
}

/* e = ln(1 + exp(-z)) for t = 1 tends to -z or 0; D = a - t */
static void cross_entropy__of_sigmoid_at_large_logits_has_its_limits(void **state)
{
    (void)state;
    const real z[] = {10000, 10000, 10000, -10000, -10000, -10000};
    const real t[] = {1, 0, RC(0.25), 1, 0, RC(0.25)};
    const real D[] = {0, 1, RC(0.75), -1, 0, -RC(0.25)};
    check_limit(BPB_SIGMOID, 6, z, t, 10000 + 7500 + 10000 + 2500, D);
}

/* e = sum t_i (max z - z_i), D = (1 for the largest) - t */
static void cross_entropy__of_softmax_at_large_logits_has_its_limits(void **state)
{
    (void)state;
    const real z[] = {-10000, 10000, 0};
    const real likely[] = {0, 1, 0}, unlikely[] = {1, 0, 0},
               spread[] = {RC(0.5), RC(0.25), RC(0.25)};
    const real D_likely[] = {0, 0, 0}, D_unlikely[] = {-1, 1, 0};
    const real D_spread[] = {-RC(0.5), RC(0.75), -RC(0.25)};
    check_limit(BPB_SOFTMAX, 3, z, likely, 0, D_likely);
    check_limit(BPB_SOFTMAX, 3, z, unlikely, 20000, D_unlikely);
    check_limit(BPB_SOFTMAX, 3, z, spread, 10000 + 2500, D_spread);
}

/* ---- Predict: the same bits however the data are cut ---- */

/* Nets whose products have odd sizes, and one longer than the blocks of a BLAS kernel. */
static const struct bits_case {
    size_t L, n[4];
    bpb_activation hidden, output;
} bits_cases[] = {
    {1, {1, 1}, BPB_SIGMOID, BPB_SIGMOID},       {1, {70, 3}, BPB_SIGMOID, BPB_IDENTITY},
    {2, {5, 17, 1}, BPB_TANH, BPB_SIGMOID},      {2, {29, 31, 10}, BPB_RELU, BPB_SOFTMAX},
    {3, {13, 70, 37, 4}, BPB_SOFTMAX, BPB_TANH}, {1, {784, 10}, BPB_SIGMOID, BPB_SOFTMAX},
    {2, {37, 130, 9}, BPB_TANH, BPB_IDENTITY},
};
enum { COLUMNS = 300 };

/* A net, inputs, and what it makes of them as a whole. */
struct whole {
    struct machine machine;
    bpb_net_options options;
    size_t n_in, n_out;
    real *X, *Y;
};

static view_t whole_inputs(const struct whole *whole)
{
    return BPB(samples)(whole->X, COLUMNS, whole->n_in);
}

static struct whole make_whole(const struct bits_case *bits_case)
{
    struct whole whole = {.n_in = bits_case->n[0], .n_out = bits_case->n[bits_case->L]};
    whole.options = (bpb_net_options){.sizes = bits_case->n,
                                      .n_sizes = bits_case->L + 1,
                                      .hidden = bits_case->hidden,
                                      .output = bits_case->output,
                                      .seed = 1};
    whole.machine = make_machine(&whole.options, NULL);
    whole.X = make_reals(whole.n_in * COLUMNS);
    whole.Y = make_reals(whole.n_out * COLUMNS);
    struct rng rng = {13};
    fill_uniform(&rng, whole.n_in * COLUMNS, -1, 1, whole.X);
    assert_ok(BPB(predict)(whole.machine.net, whole_inputs(&whole),
                           BPB(samples_out)(whole.Y, COLUMNS, whole.n_out), NULL));
    return whole;
}

static void free_whole(struct whole *whole)
{
    free(whole->X);
    free(whole->Y);
    free_machine(&whole->machine);
}

/* Predict columns first .. first+count-1 on their own into the same place of Y. */
static void predict_part(const struct whole *whole, work_t *work, size_t first, size_t count,
                         real *Y)
{
    const view_t X = BPB(columns)(whole_inputs(whole), first, count);
    assert_ok(BPB(predict_with)(whole->machine.net, work, X,
                                BPB(samples_out)(Y + first * whole->n_out, count, whole->n_out),
                                NULL));
}

/* Cut the first columns into at most 70 blocks of that size, or 0: of random sizes. */
static void check_blocks(const struct whole *whole, size_t block, struct rng *rng)
{
    real *Y = make_unset(whole->n_out * COLUMNS);
    size_t first = 0;
    for (size_t blocks = 0; first < COLUMNS && blocks < 70; blocks++) {
        const size_t wanted = block ? block : rng_between(rng, 1, 90), left = COLUMNS - first;
        const size_t count = wanted < left ? wanted : left;
        predict_part(whole, whole->machine.work, first, count, Y);
        first += count;
    }
    assert_same_bits(whole->n_out * first, Y, whole->Y);
    free(Y);
}

static void predict__gives_the_same_bits_for_any_cut(void **state)
{
    (void)state;
    static const size_t blocks[] = {1, 7, 64, 200, 0, 0, 0};
    struct rng rng = {14};
    for (size_t c = 0; c < COUNT(bits_cases); c++) {
        struct whole whole = make_whole(&bits_cases[c]);
        for (size_t b = 0; b < COUNT(blocks); b++)
            check_blocks(&whole, blocks[b], &rng);
        free_whole(&whole);
    }
}

static void predict__gives_the_same_bits_with_a_plan_of_any_batch(void **state)
{
    (void)state;
    struct whole whole = make_whole(&bits_cases[3]);
    for (size_t batch = 1; batch <= 200; batch++) {
        real *Y = make_unset(whole.n_out * COLUMNS);
        struct machine machine = make_machine(&whole.options, &(bpb_plan_options){.batch = batch});
        predict_part(&whole, machine.work, 0, COLUMNS, Y);
        assert_same_bits(whole.n_out * COLUMNS, Y, whole.Y);
        free(Y);
        free_machine(&machine);
    }
    free_whole(&whole);
}

static void predict__gives_a_column_the_same_bits_among_any_others(void **state)
{
    (void)state;
    struct rng rng = {15};
    struct whole whole = make_whole(&bits_cases[4]);
    real *others = make_reals(whole.n_in * 70), *Y = make_reals(whole.n_out * 70);
    for (size_t place = 0; place < 70; place++) {
        fill_uniform(&rng, whole.n_in * 70, -1e6, 1e6, others);
        memcpy(others + place * whole.n_in, whole.X + place * whole.n_in,
               whole.n_in * sizeof *others);
        assert_ok(BPB(predict)(whole.machine.net, BPB(samples)(others, 70, whole.n_in),
                               BPB(samples_out)(Y, 70, whole.n_out), NULL));
        assert_same_bits(whole.n_out, Y + place * whole.n_out, whole.Y + place * whole.n_out);
    }
    free(others);
    free(Y);
    free_whole(&whole);
}

/* Into a view of Y like X's, whole and then only its columns from 99 on. */
static void check_layout(const struct whole *whole, enum layout layout)
{
    struct scattered X = scatter(layout, whole->n_in, COLUMNS, whole->X);
    struct scattered Y = scatter(layout, whole->n_out, COLUMNS, NULL);
    const view_t view = BPB(view_of)(X.view);
    assert_ok(BPB(predict_with)(whole->machine.net, whole->machine.work, view, Y.view, NULL));
    real *values = gather(&Y);
    assert_same_bits(whole->n_out * COLUMNS, values, whole->Y);
    memset(values, 0xff, whole->n_out * 50 * sizeof *values);
    assert_ok(BPB(predict_with)(whole->machine.net, whole->machine.work, BPB(columns)(view, 99, 50),
                                BPB(samples_out)(values, 50, whole->n_out), NULL));
    assert_same_bits(whole->n_out * 50, values, whole->Y + 99 * whole->n_out);
    free(values);
    free_scattered(&X);
    free_scattered(&Y);
}

static void predict__gives_the_same_bits_for_any_view(void **state)
{
    (void)state;
    struct whole whole = make_whole(&bits_cases[3]);
    for (enum layout layout = LONG_COLUMNS; layout < LAYOUTS; layout++)
        check_layout(&whole, layout);
    free_whole(&whole);
}

/* Inputs only read may stand for several rows and columns. */
static void predict__reads_rows_and_columns_more_than_once(void **state)
{
    (void)state;
    const size_t n[] = {3, 2}, rows[] = {1, 0, 1}, cols[] = {1, 1, 0, 1};
    const real data[] = {1, 2, /**/ 3, 4}, same[] = {4, 3, 4, 4, 3, 4, 2, 1, 2, 4, 3, 4};
    struct machine machine = make_machine(&(bpb_net_options){.sizes = n, .n_sizes = 2}, NULL);
    const view_t X = {
        .data = data, .rows = 3, .cols = 4, .ld = 2, .index = cols, .row_index = rows};
    real Y[8], want[8];
    assert_ok(BPB(predict)(machine.net, X, BPB(samples_out)(Y, 4, 2), NULL));
    assert_ok(
        BPB(predict)(machine.net, BPB(samples)(same, 4, 3), BPB(samples_out)(want, 4, 2), NULL));
    assert_same_bits(8, Y, want);
    assert_true(Y[0] != Y[4] && Y[0] == Y[2]);
    free_machine(&machine);
}

/* Predict by a plan of that kind, against the oracle. */
static void check_predict(struct problem *problem, int unpadded, size_t batch)
{
    const bpb_plan_options options = {.batch = batch, .unpadded = unpadded};
    plan_t *plan = NULL;
    work_t *work = NULL;
    assert_ok(BPB(plan_create)(&plan, problem->machine.net, &options));
    assert_ok(BPB(work_create)(&work, plan));
    real *Y = make_unset(problem->n_out * problem->B);
    bpb_score score;
    assert_ok(BPB(predict_with)(problem->machine.net, work, inputs(problem),
                                BPB(samples_out)(Y, problem->B, problem->n_out), NULL));
    assert_ok(BPB(evaluate_with)(problem->machine.net, work, inputs(problem),
                                 BPB(values)(targets(problem)), &score));
    assert_outputs_close(problem, Y);
    assert_number_close("loss", (long double)score.loss, problem->E, problem->E,
                        problem->tolerance);
    free(Y);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
}

static void predict__equals_the_oracle(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 7, 64, 130, 200};
    for (size_t e = 0; e < COUNT(endings); e++) {
        struct setup setup;
        set_up(&setup, &shapes[5], activations[e % COUNT(activations)], endings[e]);
        struct problem problem = make_problem(&setup.options, 150, 16 + e);
        for (size_t b = 0; b < COUNT(batches); b++) {
            check_predict(&problem, 0, batches[b]);
            check_predict(&problem, 1, batches[b]);
        }
        free_problem(&problem);
    }
}

static void predict__scales_inputs_and_outputs(void **state)
{
    (void)state;
    struct scaling in, out;
    struct problem problem = make_scaled(&in, &out);
    bpb_score score;
    real *Y = make_reals(problem.n_out * problem.B), *alone = make_reals(problem.n_out * problem.B);
    assert_ok(BPB(evaluate)(problem.machine.net, inputs(&problem), BPB(values)(targets(&problem)),
                            &score, NULL));
    assert_number_close("loss", (long double)score.loss, problem.E, problem.E, problem.tolerance);
    assert_ok(BPB(predict)(problem.machine.net, inputs(&problem),
                           BPB(samples_out)(Y, problem.B, problem.n_out), NULL));
    for (size_t j = 0; j < problem.B; j++)
        assert_ok(BPB(predict)(problem.machine.net, BPB(columns)(inputs(&problem), j, 1),
                               BPB(samples_out)(alone + j * problem.n_out, 1, problem.n_out),
                               NULL));
    assert_same_bits(problem.n_out * problem.B, Y, alone);
    for (size_t i = 0; i < problem.n_out * problem.B; i++)
        Y[i] = (Y[i] - (real)out.shift[i % problem.n_out]) / (real)out.factor[i % problem.n_out];
    problem.tolerance *= 16; // the shift has taken some digits
    assert_outputs_close(&problem, Y);
    free(Y);
    free(alone);
    free_problem(&problem);
}

/* ---- Predict: columns that are not finite ---- */

static void predict__flags_the_columns_that_are_not_finite_and_spoils_no_other(void **state)
{
    (void)state;
    static const size_t spoilt[] = {0, 5, 63, 64, 130, COLUMNS - 1};
    struct whole whole = make_whole(&bits_cases[1]);
    real *Y = make_reals(whole.n_out * COLUMNS);
    unsigned char flags[COLUMNS], expected[COLUMNS] = {0};
    for (size_t s = 0; s < COUNT(spoilt); s++) {
        whole.X[spoilt[s] * whole.n_in + s] = s % 2 ? (real)INFINITY : (real)NAN;
        expected[spoilt[s]] = 1;
    }
    assert_int_equal(BPB(predict_with)(whole.machine.net, whole.machine.work, whole_inputs(&whole),
                                       BPB(samples_out)(Y, COLUMNS, whole.n_out), flags),
                     BPB_NONFINITE);
    assert_memory_equal(flags, expected, COLUMNS);
    for (size_t j = 0; j < COLUMNS; j++)
        if (!expected[j])
            assert_same_bits(whole.n_out, Y + j * whole.n_out, whole.Y + j * whole.n_out);
    free(Y);
    free_whole(&whole);
}

static void predict__clears_the_flags_of_finite_columns(void **state)
{
    (void)state;
    struct whole whole = make_whole(&bits_cases[2]);
    real *Y = make_reals(whole.n_out * COLUMNS);
    unsigned char flags[COLUMNS], expected[COLUMNS] = {0};
    memset(flags, 0xff, sizeof flags);
    assert_ok(BPB(predict_with)(whole.machine.net, whole.machine.work, whole_inputs(&whole),
                                BPB(samples_out)(Y, COLUMNS, whole.n_out), flags));
    assert_memory_equal(flags, expected, COLUMNS);
    free(Y);
    free_whole(&whole);
}

/* A NaN in the second of three columns, through that activation and those passes. */
static void check_nan(bpb_activation hidden, bpb_activation output)
{
    const size_t n[] = {2, 3, 2};
    struct machine machine = make_machine(
        &(bpb_net_options){.sizes = n, .n_sizes = 3, .hidden = hidden, .output = output}, NULL);
    const real X[] = {1, 2, 3, (real)NAN, 5, 6}, T[6] = {0};
    real Y[6], gradient[17];
    const out_t view = BPB(samples_out)(Y, 3, 2);
    double E = 0;
    for (int by_panels = 0; by_panels <= 1; by_panels++) {
        assert_int_equal(by_panels
                             ? BPB(predict)(machine.net, BPB(samples)(X, 3, 2), view, NULL)
                             : BPB(forward)(machine.net, machine.work, BPB(samples)(X, 3, 2), view),
                         by_panels ? BPB_NONFINITE : BPB_OK);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(isnan(Y[i]) != 0, i / 2 == 1);
    }
    assert_int_equal(BPB(loss)(machine.net, machine.work, BPB(samples)(X, 3, 2),
                               BPB(values)(BPB(samples)(T, 3, 2)), &E),
                     BPB_NONFINITE);
    assert_true(isnan(E));
    assert_int_equal(BPB(gradient)(machine.net, machine.work, BPB(samples)(X, 3, 2),
                                   BPB(values)(BPB(samples)(T, 3, 2)), gradient, NULL),
                     BPB_NONFINITE);
    assert_int_equal(BPB(find_nonfinite)(BPB(samples)(gradient, 1, 17), NULL), BPB_NONFINITE);
    free_machine(&machine);
}

static void passes__keep_a_nan_in_its_column_through_every_activation(void **state)
{
    (void)state;
    for (size_t h = 0; h < COUNT(activations); h++)
        for (size_t g = 0; g < COUNT(activations); g++)
            check_nan(activations[h], activations[g]);
}

static void sgd_step__leaves_the_net_alone_where_the_loss_is_not_finite(void **state)
{
    (void)state;
    struct problem problem = make_problem(&mixed, 5, 17);
    net_t *net = problem.machine.net;
    double E = 0, *wanted[] = {&E, NULL};
    real *before = make_reals(problem.P);
    memcpy(before, BPB(net_ctheta)(net), problem.P * sizeof *before);
    problem.X[7] = (real)NAN;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_int_equal(BPB(sgd_step)(net, problem.machine.work, inputs(&problem),
                                       BPB(values)(targets(&problem)), &(bpb_sgd_rule){.eta = 1},
                                       wanted[i]),
                         BPB_NONFINITE);
        assert_same_bits(problem.P, BPB(net_ctheta)(net), before);
    }
    assert_true(isnan(E));
    free(before);
    free_problem(&problem);
}

/* ---- Evaluate ---- */

/* The loss of a whole is the sum of its columns', in their order, over their number. */
static void check_evaluate_cuts(const struct whole *whole, const real *T_data)
{
    enum { B = 75 };
    const view_t X = BPB(columns)(whole_inputs(whole), 0, B),
                 T = BPB(samples)(T_data, B, whole->n_out);
    bpb_score all, one;
    double sum = 0;
    size_t correct = 0;
    assert_ok(BPB(evaluate)(whole->machine.net, X, BPB(classes)(T), &all, NULL));
    for (size_t j = 0; j < B; j++) {
        assert_ok(BPB(evaluate_with)(whole->machine.net, whole->machine.work, BPB(columns)(X, j, 1),
                                     BPB(classes)(BPB(columns)(T, j, 1)), &one));
        assert_int_equal(one.columns, 1);
        sum += one.loss;
        correct += one.correct;
    }
    assert_true(all.loss > 0 && all.loss == sum / B);
    assert_int_equal(all.correct, correct);
    assert_int_equal(all.columns, B);
    assert_true(all.accuracy == (double)correct / B);
    assert_true(!all.has_accuracy || (correct > 0 && correct < B));
}

static void evaluate__gives_the_same_bits_for_any_cut(void **state)
{
    (void)state;
    struct rng rng = {18};
    for (size_t c = 0; c < COUNT(bits_cases); c++) {
        struct whole whole = make_whole(&bits_cases[c]);
        real *T = make_reals(whole.n_out * COLUMNS);
        fill_uniform(&rng, whole.n_out * COLUMNS, 0, 1, T);
        check_evaluate_cuts(&whole, T);
        free(T);
        free_whole(&whole);
    }
}

static void evaluate__gives_the_same_bits_with_a_plan_of_any_batch(void **state)
{
    (void)state;
    struct whole whole = make_whole(&bits_cases[3]);
    const view_t X = whole_inputs(&whole), T = BPB(samples)(whole.Y, COLUMNS, whole.n_out);
    bpb_score want, got;
    whole.options.seed = 2;
    assert_ok(BPB(net_init)(whole.machine.net, BPB_INIT_SCALED, 2));
    assert_ok(BPB(evaluate)(whole.machine.net, X, BPB(classes)(T), &want, NULL));
    assert_true(want.loss > 0);
    for (size_t batch = 1; batch <= 200; batch += 9) {
        struct machine machine = make_machine(&whole.options, &(bpb_plan_options){.batch = batch});
        assert_ok(BPB(evaluate_with)(machine.net, machine.work, X, BPB(classes)(T), &got));
        assert_true(got.loss == want.loss && got.correct == want.correct);
        free_machine(&machine);
    }
    free_whole(&whole);
}

/* The score of B columns Z = X of a transparent net. */
static bpb_score score_of(bpb_activation output, size_t n, size_t B, const real *Z, const real *T,
                          bpb_status status)
{
    struct machine machine = make_transparent(n, output, BPB_SQUARED);
    bpb_score score;
    assert_int_equal(BPB(evaluate)(machine.net, BPB(samples)(Z, B, n),
                                   BPB(classes)(BPB(samples)(T, B, n)), &score, NULL),
                     status);
    free_machine(&machine);
    return score;
}

/* Only the fourth column is wrong; by the highest index the first, second and sixth would be. */
static void evaluate__takes_the_lowest_index_of_equal_outputs(void **state)
{
    (void)state;
    const real Z[] = {1,      1, 0, /**/ 0, 2, 2, /**/ 3, 3, 3,
                      /**/ 1, 1, 0, /**/ 0, 1, 2, /**/ 0, 1, 0};
    const real T[] = {1,      0, 0, /**/ 0, 1, 0, /**/ 5, 5, 5,
                      /**/ 0, 1, 0, /**/ 0, 0, 1, /**/ 0, 2, 2};
    const bpb_score score = score_of(BPB_IDENTITY, 3, 6, Z, T, BPB_OK);
    assert_int_equal(score.correct, 5);
    assert_int_equal(score.has_accuracy, 1);
    assert_true(score.accuracy == 5.0 / 6);
}

/* sigmoid(0) = 0.5 is not above the threshold, nor is a target of 0.5: the last one is wrong. */
static void evaluate__splits_one_sigmoid_at_a_half(void **state)
{
    (void)state;
    const real Z[] = {1, -1, 0, RC(0.001), 2}, T[] = {1, 0, 0, RC(0.6), RC(0.5)};
    const bpb_score score = score_of(BPB_SIGMOID, 1, 5, Z, T, BPB_OK);
    assert_int_equal(score.correct, 4);
    assert_int_equal(score.has_accuracy, 1);
}

static void evaluate__has_no_accuracy_for_values(void **state)
{
    (void)state;
    const real Z[] = {1, 0, 0, 1}, T[] = {1, 0, 0, 1};
    for (size_t g = 0; g < COUNT(activations); g++)
        for (size_t n = 1; n <= 2; n++) {
            struct machine machine = make_transparent(n, activations[g], BPB_SQUARED);
            const view_t X = BPB(samples)(Z, 4 / n, n), targets = BPB(samples)(T, 4 / n, n);
            bpb_score score;
            assert_ok(BPB(evaluate)(machine.net, X, BPB(values)(targets), &score, NULL));
            assert_true(score.has_accuracy == 0 && score.accuracy == 0 && score.correct == 0);
            assert_int_equal(score.columns, 4 / n);
            free_machine(&machine);
        }
}

static size_t argmax(size_t n, const long double *x)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

/* Of A_L and (T - shift) / factor, the oracle's outputs and targets; the shifts of the caller's
 * units would make other rows the largest. */
static void evaluate__judges_in_the_units_of_the_net(void **state)
{
    (void)state;
    struct scaling in, out;
    struct problem problem = make_scaled(&in, &out);
    const size_t n = problem.n_out;
    bpb_score score;
    size_t correct = 0;
    for (size_t j = 0; j < problem.B; j++)
        correct += argmax(n, problem.wide_Y + j * n) == argmax(n, problem.wide_T + j * n);
    assert_ok(BPB(evaluate)(problem.machine.net, inputs(&problem), BPB(classes)(targets(&problem)),
                            &score, NULL));
    assert_true(correct > 0 && correct < problem.B);
    assert_int_equal(score.correct, correct);
    free_problem(&problem);
}

/* Column 1 has a NaN among its outputs, column 2 an infinite loss; both would else be right. */
static void evaluate__counts_a_column_that_is_not_finite_as_wrong(void **state)
{
    (void)state;
    const real Z[] = {1, 0, /**/ 2, (real)NAN, /**/ 1, 0, /**/ 0, 3, /**/ 3, 0};
    const real T[] = {1, 0, /**/ 1, 0, /**/ 1, (real)-INFINITY, /**/ 0, 1, /**/ 0, 1};
    const bpb_score score = score_of(BPB_IDENTITY, 2, 5, Z, T, BPB_NONFINITE);
    assert_int_equal(score.nonfinite, 2);
    assert_int_equal(score.correct, 2);
    assert_false(isfinite(score.loss));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes__equal_the_oracle),
        cmocka_unit_test(passes__equal_the_oracle_with_an_activation_for_each_layer),
        cmocka_unit_test(sgd_step__takes_every_delta_from_the_old_weights),
        cmocka_unit_test(sgd_step__keeps_the_loss_to_itself_when_it_is_not_wanted),
        cmocka_unit_test(passes__take_any_view),
        cmocka_unit_test(passes__scale_inputs_and_outputs),
        cmocka_unit_test(gradient__of_a_batch_is_the_weighted_mean_of_its_parts),
        cmocka_unit_test(passes__of_permuted_columns_are_permuted),
        cmocka_unit_test(forward__of_identities_is_one_product),
        cmocka_unit_test(gradient__of_softmax_and_squared_loss_uses_the_full_jacobian),
        cmocka_unit_test(gradient__through_a_softmax_of_one_unit_is_zero),
        cmocka_unit_test(cross_entropy__of_sigmoid_at_large_logits_has_its_limits),
        cmocka_unit_test(cross_entropy__of_softmax_at_large_logits_has_its_limits),
        cmocka_unit_test(predict__gives_the_same_bits_for_any_cut),
        cmocka_unit_test(predict__gives_the_same_bits_with_a_plan_of_any_batch),
        cmocka_unit_test(predict__gives_a_column_the_same_bits_among_any_others),
        cmocka_unit_test(predict__gives_the_same_bits_for_any_view),
        cmocka_unit_test(predict__reads_rows_and_columns_more_than_once),
        cmocka_unit_test(predict__equals_the_oracle),
        cmocka_unit_test(predict__scales_inputs_and_outputs),
        cmocka_unit_test(predict__flags_the_columns_that_are_not_finite_and_spoils_no_other),
        cmocka_unit_test(predict__clears_the_flags_of_finite_columns),
        cmocka_unit_test(passes__keep_a_nan_in_its_column_through_every_activation),
        cmocka_unit_test(sgd_step__leaves_the_net_alone_where_the_loss_is_not_finite),
        cmocka_unit_test(evaluate__gives_the_same_bits_for_any_cut),
        cmocka_unit_test(evaluate__gives_the_same_bits_with_a_plan_of_any_batch),
        cmocka_unit_test(evaluate__takes_the_lowest_index_of_equal_outputs),
        cmocka_unit_test(evaluate__splits_one_sigmoid_at_a_half),
        cmocka_unit_test(evaluate__has_no_accuracy_for_values),
        cmocka_unit_test(evaluate__judges_in_the_units_of_the_net),
        cmocka_unit_test(evaluate__counts_a_column_that_is_not_finite_as_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
