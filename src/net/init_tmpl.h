/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BPB_INIT_TMPL_H
#define BPB_INIT_TMPL_H

#include "net/net_tmpl.h"

/* Draw theta; init is one of the enum. */
void BPB(init_theta)(const struct shape *shape, bpb_init init, uint64_t seed, real *theta);

#endif
