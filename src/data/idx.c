/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/idx.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/files.h"

/*
 * A stream is opened (NULL: see errno), read and closed. stream_read sets *got below n only at
 * the end of the file. BPB_ERR_IO, BPB_ERR_MEMORY; of gzip BPB_ERR_FORMAT, BPB_ERR_TRUNCATED.
 */
#if BPB_HAVE_ZLIB
#include <zlib.h>

/* Reads a file that is not gzip as it is. */
static void *stream_open(const char *path)
{
    return gzopen(path, "rbe");
}

static bpb_status stream_status(gzFile file)
{
    int error;
    gzerror(file, &error);
    switch (error) {
    case Z_OK:
    case Z_STREAM_END:
        return BPB_OK;
    case Z_BUF_ERROR:
        REFUSE(BPB_ERR_TRUNCATED, "the gzip data end too early");
    case Z_MEM_ERROR:
        REFUSE(BPB_ERR_MEMORY, "no memory for unpacking gzip data");
    case Z_ERRNO:
        return bpb_refuse_errno("read");
    default:
        REFUSE(BPB_ERR_FORMAT, "the gzip data are damaged");
    }
}

static bpb_status stream_read(void *stream, unsigned char *out, size_t n, size_t *got)
{
    const int count = gzread(stream, out, (unsigned)n);
    *got = count > 0 ? (size_t)count : 0;
    return *got == n ? BPB_OK : stream_status(stream);
}

static void stream_close(void *stream)
{
    gzclose(stream);
}
#else
#include <stdio.h>

static void *stream_open(const char *path)
{
    return fopen(path, "rbe");
}

static bpb_status stream_read(void *stream, unsigned char *out, size_t n, size_t *got)
{
    *got = fread(out, 1, n, stream);
    return ferror((FILE *)stream) ? bpb_refuse_errno("read") : BPB_OK;
}

static void stream_close(void *stream)
{
    fclose(stream);
}
#endif

#define TOO_SHORT "the file has %zu bytes; its IDX header needs %zu"
#define TOO_LONG "the file goes on behind the %zu bytes that its IDX header needs"

/* The next n bytes, of idx->total in all as far as that is known. */
static bpb_status read_exactly(struct idx *idx, unsigned char *out, size_t n)
{
    size_t got;
    TRY(stream_read(idx->stream, out, n, &got));
    idx->got += got;
    REQUIRE(got == n, BPB_ERR_TRUNCATED, TOO_SHORT, idx->got,
            BPB_MAX(idx->total, idx->got - got + n));
    return BPB_OK;
}

/* ---- Header ---- */

enum { MAGIC_BYTES = 4, DIMENSION_BYTES = 4, MAX_DIMENSIONS = 255 };

static bool is_gzip(const unsigned char *magic)
{
    return magic[0] == 0x1f && magic[1] == 0x8b;
}

/* The type of the elements, and the number of dimensions. */
static bpb_status read_magic(const unsigned char *magic, struct element *element, size_t *count)
{
    static const struct {
        unsigned char code;
        struct element element;
    } types[] = {
        {0x08, {ELEMENT_UNSIGNED, 1, true}}, {0x09, {ELEMENT_SIGNED, 1, true}},
        {0x0B, {ELEMENT_SIGNED, 2, true}},   {0x0C, {ELEMENT_SIGNED, 4, true}},
        {0x0D, {ELEMENT_FLOAT, 4, true}},    {0x0E, {ELEMENT_FLOAT, 8, true}},
    };
    *count = magic[3];
    REQUIRE(magic[0] == 0 && magic[1] == 0, BPB_ERR_FORMAT,
            "its first bytes are %d and %d; those of an IDX file are 0 and 0", magic[0], magic[1]);
    REQUIRE(*count > 0, BPB_ERR_FORMAT, "the IDX header has 0 dimensions");
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        if (types[k].code != magic[2])
            continue;
        *element = types[k].element;
        return BPB_OK;
    }
    REFUSE(BPB_ERR_FORMAT, "the IDX header has the unknown type %d", magic[2]);
}

