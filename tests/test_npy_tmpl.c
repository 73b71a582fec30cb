/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy files: what is read, to the bit, what is refused, what is written, and NumPy's own. */
#include <errno.h>
#include <sys/wait.h>

#include "support_tmpl.h"
#include "temporary_files.h"

/* ---- Files made by hand ---- */

enum { ROOM = 1 << 16 };

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

/* The lowest bytes of a number, this many. */
static void put_number(struct bytes *bytes, uint64_t number, size_t size, bool is_big)
{
    for (size_t k = 0; k < size; k++) {
        const unsigned char byte = (unsigned char)(number >> 8 * (is_big ? size - 1 - k : k));
        put(bytes, &byte, 1);
    }
}

/* All of the header, of a version major.minor, whose text is this. */
static void put_header(struct bytes *bytes, unsigned major, unsigned minor, const char *text)
{
    bytes->n = 0;
    put(bytes, "\x93NUMPY", 6);
    put_number(bytes, major, 1, false);
    put_number(bytes, minor, 1, false);
    put_number(bytes, strlen(text), major < 2 ? 2 : 4, false);
    put(bytes, text, strlen(text));
    bytes->elements = bytes->n;
}

static void put_array(struct bytes *bytes, const char *type, const char *order, const char *shape)
{
    char text[200];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }  \n", type,
             order, shape);
    put_header(bytes, 1, 0, text);
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

static const char *store(const struct bytes *bytes)
{
    const char *path = path_of("file.npy");
    write_file(path, bytes->at, bytes->n);
    return path;
}

/* ---- Reading them ---- */

static void expect_values(const char *path, size_t rows, size_t cols, const real *values)
{
    out_t X = {0};
    bpb_where where = {77, 78};
    assert_ok(BPB(npy_read)(&X, path, &where));
    assert_int_equal(X.rows, rows);
    assert_int_equal(X.cols, cols);
    assert_true(X.ld == X.rows && X.row_stride == 1 && !X.index && !X.row_index);
    assert_same_bits(rows * cols, X.data, values);
    assert_true(where.row == 77 && where.col == 78);
    bpb_free(X.data);
}

/* What comes of a file. On an error nothing is touched. */
static bpb_status status_of(const char *path)
{
    real value = 0;
    const out_t before = {.data = &value, .rows = 11, .cols = 12, .ld = 13, .row_stride = 14};
    out_t X = before;
    bpb_where where = {77, 78};
    const bpb_status status = BPB(npy_read)(&X, path, &where);
    if (status < 0)
        assert_memory_equal(&X, &before, sizeof X);
    else
        bpb_free(X.data);
    assert_true(status == BPB_NONFINITE || (where.row == 77 && where.col == 78));
    return status;
}

static void expect_status(const struct bytes *bytes, const char *what, bpb_status status)
{
    const bpb_status got = status_of(store(bytes));
    if (got != status)
        fail_msg("%s: \"%s\", not \"%s\"", what, bpb_strerror(got), bpb_strerror(status));
}

static void npy_read__says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t values; /* of 8 bytes, behind it */
        const char *sentence;
    } files[] = {
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", 2,
         "descr is '<c16'; bool, integers and floats of 4 or 8 bytes are read"},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", 1,
         "descr is that of records; one type of numbers is read"},
        {"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }", 1,
         "fortran_order is neither True nor False"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 0), }", 0,
         "axis 1 of shape has the extent 0"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 1,
         "shape is (), a single number without axes"},
        {"{'descr': '<f8', 'fortran_order': False, }", 1, "the NumPy header has no 'shape'"},
        {"{'descr': '<f8', 'colour': 1, }", 1, "the NumPy header has the unknown key 'colour'"},
        {"[1]", 1, "the NumPy header is no valid dictionary"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 1,
         "the file has 75 bytes; its NumPy header needs 83"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 3,
         "the file goes on behind the 83 bytes that its NumPy header needs"},
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(files); k++) {
        char whole[600];
        put_header(&bytes, 1, 0, files[k].text);
        for (size_t v = 0; v < files[k].values; v++)
            put_number(&bytes, 0, 8, false);
        const char *path = store(&bytes);
        snprintf(whole, sizeof whole, "%s: %.400s", files[k].sentence, path);
        assert_true(status_of(path) < 0);
        assert_string_equal(bpb_error(), whole);
    }
    put_header(&bytes, 4, 0, "");
    assert_int_equal(status_of(store(&bytes)), BPB_ERR_VERSION);
    assert_non_null(strstr(bpb_error(), "the NumPy format version is 4.0; 1.0 to 3.0 are read: "));
    if (sizeof(real) == sizeof(float)) {
        put_array(&bytes, "<f8", "False", "(1,)");
        put_number(&bytes, bits_of(1e300, 8), 8, false);
        assert_int_equal(status_of(store(&bytes)), BPB_ERR_RANGE);
        assert_non_null(strstr(bpb_error(), "the value 1e+300 is beyond float: "));
    }
}

