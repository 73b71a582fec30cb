/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions in model files: their parameters to the last digit, in any locale; functions of one's
 * own by their names, which are asked for again; what is no function is refused.
 */
#define _GNU_SOURCE /* newlocale */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>

#include "bpblas.h"
#include "temporary_files.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define assert_ok(call) assert_int_equal(call, BPB_OK)

static const size_t units[] = {2, 3, 2};

/* ---- Files in memory ---- */

static unsigned char file[8192];
static size_t bytes;

static void save_d(const bpb_net *net)
{
    assert_ok(bpb_net_save_memory(net, file, sizeof file, &bytes));
}
static void save_s(const bpbf_net *net)
{
    assert_ok(bpbf_net_save_memory(net, file, sizeof file, &bytes));
}

/* Whether the header of the saved file has this text. */
static int header_has(const char *text)
{
    char header[sizeof file];
    const size_t length = file[0] + 256u * file[1];
    memcpy(header, file + 8, length);
    header[length] = '\0';
    return strstr(header, text) != NULL;
}

static int can_save(void)
{
    bpb_net *net = NULL;
    assert_ok(bpb_net_create(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3}));
    const bpb_status status = bpb_net_save_memory(net, NULL, 0, &bytes);
    bpb_net_destroy(&net);
    return status != BPB_ERR_UNSUPPORTED;
}

#define NEEDS_JSON()     \
    do {                 \
        if (!can_save()) \
            skip();      \
    } while (0)

/* ---- Parameters ---- */

/* leak, elu_alpha and the loss's: of Huber, or of cross-entropy where that is below 1. */
struct parameters {
    double leak, alpha, of_loss;
    bpb_loss_kind loss;
};

static bpb_net_options options_of(const struct parameters *p)
{
    static const bpb_activation activations[] = {BPB_LEAKY_RELU, BPB_SIGMOID},
                                with_elu[] = {BPB_ELU, BPB_SIGMOID};
    return (bpb_net_options){.sizes = units,
                             .n_sizes = 3,
                             .activations = p->leak != 0 ? activations : with_elu,
                             .loss = p->loss,
                             .leak = p->leak,
                             .elu_alpha = p->alpha,
                             .huber_delta = p->loss == BPB_HUBER ? p->of_loss : 0,
                             .label_smoothing = p->loss == BPB_CROSS_ENTROPY ? p->of_loss : 0};
}

static void expect_parameters(const struct parameters *p, double of_activation, double of_loss)
{
    assert_true(of_activation == (p->leak != 0 ? p->leak : p->alpha));
    assert_true(of_loss == p->of_loss);
}

/* Save in each precision, load in both: the same numbers. */
static void round_trip(const struct parameters *p)
{
    const bpb_net_options options = options_of(p);
    for (int of_float = 0; of_float < 2; of_float++) {
        bpb_net *d = NULL;
        bpbf_net *s = NULL;
        if (of_float) {
            assert_ok(bpbf_net_create(&s, &options));
            save_s(s);
            bpbf_net_destroy(&s);
        } else {
            assert_ok(bpb_net_create(&d, &options));
            save_d(d);
            bpb_net_destroy(&d);
        }
        assert_ok(bpb_net_load_memory(&d, file, bytes, NULL));
        assert_ok(bpbf_net_load_memory(&s, file, bytes, NULL));
        expect_parameters(p, bpb_net_layer(d, 1).parameter, bpb_net_loss(d).parameter);
        expect_parameters(p, bpbf_net_layer(s, 1).parameter, bpbf_net_loss(s).parameter);
        bpb_net_destroy(&d);
        bpbf_net_destroy(&s);
    }
}

