/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/section.h"

#include <sched.h>
#include <stdatomic.h>

#include "blas/openblas.h"

/* How many sections are running; CHANGING while the first or last of them sets the threads.
 * The one global of the library: it guards a number that OpenBLAS has once for the process. */
static atomic_int running;
enum { CHANGING = -1 };
static int callers_threads; /* what to restore; written only by who holds CHANGING */

static void hold_threads(void)
{
    int n = atomic_load(&running);
    for (;;) {
        if (n > 0 && atomic_compare_exchange_weak(&running, &n, n + 1))
            return;
        if (n == 0 && atomic_compare_exchange_weak(&running, &n, CHANGING))
            break;
        if (n == CHANGING) {
            sched_yield();
            n = atomic_load(&running);
        }
    }
    callers_threads = openblas_get_num_threads();
    if (callers_threads != 1)
        openblas_set_num_threads(1);
    atomic_store(&running, 1);
}

static void release_threads(void)
{
    int n = atomic_load(&running);
    while (n != 1 || !atomic_compare_exchange_weak(&running, &n, CHANGING))
        if (n > 1 && atomic_compare_exchange_weak(&running, &n, n - 1))
            return;
    if (callers_threads != 1)
        openblas_set_num_threads(callers_threads);
    atomic_store(&running, 0);
}

static bool threads_can_be_held(void)
{
    return openblas_get_num_threads && openblas_set_num_threads;
}

void bpb_section_enter(struct section *section, bool uses_blas)
{
    fpenv_enter(&section->env);
    section->holds_threads = uses_blas && threads_can_be_held();
    if (section->holds_threads)
        hold_threads();
}

void bpb_section_leave(const struct section *section)
{
    if (section->holds_threads)
        release_threads();
    fpenv_leave(&section->env);
}
