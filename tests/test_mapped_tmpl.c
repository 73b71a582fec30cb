/* SPDX-License-Identifier: BSD-3-Clause */
/* Mapped files: the same values as the readers', to the bit, and the same refusals. */
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "support_tmpl.h"
#include "temporary_files.h"

/* ---- Files made by hand ---- */

enum { ROOM = 1 << 15 };

/* A file in memory, and where its elements begin. */
struct bytes {
    unsigned char at[ROOM];
    size_t n, elements;
};

static void put(struct bytes *bytes, const void *from, size_t n)
{
    assert_true(bytes->n + n <= sizeof bytes->at);
    memcpy(bytes->at + bytes->n, from, n);
    bytes->n += n;
}

/* The lowest this many bytes of a number. */
static void put_number(struct bytes *bytes, uint64_t number, size_t size, bool is_big)
{
    for (size_t k = 0; k < size; k++) {
        const unsigned char byte = (unsigned char)(number >> 8 * (is_big ? size - 1 - k : k));
        put(bytes, &byte, 1);
    }
}

static void put_npy(struct bytes *bytes, const char *type, bool is_fortran, const char *shape)
{
    char text[200];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }  \n", type,
             is_fortran ? "True" : "False", shape);
    bytes->n = 0;
    put(bytes, "\x93NUMPY\1\0", 8);
    put_number(bytes, strlen(text), 2, false);
    put(bytes, text, strlen(text));
    bytes->elements = bytes->n;
}

static void put_idx(struct bytes *bytes, unsigned type, size_t axes, const size_t *extent)
{
    bytes->n = 0;
    put_number(bytes, type << 8 | axes, 4, true);
    for (size_t k = 0; k < axes; k++)
        put_number(bytes, extent[k], 4, true);
    bytes->elements = bytes->n;
}

static uint64_t bits_of(double value, size_t size)
{
    uint64_t wide;
    uint32_t narrow;
    const float rounded = (float)value;
    memcpy(&wide, &value, sizeof wide);
    memcpy(&narrow, &rounded, sizeof narrow);
    return size == 8 ? wide : narrow;
}

static const char *store(const struct bytes *bytes, const char *name)
{
    const char *path = path_of(name);
    write_file(path, bytes->at, bytes->n);
    return path;
}

/* A vector of bytes, one for each column. */
static const char *store_bytes(const char *name, const unsigned char *values, size_t n)
{
    struct bytes bytes;
    put_idx(&bytes, 8, 1, &n);
    put(&bytes, values, n);
    return store(&bytes, name);
}

/* ---- Comparing ---- */

typedef bpb_status reader(out_t *X, const char *path, bpb_where *where);

static mapped_t *opened(const char *X_path, const char *T_path, size_t classes)
{
    mapped_t *mapped = NULL;
    assert_ok(BPB(mapped_open)(&mapped, X_path, T_path, classes));
    assert_non_null(mapped);
    return mapped;
}

static void assert_columns(const out_t *all, size_t first, size_t B, const size_t *index,
                           const real *got)
{
    for (size_t j = 0; j < B; j++)
        assert_same_bits(all->rows, got + j * all->rows,
                         all->data + (first + index[j]) * all->rows);
}

/* Columns at random, some of them twice, and none behind the last that is written. */
static void expect_batch(const source_t *source, const out_t *X, const out_t *T, size_t first,
                         struct rng *rng)
{
    enum { MOST = 9 };
    size_t index[MOST];
    const size_t B = rng_between(rng, 1, MOST);
    real *x = make_reals(X->rows * B + 1), *t = make_reals(T->rows * B + 1);
    for (size_t j = 0; j < B; j++)
        index[j] = rng_between(rng, 0, source->n - 1);
    x[X->rows * B] = t[T->rows * B] = 77;
    assert_int_equal(source->read(source->user, index, B, x, t), 0);
    assert_columns(X, first, B, index, x);
    assert_columns(T, first, B, index, t);
    assert_true(x[X->rows * B] == 77 && t[T->rows * B] == 77);
    free(x);
    free(t);
}

static source_t source_of(mapped_t *mapped, size_t first, size_t count)
{
    source_t source = {0};
    assert_ok(BPB(mapped_source)(mapped, first, count, &source));
    return source;
}

