/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BLAS_THREADS_H
#define BENCH_BLAS_THREADS_H

/* Set the threads of the BLAS and return how many there were; does nothing for 0, or where the
 * BLAS is not OpenBLAS, and then returns 0. */
int blas_set_threads(int threads);

#endif
