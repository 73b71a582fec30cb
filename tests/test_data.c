/* SPDX-License-Identifier: BSD-3-Clause */
/* IDX files and labels, in both precisions. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "bpblas.h"
#include "temporary_files.h"

#if HAVE_ZLIB
#include <zlib.h>
#endif

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- Writing IDX files ---- */

enum { U8 = 0x08, S8 = 0x09, S16 = 0x0B, S32 = 0x0C, F32 = 0x0D, F64 = 0x0E };

/* A file in memory. */
struct bytes {
    unsigned char at[200000];
    size_t n;
};

static void put(struct bytes *bytes, uint64_t value, size_t size)
{
    assert_true(bytes->n + size <= sizeof bytes->at);
    for (size_t k = size; k-- > 0;)
        bytes->at[bytes->n++] = (unsigned char)(value >> 8 * k);
}

static void put_header(struct bytes *bytes, int type, size_t n, const uint32_t *dimensions)
{
    bytes->n = 0;
    put(bytes, (uint64_t)type, 3);
    put(bytes, n, 1);
    for (size_t k = 0; k < n; k++)
        put(bytes, dimensions[k], 4);
}

static void put_element(struct bytes *bytes, int type, double value)
{
    uint64_t bits64;
    uint32_t bits32;
    const float narrow = (float)value;
    memcpy(&bits64, &value, sizeof value);
    memcpy(&bits32, &narrow, sizeof narrow);
    switch (type) {
    case F32:
        put(bytes, bits32, 4);
        break;
    case F64:
        put(bytes, bits64, 8);
        break;
    default:
        put(bytes, (uint64_t)(int64_t)value, type == S32 ? 4 : type == S16 ? 2 : 1);
    }
}

/* A vector of these values. */
static void make_vector(struct bytes *bytes, int type, const double *values, uint32_t n)
{
    put_header(bytes, type, 1, &n);
    for (uint32_t k = 0; k < n; k++)
        put_element(bytes, type, values[k]);
}

#if HAVE_ZLIB
static void compress_bytes(const struct bytes *plain, struct bytes *packed)
{
    z_stream stream = {.next_in = (unsigned char *)plain->at,
                       .avail_in = (unsigned)plain->n,
                       .next_out = packed->at,
                       .avail_out = sizeof packed->at};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed->n = stream.total_out;
    deflateEnd(&stream);
}
#endif

/* ---- Reading them, in both precisions ---- */

static const char *store(const struct bytes *bytes)
{
    const char *path = path_of("file.idx");
    write_file(path, bytes->at, bytes->n);
    return path;
}

