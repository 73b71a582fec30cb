/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenBLAS's own calls: weak, so that they are NULL where another CBLAS is linked. */
#ifndef BPB_OPENBLAS_H
#define BPB_OPENBLAS_H

#define WEAK __attribute__((weak))
extern int openblas_get_num_threads(void) WEAK;
extern void openblas_set_num_threads(int threads) WEAK;
extern char *openblas_get_config(void) WEAK;
extern char *openblas_get_corename(void) WEAK;
#undef WEAK

#endif
