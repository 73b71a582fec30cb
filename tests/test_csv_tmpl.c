/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of numbers: what is read, to the bit, and what is refused, and where. */
#include <errno.h>
#include <fenv.h>
#include <locale.h>

#include "support_tmpl.h"
#include "temporary_files.h"

#define SAME(text) {text, sizeof(text) - 1}

/* ---- Files ---- */

static const char *store(const char *text, size_t n)
{
    const char *path = path_of("file.csv");
    write_file(path, text, n);
    return path;
}

static void expect_values(const char *text, size_t n, size_t rows, size_t cols, const real *values)
{
    out_t X = {0};
    bpb_where where = {77, 78};
    assert_ok(BPB(csv_read)(&X, store(text, n), &where));
    assert_int_equal(X.rows, rows);
    assert_int_equal(X.cols, cols);
    assert_true(X.ld == X.rows && X.row_stride == 1 && !X.index && !X.row_index);
    assert_same_bits(rows * cols, X.data, values);
    assert_true(where.row == 77 && where.col == 78);
    bpb_free(X.data);
}

/* Nothing is touched but where, and that only where the status tells of an entry. */
static bpb_status refused(const char *path, bpb_where *where)
{
    real value = 0;
    const out_t before = {.data = &value, .rows = 11, .cols = 12, .ld = 13, .row_stride = 14};
    out_t X = before;
    *where = (bpb_where){77, 78};
    const bpb_status status = BPB(csv_read)(&X, path, where);
    assert_true(status < 0);
    assert_memory_equal(&X, &before, sizeof X);
    if (status != BPB_ERR_FORMAT && status != BPB_ERR_RANGE)
        assert_true(where->row == 77 && where->col == 78);
    bpb_where unwanted = *where;
    assert_int_equal(BPB(csv_read)(&X, path, NULL), status);
    assert_memory_equal(&unwanted, where, sizeof unwanted);
    return status;
}

static void expect_refused(const char *text, size_t n, bpb_status status, size_t row, size_t col)
{
    bpb_where where;
    if (refused(store(text, n), &where) != status || where.row != row || where.col != col)
        fail_msg("\"%s\": not %d at %zu, %zu", text, status, row, col);
}

/* ---- What is read ---- */

static void csv_read__rows_are_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } files[] = {
        SAME("1,2,3\n4,5,6\n"),
        SAME("1;2;3\n4;5;6\n"),
        SAME("1\t2\t3\n4\t5\t6\n"),
        SAME("1,2,3\n4,5,6"),
        SAME("1,2,3\r\n4,5,6\r\n"),
        SAME("\n\n  \r\n1,2,3\n\n4,5,6\n\n \n"),
        SAME("  1 , 2,3  \n 4,5 ,6 "),
        SAME("\xef\xbb\xbf" "1,2,3\n4,5,6\n"),
        SAME("x,y,z\n1,2,3\n4,5,6\n"),
        SAME("\xef\xbb\xbf" "x,y,z\n1,2,3\n4,5,6\n"),
        SAME("x\n1,2,3\n4,5,6\n"),
        SAME("\n \"x, m\";\"y, m\"\r\n\n1,2,3\n4,5,6\n"),
        SAME("1,2,height\n1,2,3\n4,5,6\n"),
        SAME("1,2,height\n1;2;3\n4;5;6\n"),
        SAME("# x y z\n1;2;3\n4;5;6\n"),
        SAME("\"1\",\"2\",\"3\"\r\n\"4\",\"5\",\"6\"\r\n"),
        SAME(" \"1\" ; 2;\"3\"\n4; \"5\" ;\"6\""),
        SAME("\"x, \"\"m\"\"\",\"y; m\",\"z\r\nm\"\r\n1,2,3\r\n4,5,6\r\n"),
        SAME("\xef\xbb\xbf\"x,1\";\"y\"\n1;2;3\n4;5;6\n"),
        SAME("\"1,2\",2,3\n1,2,3\n4,5,6\n"),
        SAME(",x,y\n1,2,3\n4,5,6\n"),
        SAME("\"\",\"x\",\"y\"\n\"1\",2,3\n\"4\",5,6\n"),
        SAME("x;y,z\n1,2,3\n4,5,6\n"),
        SAME("height 5\",\"a\" b,\"\"c\n1,2,3\n4,5,6\n"),
        SAME("1e999,x,y\n1,2,3\n4,5,6\n"),
    };
    for (size_t k = 0; k < COUNT(files); k++)
        expect_values(files[k].text, files[k].n, 3, 2, (const real[]){1, 2, 3, 4, 5, 6});
    expect_values("7", 1, 1, 1, (const real[]){7});
    expect_values("7\n8\n", 4, 1, 2, (const real[]){7, 8});
}

static void csv_read__every_form_of_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        real value;
    } numbers[] = {
        {"0", 0},
        {"-0", RC(-0.0)},
        {"+12", 12},
        {".5", RC(0.5)},
        {"5.", 5},
        {"-5.25e2", -525},
        {"1E+3", 1000},
        {"1e-3", RC(1e-3)},
        {"0.1", RC(0.1)},
        {"3.141592653589793238462643383279", RC(3.141592653589793238462643383279)},
        {"0.000000000000000000000000000000000000000000000000000001e+54", 1},
        {"340282346638528859811704183484516925440", BPB_SELECT(0x1.fffffep127, FLT_MAX)},
        {"1e-400", 0},
        {"-1e-400", RC(-0.0)},
    };
    for (size_t k = 0; k < COUNT(numbers); k++)
        expect_values(numbers[k].text, strlen(numbers[k].text), 1, 1, &numbers[k].value);
}