static const struct parameters all_parameters[] = {
    {0.2, 0, 1.5, BPB_HUBER},
    {1.0 / 3, 0, 0.1, BPB_CROSS_ENTROPY},
    {0, 0.7, 2.0 / 3, BPB_HUBER},
    {0, 1e-30, 1e30, BPB_HUBER},
    {(double)FLT_MIN, 0, (double)FLT_MAX, BPB_HUBER},
    {12345678.9, 0, 1 - DBL_EPSILON / 2, BPB_CROSS_ENTROPY},
    {0.01, 0, 0, BPB_SQUARED},
    {0, 1, 0, BPB_ABSOLUTE},
    {0, 1, 0, BPB_CROSS_ENTROPY},
};

static void parameters__come_back_exactly(void **state)
{
    (void)state;
    NEEDS_JSON();
    for (size_t i = 0; i < COUNT(all_parameters); i++)
        round_trip(&all_parameters[i]);
}

/* The point, not a comma: which would divide the list. Locales that a machine may have. */
static void parameters__in_other_locales(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char *const names[] = {"C.UTF-8",     "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8",
                                        "nl_NL.UTF-8", "ru_RU.UTF-8"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const locale_t other = newlocale(LC_ALL_MASK, names[i], (locale_t)0);
        if (!other)
            continue;
        const locale_t before = uselocale(other);
        char text[8], again[8];
        snprintf(text, sizeof text, "%.1f", 0.5);
        parameters__come_back_exactly(state);
        snprintf(again, sizeof again, "%.1f", 0.5);
        assert_string_equal(again, text); /* the caller's locale is his again */
        uselocale(before);
        freelocale(other);
    }
}

static void parameters__as_they_are_written(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = NULL;
    const bpb_activation activations[] = {BPB_LEAKY_RELU, BPB_ELU, BPB_SOFTMAX};
    const size_t wide[] = {2, 2, 2, 2};
    assert_ok(bpb_net_create(&net, &(bpb_net_options){.sizes = wide,
                                                      .n_sizes = 4,
                                                      .activations = activations,
                                                      .loss = BPB_CROSS_ENTROPY,
                                                      .elu_alpha = 0.5,
                                                      .label_smoothing = 0.25}));
    save_d(net);
    assert_true(header_has("\"bpblas.format\":\"1\""));
    assert_true(header_has("\"bpblas.activations\":\"leaky-relu:0.01,elu:0.5,softmax\""));
    assert_true(header_has("\"bpblas.loss\":\"cross-entropy:0.25\""));
    bpb_net_destroy(&net);
}

/* A parameter that a float cannot hold: only in double. Precision is told of any good file. */
static void parameters__beyond_float(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const struct parameters beyond[] = {{1e300, 0, 1, BPB_HUBER},
                                               {0.5, 0, 1e-300, BPB_HUBER},
                                               {0, 1e-40, 1, BPB_HUBER},
                                               {0, 1, 1e39, BPB_HUBER},
                                               {0, 1, 1e-45, BPB_CROSS_ENTROPY}};
    for (size_t i = 0; i < COUNT(beyond); i++) {
        const bpb_net_options options = options_of(&beyond[i]);
        const char *path = path_of("beyond.safetensors");
        size_t precision = 0;
        bpb_net *d = NULL;
        bpbf_net *s = NULL;
        assert_ok(bpb_net_create(&d, &options));
        save_d(d);
        assert_ok(bpb_net_save(d, path));
        bpb_net_destroy(&d);
        assert_ok(bpb_net_load_memory(&d, file, bytes, NULL));
        expect_parameters(&beyond[i], bpb_net_layer(d, 1).parameter, bpb_net_loss(d).parameter);
        assert_int_equal(bpbf_net_load_memory(&s, file, bytes, NULL), BPB_ERR_RANGE);
        assert_null(s);
        assert_ok(bpb_model_precision(path, &precision));
        assert_int_equal(precision, 8);
        bpb_net_destroy(&d);
        count_files(1);
    }
}

/* ---- Functions of one's own ---- */