/* A file as inputs and as targets against what its reader makes of it. */
static void expect_same(const char *path, reader *read)
{
    static uint64_t seed = 1;
    struct rng rng = {seed++};
    out_t all = {0};
    const bpb_status status = read(&all, path, NULL);
    assert_true(status == BPB_OK || status == BPB_NONFINITE);
    mapped_t *mapped = opened(path, path, 0);
    const source_t whole = source_of(mapped, 0, 0);
    assert_true(whole.n == all.cols && whole.inputs == all.rows && whole.targets == all.rows);
    for (int run = 0; run < 6; run++) {
        const size_t first = rng_between(&rng, 0, all.cols - 1);
        const size_t count = rng_between(&rng, 1, all.cols - first);
        const source_t source =
            run == 0 ? source_of(mapped, 0, all.cols) : source_of(mapped, first, count);
        assert_true(source.n == (run == 0 ? all.cols : count) && source.targets == all.rows);
        expect_batch(&source, &all, &all, run == 0 ? 0 : first, &rng);
    }
    BPB(mapped_close)(&mapped);
    assert_null(mapped);
    bpb_free(all.data);
}

/* ---- Elements and shapes ---- */

static const size_t shapes[][5] = {
    {6}, {1}, {2, 3}, {5, 1}, {1, 4}, {70, 3}, {3, 2, 4}, {9, 1, 3}, {4, 3, 1, 2}, {3, 2, 3, 2, 3},
};

static size_t axes_of(const size_t *extent)
{
    size_t axes = 0;
    while (axes < 5 && extent[axes] > 0)
        axes++;
    return axes;
}

static size_t count_of(const size_t *extent)
{
    size_t count = 1;
    for (size_t k = 0; k < axes_of(extent); k++)
        count *= extent[k];
    return count;
}

/* Any bits, but that a double fits a float. */
static void put_elements(struct bytes *bytes, size_t count, size_t size, bool is_double,
                         bool is_big, struct rng *rng)
{
    for (size_t k = 0; k < count; k++) {
        const double value = rng_uniform(rng, -1, 1) * pow(10, rng_uniform(rng, -45, 38));
        put_number(bytes, is_double ? bits_of(value, 8) : rng_bits(rng), size, is_big);
    }
}

static void expect_npy(const char *type, const size_t *extent, bool is_fortran, struct rng *rng)
{
    static struct bytes bytes;
    char shape[100] = "(";
    const size_t size = (size_t)(type[2] - '0');
    for (size_t k = 0; k < axes_of(extent); k++)
        snprintf(shape + strlen(shape), 20, "%zu, ", extent[k]);
    strcat(shape, ")");
    put_npy(&bytes, type, is_fortran, shape);
    put_elements(&bytes, count_of(extent), size, strcmp(type + 1, "f8") == 0, *type == '>', rng);
    expect_same(store(&bytes, "X"), BPB(npy_read));
}

static void mapped__every_npy_type_shape_and_order(void **state)
{
    (void)state;
    static const char *const types[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                        "u2", "u4", "u8", "f4", "f8"};
    struct rng rng = {3};
    for (size_t run = 0; run < COUNT(types) * COUNT(shapes); run++) {
        char type[4] = "<";
        strcat(type, types[run % COUNT(types)]);
        for (int k = 0; k < 4; k++) {
            *type = k % 2 ? '<' : '>';
            expect_npy(type, shapes[run / COUNT(types)], k < 2, &rng);
        }
    }
}

static void mapped__every_idx_type_and_shape(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        size_t size;
    } types[] = {{0x08, 1}, {0x09, 1}, {0x0B, 2}, {0x0C, 4}, {0x0D, 4}, {0x0E, 8}};
    static struct bytes bytes;
    struct rng rng = {4};
    for (size_t t = 0; t < COUNT(types); t++) {
        for (size_t k = 0; k < COUNT(shapes); k++) {
            put_idx(&bytes, types[t].type, axes_of(shapes[k]), shapes[k]);
            put_elements(&bytes, count_of(shapes[k]), types[t].size, types[t].type == 0x0E, true,
                         &rng);
            expect_same(store(&bytes, "X"), BPB(idx_read));
        }
    }
}

/* ---- Inputs with targets ---- */

enum { COLS = 1300, ROWS = 3, CLASSES = 4 };