/* Half a unit in the last place of 1 and a little more: through double, float would be 1. */
static void csv_read__rounds_once(void **state)
{
    (void)state;
    static const char text[] = "1.0000000596046447753906250000000001";
    const real one = 1 + BPB_SELECT(DBL_EPSILON * 0x1p28, (float)FLT_EPSILON);
    expect_values(text, sizeof text - 1, 1, 1, &one);
}

static void csv_read__subnormals(void **state)
{
    (void)state;
    static const char text[] = BPB_SELECT("4.9406564584124654e-324", "1.401298464324817e-45");
    const real least = BPB_SELECT(0x1p-1074, 0x1p-149f);
    expect_values(text, sizeof text - 1, 1, 1, &least);
}

/* Digits that give a real back do so. */
static void csv_read__random_numbers(void **state)
{
    (void)state;
    enum { ROWS = 7, COLS = 300 };
    struct rng rng = {1};
    real *values = make_reals(ROWS * COLS);
    static char text[ROWS * COLS * 32];
    size_t n = 0;
    for (size_t k = 0; k < ROWS * COLS; k++) {
        const double exponent = rng_uniform(&rng, BPB_SELECT(-300, -37), BPB_SELECT(300, 37));
        values[k] = (real)(rng_uniform(&rng, -1, 1) * pow(10, exponent));
        n += (size_t)snprintf(text + n, 32, "%.*g%c", BPB_SELECT(17, 9), (double)values[k],
                              (k + 1) % ROWS ? ';' : '\n');
    }
    expect_values(text, n, ROWS, COLS, values);
    free(values);
}

static void csv_read__not_finite(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1,2\n3,nan\n-inf,5\n", "1,2\n3,NaN\n-Infinity,5\n", "a,b\n1,2\n3,-nan\n-INF,5\n"};
    for (size_t k = 0; k < COUNT(texts); k++) {
        out_t X = {0};
        bpb_where where = {77, 78};
        const char *path = store(texts[k], strlen(texts[k]));
        assert_int_equal(BPB(csv_read)(&X, path, &where), BPB_NONFINITE);
        assert_true(where.row == 1 && where.col == 1 && X.rows == 2 && X.cols == 3);
        assert_true(X.data[0] == 1 && X.data[2] == 3 && X.data[5] == 5);
        assert_true(isnan(X.data[3]) && isinf(X.data[4]) && X.data[4] < 0);
        bpb_free(X.data);
        assert_int_equal(BPB(csv_read)(&X, path, NULL), BPB_NONFINITE);
        bpb_free(X.data);
    }
}

/* ---- What is refused ---- */

static void csv_read__no_number(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "x",     "0x10",   "0x1p3", "1e",  "1e+",    "e5",  ".",     "+",     "-",      "--1",
        "1-2",
        "1.2.3", "1 2",    "1d3",   "1_0", "nan(1)", "in",  "infin", "1,",    ",1",     "\"1\"2",
        "'1'",   "\"\"",   "\" 1\"", "\"1,2\"", "\"1\"\"2\"", "\"1\" 2", "1\"2\"", "\"",
        "\"1",    "1\r2",   "",      " ",   "NA",     "1.f", "1l",    "\302\2401",
        "1e5.0", "1\xef\xbb\xbf", "0b1", "nan nan", "1\v",
    };
    for (size_t k = 0; k < COUNT(fields); k++) {
        char text[64];
        bpb_where where;
        const int n = snprintf(text, sizeof text, "1,2\n3,%s\n5,6\n", fields[k]);
        if (refused(store(text, (size_t)n), &where) != BPB_ERR_FORMAT || where.col != 1 ||
            where.row != (strcmp(fields[k], "1,") == 0 ? 2 : 1))
            fail_msg("%s", fields[k]);
    }
}

static void csv_read__only_the_first_row_is_a_header(void **state)
{
    (void)state;
    expect_refused("x,y\nm,s\n1,2\n", 12, BPB_ERR_FORMAT, 0, 0);
    expect_refused("1,2\nx,y\n", 8, BPB_ERR_FORMAT, 0, 1);
    expect_refused(",2\n1,2\n", 7, BPB_ERR_FORMAT, 0, 0); /* a gap in the data is no header */
    expect_refused("1,,3\n1,2,3\n", 11, BPB_ERR_FORMAT, 1, 0);
    expect_refused("\"x\n1\",y\n", 8, BPB_ERR_SIZE, 77, 78);
    expect_refused("1e999,3\n1,2\n", 12, BPB_ERR_RANGE, 0, 0);
}

/* What is no empty line, and what has no end. */
static void csv_read__quotes(void **state)
{
    (void)state;
    expect_refused("1\n\"\"\n2\n", 7, BPB_ERR_FORMAT, 0, 1);
    expect_refused("\"\"\n2\n", 5, BPB_ERR_FORMAT, 0, 0);
    expect_refused("\"x\n1,2\n", 7, BPB_ERR_FORMAT, 0, 0);
    expect_refused("x,\"y\n1,2\n", 9, BPB_ERR_FORMAT, 1, 0);
    expect_refused("1,2\n3,\"4\n5,6\n", 13, BPB_ERR_FORMAT, 1, 1);
    expect_refused("1,2\n3,\"4\"\"", 10, BPB_ERR_FORMAT, 1, 1);
    expect_refused("\"x\0\"\n1\n", 7, BPB_ERR_FORMAT, 0, 0);
}