static void swish_d(const void *context, size_t n, const double *z, double *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] / (1 + exp(-z[i]));
}
static void swish_s(const void *context, size_t n, const float *z, float *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] / (1 + expf(-z[i]));
}
static void error_d(const void *context, size_t n, const double *a, const double *t, double *f)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        f[i] = 2 * (a[i] - t[i]) * (a[i] - t[i]);
}
static void error_s(const void *context, size_t n, const float *a, const float *t, float *f)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        f[i] = 2 * (a[i] - t[i]) * (a[i] - t[i]);
}
/* Pairs of outputs, T of half the rows. */
static void pairs_d(const void *context, size_t n, size_t B, const double *Z, const double *A,
                    const double *T, double *e)
{
    (void)context, (void)Z, (void)n;
    for (size_t j = 0; j < B; j++)
        e[j] = A[2 * j] * A[2 * j + 1] - T[j];
}

#define LONGEST "0123456789-abcdefghijklmnopqr_z"
static const bpb_activation_function g_d[] = {{.name = "unused", .f = swish_d},
                                               {.name = "swish", .f = swish_d},
                                               {.name = LONGEST, .f = swish_d}};
static const bpbf_activation_function g_s[] = {{.name = LONGEST, .f = swish_s},
                                               {.name = "swish", .f = swish_s}};
static const bpb_loss_function e_d[] = {{.name = "my_error", .f = error_d},
                                         {.name = "swish", .value = pairs_d, .group = 2}};
static const bpbf_loss_function e_s[] = {{.name = "my_error", .f = error_s}};
static const bpb_functions all_d = {g_d, COUNT(g_d), e_d, COUNT(e_d)};
static const bpbf_functions all_s = {g_s, COUNT(g_s), e_s, COUNT(e_s)};

static bpb_net *own_net(const bpb_loss_function *loss)
{
    bpb_net *net = NULL;
    assert_ok(bpb_net_create(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3, .seed = 3}));
    assert_ok(bpb_net_set_activation(net, 1, &g_d[1]));
    assert_ok(bpb_net_set_activation(net, 2, &g_d[2]));
    if (loss)
        assert_ok(bpb_net_set_loss(net, loss));
    return net;
}

/* E of one sample, to see that it is those functions. */
static double loss_of(const bpb_net *net)
{
    const double x[] = {0.5, -1}, t[] = {1, 2};
    bpb_score score = {0};
    assert_ok(bpb_evaluate(net, bpb_samples(x, 1, 2),
                           bpb_values(bpb_samples(t, 1, bpb_net_loss(net).n_targets)), &score,
                           NULL));
    return score.loss;
}

static void own_functions__come_back_by_their_names(void **state)
{
    (void)state;
    NEEDS_JSON();
    for (size_t i = 0; i < COUNT(e_d); i++) {
        bpb_net *net = own_net(&e_d[i]), *again = NULL;
        const char *path = path_of("own.safetensors");
        save_d(net);
        assert_true(header_has("\"bpblas.activations\":\"own:swish,own:" LONGEST "\""));
        assert_true(header_has(i ? "\"bpblas.loss\":\"own:swish\"" : "\"own:my_error\""));
        assert_ok(bpb_net_load_memory(&again, file, bytes, &all_d));
        assert_string_equal(bpb_net_layer(again, 1).name, "swish");
        assert_string_equal(bpb_net_layer(again, 2).name, LONGEST);
        assert_string_equal(bpb_net_loss(again).name, e_d[i].name);
        assert_int_equal(bpb_net_loss(again).n_targets, bpb_net_loss(net).n_targets);
        assert_true(loss_of(again) == loss_of(net));
        bpb_net_destroy(&again);
        assert_ok(bpb_net_save(net, path));
        assert_ok(bpb_net_load(&again, path, &all_d));
        assert_true(loss_of(again) == loss_of(net));
        bpb_net_destroy(&again);
        bpb_net_destroy(&net);
        count_files(1);
    }
}

