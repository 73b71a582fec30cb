/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON files of network2.py: written and read again to the bit, and whatever else refused. */
#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>

#include "support_tmpl.h"
#include "temporary_files.h"

/* ---- Nets and files ---- */

static net_t *make_net(const size_t *units, size_t L, bpb_loss_kind loss)
{
    net_t *net = NULL;
    const bpb_net_options options = {.sizes = units, .n_sizes = L + 1, .loss = loss, .seed = 3};
    assert_ok(BPB(net_create)(&net, &options));
    return net;
}

static const size_t small[] = {2, 3, 1};

static int has_json(void)
{
    net_t *net = make_net(small, 2, BPB_SQUARED);
    const bpb_status status = BPB(net_save_network2)(net, path_of("probe.json"));
    BPB(net_destroy)(&net);
    count_files(1);
    return status != BPB_ERR_UNSUPPORTED;
}

#define NEEDS_JSON()     \
    do {                 \
        if (!has_json()) \
            skip();      \
    } while (0)

static const char *store(const char *text, size_t n)
{
    const char *path = path_of("net.json");
    write_file(path, text, n);
    return path;
}

/* The content of a file as a string, allocated. */
static char *content_of(const char *path, size_t *n)
{
    enum { MOST = 1 << 20 };
    char *text = allocate(MOST, 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *n = fread(text, 1, MOST - 1, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void expect_net(const net_t *net, const net_t *same)
{
    assert_int_equal(BPB(net_layers)(net), BPB(net_layers)(same));
    for (size_t l = 0; l <= BPB(net_layers)(same); l++) {
        assert_int_equal(BPB(net_size)(net, l), BPB(net_size)(same, l));
        assert_int_equal(BPB(net_layer)(net, l).activation, BPB_SIGMOID);
    }
    assert_int_equal(BPB(net_loss)(net).kind, BPB(net_loss)(same).kind);
    assert_true(BPB(net_loss)(net).parameter == 0);
    assert_null(BPB(net_scaling)(net, BPB_INPUTS));
    assert_null(BPB(net_scaling)(net, BPB_OUTPUTS));
    assert_null(BPB(net_note_key)(net, 0));
    assert_same_bits(BPB(net_parameters)(same), BPB(net_ctheta)(net), BPB(net_ctheta)(same));
}

static void expect_file(const char *path, const net_t *same)
{
    net_t *net = NULL;
    assert_ok(BPB(net_load_network2)(&net, path));
    expect_net(net, same);
    BPB(net_destroy)(&net);
}

/* ---- What is written ---- */

/* W column-major here, a row a list there; numbers with a point, for a whole one would be another
 * type in Python, and -0 there no zero with a sign. */
static void save_network2__text(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const real values[] = {1,  2, 3, RC(-0.5), RC(0.1), RC(1e22), RC(-0.0), 7, RC(1e-7),
                                  -4, 5, 6, RC(0.25)};
    static const char expected[] =
        "{\"sizes\": [2, 3, 1], \"weights\": [[[1.0, -0.5], "
        "[2.0, " BPB_SELECT("0.10000000000000001", "0.100000001") "], "
        "[3.0, " BPB_SELECT("1e+22", "9.99999978e+21") "]], [[-4.0, 5.0, 6.0]]], "
        "\"biases\": [[[-0.0], [7.0], "
        "[" BPB_SELECT("9.9999999999999995e-08", "1.00000001e-07") "]], [[0.25]]], \"cost\": \"QuadraticCost\"}";
    size_t n;
    net_t *net = make_net(small, 2, BPB_SQUARED);
    memcpy(BPB(net_theta)(net), values, sizeof values);
    const char *path = path_of("net.json");
    assert_ok(BPB(net_save_network2)(net, path));
    char *text = content_of(path, &n);
    assert_string_equal(text, expected);
    assert_int_equal(n, sizeof expected - 1);
    expect_file(path, net);
    assert_int_equal(count_files(1), 1);
    free(text);
    BPB(net_destroy)(&net);
}

static void save_load_network2__same_bits(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const size_t units[][5] = {{1, 1}, {1, 5}, {40, 1}, {3, 30, 10}, {2, 7, 1, 4, 6}};
    static const size_t layers[] = {1, 1, 1, 2, 4};
    for (size_t k = 0; k < 2 * COUNT(layers); k++) {
        const bpb_loss_kind loss = k % 2 ? BPB_CROSS_ENTROPY : BPB_SQUARED;
        net_t *net = make_net(units[k / 2], layers[k / 2], loss);
        const char *path = path_of("net.json");
        assert_ok(BPB(net_set_note)(net, "left", "out"));
        assert_ok(BPB(net_save_network2)(net, path));
        expect_file(path, net);
        BPB(net_destroy)(&net);
    }
    count_files(1);
}

/* Any finite bits, subnormal ones too. */
static void save_load_network2__any_bits(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const size_t units[] = {50, 40};
    uint64_t seed = 5;
    net_t *net = make_net(units, 1, BPB_SQUARED);
    real *theta = BPB(net_theta)(net);
    for (size_t k = 0; k < BPB(net_parameters)(net); k++) {
        do {
            const uint64_t bits = bpb_random_bits(&seed);
            memcpy(&theta[k], &bits, sizeof *theta);
        } while (!isfinite(theta[k]));
    }
    theta[0] = BPB_SELECT(DBL_MAX, FLT_MAX);
    theta[1] = BPB_SELECT(-0x1p-1074, -0x1p-149f);
    const char *path = path_of("net.json");
    assert_ok(BPB(net_save_network2)(net, path));
    expect_file(path, net);
    count_files(1);
    BPB(net_destroy)(&net);
}

static void save_network2__what_it_cannot_say(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const bpb_net_options others[] = {
        {.hidden = BPB_TANH},
        {.output = BPB_IDENTITY},
        {.output = BPB_SOFTMAX, .loss = BPB_CROSS_ENTROPY},
        {.loss = BPB_HUBER},
        {.loss = BPB_ABSOLUTE},
        {.loss = BPB_CROSS_ENTROPY, .label_smoothing = 0.1},
    };
    const char *path = path_of("net.json");
    for (size_t k = 0; k < COUNT(others); k++) {
        bpb_net_options options = others[k];
        net_t *net = NULL;
        options.sizes = small;
        options.n_sizes = 3;
        assert_ok(BPB(net_create)(&net, &options));
        assert_int_equal(BPB(net_save_network2)(net, path), BPB_ERR_UNSUPPORTED);
        BPB(net_destroy)(&net);
    }
    assert_int_equal(count_files(0), 0);
}

static void save_network2__scaling_and_values_it_cannot_hold(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const double ones[3] = {1, 1, 1};
    net_t *net = make_net(small, 2, BPB_SQUARED);
    real *theta = BPB(net_theta)(net);
    const char *path = path_of("net.json");
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, ones, NULL));
    assert_int_equal(BPB(net_save_network2)(net, path), BPB_ERR_UNSUPPORTED);
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, NULL, NULL));
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, NULL, ones));
    assert_int_equal(BPB(net_save_network2)(net, path), BPB_ERR_UNSUPPORTED);
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, NULL, NULL));
    for (size_t k = 0; k < BPB(net_parameters)(net); k++) {
        const real kept = theta[k];
        theta[k] = k % 2 ? (real)NAN : (real)INFINITY;
        assert_int_equal(BPB(net_save_network2)(net, path), BPB_ERR_UNSUPPORTED);
        theta[k] = kept;
    }
    assert_int_equal(count_files(0), 0);
    assert_ok(BPB(net_save_network2)(net, path));
    count_files(1);
    BPB(net_destroy)(&net);
}

