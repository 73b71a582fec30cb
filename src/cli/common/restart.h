/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that owns its process may start again with a better BLAS kernel; this stands alone. */
#ifndef CLI_RESTART_H
#define CLI_RESTART_H

/*
 * Where OPENBLAS_CORETYPE is unset and OpenBLAS has chosen kernels below the CPU, set it to the
 * right ones and execute this program again with argv, which is main's. Says so in one line on
 * stderr, unless --quiet is among argv. Returns in every other case: the second run, the
 * environment variable BPBLAS_NO_RESTART=1, or an execution that fails.
 */
void restart_with_right_core(char **argv);

#endif
