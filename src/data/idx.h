/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IDX files as far as their raw elements:
 *
 *     | 0 0 | type | N | dimension 1 | ... | dimension N | elements, the last dimension fastest |
 *       2 B   1 B   1 B  4 B big-endian each               big-endian, of the type's size
 */
#ifndef BPB_IDX_H
#define BPB_IDX_H

#include "common.h"

enum idx_type {
    IDX_U8 = 0x08,
    IDX_S8 = 0x09,
    IDX_S16 = 0x0B,
    IDX_S32 = 0x0C,
    IDX_F32 = 0x0D,
    IDX_F64 = 0x0E
};

struct idx {
    void *stream; /* the file, behind zlib or stdio */
    enum idx_type type;
    size_t element_bytes;
    size_t rows, cols, elements; /* elements = rows * cols */
};

/* Open the file and read its header. */
bpb_status bpb_idx_open(struct idx *idx, const char *path);

/* The next count elements as they stand in the file; count * element_bytes is at most INT_MAX. */
bpb_status bpb_idx_next(struct idx *idx, unsigned char *raw, size_t count);

/* BPB_ERR_FORMAT where the file goes on. */
bpb_status bpb_idx_end(struct idx *idx);

/* Keeps errno. */
void bpb_idx_close(struct idx *idx);

#endif
