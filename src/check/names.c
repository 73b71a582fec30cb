/* SPDX-License-Identifier: BSD-3-Clause */
#include "common.h"

static const char *const names[BPB_CHECKS] = {
    [BPB_CHECK_GRADIENT] = "gradient", [BPB_CHECK_INPUTS] = "inputs",
    [BPB_CHECK_JACOBIAN] = "jacobian", [BPB_CHECK_JVP] = "jvp",
    [BPB_CHECK_VJP] = "vjp",           [BPB_CHECK_HVP] = "hvp",
};

const char *bpb_check_name(bpb_check_kind check)
{
    return (unsigned)check < BPB_CHECKS ? names[check] : NULL;
}