/* X of 3 rows, entry k being k; labels j % 4, or what is given for column bad. */
static void store_pair(size_t bad, unsigned char label)
{
    struct bytes bytes;
    unsigned char labels[COLS];
    put_idx(&bytes, 0x0B, 2, (const size_t[]){COLS, ROWS});
    for (size_t k = 0; k < COLS * ROWS; k++)
        put_number(&bytes, k, 2, true);
    store(&bytes, "X");
    for (size_t j = 0; j < COLS; j++)
        labels[j] = j == bad ? label : (unsigned char)(j % CLASSES);
    store_bytes("T", labels, COLS);
}

static void mapped__one_hot_and_class_indices(void **state)
{
    (void)state;
    store_pair(0, 0);
    out_t X = {0}, labels = {0};
    assert_ok(BPB(idx_read)(&X, path_of("X"), NULL));
    assert_ok(BPB(idx_read)(&labels, path_of("T"), NULL));
    real *one_hot = make_reals(CLASSES * COLS);
    const out_t T = {.data = one_hot, .rows = CLASSES, .cols = COLS};
    assert_ok(BPB(one_hot)(BPB(view_of)(labels), T, NULL));
    struct rng rng = {6};
    for (int run = 0; run < 20; run++) {
        const size_t first = rng_between(&rng, 0, COLS - 1), classes = run % 2 ? CLASSES : 0;
        mapped_t *mapped = opened(path_of("X"), path_of("T"), classes);
        const source_t source = source_of(mapped, first, COLS - first);
        assert_int_equal(source.targets, classes ? classes : 1);
        expect_batch(&source, &X, classes ? &T : &labels, first, &rng);
        BPB(mapped_close)(&mapped);
    }
    free(one_hot);
    bpb_free(labels.data);
    bpb_free(X.data);
}

/* Training and validation of one pair of files, at the same time; X or T alone. */
static void mapped_source__parts(void **state)
{
    (void)state;
    store_pair(0, 0);
    mapped_t *mapped = opened(path_of("X"), path_of("T"), 0);
    const source_t head = source_of(mapped, 0, 1000);
    const source_t tail = source_of(mapped, 1000, 300);
    static const size_t index[2] = {299, 1};
    real x[2 * ROWS], t[2];
    assert_true(head.n == 1000 && tail.n == 300);
    assert_int_equal(tail.read(tail.user, index, 2, x, t), 0);
    assert_true(x[0] == 1299 * ROWS && x[5] == 1001 * ROWS + 2 && t[0] == 3 && t[1] == 1);
    assert_int_equal(head.read(head.user, index, 2, x, NULL), 0);
    assert_true(x[0] == 299 * ROWS && x[5] == ROWS + 2 && t[0] == 3);
    assert_int_equal(head.read(head.user, index, 2, NULL, t), 0);
    assert_true(t[0] == 299 % CLASSES && t[1] == 1);
    assert_int_equal(head.read(head.user, index, 2, NULL, NULL), 0);
    assert_ptr_equal(source_of(mapped, 1000, 300).user, tail.user);
    assert_ptr_equal(source_of(mapped, 1000, 0).user, tail.user); /* all from there on */
    assert_true(tail.inputs == ROWS && tail.targets == 1);
    BPB(mapped_close)(&mapped);
}

static void mapped_source__out_of_range(void **state)
{
    (void)state;
    static const size_t bad[][2] = {{COLS, 1},     {0, COLS + 1}, {1, COLS}, {COLS - 1, 2},
                                    {SIZE_MAX, 1}, {1, SIZE_MAX}, {COLS, 0}, {SIZE_MAX, SIZE_MAX}};
    store_pair(0, 0);
    mapped_t *mapped = opened(path_of("X"), path_of("T"), CLASSES);
    for (size_t k = 0; k < COUNT(bad); k++) {
        source_t source = {.n = 77};
        assert_int_equal(BPB(mapped_source)(mapped, bad[k][0], bad[k][1], &source), BPB_ERR_SIZE);
        assert_true(source.n == 77 && !source.read);
    }
    source_t none = {.n = 77};
    assert_int_equal(BPB(mapped_source)(mapped, COLS - 1, 2, &none), BPB_ERR_SIZE);
    assert_string_equal(bpb_error(), "first is 1299 and count is 2; the files have 1300 columns");
    assert_int_equal(BPB(mapped_source)(NULL, 0, 1, &none), BPB_ERR_NULL);
    assert_int_equal(BPB(mapped_source)(mapped, 0, 1, NULL), BPB_ERR_NULL);
    assert_true(none.n == 77);
    const source_t source = source_of(mapped, COLS - 2, 2);
    real x[2 * ROWS], t[2 * CLASSES];
    assert_int_equal(source.read(source.user, (const size_t[]){0, 1}, 2, x, t), 0);
    assert_int_equal(source.read(source.user, (const size_t[]){0, 2}, 2, x, t), BPB_ERR_SIZE);
    assert_int_equal(source.read(source.user, (const size_t[]){SIZE_MAX, 0}, 2, x, t),
                     BPB_ERR_SIZE);
    BPB(mapped_close)(&mapped);
}