/* A file size limit stands in for a full disk. */
static void save_network2__failure_keeps_the_old_file(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const size_t units[] = {4, 9, 2};
    net_t *net = make_net(small, 2, BPB_SQUARED), *other = make_net(units, 2, BPB_SQUARED);
    const char *path = path_of("net.json");
    struct rlimit before;
    assert_ok(BPB(net_save_network2)(net, path));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit limited = before;
    limited.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limited), 0);
    const bpb_status status = BPB(net_save_network2)(other, path);
    const int error = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, BPB_ERR_IO);
    assert_int_equal(error, EFBIG);
    expect_file(path, net);
    assert_int_equal(count_files(0), 1);
    assert_int_equal(BPB(net_save_network2)(other, path_of("missing/net.json")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_ok(BPB(net_save_network2)(other, path));
    expect_file(path, other);
    assert_int_equal(count_files(1), 1);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&other);
}

/* ---- What is read ---- */

#define SIZES "\"sizes\": [2, 1]"
#define WEIGHTS "\"weights\": [[[1.5, -2]]]"
#define BIASES "\"biases\": [[[3e-1]]]"
#define COST "\"cost\": \"CrossEntropyCost\""
#define FILE_OF(sizes, weights, biases, cost) \
    "{" sizes ", " weights ", " biases ", " cost "}"
