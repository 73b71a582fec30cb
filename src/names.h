/* SPDX-License-Identifier: BSD-3-Clause */
/* Enums by name: a list has the name of value i at [i]. */
#ifndef BPB_NAMES_H
#define BPB_NAMES_H

#include <string.h>

#include "common.h"

#define NAMES(list) list, sizeof(list) / sizeof *(list)

/* NULL: the list does not go so far. */
static inline const char *name_of(const char *const *list, size_t count, unsigned value)
{
    return value < count ? list[value] : NULL;
}

/* BPB_ERR_NULL: no name; BPB_ERR_OPTION: none of the list. */
static inline bpb_status find_name(const char *const *list, size_t count, const char *name,
                                   size_t *value)
{
    REQUIRE(name, BPB_ERR_NULL);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            *value = i;
            return BPB_OK;
        }
    }
    return BPB_ERR_OPTION;
}

#endif
