/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The formulas of docs/derivation.md: the chain rule written out, scalar by scalar, for two small
 * nets of sigmoids with squared loss; two examples whose numbers others have published; what
 * cancels in losses; and second derivatives by their equations on small matrices.
 */
#define BPB_REAL_BYTES 8
#include "examples_tmpl.h"
#include "support_tmpl.h"

/* ---- Weight by weight ---- */

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

/* da/dz of a = sigmoid(z) */
static double slope(double a)
{
    return a * (1 - a);
}

/*
 * 2-2-2-2. Names: W2_13 is row 1, column 3 of W_2; a1_2 is output 2 of layer 1. Every product
 * runs along one path from the error to the weight:
 *
 *     de/da3 da3/dz3 dz3/da2 da2/dz2 dz2/da1 da1/dz1 dz1/dW1 = (a3-t) g3 W3 g2 W2 g1 x
 */
static void derivatives_2222(const double theta[18], const double x[2], const double t[2],
                             double d[18])
{
    const double W1_11 = theta[0], W1_21 = theta[1], W1_12 = theta[2], W1_22 = theta[3];
    const double b1_1 = theta[4], b1_2 = theta[5];
    const double W2_11 = theta[6], W2_21 = theta[7], W2_12 = theta[8], W2_22 = theta[9];
    const double b2_1 = theta[10], b2_2 = theta[11];
    const double W3_11 = theta[12], W3_21 = theta[13], W3_12 = theta[14], W3_22 = theta[15];
    const double b3_1 = theta[16], b3_2 = theta[17];

    const double a1_1 = sigmoid(W1_11 * x[0] + W1_12 * x[1] + b1_1);
    const double a1_2 = sigmoid(W1_21 * x[0] + W1_22 * x[1] + b1_2);
    const double a2_1 = sigmoid(W2_11 * a1_1 + W2_12 * a1_2 + b2_1);
    const double a2_2 = sigmoid(W2_21 * a1_1 + W2_22 * a1_2 + b2_2);
    const double a3_1 = sigmoid(W3_11 * a2_1 + W3_12 * a2_2 + b3_1);
    const double a3_2 = sigmoid(W3_21 * a2_1 + W3_22 * a2_2 + b3_2);

    const double e1 = a3_1 - t[0], e2 = a3_2 - t[1];
    const double g3_1 = slope(a3_1), g3_2 = slope(a3_2);
    const double g2_1 = slope(a2_1), g2_2 = slope(a2_2);
    const double g1_1 = slope(a1_1), g1_2 = slope(a1_2);

    d[12] = e1 * g3_1 * a2_1; // W3_11
    d[13] = e2 * g3_2 * a2_1; // W3_21
    d[14] = e1 * g3_1 * a2_2; // W3_12
    d[15] = e2 * g3_2 * a2_2; // W3_22
    d[16] = e1 * g3_1;        // b3_1
    d[17] = e2 * g3_2;        // b3_2

    d[6] = e1 * g3_1 * W3_11 * g2_1 * a1_1 + e2 * g3_2 * W3_21 * g2_1 * a1_1; // W2_11
    d[7] = e1 * g3_1 * W3_12 * g2_2 * a1_1 + e2 * g3_2 * W3_22 * g2_2 * a1_1; // W2_21
    d[8] = e1 * g3_1 * W3_11 * g2_1 * a1_2 + e2 * g3_2 * W3_21 * g2_1 * a1_2; // W2_12
    d[9] = e1 * g3_1 * W3_12 * g2_2 * a1_2 + e2 * g3_2 * W3_22 * g2_2 * a1_2; // W2_22
    d[10] = e1 * g3_1 * W3_11 * g2_1 + e2 * g3_2 * W3_21 * g2_1;              // b2_1
    d[11] = e1 * g3_1 * W3_12 * g2_2 + e2 * g3_2 * W3_22 * g2_2;              // b2_2

    d[0] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 * x[0] + // W1_11, by a3_1 and a2_1
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 * x[0] + //        by a3_1 and a2_2
           e2 * g3_2 * W3_21 * g2_1 * W2_11 * g1_1 * x[0] + //        by a3_2 and a2_1
           e2 * g3_2 * W3_22 * g2_2 * W2_21 * g1_1 * x[0];  //        by a3_2 and a2_2
    d[1] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 * x[0] + // W1_21
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 * x[0] +
           e2 * g3_2 * W3_21 * g2_1 * W2_12 * g1_2 * x[0] +
           e2 * g3_2 * W3_22 * g2_2 * W2_22 * g1_2 * x[0];
    d[2] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 * x[1] + // W1_12
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 * x[1] +
           e2 * g3_2 * W3_21 * g2_1 * W2_11 * g1_1 * x[1] +
           e2 * g3_2 * W3_22 * g2_2 * W2_21 * g1_1 * x[1];
    d[3] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 * x[1] + // W1_22
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 * x[1] +
           e2 * g3_2 * W3_21 * g2_1 * W2_12 * g1_2 * x[1] +
           e2 * g3_2 * W3_22 * g2_2 * W2_22 * g1_2 * x[1];
    d[4] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 + // b1_1
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 + e2 * g3_2 * W3_21 * g2_1 * W2_11 * g1_1 +
           e2 * g3_2 * W3_22 * g2_2 * W2_21 * g1_1;
    d[5] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 + // b1_2
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 + e2 * g3_2 * W3_21 * g2_1 * W2_12 * g1_2 +
           e2 * g3_2 * W3_22 * g2_2 * W2_22 * g1_2;
}

/* 3-2-2-1: one error, two paths to each weight of layer 1. */
static void derivatives_3221(const double theta[17], const double x[3], const double t[1],
                             double d[17])
{
    const double W1_11 = theta[0], W1_21 = theta[1], W1_12 = theta[2], W1_22 = theta[3];
    const double W1_13 = theta[4], W1_23 = theta[5], b1_1 = theta[6], b1_2 = theta[7];
    const double W2_11 = theta[8], W2_21 = theta[9], W2_12 = theta[10], W2_22 = theta[11];
    const double b2_1 = theta[12], b2_2 = theta[13];
    const double W3_11 = theta[14], W3_12 = theta[15], b3_1 = theta[16];

    const double a1_1 = sigmoid(W1_11 * x[0] + W1_12 * x[1] + W1_13 * x[2] + b1_1);
    const double a1_2 = sigmoid(W1_21 * x[0] + W1_22 * x[1] + W1_23 * x[2] + b1_2);
    const double a2_1 = sigmoid(W2_11 * a1_1 + W2_12 * a1_2 + b2_1);
    const double a2_2 = sigmoid(W2_21 * a1_1 + W2_22 * a1_2 + b2_2);
    const double a3_1 = sigmoid(W3_11 * a2_1 + W3_12 * a2_2 + b3_1);

    const double e1 = a3_1 - t[0], g3_1 = slope(a3_1);
    const double g2_1 = slope(a2_1), g2_2 = slope(a2_2);
    const double g1_1 = slope(a1_1), g1_2 = slope(a1_2);

    d[14] = e1 * g3_1 * a2_1; // W3_11
    d[15] = e1 * g3_1 * a2_2; // W3_12
    d[16] = e1 * g3_1;        // b3_1

    d[8] = e1 * g3_1 * W3_11 * g2_1 * a1_1;  // W2_11
    d[9] = e1 * g3_1 * W3_12 * g2_2 * a1_1;  // W2_21
    d[10] = e1 * g3_1 * W3_11 * g2_1 * a1_2; // W2_12
    d[11] = e1 * g3_1 * W3_12 * g2_2 * a1_2; // W2_22
    d[12] = e1 * g3_1 * W3_11 * g2_1;        // b2_1
    d[13] = e1 * g3_1 * W3_12 * g2_2;        // b2_2

    d[0] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 * x[0] + // W1_11, by a2_1
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 * x[0];  //        by a2_2
    d[1] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 * x[0] + // W1_21
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 * x[0];
    d[2] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 * x[1] + // W1_12
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 * x[1];
    d[3] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 * x[1] + // W1_22
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 * x[1];
    d[4] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 * x[2] + // W1_13
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1 * x[2];
    d[5] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 * x[2] + // W1_23
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2 * x[2];
    d[6] = e1 * g3_1 * W3_11 * g2_1 * W2_11 * g1_1 + // b1_1
           e1 * g3_1 * W3_12 * g2_2 * W2_21 * g1_1;
    d[7] = e1 * g3_1 * W3_11 * g2_1 * W2_12 * g1_2 + // b1_2
           e1 * g3_1 * W3_12 * g2_2 * W2_22 * g1_2;
}