static void own_functions__of_the_other_precision(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = own_net(&e_d[0]), *again = NULL;
    bpbf_net *narrow = NULL;
    save_d(net);
    assert_ok(bpbf_net_load_memory(&narrow, file, bytes, &all_s));
    assert_string_equal(bpbf_net_layer(narrow, 2).name, LONGEST);
    save_s(narrow);
    assert_ok(bpb_net_load_memory(&again, file, bytes, &all_d));
    assert_string_equal(bpb_net_loss(again).name, "my_error");
    bpb_net_destroy(&net);
    bpb_net_destroy(&again);
    bpbf_net_destroy(&narrow);
}

/* Load the saved file both ways with these functions, which lack one: the sentence names it. */
static void expect_missing(const bpb_functions *functions, const char *what, const char *name)
{
    bpb_net *const mark = (bpb_net *)&units, *net = mark;
    const char *path = path_of("own.safetensors");
    char sentence[400];
    write_file(path, file, bytes);
    snprintf(sentence, sizeof sentence, "%s is your own function \"%s\", which was not given", what,
             name);
    assert_int_equal(bpb_net_load_memory(&net, file, bytes, functions), BPB_ERR_FUNCTION);
    assert_string_equal(bpb_error(), sentence);
    assert_int_equal(bpb_net_load(&net, path, functions), BPB_ERR_FUNCTION);
    strcat(strcat(sentence, ": "), path);
    assert_string_equal(bpb_error(), sentence);
    assert_ptr_equal(net, mark);
    count_files(1);
}

static void own_functions__missing_are_named(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = own_net(&e_d[0]), *loaded = NULL;
    bpbf_net *narrow = NULL;
    const char *path = path_of("own.safetensors");
    size_t precision = 0;
    save_d(net);
    expect_missing(NULL, "the activation of layer 1", "swish");
    expect_missing(&(bpb_functions){0}, "the activation of layer 1", "swish");
    expect_missing(&(bpb_functions){g_d, 1, e_d, 2}, "the activation of layer 1",
                   "swish"); /* a loss of that name is none */
    expect_missing(&(bpb_functions){g_d, 2, e_d, 2}, "the activation of layer 2", LONGEST);
    expect_missing(&(bpb_functions){g_d, 3, e_d, 0}, "the loss", "my_error");
    expect_missing(&(bpb_functions){g_d, 3, e_d + 1, 1}, "the loss", "my_error");
    assert_int_equal(bpb_net_load_memory(&loaded, file, bytes, NULL), BPB_ERR_FUNCTION);
    assert_int_equal(bpbf_net_load_memory(&narrow, file, bytes, NULL), BPB_ERR_FUNCTION);
    assert_ok(bpb_net_save(net, path));
    assert_int_equal(bpb_net_load(&loaded, path, NULL), BPB_ERR_FUNCTION);
    assert_int_equal(bpbf_net_load(&narrow, path, NULL), BPB_ERR_FUNCTION);
    assert_ok(bpb_model_precision(path, &precision));
    assert_true(precision == 8 && !loaded && !narrow);
    bpb_net_destroy(&net);
    count_files(1);
}

/* Those given are looked at as set_activation would, even those that no file names. */
static void load__functions_that_are_none(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = own_net(NULL), *loaded = NULL;
    const bpb_activation_function no_name[] = {g_d[1], g_d[2], {.f = swish_d}},
                                   library_name[] = {g_d[1], g_d[2], {.name = "elu", .f = swish_d}};
    const bpb_loss_function no_f[] = {{.name = "error"}}, upper[] = {{.name = "E", .f = error_d}};
    save_d(net);
    assert_int_equal(
        bpb_net_load_memory(&loaded, file, bytes, &(bpb_functions){no_name, 3, NULL, 0}),
        BPB_ERR_NULL);
    assert_int_equal(
        bpb_net_load_memory(&loaded, file, bytes, &(bpb_functions){library_name, 3, NULL, 0}),
        BPB_ERR_OPTION);
    assert_int_equal(bpb_net_load_memory(&loaded, file, bytes, &(bpb_functions){g_d, 3, no_f, 1}),
                     BPB_ERR_NULL);
    assert_int_equal(bpb_net_load_memory(&loaded, file, bytes, &(bpb_functions){g_d, 3, upper, 1}),
                     BPB_ERR_OPTION);
    assert_int_equal(bpb_net_load_memory(&loaded, file, bytes, &(bpb_functions){NULL, 3, NULL, 0}),
                     BPB_ERR_NULL);
    assert_null(loaded);
    bpb_net_destroy(&net);
}

