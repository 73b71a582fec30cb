/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "common.h"

void bpb_free(void *memory)
{
    free(memory);
}
