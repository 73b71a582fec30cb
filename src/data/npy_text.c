/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a NumPy file: so much of Python's literals as stands in it, and nothing more. */
#include <stdio.h>
#include <string.h>

#include "base/texts.h"
#include "data/npy.h"

/* What is left of the text. */
struct rest {
    const char *at, *end;
};

/* ---- Characters ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct rest *rest)
{
    while (rest->at < rest->end && is_blank(*rest->at))
        rest->at++;
}

/* Take the word, behind blanks, where it comes next. */
static bool take(struct rest *rest, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(rest);
    if ((size_t)(rest->end - rest->at) < n || memcmp(rest->at, word, n) != 0)
        return false;
    rest->at += n;
    return true;
}

/* ---- Literals ---- */

/* What stands between quotes of either kind. A backslash is a character as others are: no word
 * that is looked for has one. */
static bool take_string(struct rest *rest, struct rest *string)
{
    const bool is_single = take(rest, "'");
    if (!is_single && !take(rest, "\""))
        return false;
    const char *close = memchr(rest->at, is_single ? '\'' : '"', (size_t)(rest->end - rest->at));
    if (!close)
        return false;
    *string = (struct rest){rest->at, close};
    rest->at = close + 1;
    return true;
}

static bool is_word(struct rest string, const char *word)
{
    const size_t n = strlen(word);
    return (size_t)(string.end - string.at) == n && memcmp(string.at, word, n) == 0;
}

static bpb_status take_size(struct rest *rest, size_t *size)
{
    skip_blanks(rest);
    const char *begin = rest->at;
    for (*size = 0; rest->at < rest->end && is_digit(*rest->at); rest->at++) {
        const size_t digit = (size_t)(*rest->at - '0');
        REQUIRE(size_mul(*size, 10, size) && size_add(*size, digit, size), BPB_ERR_SIZE,
                "shape has an extent that cannot be addressed");
    }
    const bool leads_with_0 = rest->at > begin + 1 && *begin == '0';
    REQUIRE(rest->at > begin && !leads_with_0, BPB_ERR_FORMAT,
            "shape has an entry that is no size");
    if (rest->at < rest->end && *rest->at == 'L') /* as Python 2 wrote some */
        rest->at++;
    return BPB_OK;
}

/* ---- The three values ---- */

#define UNKNOWN_TYPE "descr is '%s'; bool, integers and floats of 4 or 8 bytes are read"

static bpb_status read_type(struct array *array, struct rest string)
{
    static const struct {
        const char *name;
        enum element_kind kind;
        size_t bytes;
    } types[] = {
        {"b1", ELEMENT_BOOL, 1},     {"i1", ELEMENT_SIGNED, 1},   {"i2", ELEMENT_SIGNED, 2},
        {"i4", ELEMENT_SIGNED, 4},   {"i8", ELEMENT_SIGNED, 8},   {"u1", ELEMENT_UNSIGNED, 1},
        {"u2", ELEMENT_UNSIGNED, 2}, {"u4", ELEMENT_UNSIGNED, 4}, {"u8", ELEMENT_UNSIGNED, 8},
        {"f4", ELEMENT_FLOAT, 4},    {"f8", ELEMENT_FLOAT, 8},
    };
    char shown[CLIPPED_BYTES];
    bpb_text_clip(shown, string.at, (size_t)(string.end - string.at));
    REQUIRE(string.end > string.at, BPB_ERR_UNSUPPORTED, UNKNOWN_TYPE, shown);
    const char order = *string.at++;
    const bool has_order = order == '<' || order == '>';
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        if (!is_word(string, types[k].name))
            continue;
        array->element = (struct element){types[k].kind, types[k].bytes, order == '>'};
        REQUIRE(has_order || (order == '|' && types[k].bytes == 1), BPB_ERR_UNSUPPORTED,
                UNKNOWN_TYPE, shown);
        return BPB_OK;
    }
    REFUSE(BPB_ERR_UNSUPPORTED, UNKNOWN_TYPE, shown);
}

/* A list is that of the fields of records, a tuple an array as an element. */
static bpb_status take_type(struct rest *rest, struct array *array)
{
    struct rest string;
    REQUIRE(!take(rest, "[") && !take(rest, "("), BPB_ERR_UNSUPPORTED,
            "descr is that of records; one type of numbers is read");
    REQUIRE(take_string(rest, &string), BPB_ERR_FORMAT, "descr is no string");
    return read_type(array, string);
}