/* ---- Texts that are not right ---- */

/* Put a file of a 2-2 net of zeros with these functions into file. */
static void write_functions(const char *activation, const char *loss)
{
    char header[2048];
    const int length = snprintf(
        header, sizeof header,
        "{\"__metadata__\":{\"bpblas.format\":\"1\",\"bpblas.sizes\":\"2,2\","
        "\"bpblas.activations\":\"%s\",\"bpblas.loss\":\"%s\"},"
        "\"W1\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
        "\"b1\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}",
        activation, loss);
    memset(file, 0, sizeof file);
    file[0] = (unsigned char)(length & 0xff);
    file[1] = (unsigned char)(length >> 8);
    memcpy(file + 8, header, (size_t)length);
    bytes = 8 + (size_t)length + 24;
}

static const struct {
    const char *activation, *loss;
    bpb_status in_double, in_float;
} texts[] = {
#define BOTH(status) status, status
    {"leaky-relu:0.2", "squared", BOTH(BPB_OK)},
    {"leaky-relu:.5e-1", "huber:2", BOTH(BPB_OK)},
    {"elu:+1E1", "squared", BOTH(BPB_ERR_FORMAT)}, /* a capital E is no digit of ours */
    {"elu:+1e1", "squared", BOTH(BPB_OK)},
    {"elu", "huber", BOTH(BPB_OK)}, /* the defaults */
    {"softmax", "cross-entropy:0.1", BOTH(BPB_OK)},
    {"exponential", "poisson", BOTH(BPB_OK)},
    {"identity", "gaussian", BOTH(BPB_OK)},

    {"leaky-relu:", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:abc", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:1x", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:1 ", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu: 1", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:1:2", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:1e", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:e", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:0", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:-1", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:nan", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:inf", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:0x1p-3", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:0,2", "squared", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:0.2,", "squared", BOTH(BPB_ERR_FORMAT)},
    {":0.2", "squared", BOTH(BPB_ERR_FORMAT)},
    {"relu:1", "squared", BOTH(BPB_ERR_FORMAT)},
    {"softmax:1", "squared", BOTH(BPB_ERR_FORMAT)},
    {"relu", "squared:1", BOTH(BPB_ERR_FORMAT)},
    {"relu", "huber:0", BOTH(BPB_ERR_FORMAT)},
    {"relu", "huber:", BOTH(BPB_ERR_FORMAT)},
    {"relu", "huber,squared", BOTH(BPB_ERR_FORMAT)},
    {"sigmoid", "cross-entropy:0", BOTH(BPB_ERR_FORMAT)},
    {"leaky-relu:00000000000000000000000000000000000000000000000000001", "squared",
     BOTH(BPB_ERR_FORMAT)}, /* longer than any number need be */

    {"sigmoid", "cross-entropy:1", BOTH(BPB_ERR_RANGE)},
    {"sigmoid", "cross-entropy:1.5", BOTH(BPB_ERR_RANGE)},
    {"leaky-relu:1e300", "squared", BPB_OK, BPB_ERR_RANGE},
    {"relu", "huber:1e-300", BPB_OK, BPB_ERR_RANGE},
    {"leaky-relu:1e999", "squared", BOTH(BPB_ERR_RANGE)},
    {"leaky-relu:1e-310", "squared", BOTH(BPB_ERR_RANGE)},

    {"tanh", "cross-entropy:0.1", BOTH(BPB_ERR_PAIR)},
    {"identity", "poisson", BOTH(BPB_ERR_PAIR)},
    {"tanh", "gaussian", BOTH(BPB_ERR_PAIR)},
    {"own:g", "cross-entropy", BOTH(BPB_ERR_PAIR)},
    {"own:g", "poisson", BOTH(BPB_ERR_PAIR)},

    {"own:g", "squared", BOTH(BPB_ERR_FUNCTION)},
    {"relu", "own:e", BOTH(BPB_ERR_FUNCTION)},
    {"own:", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:UPPER", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:a b", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:a:0.5", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:own:a", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:\\u00e9", "squared", BOTH(BPB_ERR_FORMAT)},
    {"own:" LONGEST, "squared", BOTH(BPB_ERR_FUNCTION)},
    {"own:" LONGEST "x", "squared", BOTH(BPB_ERR_FORMAT)},
    {"relu", "own:", BOTH(BPB_ERR_FORMAT)},
    {"relu", "own:E", BOTH(BPB_ERR_FORMAT)},
    {"relu", "own:" LONGEST "x", BOTH(BPB_ERR_FORMAT)},
};

static void load__texts_by_hand(void **state)
{
    (void)state;
    NEEDS_JSON();
    for (size_t i = 0; i < COUNT(texts); i++) {
        bpb_net *d = NULL;
        bpbf_net *s = NULL;
        write_functions(texts[i].activation, texts[i].loss);
        const bpb_status in_double = bpb_net_load_memory(&d, file, bytes, NULL);
        const bpb_status in_float = bpbf_net_load_memory(&s, file, bytes, NULL);
        if (in_double != texts[i].in_double || in_float != texts[i].in_float)
            fail_msg("\"%s\", \"%s\": \"%s\" and \"%s\"", texts[i].activation, texts[i].loss,
                     bpb_strerror(in_double), bpb_strerror(in_float));
        assert_true((d != NULL) == (in_double == BPB_OK) && (s != NULL) == (in_float == BPB_OK));
        bpb_net_destroy(&d);
        bpbf_net_destroy(&s);
    }
}

static void load__default_parameters_by_hand(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = NULL;
    write_functions("leaky-relu", "huber");
    assert_ok(bpb_net_load_memory(&net, file, bytes, NULL));
    assert_true(bpb_net_layer(net, 1).parameter == 0.01 && bpb_net_loss(net).parameter == 1);
    bpb_net_destroy(&net);
    write_functions("elu", "squared");
    assert_ok(bpb_net_load_memory(&net, file, bytes, NULL));
    assert_true(bpb_net_layer(net, 1).parameter == 1 && bpb_net_loss(net).parameter == 0);
    bpb_net_destroy(&net);
}

/* A loss for an output that the given function is not, or outputs that it cannot group. */
static void load__pairs(void **state)
{
    (void)state;
    NEEDS_JSON();
    const bpb_loss_function of_three[] = {{.name = "e", .value = pairs_d, .group = 3}};
    bpb_net *net = NULL;
    write_functions("own:swish", "gaussian");
    assert_int_equal(bpb_net_load_memory(&net, file, bytes, &all_d), BPB_ERR_PAIR);
    write_functions("relu", "own:e");
    assert_int_equal(bpb_net_load_memory(&net, file, bytes, &(bpb_functions){NULL, 0, of_three, 1}),
                     BPB_ERR_PAIR);
    assert_null(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters__come_back_exactly),
        cmocka_unit_test(parameters__in_other_locales),
        cmocka_unit_test(parameters__as_they_are_written),
        cmocka_unit_test(parameters__beyond_float),
        cmocka_unit_test(own_functions__come_back_by_their_names),
        cmocka_unit_test(own_functions__of_the_other_precision),
        cmocka_unit_test(own_functions__missing_are_named),
        cmocka_unit_test(load__functions_that_are_none),
        cmocka_unit_test(load__texts_by_hand),
        cmocka_unit_test(load__default_parameters_by_hand),
        cmocka_unit_test(load__pairs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
