/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files: what is written is read again, to the bit; what is not a model file is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "bpblas.h"
#include "temporary_files.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- Nets to save ---- */

static const size_t units[] = {3, 5, 4, 2};
static const bpb_activation activations[] = {BPB_TANH, BPB_RELU, BPB_SOFTMAX};
static const bpb_net_options options = {
    .sizes = units, .n_sizes = 4, .activations = activations, .loss = BPB_CROSS_ENTROPY, .seed = 7};

/* Keys and values with all that JSON has to quote. */
static const char *const notes[][2] = {
    {"name", "a net"},
    {"quotes \" and \\", "\"{}[]:,\\u0041\\"},
    {"lines", "one\ntwo\r\n\tthree\b\f\x01\x1f\x7f"},
    {"gr\xc3\xb6\xc3\x9f"
     "e",
     "\xce\xb8 \xe2\x88\x88 \xe2\x84\x9d, \xf0\x9f\x99\x82"},
    {"empty", ""},
    {"__metadata__", "W1"},
    {"bpblas", "no key of the format"},
};

static bpb_net *make_dnet(void)
{
    bpb_net *net = NULL;
    const double shift[] = {0.1, -2, 1e10}, factor[] = {1 / 3.0, 0, -4e-5};
    const double out_shift[] = {-0.0, 5}, out_factor[] = {1e-3, -7};
    assert_int_equal(bpb_net_create(&net, &options), BPB_OK);
    assert_int_equal(bpb_net_set_scaling(net, BPB_INPUTS, shift, factor), BPB_OK);
    assert_int_equal(bpb_net_set_scaling(net, BPB_OUTPUTS, out_shift, out_factor), BPB_OK);
    for (size_t i = 0; i < COUNT(notes); i++)
        assert_int_equal(bpb_net_set_note(net, notes[i][0], notes[i][1]), BPB_OK);
    return net;
}

static bpbf_net *make_snet(void)
{
    bpbf_net *net = NULL;
    const double shift[] = {0.1f, -2, 1e10f}, factor[] = {1 / 3.0f, 0, -4e-5f};
    const double out_shift[] = {-0.0f, 5}, out_factor[] = {1e-3f, -7};
    assert_int_equal(bpbf_net_create(&net, &options), BPB_OK);
    assert_int_equal(bpbf_net_set_scaling(net, BPB_INPUTS, shift, factor), BPB_OK);
    assert_int_equal(bpbf_net_set_scaling(net, BPB_OUTPUTS, out_shift, out_factor), BPB_OK);
    for (size_t i = 0; i < COUNT(notes); i++)
        assert_int_equal(bpbf_net_set_note(net, notes[i][0], notes[i][1]), BPB_OK);
    return net;
}

/* The file of a net in memory, allocated; NULL in a build without JSON. */
static unsigned char *save_dnet(const bpb_net *net, size_t *n)
{
    if (bpb_net_save_memory(net, NULL, 0, n) == BPB_ERR_UNSUPPORTED)
        return NULL;
    unsigned char *file = malloc(*n);
    assert_non_null(file);
    assert_int_equal(bpb_net_save_memory(net, file, *n, n), BPB_OK);
    return file;
}

static unsigned char *save_snet(const bpbf_net *net, size_t *n)
{
    if (bpbf_net_save_memory(net, NULL, 0, n) == BPB_ERR_UNSUPPORTED)
        return NULL;
    unsigned char *file = malloc(*n);
    assert_non_null(file);
    assert_int_equal(bpbf_net_save_memory(net, file, *n, n), BPB_OK);
    return file;
}

static int can_save(void)
{
    size_t n;
    bpb_net *net = make_dnet();
    const int status = bpb_net_save_memory(net, NULL, 0, &n);
    bpb_net_destroy(&net);
    return status != BPB_ERR_UNSUPPORTED;
}

#define NEEDS_JSON()                                                                               \
    do {                                                                                           \
        if (!can_save())                                                                           \
            skip();                                                                                \
    } while (0)

/* ---- Comparing them ---- */

static void expect_dshape(const bpb_net *net)
{
    assert_int_equal(bpb_net_layers(net), 3);
    for (size_t l = 0; l <= 3; l++)
        assert_int_equal(bpb_net_size(net, l), units[l]);
    for (size_t l = 1; l <= 3; l++)
        assert_int_equal(bpb_net_layer(net, l).activation, activations[l - 1]);
    assert_int_equal(bpb_net_loss(net).kind, BPB_CROSS_ENTROPY);
    for (size_t i = 0; i < COUNT(notes); i++) {
        assert_string_equal(bpb_net_note_key(net, i), notes[i][0]);
        assert_string_equal(bpb_net_note(net, notes[i][0]), notes[i][1]);
    }
    assert_null(bpb_net_note_key(net, COUNT(notes)));
}

static void expect_sshape(const bpbf_net *net)
{
    assert_int_equal(bpbf_net_layers(net), 3);
    for (size_t l = 0; l <= 3; l++)
        assert_int_equal(bpbf_net_size(net, l), units[l]);
    for (size_t l = 1; l <= 3; l++)
        assert_int_equal(bpbf_net_layer(net, l).activation, activations[l - 1]);
    assert_int_equal(bpbf_net_loss(net).kind, BPB_CROSS_ENTROPY);
    for (size_t i = 0; i < COUNT(notes); i++) {
        assert_string_equal(bpbf_net_note_key(net, i), notes[i][0]);
        assert_string_equal(bpbf_net_note(net, notes[i][0]), notes[i][1]);
    }
    assert_null(bpbf_net_note_key(net, COUNT(notes)));
}

static void expect_dnet(bpb_net *net, const bpb_net *same)
{
    expect_dshape(net);
    assert_memory_equal(bpb_net_ctheta(net), bpb_net_ctheta(same),
                        bpb_net_parameters(same) * sizeof(double));
    assert_memory_equal(bpb_net_scaling(net, BPB_INPUTS), bpb_net_scaling(same, BPB_INPUTS),
                        2 * units[0] * sizeof(double));
    assert_memory_equal(bpb_net_scaling(net, BPB_OUTPUTS), bpb_net_scaling(same, BPB_OUTPUTS),
                        2 * units[3] * sizeof(double));
    bpb_net_destroy(&net);
}

/* A float net's file holds its scaling as doubles, if these are no floats. */
static void expect_same_scaling(const double *got, const double *values, size_t n)
{
    for (size_t k = 0; k < n; k++)
        assert_true(got[k] == values[k]);
}

static void expect_snet(bpbf_net *net, const bpbf_net *same)
{
    expect_sshape(net);
    assert_memory_equal(bpbf_net_ctheta(net), bpbf_net_ctheta(same),
                        bpbf_net_parameters(same) * sizeof(float));
    expect_same_scaling(bpbf_net_scaling(net, BPB_INPUTS), bpbf_net_scaling(same, BPB_INPUTS),
                        2 * units[0]);
    expect_same_scaling(bpbf_net_scaling(net, BPB_OUTPUTS), bpbf_net_scaling(same, BPB_OUTPUTS),
                        2 * units[3]);
    bpbf_net_destroy(&net);
}

static void expect_rounded(const float *rounded, const double *values, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const float value = (float)values[k];
        assert_memory_equal(&rounded[k], &value, sizeof value);
    }
}

/* The float net is the double one, rounded. */
static void expect_same_nets(const bpbf_net *s, const bpb_net *d)
{
    expect_dshape(d);
    expect_sshape(s);
    expect_rounded(bpbf_net_ctheta(s), bpb_net_ctheta(d), bpb_net_parameters(d));
    expect_same_scaling(bpbf_net_scaling(s, BPB_INPUTS), bpb_net_scaling(d, BPB_INPUTS),
                        2 * units[0]);
    expect_same_scaling(bpbf_net_scaling(s, BPB_OUTPUTS), bpb_net_scaling(d, BPB_OUTPUTS),
                        2 * units[3]);
}

/* ---- Round trips ---- */

