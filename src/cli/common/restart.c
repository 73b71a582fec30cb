/* SPDX-License-Identifier: BSD-3-Clause */
#include "restart.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpblas.h"

#define CORE "OPENBLAS_CORETYPE"
#define SWITCH "BPBLAS_NO_RESTART"
#define MARK "BPBLAS_RESTARTED" /* set for the second run, which removes it */

static bool has_word(char **argv, const char *word)
{
    for (; *argv; argv++) {
        if (strcmp(*argv, word) == 0)
            return true;
    }
    return false;
}

/* Whether this is the second run; forgets it, for the sake of our children. */
static bool remove_mark(void)
{
    const bool marked = getenv(MARK);
    unsetenv(MARK);
    return marked;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_switched_off(void)
{
    const char *value = getenv(SWITCH);
    return value && strcmp(value, "1") == 0;
}

void restart_with_right_core(char **argv)
{
    if (remove_mark() || is_switched_off() || getenv(CORE))
        return;
    bpb_blas_info blas;
    if (bpb_blas_health(&blas) != BPB_OK || !blas.below_cpu || !blas.best_core[0])
        return;
    if (!has_word(argv, "--quiet"))
        fprintf(stderr,
                "%s: OpenBLAS chose its %s kernels, far below this CPU: restarting with " CORE
                "=%s (" SWITCH "=1 prevents it)\n",
                base_name(argv[0]), blas.core, blas.best_core);
    if (setenv(CORE, blas.best_core, 1) == 0 && setenv(MARK, "1", 1) == 0)
        execv("/proc/self/exe", argv);
    unsetenv(MARK);
    unsetenv(CORE);
}