#define GOOD FILE_OF(SIZES, WEIGHTS, BIASES, COST)

static void load_network2__forms_of_json(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char *const texts[] = {
        GOOD,
        GOOD "\n",
        "{" COST "," BIASES "," WEIGHTS "," SIZES "}",
        " \n{\n\t\"sizes\":[2,\r\n1 ] ,\"weights\":[ [[1.5e0,-2.0]]],\"biases\":[[[0.3]]],\n" COST
        "}",
        FILE_OF("\"sizes\": [2.0, 1e0]", WEIGHTS, BIASES, COST),
        FILE_OF(SIZES, "\"weights\": [[[1.5, -2.000000000000000000000000000000000000000]]]", BIASES,
                COST),
        FILE_OF(SIZES, WEIGHTS, BIASES, COST ", \"more\": {\"of\": [null, true, \"a later day\"]}"),
        "{" SIZES "," WEIGHTS "," BIASES ",\"\\u0063ost\":\"CrossEntropy\\u0043ost\"}",
    };
    for (size_t k = 0; k < COUNT(texts); k++) {
        net_t *net = NULL;
        const bpb_status status = BPB(net_load_network2)(&net, store(texts[k], strlen(texts[k])));
        if (status)
            fail_msg("%s: %d", texts[k], status);
        assert_true(BPB(net_layers)(net) == 1 && BPB(net_size)(net, 0) == 2);
        assert_int_equal(BPB(net_loss)(net).kind, BPB_CROSS_ENTROPY);
        assert_same_bits(3, BPB(net_ctheta)(net), (const real[]){RC(1.5), -2, RC(0.3)});
        BPB(net_destroy)(&net);
    }
    count_files(1);
}

static void load__says_what_is_wrong(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const struct {
        const char *text, *sentence;
    } wrong[] = {
        {"", "the file is empty"},
        {"[]", "the JSON is no object"},
        {"{\n\"sizes\": [2, 1]\n]", "line 3, column 1 of the JSON: '}' expected near ']'"},
        {FILE_OF("\"sizes\": 2", WEIGHTS, BIASES, COST), "there is no \"sizes\", or it is no list"},
        {FILE_OF("\"sizes\": [2, 1.5]", WEIGHTS, BIASES, COST),
         "sizes[1] is 1.5, which is no whole number"},
        {FILE_OF(SIZES, WEIGHTS, BIASES, "\"cost\": \"MyCost\""),
         "cost is \"MyCost\"; it must be \"QuadraticCost\" or \"CrossEntropyCost\""},
        {FILE_OF(SIZES, "\"weights\": [[[1, 2, 3]]]", BIASES, COST),
         "weights[0][0] has 3 numbers; it must have 2"},
        {FILE_OF(SIZES, "\"weights\": [[[1, null]]]", BIASES, COST),
         "weights[0][0][1] is no number"},
        {FILE_OF(SIZES, WEIGHTS, "\"biases\": []", COST),
         "biases has 0 entries; it must have 1, one less than sizes"},
    };
    for (size_t k = 0; k < COUNT(wrong); k++) {
        net_t *net = NULL;
        const char *path = store(wrong[k].text, strlen(wrong[k].text));
        assert_true(BPB(net_load_network2)(&net, path) < 0);
        const size_t n = strlen(wrong[k].sentence);
        if (strncmp(bpb_error(), wrong[k].sentence, n) != 0)
            fail_msg("%s, not %s", bpb_error(), wrong[k].sentence);
        assert_int_equal(bpb_error()[n], ':'); /* and the path */
        assert_null(net);
    }
    count_files(1);
}

/* The net is left as it was. */
static bpb_status load(const char *text, size_t n)
{
    char place;
    net_t *const before = (net_t *)(void *)&place, *net = before;
    const bpb_status status = BPB(net_load_network2)(&net, store(text, n));
    if (status < 0)
        assert_ptr_equal(net, before);
    else
        BPB(net_destroy)(&net);
    return status;
}