static void save_load__through_memory(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n;
    bpb_net *d = make_dnet(), *d_again = NULL;
    bpbf_net *s = make_snet(), *s_again = NULL;
    assert_true(bpb_net_ctheta(d)[0] != 0 && bpb_net_ctheta(d)[1] != bpb_net_ctheta(d)[0]);
    unsigned char *file = save_dnet(d, &n);
    assert_int_equal(bpb_net_load_memory(&d_again, file, n, NULL), BPB_OK);
    expect_dnet(d_again, d);
    free(file);
    file = save_snet(s, &n);
    assert_int_equal(bpbf_net_load_memory(&s_again, file, n, NULL), BPB_OK);
    expect_snet(s_again, s);
    free(file);
    bpb_net_destroy(&d);
    bpbf_net_destroy(&s);
}

static void save_load__through_a_file(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *d = make_dnet(), *d_again = NULL;
    bpbf_net *s = make_snet(), *s_again = NULL;
    size_t bytes = 0;
    const char *path = path_of("net.safetensors");
    assert_int_equal(bpb_net_save(d, path), BPB_OK);
    assert_int_equal(bpb_model_precision(path, &bytes), BPB_OK);
    assert_int_equal(bytes, 8);
    assert_int_equal(bpb_net_load(&d_again, path, NULL), BPB_OK);
    expect_dnet(d_again, d);
    assert_int_equal(bpbf_net_save(s, path), BPB_OK);
    assert_int_equal(bpb_model_precision(path, &bytes), BPB_OK);
    assert_int_equal(bytes, 4);
    assert_int_equal(bpbf_net_load(&s_again, path, NULL), BPB_OK);
    expect_snet(s_again, s);
    assert_int_equal(count_files(1), 1);
    bpb_net_destroy(&d);
    bpbf_net_destroy(&s);
}

static void save_load__across_precisions(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n;
    bpb_net *d = make_dnet(), *wide = NULL;
    bpbf_net *s = make_snet(), *narrow = NULL;
    unsigned char *file = save_dnet(d, &n);
    assert_int_equal(bpbf_net_load_memory(&narrow, file, n, NULL), BPB_OK);
    expect_same_nets(narrow, d);
    free(file);
    file = save_snet(s, &n);
    assert_int_equal(bpb_net_load_memory(&wide, file, n, NULL), BPB_OK);
    expect_same_nets(s, wide);
    for (size_t k = 0; k < bpbf_net_parameters(s); k++) /* nothing is lost that way */
        assert_true(bpb_net_ctheta(wide)[k] == (double)bpbf_net_ctheta(s)[k]);
    free(file);
    bpb_net_destroy(&d);
    bpb_net_destroy(&wide);
    bpbf_net_destroy(&s);
    bpbf_net_destroy(&narrow);
}

static void save_load__every_function(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const size_t widths[] = {2, 2};
    for (int loss = BPB_SQUARED; loss <= BPB_GAUSSIAN; loss++) {
        for (int output = BPB_SIGMOID; output <= BPB_EXPONENTIAL; output++) {
            bpb_net *net = NULL, *again = NULL;
            size_t n;
            const bpb_net_options one = {.sizes = widths,
                                         .n_sizes = 2,
                                         .output = (bpb_activation)output,
                                         .loss = (bpb_loss_kind)loss};
            if (bpb_net_create(&net, &one) == BPB_ERR_PAIR)
                continue;
            unsigned char *file = save_dnet(net, &n);
            assert_int_equal(bpb_net_load_memory(&again, file, n, NULL), BPB_OK);
            assert_int_equal(bpb_net_layer(again, 1).activation, output);
            assert_int_equal(bpb_net_loss(again).kind, loss);
            assert_int_equal(bpb_net_loss(again).n_targets, bpb_net_loss(net).n_targets);
            assert_null(bpb_net_scaling(again, BPB_INPUTS));
            assert_null(bpb_net_scaling(again, BPB_OUTPUTS));
            assert_null(bpb_net_note_key(again, 0));
            free(file);
            bpb_net_destroy(&net);
            bpb_net_destroy(&again);
        }
    }
}

static void save_load__many_layers(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t widths[301], n;
    bpbf_net *net = NULL, *again = NULL;
    for (size_t l = 0; l <= 300; l++)
        widths[l] = 1 + l % 7;
    const bpb_net_options deep = {.sizes = widths, .n_sizes = 301};
    assert_int_equal(bpbf_net_create(&net, &deep), BPB_OK);
    unsigned char *file = save_snet(net, &n);
    assert_int_equal(bpbf_net_load_memory(&again, file, n, NULL), BPB_OK);
    for (size_t l = 0; l <= 300; l++)
        assert_int_equal(bpbf_net_size(again, l), widths[l]);
    assert_memory_equal(bpbf_net_ctheta(again), bpbf_net_ctheta(net),
                        bpbf_net_parameters(net) * sizeof(float));
    free(file);
    bpbf_net_destroy(&net);
    bpbf_net_destroy(&again);
}

/* NaN keeps its bits, in the net's own precision; the net comes with a warning. */
static void load__parameters_not_finite(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const uint32_t odd[] = {0x7fc12345, 0x7fa00001, 0xff800000, 0x7f800000};
    for (size_t k = 0; k < COUNT(odd); k++) {
        size_t n;
        bpbf_net *s = make_snet(), *s_again = NULL;
        bpb_net *d = NULL;
        memcpy(bpbf_net_theta(s) + 3 + k, &odd[k], sizeof(float));
        unsigned char *file = save_snet(s, &n);
        assert_int_equal(bpbf_net_load_memory(&s_again, file, n, NULL), BPB_NONFINITE);
        expect_snet(s_again, s);
        assert_int_equal(bpb_net_load_memory(&d, file, n, NULL), BPB_NONFINITE);
        assert_false(isfinite(bpb_net_ctheta(d)[3 + k]));
        assert_true(isfinite(bpb_net_ctheta(d)[2 + k]));
        free(file);
        bpbf_net_destroy(&s);
        bpb_net_destroy(&d);
    }
}

static void load__double_beyond_float(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpbf_net *s = NULL;
    for (int k = 0; k < 4; k++) {
        size_t n;
        bpb_net *d = make_dnet(), *again = NULL;
        const double shift[] = {1e39, 0, 0}, factor[] = {1e-40, 1};
        if (k == 0)
            bpb_net_theta(d)[bpb_net_parameters(d) - 1] = -3.5e38;
        if (k == 1)
            bpb_net_theta(d)[0] = DBL_MAX;
        if (k == 2)
            assert_int_equal(bpb_net_set_scaling(d, BPB_INPUTS, shift, NULL), BPB_OK);
        if (k == 3)
            assert_int_equal(bpb_net_set_scaling(d, BPB_OUTPUTS, NULL, factor), BPB_OK);
        unsigned char *file = save_dnet(d, &n);
        assert_int_equal(bpbf_net_load_memory(&s, file, n, NULL), BPB_ERR_RANGE);
        assert_null(s);
        assert_int_equal(bpb_net_load_memory(&again, file, n, NULL), BPB_OK);
        expect_dnet(again, d);
        free(file);
        bpb_net_destroy(&d);
    }
}

static void save_memory__asks_for_room(void **state)
{
    (void)state;
    NEEDS_JSON();
    unsigned char small[64];
    size_t n = 0, again = 0;
    bpb_net *net = make_dnet();
    memset(small, 0xa5, sizeof small);
    assert_int_equal(bpb_net_save_memory(net, NULL, 0, &n), BPB_OK);
    assert_int_equal(bpb_net_save_memory(net, small, sizeof small, &again), BPB_ERR_BUFFER);
    assert_int_equal(again, n);
    for (size_t k = 0; k < sizeof small; k++)
        assert_int_equal(small[k], 0xa5);
    unsigned char *file = calloc(1, n + 1);
    again = 0;
    assert_int_equal(bpb_net_save_memory(net, file, n - 1, &again), BPB_ERR_BUFFER);
    assert_true(again == n && file[0] == 0);
    assert_int_equal(bpb_net_save_memory(net, file, n + 1, &again), BPB_OK);
    assert_true(again == n && file[0] != 0 && file[n] == 0);
    free(file);
    bpb_net_destroy(&net);
}

/* ---- What the file looks like ---- */