static int same(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

/* Read in both precisions: the float matrix must be the double one, rounded. */
static bpb_out read_both(const char *path)
{
    bpb_out X = {0};
    bpbf_out S = {0};
    assert_int_equal(bpb_idx_read(&X, path, NULL), BPB_OK);
    assert_int_equal(bpbf_idx_read(&S, path, NULL), BPB_OK);
    assert_non_null(X.data);
    assert_int_equal(S.rows, X.rows);
    assert_int_equal(S.cols, X.cols);
    assert_true(X.ld == X.rows && X.row_stride == 1 && !X.index && S.ld == S.rows && !S.index);
    for (size_t k = 0; k < X.rows * X.cols; k++)
        assert_true(same((double)S.data[k], (double)(float)X.data[k]));
    bpb_free(S.data);
    return X;
}

/* The status of both precisions, which is the same; what is not read is not touched. */
static int status_of(const char *path)
{
    double d = 0;
    float s = 0;
    const bpb_out X_before = {.data = &d, .rows = 11, .cols = 12, .ld = 13, .row_stride = 14};
    const bpbf_out S_before = {.data = &s, .rows = 11, .cols = 12, .ld = 13, .row_stride = 14};
    bpb_out X = X_before;
    bpbf_out S = S_before;
    bpb_where where = {77, 78}, s_where = {77, 78};
    const int status = bpb_idx_read(&X, path, &where);
    assert_int_equal(bpbf_idx_read(&S, path, &s_where), status);
    if (status < 0) {
        assert_memory_equal(&X, &X_before, sizeof X);
        assert_memory_equal(&S, &S_before, sizeof S);
    } else {
        assert_true(X.rows * X.cols > 0 && S.rows == X.rows && S.cols == X.cols);
        bpb_free(X.data);
        bpb_free(S.data);
    }
    if (status != BPB_NONFINITE)
        assert_true(where.row == 77 && where.col == 78 && s_where.row == 77);
    return status;
}

static void expect_values(const char *path, const double *values, size_t rows, size_t cols)
{
    bpb_out X = read_both(path);
    assert_int_equal(X.rows, rows);
    assert_int_equal(X.cols, cols);
    for (size_t k = 0; k < rows * cols; k++)
        assert_true(same(X.data[k], values[k]));
    bpb_free(X.data);
}

static const struct {
    int type;
    size_t n;
    double values[8];
} samples[] = {
    {U8, 6, {0, 1, 127, 128, 254, 255}},
    {S8, 6, {0, 1, -1, 127, -128, -2}},
    {S16, 6, {0, 258, -2, 32767, -32768, 255}},
    {S32, 7, {0, 66051, -2, 2147483647, -2147483648.0, 16777217, -65536}},
    {F32, 8, {0, -0.0, 1.5, -2.25, FLT_MAX, -FLT_MAX, FLT_MIN, 1.401298464324817e-45}},
    {F64, 8, {0, -0.0, 3.141592653589793, -2.25, FLT_MAX, -FLT_MAX, DBL_MIN, 1e-320}},
};

static void idx_read__every_type(void **state)
{
    (void)state;
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(samples); k++) {
        make_vector(&bytes, samples[k].type, samples[k].values, (uint32_t)samples[k].n);
        expect_values(store(&bytes), samples[k].values, 1, samples[k].n);
    }
}

static void idx_read__every_type_in_gzip(void **state)
{
    (void)state;
#if HAVE_ZLIB
    struct bytes plain, packed;
    for (size_t k = 0; k < COUNT(samples); k++) {
        make_vector(&plain, samples[k].type, samples[k].values, (uint32_t)samples[k].n);
        compress_bytes(&plain, &packed);
        expect_values(store(&packed), samples[k].values, 1, samples[k].n);
    }
#else
    skip();
#endif
}

static void idx_read__gzip_without_zlib(void **state)
{
    (void)state;
#if HAVE_ZLIB
    skip();
#else
    static const unsigned char start[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x63, 0x60};
    struct bytes bytes = {.n = sizeof start};
    memcpy(bytes.at, start, sizeof start);
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_UNSUPPORTED);
#endif
}

static void idx_read__one_to_four_dimensions(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint32_t dimensions[4];
        size_t rows, cols;
    } cases[] = {
        {1, {24}, 1, 24},
        {2, {6, 4}, 4, 6},
        {3, {4, 3, 2}, 6, 4},
        {4, {2, 3, 2, 2}, 12, 2},
    };
    double values[24];
    struct bytes bytes;
    for (int k = 0; k < 24; k++)
        values[k] = 10 * k + 1;
    for (size_t c = 0; c < COUNT(cases); c++) {
        put_header(&bytes, S16, cases[c].n, cases[c].dimensions);
        for (size_t k = 0; k < 24; k++)
            put_element(&bytes, S16, values[k]);
        expect_values(store(&bytes), values, cases[c].rows, cases[c].cols);
    }
}

static void idx_read__255_dimensions(void **state)
{
    (void)state;
    static const double values[] = {5, 6, 7, 8, 9, 10};
    uint32_t dimensions[255];
    struct bytes bytes;
    for (size_t k = 0; k < 255; k++)
        dimensions[k] = 1;
    dimensions[0] = 3;
    dimensions[254] = 2;
    put_header(&bytes, U8, 255, dimensions);
    for (size_t k = 0; k < 6; k++)
        put_element(&bytes, U8, values[k]);
    expect_values(store(&bytes), values, 2, 3);
}