#define TOO_LARGE "the product of the %zu dimensions in the IDX header cannot be addressed"

/* The first dimension counts the columns, the others make up the rows. */
static bpb_status read_dimensions(const unsigned char *dimensions, size_t count,
                                  struct array *array, size_t *elements)
{
    array->is_fortran = false;
    array->cols = load_big32(dimensions);
    array->rows = 1;
    for (size_t k = 0; k < count; k++)
        REQUIRE(load_big32(dimensions + DIMENSION_BYTES * k) > 0, BPB_ERR_SIZE,
                "dimension %zu in the IDX header is 0", k + 1);
    for (size_t k = 1; k < count; k++)
        REQUIRE(size_mul(array->rows, load_big32(dimensions + DIMENSION_BYTES * k), &array->rows),
                BPB_ERR_SIZE, TOO_LARGE, k + 1);
    REQUIRE(size_mul(array->rows, array->cols, elements) && *elements <= ARRAY_MAX_ELEMENTS,
            BPB_ERR_SIZE, TOO_LARGE, count);
    return BPB_OK;
}

static bpb_status read_header(struct idx *idx)
{
    unsigned char magic[MAGIC_BYTES], dimensions[DIMENSION_BYTES * MAX_DIMENSIONS];
    size_t count;
    TRY(read_exactly(idx, magic, sizeof magic));
    REQUIRE(BPB_HAVE_ZLIB || !is_gzip(magic), BPB_ERR_UNSUPPORTED,
            "the file is gzip, and this library is built without zlib");
    TRY(read_magic(magic, &idx->array.element, &count));
    TRY(read_exactly(idx, dimensions, DIMENSION_BYTES * count));
    TRY(read_dimensions(dimensions, count, &idx->array, &idx->elements));
    idx->total = idx->got + idx->elements * idx->array.element.bytes;
    return BPB_OK;
}

bpb_status bpb_idx_memory(struct array *array, const unsigned char *bytes, size_t n)
{
    size_t count, elements;
    REQUIRE(n < 2 || !is_gzip(bytes), BPB_ERR_UNSUPPORTED,
            "the file is gzip, which cannot be mapped; unpack it with gzip -dk");
    REQUIRE(n >= MAGIC_BYTES, BPB_ERR_TRUNCATED, TOO_SHORT, n, (size_t)MAGIC_BYTES);
    TRY(read_magic(bytes, &array->element, &count));
    const size_t begin = MAGIC_BYTES + DIMENSION_BYTES * count;
    REQUIRE(n >= begin, BPB_ERR_TRUNCATED, TOO_SHORT, n, begin);
    TRY(read_dimensions(bytes + MAGIC_BYTES, count, array, &elements));
    array->data = bytes + begin;
    const size_t end = begin + elements * array->element.bytes;
    REQUIRE(n >= end, BPB_ERR_TRUNCATED, TOO_SHORT, n, end);
    REQUIRE(n == end, BPB_ERR_FORMAT, TOO_LONG, end);
    return BPB_OK;
}

/* ---- Elements ---- */

bpb_status bpb_idx_open(struct idx *idx, const char *path)
{
    errno = 0;
    idx->got = idx->total = 0;
    idx->stream = stream_open(path);
    if (!idx->stream)
        return bpb_about_file(bpb_refuse_errno("opened"), path);
    const bpb_status status = read_header(idx);
    if (status < 0)
        bpb_idx_close(idx);
    return bpb_about_file(status, path);
}

bpb_status bpb_idx_next(struct idx *idx, unsigned char *raw, size_t count)
{
    return read_exactly(idx, raw, count * idx->array.element.bytes);
}

bpb_status bpb_idx_end(struct idx *idx)
{
    unsigned char beyond;
    size_t got;
    TRY(stream_read(idx->stream, &beyond, 1, &got));
    REQUIRE(got == 0, BPB_ERR_FORMAT, TOO_LONG, idx->got);
    return BPB_OK;
}

void bpb_idx_close(struct idx *idx)
{
    const int error = errno;
    stream_close(idx->stream);
    errno = error;
}
