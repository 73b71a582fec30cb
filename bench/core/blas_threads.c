/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas_threads.h"

#include <stddef.h>

/* OpenBLAS's own; weak, so that any other CBLAS links. */
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

int blas_set_threads(int threads)
{
    if (threads == 0 || openblas_get_num_threads == NULL || openblas_set_num_threads == NULL)
        return 0;
    const int found = openblas_get_num_threads();
    if (found != threads)
        openblas_set_num_threads(threads);
    return found;
}
