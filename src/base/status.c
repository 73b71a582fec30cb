/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/common.h"

const char *bpb_strerror(int status)
{
    switch (status) {
#define STATUS_TEXT(name, value, text) \
    case value:                        \
        return text;
        BPB_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    default:
        return "unknown status";
    }
}

const char *bpb_version(void)
{
    return BPB_VERSION;
}