/* ---- Trained on ---- */

enum { TRAINED = 1000 };

/* Bytes of any value and labels that follow from them. */
static void store_learnable(void)
{
    struct bytes bytes;
    struct rng rng = {8};
    unsigned char labels[COLS];
    put_idx(&bytes, 0x08, 2, (const size_t[]){COLS, ROWS});
    for (size_t j = 0; j < COLS; j++) {
        labels[j] = 0;
        for (size_t i = 0; i < ROWS; i++) {
            const uint64_t value = rng_between(&rng, 0, 3);
            labels[j] = (unsigned char)((labels[j] + value) % CLASSES);
            put_number(&bytes, value, 1, true);
        }
    }
    store(&bytes, "X");
    store_bytes("T", labels, COLS);
}

static net_t *make_classifier(void)
{
    static const size_t units[] = {ROWS, 96, 96, CLASSES}; /* enough for two threads */
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units,
                                                       .n_sizes = 4,
                                                       .hidden = BPB_TANH,
                                                       .output = BPB_SOFTMAX,
                                                       .loss = BPB_CROSS_ENTROPY,
                                                       .seed = 3}));
    return net;
}

static void assert_same_run(const net_t *got, const bpb_train_report *of_got, const net_t *want,
                            const bpb_train_report *of_want)
{
    const bpb_score *scores[2][2] = {{&of_got->last.train, &of_got->last.validation},
                                     {&of_want->last.train, &of_want->last.validation}};
    assert_same_bits(BPB(net_parameters)(want), BPB(net_ctheta)(got), BPB(net_ctheta)(want));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scores[0][i]->columns, scores[1][i]->columns);
        assert_int_equal(scores[0][i]->correct, scores[1][i]->correct);
        assert_int_equal(scores[0][i]->has_accuracy, 1);
        assert_true(fabs(scores[0][i]->loss - scores[1][i]->loss) <=
                    256 * EPSILON * scores[1][i]->loss);
    }
}

/* The first part of the file to train on, the rest to validate: at once, and begun by two threads
 * and gone on with by one. */
static void check_training(size_t classes, const data_t *read, bpb_train_options options)
{
    mapped_t *mapped = opened(path_of("X"), path_of("T"), classes);
    const source_t head = source_of(mapped, 0, TRAINED),
                   tail = source_of(mapped, TRAINED, COLS - TRAINED);
    const data_t sources = {
        .train = {.source = &head, .T.kind = BPB_CLASSES},
        .validation = {.source = &tail, .T.kind = BPB_CLASSES},
    };
    net_t *want = make_classifier(), *got = make_classifier(), *cut = make_classifier();
    bpb_train_report of_want, of_got, of_cut;
    assert_ok(BPB(train)(want, read, &options, &of_want));
    assert_ok(BPB(train)(got, &sources, &options, &of_got));
    assert_same_run(got, &of_got, want, &of_want);
    options.checkpoint = (bpb_checkpoint){.path = path_of("run"), .resume = 1};
    options.threads = 2;
    options.epochs = 1;
    assert_ok(BPB(train)(cut, &sources, &options, NULL));
    BPB(net_destroy)(&cut);
    cut = make_classifier();
    options.threads = 1;
    options.epochs = 3;
    assert_ok(BPB(train)(cut, &sources, &options, &of_cut));
    assert_same_run(cut, &of_cut, want, &of_want);
    assert_int_equal(remove(path_of("run")), 0);
    BPB(net_destroy)(&want);
    BPB(net_destroy)(&got);
    BPB(net_destroy)(&cut);
    BPB(mapped_close)(&mapped);
}