/* ---- Elements ---- */

struct element {
    const char *type;
    size_t size;
    uint64_t bits;
    real value;
};

static const struct element elements[] = {
    {"b1", 1, 0, 0},
    {"b1", 1, 1, 1},
    {"b1", 1, 0x80, 1},
    {"i1", 1, 0x7f, 127},
    {"i1", 1, 0x80, -128},
    {"i1", 1, 0xff, -1},
    {"u1", 1, 0x80, 128},
    {"u1", 1, 0xff, 255},
    {"i2", 2, 0x1234, 0x1234},
    {"i2", 2, 0x8000, -32768},
    {"u2", 2, 0xff01, 0xff01},
    {"i4", 4, 0x123456, 0x123456},
    {"i4", 4, 0x80000000, RC(-0x1p31)},
    {"i4", 4, 0xffffffff, -1},
    {"u4", 4, 0x80000000, RC(0x1p31)},
    {"i8", 8, 0x123456, 0x123456},
    {"i8", 8, 0x8000000000000000, RC(-0x1p63)},
    {"i8", 8, 0xffffffffffffffff, -1},
    {"u8", 8, 0x8000000000000000, RC(0x1p63)},
    {"u8", 8, 0xffffffffffffffff, RC(0x1p64)},
    {"f4", 4, 0x3f9e0652, RC(0x1.3c0ca4p0)},
    {"f4", 4, 0x80000000, RC(-0.0)},
    {"f4", 4, 0x00000001, RC(0x1p-149)},
    {"f8", 8, 0x3fb999999999999a, RC(0.1)},
    {"f8", 8, 0x8000000000000000, RC(-0.0)},
    {"f8", 8, 0x0000000000000001, BPB_SELECT(0x1p-1074, 0)},
    {"f8", 8, 0x47efffffe0000000, RC(0x1.fffffep127)},
};

static void expect_element(const struct element *element)
{
    static const char orders[] = "<>|";
    struct bytes bytes;
    for (size_t k = 0; k < (element->size == 1 ? 3 : 2); k++) {
        const char type[] = {orders[k], element->type[0], element->type[1], 0};
        put_array(&bytes, type, "False", "(1,)");
        put_number(&bytes, element->bits, element->size, orders[k] == '>');
        expect_values(store(&bytes), 1, 1, &element->value);
    }
}

static void npy_read__every_type_and_byte_order(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(elements); k++)
        expect_element(&elements[k]);
}

/* Halfway between two floats and a little more, which a double does not hold. Not for valgrind,
 * which makes floats of long integers by way of doubles. */
static void npy_read__rounds_once(void **state)
{
    (void)state;
    static const struct element halfway[] = {
        {"i8", 8, 0x40000040000001, BPB_SELECT(0x1.000001p54, 0x1.000002p54f)},
        {"i8", 8, 0xffbfffffbfffffff, BPB_SELECT(-0x1.000001p54, -0x1.000002p54f)},
        {"u8", 8, 0x40000040000001, BPB_SELECT(0x1.000001p54, 0x1.000002p54f)},
    };
    volatile int64_t integer = 0x40000040000001;
    if ((float)integer != 0x1.000002p54f)
        skip();
    for (size_t k = 0; k < COUNT(halfway); k++)
        expect_element(&halfway[k]);
}

/* ---- Shapes ---- */

enum { MOST_AXES = 5 };
struct shape {
    size_t axes, extent[MOST_AXES];
};

static const struct shape shapes[] = {
    {1, {6}},       {1, {1}},       {2, {2, 3}},       {2, {3, 2}},           {2, {1, 5}},
    {2, {5, 1}},    {3, {2, 3, 4}}, {3, {4, 1, 3}},    {4, {3, 2, 1, 4}},     {2, {200, 3}},
    {3, {64, 2, 3}}, {3, {65, 3, 2}}, {2, {3, 200}},   {5, {2, 3, 2, 3, 2}},
};

static size_t count_of(const struct shape *shape)
{
    size_t count = 1;
    for (size_t k = 0; k < shape->axes; k++)
        count *= shape->extent[k];
    return count;
}

/* Where the entry that comes k-th with the last axis fastest comes with the first one fastest. */
static size_t fortran_place(const struct shape *shape, size_t k)
{
    size_t place = 0, inner = count_of(shape);
    for (size_t axis = shape->axes; axis-- > 0; k /= shape->extent[axis]) {
        inner /= shape->extent[axis];
        place += k % shape->extent[axis] * inner;
    }
    return place;
}