static void load_network2__refused(void **state)
{
    (void)state;
    NEEDS_JSON();
#define WITH_SIZES(sizes) FILE_OF("\"sizes\": " sizes, WEIGHTS, BIASES, COST)
#define WITH_WEIGHTS(weights) FILE_OF(SIZES, "\"weights\": " weights, BIASES, COST)
#define WITH_BIASES(biases) FILE_OF(SIZES, WEIGHTS, "\"biases\": " biases, COST)
#define WITH_COST(cost) FILE_OF(SIZES, WEIGHTS, BIASES, "\"cost\": " cost)
    static const struct {
        const char *text;
        bpb_status status;
    } files[] = {
        {"[]", BPB_ERR_FORMAT},
        {"{}", BPB_ERR_FORMAT},
        {"7", BPB_ERR_FORMAT},
        {"[[1.5]]", BPB_ERR_FORMAT},
        {"nonsense", BPB_ERR_FORMAT},
        {"\x89HDF\r\n\x1a\n", BPB_ERR_FORMAT},
        {"", BPB_ERR_TRUNCATED},
        {"{" WEIGHTS "," BIASES "," COST "}", BPB_ERR_FORMAT},
        {"{" SIZES "," BIASES "," COST "}", BPB_ERR_FORMAT},
        {"{" SIZES "," WEIGHTS "," COST "}", BPB_ERR_FORMAT},
        {"{" SIZES "," WEIGHTS "," BIASES "}", BPB_ERR_FORMAT},
        {GOOD "x", BPB_ERR_FORMAT},
        {GOOD GOOD, BPB_ERR_FORMAT},
        {FILE_OF(SIZES, WEIGHTS, BIASES, COST "," COST), BPB_ERR_FORMAT}, /* a key twice */
        {FILE_OF(SIZES "," SIZES, WEIGHTS, BIASES, COST), BPB_ERR_FORMAT},
        {WITH_SIZES("2"), BPB_ERR_FORMAT},
        {WITH_SIZES("[]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2, \"1\"]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2, true]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2, 1.5]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[-2, 1]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2, 1, 1]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[1, 2]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[3, 1]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2, 2]"), BPB_ERR_FORMAT},
        {WITH_SIZES("[2147483647, 2147483647]"), BPB_ERR_SIZE},
        {WITH_SIZES("[2147483647, 1]"), BPB_ERR_FORMAT}, /* 16 GB that are not there */
        {WITH_SIZES("[2147483648, 1]"), BPB_ERR_SIZE},
        {WITH_SIZES("[1e300, 1]"), BPB_ERR_SIZE},
        {WITH_SIZES("[99999999999999999999999999, 1]"), BPB_ERR_SIZE},
        {WITH_SIZES("[0, 1]"), BPB_ERR_SIZE},
        {WITH_SIZES("[2, 0]"), BPB_ERR_SIZE},
        {WITH_WEIGHTS("[]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("{}"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[1.5, -2]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5], [-2]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, -2], []]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, -2, 1]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, [-2]]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, -2]], [[1.5, -2]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, null]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, \"-2\"]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, false]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, NaN]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, Infinity]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, -Infinity]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, 0x10]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, +2]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, 02]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1,5, -2]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, -2,]]]"), BPB_ERR_FORMAT},
        {WITH_WEIGHTS("[[[1.5, 1e400]]]"), BPB_ERR_RANGE},
        {WITH_WEIGHTS("[[[1.5, -1e400]]]"), BPB_ERR_RANGE},
        {WITH_WEIGHTS("[[[1.5, 1e39]]]"), BPB_SELECT(BPB_OK, BPB_ERR_RANGE)},
        {WITH_WEIGHTS("[[[1.5, 1e-400]]]"), BPB_OK},
        {WITH_BIASES("[[0.3]]"), BPB_ERR_FORMAT},
        {WITH_BIASES("[[[0.3, 0.4]]]"), BPB_ERR_FORMAT},
        {WITH_BIASES("[[[0.3], [0.4]]]"), BPB_ERR_FORMAT},
        {WITH_BIASES("[[[]]]"), BPB_ERR_FORMAT},
        {WITH_BIASES("[[[0.3]], [[0.3]]]"), BPB_ERR_FORMAT},
        {WITH_BIASES("[[[-1e39]]]"), BPB_SELECT(BPB_OK, BPB_ERR_RANGE)},
        {WITH_COST("\"\""), BPB_ERR_FORMAT},
        {WITH_COST("\"quadraticcost\""), BPB_ERR_FORMAT},
        {WITH_COST("\"CrossEntropyCost2\""), BPB_ERR_FORMAT},
        {WITH_COST("0"), BPB_ERR_FORMAT},
        {WITH_COST("[\"QuadraticCost\"]"), BPB_ERR_FORMAT},
        {WITH_COST("\"QuadraticCost\\u0000\""), BPB_ERR_FORMAT},
        {WITH_COST("\"Quadratic\xff" "Cost\""), BPB_ERR_FORMAT},
    };
    for (size_t k = 0; k < COUNT(files); k++) {
        const bpb_status status = load(files[k].text, strlen(files[k].text));
        if (status != files[k].status)
            fail_msg("%s: %d, not %d", files[k].text, status, files[k].status);
    }
    assert_int_equal(load(GOOD "\0", sizeof GOOD), BPB_ERR_FORMAT);
    count_files(1);
}