static void mapped_source__is_trained_on_as_what_is_read(void **state)
{
    (void)state;
    store_learnable();
    out_t X = {0}, labels = {0};
    assert_ok(BPB(idx_read)(&X, path_of("X"), NULL));
    assert_ok(BPB(idx_read)(&labels, path_of("T"), NULL));
    real *one_hot = make_reals(CLASSES * COLS);
    const out_t T = BPB(samples_out)(one_hot, COLS, CLASSES);
    assert_ok(BPB(one_hot)(BPB(view_of)(labels), T, NULL));
    for (int i = 0; i < 4; i++) {
        const view_t inputs = BPB(view_of)(X);
        const targets_t targets = BPB(classes)(BPB(view_of)(i % 2 ? T : labels));
        const data_t read = {
            .train = {.X = BPB(columns)(inputs, 0, TRAINED),
                      .T = BPB(target_columns)(targets, 0, TRAINED)},
            .validation = {.X = BPB(columns)(inputs, TRAINED, COLS - TRAINED),
                           .T = BPB(target_columns)(targets, TRAINED, COLS - TRAINED)},
        };
        check_training(
            i % 2 ? CLASSES : 0, &read,
            (bpb_train_options){
                .eta = 0.1, .batch = 300, .epochs = 3, .method = i / 2 ? BPB_NESTEROV : BPB_SGD});
    }
    free(one_hot);
    bpb_free(labels.data);
    bpb_free(X.data);
}

static bpb_status status_of(const char *X_path, const char *T_path, size_t classes)
{
    mapped_t *mapped = (mapped_t *)&mapped;
    const bpb_status status = BPB(mapped_open)(&mapped, X_path, T_path, classes);
    assert_true(status <= 0);
    if (status)
        assert_ptr_equal(mapped, &mapped);
    else
        BPB(mapped_close)(&mapped);
    return status;
}

static void mapped_open__labels_that_are_none(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 511, 512, 1023, 1024, COLS - 1};
    for (size_t k = 0; k < COUNT(places); k++) {
        store_pair(places[k], CLASSES);
        assert_int_equal(status_of(path_of("X"), path_of("T"), CLASSES), BPB_ERR_LABEL);
        char sentence[160];
        snprintf(sentence, sizeof sentence,
                 "the label of sample %zu is %d; it must be a whole number of 0 to %d: ", places[k],
                 CLASSES, CLASSES - 1);
        assert_int_equal(strncmp(bpb_error(), sentence, strlen(sentence)), 0);
        assert_int_equal(status_of(path_of("X"), path_of("T"), CLASSES + 1), BPB_OK);
        assert_int_equal(status_of(path_of("X"), path_of("T"), 0), BPB_OK);
    }
    static const double bad[] = {0.5, -1, 2, NAN, INFINITY, 1e300};
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(bad); k++) {
        put_npy(&bytes, "<f8", false, "(2,)");
        put_number(&bytes, bits_of(1, 8), 8, false);
        put_number(&bytes, bits_of(bad[k], 8), 8, false);
        const char *path = store(&bytes, "T");
        assert_int_equal(status_of(path, path, 2), BPB_ERR_LABEL);
        assert_int_equal(status_of(path, path, 0), BPB_OK);
    }
}

static void mapped_open__files_that_do_not_fit(void **state)
{
    (void)state;
    struct bytes bytes = {.n = 0};
    store_pair(0, 0);
    const char *X_path = path_of("X"), *T_path = path_of("T");
    const char *short_path = store_bytes("short", bytes.at, COLS - 1);
    assert_int_equal(status_of(X_path, short_path, 0), BPB_ERR_SHAPE);
    assert_int_equal(status_of(short_path, T_path, 0), BPB_ERR_SHAPE);
    assert_string_equal(bpb_error(), "the file of X has 1299 samples, the file of T has 1300");
    assert_int_equal(status_of(T_path, X_path, CLASSES), BPB_ERR_SHAPE);
    assert_int_equal(status_of(T_path, X_path, 0), BPB_OK);
    assert_int_equal(status_of(X_path, T_path, (size_t)1 << 31), BPB_ERR_SIZE);
    assert_int_equal(BPB(mapped_open)(NULL, X_path, T_path, 0), BPB_ERR_NULL);
    assert_int_equal(status_of(NULL, T_path, 0), BPB_ERR_NULL);
    assert_int_equal(status_of(X_path, NULL, 0), BPB_ERR_NULL);
    mapped_t *none = NULL;
    BPB(mapped_close)(&none);
    BPB(mapped_close)(NULL);
}