/* Entry k of X, in all of its orders, is k. */
static void put_counted(struct bytes *bytes, const struct shape *shape, bool is_fortran)
{
    char text[100] = "(";
    const size_t count = count_of(shape);
    for (size_t k = 0; k < shape->axes; k++)
        snprintf(text + strlen(text), 30, "%zu, ", shape->extent[k]);
    strcat(text, ")");
    put_array(bytes, "<u2", is_fortran ? "True" : "False", text);
    bytes->n += 2 * count;
    for (size_t k = 0; k < count; k++) {
        const size_t place = is_fortran ? fortran_place(shape, k) : k;
        bytes->at[bytes->elements + 2 * place] = (unsigned char)k;
        bytes->at[bytes->elements + 2 * place + 1] = (unsigned char)(k >> 8);
    }
}

static void npy_read__first_axis_counts_the_columns(void **state)
{
    (void)state;
    real values[1000];
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(values); k++)
        values[k] = (real)k;
    for (size_t k = 0; k < COUNT(shapes); k++) {
        for (int is_fortran = 0; is_fortran < 2; is_fortran++) {
            put_counted(&bytes, &shapes[k], is_fortran);
            expect_values(store(&bytes), count_of(&shapes[k]) / shapes[k].extent[0],
                          shapes[k].extent[0], values);
        }
    }
}

/* ---- Headers ---- */

#define DESCR "'descr': '|u1'"
#define ORDER "'fortran_order': False"
#define SHAPE "'shape': (2, 3)"

static void npy_read__every_spelling_of_a_header(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{" DESCR ", " ORDER ", " SHAPE ", }",
        "{" DESCR ", " ORDER ", " SHAPE "}",
        "{" SHAPE ", " DESCR ", " ORDER ", }",
        "{" ORDER "," SHAPE "," DESCR "}",
        "{'descr':'|u1','fortran_order':False,'shape':(2,3)}",
        "{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2, 3,), }",
        " { 'descr' : '|u1' ,\n'fortran_order'\t: False\r\n, 'shape' : ( 2 , 3 , ) , } \n",
        "{" DESCR ", " ORDER ", 'shape': (2L, 3L), }               \n",
    };
    struct bytes bytes;
    for (unsigned major = 1; major <= 3; major++) {
        for (size_t k = 0; k < COUNT(texts); k++) {
            put_header(&bytes, major, 0, texts[k]);
            put(&bytes, "\1\2\3\4\5\6", 6);
            expect_values(store(&bytes), 3, 2, (const real[]){1, 2, 3, 4, 5, 6});
        }
    }
}

static void npy_read__headers_of_no_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", " \n", "{", "}", "{}", "{,}",
        "{" DESCR ", " ORDER "}", "{" DESCR ", " SHAPE "}", "{" ORDER ", " SHAPE "}",
        "{" DESCR ", " ORDER ", " SHAPE, DESCR ", " ORDER ", " SHAPE "}",
        "{" DESCR ", " ORDER ", " SHAPE ",, }", "{" DESCR "  " ORDER ", " SHAPE "}",
        "{" DESCR ", " ORDER ", " SHAPE "} x", "{" DESCR ", " ORDER ", " SHAPE "}{}",
        "{" DESCR ", " ORDER ", " SHAPE ", " DESCR "}",
        "{" DESCR ", " ORDER ", " SHAPE ", 'a': 1}",
        "{" DESCR ", " ORDER ", " SHAPE ", 'shape ': (2, 3)}",
        "{descr: '|u1', " ORDER ", " SHAPE "}",
        "{'desc': '|u1', " ORDER ", " SHAPE "}", "{'descr' '|u1', " ORDER ", " SHAPE "}",
        "{'descr': |u1, " ORDER ", " SHAPE "}", "{'descr': '|u1",
        "{'descr\\': '|u1', " ORDER ", " SHAPE "}", "{'descr': None, " ORDER ", " SHAPE "}",
        "{" DESCR ", 'fortran_order': 0, " SHAPE "}",
        "{" DESCR ", 'fortran_order': false, " SHAPE "}",
        "{" DESCR ", 'fortran_order': 'False', " SHAPE "}",
        "{" DESCR ", 'fortran_order': Falsehood, " SHAPE "}",
        "{" DESCR ", 'fortran_order': , " SHAPE "}",
        "{" DESCR ", " ORDER ", 'shape': 6}", "{" DESCR ", " ORDER ", 'shape': (6)}",
        "{" DESCR ", " ORDER ", 'shape': [2, 3]}", "{" DESCR ", " ORDER ", 'shape': (2 3)}",
        "{" DESCR ", " ORDER ", 'shape': (,)}", "{" DESCR ", " ORDER ", 'shape': (2,, 3)}",
        "{" DESCR ", " ORDER ", 'shape': (2, 3}", "{" DESCR ", " ORDER ", 'shape': (-2, -3)}",
        "{" DESCR ", " ORDER ", 'shape': (2, +3)}", "{" DESCR ", " ORDER ", 'shape': (2, 3.0)}",
        "{" DESCR ", " ORDER ", 'shape': (2, 0x3)}", "{" DESCR ", " ORDER ", 'shape': (2, 03)}",
        "{" DESCR ", " ORDER ", 'shape': (2, '3')}", "{" DESCR ", " ORDER ", 'shape': (2, 3LL)}",
        "{" DESCR ", " ORDER ", 'shape': (2, True)}", "{" DESCR ", " ORDER ", 'shape': ((2, 3))}",
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(texts); k++) {
        put_header(&bytes, 1, 0, texts[k]);
        put(&bytes, "\1\2\3\4\5\6", 6);
        expect_status(&bytes, texts[k], BPB_ERR_FORMAT);
    }
    put_header(&bytes, 1, 0, "{" DESCR ", " ORDER ", " SHAPE "}        ");
    bytes.at[bytes.n - 4] = 0; /* a NUL is no blank */
    put(&bytes, "\1\2\3\4\5\6", 6);
    expect_status(&bytes, "NUL", BPB_ERR_FORMAT);
}