/* The mean of the derivatives over a batch of 5, against the library's; each one on its own
 * scale, for a weight of layer 1 has a thousandth of the derivative of one of layer 3. */
static void check_derivatives(const size_t n[4],
                              void (*derivatives)(const double *theta, const double *x,
                                                  const double *t, double *d))
{
    struct problem problem = make_problem(&(bpb_net_options){.sizes = n, .n_sizes = 4}, 5, 1);
    const double *theta = bpb_net_ctheta(problem.machine.net);
    double d[18], gradient[18];
    long double mean[18] = {0};
    for (size_t j = 0; j < problem.B; j++) {
        derivatives(theta, problem.X + j * n[0], problem.T + j * n[3], d);
        for (size_t i = 0; i < problem.P; i++)
            mean[i] += (long double)d[i] / problem.B;
    }
    assert_ok(bpb_gradient(problem.machine.net, problem.machine.work, inputs(&problem),
                           bpb_values(targets(&problem)), gradient, NULL));
    for (size_t i = 0; i < problem.P; i++)
        assert_number_close("derivative", (long double)gradient[i], mean[i],
                            problem.oracle.scale[i], problem.tolerance);
    free_problem(&problem);
}

static void gradient__of_2_2_2_2_is_the_derivation_written_out(void **state)
{
    (void)state;
    check_derivatives((const size_t[]){2, 2, 2, 2}, derivatives_2222);
}

static void gradient__of_3_2_2_1_is_the_derivation_written_out(void **state)
{
    (void)state;
    check_derivatives((const size_t[]){3, 2, 2, 1}, derivatives_3221);
}

/* ---- The iteration, and slips in it ---- */

/* What goes wrong in such derivations: each makes another gradient. */
enum slip {
    NO_SLIP,
    INDICES_SWAPPED, /* w_ki for w_ik on the way back */
    ONE_PATH,        /* w_kk delta_k for the sum over the units of the layer after */
    SLOPE_AT_OUTPUT, /* g'(o) for g'(f) */
    OUTPUT_OF_LAYER, /* o_l for o_{l-1} beside delta_l */
    SLIPS
};

static double slope_with(enum slip slip, double a)
{
    return slope(slip == SLOPE_AT_OUTPUT ? sigmoid(a) : a);
}

/* w_{l,ik} of 2-2-2-2, i and k from 0. */
static double weight_2222(const double theta[18], size_t l, size_t i, size_t k)
{
    return theta[6 * (l - 1) + 2 * k + i];
}

/* delta_{l-1,k} = (sum_i delta_{l,i} w_{l,ik}) g'(f_{l-1,k}) */
static double delta_before(enum slip slip, const double theta[18], size_t l, size_t k,
                           const double delta[2], double a)
{
    double sum = 0;
    for (size_t i = 0; i < 2; i++)
        if (slip == INDICES_SWAPPED)
            sum += delta[i] * weight_2222(theta, l, k, i);
        else if (slip != ONE_PATH || i == k)
            sum += delta[i] * weight_2222(theta, l, i, k);
    return sum * slope_with(slip, a);
}

static void iterate_with(enum slip slip, const double theta[18], const double x[2],
                         const double t[2], double d[18])
{
    double a[4][2] = {{x[0], x[1]}}, delta[4][2];
    for (size_t l = 1; l <= 3; l++)
        for (size_t i = 0; i < 2; i++)
            a[l][i] = sigmoid(weight_2222(theta, l, i, 0) * a[l - 1][0] +
                              weight_2222(theta, l, i, 1) * a[l - 1][1] + theta[6 * l - 2 + i]);
    for (size_t i = 0; i < 2; i++)
        delta[3][i] = (a[3][i] - t[i]) * slope_with(slip, a[3][i]);
    for (size_t l = 3; l > 1; l--)
        for (size_t k = 0; k < 2; k++)
            delta[l - 1][k] = delta_before(slip, theta, l, k, delta[l], a[l - 1][k]);
    for (size_t l = 1; l <= 3; l++)
        for (size_t i = 0; i < 2; i++) {
            for (size_t k = 0; k < 2; k++)
                d[6 * (l - 1) + 2 * k + i] =
                    delta[l][i] * a[slip == OUTPUT_OF_LAYER ? l : l - 1][k];
            d[6 * l - 2 + i] = delta[l][i];
        }
}

static void iterate_2222(const double theta[18], const double x[2], const double t[2], double d[18])
{
    iterate_with(NO_SLIP, theta, x, t, d);
}

static void iteration__equals_the_gradient(void **state)
{
    (void)state;
    check_derivatives((const size_t[]){2, 2, 2, 2}, iterate_2222);
}

/* The largest difference between two sets of derivatives, each on the scale of its layer. */
static double farthest(const double got[18], const double want[18])
{
    double far = 0;
    for (size_t l = 0; l < 3; l++) {
        double scale = 0;
        for (size_t i = 6 * l; i < 6 * l + 6; i++)
            scale = fmax(scale, fabs(want[i]));
        for (size_t i = 6 * l; i < 6 * l + 6; i++)
            far = fmax(far, fabs(got[i] - want[i]) / scale);
    }
    return far;
}

static void iteration__with_a_slip_is_another_gradient(void **state)
{
    (void)state;
    const double x[2] = {0.3, -0.8}, t[2] = {0.1, 0.7};
    double theta[18], want[18], got[18];
    struct rng rng = {1};
    fill_uniform(&rng, 18, -1, 1, theta);
    derivatives_2222(theta, x, t, want);
    for (enum slip slip = NO_SLIP; slip < SLIPS; slip++) {
        iterate_with(slip, theta, x, t, got);
        const double far = farthest(got, want);
        if (slip == NO_SLIP)
            assert_true(far <= 8 * EPSILON * sqrt(8.0));
        else
            assert_true(far > 0.05);
    }
}

/* ---- Published numbers ---- */

/* Agreement in this many significant digits. */
static void assert_digits(const char *what, size_t n, const double *got, const double *want,
                          int digits)
{
    for (size_t i = 0; i < n; i++)
        assert_number_close(what, (long double)got[i], (long double)want[i],
                            fabsl((long double)want[i]), 1.5L * powl(10, 1 - digits));
}

/*
 * M. Mazur, "A Step by Step Backpropagation Example" (2015): 2-2-2 sigmoids, squared loss, eta
 * 0.5, the biases not updated. Computed in double, and equal to the article where that gives all
 * its digits. Its w1..w4 are the rows of W_1, w5..w8 the rows of W_2.
 */
static const size_t mazur_units[] = {2, 2, 2};
static const bpb_net_options mazur_net = {.sizes = mazur_units, .n_sizes = 3};
static const double mazur_x[] = {0.05, 0.10}, mazur_t[] = {0.01, 0.99};
static const double mazur_theta[] = {0.15, 0.25, 0.20, 0.30, 0.35, 0.35,
                                     0.40, 0.50, 0.45, 0.55, 0.60, 0.60};
static const struct {
    size_t steps;
    double w[8], output[2], E;
} mazur_run[] = {
    {1,
     {0.149780716132763, 0.199561432265526, 0.24975114363237, 0.299502287264739, 0.358916479717885,
      0.408666186076233, 0.511301270238738, 0.561370121107989},
     {0.742088111191, 0.775284968294},
     0.291027773694},
    {10,
     {0.14935777574848, 0.198715551496959, 0.249044694938401, 0.298089389876803,
      -0.0255501438287316, 0.0218630823640791, 0.604482034476792, 0.65511720666312},
     {0.645173728223, 0.794062461272},
     0.220918592054},
    {100,
     {0.191202009146657, 0.282404018293314, 0.289790843044862, 0.379581686089722, -1.81335835811388,
      -1.77665011686699, 1.12050484656221, 1.17422370762659},
     {0.175807141716, 0.877742936726},
     0.0200468282494},
    {1000,
     {0.282041939260531, 0.46408387852106, 0.380589084951225, 0.561178169902448, -3.06409752970076,
      -3.03473037805281, 2.05170519045698, 2.11088573039675},
     {0.0440528851151, 0.957302906508},
     0.00111434945373},
    {10000,
     {0.378509988350132, 0.657019976700263, 0.477300705684786, 0.754601411369569, -3.89297719886572,
      -3.86841668770362, 2.86181094862006, 2.92568896677162},
     {0.0159136204436, 0.984064273515},
     3.51018778298e-05},
};

/* w1..w8 of a vector laid out as theta. */
static void mazur_weights(const double theta[12], double w[8])
{
    static const size_t place[] = {0, 2, 1, 3, 6, 8, 7, 9};
    for (size_t i = 0; i < 8; i++)
        w[i] = theta[place[i]];
}

