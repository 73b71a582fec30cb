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

static bpb_status want(struct input *input, size_t n)
{
    TRY(bpb_input_want(input, n));
    return input->n >= n ? BPB_OK : BPB_ERR_TRUNCATED;
}

/* Where the text begins, and how long it says it is. */
static bpb_status read_length(struct input *input, size_t *begin, size_t *n)
{
    TRY(bpb_input_want(input, LENGTH_AT));
    REQUIRE(memcmp(input->bytes, MAGIC, BPB_MIN(input->n, (size_t)MAGIC_BYTES)) == 0,
            BPB_ERR_FORMAT);
    REQUIRE(input->n >= LENGTH_AT, BPB_ERR_TRUNCATED);
    const unsigned major = input->bytes[MAGIC_BYTES], minor = input->bytes[MAGIC_BYTES + 1];
    REQUIRE(major > 0, BPB_ERR_FORMAT);
    REQUIRE(major <= NEWEST_MAJOR && minor == 0, BPB_ERR_VERSION);
    *begin = LENGTH_AT + (major == 1 ? 2 : 4);
    TRY(want(input, *begin));
    const unsigned char *length = input->bytes + LENGTH_AT;
    *n = major == 1 ? load_little16(length) : load_little32(length);
    return *n <= NPY_MAX_TEXT ? BPB_OK : BPB_ERR_UNSUPPORTED;
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

static bpb_status measure(struct array *array)
{
    size_t elements;
    REQUIRE(array->axes > 0, BPB_ERR_UNSUPPORTED);
    array->cols = array->extent[0];
    array->rows = 1;
    for (size_t k = 1; k < array->axes; k++)
        REQUIRE(size_mul(array->rows, array->extent[k], &array->rows), BPB_ERR_SIZE);
    REQUIRE(size_mul(array->rows, array->cols, &elements), BPB_ERR_SIZE);
    return elements > 0 && elements <= ARRAY_MAX_ELEMENTS ? BPB_OK : BPB_ERR_SIZE;
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
    REQUIRE(npy->input.n >= total, BPB_ERR_TRUNCATED);
    REQUIRE(npy->input.n == total, BPB_ERR_FORMAT);
    array->data = npy->input.bytes + begin;
    return BPB_OK;
}

bpb_status bpb_npy_open(struct npy *npy, const char *path)
{
    TRY(bpb_input_open(&npy->input, path));
    const bpb_status status = read_file(npy);
    if (status < 0)
        bpb_npy_close(npy);
    return status;
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