static void npy_read__types_that_are_no_numbers(void **state)
{
    (void)state;
    static const char *const types[] = {
        "'|O'", "'O'", "'|O8'", "'<U5'", "'|S3'", "'|V8'", "'<c8'", "'<c16'", "'<f2'", "'<f16'",
        "'<M8[ns]'", "'<m8'", "'<f3'", "'<i3'", "'<b4'", "'|f8'", "'|i2'", "'=f8'", "'f8'",
        "'float64'", "''", "'<'", "'<f'", "'<f88'", "' <f8'", "('<f4', (2,))",
        "[('x', '<f4'), ('y', '<f4')]",
    };
    char text[200];
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(types); k++) {
        snprintf(text, sizeof text, "{'descr': %s, " ORDER ", 'shape': (1,), }", types[k]);
        put_header(&bytes, 1, 0, text);
        put_number(&bytes, 0, 8, false);
        expect_status(&bytes, types[k], BPB_ERR_UNSUPPORTED);
    }
}

static void npy_read__other_versions(void **state)
{
    (void)state;
    static const struct {
        unsigned major, minor;
        bpb_status status;
    } versions[] = {{0, 0, BPB_ERR_FORMAT},  {0, 1, BPB_ERR_FORMAT},  {1, 1, BPB_ERR_VERSION},
                    {2, 1, BPB_ERR_VERSION}, {3, 1, BPB_ERR_VERSION}, {4, 0, BPB_ERR_VERSION},
                    {255, 255, BPB_ERR_VERSION}, {1, 0, BPB_OK}};
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(versions); k++) {
        put_header(&bytes, versions[k].major, versions[k].minor,
                   "{" DESCR ", " ORDER ", " SHAPE "}");
        put(&bytes, "\1\2\3\4\5\6", 6);
        expect_status(&bytes, "version", versions[k].status);
    }
}

static void npy_read__other_files(void **state)
{
    (void)state;
    static const char *const beginnings[] = {"\x93NUMPX", "\x92NUMPY", "PK\3\4", "\x1f\x8b\b",
                                             "1,2,3\n4,5,6\n", "NUMPY\1\0"};
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(beginnings); k++) {
        bytes.n = 0;
        put(&bytes, beginnings[k], strlen(beginnings[k]));
        expect_status(&bytes, beginnings[k], BPB_ERR_FORMAT);
    }
}

static void npy_read__sizes_zero_and_too_large(void **state)
{
    (void)state;
    static const struct {
        const char *type, *shape;
        bpb_status status;
    } arrays[] = {
        {"<f8", "(0,)", BPB_ERR_SIZE},
        {"<f8", "(0, 3)", BPB_ERR_SIZE},
        {"<f8", "(3, 0)", BPB_ERR_SIZE},
        {"<f8", "(0, 18446744073709551615, 18446744073709551615)", BPB_ERR_SIZE},
        {"|u1", "(18446744073709551615,)", BPB_ERR_SIZE},
        {"|u1", "(18446744073709551616,)", BPB_ERR_SIZE},
        {"|u1", "(18446744073709551618,)", BPB_ERR_SIZE}, /* these two are 2 if they wrap */
        {"|u1", "(92233720368547758082,)", BPB_ERR_SIZE},
        {"|u1", "(1, 99999999999999999999999999999999999999999)", BPB_ERR_SIZE},
        {"|u1", "(4294967296, 4294967296)", BPB_ERR_SIZE},
        {"|u1", "(3, 6148914691236517206)", BPB_ERR_SIZE}, /* too */
        {"<f8", "(1152921504606846976,)", BPB_ERR_SIZE},
        {"|u1", "(1152921504606846976,)", BPB_ERR_SIZE}, /* as doubles */
        {"<f8", "(1152921504606846975,)", BPB_ERR_TRUNCATED},
        {"|u1", "(1099511627776,)", BPB_ERR_TRUNCATED},
        {"|u1", "()", BPB_ERR_UNSUPPORTED},
    };
    struct bytes bytes;
    for (size_t k = 0; k < COUNT(arrays); k++) {
        for (int is_fortran = 0; is_fortran < 2; is_fortran++) {
            put_array(&bytes, arrays[k].type, is_fortran ? "True" : "False", arrays[k].shape);
            put(&bytes, "\0\0", 2);
            expect_status(&bytes, arrays[k].shape, arrays[k].status);
        }
    }
}