static struct machine make_mazur(void)
{
    struct machine machine = make_machine(&mazur_net, NULL);
    memcpy(bpb_net_theta(machine.net), mazur_theta, sizeof mazur_theta);
    return machine;
}

static void gradient__of_mazurs_example_is_as_published(void **state)
{
    (void)state;
    static const double outputs[] = {0.75136506955231575, 0.77292846532146253};
    static const double E_published = 0.29837110876000272;
    static const double dw[] = {0.00043856773447434653, 0.00087713546894869305,
                                0.00049771273526085988, 0.00099542547052171976,
                                0.08216704056423077,    0.082667627847533245,
                                -0.022602540477475071,  -0.022740242215978222};
    static const double db_1[] = {0.0087713546894869297, 0.0099542547052171963};
    static const double db_2[] = {0.13849856162855695, -0.038098236516556236};
    struct machine machine = make_mazur();
    const bpb_view X = bpb_samples(mazur_x, 1, 2), T = bpb_samples(mazur_t, 1, 2);
    double Y[2], gradient[12], w[8], E;
    assert_ok(bpb_forward(machine.net, machine.work, X, bpb_samples_out(Y, 1, 2)));
    assert_ok(bpb_gradient(machine.net, machine.work, X, bpb_values(T), gradient, &E));
    mazur_weights(gradient, w);
    assert_digits("outputs", 2, Y, outputs, 15);
    assert_digits("E", 1, &E, &E_published, 15);
    assert_digits("dw", 8, w, dw, 15);
    assert_digits("db_1", 2, gradient + 4, db_1, 15);
    assert_digits("db_2", 2, gradient + 10, db_2, 15);
    free_machine(&machine);
}

/* A step of the caller's own: the gradient of the biases is struck out between the two calls. */
static void step_without_biases(struct machine *machine, bpb_view X, bpb_view T)
{
    double gradient[12];
    assert_ok(bpb_gradient(machine->net, machine->work, X, bpb_values(T), gradient, NULL));
    for (size_t l = 1; l <= 2; l++) {
        const bpb_out db = bpb_net_b(machine->net, gradient, l);
        memset(db.data, 0, db.rows * sizeof *db.data);
    }
    assert_ok(sgd_by_optimiser(machine->net, gradient, &(bpb_sgd_rule){.eta = 0.5}));
}

static void opt_step__repeats_mazurs_run(void **state)
{
    (void)state;
    struct machine machine = make_mazur();
    const bpb_view X = bpb_samples(mazur_x, 1, 2), T = bpb_samples(mazur_t, 1, 2);
    size_t steps = 0;
    for (size_t r = 0; r < COUNT(mazur_run); r++) {
        double Y[2], w[8], E;
        for (; steps < mazur_run[r].steps; steps++)
            step_without_biases(&machine, X, T);
        assert_ok(bpb_forward(machine.net, machine.work, X, bpb_samples_out(Y, 1, 2)));
        assert_ok(bpb_loss(machine.net, machine.work, X, bpb_values(T), &E));
        mazur_weights(bpb_net_ctheta(machine.net), w);
        assert_digits("w", 8, w, mazur_run[r].w, 14);
        assert_digits("outputs", 2, Y, mazur_run[r].output, 12);
        assert_digits("E", 1, &E, &mazur_run[r].E, 11);
    }
    free_machine(&machine);
}

/*
 * The 2-3-1 net of PyTorch's tests of its optimisers (optim_baseline.h): sigmoids, three samples,
 * the sum of the outputs as loss, gradient descent at a rate of 0.1, without and with a decay of
 * 0.01 on all parameters; computed in double.
 * The 13 numbers are W_1 (3 x 2, by rows), b_1, W_2, b_2.
 */
