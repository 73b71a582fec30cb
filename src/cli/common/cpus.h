/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPUs that this process may run on. */
#ifndef CLI_CPUS_H
#define CLI_CPUS_H

#include <stddef.h>

/* How many; 1 where the system does not tell. */
size_t cpus_allowed(void);

#endif
