/* SPDX-License-Identifier: BSD-3-Clause */
#include "subject.h"

bpb_status subject_sweep(const struct subject *subject, enum op op)
{
    for (size_t first = 0; first < subject->samples; first += subject->batch)
        TRY(subject->run[op](subject->state, first));
    return BPB_OK;
}

void subject_destroy(struct subject *subject)
{
    if (subject->state != NULL)
        subject->destroy(subject->state);
    *subject = (struct subject){0};
}