static const size_t pytorch_units[] = {2, 3, 1};
static const bpb_net_options pytorch_net = {.sizes = pytorch_units, .n_sizes = 3};
static const double pytorch_x[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
static const double pytorch_start[13] = {-0.2109, -0.4976, -0.1413, -0.342, -0.2524,
                                         0.6976,  -0.1085, -0.2979, 0.6892, -0.0508,
                                         -0.3941, -0.2843, -0.0711};
static const double pytorch_gradient[13] = {
    -0.0025927514735975005, -0.0034665887402007493, -0.019735566490083855,  -0.02637722904570567,
    -0.012347070103920641,  -0.016529753530102692,  -0.0087383726660324838, -0.066416625556218134,
    -0.041826834261820503,  0.29180829958860255,    0.27358330620327043,    0.50646783709190524,
    0.71414292365758758};
struct pytorch_run {
    size_t steps;
    double parameters[13];
};
static const struct pytorch_run pytorch_plain[] = {
    {1,
     {-0.21064072485264, -0.49725334112598, -0.139326443350992, -0.339362277095429,
      -0.251165292989608, 0.69925297535301, -0.107626162733397, -0.291258337444378,
      0.693382683426182, -0.0799808299588603, -0.421458330620327, -0.334946783709191,
      -0.142514292365759}},
    {101,
     {-0.155430802668022, -0.423552787624995, -0.0419757559161366, -0.209493408981053,
      -0.160352013053139, 0.821015277832199, 0.0772801504302691, 0.0339234693508303,
      1.00287290885338, -0.821353425889315, -1.1570806079767, -1.61545852446452,
      -1.87339806786546}},
    {1001,
     {-0.0758310488702448, -0.317276764249162, 0.0630834283598106, -0.0692354943589768,
      -0.0727841937722422, 0.939239930795323, 0.344042846210825, 0.385910772812123,
      1.30944124567565, -1.32730260562216, -1.69528439519121, -2.4301523003515, -2.87769927140723}},
};
static const struct pytorch_run pytorch_decay[] = {
    {1,
     {-0.21042982485264, -0.49675574112598, -0.139185143350992, -0.339020277095429,
      -0.250912892989608, 0.69855537535301, -0.107517662733397, -0.290960437444378,
      0.692693483426182, -0.0799300299588603, -0.421064230620327, -0.33466248370919,
      -0.142443192365759}},
    {101,
     {-0.135799289433998, -0.376583270975857, -0.0316767779541185, -0.180999497167776,
      -0.137357850758758, 0.752252600089889, 0.0855334532567616, 0.0516066862368351,
      0.932133801346789, -0.796326310995479, -1.10100779538032, -1.53635579536859,
      -1.80457557684211}},
    {1001,
     {0.052772586402402, -0.00855348964372548, 0.116148523321383, 0.099209694566235,
      0.0761302805831422, 0.483606091955179, 0.400012780940197, 0.458411534674104,
      0.838306955996926, -1.12541928649678, -1.29137002974679, -1.71772811469421,
      -2.17622843313323}},
};

/* Between the order of the numbers above and theta's: only W_1 is turned. */
static const size_t pytorch_place[13] = {0, 3, 1, 4, 2, 5, 6, 7, 8, 9, 10, 11, 12};

static struct machine make_pytorch(void)
{
    struct machine machine = make_machine(&pytorch_net, &(bpb_plan_options){.derivatives = 1});
    for (size_t i = 0; i < 13; i++)
        bpb_net_theta(machine.net)[pytorch_place[i]] = pytorch_start[i];
    return machine;
}

/* Targets Y - 1 give the squared loss the derivative 1 in each output: that of their sum. */
static void targets_of_a_sum(struct machine *machine, double T[3])
{
    assert_ok(bpb_forward(machine->net, machine->work, bpb_samples(pytorch_x, 3, 2),
                          bpb_samples_out(T, 3, 1)));
    for (size_t j = 0; j < 3; j++)
        T[j] -= 1;
}

/* factor times a gradient, in the order of the numbers above. */
static void assert_pytorch_gradient(const double *gradient, double factor)
{
    double got[13];
    for (size_t i = 0; i < 13; i++)
        got[i] = factor * gradient[pytorch_place[i]];
    assert_digits("gradient", 13, got, pytorch_gradient, 14);
}

static void gradient__of_pytorchs_baseline_is_as_published(void **state)
{
    (void)state;
    static const double sum_published = 1.1720352355314829;
    struct machine machine = make_pytorch();
    double T[3], gradient[13];
    targets_of_a_sum(&machine, T);
    const double sum = T[0] + T[1] + T[2] + 3;
    assert_digits("sum", 1, &sum, &sum_published, 15);
    assert_ok(bpb_gradient(machine.net, machine.work, bpb_samples(pytorch_x, 3, 2),
                           bpb_values(bpb_samples(T, 3, 1)), gradient, NULL));
    assert_pytorch_gradient(gradient, 3); // a sum, not a mean
    free_machine(&machine);
}

/* d(y_1 + y_2 + y_3)/dtheta = J^T 1 */
static void vjp__of_ones_gives_pytorchs_gradient(void **state)
{
    (void)state;
    static const double ones[] = {1, 1, 1};
    struct machine machine = make_pytorch();
    double gradient[13];
    assert_ok(bpb_vjp(machine.net, machine.work, bpb_samples(pytorch_x, 3, 2),
                      bpb_samples(ones, 3, 1), gradient, (bpb_out){0}));
    assert_pytorch_gradient(gradient, 1);
    free_machine(&machine);
}

/* The sum as a loss of one's own; E is its mean over the three samples. */
static void gradient__of_a_loss_of_ones_own_is_pytorchs(void **state)
{
    (void)state;
    static const double sum_published = 1.1720352355314829, none[3];
    struct machine machine = {0};
    double gradient[13], E;
    assert_ok(bpb_net_create(&machine.net, &pytorch_net));
    for (size_t i = 0; i < 13; i++)
        bpb_net_theta(machine.net)[pytorch_place[i]] = pytorch_start[i];
    assert_ok(bpb_net_set_loss(machine.net, &own_sum));
    assert_ok(bpb_plan_create(&machine.plan, machine.net, NULL));
    assert_ok(bpb_work_create(&machine.work, machine.plan));
    assert_ok(bpb_gradient(machine.net, machine.work, bpb_samples(pytorch_x, 3, 2),
                           bpb_values(bpb_samples(none, 3, 1)), gradient, &E));
    const double sum = 3 * E;
    assert_digits("sum", 1, &sum, &sum_published, 15);
    assert_pytorch_gradient(gradient, 3);
    free_machine(&machine);
}

static void check_pytorch_run(const struct pytorch_run *run, size_t n_rows,
                              const bpb_sgd_rule *rule)
{
    struct machine machine = make_pytorch();
    size_t steps = 0;
    for (size_t r = 0; r < n_rows; r++) {
        double T[3], got[13];
        for (; steps < run[r].steps; steps++) {
            targets_of_a_sum(&machine, T);
            assert_ok(bpb_sgd_step(machine.net, machine.work, bpb_samples(pytorch_x, 3, 2),
                                   bpb_values(bpb_samples(T, 3, 1)), rule, NULL));
        }
        for (size_t i = 0; i < 13; i++)
            got[i] = bpb_net_ctheta(machine.net)[pytorch_place[i]];
        assert_digits("parameters", 13, got, run[r].parameters, 13);
    }
    free_machine(&machine);
}

/* The mean over three samples and a rate of 0.3 stand for their sum and 0.1. */
static void sgd_step__repeats_pytorchs_baseline(void **state)
{
    (void)state;
    check_pytorch_run(pytorch_plain, COUNT(pytorch_plain), &(bpb_sgd_rule){.eta = 0.3});
}

static void sgd_step__repeats_pytorchs_baseline_with_weight_decay(void **state)
{
    (void)state;
    check_pytorch_run(pytorch_decay, COUNT(pytorch_decay),
                      &(bpb_sgd_rule){.eta = 0.3, .decay = 0.01 / 3, .decay_biases = 1});
}

/* ---- What cancels in the derivative of a loss by z ---- */

enum { OUTPUTS = 5 };

/* One column: z, its targets, and the output a of some activation. */
struct column {
    long double z[OUTPUTS], t[OUTPUTS], a[OUTPUTS];
};

static long double largest_of(const long double *x)
{
    long double max = x[0];
    for (size_t i = 1; i < OUTPUTS; i++)
        max = fmaxl(max, x[i]);
    return max;
}

static long double sum_of(const long double *x)
{
    long double sum = 0;
    for (size_t i = 0; i < OUTPUTS; i++)
        sum += x[i];
    return sum;
}

/* m + ln sum_k exp(z_k - m), m the largest z */
static long double log_sum_exp(const long double *z)
{
    const long double m = largest_of(z);
    long double sum = 0;
    for (size_t i = 0; i < OUTPUTS; i++)
        sum += expl(z[i] - m);
    return m + logl(sum);
}

/* Targets in 0.1 .. 0.9, which nothing but a proof makes sum up to 1; and a = g(z). */
static struct column draw_column(bpb_activation g, uint64_t seed)
{
    struct column column;
    struct rng rng = {seed};
    for (size_t i = 0; i < OUTPUTS; i++) {
        column.z[i] = (long double)rng_uniform(&rng, -2, 2);
        column.t[i] = (long double)rng_uniform(&rng, 0.1, 0.9);
    }
    for (size_t i = 0; i < OUTPUTS; i++)
        column.a[i] = g == BPB_SIGMOID ? 1 / (1 + expl(-column.z[i])) : expl(column.z[i]);
    const long double sum = g == BPB_SOFTMAX ? sum_of(column.a) : 1;
    for (size_t i = 0; i < OUTPUTS; i++)
        column.a[i] /= sum;
    return column;
}

/* da_i/dz_k */
static long double jacobian_of(bpb_activation g, const long double *a, size_t i, size_t k)
{
    if (g == BPB_SOFTMAX)
        return a[i] * ((i == k) - a[k]);
    if (i != k)
        return 0;
    return g == BPB_SIGMOID ? a[i] * (1 - a[i]) : a[i];
}

/* de/da_i of the cross-entropies and of Poisson's loss */
static long double dloss_by_a(bpb_activation g, long double a, long double t)
{
    if (g == BPB_SOFTMAX)
        return -t / a;
    return g == BPB_SIGMOID ? (a - t) / (a * (1 - a)) : 1 - t / a;
}

/* Nothing cancelled: de/dz_k = sum_i da_i/dz_k de/da_i, against a_k sum(t) - t_k or a_k - t_k. */
static void check_cancelled(bpb_activation g, uint64_t seed)
{
    const struct column column = draw_column(g, seed);
    const long double total = g == BPB_SOFTMAX ? sum_of(column.t) : 1;
    long double chain[OUTPUTS] = {0}, cancelled[OUTPUTS];
    for (size_t k = 0; k < OUTPUTS; k++) {
        for (size_t i = 0; i < OUTPUTS; i++)
            chain[k] += jacobian_of(g, column.a, i, k) * dloss_by_a(g, column.a[i], column.t[i]);
        cancelled[k] = column.a[k] * total - column.t[k];
    }
    assert_close("cancelled", OUTPUTS, cancelled, chain, 4, TOLERANCE(OUTPUTS));
}

static void cross_entropy__of_sigmoid_cancels_to_a_difference(void **state)
{
    (void)state;
    check_cancelled(BPB_SIGMOID, 1);
}

static void cross_entropy__of_softmax_cancels_to_a_difference(void **state)
{
    (void)state;
    check_cancelled(BPB_SOFTMAX, 2);
}

static void poisson__of_an_exponential_cancels_to_a_difference(void **state)
{
    (void)state;
    check_cancelled(BPB_EXPONENTIAL, 3);
}

/* The forms of z against those of a, where both can be computed. */
static void losses__of_z_are_those_of_a(void **state)
{
    (void)state;
    const struct column s = draw_column(BPB_SIGMOID, 4), m = draw_column(BPB_SOFTMAX, 5),
                        p = draw_column(BPB_EXPONENTIAL, 6);
    long double by_a[3] = {0}, by_z[3] = {0};
    for (size_t i = 0; i < OUTPUTS; i++) {
        by_a[0] -= s.t[i] * logl(s.a[i]) + (1 - s.t[i]) * logl(1 - s.a[i]);
        by_z[0] += fmaxl(s.z[i], 0) - s.z[i] * s.t[i] + log1pl(expl(-fabsl(s.z[i])));
        by_a[1] -= m.t[i] * logl(m.a[i]);
        by_z[1] += m.t[i] * (log_sum_exp(m.z) - m.z[i]);
        by_a[2] += p.a[i] - p.t[i] * logl(p.a[i]);
        by_z[2] += expl(p.z[i]) - p.t[i] * p.z[i];
    }
    assert_close("losses", 3, by_z, by_a, largest(3, by_a), TOLERANCE(OUTPUTS));
}

/* The cross-entropy of output a against target t, one term of the sum. */
static long double cross_entropy(bpb_activation g, long double a, long double t)
{
    return g == BPB_SIGMOID ? -t * logl(a) - (1 - t) * logl(1 - a) : -t * logl(a);
}

/* Smoothing by 0.1 mixes the losses of t and of targets that are all 1/K: e is linear in t. */
static void check_smoothing(bpb_activation g, long double K)
{
    const struct column column = draw_column(g, 7);
    const long double epsilon = 0.1L;
    long double smoothed = 0, mixed = 0;
    for (size_t i = 0; i < OUTPUTS; i++) {
        const long double a = column.a[i], t = column.t[i];
        smoothed += cross_entropy(g, a, (1 - epsilon) * t + epsilon / K);
        mixed += (1 - epsilon) * cross_entropy(g, a, t) + epsilon * cross_entropy(g, a, 1 / K);
    }
    assert_number_close("smoothed", smoothed, mixed, mixed, TOLERANCE(OUTPUTS));
}

static void label_smoothing__mixes_the_loss_with_that_of_uniform_targets(void **state)
{
    (void)state;
    check_smoothing(BPB_SOFTMAX, OUTPUTS);
    check_smoothing(BPB_SIGMOID, 2);
}

/* ---- Second derivatives: the equations on small matrices, against differences ---- */

enum { SIDE = 4, LAYERS = 3, COLUMNS = 3 };

struct matrix {
    size_t rows, cols;
    long double at[SIDE][SIDE];
};

#define EACH(i, j, A)                         \
    for (size_t i = 0; i < (A).rows; i++)     \
        for (size_t j = 0; j < (A).cols; j++)

static struct matrix times(struct matrix A, struct matrix B)
{
    struct matrix C = {.rows = A.rows, .cols = B.cols};
    assert_int_equal(A.cols, B.rows);
    EACH(i, j, C)
        for (size_t k = 0; k < A.cols; k++)
            C.at[i][j] += A.at[i][k] * B.at[k][j];
    return C;
}

static struct matrix transposed(struct matrix A)
{
    struct matrix C = {.rows = A.cols, .cols = A.rows};
    EACH(i, j, C)
        C.at[i][j] = A.at[j][i];
    return C;
}

/* A + c B */
static struct matrix plus(struct matrix A, long double c, struct matrix B)
{
    assert_int_equal(A.rows, B.rows);
    assert_int_equal(A.cols, B.cols);
    EACH(i, j, A)
        A.at[i][j] += c * B.at[i][j];
    return A;
}

/* sum_ij A_ij B_ij */
static long double inner(struct matrix A, struct matrix B)
{
    long double sum = 0;
    EACH(i, j, A)
        sum += A.at[i][j] * B.at[i][j];
    return sum;
}

static struct matrix zeros(size_t rows, size_t cols)
{
    return (struct matrix){.rows = rows, .cols = cols};
}

/* rows x cols, zero except for ones in one row: 1^T of one row, or the direction of one input. */
static struct matrix row_of_ones(size_t rows, size_t row, size_t cols)
{
    struct matrix A = zeros(rows, cols);
    for (size_t j = 0; j < cols; j++)
        A.at[row][j] = 1;
    return A;
}

static struct matrix draw_matrix(struct rng *rng, size_t rows, size_t cols)
{
    struct matrix A = zeros(rows, cols);
    EACH(i, j, A)
        A.at[i][j] = (long double)rng_uniform(rng, -1, 1);
    return A;
}

/* Column j of A times that of B. */
static long double column_inner(struct matrix A, struct matrix B, size_t j)
{
    long double sum = 0;
    for (size_t i = 0; i < A.rows; i++)
        sum += A.at[i][j] * B.at[i][j];
    return sum;
}

/* A = g(Z) */
static struct matrix value(bpb_activation g, struct matrix Z)
{
    struct matrix A = Z;
    EACH(i, j, A) {
        long double sum = 0;
        for (size_t k = 0; k < Z.rows; k++)
            sum += expl(Z.at[k][j]);
        A.at[i][j] = g == BPB_TANH ? tanhl(Z.at[i][j]) : expl(Z.at[i][j]) / sum;
    }
    return A;
}

/* J D, and J^T D: the Jacobians of both, diag(1 - a^2) and diag(a) - a a^T, are symmetric. */
static struct matrix through(bpb_activation g, struct matrix A, struct matrix D)
{
    struct matrix C = D;
    EACH(i, j, C) {
        const long double a = A.at[i][j], d = D.at[i][j];
        C.at[i][j] = g == BPB_TANH ? (1 - a * a) * d : a * (d - column_inner(A, D, j));
    }
    return C;
}

/* (d/dZ (J^T D))[V]: g'' d v, or with da = J v: da (d - <a, d>) - a <da, d> */
static struct matrix second(bpb_activation g, struct matrix A, struct matrix D, struct matrix V)
{
    struct matrix H = D;
    const struct matrix dA = through(g, A, V);
    EACH(i, j, H) {
        const long double a = A.at[i][j], d = D.at[i][j], v = V.at[i][j];
        H.at[i][j] = g == BPB_TANH ? -2 * a * (1 - a * a) * d * v
                                   : dA.at[i][j] * (d - column_inner(A, D, j)) -
                                         a * column_inner(dA, D, j);
    }
    return H;
}

/* A vector laid out as theta. */
struct vector {
    struct matrix W[LAYERS + 1], b[LAYERS + 1];
};

struct example {
    bpb_activation g[LAYERS + 1];
    bpb_loss_kind loss;
    struct vector theta;
    struct matrix X, T;
};

/* 3-4-3-2: tanh, softmax, and an output of either with its loss. */
static const size_t example_units[LAYERS + 1] = {3, 4, 3, 2};
static const struct ending example_endings[] = {{BPB_TANH, BPB_SQUARED},
                                                {BPB_SOFTMAX, BPB_SQUARED},
                                                {BPB_SOFTMAX, BPB_CROSS_ENTROPY}};

static struct vector draw_vector(struct rng *rng)
{
    struct vector v = {0};
    for (size_t l = 1; l <= LAYERS; l++) {
        v.W[l] = draw_matrix(rng, example_units[l], example_units[l - 1]);
        v.b[l] = draw_matrix(rng, example_units[l], 1);
    }
    return v;
}

/* Targets sum up to 1, as cross-entropy's do. */
static struct example draw_example(struct ending ending, struct rng *rng)
{
    struct example example = {.g = {BPB_IDENTITY, BPB_TANH, BPB_SOFTMAX, ending.output},
                              .loss = ending.loss,
                              .theta = draw_vector(rng),
                              .X = draw_matrix(rng, example_units[0], COLUMNS)};
    example.T = value(BPB_SOFTMAX, draw_matrix(rng, example_units[LAYERS], COLUMNS));
    return example;
}

/* theta + c v */
static struct example moved(struct example example, long double c, const struct vector *v)
{
    for (size_t l = 1; l <= LAYERS; l++) {
        example.theta.W[l] = plus(example.theta.W[l], c, v->W[l]);
        example.theta.b[l] = plus(example.theta.b[l], c, v->b[l]);
    }
    return example;
}

static long double inner_vectors(const struct vector *u, const struct vector *v)
{
    long double sum = 0;
    for (size_t l = 1; l <= LAYERS; l++)
        sum += inner(u->W[l], v->W[l]) + inner(u->b[l], v->b[l]);
    return sum;
}

static struct vector no_direction(void)
{
    struct vector v;
    for (size_t l = 1; l <= LAYERS; l++) {
        v.W[l] = zeros(example_units[l], example_units[l - 1]);
        v.b[l] = zeros(example_units[l], 1);
    }
    return v;
}

/* All layers, and their R{}. */
struct states {
    struct matrix Z[LAYERS + 1], A[LAYERS + 1], RZ[LAYERS + 1], RA[LAYERS + 1];
};

/* Z = W A + b 1^T,  R{Z} = W R{A} + W(v) A + b(v) 1^T,  R{A} = J R{Z} */
static struct states go_forward(const struct example *example, const struct vector *v,
                                struct matrix V)
{
    const struct matrix ones = row_of_ones(1, 0, COLUMNS);
    struct states s = {.A[0] = example->X, .RA[0] = V};
    for (size_t l = 1; l <= LAYERS; l++) {
        const struct matrix W = example->theta.W[l], b = example->theta.b[l];
        s.Z[l] = plus(times(W, s.A[l - 1]), 1, times(b, ones));
        s.A[l] = value(example->g[l], s.Z[l]);
        s.RZ[l] = plus(times(W, s.RA[l - 1]), 1, times(v->W[l], s.A[l - 1]));
        s.RZ[l] = plus(s.RZ[l], 1, times(v->b[l], ones));
        s.RA[l] = through(example->g[l], s.A[l], s.RZ[l]);
    }
    return s;
}

/* delta_L and R{delta_L}; of any layer on the way back. */
struct deltas {
    struct matrix Q, D;
};

/* What a way back leaves: the gradient, R{gradient} and Q going out of layer 1. */
struct returned {
    struct vector gradient, R;
    struct matrix dX;
};

/* Q_{l-1} = J^T W^T Q_l,  D_{l-1} = J^T (W^T D_l + W(v)^T Q_l) + second(W^T Q_l; R{Z_{l-1}}) */
static struct deltas one_back(const struct example *example, const struct vector *v,
                              const struct states *s, size_t l, struct deltas d)
{
    const bpb_activation g = example->g[l - 1];
    const struct matrix W_T = transposed(example->theta.W[l]), V_T = transposed(v->W[l]);
    const struct matrix WQ = times(W_T, d.Q);
    const struct matrix both = plus(times(W_T, d.D), 1, times(V_T, d.Q));
    return (struct deltas){through(g, s->A[l - 1], WQ),
                           plus(through(g, s->A[l - 1], both), 1,
                                second(g, s->A[l - 1], WQ, s->RZ[l - 1]))};
}

/* dW = Q A^T,  R{dW} = D A^T + Q R{A}^T,  db = Q 1,  R{db} = D 1 */
static struct returned go_back(const struct example *example, const struct vector *v,
                               const struct states *s, struct deltas d)
{
    const struct matrix ones = transposed(row_of_ones(1, 0, COLUMNS));
    struct returned r;
    for (size_t l = LAYERS; l >= 1; l--) {
        const struct matrix A_T = transposed(s->A[l - 1]);
        r.gradient.W[l] = times(d.Q, A_T);
        r.gradient.b[l] = times(d.Q, ones);
        r.R.W[l] = plus(times(d.D, A_T), 1, times(d.Q, transposed(s->RA[l - 1])));
        r.R.b[l] = times(d.D, ones);
        if (l > 1)
            d = one_back(example, v, s, l, d);
    }
    r.dX = times(transposed(example->theta.W[1]), d.Q);
    return r;
}

/* E, without weights: 1/2 |A - T|^2 or -sum T ln A, over B. */
static long double loss_of(const struct example *example, const struct matrix A)
{
    long double sum = 0;
    EACH(i, j, A) {
        const long double a = A.at[i][j], t = example->T.at[i][j];
        sum += example->loss == BPB_SQUARED ? (a - t) * (a - t) / 2 : -t * logl(a);
    }
    return sum / COLUMNS;
}

/*
 * delta_L and R{delta_L}: squared, by A:        Q = J^T (A - T)/B,  D = J^T R{A}/B + second
 *                         cross-entropy, by Z:  Q = (A - T)/B,      D = R{A}/B
 */
static struct deltas output_deltas(const struct example *example, const struct states *s)
{
    const struct matrix A = s->A[LAYERS], none = zeros(A.rows, A.cols);
    const struct matrix difference = plus(plus(none, 1.0L / COLUMNS, A), -1.0L / COLUMNS,
                                          example->T);
    const struct matrix RA = plus(none, 1.0L / COLUMNS, s->RA[LAYERS]);
    const bpb_activation g = example->g[LAYERS];
    if (example->loss == BPB_CROSS_ENTROPY)
        return (struct deltas){difference, RA};
    return (struct deltas){through(g, A, difference),
                           plus(through(g, A, RA), 1, second(g, A, difference, s->RZ[LAYERS]))};
}

/* The gradient, and H v as its R{}. */
static struct returned hessian_product(const struct example *example, const struct vector *v)
{
    const struct states s = go_forward(example, v, zeros(example_units[0], COLUMNS));
    return go_back(example, v, &s, output_deltas(example, &s));
}

static struct vector gradient_of(const struct example *example)
{
    const struct vector none = no_direction();
    return hessian_product(example, &none).gradient;
}

/* Central differences with h = eps^(1/3), as in test_differences.c; in double's eps, for valgrind
 * computes long double as double. Values are of the order of 1 to 10. */
#define STEP ((long double)cbrt(EPSILON))
#define DIFFERENCE_TOLERANCE (8 * STEP * STEP)

static long double central(long double high, long double low)
{
    return (high - low) / (2 * STEP);
}

/* Outputs at theta + c v, X + c V. */
static struct matrix outputs_at(struct example example, long double c, const struct vector *v,
                                struct matrix V)
{
    const struct vector none = no_direction();
    example = moved(example, c, v);
    example.X = plus(example.X, c, V);
    return go_forward(&example, &none, zeros(V.rows, V.cols)).A[LAYERS];
}

/* Every test below, for a few examples of each ending. */
static void for_examples(void (*check)(const struct example *example, struct rng *rng))
{
    for (size_t e = 0; e < COUNT(example_endings); e++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            struct rng rng = {seed + 100 * e};
            const struct example example = draw_example(example_endings[e], &rng);
            check(&example, &rng);
        }
}

static void check_R_forward(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng);
    const struct matrix V = draw_matrix(rng, example_units[0], COLUMNS);
    const struct matrix RA = go_forward(example, &v, V).RA[LAYERS];
    const struct matrix high = outputs_at(*example, STEP, &v, V),
                        low = outputs_at(*example, -STEP, &v, V);
    EACH(i, j, RA)
        assert_number_close("R{A_L}", RA.at[i][j], central(high.at[i][j], low.at[i][j]), 1,
                            DIFFERENCE_TOLERANCE);
}

