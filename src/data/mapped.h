/* SPDX-License-Identifier: BSD-3-Clause */
/* An IDX or NumPy file, mapped into memory to be read. */
#ifndef BPB_MAPPED_H
#define BPB_MAPPED_H

#include "data/array.h"

struct mapped_file {
    void *bytes; /* the whole file; NULL: there is none */
    size_t n;
    struct array array;
};

/* Statuses as bpb_mapped_open; nothing is to be closed on an error. */
bpb_status bpb_mapped_file_open(struct mapped_file *file, const char *path);

/* Columns will be asked for in no order: do not read ahead. */
void bpb_mapped_file_shuffled(const struct mapped_file *file);

/* Accepts one that is all zero. Keeps errno. */
void bpb_mapped_file_close(struct mapped_file *file);

#endif