/* ---- Hostile files ---- */

/* What the reader says of a file, the mapped one says as inputs and as targets; but of the values
 * it knows nothing. */
static bpb_status same_status(const struct bytes *bytes, reader *read)
{
    static const unsigned char zeros[3];
    out_t X = {0};
    const char *path = store(bytes, "X");
    const bpb_status status = read(&X, path, NULL);
    bpb_free(X.data);
    const bpb_status got = status_of(path, path, 0);
    if (status == BPB_ERR_RANGE)
        assert_true(got == BPB_OK || got == BPB_ERR_FORMAT || got == BPB_ERR_TRUNCATED);
    else if (got != (status < 0 ? status : BPB_OK))
        fail_msg("%d where the reader has %d", got, status);
    const bpb_status as_targets = status_of(store_bytes("T", zeros, 3), path, 0);
    assert_true(as_targets == (got ? got : BPB_OK) || (!got && as_targets == BPB_ERR_SHAPE));
    return got;
}

static void make_example(struct bytes *bytes, int kind)
{
    static const size_t extent[] = {3, 2};
    if (kind == 0)
        put_idx(bytes, 0x0B, 2, extent);
    else
        put_npy(bytes, "<i2", kind == 2, "(3, 2)");
    for (unsigned k = 0; k < 6; k++)
        put_number(bytes, k, 2, false);
}

static reader *reader_of(int kind)
{
    return kind == 0 ? BPB(idx_read) : BPB(npy_read);
}

static void mapped_open__cut_anywhere_and_too_long(void **state)
{
    (void)state;
    struct bytes bytes;
    for (int kind = 0; kind < 3; kind++) {
        make_example(&bytes, kind);
        const size_t whole = bytes.n;
        assert_int_equal(same_status(&bytes, reader_of(kind)), BPB_OK);
        for (bytes.n = 0; bytes.n < whole; bytes.n++)
            assert_int_equal(same_status(&bytes, reader_of(kind)), BPB_ERR_TRUNCATED);
        bytes.n = whole;
        put(&bytes, "x", 1);
        assert_int_equal(same_status(&bytes, reader_of(kind)), BPB_ERR_FORMAT);
    }
}

/* Of the magic numbers, which tell the two apart and what is in gzip, not all bits. */
static void mapped_open__every_bit_flipped(void **state)
{
    (void)state;
    struct bytes bytes;
    size_t good = 0;
    for (int kind = 0; kind < 3; kind++) {
        make_example(&bytes, kind);
        for (size_t k = 8; k < 8 * bytes.elements; k++) {
            bytes.at[k / 8] ^= (unsigned char)(1 << k % 8);
            good += same_status(&bytes, reader_of(kind)) == BPB_OK;
            bytes.at[k / 8] ^= (unsigned char)(1 << k % 8);
        }
    }
    assert_true(good > 0 && good < 20);
}

static void mapped_open__random_bytes(void **state)
{
    (void)state;
    static const unsigned char mask[12] = {0, 0, 7, 1, 0, 0, 0, 7, 0, 0, 0, 7};
    uint64_t seed = 8;
    size_t good = 0;
    struct bytes bytes;
    for (int run = 0; run < 2000; run++) {
        bytes.n = bpb_random_bits(&seed) % 40;
        for (size_t k = 0; k < 40; k++)
            bytes.at[k] = (unsigned char)bpb_random_bits(&seed);
        for (size_t k = 0; k < 12; k++)
            bytes.at[k] &= run % 3 ? mask[k] : 0xff;
        bytes.at[2] |= 8;
        bytes.at[0] = bytes.at[0] == 0x93 ? 0 : bytes.at[0];
        good += same_status(&bytes, BPB(idx_read)) == BPB_OK;
    }
    assert_true(good > 0);
}