/* Larger than any buffer on the way, and no multiple of one. */
static void idx_read__many_elements(void **state)
{
    (void)state;
    static const int types[] = {U8, S16, S32, F64};
    static double values[20011];
    struct bytes bytes;
    for (size_t t = 0; t < COUNT(types); t++) {
        for (uint32_t k = 0; k < COUNT(values); k++)
            values[k] = (k * 7919u) % 251;
        make_vector(&bytes, types[t], values, (uint32_t)COUNT(values));
        expect_values(store(&bytes), values, 1, COUNT(values));
#if HAVE_ZLIB
        struct bytes packed;
        compress_bytes(&bytes, &packed);
        assert_true(packed.n < bytes.n);
        expect_values(store(&packed), values, 1, COUNT(values));
#endif
    }
}

/* ---- Files that are not as they should be ---- */

static void make_small(struct bytes *bytes)
{
    static const uint32_t dimensions[] = {3, 2};
    static const double values[] = {1, -2, 3, -4, 500, -6};
    put_header(bytes, S16, 2, dimensions);
    for (size_t k = 0; k < COUNT(values); k++)
        put_element(bytes, S16, values[k]);
}

static void idx_read__cut_anywhere(void **state)
{
    (void)state;
    struct bytes bytes;
    make_small(&bytes);
    for (size_t whole = bytes.n, n = 0; n <= whole; n++) {
        bytes.n = n;
        assert_int_equal(status_of(store(&bytes)), n < whole ? BPB_ERR_TRUNCATED : BPB_OK);
    }
}

static void idx_read__gzip_cut_anywhere(void **state)
{
    (void)state;
#if HAVE_ZLIB
    struct bytes plain, packed;
    make_small(&plain);
    compress_bytes(&plain, &packed);
    for (size_t whole = packed.n, n = 0; n <= whole; n++) {
        packed.n = n;
        assert_int_equal(status_of(store(&packed)), n < whole ? BPB_ERR_TRUNCATED : BPB_OK);
    }
#else
    skip();
#endif
}

static void idx_read__bytes_after_the_elements(void **state)
{
    (void)state;
    struct bytes bytes;
    make_small(&bytes);
    put(&bytes, 0, 1);
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_FORMAT);
#if HAVE_ZLIB
    struct bytes packed;
    compress_bytes(&bytes, &packed);
    assert_int_equal(status_of(store(&packed)), BPB_ERR_FORMAT);
#endif
}

static void idx_read__gzip_with_a_bit_flipped(void **state)
{
    (void)state;
#if HAVE_ZLIB
    static const double values[] = {1, -2, 3, -4, 500, -6};
    size_t refused = 0;
    struct bytes plain, packed;
    make_small(&plain);
    compress_bytes(&plain, &packed);
    for (size_t bit = 0; bit < 8 * packed.n; bit++) {
        packed.at[bit / 8] ^= (unsigned char)(1 << bit % 8);
        const char *path = store(&packed);
        const int status = status_of(path);
        if (status == BPB_OK) /* the time of the file, and other things that do not matter */
            expect_values(path, values, 2, 3);
        else
            assert_true(status == BPB_ERR_FORMAT || status == BPB_ERR_TRUNCATED);
        refused += status != BPB_OK;
        packed.at[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_true(refused >= 8 * (packed.n - 10)); /* all but the header of gzip */
#else
    skip();
#endif
}

static void idx_read__bad_magic(void **state)
{
    (void)state;
    static const unsigned char magics[][4] = {
        {1, 0, U8, 1},   {0, 1, U8, 1}, {0, 0, 0, 1},     {0, 0, 0x0A, 1},  {0, 0, 0x0F, 1},
        {0, 0, 0x88, 1}, {0, 0, U8, 0}, {'P', 'K', 3, 4}, {0x1f, 0, U8, 1}, {0, 0x8b, U8, 1},
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(magics); k++) {
        static const double one = 1;
        make_vector(&bytes, U8, &one, 1);
        memcpy(bytes.at, magics[k], 4);
        assert_int_equal(status_of(store(&bytes)), BPB_ERR_FORMAT);
    }
}

static void idx_read__sizes_zero_and_too_large(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint32_t dimensions[5];
    } cases[] = {
        {1, {0}},
        {2, {0, 3}},
        {2, {3, 0}},
        {3, {0xffffffff, 0xffffffff, 0xffffffff}},
        {3, {0x80000000, 0x80000000, 4}}, /* 2^64 elements */
        {5, {65536, 65536, 65536, 65536, 1}},
        {2, {0x80000000, 0x40000000}}, /* 2^61: over PTRDIFF_MAX as reals */
        {3, {0xffffffff, 0xffffffff, 0}},
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(cases); k++) {
        put_header(&bytes, F64, cases[k].n, cases[k].dimensions);
        assert_int_equal(status_of(store(&bytes)), BPB_ERR_SIZE);
    }
}

/* 2^44 elements are announced: to believe that would be BPB_ERR_MEMORY. */
static void idx_read__lying_header(void **state)
{
    (void)state;
    static const uint32_t dimensions[] = {1u << 30, 1u << 14};
    struct bytes bytes;
    put_header(&bytes, U8, 2, dimensions);
    for (size_t k = 0; k < 100000; k++)
        put(&bytes, k & 0xff, 1);
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_TRUNCATED);
}

