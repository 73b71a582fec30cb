/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/idx.h"

#include <errno.h>

#include "data/bytes.h"

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
        return BPB_ERR_TRUNCATED;
    case Z_MEM_ERROR:
        return BPB_ERR_MEMORY;
    case Z_ERRNO:
        return BPB_ERR_IO;
    default:
        return BPB_ERR_FORMAT;
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

static size_t type_bytes(unsigned type)
{
    switch (type) {
    case IDX_U8:
    case IDX_S8:
        return 1;
    case IDX_S16:
        return 2;
    case IDX_S32:
    case IDX_F32:
        return 4;
    case IDX_F64:
        return 8;
    default:
        return 0;
    }
}

/* The first dimension counts the columns, the others make up the rows. */
static bpb_status read_dimensions(struct idx *idx, size_t count)
{
    unsigned char dimensions[4 * 255];
    TRY(read_exactly(idx, dimensions, 4 * count));
    idx->cols = load_big32(dimensions);
    idx->rows = 1;
    for (size_t k = 1; k < count; k++)
        REQUIRE(size_mul(idx->rows, load_big32(dimensions + 4 * k), &idx->rows), BPB_ERR_SIZE);
    REQUIRE(size_mul(idx->rows, idx->cols, &idx->elements), BPB_ERR_SIZE);
    return idx->elements > 0 ? BPB_OK : BPB_ERR_SIZE;
}

static bpb_status read_header(struct idx *idx)
{
    unsigned char magic[4];
    TRY(read_exactly(idx, magic, sizeof magic));
    REQUIRE(BPB_HAVE_ZLIB || magic[0] != 0x1f || magic[1] != 0x8b, BPB_ERR_UNSUPPORTED);
    idx->type = (enum idx_type)magic[2];
    idx->element_bytes = type_bytes(magic[2]);
    const size_t count = magic[3];
    REQUIRE(magic[0] == 0 && magic[1] == 0 && idx->element_bytes && count, BPB_ERR_FORMAT);
    return read_dimensions(idx, count);
}

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
    return read_exactly(idx, raw, count * idx->element_bytes);
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
