/* SPDX-License-Identifier: BSD-3-Clause */
/* What a *_tmpl.c file may use: it is compiled once with BPB_REAL_BYTES 8 and once with 4. */
#ifndef BPB_TMPL_H
#define BPB_TMPL_H

#if BPB_REAL_BYTES == 8
typedef double real;
#define BPB(name) bpb_##name       /* BPB(net) is bpb_net */
#define BPB_CBLAS(name) cblas_d##name
#define BPB_SELECT(d, s) d        /* a constant that differs between the two */
#define RC(constant) constant
#elif BPB_REAL_BYTES == 4
typedef float real;
#define BPB(name) bpbf_##name
#define BPB_CBLAS(name) cblas_s##name
#define BPB_SELECT(d, s) s
#define RC(constant) constant##f
#else
#error "BPB_REAL_BYTES is 8 or 4"
#endif

#endif