static void npy_read__64_axes_and_no_more(void **state)
{
    (void)state;
    struct bytes bytes;
    for (int axes = 64; axes <= 65; axes++) {
        char text[600] = "{" DESCR ", 'fortran_order': True, 'shape': (";
        for (int k = 0; k < axes; k++)
            strcat(text, k == 0 ? "2, " : k == 40 ? "3, " : "1, ");
        strcat(text, ")}");
        put_header(&bytes, 1, 0, text);
        put(&bytes, "\1\4\2\5\3\6", 6);
        if (axes == 64)
            expect_values(store(&bytes), 3, 2, (const real[]){1, 2, 3, 4, 5, 6});
        else
            expect_status(&bytes, "65 axes", BPB_ERR_UNSUPPORTED);
    }
}

/* ---- Damage ---- */

static void put_example(struct bytes *bytes, unsigned major)
{
    put_header(bytes, major, 0, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }   \n");
    for (unsigned k = 0; k < 6; k++)
        put_number(bytes, 1000 + k, 2, true);
}

static void npy_read__cut_anywhere_and_too_long(void **state)
{
    (void)state;
    struct bytes bytes;
    for (unsigned major = 1; major <= 3; major++) {
        put_example(&bytes, major);
        const size_t whole = bytes.n;
        expect_status(&bytes, "whole", BPB_OK);
        for (bytes.n = 0; bytes.n < whole; bytes.n++)
            expect_status(&bytes, "cut", BPB_ERR_TRUNCATED);
        bytes.n = whole;
        put(&bytes, "x", 1);
        expect_status(&bytes, "too long", BPB_ERR_FORMAT);
    }
}

/* A length that says less or more than the text has. */
static void npy_read__other_lengths_of_the_header(void **state)
{
    (void)state;
    struct bytes bytes;
    for (unsigned major = 1; major <= 3; major++) {
        put_example(&bytes, major);
        const size_t n = bytes.at[8];
        for (size_t k = 0; k < 256; k++) {
            bytes.at[8] = (unsigned char)k;
            const bpb_status status = status_of(store(&bytes));
            assert_true((k == n) == (status == BPB_OK));
            assert_true(status <= 0);
        }
    }
    put_example(&bytes, 2); /* over 65535 */
    bytes.at[10] = 1;
    expect_status(&bytes, "long header", BPB_ERR_UNSUPPORTED);
    bytes.at[10] = 0;
    bytes.at[11] = 0xff;
    expect_status(&bytes, "long header", BPB_ERR_UNSUPPORTED);
}

static void npy_read__every_bit_flipped(void **state)
{
    (void)state;
    struct bytes bytes;
    size_t read = 0;
    for (unsigned major = 1; major <= 3; major++) {
        put_example(&bytes, major);
        for (size_t k = 0; k < 8 * bytes.elements; k++) {
            bytes.at[k / 8] ^= (unsigned char)(1 << k % 8);
            const bpb_status status = status_of(store(&bytes));
            assert_true(status == BPB_OK || status == BPB_ERR_FORMAT || status == BPB_ERR_VERSION ||
                        status == BPB_ERR_TRUNCATED || status == BPB_ERR_UNSUPPORTED ||
                        status == BPB_ERR_SIZE);
            read += status == BPB_OK;
            bytes.at[k / 8] ^= (unsigned char)(1 << k % 8);
        }
    }
    assert_int_equal(read, 5); /* '>' is one bit from '<', and version 2 from 3 */
}

