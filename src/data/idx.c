/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/idx.h"

#include <errno.h>

#include "base/bytes.h"

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
        REFUSE(BPB_ERR_TRUNCATED);
    case Z_MEM_ERROR:
        REFUSE(BPB_ERR_MEMORY);
    case Z_ERRNO:
        REFUSE(BPB_ERR_IO);
    default:
        REFUSE(BPB_ERR_FORMAT);
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
    return ferror((FILE *)stream) ? BPB_ERR_IO : BPB_OK;
}

static void stream_close(void *stream)
{
    fclose(stream);
}
#endif

static bpb_status read_exactly(struct idx *idx, unsigned char *out, size_t n)
{
    size_t got;
    TRY(stream_read(idx->stream, out, n, &got));
    return got == n ? BPB_OK : BPB_ERR_TRUNCATED;
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
    REQUIRE(magic[0] == 0 && magic[1] == 0 && *count > 0, BPB_ERR_FORMAT);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        if (types[k].code != magic[2])
            continue;
        *element = types[k].element;
        return BPB_OK;
    }
    REFUSE(BPB_ERR_FORMAT);
}

/* The first dimension counts the columns, the others make up the rows. */
static bpb_status read_dimensions(const unsigned char *dimensions, size_t count,
                                  struct array *array, size_t *elements)
{
    array->is_fortran = false;
    array->cols = load_big32(dimensions);
    array->rows = 1;
    for (size_t k = 1; k < count; k++)
        REQUIRE(size_mul(array->rows, load_big32(dimensions + DIMENSION_BYTES * k), &array->rows),
                BPB_ERR_SIZE);
    REQUIRE(size_mul(array->rows, array->cols, elements), BPB_ERR_SIZE);
    return *elements > 0 && *elements <= ARRAY_MAX_ELEMENTS ? BPB_OK : BPB_ERR_SIZE;
}

static bpb_status read_header(struct idx *idx)
{
    unsigned char magic[MAGIC_BYTES], dimensions[DIMENSION_BYTES * MAX_DIMENSIONS];
    size_t count;
    TRY(read_exactly(idx, magic, sizeof magic));
    REQUIRE(BPB_HAVE_ZLIB || !is_gzip(magic), BPB_ERR_UNSUPPORTED);
    TRY(read_magic(magic, &idx->array.element, &count));
    TRY(read_exactly(idx, dimensions, DIMENSION_BYTES * count));
    return read_dimensions(dimensions, count, &idx->array, &idx->elements);
}

bpb_status bpb_idx_memory(struct array *array, const unsigned char *bytes, size_t n)
{
    size_t count, elements;
    REQUIRE(n < 2 || !is_gzip(bytes), BPB_ERR_UNSUPPORTED);
    REQUIRE(n >= MAGIC_BYTES, BPB_ERR_TRUNCATED);
    TRY(read_magic(bytes, &array->element, &count));
    const size_t begin = MAGIC_BYTES + DIMENSION_BYTES * count;
    REQUIRE(n >= begin, BPB_ERR_TRUNCATED);
    TRY(read_dimensions(bytes + MAGIC_BYTES, count, array, &elements));
    array->data = bytes + begin;
    const size_t needed = elements * array->element.bytes, given = n - begin;
    REQUIRE(given >= needed, BPB_ERR_TRUNCATED);
    return given == needed ? BPB_OK : BPB_ERR_FORMAT;
}

/* ---- Elements ---- */

bpb_status bpb_idx_open(struct idx *idx, const char *path)
{
    errno = 0;
    idx->stream = stream_open(path);
    if (!idx->stream)
        return errno == ENOMEM ? BPB_ERR_MEMORY : BPB_ERR_IO;
    const bpb_status status = read_header(idx);
    if (status < 0)
        bpb_idx_close(idx);
    return status;
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
    return got == 0 ? BPB_OK : BPB_ERR_FORMAT;
}

void bpb_idx_close(struct idx *idx)
{
    const int error = errno;
    stream_close(idx->stream);
    errno = error;
}
