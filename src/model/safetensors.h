/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The safetensors container:
 *
 *     | length | header: length bytes of JSON, padded with spaces | data: the tensors |
 *       8 B, little-endian
 *
 *     {"__metadata__": {key: value, ...},
 *      name: {"dtype": "F32", "shape": [rows, cols], "data_offsets": [begin, end]}, ...}
 *
 * Offsets count from the beginning of the data; the tensors cover it without holes.
 */
#ifndef BPB_SAFETENSORS_H
#define BPB_SAFETENSORS_H

#include "base/common.h"

#define SAFETENSORS_LENGTH ((size_t)8)           /* bytes before the header */
#define SAFETENSORS_MAX_HEADER ((size_t)4 << 20) /* bytes; JSON takes up to 100 times that */
#define SAFETENSORS_MAX_METADATA ((size_t)4096)  /* entries */

struct tensor {
    const char *name, *dtype;
    size_t real_bytes; /* 4: F32, 8: F64, 0: any other type */
    size_t dimensions;
    size_t shape[2]; /* the first two dimensions */
    size_t begin, end;
};

struct metadata {
    const char *key, *value;
};

struct safetensors {
    struct tensor *tensors; /* sorted by name */
    size_t n_tensors;
    struct metadata *metadata; /* as in the file */
    size_t n_metadata;
    size_t data_bytes;
    void *json; /* owns the strings */
};

/* BPB_ERR_UNSUPPORTED: a build without JSON, where each function fails so. */
bpb_status bpb_safetensors_require(void);

/* Check the header, which may hold anything. BPB_ERR_FORMAT, BPB_ERR_MEMORY. To be cleared in
 * any case. */
bpb_status bpb_safetensors_parse(struct safetensors *file, const char *header, size_t n);
void bpb_safetensors_clear(struct safetensors *file);

/* The tensor of that name, the value of that key; or NULL. */
const struct tensor *bpb_safetensors_tensor(const struct safetensors *file, const char *name);
const char *bpb_safetensors_value(const struct safetensors *file, const char *key);

/* A header in the making: begin, add in the order of the data, finish. The first failure is kept
 * in status, and given back at the end. */
struct safetensors_writer {
    void *json, *metadata;
    size_t n_metadata;
    size_t data_bytes; /* of the tensors so far */
    bpb_status status;
};

void bpb_safetensors_begin(struct safetensors_writer *writer);
void bpb_safetensors_add_value(struct safetensors_writer *writer, const char *key,
                               const char *value);
void bpb_safetensors_add_tensor(struct safetensors_writer *writer, const char *name,
                                size_t real_bytes, size_t dimensions, const size_t *shape);

/* *bytes = the length and the header, *n in all, allocated. BPB_ERR_SIZE: over the limits, or the
 * data over what can be addressed. BPB_ERR_MEMORY. */
bpb_status bpb_safetensors_finish(struct safetensors_writer *writer, unsigned char **bytes,
                                  size_t *n);

#endif