static void R_forward__equals_differences(void **state)
{
    (void)state;
    for_examples(check_R_forward);
}

/* J^T U by theta and X: from Q_L = g'(Z_L)^T U, without 1/B */
static struct returned go_back_from(const struct example *example, struct matrix U)
{
    const struct vector none = no_direction();
    const struct states s = go_forward(example, &none, zeros(example_units[0], COLUMNS));
    const struct matrix Q = through(example->g[LAYERS], s.A[LAYERS], U);
    return go_back(example, &none, &s, (struct deltas){Q, zeros(Q.rows, Q.cols)});
}

/* <U, J v> = <J^T U, v>, theta and X together */
static void check_transposed(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng);
    const struct matrix V = draw_matrix(rng, example_units[0], COLUMNS);
    const struct matrix U = draw_matrix(rng, example_units[LAYERS], COLUMNS);
    const struct returned r = go_back_from(example, U);
    assert_number_close("<J^T U, v>", inner_vectors(&r.gradient, &v) + inner(r.dX, V),
                        inner(U, go_forward(example, &v, V).RA[LAYERS]), 10, TOLERANCE(20));
}

static void J_transposed__is_the_transpose_of_J(void **state)
{
    (void)state;
    for_examples(check_transposed);
}

static void check_gradient_along(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng), gradient = gradient_of(example);
    const struct matrix none = zeros(example_units[0], COLUMNS);
    const long double high = loss_of(example, outputs_at(*example, STEP, &v, none)),
                      low = loss_of(example, outputs_at(*example, -STEP, &v, none));
    assert_number_close("gradient", inner_vectors(&gradient, &v), central(high, low), 1,
                        DIFFERENCE_TOLERANCE);
}