static void npy_read__random_text(void **state)
{
    (void)state;
    static const char alphabet[] = "{}()[]',,,:::  \"\\0123456789LTrueFalse<>|=biufO\n\t\x80\xff";
    uint64_t seed = 3;
    size_t read = 0;
    struct bytes bytes;
    for (int run = 0; run < 3000; run++) {
        put_example(&bytes, 1 + (unsigned)(run % 3));
        for (size_t k = 0; k <= (size_t)run % 4; k++) {
            const size_t header = bytes.elements - 12, place = bpb_random_bits(&seed) % header;
            bytes.at[12 + place] =
                (unsigned char)alphabet[bpb_random_bits(&seed) % sizeof alphabet];
        }
        const bpb_status status = status_of(store(&bytes));
        assert_true(status <= 0 && status != BPB_ERR_MEMORY && status != BPB_ERR_IO);
        read += status == BPB_OK;
    }
    assert_true(read > 5 && read < 1500); /* other blanks, a byte order, the same again */
}

/* ---- Values that are not finite, or too large ---- */

/* 3 x 4, with one such value at k of X and another at its end. */
static void put_odd(struct bytes *bytes, size_t size, bool is_fortran, size_t k, double odd)
{
    static const struct shape shape = {2, {4, 3}};
    put_array(bytes, size == 8 ? "<f8" : "<f4", is_fortran ? "True" : "False", "(4, 3)");
    for (size_t place = 0; place < 12; place++) {
        size_t i = 0;
        while (i < 12 && (is_fortran ? fortran_place(&shape, i) : i) != place)
            i++;
        put_number(bytes, bits_of(i == k || i == 11 ? odd : (double)i, size), size, false);
    }
}

static void npy_read__not_finite(void **state)
{
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    struct bytes bytes;
    for (size_t run = 0; run < 48; run++) {
        const size_t k = run % 12, size = run / 12 % 2 ? 4 : 8;
        out_t X = {0};
        bpb_where where = {77, 78};
        put_odd(&bytes, size, run >= 24, k, odd[run % 3]);
        const char *path = store(&bytes);
        assert_int_equal(BPB(npy_read)(&X, path, &where), BPB_NONFINITE);
        assert_true(where.row == k % 3 && where.col == k / 3 && X.rows == 3 && X.cols == 4);
        for (size_t i = 0; i < 12; i++)
            assert_true(i == k || i == 11 ? !isfinite(X.data[i]) : X.data[i] == (real)i);
        assert_true(isnan(odd[run % 3]) ? isnan(X.data[k]) : X.data[k] == (real)odd[run % 3]);
        bpb_free(X.data);
        assert_int_equal(BPB(npy_read)(&X, path, NULL), BPB_NONFINITE);
        bpb_free(X.data);
    }
}

static void npy_read__double_beyond_float(void **state)
{
    (void)state;
    static const double large[] = {3.5e38, -1e300, DBL_MAX};
    struct bytes bytes;
    for (size_t run = 0; run < 6; run++) {
        put_odd(&bytes, 8, run % 2, 5, large[run / 2]);
        expect_status(&bytes, "double", BPB_SELECT(BPB_OK, BPB_ERR_RANGE));
    }
}

static void npy_read__traps_set(void **state)
{
    (void)state;
    struct bytes bytes;
    out_t X = {0};
    put_array(&bytes, "<f8", "False", "(3,)");
    put_number(&bytes, bits_of(0.1, 8), 8, false);
    put_number(&bytes, bits_of(1e-310, 8), 8, false);
    put_number(&bytes, 0x7ff4000000000001, 8, false); /* a signalling NaN */
    const char *path = store(&bytes);
    if (!set_traps(1)) {
        clear_traps();
        skip();
    }
    const bpb_status status = BPB(npy_read)(&X, path, NULL);
    assert_true(clear_traps());
    assert_int_equal(status, BPB_NONFINITE);
    assert_true(X.data[0] == RC(0.1) && isnan(X.data[2]));
    bpb_free(X.data);
}

