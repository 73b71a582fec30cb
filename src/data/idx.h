/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IDX files as far as their raw elements:
 *
 *     | 0 0 | type | N | dimension 1 | ... | dimension N | elements, the last dimension fastest |
 *       2 B   1 B   1 B  4 B big-endian each               big-endian, of the type's size
 */
#ifndef BPB_IDX_H
#define BPB_IDX_H

#include "base/common.h"
#include "data/array.h"

struct idx {
    void *stream;       /* the file, behind zlib or stdio */
    struct array array; /* without its data, of which there are */
    size_t elements;
    size_t got, total; /* bytes that were read (unpacked), and that there should be; 0: unknown */
};

/* Open the file and read its header. */
bpb_status bpb_idx_open(struct idx *idx, const char *path);

/* The next count elements as they stand in the file; count of them have at most INT_MAX bytes. */
bpb_status bpb_idx_next(struct idx *idx, unsigned char *raw, size_t count);

/* BPB_ERR_FORMAT where the file goes on. */
bpb_status bpb_idx_end(struct idx *idx);

/* The array of a file whose n bytes are in memory. BPB_ERR_FORMAT, BPB_ERR_TRUNCATED,
 * BPB_ERR_SIZE; BPB_ERR_UNSUPPORTED: it is in gzip. */
bpb_status bpb_idx_memory(struct array *array, const unsigned char *bytes, size_t n);

/* Keeps errno. */
void bpb_idx_close(struct idx *idx);

#endif