/* Random bytes, in most rounds behind a sound magic and small dimensions. */
static void make_random(struct bytes *bytes, uint64_t *random)
{
    bytes->n = bpb_random_bits(random) % 40;
    for (size_t k = 0; k < sizeof bytes->at && k < 40; k++)
        bytes->at[k] = (unsigned char)bpb_random_bits(random);
    if (bpb_random_bits(random) % 3 == 0)
        return;
    static const unsigned char mask[12] = {0, 0, 7, 1, 0, 0, 0, 7, 0, 0, 0, 7};
    for (size_t k = 0; k < 12; k++)
        bytes->at[k] &= mask[k];
    bytes->at[2] += U8;
    bytes->at[3] += 1;
}

static void idx_read__random_bytes(void **state)
{
    (void)state;
    uint64_t random = 1;
    size_t good = 0;
    struct bytes bytes;
    for (int round = 0; round < 3000; round++) {
        bpb_out X = {0};
        bpbf_out S = {0};
        make_random(&bytes, &random);
        const char *path = store(&bytes);
        const int status = bpb_idx_read(&X, path, NULL);
        const int s_status = bpbf_idx_read(&S, path, NULL);
        assert_true(s_status == status || s_status == BPB_ERR_RANGE);
        assert_true((status >= 0) == (X.data != NULL) && (s_status >= 0) == (S.data != NULL));
        good += status >= 0;
        bpb_free(X.data);
        bpb_free(S.data);
    }
    assert_true(good > 0); /* some lengths are right by chance */
}

static void expect_sentence(const char *sentence)
{
    const size_t n = strlen(sentence);
    if (strncmp(bpb_error(), sentence, n) != 0)
        fail_msg("%s, not %s", bpb_error(), sentence);
    assert_non_null(strstr(bpb_error() + n, ": "));
}

static void idx_read__says_what_is_wrong(void **state)
{
    (void)state;
    struct bytes bytes = {.n = 0};
    make_small(&bytes);
    bytes.n--;
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_TRUNCATED);
    char sentence[100];
    snprintf(sentence, sizeof sentence, "the file has %zu bytes; its IDX header needs %zu", bytes.n,
             bytes.n + 1);
    expect_sentence(sentence);
    bytes.n += 2;
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_FORMAT);
    expect_sentence("the file goes on behind the ");
    bytes.n -= 1;
    bytes.at[2] = 7;
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_FORMAT);
    expect_sentence("the IDX header has the unknown type 7");
    bytes.at[1] = 3;
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_FORMAT);
    expect_sentence("its first bytes are 0 and 3; those of an IDX file are 0 and 0");
    assert_int_equal(status_of(path_of("missing")), BPB_ERR_IO);
    expect_sentence("the file cannot be opened (no such file or directory)");
    assert_int_equal(status_of(folder), BPB_ERR_IO);
    expect_sentence("the file cannot be read (it is a directory)");
}

static void one_hot__says_what_is_wrong(void **state)
{
    (void)state;
    const double labels[] = {0, 2, 3};
    double T[9];
    assert_int_equal(bpb_one_hot(bpb_samples(labels, 3, 1), bpb_samples_out(T, 3, 3), NULL),
                     BPB_ERR_LABEL);
    assert_string_equal(bpb_error(), "label 2 is 3; it must be a whole number of 0 to 2, as T has "
                                     "3 rows");
    assert_int_equal(bpb_one_hot(bpb_samples(labels, 3, 1), bpb_samples_out(T, 2, 4), NULL),
                     BPB_ERR_SHAPE);
    assert_string_equal(bpb_error(), "T has 2 columns, labels has 3");
}