static void csv_read__rows_of_other_lengths(void **state)
{
    (void)state;
    expect_refused("1,2,3\n4,5\n", 10, BPB_ERR_FORMAT, 2, 1);
    expect_refused("1,2,3\n4,5,6,7\n", 14, BPB_ERR_FORMAT, 3, 1);
    expect_refused("1,2,3\n4,5,6\n7", 13, BPB_ERR_FORMAT, 1, 2);
    expect_refused("1,2,3\n4,5,6,\n", 13, BPB_ERR_FORMAT, 3, 1);
}

/* "1,5;2,5" would be four numbers, or two by a decimal comma. */
static void csv_read__two_separators(void **state)
{
    (void)state;
    expect_refused("1,5;2,5\n", 8, BPB_ERR_FORMAT, 1, 0);
    expect_refused("1,5;2,5;3\n", 10, BPB_ERR_FORMAT, 1, 0);
    expect_refused("1,2\n1;2\n", 8, BPB_ERR_FORMAT, 0, 1);
    expect_refused("1\t,2\n", 5, BPB_ERR_FORMAT, 1, 0);
}

static void csv_read__nul_bytes(void **state)
{
    (void)state;
    expect_refused("1,2\n3,4\0\n", 9, BPB_ERR_FORMAT, 1, 1);
    expect_refused("1,2\n3\0,4\n", 9, BPB_ERR_FORMAT, 0, 1);
    expect_refused("x\0,y\n1,2\n", 9, BPB_ERR_FORMAT, 0, 0);
    expect_refused("x,y\0\n1,2\n", 9, BPB_ERR_FORMAT, 1, 0);
    expect_refused("1,2\n\0", 5, BPB_ERR_FORMAT, 0, 1);
}

static void csv_read__no_numbers_at_all(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n", " \r\n\n", "\xef\xbb\xbf", "x,y\n", "x,y", "\"x\n\"", "\n\n\"x\""};
    for (size_t k = 0; k < COUNT(texts); k++)
        expect_refused(texts[k], strlen(texts[k]), BPB_ERR_SIZE, 77, 78);
}

static void csv_read__beyond_the_precision(void **state)
{
    (void)state;
    static const char *const fields[] = {
        BPB_SELECT("1e309", "1e39"), "-1e400", "1e99999999999999999999",
        /* halfway from the largest to the next power of two */
        BPB_SELECT("1.797693134862315808e308", "3.4028235677973367e38")};
    for (size_t k = 0; k < COUNT(fields); k++) {
        char text[64];
        const int n = snprintf(text, sizeof text, "1,2,3\n4,%s,6\n", fields[k]);
        expect_refused(text, (size_t)n, BPB_ERR_RANGE, 1, 1);
    }
    static const char largest_one[] =
        BPB_SELECT("1.7976931348623157e308", "3.4028235677973362e38");
    const real value = BPB_SELECT(DBL_MAX, FLT_MAX);
    expect_values(largest_one, sizeof largest_one - 1, 1, 1, &value);
}

/* ---- Sizes ---- */

/* count copies of piece between head and tail. */
static char *repeated(const char *head, const char *piece, size_t count, const char *tail,
                      size_t *n)
{
    const size_t length = strlen(piece);
    char *text = allocate(strlen(head) + count * length + strlen(tail) + 1, 1);
    strcpy(text, head);
    *n = strlen(head);
    for (size_t k = 0; k < count; k++, *n += length)
        memcpy(text + *n, piece, length);
    strcpy(text + *n, tail);
    *n += strlen(tail);
    return text;
}

static void expect_ones(const char *text, size_t n, size_t rows, size_t cols)
{
    out_t X = {0};
    assert_ok(BPB(csv_read)(&X, store(text, n), NULL));
    assert_true(X.rows == rows && X.cols == cols);
    for (size_t k = 0; k < rows * cols; k++)
        assert_true(X.data[k] == 1);
    bpb_free(X.data);
}

static void csv_read__huge_lines(void **state)
{
    (void)state;
    enum { MANY = 200000 };
    static const struct {
        const char *head, *piece, *tail;
        size_t rows, cols;
    } files[] = {
        {"", "1,", "1", MANY + 1, 1},          {"", "1\n", "", 1, MANY},
        {"a", ",b", "\n1\n", 1, 1},            {"a", "bcdefgh", "\n1,1\n", 2, 1},
        {"1,", "          ", "1\n1,1\n", 2, 2}, {"", "\r\n", "1", 1, 1},
    };
    for (size_t k = 0; k < COUNT(files); k++) {
        size_t n;
        char *text = repeated(files[k].head, files[k].piece, MANY, files[k].tail, &n);
        expect_ones(text, n, files[k].rows, files[k].cols);
        free(text);
    }
}

static void csv_read__huge_fields(void **state)
{
    (void)state;
    size_t n;
    char *text = repeated("1\n1.", "0", 1021, "", &n); /* 1023 characters */
    expect_ones(text, n, 1, 2);
    free(text);
    text = repeated("1\n1.", "0", 1022, "", &n);
    expect_refused(text, n, BPB_ERR_FORMAT, 0, 1);
    free(text);
    text = repeated("1\n", "0", 1000000, "", &n);
    expect_refused(text, n, BPB_ERR_FORMAT, 0, 1);
    free(text);
}