static void npy_read__no_such_file(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(status_of(path_of("none")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    errno = 0;
    assert_int_equal(status_of(folder), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
}

static void npy_read__null(void **state)
{
    (void)state;
    out_t X = {0};
    assert_int_equal(BPB(npy_read)(NULL, "file", NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(npy_read)(&X, NULL, NULL), BPB_ERR_NULL);
}

/* ---- Writing ---- */

static size_t read_back(const char *path, unsigned char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, room, file);
    fclose(file);
    return n;
}

static void npy_write__bytes_of_a_file(void **state)
{
    (void)state;
    static const real X[] = {1, 2, 3, 4, 5, RC(-0.5)};
    static const char text[] = "{'descr': '<f" BPB_SELECT("8", "4") "', 'fortran_order': False, "
                               "'shape': (2, 3), }";
    char padded[119];
    struct bytes expected, got;
    snprintf(padded, sizeof padded, "%-117s\n", text);
    put_header(&expected, 1, 0, padded);
    assert_int_equal(expected.n, 128);
    for (size_t k = 0; k < COUNT(X); k++)
        put_number(&expected, bits_of((double)X[k], sizeof(real)), sizeof(real), false);
    assert_ok(BPB(npy_write)(BPB(samples)(X, 2, 3), path_of("file.npy")));
    got.n = read_back(path_of("file.npy"), got.at, sizeof got.at);
    assert_int_equal(got.n, expected.n);
    assert_memory_equal(got.at, expected.at, got.n);
}

static void npy_write__any_view(void **state)
{
    (void)state;
    enum { ROWS = 3, COLS = 4 };
    static const size_t index[COLS] = {6, 0, 0, 3}, rows[ROWS] = {2, 0, 4};
    const view_t views[] = {
        {.rows = ROWS, .cols = COLS},
        {.rows = ROWS, .cols = COLS, .ld = 7},
        {.rows = ROWS, .cols = COLS, .row_stride = 2},
        {.rows = ROWS, .cols = COLS, .row_stride = COLS, .ld = 1},
        {.rows = ROWS, .cols = COLS, .ld = 5, .index = index},
        {.rows = ROWS, .cols = COLS, .ld = 5, .row_index = rows},
    };
    real data[64], expected[ROWS * COLS];
    for (size_t k = 0; k < COUNT(data); k++)
        data[k] = (real)k;
    for (size_t v = 0; v < COUNT(views); v++) {
        view_t X = views[v];
        X.data = data;
        const size_t step = X.row_stride ? X.row_stride : 1, ld = X.ld ? X.ld : ROWS * step;
        for (size_t k = 0; k < ROWS * COLS; k++)
            expected[k] = data[(X.row_index ? rows[k % ROWS] : k % ROWS) * step +
                               (X.index ? index[k / ROWS] : k / ROWS) * ld];
        assert_ok(BPB(npy_write)(X, path_of("file.npy")));
        expect_values(path_of("file.npy"), ROWS, COLS, expected);
    }
}

static void npy_write__gives_the_bits_back(void **state)
{
    (void)state;
    enum { ROWS = 37, COLS = 300 };
    struct rng rng = {4};
    out_t Y = {0};
    bpb_where where;
    real *X = make_reals(ROWS * COLS);
    for (size_t k = 0; k < ROWS * COLS; k++) {
        const uint64_t bits = rng_bits(&rng);
        memcpy(&X[k], &bits, sizeof *X);
        if (!isfinite(X[k]))
            X[k] = 0;
    }
    assert_ok(BPB(npy_write)(BPB(samples)(X, COLS, ROWS), path_of("file.npy")));
    expect_values(path_of("file.npy"), ROWS, COLS, X);
    X[5 * ROWS + 3] = (real)NAN;
    X[6 * ROWS + 3] = -(real)INFINITY;
    assert_ok(BPB(npy_write)(BPB(samples)(X, COLS, ROWS), path_of("file.npy")));
    assert_int_equal(BPB(npy_read)(&Y, path_of("file.npy"), &where), BPB_NONFINITE);
    assert_true(where.row == 3 && where.col == 5);
    assert_same_bits(ROWS * COLS, Y.data, X);
    bpb_free(Y.data);
    free(X);
}

static void npy_write__what_cannot_be(void **state)
{
    (void)state;
    static const size_t index[1] = {0};
    real x[4] = {1, 2, 3, 4};
    const char *path = path_of("new.npy");
    const struct {
        view_t X;
        bpb_status status;
    } views[] = {
        {{.rows = 2, .cols = 2}, BPB_ERR_NULL},
        {{.data = x, .cols = 2}, BPB_ERR_SHAPE},
        {{.data = x, .rows = 2}, BPB_ERR_SIZE},
        {{.data = x, .rows = 2, .cols = 2, .ld = 1}, BPB_ERR_STRIDE},
        {{.data = x, .rows = SIZE_MAX / 2, .cols = 4}, BPB_ERR_SIZE},
        {{.data = x, .rows = 2, .cols = SIZE_MAX / 4, .ld = 2, .index = index}, BPB_ERR_SIZE},
        {{.data = x, .rows = 4, .cols = SIZE_MAX / 4 + 2, .ld = 4, .index = index}, BPB_ERR_SIZE},
    };
    for (size_t k = 0; k < COUNT(views); k++)
        assert_int_equal(BPB(npy_write)(views[k].X, path), views[k].status);
    assert_int_equal(BPB(npy_write)(BPB(samples)(x, 2, 2), NULL), BPB_ERR_NULL);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(BPB(npy_write)(BPB(samples)(x, 2, 2), path_of("no/such.npy")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(BPB(npy_write)(BPB(samples)(x, 2, 2), folder), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
}

/* An older file is replaced at once, and nothing else is left beside it. */
static void npy_write__replaces_a_file(void **state)
{
    (void)state;
    static const real first[] = {1, 2, 3, 4}, second[] = {5};
    assert_int_not_equal(count_files(1), (size_t)-1);
    assert_ok(BPB(npy_write)(BPB(samples)(first, 1, 4), path_of("file.npy")));
    assert_ok(BPB(npy_write)(BPB(samples)(second, 1, 1), path_of("file.npy")));
    expect_values(path_of("file.npy"), 1, 1, second);
    assert_int_equal(count_files(0), 1);
}

/* ---- NumPy itself: check_npy.py ---- */

/* Run it with these words; false where there is no NumPy. */
static bool check_npy(const char *command, const char *path, const char *output)
{
    char line[10000];
    snprintf(line, sizeof line, "'%s' '%s' %s '%s' >'%s'", PYTHON, CHECK_NPY, command, path,
             output);
    const int status = system(line);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
    return WEXITSTATUS(status) == 0;
}

/* Entry k of X is k % modulus + offset. */
static void expect_counted(const char *path, size_t rows, size_t cols, size_t modulus,
                           double offset)
{
    real *values = make_reals(rows * cols);
    for (size_t k = 0; k < rows * cols; k++)
        values[k] = (real)((double)(k % modulus) + offset);
    expect_values(path, rows, cols, values);
    free(values);
}

static void npy_read__what_numpy_saves(void **state)
{
    (void)state;
    char name[100];
    unsigned rows, cols, modulus, read = 0, refused = 0;
    double offset;
    int status;
    if (!check_npy("write", folder, path_of("list")))
        skip();
    FILE *list = fopen(path_of("list"), "r");
    assert_non_null(list);
    while (fscanf(list, "%99s %d %u %u %u %lf", name, &status, &rows, &cols, &modulus, &offset) ==
           6) {
        if (status == BPB_OK)
            expect_counted(path_of(name), rows, cols, modulus, offset);
        else if (status_of(path_of(name)) != (bpb_status)status)
            fail_msg("%s: not %d", name, status);
        read += status == BPB_OK;
        refused += status != BPB_OK;
    }
    assert_true(feof(list) && read >= 200 && refused >= 8);
    fclose(list);
    count_files(1);
}

static void npy_write__what_numpy_loads(void **state)
{
    (void)state;
    enum { ROWS = 3, COLS = 5 };
    static const char expected[] = BPB_SELECT("<f8", "<f4") " (5, 3) C\n";
    char line[100];
    real X[ROWS * COLS];
    struct rng rng = {5};
    fill_uniform(&rng, ROWS * COLS, -1, 1, X);
    assert_ok(BPB(npy_write)(BPB(samples)(X, COLS, ROWS), path_of("file.npy")));
    if (!check_npy("read", path_of("file.npy"), path_of("list")))
        skip();
    FILE *list = fopen(path_of("list"), "r");
    assert_true(list && fgets(line, sizeof line, list));
    assert_string_equal(line, expected);
    for (size_t k = 0; k < ROWS * COLS; k++) { /* a[0][0], a[0][1], ... */
        assert_non_null(fgets(line, sizeof line, list));
        assert_true(strtod(line, NULL) == (double)X[k]);
    }
    assert_null(fgets(line, sizeof line, list));
    fclose(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_read__says_what_is_wrong),
        cmocka_unit_test(npy_read__every_type_and_byte_order),
        cmocka_unit_test(npy_read__rounds_once),
        cmocka_unit_test(npy_read__first_axis_counts_the_columns),
        cmocka_unit_test(npy_read__every_spelling_of_a_header),
        cmocka_unit_test(npy_read__headers_of_no_form),
        cmocka_unit_test(npy_read__types_that_are_no_numbers),
        cmocka_unit_test(npy_read__other_versions),
        cmocka_unit_test(npy_read__other_files),
        cmocka_unit_test(npy_read__sizes_zero_and_too_large),
        cmocka_unit_test(npy_read__64_axes_and_no_more),
        cmocka_unit_test(npy_read__cut_anywhere_and_too_long),
        cmocka_unit_test(npy_read__other_lengths_of_the_header),
        cmocka_unit_test(npy_read__every_bit_flipped),
        cmocka_unit_test(npy_read__random_text),
        cmocka_unit_test(npy_read__not_finite),
        cmocka_unit_test(npy_read__double_beyond_float),
        cmocka_unit_test(npy_read__traps_set),
        cmocka_unit_test(npy_read__no_such_file),
        cmocka_unit_test(npy_read__null),
        cmocka_unit_test(npy_write__bytes_of_a_file),
        cmocka_unit_test(npy_write__any_view),
        cmocka_unit_test(npy_write__gives_the_bits_back),
        cmocka_unit_test(npy_write__what_cannot_be),
        cmocka_unit_test(npy_write__replaces_a_file),
        cmocka_unit_test(npy_read__what_numpy_saves),
        cmocka_unit_test(npy_write__what_numpy_loads),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
