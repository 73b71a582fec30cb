/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/alloc.h"

#include <stdlib.h>

#define ALIGNMENT 64

void *bpb_alloc_aligned(size_t n, size_t bytes)
{
    size_t size;
    if (!size_mul(n, bytes, &size) || size > PTRDIFF_MAX - ALIGNMENT)
        return NULL;
    return aligned_alloc(ALIGNMENT, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

void bpb_free(void *memory)
{
    free(memory);
}