static void mapped_open__lying_headers(void **state)
{
    (void)state;
    static const size_t extents[][4] = {
        {0xffffffff, 1}, {0xffffffff, 0xffffffff, 0xffffffff}, {0, 1}, {1, 0},
        {0x80000000, 0x80000000, 4}, {0x10000, 0x10000, 0x10000, 0x10000},
        {1u << 31, 1u << 30}, {0xffffffff, 0xffffffff},
    };
    static const char *const shapes_of_npy[] = {
        "(0,)", "(3, 0)", "(18446744073709551615,)", "(4294967296, 4294967296)",
        "(18446744073709551618,)", "(1152921504606846975,)", "(1152921504606846976,)",
        "(1099511627776,)", "()",
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(extents); k++) {
        put_idx(&bytes, k % 2 ? 0x08 : 0x0E, k < 2 || k == 3 ? 2 : 4, extents[k]);
        put(&bytes, "12345678", 8);
        assert_true(same_status(&bytes, BPB(idx_read)) < 0);
    }
    for (size_t k = 0; k < 2 * COUNT(shapes_of_npy); k++) {
        put_npy(&bytes, k % 2 ? "|u1" : "<f8", k % 3 == 0, shapes_of_npy[k / 2]);
        put(&bytes, "12345678", 8);
        assert_true(same_status(&bytes, BPB(npy_read)) < 0);
    }
}

/* Told by content, whatever the name; compressed or of another kind it is refused. */
static void mapped_open__other_files(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        bpb_status status;
    } files[] = {
        {"\x1f\x8b\b\0\0\0\0\0\0\3", 10, BPB_ERR_UNSUPPORTED}, {"\x1f\x8b", 2, BPB_ERR_UNSUPPORTED},
        {"1,2,3\n", 6, BPB_ERR_FORMAT}, {"\x93NUMPX\1\0", 8, BPB_ERR_FORMAT},
        {"PK\3\4", 4, BPB_ERR_FORMAT},  {"\0\1\b\1\0\0\0\1x", 9, BPB_ERR_FORMAT},
        {"\0\0\7\1\0\0\0\1x", 9, BPB_ERR_FORMAT}, {"\0\0\b\0\0\0\0\1x", 9, BPB_ERR_FORMAT},
        {"\x93NUMPY\4\0\0\0", 10, BPB_ERR_VERSION}, {"", 0, BPB_ERR_TRUNCATED},
    };
    for (size_t k = 0; k < COUNT(files); k++) {
        write_file(path_of("X"), files[k].bytes, files[k].n);
        assert_int_equal(status_of(path_of("X"), path_of("X"), 0), files[k].status);
    }
}

