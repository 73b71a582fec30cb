/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings by key, in the order they were first set. */
#ifndef BPB_NOTES_H
#define BPB_NOTES_H

#include "base/common.h"

struct note {
    char *key, *value;
};

struct notes {
    struct note *list;
    size_t count;
};

/* As bpb_net_set_note; on an error the notes are as before. */
bpb_status bpb_notes_set(struct notes *notes, const char *key, const char *value);
const char *bpb_notes_get(const struct notes *notes, const char *key);
void bpb_notes_clear(struct notes *notes);

#endif
