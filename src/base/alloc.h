/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BPB_ALLOC_H
#define BPB_ALLOC_H

#include "base/common.h"

/* n entries of some bytes each, uninitialised, on a 64-byte boundary; free them with free. NULL: out
 * of memory, or n * bytes is too large. */
void *bpb_alloc_aligned(size_t n, size_t bytes);

#endif
