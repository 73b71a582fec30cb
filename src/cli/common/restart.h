/* SPDX-License-Identifier: BSD-3-Clause */
/* A restart with better BLAS kernels, for a program that owns its process. Uses bpblas.h only. */
#ifndef CLI_RESTART_H
#define CLI_RESTART_H

/*
 * If OPENBLAS_CORETYPE is unset and OpenBLAS has chosen kernels slower than the CPU allows, set the
 * variable to the right core and execute this program again with argv, that of main. Prints one
 * line on stderr, unless --quiet is in argv. Returns in all other cases: in the second run, with
 * the environment variable BPBLAS_NO_RESTART=1, or if the execution fails.
 */
void restart_with_right_core(char **argv);

#endif
