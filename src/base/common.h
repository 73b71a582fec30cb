/* SPDX-License-Identifier: BSD-3-Clause */
/* What every room may use. */
#ifndef BPB_COMMON_H
#define BPB_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "bpblas.h"

/* Widths and batches end up in the BLAS's 32-bit integers. */
#define BPB_INT_MAX ((size_t)0x7fffffff)

#define BPB_MIN(a, b) ((a) < (b) ? (a) : (b))
#define BPB_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Hand an error (not a warning) on to the caller. */
#define TRY(call)                              \
    do {                                       \
        const bpb_status try_status_ = (call); \
        if (try_status_ < 0)                   \
            return try_status_;                \
    } while (0)

/* Whether an int that is a flag is one. */
static inline bool is_flag(int x)
{
    return x == 0 || x == 1;
}

/* a * b and a + b into *result; false where they exceed size_t. */
static inline bool size_mul(size_t a, size_t b, size_t *result)
{
    *result = a * b;
    return b == 0 || a <= SIZE_MAX / b;
}
static inline bool size_add(size_t a, size_t b, size_t *result)
{
    *result = a + b;
    return a <= SIZE_MAX - b;
}

#endif