static void mapped_open__no_such_file(void **state)
{
    (void)state;
    static const unsigned char one[1];
    const char *good = store_bytes("good", one, 1);
    errno = 0;
    assert_int_equal(status_of(good, path_of("none"), 0), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(status_of(folder, good, 0), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(status_of(good, path_of("pipe"), 0), BPB_ERR_IO);
    assert_int_equal(errno, EINVAL);
}

/* ---- What changes under it ---- */

/* A new file of the name is another; what is written into the old one is seen, and looked at. */
static void mapped__files_that_change(void **state)
{
    (void)state;
    static const size_t index[1] = {1};
    real x[ROWS], t[CLASSES];
    store_pair(0, 0);
    mapped_t *mapped = opened(path_of("X"), path_of("T"), CLASSES);
    const source_t source = source_of(mapped, 0, COLS);
    write_file(path_of("X"), "", 0); /* of the same name, the old one removed */
    assert_int_equal(source.read(source.user, index, 1, x, t), 0);
    assert_true(x[0] == ROWS && t[0] == 0 && t[1] == 1);
    FILE *file = fopen(path_of("T"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 8 + 1, SEEK_SET), 0);
    assert_int_equal(fputc(CLASSES, file), CLASSES);
    assert_int_equal(fclose(file), 0);
    t[1] = 77;
    const int status = source.read(source.user, index, 1, x, t);
    assert_true(status == BPB_ERR_LABEL || (status == 0 && t[1] == 1)); /* POSIX leaves it open */
    BPB(mapped_close)(&mapped);
}

/* ---- Values, and the surroundings ---- */

static void mapped__double_beyond_float(void **state)
{
    (void)state;
    static const double values[] = {1, 3.5e38, INFINITY, NAN};
    struct bytes bytes;
    real x[1];
    for (int is_fortran = 0; is_fortran < 2; is_fortran++) {
        put_npy(&bytes, "<f8", is_fortran, "(4,)");
        for (size_t k = 0; k < COUNT(values); k++)
            put_number(&bytes, bits_of(values[k], 8), 8, false);
        mapped_t *mapped = opened(store(&bytes, "X"), path_of("X"), 0);
        const source_t source = source_of(mapped, 0, 4);
        for (size_t k = 0; k < COUNT(values); k++) {
            const int wanted = k == 1 ? BPB_SELECT(0, BPB_ERR_RANGE) : 0;
            assert_int_equal(source.read(source.user, &k, 1, x, NULL), wanted);
            assert_int_equal(source.read(source.user, &k, 1, NULL, x), wanted);
            assert_true(wanted || (isnan(values[k]) ? isnan(x[0]) : x[0] == (real)values[k]));
        }
        BPB(mapped_close)(&mapped);
    }
}

static void mapped__traps_set(void **state)
{
    (void)state;
    struct bytes bytes;
    real x[3];
    put_npy(&bytes, "<f8", false, "(3,)");
    put_number(&bytes, bits_of(0.1, 8), 8, false);
    put_number(&bytes, bits_of(1e-310, 8), 8, false);
    put_number(&bytes, 0x7ff4000000000001, 8, false); /* a signalling NaN */
    const char *path = store(&bytes, "X");
    if (!set_traps(1)) {
        clear_traps();
        skip();
    }
    mapped_t *mapped = NULL;
    const bpb_status labels = BPB(mapped_open)(&mapped, path, path, 2);
    const bpb_status status = BPB(mapped_open)(&mapped, path, path, 0);
    const source_t source = source_of(mapped, 0, 3);
    const int got = source.read(source.user, (const size_t[]){0, 1, 2}, 3, x, NULL);
    assert_true(clear_traps());
    assert_int_equal(labels, BPB_ERR_LABEL);
    assert_ok(status);
    assert_int_equal(got, 0);
    assert_true(x[0] == RC(0.1) && isnan(x[2]));
    BPB(mapped_close)(&mapped);
}

/* Reads all columns, some at a time; how many were wrong, in its sum. */
struct reading {
    source_t source;
    size_t wrong;
};

static void *read_all(void *argument)
{
    struct reading *reading = argument;
    const source_t source = reading->source;
    real x[5 * ROWS], t[5 * CLASSES];
    for (size_t j = 0; j + 5 <= source.n; j++) {
        const size_t index[5] = {j, j + 4, source.n - 1 - j, 0, j + 1};
        reading->wrong += source.read(source.user, index, 5, x, t) != 0;
        for (size_t k = 0; k < 5; k++)
            reading->wrong += x[k * ROWS + 2] != (real)(index[k] * ROWS + 2) ||
                              t[k * CLASSES + index[k] % CLASSES] != 1;
    }
    return NULL;
}

static void mapped__several_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct reading readings[THREADS];
    store_pair(0, 0);
    mapped_t *mapped = opened(path_of("X"), path_of("T"), CLASSES);
    for (size_t k = 0; k < THREADS; k++)
        readings[k] = (struct reading){source_of(mapped, 0, COLS - k), 0};
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, read_all, &readings[k]), 0);
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_join(threads[k], NULL), 0);
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(readings[k].wrong, 0);
    BPB(mapped_close)(&mapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapped__every_npy_type_shape_and_order),
        cmocka_unit_test(mapped__every_idx_type_and_shape),
        cmocka_unit_test(mapped__one_hot_and_class_indices),
        cmocka_unit_test(mapped_source__parts),
        cmocka_unit_test(mapped_source__out_of_range),
        cmocka_unit_test(mapped_source__is_trained_on_as_what_is_read),
        cmocka_unit_test(mapped_open__labels_that_are_none),
        cmocka_unit_test(mapped_open__files_that_do_not_fit),
        cmocka_unit_test(mapped_open__cut_anywhere_and_too_long),
        cmocka_unit_test(mapped_open__every_bit_flipped),
        cmocka_unit_test(mapped_open__random_bytes),
        cmocka_unit_test(mapped_open__lying_headers),
        cmocka_unit_test(mapped_open__other_files),
        cmocka_unit_test(mapped_open__no_such_file),
        cmocka_unit_test(mapped__files_that_change),
        cmocka_unit_test(mapped__double_beyond_float),
        cmocka_unit_test(mapped__traps_set),
        cmocka_unit_test(mapped__several_threads),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