/* Each place where a buffer may end: behind this many blanks, a row of numbers, and what is not. */
static void csv_read__at_the_end_of_a_buffer(void **state)
{
    (void)state;
    for (size_t pad = 16300; pad < 16400; pad++) {
        size_t n;
        char *text = repeated("", " ", pad, "12,34\r\n56,78\r\n", &n);
        expect_values(text, n, 2, 2, (const real[]){12, 34, 56, 78});
        free(text);
    }
}

/* The names, and the classes of the last column: where all are numbers, and there is no header, the
 * other columns are the same. */
static void read_otherwise(const char *path, bpb_status numbers)
{
    out_t X = {0};
    char **header = NULL, **names = NULL;
    size_t n = 77, n_names = 77;
    const bpb_status status = BPB(csv_read_labels)(&X, path, NULL, &names, &n_names, NULL);
    assert_true(status == BPB_OK || status == BPB_NONFINITE || status == BPB_ERR_FORMAT ||
                status == BPB_ERR_RANGE || status == BPB_ERR_SIZE);
    assert_true((status >= 0) == (X.data != NULL) && (status >= 0) == (names != NULL));
    const bpb_status named = bpb_csv_names(&header, &n, path);
    assert_true(named == BPB_OK || named == BPB_ERR_FORMAT);
    assert_true(named || (n > 0) == (header != NULL));
    assert_true(numbers < 0 || named == BPB_OK || named == BPB_ERR_FORMAT);
    if (numbers >= 0 && !named && n == 0)
        assert_true(status >= 0 && n_names > 0 && n_names <= X.cols);
    bpb_free(X.data);
    bpb_free(header);
    bpb_free(names);
}

/* Nothing but a status may come of any bytes. */
static void csv_read__random_bytes(void **state)
{
    (void)state;
    static const char alphabet[] =
        "0123456789012345678901,,,,,,\n\n\n;\t \r.eE+-naif\"x\xef\xbb\xbf";
    uint64_t seed = 2;
    size_t read = 0;
    for (int run = 0; run < 2000; run++) {
        char text[64];
        const size_t n = bpb_random_bits(&seed) % sizeof text;
        for (size_t k = 0; k < n; k++) /* in one run of eight, NUL bytes too */
            text[k] = alphabet[bpb_random_bits(&seed) % (sizeof alphabet - (run % 8 != 0))];
        out_t X = {0};
        const bpb_status status = BPB(csv_read)(&X, store(text, n), NULL);
        assert_true(status == BPB_OK || status == BPB_NONFINITE || status == BPB_ERR_FORMAT ||
                    status == BPB_ERR_RANGE || status == BPB_ERR_SIZE);
        assert_true((status >= 0) == (X.data != NULL));
        read += status >= 0;
        bpb_free(X.data);
        read_otherwise(path_of("file.csv"), status);
    }
    assert_true(read > 20);
}

/* ---- Names ---- */

static void expect_names(const char *text, size_t n_text, size_t n, const char *const *names)
{
    char **got = (char **)&got;
    size_t n_got = 77;
    assert_ok(bpb_csv_names(&got, &n_got, store(text, n_text)));
    assert_int_equal(n_got, n);
    assert_true((n == 0) == (got == NULL));
    for (size_t k = 0; k < n; k++)
        assert_string_equal(got[k], names[k]);
    bpb_free(got);
}

static void csv_names__every_form_of_a_header(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *names[4];
    } files[] = {
        {"a,b\n1,2\n", 2, {"a", "b"}},
        {"a,b", 2, {"a", "b"}},
        {"a;b\r\n1;2\r\n", 2, {"a", "b"}},
        {"a\tb c\td\n", 3, {"a", "b c", "d"}},
        {"\xef\xbb\xbf" "a,b\n1,2\n", 2, {"a", "b"}},
        {"\xef\xbb\xbf\"a\",b\n1,2\n", 2, {"a", "b"}},
        {"\n\r\n  a , b  \n1,2\n", 2, {"a", "b"}},
        {"\"sepal length (cm)\",\"width (cm)\"\n", 2, {"sepal length (cm)", "width (cm)"}},
        {"\"a, b\";\"c;d\"\n1;2\n", 2, {"a, b", "c;d"}},
        {"\"say \"\"a\"\"\",\"\"\"\"\n", 2, {"say \"a\"", "\""}},
        {"\"two\r\nlines\",b\r\n", 2, {"two\r\nlines", "b"}},
        {" \" a \" ,b\n", 2, {" a ", "b"}},
        {",x,y\n1,2,3\n", 3, {"", "x", "y"}},
        {"\"\",\"x\"\n\"1\",2\n", 2, {"", "x"}},
        {"1,2,height\n", 3, {"1", "2", "height"}},
        {"# x y z\n1;2;3\n", 1, {"# x y z"}},
        {"5\" pipe,\"a\" b\n", 2, {"5\" pipe", "\"a\" b"}},
        {"h\303\266he,\"l\303\244nge\"\n", 2, {"h\303\266he", "l\303\244nge"}},
        {"x,\n", 2, {"x", ""}},
        {"1,2\n3,4\n", 0, {NULL}},
        {"\"1\",\"2\"\n", 0, {NULL}},
        {"nan,-Inf\nx,y\n", 0, {NULL}},
        {"1,,3\n", 0, {NULL}},
        {"1,5;2,5\n", 0, {NULL}},
        {"", 0, {NULL}},
        {"\n \r\n", 0, {NULL}},
        {"\xef\xbb\xbf", 0, {NULL}},
    };
    for (size_t k = 0; k < COUNT(files); k++)
        expect_names(files[k].text, strlen(files[k].text), files[k].n, files[k].names);
}