static double double_at(const unsigned char *p)
{
    uint64_t bits = 0;
    double value;
    for (int k = 7; k >= 0; k--)
        bits = bits << 8 | p[k];
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void save_memory__layout(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n;
    bpb_net *net = make_dnet();
    const bpb_out W = bpb_net_W(net, bpb_net_theta(net), 1);
    const bpb_out b = bpb_net_b(net, bpb_net_theta(net), 1);
    unsigned char *file = save_dnet(net, &n);
    const size_t length = file[0] + 256u * file[1];
    assert_true(length % 8 == 0 && file[2] + file[3] + file[4] + file[5] + file[6] + file[7] == 0);
    assert_int_equal(n, 8 + length + 8 * (bpb_net_parameters(net) + 2 * 3 + 2 * 2));
    char *header = calloc(1, length + 1);
    memcpy(header, file + 8, length);
    static const char *const parts[] = {
        "\"W1\":{\"dtype\":\"F64\",\"shape\":[5,3],\"data_offsets\":[0,120]}",
        "\"b1\":{\"dtype\":\"F64\",\"shape\":[5],\"data_offsets\":[120,160]}",
        "\"W3\":{\"dtype\":\"F64\",\"shape\":[2,4],\"data_offsets\":[352,416]}",
        "\"output_factor\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[496,512]}",
        "\"bpblas.format\":\"1\"",
        "\"bpblas.sizes\":\"3,5,4,2\"",
        "\"bpblas.activations\":\"tanh,relu,softmax\"",
        "\"bpblas.loss\":\"cross-entropy\"",
        "\"empty\":\"\"",
    };
    for (size_t k = 0; k < COUNT(parts); k++)
        assert_non_null(strstr(header, parts[k]));
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 3; j++)
            assert_true(double_at(file + 8 + length + 8 * (3 * i + j)) == W.data[5 * j + i]);
        assert_true(double_at(file + 8 + length + 120 + 8 * i) == b.data[i]);
    }
    assert_true(double_at(file + n - 8) == -7 && double_at(file + n - 32) == 0);
    free(header);
    free(file);
    bpb_net_destroy(&net);
}

/* ---- Damaged files ---- */

/* Load in both precisions: the same status, and the net untouched by an error. */
static int load_both(const void *file, size_t n)
{
    bpb_net *const d_mark = (bpb_net *)&units, *d = d_mark;
    bpbf_net *const s_mark = (bpbf_net *)&units, *s = s_mark;
    const int status = bpb_net_load_memory(&d, file, n, NULL);
    const int s_status = bpbf_net_load_memory(&s, file, n, NULL);
    assert_true(status == s_status || (s_status == BPB_ERR_RANGE && status >= 0));
    if (status < 0)
        assert_ptr_equal(d, d_mark);
    else
        bpb_net_destroy(&d);
    if (s_status < 0)
        assert_ptr_equal(s, s_mark);
    else
        bpbf_net_destroy(&s);
    return status;
}

static void load_memory__cut_anywhere(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n;
    bpb_net *net = make_dnet();
    unsigned char *file = save_dnet(net, &n);
    for (size_t k = 0; k < n; k++) {
        unsigned char *part = malloc(k ? k : 1); /* of its own, so that a step beyond is seen */
        memcpy(part, file, k);
        assert_int_equal(load_both(part, k), BPB_ERR_TRUNCATED);
        free(part);
    }
    assert_int_equal(load_both(file, n), BPB_OK);
    free(file);
    bpb_net_destroy(&net);
}

static void load__cut_or_too_long(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const size_t cuts[] = {0, 1, 7, 8, 9, 100};
    size_t n, bytes = 99;
    bpb_net *net = make_dnet(), *loaded = NULL;
    unsigned char *file = save_dnet(net, &n);
    unsigned char *longer = malloc(n + 1);
    const char *path = path_of("cut.safetensors");
    memcpy(longer, file, n);
    longer[n] = 0;
    for (size_t k = 0; k <= 2 * COUNT(cuts); k++) {
        const size_t length =
            k < COUNT(cuts) ? cuts[k] : n - 1 - cuts[(k - COUNT(cuts)) % COUNT(cuts)];
        write_file(path, file, length);
        assert_int_equal(bpb_net_load(&loaded, path, NULL), BPB_ERR_TRUNCATED);
        assert_int_equal(bpb_model_precision(path, &bytes), BPB_ERR_TRUNCATED);
    }
    write_file(path, longer, n + 1);
    assert_int_equal(bpb_net_load(&loaded, path, NULL), BPB_ERR_FORMAT);
    assert_int_equal(bpb_model_precision(path, &bytes), BPB_ERR_FORMAT);
    assert_int_equal(load_both(longer, n + 1), BPB_ERR_FORMAT);
    assert_true(!loaded && bytes == 99);
    free(longer);
    free(file);
    assert_int_equal(count_files(1), 1);
    bpb_net_destroy(&net);
}

