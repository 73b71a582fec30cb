/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* sched_getaffinity and its sets */
#include "cpus.h"

#include <sched.h>

size_t cpus_allowed(void)
{
#ifdef CPU_COUNT_S
    cpu_set_t sets[16]; /* one alone is too small for a machine of more than 1024 */
    if (sched_getaffinity(0, sizeof sets, sets) == 0 && CPU_COUNT_S(sizeof sets, sets) > 0)
        return (size_t)CPU_COUNT_S(sizeof sets, sets);
#endif
    return 1;
}