static void csv_names__refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } files[] = {SAME("\"a"), SAME("a,\"b\n1,2\n"), SAME("a\0,b\n"), SAME("a,b;c\n")};
    char *mark, **names = &mark;
    size_t n = 77;
    for (size_t k = 0; k < COUNT(files); k++)
        assert_int_equal(bpb_csv_names(&names, &n, store(files[k].text, files[k].n)),
                         BPB_ERR_FORMAT);
    errno = 0;
    assert_int_equal(bpb_csv_names(&names, &n, path_of("none")), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(bpb_csv_names(&names, &n, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_csv_names(NULL, &n, "file"), BPB_ERR_NULL);
    assert_int_equal(bpb_csv_names(&names, NULL, "file"), BPB_ERR_NULL);
    assert_true(names == &mark && n == 77);
}

static void csv_names__long_and_many(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    size_t n, n_names;
    char **names, *text = repeated("a", "bcdefgh", MANY, ",b\n1,2\n", &n);
    assert_ok(bpb_csv_names(&names, &n_names, store(text, n)));
    assert_true(n_names == 2 && strlen(names[0]) == 7 * MANY + 1 && strcmp(names[1], "b") == 0);
    assert_memory_equal(names[0], text, 7 * MANY + 1);
    bpb_free(names);
    free(text);
    text = repeated("a", ",b", MANY, "", &n);
    assert_ok(bpb_csv_names(&names, &n_names, store(text, n)));
    assert_int_equal(n_names, MANY + 1);
    for (size_t k = 0; k < n_names; k++)
        assert_string_equal(names[k], k == 0 ? "a" : "b");
    bpb_free(names);
    free(text);
}

/* ---- Classes by name ---- */

struct expected {
    size_t rows, cols;
    real values[24];
    size_t n;
    const char *names[6];
};

static void expect_classes(const char *text, const bpb_csv_labels *labels,
                           const struct expected *expected)
{
    out_t X = {0};
    char **names = NULL;
    size_t n = 77;
    bpb_where where = {77, 78};
    const char *path = store(text, strlen(text));
    assert_ok(BPB(csv_read_labels)(&X, path, labels, &names, &n, &where));
    assert_true(X.rows == expected->rows && X.cols == expected->cols && X.ld == X.rows);
    assert_same_bits(X.rows * X.cols, X.data, expected->values);
    assert_int_equal(n, expected->n);
    for (size_t k = 0; k < n; k++)
        assert_string_equal(names[k], expected->names[k]);
    assert_true(where.row == 77 && where.col == 78);
    bpb_free(names);
    bpb_free(X.data);
    assert_ok(BPB(csv_read_labels)(&X, path, labels, NULL, NULL, NULL));
    assert_same_bits(X.rows * X.cols, X.data, expected->values);
    bpb_free(X.data);
}

static const struct expected irises = {
    3, 4, {RC(5.1), RC(3.5), 0, RC(6.3), RC(3.3), 2, RC(7.0), RC(3.2), 1, 5, 3, 0},
    3, {"setosa", "versicolor", "virginica"}};

static void csv_read_labels__last_column(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sepal_length,sepal_width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n"
        "7.0,3.2,versicolor\n5,3,setosa\n",
        "5.1,3.5,setosa\n6.3,3.3,virginica\n7.0,3.2,versicolor\n5,3,setosa\n\n",
        "\xef\xbb\xbf\"a\";\"b\";\"c\"\r\n5.1;3.5;\"setosa\"\r\n6.3;3.3; virginica \r\n"
        "\r\n7.0;3.2;versicolor\r\n5;3;setosa\r\n",
        ",b,x\n\"5.1\",3.5,setosa\n6.3,3.3,virginica\n7.0,3.2,versicolor\n5,3,setosa",
    };
    for (size_t k = 0; k < COUNT(texts); k++)
        expect_classes(texts[k], NULL, &irises);
}

static void csv_read_labels__any_column(void **state)
{
    (void)state;
    static const struct expected middle = {3, 3, {1, 1, 2, 3, 0, 4, 5, 1, 6}, 2, {"a b", "c, d"}};
    static const char with[] = "x,class,y\n1,\"c, d\",2\n3,a b,4\n5,\"c, d\",6\n";
    static const char without[] = "1,\"c, d\",2\n3,a b,4\n5,\"c, d\",6\n";
    expect_classes(with, &(bpb_csv_labels){.column = "class"}, &middle);
    expect_classes(with, &(bpb_csv_labels){.column = "1"}, &middle);
    expect_classes(with, &(bpb_csv_labels){.column = "001"}, &middle);
    expect_classes(without, &(bpb_csv_labels){.column = "1"}, &middle);
    /* a header all of whose other fields are numbers, told by the name; none is named "1" */
    expect_classes("7,class,8\n1,\"c, d\",2\n3,a b,4\n5,\"c, d\",6\n",
                   &(bpb_csv_labels){.column = "class"}, &middle);
    expect_classes("1,\"c, d\",2\n3,a b,4\n5,\"c, d\",6\n",
                   &(bpb_csv_labels){.column = "1"}, &middle);
    static const struct expected first = {2, 2, {1, 1, 0, 2}, 2, {"u", "v"}};
    expect_classes("v,1\nu,2\n", &(bpb_csv_labels){.column = "0"}, &first);
    static const struct expected alone = {1, 3, {1, 0, 1}, 2, {"u", "v"}};
    expect_classes("v\nu\nv", NULL, &alone);
}