static void load_memory__a_bit_flipped(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n, loaded = 0;
    bpbf_net *net = make_snet();
    unsigned char *file = save_snet(net, &n);
    const size_t data = 8 + file[0] + 256u * file[1];
    for (size_t bit = 0; bit < 8 * n; bit++) {
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        const int status = load_both(file, n);
        if (bit / 8 >= data)
            assert_int_equal(status, BPB_ERR_CHECKSUM);
        else
            loaded += status >= 0; /* in a note, say */
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_true(loaded > 0 && loaded < 8 * data / 2);
    assert_int_equal(load_both(file, n), BPB_OK);
    free(file);
    bpbf_net_destroy(&net);
}

static void load_memory__bytes_replaced(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n, refused = 0;
    uint64_t random = 3;
    bpbf_net *net = make_snet();
    unsigned char *file = save_snet(net, &n), *bad = malloc(n);
    static const char spice[] = "{}[]\",:0123456789eE.+-\\ W";
    for (int round = 0; round < 4000; round++) {
        memcpy(bad, file, n);
        for (uint64_t k = bpb_random_bits(&random) % 4 + 1; k > 0; k--) {
            const uint64_t bits = bpb_random_bits(&random);
            bad[8 + (bits >> 8) % (n - 8)] = (unsigned char)spice[bits % (sizeof spice - 1)];
        }
        refused += load_both(bad, n) < 0;
    }
    assert_true(refused > 2000);
    free(bad);
    free(file);
    bpbf_net_destroy(&net);
}

static void load_memory__random_bytes(void **state)
{
    (void)state;
    NEEDS_JSON();
    uint64_t random = 4;
    unsigned char bytes[96];
    for (int round = 0; round < 4000; round++) {
        const size_t n = bpb_random_bits(&random) % sizeof bytes;
        for (size_t k = 0; k < n; k++)
            bytes[k] = (unsigned char)bpb_random_bits(&random);
        if (n >= 16 && round % 2) { /* a header that fits, and begins as one */
            memset(bytes, 0, 8);
            bytes[0] = (unsigned char)(n - 8);
            bytes[8] = '{';
        }
        const int status = load_both(bytes, n);
        assert_true(status == BPB_ERR_FORMAT || status == BPB_ERR_TRUNCATED);
    }
}

/* ---- Headers written by hand ---- */

/* Load a file of this header and this many bytes of data, all zero. */
static int load_header(const char *header, size_t data)
{
    const size_t length = strlen(header), n = 8 + length + data;
    unsigned char *file = calloc(1, n);
    assert_non_null(file);
    for (size_t k = 0; k < 8; k++)
        file[k] = (unsigned char)((uint64_t)length >> 8 * k);
    memcpy(file + 8, header, length);
    const int status = load_both(file, n);
    free(file);
    return status;
}

/* A net of 2-1 takes 12 bytes. */
#define FORMAT1 "\"bpblas.format\":\"1\""
#define SIZES "\"bpblas.sizes\":\"2,1\""
#define ACTIVATIONS "\"bpblas.activations\":\"sigmoid\""
#define LOSS "\"bpblas.loss\":\"squared\""
#define META FORMAT1 "," SIZES "," ACTIVATIONS "," LOSS
#define METADATA(entries) "\"__metadata__\":{" entries "}"
#define TENSOR(name, dtype, shape, offsets)                                                        \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}"
#define W1 TENSOR("W1", "F32", "1,2", "0,8")
#define B1 TENSOR("b1", "F32", "1", "8,12")
#define TENSORS "," W1 "," B1
#define FILE_OF(entries, tensors) "{" METADATA(entries) tensors "}"

static const struct {
    const char *header;
    size_t data;
    int status;
} headers[] = {
    /* as it should be, in some of the ways there are */
    {FILE_OF(META, TENSORS), 12, BPB_OK},
    {FILE_OF(META, TENSORS) "   \n\t ", 12, BPB_OK},
    {"{" B1 "," METADATA(META) "," W1 "}", 12, BPB_OK},
    {FILE_OF(META, "," TENSOR("b1", "F32", "1", "0,4") "," TENSOR("W1", "F32", "1,2", "4,12")), 12,
     BPB_OK},
    {FILE_OF(META, "," TENSOR("W1", "F64", "1,2", "0,16") "," TENSOR("b1", "F64", "1", "16,24")),
     24, BPB_OK},
    {FILE_OF(META ",\"bpblas.crc32\":\"7bd5c66f\"", TENSORS), 12, BPB_OK},
    {FILE_OF(META ",\"bpblas.crc32\":\"7BD5C66F\"", TENSORS), 12, BPB_OK},
    {FILE_OF(META ",\"bpblas.of_later\":\"x\",\"note\":\"\\u00e9\"", TENSORS), 12, BPB_OK},
    {FILE_OF(META, TENSORS "," TENSOR("more", "I64", "0,7", "12,12")), 12, BPB_OK},
    {FILE_OF(META, TENSORS "," TENSOR("more", "BF16", "2,1,1,3", "12,24")), 24, BPB_OK},
    {FILE_OF(META, TENSORS "," TENSOR("more", "U8", "", "12,13")), 13, BPB_OK},
    {FILE_OF(META, TENSORS "," TENSOR("W2", "F32", "5", "12,32")), 32, BPB_OK},
    {FILE_OF(META, TENSORS "," TENSOR("input_shift", "F32", "2",
                                      "12,20") "," TENSOR("input_factor", "F32", "2", "20,28")),
     28, BPB_OK},

    /* no header */
    {"", 0, BPB_ERR_FORMAT},
    {"", 100, BPB_ERR_FORMAT},
    {" {}", 0, BPB_ERR_FORMAT},
    {" " FILE_OF(META, TENSORS), 12, BPB_ERR_FORMAT},
    {"[]", 0, BPB_ERR_FORMAT},
    {"{}", 0, BPB_ERR_FORMAT},
    {"{\"a\"}", 0, BPB_ERR_FORMAT},
    {"{\"\\ud800\":1}", 0, BPB_ERR_FORMAT},
    {"{\"\xff\":1}", 0, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS) "}", 12, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS) "{}", 12, BPB_ERR_FORMAT},

    /* metadata */
    {"{" W1 "," B1 "}", 12, BPB_ERR_FORMAT},
    {"{\"__metadata__\":[]" TENSORS "}", 12, BPB_ERR_FORMAT},
    {"{\"__metadata__\":\"x\"" TENSORS "}", 12, BPB_ERR_FORMAT},
    {"{\"__metadata__\":null" TENSORS "}", 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"n\":1", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"n\":{}", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"\":\"an empty key\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"n\":\"\\u0000\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"n\":\"1\",\"n\":\"2\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(SIZES "," ACTIVATIONS "," LOSS, TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(FORMAT1 "," ACTIVATIONS "," LOSS, TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(FORMAT1 "," SIZES "," LOSS, TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(FORMAT1 "," SIZES "," ACTIVATIONS, TENSORS), 12, BPB_ERR_FORMAT},

    /* versions */
    {FILE_OF("\"bpblas.format\":\"2\"", TENSORS), 12, BPB_ERR_VERSION},
    {FILE_OF("\"bpblas.format\":\"99999999999999999999999\"", ""), 0, BPB_ERR_VERSION},
    {FILE_OF("\"bpblas.format\":\"0\"," SIZES "," ACTIVATIONS "," LOSS, TENSORS), 12,
     BPB_ERR_FORMAT},
    {FILE_OF("\"bpblas.format\":\"\"," SIZES "," ACTIVATIONS "," LOSS, TENSORS), 12,
     BPB_ERR_FORMAT},
    {FILE_OF("\"bpblas.format\":\"1.0\"," SIZES "," ACTIVATIONS "," LOSS, TENSORS), 12,
     BPB_ERR_FORMAT},
    {FILE_OF("\"bpblas.format\":\"-1\"," SIZES "," ACTIVATIONS "," LOSS, TENSORS), 12,
     BPB_ERR_FORMAT},

/* sizes, activations, loss */
#define SHAPED(sizes, activations, loss)                                                           \
    FILE_OF(FORMAT1 ",\"bpblas.sizes\":\"" sizes "\",\"bpblas.activations\":\"" activations        \
                    "\",\"bpblas.loss\":\"" loss "\"",                                             \
            TENSORS),                                                                              \
        12
    {SHAPED("2,1", "sigmoid", "squared"), BPB_OK},
    {SHAPED("", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED(",1", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1,", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2, 1", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2;1", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,-1", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1x", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1,1", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("1,2", "sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,0", "sigmoid", "squared"), BPB_ERR_SIZE},
    {SHAPED("2147483648,1", "sigmoid", "squared"), BPB_ERR_SIZE},
    {SHAPED("18446744073709551618,1", "sigmoid", "squared"), BPB_ERR_SIZE},
    {SHAPED("2147483647,2147483647", "sigmoid", "squared"), BPB_ERR_SIZE},
    {SHAPED("2,1", "", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "sigmoi", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "sigmoid,", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "Sigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "sigmoidsigmoidsigmoidsigmoidsigmoidsigmoid", "squared"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "sigmoid", ""), BPB_ERR_FORMAT},
    {SHAPED("2,1", "sigmoid", "abs"), BPB_ERR_FORMAT},
    {SHAPED("2,1", "tanh", "cross-entropy"), BPB_ERR_PAIR},
    {SHAPED("2,1", "softmax", "cross-entropy"), BPB_OK},

    /* checksum */
    {FILE_OF(META ",\"bpblas.crc32\":\"7bd5c66e\"", TENSORS), 12, BPB_ERR_CHECKSUM},
    {FILE_OF(META ",\"bpblas.crc32\":\"\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"bpblas.crc32\":\"7bd5c66\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"bpblas.crc32\":\"7bd5c66f0\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"bpblas.crc32\":\"7bd5c66fx\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"bpblas.crc32\":\"0xbd5c66\"", TENSORS), 12, BPB_ERR_FORMAT},
    {FILE_OF(META ",\"bpblas.crc32\":\" 7bd5c66\"", TENSORS), 12, BPB_ERR_FORMAT},

    /* the net's tensors */
    {FILE_OF(META, ""), 0, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("b1", "F32", "1", "0,4")), 4, BPB_ERR_FORMAT},
    {FILE_OF(META, "," W1), 8, BPB_ERR_FORMAT},
    {FILE_OF(META, "," W1 "," TENSOR("B1", "F32", "1", "8,12")), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F32", "2,1", "0,8") "," B1), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F32", "2", "0,8") "," B1), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F32", "1,3", "0,12") "," TENSOR("b1", "F32", "1", "12,16")),
     16, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F32", "1,2,1", "0,8") "," B1), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," W1 "," TENSOR("b1", "F32", "1,1", "8,12")), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," W1 "," TENSOR("b1", "F32", "", "8,12")), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," W1 "," TENSOR("b1", "F64", "1", "8,16")), 16, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "I32", "1,2", "0,8") "," TENSOR("b1", "I32", "1", "8,12")), 12,
     BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F16", "1,2", "0,4") "," TENSOR("b1", "F16", "1", "4,6")), 6,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS "," TENSOR("input_shift", "F32", "2", "12,20")), 20, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS "," TENSOR("output_factor", "F32", "1", "12,16")), 16, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS "," TENSOR("input_shift", "F32", "2",
                                      "12,20") "," TENSOR("input_factor", "F32", "1", "20,24")),
     24, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS "," TENSOR("output_shift", "F32", "1",
                                      "12,16") "," TENSOR("output_factor", "F32", "1", "16,20")),
     20, BPB_ERR_FORMAT}, /* a factor of 0 */