static void gradient__along_a_direction_equals_differences(void **state)
{
    (void)state;
    for_examples(check_gradient_along);
}

/* <p, H v>, for a few p, is the difference of <p, gradient> along v. */
static void check_Hv(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng);
    const struct vector Hv = hessian_product(example, &v).R;
    const struct example above = moved(*example, STEP, &v), below = moved(*example, -STEP, &v);
    const struct vector high = gradient_of(&above), low = gradient_of(&below);
    for (size_t i = 0; i < 5; i++) {
        const struct vector p = draw_vector(rng);
        assert_number_close("H v", inner_vectors(&p, &Hv),
                            central(inner_vectors(&p, &high), inner_vectors(&p, &low)), 10,
                            DIFFERENCE_TOLERANCE);
    }
}

static void Hv__equals_differences_of_the_gradient(void **state)
{
    (void)state;
    for_examples(check_Hv);
}

/* G v from D_L = 1/B J^T R{A_L}, by A, or 1/B H_j R{Z_L} = 1/B R{A_L}, by Z */
static struct vector gauss_newton(const struct example *example, const struct vector *v)
{
    const struct states s = go_forward(example, v, zeros(example_units[0], COLUMNS));
    const struct matrix none = zeros(example_units[LAYERS], COLUMNS);
    struct matrix Q = plus(none, 1.0L / COLUMNS, s.RA[LAYERS]);
    if (example->loss == BPB_SQUARED)
        Q = through(example->g[LAYERS], s.A[LAYERS], Q);
    return go_back(example, v, &s, (struct deltas){Q, none}).gradient;
}