static void load_network2__cut_anywhere(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char good[] = GOOD;
    for (size_t n = 0; n < sizeof good - 1; n++) {
        const bpb_status status = load(good, n);
        assert_true(status == BPB_ERR_TRUNCATED || status == BPB_ERR_FORMAT);
        if (n == 0 || strchr(" [,{", good[n - 1]))
            assert_int_equal(status, BPB_ERR_TRUNCATED);
    }
    assert_ok(load(good, sizeof good - 1));
    count_files(1);
}

static void load_network2__bytes_replaced(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char good[] = GOOD, bytes[] = "0123456789.,[]{}:\"e-+ a\\\xff";
    uint64_t seed = 9;
    for (int run = 0; run < 3000; run++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (uint64_t k = 0; k <= bpb_random_bits(&seed) % 3; k++)
            text[bpb_random_bits(&seed) % (sizeof good - 1)] =
                bytes[bpb_random_bits(&seed) % sizeof bytes]; /* NUL too */
        const bpb_status status = load(text, sizeof good - 1);
        assert_true(status == BPB_OK || status == BPB_ERR_FORMAT || status == BPB_ERR_TRUNCATED ||
                    status == BPB_ERR_SIZE || status == BPB_ERR_RANGE);
    }
    count_files(1);
}

/* count times piece, in the place of the weights. */
static bpb_status load_repeated(const char *piece, size_t count)
{
    static const char head[] = "{" SIZES "," BIASES "," COST ",\"weights\":";
    const size_t length = strlen(piece), n = sizeof head - 1 + count * length;
    char *text = allocate(n + 1, 1);
    memcpy(text, head, sizeof head);
    for (size_t k = 0; k < count; k++)
        memcpy(text + sizeof head - 1 + k * length, piece, length);
    const bpb_status status = load(text, n);
    free(text);
    return status;
}

static void load_network2__too_deep(void **state)
{
    (void)state;
    NEEDS_JSON();
    assert_int_equal(load_repeated("[", 100000), BPB_ERR_FORMAT);
    assert_int_equal(load_repeated("{\"a\":", 100000), BPB_ERR_FORMAT);
    assert_int_equal(load_repeated("[", 100), BPB_ERR_TRUNCATED);
    count_files(1);
}

