/* SPDX-License-Identifier: BSD-3-Clause */
/* What a *_tmpl.c file may use: it is compiled once with BPB_REAL_BYTES 8 and once with 4. */
#ifndef BPB_TMPL_H
#define BPB_TMPL_H

#include "bpblas.h"

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

/* The doubles of a view or an out; NULL in double, where data are doubles. */
#define DOUBLES(V) BPB_SELECT(NULL, (V).doubles)

/* The interface's types in this precision: net_t is bpb_net, or bpbf_net. Types that no header of
 * the interface has need no such form: struct pass is another in each of the two. */
typedef BPB(net) net_t;
typedef BPB(plan) plan_t;
typedef BPB(work) work_t;
typedef BPB(view) view_t;
typedef BPB(out) out_t;
typedef BPB(targets) targets_t;
typedef BPB(set) set_t;
typedef BPB(layer) layer_t;
typedef BPB(opt) opt_t;
typedef BPB(data) data_t;
typedef BPB(source) source_t;
typedef BPB(layer_hook) layer_hook_t;
typedef BPB(objective) objective_t;
typedef BPB(mapped) mapped_t;
typedef BPB(functions) functions_t;
typedef BPB(activation_function) activation_function_t;
typedef BPB(loss_function) loss_function_t;

#endif