/* <p, G v> = 1/B sum_j <J_j p, H_j J_j v>, with H_j written as the matrix that it is */
static void check_Gv(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng), p = draw_vector(rng);
    const struct vector Gv = gauss_newton(example, &v);
    const struct matrix none = zeros(example_units[0], COLUMNS);
    const struct states of_v = go_forward(example, &v, none), of_p = go_forward(example, &p, none);
    const struct matrix A = of_v.A[LAYERS];
    long double sum = 0;
    for (size_t j = 0; j < COLUMNS; j++)
        for (size_t i = 0; i < A.rows; i++)
            for (size_t k = 0; k < A.rows; k++)
                sum += example->loss == BPB_SQUARED
                           ? (i == k) * of_p.RA[LAYERS].at[i][j] * of_v.RA[LAYERS].at[k][j]
                           : of_p.RZ[LAYERS].at[i][j] * A.at[i][j] * ((i == k) - A.at[k][j]) *
                                 of_v.RZ[LAYERS].at[k][j];
    assert_number_close("<p, G v>", inner_vectors(&p, &Gv), sum / COLUMNS, 10, TOLERANCE(20));
}

static void Gv__is_the_product_of_its_factors(void **state)
{
    (void)state;
    for_examples(check_Gv);
}

/* ---- Derivatives as targets ---- */

/* dY/dX: the tangent of every input's direction, n_L x B each. */
struct jacobians {
    struct matrix by[SIDE];
};

static struct jacobians jacobians_of(const struct example *example)
{
    const struct vector none = no_direction();
    struct jacobians J;
    for (size_t k = 0; k < example_units[0]; k++)
        J.by[k] = go_forward(example, &none, row_of_ones(example_units[0], k, COLUMNS)).RA[LAYERS];
    return J;
}

static struct matrix plain_outputs(const struct example *example)
{
    const struct vector none = no_direction();
    return go_forward(example, &none, zeros(example_units[0], COLUMNS)).A[LAYERS];
}

static struct jacobians draw_jacobians(struct rng *rng)
{
    struct jacobians D;
    for (size_t k = 0; k < example_units[0]; k++)
        D.by[k] = draw_matrix(rng, example_units[LAYERS], COLUMNS);
    return D;
}

/* Row i of D_j for all j as a direction of X: n_0 x B */
static struct matrix direction_of(const struct jacobians *D, size_t i)
{
    struct matrix V = zeros(example_units[0], COLUMNS);
    EACH(k, j, V)
        V.at[k][j] = D->by[k].at[i][j];
    return V;
}

/*
 * The gradient of <U, Y> + sum_j <D_j, dy_j/dx_j>: for each output i a tangent in direction of row
 * i of D, whose R{A_L} has the derivative 1 in row i; back by the same equations as H v, with the
 * direction in R{A_0} and none in theta. J^T U goes with the first.
 */
static struct vector derivative_gradient(const struct example *example, struct matrix U,
                                         const struct jacobians *D)
{
    const struct vector none = no_direction();
    const bpb_activation g = example->g[LAYERS];
    struct vector sum = no_direction();
    for (size_t i = 0; i < example_units[LAYERS]; i++) {
        const struct states s = go_forward(example, &none, direction_of(D, i));
        const struct matrix A = s.A[LAYERS], C = row_of_ones(A.rows, i, COLUMNS);
        struct deltas d = {through(g, A, C), second(g, A, C, s.RZ[LAYERS])};
        if (i == 0)
            d.D = plus(d.D, 1, through(g, A, U));
        const struct vector part = go_back(example, &none, &s, d).R;
        for (size_t l = 1; l <= LAYERS; l++) {
            sum.W[l] = plus(sum.W[l], 1, part.W[l]);
            sum.b[l] = plus(sum.b[l], 1, part.b[l]);
        }
    }
    return sum;
}

/* <U, Y> + sum_j <D_j, dy_j/dx_j> */
static long double pairing(const struct example *example, struct matrix U,
                           const struct jacobians *D)
{
    const struct jacobians J = jacobians_of(example);
    long double sum = inner(U, plain_outputs(example));
    for (size_t k = 0; k < example_units[0]; k++)
        sum += inner(D->by[k], J.by[k]);
    return sum;
}

static void check_derivative_gradient(const struct example *example, struct rng *rng)
{
    const struct matrix U = draw_matrix(rng, example_units[LAYERS], COLUMNS);
    const struct jacobians D = draw_jacobians(rng);
    const struct vector gradient = derivative_gradient(example, U, &D), v = draw_vector(rng);
    const struct example above = moved(*example, STEP, &v), below = moved(*example, -STEP, &v);
    assert_number_close("gradient", inner_vectors(&gradient, &v),
                        central(pairing(&above, U, &D), pairing(&below, U, &D)), 10,
                        DIFFERENCE_TOLERANCE);
}

static void derivative_gradient__equals_differences(void **state)
{
    (void)state;
    for_examples(check_derivative_gradient);
}

/* E + strength/(2B) sum_j |dy_j/dx_j - dT_j|^2, squared loss */
static long double sobolev_loss(const struct example *example, const struct jacobians *dT,
                                long double strength)
{
    const struct jacobians J = jacobians_of(example);
    long double sum = 0;
    for (size_t k = 0; k < example_units[0]; k++) {
        const struct matrix difference = plus(J.by[k], -1, dT->by[k]);
        sum += inner(difference, difference);
    }
    return loss_of(example, plain_outputs(example)) + strength / (2 * COLUMNS) * sum;
}

/* From U = (A - T)/B and D = strength/B (dY/dX - dT). */
static struct vector sobolev_gradient(const struct example *example, const struct jacobians *dT,
                                      long double strength)
{
    const struct jacobians J = jacobians_of(example);
    const struct matrix none = zeros(example_units[LAYERS], COLUMNS);
    const struct matrix difference = plus(plain_outputs(example), -1, example->T);
    struct jacobians D;
    for (size_t k = 0; k < example_units[0]; k++)
        D.by[k] = plus(none, strength / COLUMNS, plus(J.by[k], -1, dT->by[k]));
    return derivative_gradient(example, plus(none, 1.0L / COLUMNS, difference), &D);
}

static void check_sobolev(const struct example *example, struct rng *rng)
{
    if (example->loss != BPB_SQUARED)
        return;
    const struct jacobians dT = draw_jacobians(rng);
    const struct vector gradient = sobolev_gradient(example, &dT, 0.75L), v = draw_vector(rng);
    const struct example above = moved(*example, STEP, &v), below = moved(*example, -STEP, &v);
    assert_number_close(
        "gradient", inner_vectors(&gradient, &v),
        central(sobolev_loss(&above, &dT, 0.75L), sobolev_loss(&below, &dT, 0.75L)), 10,
        DIFFERENCE_TOLERANCE);
}

static void sobolev__gradient_equals_differences(void **state)
{
    (void)state;
    for_examples(check_sobolev);
}

/* ---- The library's derivatives, against the equations ---- */

enum { PARAMETERS = 4 * 4 + 5 * 3 + 4 * 2 };

static size_t flatten(struct matrix A, long double *x)
{
    EACH(i, j, A)
        x[j * A.rows + i] = A.at[i][j];
    return A.rows * A.cols;
}

static void flatten_vector(const struct vector *v, long double x[PARAMETERS])
{
    size_t done = 0;
    for (size_t l = 1; l <= LAYERS; l++) {
        done += flatten(v->W[l], x + done);
        done += flatten(v->b[l], x + done);
    }
    assert_int_equal(done, PARAMETERS);
}

/* Laid out as by bpb_jacobian. */
static void flatten_jacobians(const struct jacobians *D, long double *x)
{
    const size_t n_0 = example_units[0], n_L = example_units[LAYERS];
    for (size_t k = 0; k < n_0; k++)
        EACH(i, j, D->by[k])
            x[(j * n_0 + k) * n_L + i] = D->by[k].at[i][j];
}

/* An operand or a result of a call. */
struct numbers {
    double x[PARAMETERS];
};

static struct numbers narrowed(size_t n, const long double *wide)
{
    struct numbers numbers;
    for (size_t i = 0; i < n; i++)
        numbers.x[i] = (double)wide[i];
    return numbers;
}

static struct numbers of_matrix(struct matrix A)
{
    long double wide[SIDE * SIDE] = {0};
    return narrowed(flatten(A, wide), wide);
}

static struct numbers of_vector(const struct vector *v)
{
    long double wide[PARAMETERS];
    flatten_vector(v, wide);
    return narrowed(PARAMETERS, wide);
}

static struct numbers of_jacobians(const struct jacobians *D)
{
    const size_t n = example_units[0] * example_units[LAYERS] * COLUMNS;
    long double wide[PARAMETERS];
    assert_true(n <= PARAMETERS);
    flatten_jacobians(D, wide);
    return narrowed(n, wide);
}