static bpb_status take_order(struct rest *rest, struct array *array)
{
    array->is_fortran = take(rest, "True");
    REQUIRE(array->is_fortran || take(rest, "False"), BPB_ERR_FORMAT,
            "fortran_order is neither True nor False");
    return BPB_OK;
}

/* A tuple: one of a single extent has a comma behind it. */
static bpb_status take_shape(struct rest *rest, struct array *array)
{
    bool has_comma = true;
    REQUIRE(take(rest, "("), BPB_ERR_FORMAT, "shape is no tuple");
    for (array->axes = 0; !take(rest, ")"); array->axes++) {
        REQUIRE(has_comma, BPB_ERR_FORMAT, "shape has no comma behind entry %zu", array->axes - 1);
        REQUIRE(array->axes < ARRAY_MAX_AXES, BPB_ERR_UNSUPPORTED, "shape has more than %d axes",
                ARRAY_MAX_AXES);
        TRY(take_size(rest, &array->extent[array->axes]));
        has_comma = take(rest, ",");
    }
    REQUIRE(has_comma || array->axes > 1, BPB_ERR_FORMAT, "shape is no tuple");
    return BPB_OK;
}

/* ---- The dictionary ---- */

#define NO_DICTIONARY "the NumPy header is no valid dictionary"

static const struct {
    const char *name;
    bpb_status (*take_value)(struct rest *rest, struct array *array);
} keys[] = {{"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};

enum { KEYS = sizeof keys / sizeof *keys };

/* seen: which keys have been there, each of them once at most. */
static bpb_status take_entry(struct rest *rest, struct array *array, bool seen[KEYS])
{
    struct rest string;
    REQUIRE(take_string(rest, &string) && take(rest, ":"), BPB_ERR_FORMAT, NO_DICTIONARY);
    for (size_t k = 0; k < KEYS; k++) {
        if (!is_word(string, keys[k].name))
            continue;
        REQUIRE(!seen[k], BPB_ERR_FORMAT, "the NumPy header has '%s' twice", keys[k].name);
        seen[k] = true;
        return keys[k].take_value(rest, array);
    }
    char shown[CLIPPED_BYTES];
    REFUSE(BPB_ERR_FORMAT, "the NumPy header has the unknown key '%s'",
           bpb_text_clip(shown, string.at, (size_t)(string.end - string.at)));
}

bpb_status bpb_npy_parse(struct array *array, const char *text, size_t n)
{
    struct rest rest = {text, text + n};
    bool has_comma = true, seen[KEYS] = {false};
    REQUIRE(take(&rest, "{"), BPB_ERR_FORMAT, NO_DICTIONARY);
    while (!take(&rest, "}")) {
        REQUIRE(has_comma, BPB_ERR_FORMAT, NO_DICTIONARY);
        TRY(take_entry(&rest, array, seen));
        has_comma = take(&rest, ",");
    }
    skip_blanks(&rest);
    for (size_t k = 0; k < KEYS; k++)
        REQUIRE(seen[k], BPB_ERR_FORMAT, "the NumPy header has no '%s'", keys[k].name);
    REQUIRE(rest.at == rest.end, BPB_ERR_FORMAT, NO_DICTIONARY);
    return BPB_OK;
}

void bpb_npy_write_header(unsigned char header[NPY_HEADER_BYTES], size_t real_bytes, size_t cols,
                          size_t rows)
{
    enum { BEGIN = 10 }; /* of the text */
    static const unsigned char begin[BEGIN] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0,
                                               NPY_HEADER_BYTES - BEGIN, 0};
    memset(header, ' ', NPY_HEADER_BYTES);
    memcpy(header, begin, BEGIN);
    const int n = snprintf((char *)header + BEGIN, NPY_HEADER_BYTES - BEGIN,
                           "{'descr': '<f%c', 'fortran_order': False, 'shape': (%zu, %zu), }",
                           real_bytes == 8 ? '8' : '4', cols, rows);
    header[BEGIN + n] = ' ';
    header[NPY_HEADER_BYTES - 1] = '\n';
}