static void idx_read__no_such_file(void **state)
{
    (void)state;
    bpb_out X = {0};
    errno = 0;
    assert_int_equal(status_of(path_of("missing")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    errno = 0;
    assert_int_equal(status_of(folder), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(status_of(""), BPB_ERR_IO);
    assert_int_equal(bpb_idx_read(NULL, path_of("missing"), NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_idx_read(&X, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(bpbf_idx_read(NULL, path_of("missing"), NULL), BPB_ERR_NULL);
}

/* ---- Values that are not finite, or too large ---- */

static void idx_read__not_finite(void **state)
{
    (void)state;
    static const uint32_t dimensions[] = {3, 4};
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    for (int type = F32; type <= F64; type++) {
        for (size_t k = 0; k < 12; k++) {
            struct bytes bytes;
            bpb_out X;
            bpbf_out S;
            bpb_where where = {0}, s_where = {0};
            put_header(&bytes, type, 2, dimensions);
            for (size_t i = 0; i < 12; i++) /* one at k, another at the end */
                put_element(&bytes, type, i == k || i == 11 ? odd[i % 3] : (double)i);
            const char *path = store(&bytes);
            assert_int_equal(bpb_idx_read(&X, path, &where), BPB_NONFINITE);
            assert_int_equal(bpbf_idx_read(&S, path, &s_where), BPB_NONFINITE);
            assert_true(where.row == k % 4 && where.col == k / 4);
            assert_true(s_where.row == k % 4 && s_where.col == k / 4);
            assert_true(X.rows == 4 && X.cols == 3 && same(X.data[k], odd[k % 3]));
            assert_true(S.rows == 4 && S.cols == 3 && same((double)S.data[k], odd[k % 3]));
            bpb_free(X.data);
            bpb_free(S.data);
            assert_int_equal(status_of(path), BPB_NONFINITE);
        }
    }
}

static void idx_read__double_beyond_float(void **state)
{
    (void)state;
    static const double large[] = {3.5e38, -1e300, DBL_MAX};
    bpb_out X;
    bpbf_out S = {0};
    bpb_where where = {77, 78};
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(large); k++) {
        const double values[] = {INFINITY, 1, large[k]};
        make_vector(&bytes, F64, values, 3);
        const char *path = store(&bytes);
        assert_int_equal(bpbf_idx_read(&S, path, &where), BPB_ERR_RANGE);
        assert_true(!S.data && where.row == 77 && where.col == 78);
        assert_int_equal(bpb_idx_read(&X, path, NULL), BPB_NONFINITE);
        assert_true(X.data[2] == large[k]);
        bpb_free(X.data);
    }
}

/* Conversions round, underflow and meet signalling NaN: none of that may reach the caller. */
static void idx_read__traps_set(void **state)
{
    (void)state;
    if (!set_traps(1))
        skip();
    assert_true(clear_traps());
    static const double values[] = {0.1, 1e-300, 1e-42, 16777217, NAN};
    struct bytes bytes;
    bpbf_out S = {0};
    bpb_out X = {0};
    for (int type = S32; type <= F64; type++) {
        make_vector(&bytes, type, values, type == S32 ? 4 : 5);
        if (type != S32) /* NaN becomes a signalling one */
            bytes.at[bytes.n - (type == F32 ? 3 : 7)] = type == F32 ? 0xa0 : 0xf4;
        const char *path = store(&bytes);
        set_traps(1);
        const int s_status = bpbf_idx_read(&S, path, NULL);
        const int d_status = bpb_idx_read(&X, path, NULL);
        assert_true(clear_traps());
        assert_int_equal(s_status, type == S32 ? BPB_OK : BPB_NONFINITE);
        assert_int_equal(d_status, s_status);
        assert_true(type == S32 ? S.data[3] == 16777216.0f : isnan(S.data[4]));
        assert_true(type != F64 || S.data[0] == 0.1f);
        bpb_free(S.data);
        bpb_free(X.data);
    }
}

/* ---- Labels ---- */

enum { CLASSES = 4, COLUMNS = 5, ROOM = 64 };

/* T of both precisions, in the same places of 64 entries that were -7. */
static int one_hot_both(const double *labels, size_t n, size_t classes, bpb_out T, double *out,
                        bpb_where *where)
{
    float s_labels[ROOM], s_out[ROOM];
    bpb_where s_where = *where;
    for (size_t k = 0; k < ROOM; k++) {
        out[k] = -7;
        s_out[k] = -7;
        s_labels[k] = k < n ? (float)labels[k] : 0;
    }
    T.data = out;
    T.rows = classes;
    const bpbf_out S = {s_out, T.rows, T.cols, T.ld, T.row_stride, T.index, T.row_index, NULL};
    const int status = bpb_one_hot(bpb_samples(labels, n, 1), T, where);
    assert_int_equal(bpbf_one_hot(bpbf_samples(s_labels, n, 1), S, &s_where), status);
    assert_true(s_where.row == where->row && s_where.col == where->col);
    for (size_t k = 0; k < ROOM; k++)
        assert_true((double)s_out[k] == out[k]);
    return status;
}

static const double good_labels[COLUMNS] = {3, 0, -0.0, 2, 1};

static void expect_one_hot(bpb_out T)
{
    double out[ROOM];
    size_t written = 0;
    bpb_where where = {77, 78};
    T.cols = COLUMNS;
    assert_int_equal(one_hot_both(good_labels, COLUMNS, CLASSES, T, out, &where), BPB_OK);
    const size_t row_stride = T.row_stride ? T.row_stride : 1;
    const size_t ld = T.ld ? T.ld : CLASSES * row_stride;
    for (size_t j = 0; j < COLUMNS; j++)
        for (size_t i = 0; i < CLASSES; i++)
            assert_true(out[(T.row_index ? T.row_index[i] : i) * row_stride +
                            (T.index ? T.index[j] : j) * ld] == ((double)i == good_labels[j]));
    for (size_t k = 0; k < ROOM; k++)
        written += out[k] != -7;
    assert_int_equal(written, CLASSES * COLUMNS);
    assert_true(where.row == 77 && where.col == 78);
}

static void one_hot__any_view(void **state)
{
    (void)state;
    static const size_t index[COLUMNS] = {4, 0, 3, 1, 2}; /* of columns, or from 1 on of rows */
    expect_one_hot((bpb_out){.cols = COLUMNS});
    expect_one_hot((bpb_out){.ld = 7});
    expect_one_hot((bpb_out){.row_stride = 3});
    expect_one_hot((bpb_out){.ld = 1, .row_stride = 6});
    expect_one_hot((bpb_out){.ld = 5, .index = index});
    expect_one_hot((bpb_out){.ld = 9, .row_stride = 2, .row_index = index + 1});
}

static void one_hot__labels_chosen_by_index(void **state)
{
    (void)state;
    static const size_t index[3] = {2, 0, 2};
    static const double labels[] = {1, 99, 99, 99, 0};
    double T[6];
    const bpb_view chosen = {.data = labels, .rows = 1, .cols = 3, .ld = 2, .index = index};
    assert_int_equal(bpb_one_hot(chosen, bpb_samples_out(T, 3, 2), NULL), BPB_OK);
    static const double expected[] = {1, 0, 0, 1, 1, 0};
    assert_memory_equal(T, expected, sizeof T);
}

static void one_hot__labels_that_are_none(void **state)
{
    (void)state;
    static const double bad[] = {4, -1, 0.5, 2.9999, NAN, INFINITY, -INFINITY, 1e30, -1e-3};
    double out[ROOM];
    for (size_t k = 0; k < COUNT(bad); k++) {
        for (size_t j = 0; j < COLUMNS; j++) {
            double labels[COLUMNS];
            bpb_where where = {77, 78};
            memcpy(labels, good_labels, sizeof labels);
            labels[j] = labels[COLUMNS - 1] = bad[k];
            const bpb_out T = {.cols = COLUMNS};
            assert_int_equal(one_hot_both(labels, COLUMNS, CLASSES, T, out, &where), BPB_ERR_LABEL);
            assert_true(where.row == 0 && where.col == j);
            for (size_t i = 0; i < ROOM; i++)
                assert_true(out[i] == -7);
        }
    }
}

static void one_hot__traps_set(void **state)
{
    (void)state;
    if (!set_traps(1))
        skip();
    assert_true(clear_traps());
    double labels[] = {0, 1, NAN}, T[6] = {0};
    const bpb_view from = bpb_samples(labels, 3, 1);
    const bpb_out to = bpb_samples_out(T, 3, 2);
    set_traps(1);
    const int status = bpb_one_hot(from, to, NULL);
    assert_true(clear_traps());
    assert_int_equal(status, BPB_ERR_LABEL);
}

static void one_hot__views_that_do_not_fit(void **state)
{
    (void)state;
    double labels[4] = {0, 1, 0, 1}, T[8];
    float s_labels[4] = {0, 1, 0, 1}, S[8];
    const bpb_view good = bpb_samples(labels, 4, 1);
    const bpb_out to = bpb_samples_out(T, 4, 2);
    bpb_out other = to;
    bpb_view from = good;
    for (int k = 0; k < 8; k++)
        T[k] = -7;
    other.data = NULL;
    assert_int_equal(bpb_one_hot(good, other, NULL), BPB_ERR_NULL);
    other = to;
    other.cols = 3;
    assert_int_equal(bpb_one_hot(good, other, NULL), BPB_ERR_SHAPE);
    other = to;
    other.rows = 0;
    assert_int_equal(bpb_one_hot(good, other, NULL), BPB_ERR_SHAPE);
    other = to;
    other.cols = 0;
    assert_int_equal(bpb_one_hot(good, other, NULL), BPB_ERR_SIZE);
    other = to;
    other.ld = 1;
    assert_int_equal(bpb_one_hot(good, other, NULL), BPB_ERR_STRIDE);
    from.data = NULL;
    assert_int_equal(bpb_one_hot(from, to, NULL), BPB_ERR_NULL);
    from = good;
    from.rows = 2;
    assert_int_equal(bpb_one_hot(from, to, NULL), BPB_ERR_SHAPE);
    assert_int_equal(bpbf_one_hot(bpbf_samples(s_labels, 4, 1), bpbf_samples_out(S, 3, 2), NULL),
                     BPB_ERR_SHAPE);
    for (int k = 0; k < 8; k++)
        assert_true(T[k] == -7);
}

static void free__null(void **state)
{
    (void)state;
    bpb_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_read__says_what_is_wrong),
        cmocka_unit_test(one_hot__says_what_is_wrong),
        cmocka_unit_test(idx_read__every_type),
        cmocka_unit_test(idx_read__every_type_in_gzip),
        cmocka_unit_test(idx_read__gzip_without_zlib),
        cmocka_unit_test(idx_read__one_to_four_dimensions),
        cmocka_unit_test(idx_read__255_dimensions),
        cmocka_unit_test(idx_read__many_elements),
        cmocka_unit_test(idx_read__cut_anywhere),
        cmocka_unit_test(idx_read__gzip_cut_anywhere),
        cmocka_unit_test(idx_read__bytes_after_the_elements),
        cmocka_unit_test(idx_read__gzip_with_a_bit_flipped),
        cmocka_unit_test(idx_read__bad_magic),
        cmocka_unit_test(idx_read__sizes_zero_and_too_large),
        cmocka_unit_test(idx_read__lying_header),
        cmocka_unit_test(idx_read__random_bytes),
        cmocka_unit_test(idx_read__no_such_file),
        cmocka_unit_test(idx_read__not_finite),
        cmocka_unit_test(idx_read__double_beyond_float),
        cmocka_unit_test(idx_read__traps_set),
        cmocka_unit_test(one_hot__any_view),
        cmocka_unit_test(one_hot__labels_chosen_by_index),
        cmocka_unit_test(one_hot__labels_that_are_none),
        cmocka_unit_test(one_hot__traps_set),
        cmocka_unit_test(one_hot__views_that_do_not_fit),
        cmocka_unit_test(free__null),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