/* Any text but none is a name, and they go by their bytes. */
static void csv_read_labels__any_text(void **state)
{
    (void)state;
    static const struct expected expected = {
        2, 8, {1, 2, 2, 0, 3, 4, 4, 1, 5, 5, 6, 3, 7, 4, 8, 2}, 6,
        {" ", "10", "9", "Z", "nan", "\303\244"}};
    expect_classes("1,9\n2,\" \"\n3,nan\n4,10\n5,\"\303\244\"\n6,Z\n7,nan\n8,9\n", NULL, &expected);
}

static void csv_read_labels__names_given(void **state)
{
    (void)state;
    char a[] = "a", b[] = "b", c[] = "c";
    char *const names[] = {c, a, b, a};
    const bpb_csv_labels labels = {.names = names, .n_names = COUNT(names)};
    static const struct expected expected = {2, 3, {1, 1, 2, 0, 3, 1}, 4, {"c", "a", "b", "a"}};
    expect_classes("x,y\n1,a\n2,c\n3,a\n", &labels, &expected);
    out_t X = {0};
    char **got = NULL;
    size_t n = 77;
    bpb_where where = {77, 78};
    const char *path = store("1,a\n2,z\n3,y\n4,z\n", 16);
    assert_int_equal(BPB(csv_read_labels)(&X, path, &labels, &got, &n, &where), BPB_ERR_LABEL);
    assert_true(!X.data && !got && n == 77 && where.row == 1 && where.col == 1);
    assert_int_equal(BPB(csv_read_labels)(&X, path, &labels, NULL, NULL, NULL), BPB_ERR_LABEL);
}

/* Random names, in whatever order: the class of each is how many there are before it. */
static void csv_read_labels__many_classes(void **state)
{
    (void)state;
    enum { COLS = 3000, NAMES = 500 };
    struct rng rng = {5};
    static char text[COLS * 16];
    size_t of[COLS], n = 0, n_names;
    bool is_there[NAMES] = {false};
    for (size_t j = 0; j < COLS; j++) {
        of[j] = rng_between(&rng, 0, NAMES - 1);
        is_there[of[j]] = true;
        n += (size_t)snprintf(text + n, 16, "%zu,n%03zu\n", j, of[j]);
    }
    size_t class[NAMES], count = 0;
    for (size_t k = 0; k < NAMES; k++)
        class[k] = is_there[k] ? count++ : 0;
    out_t X = {0};
    char **names = NULL, name[16];
    assert_ok(BPB(csv_read_labels)(&X, store(text, n), NULL, &names, &n_names, NULL));
    assert_true(X.rows == 2 && X.cols == COLS && n_names == count && count > NAMES / 2);
    for (size_t j = 0; j < COLS; j++) {
        assert_true(X.data[2 * j] == (real)j && X.data[2 * j + 1] == (real)class[of[j]]);
        snprintf(name, sizeof name, "n%03zu", of[j]);
        assert_string_equal(names[class[of[j]]], name);
    }
    bpb_free(X.data);
    bpb_free(names);
}

static void expect_no_classes(const char *text, const bpb_csv_labels *labels, bpb_status status,
                              size_t row, size_t col)
{
    char *mark, **names = &mark;
    size_t n = 77;
    out_t X = {0};
    bpb_where where = {77, 78};
    const bpb_status got = BPB(csv_read_labels)(&X, store(text, strlen(text)), labels, &names, &n,
                                                &where);
    if (got != status || where.row != row || where.col != col)
        fail_msg("\"%s\": %d at %zu, %zu", text, got, where.row, where.col);
    assert_true(!X.data && names == &mark && n == 77);
}

static void csv_read_labels__refused(void **state)
{
    (void)state;
    expect_no_classes("1,a\n2,\n", NULL, BPB_ERR_FORMAT, 1, 1);
    expect_no_classes("1,\n2,a\n", NULL, BPB_ERR_FORMAT, 1, 0);
    expect_no_classes("1,a\n2,\"\"\n", NULL, BPB_ERR_FORMAT, 1, 1);
    expect_no_classes("1,a\n2\n", NULL, BPB_ERR_FORMAT, 1, 1);
    expect_no_classes("1,a\n2,b,c\n", NULL, BPB_ERR_FORMAT, 2, 1);
    expect_no_classes("1,a\nx,b\n", NULL, BPB_ERR_FORMAT, 0, 1);
    expect_no_classes("1,a\n1;b\n", NULL, BPB_ERR_FORMAT, 0, 1);
    expect_no_classes("1,a\n1e999,b\n", NULL, BPB_ERR_RANGE, 0, 1);
    expect_no_classes("x,y\n1,2,a\n", NULL, BPB_ERR_FORMAT, 2, 0);
    expect_no_classes("x,y\n1,2,3\n", NULL, BPB_ERR_FORMAT, 2, 0);
    expect_no_classes("x,y,z\n1,2\n", NULL, BPB_ERR_FORMAT, 2, 0);
    expect_no_classes("x,y,z\n1,a\n", NULL, BPB_ERR_FORMAT, 1, 0);
    expect_no_classes("x,y;z\n1,2,a\n", NULL, BPB_ERR_FORMAT, 1, 0);
    expect_no_classes("x,y\n", NULL, BPB_ERR_SIZE, 77, 78);
    expect_no_classes("", NULL, BPB_ERR_SIZE, 77, 78);
    static const char *const columns[] = {"z", "2", "-1", "", "1.0", "18446744073709551617",
                                          "92233720368547758081", " 1"};
    for (size_t k = 0; k < COUNT(columns); k++)
        expect_no_classes("x,y\n1,a\n", &(bpb_csv_labels){.column = columns[k]}, BPB_ERR_OPTION,
                          77, 78);
}