/* tensors that are not well formed, the net's or others */
#define EXTRA(dtype, shape, offsets)                                                               \
    FILE_OF(META, TENSORS "," TENSOR("more", dtype, shape, offsets))
    {EXTRA("U8", "4", "12,16"), 16, BPB_OK},
    {EXTRA("Q3", "4", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("u8", "4", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "5", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "3", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "8,12"), 12, BPB_ERR_FORMAT}, /* over another */
    {EXTRA("U8", "4", "10,14"), 14, BPB_ERR_FORMAT},
    {EXTRA("U8", "12", "0,12"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "0", "4,4"), 12, BPB_ERR_FORMAT},   /* empty, but within another */
    {EXTRA("U8", "4", "13,17"), 17, BPB_ERR_FORMAT}, /* a hole */
    {EXTRA("U8", "4", "12,16"), 17, BPB_ERR_FORMAT}, /* data that belong to none */
    {EXTRA("U8", "4", "12,16"), 15, BPB_ERR_TRUNCATED},
    {EXTRA("U8", "-4", "16,12"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "0,-4", "12,12"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "0,4", "12,12"), 12, BPB_OK},
    {EXTRA("U8", "0.0", "12,12"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "false", "12,12"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "-4,0"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "16,12"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "12"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "12,16,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "4.0", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "4", "12,16.0"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "\"4\"", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "[4]", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "null", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "1e1", "12,22"), 22, BPB_ERR_FORMAT},
    {EXTRA("U8", "1e400", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("U8", "99999999999999999999", "12,16"), 16, BPB_ERR_FORMAT},
    {EXTRA("F64", "2305843009213693952", "12,12"), 12, BPB_ERR_FORMAT}, /* 2^64 bytes */
    {EXTRA("U8", "4294967296,4294967296", "12,12"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "4294967296,4294967297", "12,4294967308"), 12, BPB_ERR_FORMAT},
    {EXTRA("U8", "9223372036854775795", "12,9223372036854775807"), 12, BPB_ERR_TRUNCATED},
    {EXTRA("U8", "1099511627776", "12,1099511627788"), 100, BPB_ERR_TRUNCATED}, /* 2^40 */
    {FILE_OF(META, TENSORS ",\"more\":1"), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":null"), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":[]"), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{}"), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[12,13]}"), 13,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"shape\":[],\"data_offsets\":[12,13]}"), 13,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"dtype\":\"U8\",\"data_offsets\":[12,13]}"), 13,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[12,13]}"), 13,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"dtype\":\"U8\",\"shape\":[]}"), 13, BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS ",\"more\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":{}}"), 13,
     BPB_ERR_FORMAT},
    {FILE_OF(META, TENSORS "," W1), 12, BPB_ERR_FORMAT}, /* twice */
    {FILE_OF(META, TENSORS "," METADATA("")), 12, BPB_ERR_FORMAT},
    {FILE_OF(META, "," TENSOR("W1", "F32\",\"dtype\":\"F32", "1,2", "0,8") "," B1), 12,
     BPB_ERR_FORMAT},
};

static void load_memory__header_by_hand(void **state)
{
    (void)state;
    NEEDS_JSON();
    for (size_t k = 0; k < COUNT(headers); k++) {
        const int status = load_header(headers[k].header, headers[k].data);
        if (status != headers[k].status)
            print_error("%s\n", headers[k].header);
        assert_int_equal(status, headers[k].status);
    }
}

/* The sentences name the key, the tensor, what stands there and what is needed. */
static void load_memory__says_what_is_wrong(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const struct {
        const char *header;
        size_t data;
        const char *sentence;
    } wrong[] = {
        {"[]", 0, "the header does not begin with '{'"},
        {FILE_OF(SIZES, TENSORS), 12, "__metadata__ has no \"bpblas.format\""},
        {FILE_OF("\"bpblas.format\":\"2\"", TENSORS), 12,
         "bpblas.format is 2; this library reads up to 1"},
        {FILE_OF("\"bpblas.format\":\"new\"", TENSORS), 12,
         "bpblas.format is \"new\", no number above 0"},
        {FILE_OF(FORMAT1 "," SIZES "," LOSS, TENSORS), 12,
         "__metadata__ has no \"bpblas.activations\""},
        {FILE_OF(FORMAT1 ",\"bpblas.sizes\":\"2,x\"," ACTIVATIONS "," LOSS, TENSORS), 12,
         "bpblas.sizes is \"2,x\"; there are 1 layers, so it must be 2 numbers"},
        {FILE_OF(FORMAT1 "," SIZES ",\"bpblas.activations\":\"swish\"," LOSS, TENSORS), 12,
         "bpblas.activations has \"swish\", which is no activation"},
        {FILE_OF(FORMAT1 "," SIZES ",\"bpblas.activations\":\"elu:-1\"," LOSS, TENSORS), 12,
         "the parameter of the function \"elu\" is \"-1\", no number above 0"},
        {FILE_OF(FORMAT1 "," SIZES ",\"bpblas.activations\":\"relu:2\"," LOSS, TENSORS), 12,
         "the function \"relu\" takes no parameter; the file gives 2"},
        {FILE_OF(META ",\"n\":1", TENSORS), 12, "the value of \"n\" in __metadata__ is no string"},
        {FILE_OF(META ",\"bpblas.crc32\":\"00000000\"", TENSORS), 12,
         "the tensors have the CRC-32 7bd5c66f; bpblas.crc32 is 00000000"},
        {FILE_OF(META, "," B1), 12,
         "the tensor \"b1\" begins at byte 8; the tensors before it end at byte 0"},
        {FILE_OF(META, "," W1), 8, "there is no tensor \"b1\""},
        {FILE_OF(META, "," TENSOR("W1", "F16", "1,2", "0,4")), 4,
         "the tensor \"W1\" has dtype F16; it must be F32 or F64"},
        {FILE_OF(META, "," TENSOR("W1", "F33", "1,2", "0,8")), 8,
         "the tensor \"W1\" has the unknown dtype \"F33\""},
        {FILE_OF(META, "," TENSOR("W1", "F32", "2,1", "0,8") "," B1), 12,
         "the tensor \"W1\" is 2 x 1; it must be 1 x 2"},
        {FILE_OF(META, "," TENSOR("W1", "F32", "1,3", "0,8") "," B1), 12,
         "the tensor \"W1\" has 3 values of 4 bytes, but 8 bytes of data"},
        {FILE_OF(META, TENSORS), 11, "the tensors have 12 bytes; 11 of them are there"},
        {FILE_OF(META, TENSORS), 13, "there are bytes behind the 12 bytes of the tensors"},
    };
    for (size_t k = 0; k < COUNT(wrong); k++) {
        assert_true(load_header(wrong[k].header, wrong[k].data) < 0);
        assert_string_equal(bpb_error(), wrong[k].sentence);
    }
}

/* Text, then unit so often, ######## in it counting, then more text: a header of any length. */
static int load_repeated(const char *before, const char *unit, size_t times, const char *after)
{
    const size_t n = strlen(unit);
    const char *count = strstr(unit, "########");
    char *header = malloc(strlen(before) + times * n + strlen(after) + 1);
    assert_non_null(header);
    char *end = stpcpy(header, before);
    for (size_t k = 0; k < times; k++, end += n) {
        memcpy(end, unit, n + 1);
        for (size_t digit = 0; count && digit < 8; digit++)
            end[count - unit + 7 - (ptrdiff_t)digit] = "0123456789abcdef"[k >> 4 * digit & 15];
    }
    strcpy(end, after);
    const int status = load_header(header, 12);
    free(header);
    return status;
}

