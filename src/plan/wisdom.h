/* SPDX-License-Identifier: BSD-3-Clause */
/* The text form of a plan's choices. */
#ifndef BPB_WISDOM_H
#define BPB_WISDOM_H

#include "base/common.h"
#include "plan/product.h"

#define BPB_WISDOM_TITLE "bpblas wisdom 1"

/* One choice; kernel points into the text. */
struct wisdom_line {
    char precision; /* 's' or 'd' */
    enum product product;
    size_t m, n, k;
    const char *kernel;
    size_t kernel_length;
};

/* The next choice of the text, which moves on. BPB_STOPPED: there are no more. BPB_ERR_FORMAT. */
bpb_status bpb_wisdom_read(const char **text, struct wisdom_line *line);

#endif