static void csv_read_labels__arguments(void **state)
{
    (void)state;
    char a[] = "a", *one[] = {a, NULL};
    expect_no_classes("1,a\n", &(bpb_csv_labels){.n_names = 1}, BPB_ERR_NULL, 77, 78);
    expect_no_classes("1,a\n", &(bpb_csv_labels){.names = one}, BPB_ERR_SIZE, 77, 78);
    expect_no_classes("1,a\n", &(bpb_csv_labels){.names = one, .n_names = 2}, BPB_ERR_NULL, 77, 78);
    expect_no_classes("1,a\n", &(bpb_csv_labels){.reserved = {0, 2}}, BPB_ERR_OPTION, 77, 78);
    out_t X = {0};
    char **names = NULL;
    size_t n;
    assert_int_equal(BPB(csv_read_labels)(NULL, "f", NULL, NULL, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(csv_read_labels)(&X, NULL, NULL, NULL, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(csv_read_labels)(&X, "f", NULL, &names, NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(csv_read_labels)(&X, "f", NULL, NULL, &n, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(csv_read_labels)(&X, path_of("none"), NULL, NULL, NULL, NULL), BPB_ERR_IO);
}

static void csv_read_labels__not_finite(void **state)
{
    (void)state;
    out_t X = {0};
    char **names = NULL;
    size_t n;
    bpb_where where = {77, 78};
    const char *path = store("1,a\nnan,b\n", 10);
    assert_int_equal(BPB(csv_read_labels)(&X, path, NULL, &names, &n, &where), BPB_NONFINITE);
    assert_true(where.row == 0 && where.col == 1 && n == 2 && X.cols == 2 && X.data[3] == 1);
    assert_string_equal(names[1], "b");
    bpb_free(names);
    bpb_free(X.data);
}

/* ---- Surroundings ---- */

/* A point is a point, whatever the locale; and the caller keeps its own. */
/* Line and field from 1, the field's name where there is a header, what stands there, the file. */
static void csv_read__says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } files[] = {
        {"1,2\n3,\n", "line 2, field 2 is empty"},
        {"1,2\n\n3,abc\n", "line 3, field 2 is \"abc\", which is not a number"},
        {"age,size\n1,2\n3,abc\n", "line 3, field 2 (\"size\") is \"abc\", which is not a number"},
        {"\"a\nb\",c\nx,1\n", "line 3, field 1 (\"a?b\") is \"x\", which is not a number"},
        {"1,2\n3,\"4\n5,6\n", "line 2, field 2 has no closing quote"},
        {"\"1,2\n", "line 1, field 1 has no closing quote"},
        {"1,2,3\n\n4,5\n", "line 3 has 2 fields; line 1 has 3"},
        {"\n1,2,3\n4,5,6,7,8\n9\n", "line 3 has 5 fields; line 2 has 3"},
        {"a\n1,2\n3\n", "line 3 has 1 field; line 2 has 2"},
        {"1,5;2,5\n", "line 1, field 2 ends with ';'; the fields before it end with ','"},
        {"1;2\n3\t4\n", "line 2, field 1 ends with a tab; the fields before it end with ';'"},
        {"1,1e999\n", BPB_SELECT("line 1, field 2 is 1e999, which is too large for double",
                                 "line 1, field 2 is 1e999, which is too large for float")},
        {"", "the file has no numbers"},
        {"a,b\n", "the file has no numbers behind its header"},
        {"1\n0123456789012345678901234567890123456789x\n",
         "line 2, field 1 is \"012345678901234567890123456789012345...\", which is not a number"},
    };
    for (size_t k = 0; k < COUNT(files); k++) {
        bpb_where where;
        const char *path = store(files[k].text, strlen(files[k].text));
        char whole[600];
        snprintf(whole, sizeof whole, "%s: %.400s", files[k].sentence, path);
        assert_true(refused(path, &where) < 0);
        assert_string_equal(bpb_error(), whole);
    }
    bpb_where where;
    char whole[600];
    assert_int_equal(refused(store("1\n2\0\n", 5), &where), BPB_ERR_FORMAT);
    snprintf(whole, sizeof whole, "line 2 has a NUL byte, which no text has: %.400s",
             path_of("file.csv"));
    assert_string_equal(bpb_error(), whole);
}

static void csv_read_labels__says_what_is_wrong(void **state)
{
    (void)state;
    static char no[] = "no", yes[] = "yes";
    static char *const given[] = {no, yes};
    static const struct {
        const char *text, *column;
        size_t n_names;
        const char *sentence;
    } files[] = {
        {"size,kind\n1,yes\n\n2,maybe\n", "kind", 2,
         "line 4, field 2 (\"kind\") is \"maybe\", which is not among labels->names"},
        {"1,yes\n2,\n", NULL, 0, "line 2, field 2 is empty"},
        {"size,kind\n1,yes\n", "colour", 0,
         "labels->column is \"colour\", neither a name in line 1 nor a number of 0 to 1"},
        {"size,kind\n1,2,yes\n", "kind", 0, "line 2 has 3 fields; line 1 has 2"},
        {"size;kind,more\n1,2,yes\n", "kind", 0,
         "line 1, field 2 ends with ','; the fields before it end with ';'"},
    };
    for (size_t k = 0; k < COUNT(files); k++) {
        out_t X = {0};
        const bpb_csv_labels labels = {.column = files[k].column,
                                       .names = files[k].n_names ? given : NULL,
                                       .n_names = files[k].n_names};
        const char *path = store(files[k].text, strlen(files[k].text));
        char whole[600];
        snprintf(whole, sizeof whole, "%s: %.400s", files[k].sentence, path);
        assert_true(BPB(csv_read_labels)(&X, path, &labels, NULL, NULL, NULL) < 0);
        assert_string_equal(bpb_error(), whole);
    }
}

/* A call that succeeds leaves the sentence of the error before it. */
static void csv_read__success_keeps_the_sentence(void **state)
{
    (void)state;
    out_t X = {0};
    bpb_where where;
    char before[500];
    refused(store("1,x\n", 4), &where);
    snprintf(before, sizeof before, "%s", bpb_error());
    assert_ok(BPB(csv_read)(&X, store("a,b\n1,2\n", 8), NULL));
    assert_string_equal(bpb_error(), before);
    bpb_free(X.data);
}

static void csv_read__other_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    const char *name = NULL;
    for (size_t k = 0; k < COUNT(names) && !name; k++)
        name = setlocale(LC_ALL, names[k]);
    if (!name)
        skip();
    assert_string_equal(localeconv()->decimal_point, ",");
    expect_values("1.5\n-2.25e1", 11, 1, 2, (const real[]){RC(1.5), RC(-22.5)});
    assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    assert_string_equal(localeconv()->decimal_point, ",");
    setlocale(LC_ALL, "C");
}

static void csv_read__other_rounding_mode(void **state)
{
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t k = 0; k < COUNT(modes); k++) {
        out_t X = {0};
        const char *path = store("0.1,0.2\n0.3,-0.7", 16);
        if (fesetround(modes[k]) != 0)
            skip();
        const bpb_status status = BPB(csv_read)(&X, path, NULL);
        const int mode = fegetround();
        fesetround(FE_TONEAREST);
        assert_ok(status);
        assert_int_equal(mode, modes[k]);
        assert_same_bits(4, X.data, (const real[]){RC(0.1), RC(0.2), RC(0.3), RC(-0.7)});
        bpb_free(X.data);
    }
}