static void load_memory__header_too_deep_or_too_large(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char good[] = FILE_OF(META, TENSORS);
    const size_t limit = 4u << 20;
    assert_int_equal(load_repeated("{\"a\":", "[", 100000, ""), BPB_ERR_FORMAT);
    assert_int_equal(load_repeated("", "{\"a\":", 100000, ""), BPB_ERR_FORMAT);
    assert_int_equal(load_repeated(good, " ", limit - strlen(good), ""), BPB_OK);
    assert_int_equal(load_repeated(good, " ", limit - strlen(good) + 1, ""), BPB_ERR_FORMAT);
    assert_int_equal(load_repeated("{" METADATA(META) "," W1 "," B1,
                                   ",\"########\":{\"dtype\":\"U8\","
                                   "\"shape\":[0],\"data_offsets\":[12,12]}",
                                   10000, "}"),
                     BPB_OK);
    assert_int_equal(
        load_repeated("{\"__metadata__\":{" META, ",\"########\":\"\"", 4092, "}" TENSORS "}"),
        BPB_OK);
    assert_int_equal(
        load_repeated("{\"__metadata__\":{" META, ",\"########\":\"\"", 4093, "}" TENSORS "}"),
        BPB_ERR_FORMAT);
    /* as many layers as a header can name, but none of their tensors */
    assert_int_equal(load_repeated("{\"__metadata__\":{" FORMAT1 "," LOSS
                                   ",\"bpblas.activations\":\"tanh",
                                   ",tanh", 600000, "\"," SIZES "}}"),
                     BPB_ERR_FORMAT);
}

static void load_memory__length_that_lies(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const unsigned char lengths[][8] = {
        {255, 255, 255, 255, 255, 255, 255, 255},
        {0, 0, 0, 0, 0, 0, 0, 128},
        {1, 0, 64, 0},
        {248, 255, 255, 255, 255, 255, 255, 255},
        {0, 0, 0, 0, 1},
    };
    unsigned char file[64] = {0};
    for (size_t k = 0; k < COUNT(lengths); k++) {
        memcpy(file, lengths[k], 8);
        assert_int_equal(load_both(file, sizeof file), BPB_ERR_FORMAT);
    }
    memset(file, 0, sizeof file);
    file[0] = 57;
    assert_int_equal(load_both(file, sizeof file), BPB_ERR_TRUNCATED);
    file[2] = 64;
    file[0] = 0;
    assert_int_equal(load_both(file, sizeof file), BPB_ERR_TRUNCATED);
}

/* 2^40 bytes are announced: to believe that would be BPB_ERR_MEMORY. */
static void load__data_that_are_not_there(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char header[] = EXTRA("U8", "1099511627776", "12,1099511627788");
    char file[sizeof header + 100] = {0};
    bpb_net *net = NULL;
    const char *path = path_of("net.safetensors");
    file[0] = (char)(sizeof header - 1);
    file[1] = (char)((sizeof header - 1) >> 8);
    memcpy(file + 8, header, sizeof header - 1);
    write_file(path, file, sizeof file);
    assert_int_equal(bpb_net_load(&net, path, NULL), BPB_ERR_TRUNCATED);
    assert_non_null(strstr(bpb_error(), "the tensors have 1099511627788 bytes; "));
    assert_non_null(strstr(bpb_error(), "net.safetensors"));
    assert_null(net);
    count_files(1);
}

/* A saved net with its last value, an output factor, or the last output shift replaced, and its
 * checksum made a key that nobody knows. */
static int load_with_scaling(size_t from_end, double value)
{
    size_t n;
    bpb_net *net = make_dnet();
    unsigned char *file = save_dnet(net, &n);
    char *key = strstr((char *)file + 8, "bpblas.crc32");
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    assert_non_null(key);
    memcpy(key, "bpblas.other", 12);
    for (size_t k = 0; k < 8; k++)
        file[n - from_end + k] = (unsigned char)(bits >> 8 * k);
    const int status = load_both(file, n);
    free(file);
    bpb_net_destroy(&net);
    return status;
}

static void load_memory__scaling_that_is_none(void **state)
{
    (void)state;
    NEEDS_JSON();
    enum { FACTOR = 8, SHIFT = 24 };
    assert_int_equal(load_with_scaling(FACTOR, 2), BPB_OK);
    assert_int_equal(load_with_scaling(FACTOR, -DBL_MIN), BPB_OK);
    assert_int_equal(load_with_scaling(FACTOR, DBL_MIN / 2), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(FACTOR, 0), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(FACTOR, NAN), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(FACTOR, INFINITY), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(SHIFT, 0), BPB_OK);
    assert_int_equal(load_with_scaling(SHIFT, NAN), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(SHIFT, -INFINITY), BPB_ERR_FORMAT);
    for (size_t k = 5; k <= 10; k++) /* the input's */
        assert_int_equal(load_with_scaling(8 * k, NAN), BPB_ERR_FORMAT);
    assert_int_equal(load_with_scaling(88, NAN), BPB_NONFINITE); /* the last bias */
}

static void save__notes_over_the_limits(void **state)
{
    (void)state;
    NEEDS_JSON();
    size_t n = 0;
    bpb_net *net = make_dnet();
    char *large = malloc((4u << 20) + 1), key[24];
    assert_non_null(large);
    memset(large, 'x', 4u << 20);
    large[4u << 20] = '\0';
    assert_int_equal(bpb_net_set_note(net, "large", large), BPB_OK);
    assert_int_equal(bpb_net_save_memory(net, NULL, 0, &n), BPB_ERR_SIZE);
    assert_int_equal(bpb_net_save(net, path_of("net.safetensors")), BPB_ERR_SIZE);
    assert_true(n == 0 && count_files(0) == 0);
    assert_int_equal(bpb_net_set_note(net, "large", NULL), BPB_OK);
    for (size_t k = COUNT(notes); k <= 4091; k++) { /* with the five keys of the format, 4096 */
        unsigned char *file = k == 4091 ? save_dnet(net, &n) : NULL;
        assert_true(!file || load_both(file, n) == BPB_OK);
        free(file);
        snprintf(key, sizeof key, "note %d", (int)k);
        assert_int_equal(bpb_net_set_note(net, key, ""), BPB_OK);
    }
    assert_int_equal(bpb_net_save_memory(net, NULL, 0, &n), BPB_ERR_SIZE);
    free(large);
    bpb_net_destroy(&net);
}

/* Numbers of the header and of the data overflow, underflow and round on the way. */
static void load__traps_set(void **state)
{
    (void)state;
    if (!set_traps(1))
        skip();
    assert_true(clear_traps());
    NEEDS_JSON();
    size_t n;
    bpb_net *d = make_dnet();
    bpbf_net *s = NULL;
    const uint64_t signalling = 0x7ff4000000000001;
    memcpy(bpb_net_theta(d), &signalling, sizeof signalling);
    bpb_net_theta(d)[1] = 1e-310;
    bpb_net_theta(d)[2] = 1e-45;
    unsigned char *file = save_dnet(d, &n);
    set_traps(1);
    const int status = bpbf_net_load_memory(&s, file, n, NULL);
    assert_true(clear_traps());
    assert_int_equal(status, BPB_NONFINITE);
    bpbf_net_destroy(&s);
    set_traps(1);
    const int overflow = load_header(EXTRA("U8", "1e400", "12,16"), 16);
    assert_true(clear_traps());
    assert_int_equal(overflow, BPB_ERR_FORMAT);
    free(file);
    bpb_net_destroy(&d);
}

/* ---- Files and folders ---- */

static int file_mode(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 0777;
}

/* What stands in the file is the net still, and nothing else stands beside it. */
static void expect_file(const char *path, const bpb_net *net)
{
    bpb_net *again = NULL;
    assert_int_equal(bpb_net_load(&again, path, NULL), BPB_OK);
    expect_dnet(again, net);
    assert_int_equal(count_files(0), 1);
}

static void save__replaces_in_one_step(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = make_dnet();
    const char *path = path_of("net.safetensors");
    write_file(path, "older", 5);
    FILE *older = fopen(path, "rb");
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    char text[6] = {0};
    assert_int_equal(fread(text, 1, 5, older), 5); /* whoever has it open keeps what it was */
    assert_string_equal(text, "older");
    fclose(older);
    expect_file(path, net);
    count_files(1);
    bpb_net_destroy(&net);
}

/* A file size limit stands in for a full disk. */
static void save__disk_full(void **state)
{
    (void)state;
    NEEDS_JSON();
    struct rlimit before, small;
    size_t n;
    bpb_net *net = make_dnet();
    bpbf_net *other = make_snet();
    const char *path = path_of("net.safetensors");
    assert_int_equal(bpbf_net_save_memory(other, NULL, 0, &n), BPB_OK);
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    const rlim_t limits[] = {0, 1, n / 2, n - 1};
    for (size_t k = 0; k < COUNT(limits); k++) {
        small = before;
        small.rlim_cur = limits[k];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        errno = 0;
        const int status = bpbf_net_save(other, path), error = errno;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, BPB_ERR_IO);
        assert_int_equal(error, EFBIG);
        expect_file(path, net);
    }
    signal(SIGXFSZ, handler);
    count_files(1);
    bpb_net_destroy(&net);
    bpbf_net_destroy(&other);
}

