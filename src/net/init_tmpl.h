/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BPB_INIT_TMPL_H
#define BPB_INIT_TMPL_H

#include "net/net_tmpl.h"

/* BPB_ERR_OPTION, BPB_ERR_UNSUPPORTED: what cannot be drawn. */
bpb_status BPB(init_check)(bpb_init init);

/* Draw theta; init has passed the check. BPB_ERR_MEMORY: theta is untouched. */
bpb_status BPB(init_theta)(const struct shape *shape, bpb_init init, uint64_t seed, real *theta);

#endif