static void load_network2__no_such_file(void **state)
{
    (void)state;
    NEEDS_JSON();
    net_t *net = NULL;
    assert_int_equal(BPB(net_load_network2)(&net, path_of("none")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(BPB(net_load_network2)(&net, folder), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_null(net);
}

/* ---- Surroundings ---- */

static void save_load_network2__other_locale(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    size_t n, again;
    net_t *net = make_net(small, 2, BPB_SQUARED);
    const char *path = path_of("net.json"), *name = NULL;
    assert_ok(BPB(net_save_network2)(net, path));
    char *text = content_of(path, &n);
    for (size_t k = 0; k < COUNT(names) && !name; k++)
        name = setlocale(LC_ALL, names[k]);
    const bpb_status status = name ? BPB(net_save_network2)(net, path) : BPB_OK;
    if (name)
        expect_file(path, net);
    setlocale(LC_ALL, "C");
    char *text_again = content_of(path, &again);
    assert_ok(status);
    assert_string_equal(text_again, text);
    count_files(1);
    free(text);
    free(text_again);
    BPB(net_destroy)(&net);
    if (!name)
        skip();
}

static void save_load_network2__other_rounding_mode(void **state)
{
    (void)state;
    NEEDS_JSON();
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    net_t *net = make_net(small, 2, BPB_SQUARED);
    const char *path = path_of("net.json");
    for (size_t k = 0; k < COUNT(modes); k++) {
        net_t *again = NULL;
        assert_int_equal(fesetround(modes[k]), 0);
        const bpb_status saved = BPB(net_save_network2)(net, path);
        const bpb_status loaded = BPB(net_load_network2)(&again, path);
        const int mode = fegetround();
        fesetround(FE_TONEAREST);
        assert_int_equal(mode, modes[k]);
        assert_ok(saved);
        assert_ok(loaded);
        expect_net(again, net);
        BPB(net_destroy)(&again);
    }
    count_files(1);
    BPB(net_destroy)(&net);
}

static void save_load_network2__traps_set(void **state)
{
    (void)state;
    NEEDS_JSON();
    const int trapping = set_traps(1);
    if (!clear_traps() || !trapping)
        skip();
    net_t *net = make_net(small, 2, BPB_SQUARED), *again = NULL;
    BPB(net_theta)(net)[0] = BPB_SELECT(0x1p-1070, 0x1p-140f);
    const char *path = path_of("net.json");
    set_traps(1);
    const bpb_status saved = BPB(net_save_network2)(net, path);
    const bpb_status loaded = BPB(net_load_network2)(&again, path);
    assert_true(clear_traps());
    assert_ok(saved);
    assert_ok(loaded);
    expect_net(again, net);
    count_files(1);
    BPB(net_destroy)(&again);
    BPB(net_destroy)(&net);
}

/* Read and written by Python's json, to the bit. */
static void save_load_network2__by_another_program(void **state)
{
    (void)state;
    NEEDS_JSON();
#ifdef CHECK_NETWORK2
    static const size_t units[] = {20, 15, 4};
    char line[10000];
    net_t *net = make_net(units, 2, BPB_CROSS_ENTROPY);
    BPB(net_theta)(net)[0] = 3; /* whole, and of no sign */
    BPB(net_theta)(net)[1] = RC(-0.0);
    assert_ok(BPB(net_save_network2)(net, path_of("net.json")));
    snprintf(line, sizeof line, "'%s' '%s' '%s' '%s'", PYTHON, CHECK_NETWORK2, path_of("net.json"),
             path_of("again.json"));
    assert_int_equal(system(line), 0);
    expect_file(path_of("again.json"), net);
    count_files(1);
    BPB(net_destroy)(&net);
#else
    skip();
#endif
}

static void network2__null(void **state)
{
    (void)state;
    net_t *net = make_net(small, 2, BPB_SQUARED), *loaded = NULL;
    assert_int_equal(BPB(net_save_network2)(NULL, "file"), BPB_ERR_NULL);
    assert_int_equal(BPB(net_save_network2)(net, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(net_load_network2)(NULL, "file"), BPB_ERR_NULL);
    assert_int_equal(BPB(net_load_network2)(&loaded, NULL), BPB_ERR_NULL);
    BPB(net_destroy)(&net);
}

static void network2__without_json(void **state)
{
    (void)state;
    if (has_json())
        skip();
    net_t *net = make_net(small, 2, BPB_SQUARED), *loaded = NULL;
    const char *path = store(GOOD, sizeof GOOD - 1);
    assert_int_equal(BPB(net_load_network2)(&loaded, path), BPB_ERR_UNSUPPORTED);
    assert_null(loaded);
    count_files(1);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load__says_what_is_wrong),
        cmocka_unit_test(save_network2__text),
        cmocka_unit_test(save_load_network2__same_bits),
        cmocka_unit_test(save_load_network2__any_bits),
        cmocka_unit_test(save_network2__what_it_cannot_say),
        cmocka_unit_test(save_network2__scaling_and_values_it_cannot_hold),
        cmocka_unit_test(save_network2__failure_keeps_the_old_file),
        cmocka_unit_test(load_network2__forms_of_json),
        cmocka_unit_test(load_network2__refused),
        cmocka_unit_test(load_network2__cut_anywhere),
        cmocka_unit_test(load_network2__bytes_replaced),
        cmocka_unit_test(load_network2__too_deep),
        cmocka_unit_test(load_network2__no_such_file),
        cmocka_unit_test(save_load_network2__other_locale),
        cmocka_unit_test(save_load_network2__other_rounding_mode),
        cmocka_unit_test(save_load_network2__traps_set),
        cmocka_unit_test(save_load_network2__by_another_program),
        cmocka_unit_test(network2__null),
        cmocka_unit_test(network2__without_json),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
