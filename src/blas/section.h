/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What surrounds a public call that uses the BLAS: the default floating-point environment, and
 * OpenBLAS's threads held at one. That is one number for the process: the first section to be
 * entered saves it and sets it to one, the last to be left restores it, whichever threads these
 * are. Sections do not nest. No lock, and nothing waits while the count stays above 0.
 */
#ifndef BPB_SECTION_H
#define BPB_SECTION_H

#include "common.h"
#include "fpenv.h"

struct section {
    struct fpenv env;
};
void bpb_section_enter(struct section *section);
void bpb_section_leave(const struct section *section);

#endif