static void csv_read__traps_set(void **state)
{
    (void)state;
    const char *path = store("0.1,1e-400\n1e-310,inf\n", 22);
    out_t X = {0};
    if (!set_traps(1)) {
        clear_traps();
        skip();
    }
    const bpb_status status = BPB(csv_read)(&X, path, NULL);
    assert_true(clear_traps());
    assert_int_equal(status, BPB_NONFINITE);
    bpb_free(X.data);
}

static void csv_read__no_such_file(void **state)
{
    (void)state;
    bpb_where where;
    assert_int_equal(refused(path_of("none"), &where), BPB_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(refused(folder, &where), BPB_ERR_IO);
    assert_int_equal(errno, EISDIR);
}

static void csv_read__null(void **state)
{
    (void)state;
    out_t X = {0};
    assert_int_equal(BPB(csv_read)(NULL, "file", NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(csv_read)(&X, NULL, NULL), BPB_ERR_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_read__rows_are_columns),
        cmocka_unit_test(csv_read__every_form_of_a_number),
        cmocka_unit_test(csv_read__rounds_once),
        cmocka_unit_test(csv_read__subnormals),
        cmocka_unit_test(csv_read__random_numbers),
        cmocka_unit_test(csv_read__not_finite),
        cmocka_unit_test(csv_read__no_number),
        cmocka_unit_test(csv_read__only_the_first_row_is_a_header),
        cmocka_unit_test(csv_read__quotes),
        cmocka_unit_test(csv_read__rows_of_other_lengths),
        cmocka_unit_test(csv_read__two_separators),
        cmocka_unit_test(csv_read__nul_bytes),
        cmocka_unit_test(csv_read__no_numbers_at_all),
        cmocka_unit_test(csv_read__beyond_the_precision),
        cmocka_unit_test(csv_read__huge_lines),
        cmocka_unit_test(csv_read__huge_fields),
        cmocka_unit_test(csv_read__at_the_end_of_a_buffer),
        cmocka_unit_test(csv_read__random_bytes),
        cmocka_unit_test(csv_read__other_locale),
        cmocka_unit_test(csv_read__other_rounding_mode),
        cmocka_unit_test(csv_read__traps_set),
        cmocka_unit_test(csv_read__no_such_file),
        cmocka_unit_test(csv_read__null),
        cmocka_unit_test(csv_names__every_form_of_a_header),
        cmocka_unit_test(csv_names__refused),
        cmocka_unit_test(csv_names__long_and_many),
        cmocka_unit_test(csv_read__says_what_is_wrong),
        cmocka_unit_test(csv_read_labels__says_what_is_wrong),
        cmocka_unit_test(csv_read__success_keeps_the_sentence),
        cmocka_unit_test(csv_read_labels__last_column),
        cmocka_unit_test(csv_read_labels__any_column),
        cmocka_unit_test(csv_read_labels__any_text),
        cmocka_unit_test(csv_read_labels__names_given),
        cmocka_unit_test(csv_read_labels__many_classes),
        cmocka_unit_test(csv_read_labels__refused),
        cmocka_unit_test(csv_read_labels__arguments),
        cmocka_unit_test(csv_read_labels__not_finite),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
