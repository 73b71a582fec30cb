/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/npy.h"

#include <string.h>

#include "base/bytes.h"

#define MAGIC "\x93NUMPY"

enum {
    MAGIC_BYTES = sizeof MAGIC - 1,
    LENGTH_AT = MAGIC_BYTES + 2, /* behind the version */
    NEWEST_MAJOR = 3             /* 2 has longer texts than 1, 3 other names of fields than 2 */
};

#define TOO_SHORT "the file has %zu bytes; its NumPy header needs %zu"

static bpb_status want(struct input *input, size_t n)
{
    TRY(bpb_input_want(input, n));
    REQUIRE(input->n >= n, BPB_ERR_TRUNCATED, TOO_SHORT, input->n, n);
    return BPB_OK;
}

/* Where the text begins, and how long it says it is. */
static bpb_status read_length(struct input *input, size_t *begin, size_t *n)
{
    TRY(bpb_input_want(input, LENGTH_AT));
    REQUIRE(memcmp(input->bytes, MAGIC, BPB_MIN(input->n, (size_t)MAGIC_BYTES)) == 0,
            BPB_ERR_FORMAT, "the file does not begin as a NumPy file does");
    REQUIRE(input->n >= LENGTH_AT, BPB_ERR_TRUNCATED, TOO_SHORT, input->n, (size_t)LENGTH_AT);
    const unsigned major = input->bytes[MAGIC_BYTES], minor = input->bytes[MAGIC_BYTES + 1];
    REQUIRE(major > 0, BPB_ERR_FORMAT, "the NumPy format version is %d.%d", (int)major, (int)minor);
    REQUIRE(major <= NEWEST_MAJOR && minor == 0, BPB_ERR_VERSION,
            "the NumPy format version is %d.%d; 1.0 to %d.0 are read", (int)major, (int)minor,
            NEWEST_MAJOR);
    *begin = LENGTH_AT + (major == 1 ? 2 : 4);
    TRY(want(input, *begin));
    const unsigned char *length = input->bytes + LENGTH_AT;
    *n = major == 1 ? load_little16(length) : load_little32(length);
    REQUIRE(*n <= NPY_MAX_TEXT, BPB_ERR_UNSUPPORTED,
            "the NumPy header has %zu bytes; at most %zu are read", *n, NPY_MAX_TEXT);
    return BPB_OK;
}

/* *begin: where the elements do. */
static bpb_status read_header(struct npy *npy, size_t *begin)
{
    size_t text, n;
    TRY(read_length(&npy->input, &text, &n));
    *begin = text + n;
    TRY(want(&npy->input, *begin));
    return bpb_npy_parse(&npy->array, (const char *)npy->input.bytes + text, n);
}

#define TOO_LARGE "the product of the %zu extents of shape cannot be addressed"

static bpb_status measure(struct array *array)
{
    size_t elements;
    REQUIRE(array->axes > 0, BPB_ERR_UNSUPPORTED, "shape is (), a single number without axes");
    for (size_t k = 0; k < array->axes; k++)
        REQUIRE(array->extent[k] > 0, BPB_ERR_SIZE, "axis %zu of shape has the extent 0", k);
    array->cols = array->extent[0];
    array->rows = 1;
    for (size_t k = 1; k < array->axes; k++)
        REQUIRE(size_mul(array->rows, array->extent[k], &array->rows), BPB_ERR_SIZE, TOO_LARGE,
                array->axes);
    REQUIRE(size_mul(array->rows, array->cols, &elements) && elements <= ARRAY_MAX_ELEMENTS,
            BPB_ERR_SIZE, TOO_LARGE, array->axes);
    return BPB_OK;
}

/* One byte more than there should be is asked for, to see that it is not there. */
static bpb_status read_file(struct npy *npy)
{
    struct array *array = &npy->array;
    size_t begin;
    TRY(read_header(npy, &begin));
    TRY(measure(array));
    const size_t total = begin + array->rows * array->cols * array->element.bytes;
    TRY(bpb_input_want(&npy->input, total + 1));
    REQUIRE(npy->input.n >= total, BPB_ERR_TRUNCATED, TOO_SHORT, npy->input.n, total);
    REQUIRE(npy->input.n == total, BPB_ERR_FORMAT,
            "the file goes on behind the %zu bytes that its NumPy header needs", total);
    array->data = npy->input.bytes + begin;
    return BPB_OK;
}

bpb_status bpb_npy_open(struct npy *npy, const char *path)
{
    TRY(bpb_input_open(&npy->input, path));
    const bpb_status status = read_file(npy);
    if (status < 0)
        bpb_npy_close(npy);
    return bpb_about_file(status, path);
}

bpb_status bpb_npy_memory(struct array *array, const unsigned char *bytes, size_t n)
{
    struct npy npy;
    bpb_input_memory(&npy.input, bytes, n);
    TRY(read_file(&npy));
    *array = npy.array;
    return BPB_OK;
}

void bpb_npy_close(struct npy *npy)
{
    bpb_input_close(&npy->input);
}
