/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What surrounds a public call that uses the BLAS: the default floating-point environment, and
 * OpenBLAS's threads held at one. That is one number for the process: the first section to be
 * entered saves it and sets it to one, the last to be left restores it, whichever threads these
 * are. Sections do not nest. No lock, and nothing waits while the count stays above 0. A call
 * whose products are all our own leaves the BLAS alone.
 */
#ifndef BPB_SECTION_H
#define BPB_SECTION_H

#include "base/common.h"
#include "base/fpenv.h"

struct section {
    struct fpenv env;
    bool holds_threads;
};
void bpb_section_enter(struct section *section, bool uses_blas);
void bpb_section_leave(const struct section *section);

#endif