/* Entries of operands are of the order of 1, and so are sums of rounding errors. */
static void assert_matrix(const char *what, const struct numbers *got, struct matrix want)
{
    long double wide[SIDE * SIDE] = {0};
    const size_t n = flatten(want, wide);
    assert_reals_close(what, n, got->x, wide, fmaxl(1, largest(n, wide)), TOLERANCE(20));
}

static void assert_vector(const char *what, const struct numbers *got, const struct vector *want)
{
    long double wide[PARAMETERS];
    flatten_vector(want, wide);
    assert_reals_close(what, PARAMETERS, got->x, wide, fmaxl(1, largest(PARAMETERS, wide)),
                       TOLERANCE(20));
}

/* The example as a net, with its data. */
struct built {
    struct machine machine;
    struct numbers X, T;
};

static struct built build(const struct example *example)
{
    const struct numbers theta = of_vector(&example->theta);
    struct built built = {make_machine(&(bpb_net_options){.sizes = example_units,
                                                          .n_sizes = LAYERS + 1,
                                                          .activations = example->g + 1,
                                                          .loss = example->loss},
                                       &(bpb_plan_options){.derivatives = 1}),
                          of_matrix(example->X), of_matrix(example->T)};
    memcpy(bpb_net_theta(built.machine.net), theta.x, sizeof theta.x);
    return built;
}

static bpb_view view_of(const struct numbers *numbers, size_t rows)
{
    return bpb_samples(numbers->x, COLUMNS, rows);
}
static bpb_out view_into(struct numbers *numbers, size_t rows)
{
    return bpb_samples_out(numbers->x, COLUMNS, rows);
}

static void check_jvp(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng);
    const struct matrix V = draw_matrix(rng, example_units[0], COLUMNS);
    const struct numbers v_numbers = of_vector(&v), V_numbers = of_matrix(V);
    struct built built = build(example);
    struct numbers dY;
    assert_ok(bpb_jvp(built.machine.net, built.machine.work, view_of(&built.X, V.rows),
                       v_numbers.x, view_of(&V_numbers, V.rows), (bpb_out){0},
                       view_into(&dY, example_units[LAYERS])));
    assert_matrix("J v", &dY, go_forward(example, &v, V).RA[LAYERS]);
    free_machine(&built.machine);
}

static void jvp__is_R_forward(void **state)
{
    (void)state;
    for_examples(check_jvp);
}

static void check_vjp(const struct example *example, struct rng *rng)
{
    const struct matrix U = draw_matrix(rng, example_units[LAYERS], COLUMNS);
    const struct numbers U_numbers = of_matrix(U);
    const struct returned want = go_back_from(example, U);
    struct built built = build(example);
    struct numbers gradient, dX;
    assert_ok(bpb_vjp(built.machine.net, built.machine.work, view_of(&built.X, example->X.rows),
                       view_of(&U_numbers, U.rows), gradient.x, view_into(&dX, example->X.rows)));
    assert_vector("J^T u", &gradient, &want.gradient);
    assert_matrix("J^T u by X", &dX, want.dX);
    free_machine(&built.machine);
}

static void vjp__is_J_transposed(void **state)
{
    (void)state;
    for_examples(check_vjp);
}

static void check_hvp(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng);
    const struct numbers v_numbers = of_vector(&v);
    const struct returned want = hessian_product(example, &v);
    struct built built = build(example);
    struct numbers Hv, gradient;
    double E;
    assert_ok(bpb_hvp(built.machine.net, built.machine.work, view_of(&built.X, example->X.rows),
                      bpb_values(view_of(&built.T, example->T.rows)), v_numbers.x, Hv.x, gradient.x,
                      &E));
    assert_vector("H v", &Hv, &want.R);
    assert_vector("gradient", &gradient, &want.gradient);
    free_machine(&built.machine);
}

static void hvp__is_Hv(void **state)
{
    (void)state;
    for_examples(check_hvp);
}

static void check_gnvp(const struct example *example, struct rng *rng)
{
    const struct vector v = draw_vector(rng), want = gauss_newton(example, &v);
    const struct numbers v_numbers = of_vector(&v);
    struct built built = build(example);
    struct numbers Gv;
    assert_ok(bpb_gnvp(built.machine.net, built.machine.work, view_of(&built.X, example->X.rows),
                       bpb_values(view_of(&built.T, example->T.rows)), v_numbers.x, Gv.x));
    assert_vector("G v", &Gv, &want);
    free_machine(&built.machine);
}

static void gnvp__is_Gv(void **state)
{
    (void)state;
    for_examples(check_gnvp);
}

static void check_jacobian_vjp(const struct example *example, struct rng *rng)
{
    const struct matrix U = draw_matrix(rng, example_units[LAYERS], COLUMNS);
    const struct jacobians D = draw_jacobians(rng);
    const struct vector want = derivative_gradient(example, U, &D);
    const struct numbers U_numbers = of_matrix(U), D_numbers = of_jacobians(&D);
    struct built built = build(example);
    struct numbers gradient;
    assert_ok(bpb_jacobian_vjp(built.machine.net, built.machine.work,
                                view_of(&built.X, example->X.rows), view_of(&U_numbers, U.rows),
                                view_of(&D_numbers, U.rows * example->X.rows), gradient.x));
    assert_vector("gradient", &gradient, &want);
    free_machine(&built.machine);
}

static void jacobian_vjp__is_the_derivative_gradient(void **state)
{
    (void)state;
    for_examples(check_jacobian_vjp);
}

static void check_library_sobolev(const struct example *example, struct rng *rng)
{
    if (example->loss != BPB_SQUARED)
        return;
    const struct jacobians dT = draw_jacobians(rng);
    const struct vector want = sobolev_gradient(example, &dT, 0.75L);
    const struct numbers dT_numbers = of_jacobians(&dT);
    const long double E_wanted = sobolev_loss(example, &dT, 0.75L);
    struct built built = build(example);
    struct numbers gradient;
    double E;
    assert_ok(bpb_sobolev(built.machine.net, built.machine.work, view_of(&built.X, example->X.rows),
                          bpb_values(view_of(&built.T, example->T.rows)),
                          bpb_values(view_of(&dT_numbers, example->T.rows * example->X.rows)), 0.75,
                          gradient.x, &E));
    assert_vector("gradient", &gradient, &want);
    assert_number_close("E", (long double)E, E_wanted, E_wanted, TOLERANCE(20));
    free_machine(&built.machine);
}

static void sobolev__is_its_formula(void **state)
{
    (void)state;
    for_examples(check_library_sobolev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient__of_2_2_2_2_is_the_derivation_written_out),
        cmocka_unit_test(gradient__of_3_2_2_1_is_the_derivation_written_out),
        cmocka_unit_test(gradient__of_mazurs_example_is_as_published),
        cmocka_unit_test(opt_step__repeats_mazurs_run),
        cmocka_unit_test(gradient__of_pytorchs_baseline_is_as_published),
        cmocka_unit_test(vjp__of_ones_gives_pytorchs_gradient),
        cmocka_unit_test(gradient__of_a_loss_of_ones_own_is_pytorchs),
        cmocka_unit_test(sgd_step__repeats_pytorchs_baseline),
        cmocka_unit_test(sgd_step__repeats_pytorchs_baseline_with_weight_decay),
        cmocka_unit_test(iteration__equals_the_gradient),
        cmocka_unit_test(iteration__with_a_slip_is_another_gradient),
        cmocka_unit_test(cross_entropy__of_sigmoid_cancels_to_a_difference),
        cmocka_unit_test(cross_entropy__of_softmax_cancels_to_a_difference),
        cmocka_unit_test(poisson__of_an_exponential_cancels_to_a_difference),
        cmocka_unit_test(losses__of_z_are_those_of_a),
        cmocka_unit_test(label_smoothing__mixes_the_loss_with_that_of_uniform_targets),
        cmocka_unit_test(R_forward__equals_differences),
        cmocka_unit_test(J_transposed__is_the_transpose_of_J),
        cmocka_unit_test(gradient__along_a_direction_equals_differences),
        cmocka_unit_test(Hv__equals_differences_of_the_gradient),
        cmocka_unit_test(Gv__is_the_product_of_its_factors),
        cmocka_unit_test(derivative_gradient__equals_differences),
        cmocka_unit_test(sobolev__gradient_equals_differences),
        cmocka_unit_test(jvp__is_R_forward),
        cmocka_unit_test(vjp__is_J_transposed),
        cmocka_unit_test(hvp__is_Hv),
        cmocka_unit_test(gnvp__is_Gv),
        cmocka_unit_test(jacobian_vjp__is_the_derivative_gradient),
        cmocka_unit_test(sobolev__is_its_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