static void expect_refused(const bpb_net *net, const char *path, int error)
{
    errno = 0;
    assert_int_equal(bpb_net_save(net, path), BPB_ERR_IO);
    assert_int_equal(errno, error);
}

static void save__no_place_for_it(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = make_dnet();
    char deep[4500];
    expect_refused(net, path_of("missing/net.safetensors"), ENOENT);
    expect_refused(net, "", ENOENT);
    expect_refused(net, folder, EISDIR);
    snprintf(deep, sizeof deep, "%s/new/", folder);
    expect_refused(net, deep, ENOENT);
    snprintf(deep, sizeof deep, "%s/%0300d", folder, 1);
    expect_refused(net, deep, ENAMETOOLONG);
    assert_int_equal(mkdir(path_of("sub"), 0777), 0);
    expect_refused(net, path_of("sub"), EISDIR);
    expect_refused(net, path_of("sub/"), EISDIR);
    write_file(path_of("file"), "x", 1);
    expect_refused(net, path_of("file/net"), ENOTDIR);
    assert_int_equal(mkfifo(path_of("fifo"), 0666), 0);
    expect_refused(net, path_of("fifo"), EINVAL);
    expect_refused(net, "/dev/null", EINVAL);
    assert_int_equal(count_files(1), 3);
    bpb_net_destroy(&net);
}

static void save__mode_of_the_file(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *net = make_dnet();
    const char *path = path_of("net.safetensors");
    const mode_t mask = umask(027);
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    assert_int_equal(file_mode(path), 0640);
    assert_int_equal(chmod(path, 0606), 0);
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    assert_int_equal(file_mode(path), 0606);
    umask(mask);
    expect_file(path, net);
    count_files(1);
    bpb_net_destroy(&net);
}

