/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chain rule written out, scalar by scalar, for two small nets of sigmoids with squared loss,
 * and two examples whose numbers others have published.
 */
#define BPB_REAL_BYTES 8
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
    struct problem problem = make_problem(&(bpb_net_options){.units = n, .n_layers = 3}, 5, 1);
    const double *theta = bpb_dnet_ctheta(problem.machine.net);
    double d[18], gradient[18];
    long double mean[18] = {0};
    for (size_t j = 0; j < problem.B; j++) {
        derivatives(theta, problem.X + j * n[0], problem.T + j * n[3], d);
        for (size_t i = 0; i < problem.P; i++)
            mean[i] += (long double)d[i] / problem.B;
    }
    assert_ok(bpb_dgradient(problem.machine.net, problem.machine.work, inputs(&problem),
                            targets(&problem), gradient, NULL));
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

/* ---- Published numbers ---- */

/* Agreement in so many significant digits. */
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
static const bpb_net_options mazur_net = {.units = mazur_units, .n_layers = 2};
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
    memcpy(bpb_dnet_theta(machine.net), mazur_theta, sizeof mazur_theta);
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
    const bpb_dcview X = bpb_dcmatrix(mazur_x, 2, 1), T = bpb_dcmatrix(mazur_t, 2, 1);
    double Y[2], gradient[12], w[8], E;
    assert_ok(bpb_dforward(machine.net, machine.work, X, bpb_dmatrix(Y, 2, 1)));
    assert_ok(bpb_dgradient(machine.net, machine.work, X, T, gradient, &E));
    mazur_weights(gradient, w);
    assert_digits("outputs", 2, Y, outputs, 15);
    assert_digits("E", 1, &E, &E_published, 15);
    assert_digits("dw", 8, w, dw, 15);
    assert_digits("db_1", 2, gradient + 4, db_1, 15);
    assert_digits("db_2", 2, gradient + 10, db_2, 15);
    free_machine(&machine);
}

/* A step of the caller's own: the gradient of the biases is struck out between the two calls. */
static void step_without_biases(struct machine *machine, bpb_dcview X, bpb_dcview T)
{
    double gradient[12];
    assert_ok(bpb_dgradient(machine->net, machine->work, X, T, gradient, NULL));
    for (size_t l = 1; l <= 2; l++) {
        const bpb_dview db = bpb_dnet_b(machine->net, gradient, l);
        memset(db.data, 0, db.rows * sizeof *db.data);
    }
    assert_ok(bpb_dsgd_update(machine->net, gradient, &(bpb_sgd_rule){.eta = 0.5}));
}

static void sgd_update__repeats_mazurs_run(void **state)
{
    (void)state;
    struct machine machine = make_mazur();
    const bpb_dcview X = bpb_dcmatrix(mazur_x, 2, 1), T = bpb_dcmatrix(mazur_t, 2, 1);
    size_t steps = 0;
    for (size_t r = 0; r < COUNT(mazur_run); r++) {
        double Y[2], w[8], E;
        for (; steps < mazur_run[r].steps; steps++)
            step_without_biases(&machine, X, T);
        assert_ok(bpb_dforward(machine.net, machine.work, X, bpb_dmatrix(Y, 2, 1)));
        assert_ok(bpb_dloss(machine.net, machine.work, X, T, &E));
        mazur_weights(bpb_dnet_ctheta(machine.net), w);
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
static const bpb_net_options pytorch_net = {.units = pytorch_units, .n_layers = 2};
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
    struct machine machine = make_machine(&pytorch_net, NULL);
    for (size_t i = 0; i < 13; i++)
        bpb_dnet_theta(machine.net)[pytorch_place[i]] = pytorch_start[i];
    return machine;
}

/* Targets Y - 1 give the squared loss the derivative 1 in each output: that of their sum. */
static void targets_of_a_sum(struct machine *machine, double T[3])
{
    assert_ok(
        bpb_dforward(machine->net, machine->work, bpb_dcmatrix(pytorch_x, 2, 3), bpb_dmatrix(T, 1, 3)));
    for (size_t j = 0; j < 3; j++)
        T[j] -= 1;
}

static void gradient__of_pytorchs_baseline_is_as_published(void **state)
{
    (void)state;
    static const double sum_published = 1.1720352355314829;
    struct machine machine = make_pytorch();
    double T[3], gradient[13], got[13];
    targets_of_a_sum(&machine, T);
    const double sum = T[0] + T[1] + T[2] + 3;
    assert_digits("sum", 1, &sum, &sum_published, 15);
    assert_ok(bpb_dgradient(machine.net, machine.work, bpb_dcmatrix(pytorch_x, 2, 3), bpb_dcmatrix(T, 1, 3),
                            gradient, NULL));
    for (size_t i = 0; i < 13; i++)
        got[i] = 3 * gradient[pytorch_place[i]]; // a sum, not a mean
    assert_digits("gradient", 13, got, pytorch_gradient, 14);
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
            assert_ok(bpb_dsgd_step(machine.net, machine.work, bpb_dcmatrix(pytorch_x, 2, 3),
                                    bpb_dcmatrix(T, 1, 3), rule, NULL));
        }
        for (size_t i = 0; i < 13; i++)
            got[i] = bpb_dnet_ctheta(machine.net)[pytorch_place[i]];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient__of_2_2_2_2_is_the_derivation_written_out),
        cmocka_unit_test(gradient__of_3_2_2_1_is_the_derivation_written_out),
        cmocka_unit_test(gradient__of_mazurs_example_is_as_published),
        cmocka_unit_test(sgd_update__repeats_mazurs_run),
        cmocka_unit_test(gradient__of_pytorchs_baseline_is_as_published),
        cmocka_unit_test(sgd_step__repeats_pytorchs_baseline),
        cmocka_unit_test(sgd_step__repeats_pytorchs_baseline_with_weight_decay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