static void save__through_a_symbolic_link(void **state)
{
    (void)state;
    NEEDS_JSON();
    struct stat info;
    bpb_net *net = make_dnet(), *again = NULL;
    assert_int_equal(mkdir(path_of("sub"), 0777), 0);
    write_file(path_of("sub/net"), "older", 5);
    assert_int_equal(symlink("sub/net", path_of("link")), 0);
    assert_int_equal(bpb_net_save(net, path_of("link")), BPB_OK);
    assert_int_equal(lstat(path_of("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(bpb_net_load(&again, path_of("sub/net"), NULL), BPB_OK);
    expect_dnet(again, net);
    assert_int_equal(remove(path_of("sub/net")), 0);
    assert_int_equal(rmdir(path_of("sub")), 0); /* so nothing else was in it */
    assert_int_equal(count_files(1), 1);
    bpb_net_destroy(&net);
}

static void save__in_the_working_folder(void **state)
{
    (void)state;
    NEEDS_JSON();
    char before[4096];
    bpb_net *net = make_dnet();
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(bpb_net_save(net, "net.safetensors"), BPB_OK);
    expect_file("net.safetensors", net);
    assert_int_equal(chdir(before), 0);
    expect_file(path_of("net.safetensors"), net);
    count_files(1);
    bpb_net_destroy(&net);
}

/* The sentence ends with the path, or the end of a long one. */
static void expect_sentence(const char *sentence, const char *path)
{
    const size_t n = strlen(path);
    char whole[600];
    snprintf(whole, sizeof whole, "%.100s: %s%.70s", sentence, n > 70 ? "..." : "",
             n > 70 ? path + n - 70 : path);
    assert_string_equal(bpb_error(), whole);
}

static void load__no_such_file(void **state)
{
    (void)state;
    NEEDS_JSON();
    bpb_net *d = NULL;
    bpbf_net *s = NULL;
    size_t bytes = 99;
    errno = 0;
    assert_int_equal(bpb_net_load(&d, path_of("missing"), NULL), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    expect_sentence("the file cannot be opened (no such file or directory)", path_of("missing"));
    assert_int_equal(bpbf_net_load(&s, path_of("missing"), NULL), BPB_ERR_IO);
    assert_int_equal(bpb_model_precision(path_of("missing"), &bytes), BPB_ERR_IO);
    errno = 0;
    assert_int_equal(bpb_net_load(&d, folder, NULL), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
    expect_sentence("the file cannot be read (it is a directory)", folder);
    d = make_dnet();
    assert_int_equal(bpb_net_save(d, folder), BPB_ERR_IO);
    expect_sentence("the file cannot be written (it is a directory)", folder);
    bpb_net_destroy(&d);
    char long_path[200] = "";
    for (size_t k = 0; k < 19; k++)
        strcat(long_path, "/not-there");
    assert_int_equal(bpb_net_load(&d, long_path, NULL), BPB_ERR_IO);
    expect_sentence("the file cannot be opened (no such file or directory)", long_path);
    assert_true(!d && !s && bytes == 99);
}

static void model__null(void **state)
{
    (void)state;
    bpb_net *d = make_dnet(), *d_made = NULL;
    bpbf_net *s = make_snet(), *s_made = NULL;
    const char *path = path_of("net.safetensors");
    size_t n = 99;
    assert_int_equal(bpb_net_save(NULL, path), BPB_ERR_NULL);
    assert_int_equal(bpb_net_save(d, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_save(NULL, path), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_save(s, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_net_load(NULL, path, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_net_load(&d_made, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_load(NULL, path, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_load(&s_made, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_net_save_memory(NULL, NULL, 0, &n), BPB_ERR_NULL);
    assert_int_equal(bpb_net_save_memory(d, NULL, 0, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_save_memory(NULL, NULL, 0, &n), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_save_memory(s, NULL, 0, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_net_load_memory(NULL, path, 1, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_net_load_memory(&d_made, NULL, 1, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_load_memory(NULL, path, 1, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_net_load_memory(&s_made, NULL, 1, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_model_precision(NULL, &n), BPB_ERR_NULL);
    assert_int_equal(bpb_model_precision(path, NULL), BPB_ERR_NULL);
    assert_true(n == 99 && !d_made && !s_made && count_files(0) == 0);
    bpb_net_destroy(&d);
    bpbf_net_destroy(&s);
}

static void model__without_json(void **state)
{
    (void)state;
    if (can_save())
        skip();
    bpb_net *d = make_dnet(), *d_made = NULL;
    bpbf_net *s = make_snet(), *s_made = NULL;
    const char *path = path_of("net.safetensors");
    size_t n = 99;
    assert_int_equal(bpb_net_save(d, path), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpbf_net_save(s, path), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpbf_net_save_memory(s, NULL, 0, &n), BPB_ERR_UNSUPPORTED);
    assert_int_equal(count_files(0), 0);
    write_file(path, "{}", 2);
    assert_int_equal(bpb_net_load(&d_made, path, NULL), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpbf_net_load(&s_made, path, NULL), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpb_net_load_memory(&d_made, "{}", 2, NULL), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpbf_net_load_memory(&s_made, "{}", 2, NULL), BPB_ERR_UNSUPPORTED);
    assert_int_equal(bpb_model_precision(path, &n), BPB_ERR_UNSUPPORTED);
    assert_true(n == 99 && !d_made && !s_made);
    count_files(1);
    bpb_net_destroy(&d);
    bpbf_net_destroy(&s);
}

/* ---- Another program: check_model.py ---- */

#ifdef CHECK_MODEL
/* Run it on a file; its output. */
static FILE *check_model(const char *command, const char *path)
{
    char line[10000];
    snprintf(line, sizeof line, "'%s' '%s' %s '%s'", PYTHON, CHECK_MODEL, command, path);
    FILE *output = popen(line, "r");
    assert_non_null(output);
    return output;
}

static void identity(const void *context, size_t n, const double *z, double *a)
{
    (void)context;
    memmove(a, z, n * sizeof *a);
}

/* One line: a name, and the first and last of its values. */
static void expect_line(FILE *output, const char *name, double first, double last)
{
    char line[256], expected[64], *end;
    assert_non_null(fgets(line, sizeof line, output));
    snprintf(expected, sizeof expected, "%s ", name);
    assert_memory_equal(line, expected, strlen(expected));
    assert_true(strtod(line + strlen(expected), &end) == first);
    assert_true(strtod(end, &end) == last);
    assert_string_equal(end, "\n");
}
#endif

static void save__read_by_another_program(void **state)
{
    (void)state;
    NEEDS_JSON();
#ifdef CHECK_MODEL
    char line[256];
    bpb_net *net = make_dnet();
    double *theta = bpb_net_theta(net);
    const char *path = path_of("net.safetensors");
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    FILE *output = check_model("read", path);
    assert_non_null(fgets(line, sizeof line, output));
    assert_string_equal(line, "sizes 3,5,4,2\n");
    assert_non_null(fgets(line, sizeof line, output));
    assert_string_equal(line, "functions tanh,relu,softmax cross-entropy:0x0.0p+0\n");
    for (size_t l = 1; l <= 3; l++) { /* first and last are the same by rows and by columns */
        char name[8];
        const bpb_out W = bpb_net_W(net, theta, l), b = bpb_net_b(net, theta, l);
        snprintf(name, sizeof name, "W%d", (int)l);
        expect_line(output, name, W.data[0], W.data[W.rows * W.cols - 1]);
        snprintf(name, sizeof name, "W%d'", (int)l); /* the second of the first row */
        expect_line(output, name, W.data[W.rows], W.data[1]);
        snprintf(name, sizeof name, "b%d", (int)l);
        expect_line(output, name, b.data[0], b.data[b.rows - 1]);
    }
    expect_line(output, "input_shift", 0.1, 1e10);
    expect_line(output, "input_factor", 1 / 3.0, -4e-5);
    expect_line(output, "output_shift", 0, 5);
    expect_line(output, "output_factor", 1e-3, -7);
    assert_null(fgets(line, sizeof line, output));
    assert_int_equal(pclose(output), 0);
    count_files(1);
    bpb_net_destroy(&net);
#else
    skip();
#endif
}

/* Parameters to the last digit, and names of one's own. */
static void save__functions_read_by_another_program(void **state)
{
    (void)state;
    NEEDS_JSON();
#ifdef CHECK_MODEL
    static const bpb_activation with_parameters[] = {BPB_LEAKY_RELU, BPB_ELU, BPB_GELU};
    char line[256], expected[256];
    bpb_net *net = NULL;
    const bpb_net_options of_functions = {.sizes = units,
                                          .n_sizes = 4,
                                          .activations = with_parameters,
                                          .loss = BPB_HUBER,
                                          .leak = 0.2,
                                          .elu_alpha = 1 / 3.0,
                                          .huber_delta = 1e-300};
    const bpb_activation_function own = {.name = "mine", .f = identity};
    const char *path = path_of("net.safetensors");
    assert_int_equal(bpb_net_create(&net, &of_functions), BPB_OK);
    assert_int_equal(bpb_net_set_activation(net, 3, &own), BPB_OK);
    assert_int_equal(bpb_net_save(net, path), BPB_OK);
    FILE *output = check_model("read", path);
    assert_non_null(fgets(line, sizeof line, output));
    assert_non_null(fgets(line, sizeof line, output));
    snprintf(expected, sizeof expected, "functions leaky-relu:%a,elu:%a,own:mine huber:%a\n", 0.2,
             1 / 3.0, 1e-300);
    assert_string_equal(line, expected);
    while (fgets(line, sizeof line, output))
        continue;
    assert_int_equal(pclose(output), 0);
    count_files(1);
    bpb_net_destroy(&net);
#else
    skip();
#endif
}

static void load__written_by_another_program(void **state)
{
    (void)state;
    NEEDS_JSON();
#ifdef CHECK_MODEL
    bpb_net *d = NULL;
    bpbf_net *s = NULL;
    size_t bytes;
    const char *path = path_of("net.safetensors");
    assert_int_equal(pclose(check_model("write", path)), 0);
    assert_int_equal(bpb_model_precision(path, &bytes), BPB_OK);
    assert_int_equal(bytes, 4);
    assert_int_equal(bpbf_net_load(&s, path, NULL), BPB_OK);
    assert_int_equal(bpb_net_load(&d, path, NULL), BPB_OK);
    assert_int_equal(bpb_net_layers(d), 2);
    assert_int_equal(bpb_net_layer(d, 1).activation, BPB_LEAKY_RELU);
    assert_true(bpb_net_layer(d, 1).parameter == 0.125);
    assert_int_equal(bpb_net_layer(d, 2).activation, BPB_IDENTITY);
    assert_int_equal(bpb_net_loss(d).kind, BPB_HUBER);
    assert_true(bpb_net_loss(d).parameter == 0.25 && bpbf_net_loss(s).parameter == 0.25);
    for (size_t l = 1; l <= 2; l++) {
        const bpb_out W = bpb_net_W(d, bpb_net_theta(d), l);
        const bpb_out b = bpb_net_b(d, bpb_net_theta(d), l);
        assert_true(W.rows == (l == 1 ? 3 : 2) && W.cols == (l == 1 ? 4 : 3));
        for (size_t i = 0; i < W.rows; i++) {
            assert_true(b.data[i] == -0.25 * (double)(10 * l + i));
            for (size_t j = 0; j < W.cols; j++)
                assert_true(W.data[i + j * W.rows] == 0.5 * (double)(100 * l + 10 * i + j));
        }
    }
    for (size_t k = 0; k < bpb_net_parameters(d); k++)
        assert_true((double)bpbf_net_ctheta(s)[k] == bpb_net_ctheta(d)[k]);
    for (size_t k = 0; k < 8; k++)
        assert_true(bpb_net_scaling(d, BPB_INPUTS)[k] == (k < 4 ? 127.5 : 0.0078125));
    assert_null(bpb_net_scaling(d, BPB_OUTPUTS));
    assert_string_equal(bpb_net_note_key(d, 0), "written by");
    assert_string_equal(bpb_net_note(d, "written by"),
                        "another program,\n\"\xc3\xa9\" \xf0\x9f\x99\x82");
    assert_null(bpb_net_note_key(d, 1));
    count_files(1);
    bpb_net_destroy(&d);
    bpbf_net_destroy(&s);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save_load__through_memory),
        cmocka_unit_test(save_load__through_a_file),
        cmocka_unit_test(save_load__across_precisions),
        cmocka_unit_test(save_load__every_function),
        cmocka_unit_test(save_load__many_layers),
        cmocka_unit_test(load__parameters_not_finite),
        cmocka_unit_test(load__double_beyond_float),
        cmocka_unit_test(save_memory__asks_for_room),
        cmocka_unit_test(save_memory__layout),
        cmocka_unit_test(load_memory__cut_anywhere),
        cmocka_unit_test(load__cut_or_too_long),
        cmocka_unit_test(load_memory__a_bit_flipped),
        cmocka_unit_test(load_memory__bytes_replaced),
        cmocka_unit_test(load_memory__random_bytes),
        cmocka_unit_test(load_memory__header_by_hand),
        cmocka_unit_test(load_memory__says_what_is_wrong),
        cmocka_unit_test(load_memory__header_too_deep_or_too_large),
        cmocka_unit_test(load_memory__length_that_lies),
        cmocka_unit_test(load__data_that_are_not_there),
        cmocka_unit_test(load_memory__scaling_that_is_none),
        cmocka_unit_test(save__notes_over_the_limits),
        cmocka_unit_test(load__traps_set),
        cmocka_unit_test(save__replaces_in_one_step),
        cmocka_unit_test(save__disk_full),
        cmocka_unit_test(save__no_place_for_it),
        cmocka_unit_test(save__mode_of_the_file),
        cmocka_unit_test(save__through_a_symbolic_link),
        cmocka_unit_test(save__in_the_working_folder),
        cmocka_unit_test(load__no_such_file),
        cmocka_unit_test(model__null),
        cmocka_unit_test(model__without_json),
        cmocka_unit_test(save__read_by_another_program),
        cmocka_unit_test(save__functions_read_by_another_program),
        cmocka_unit_test(load__written_by_another_program),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
