/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples from one file of numbers. */
#ifndef CLI_TABLE_READ_TMPL_H
#define CLI_TABLE_READ_TMPL_H

#include "bpblas.h"
#include "samples_tmpl.h"
#include "table.h"
#include "base/tmpl.h"

/* X, and T or labels, as the settings choose them, one of which is to be there. inputs NULL: all
 * other fields. Labels that are texts are those of known; NULL: become classes 0, 1, ... in their
 * order. An int code; the samples are to be freed in any case. */
int BPB(cli_read_table)(struct samples *samples, const struct table_settings *settings,
                        const struct classes *known);

/*
 * The same for a net that is there: what is not given is chosen by the names that the net keeps of
 * the data it was trained on, and where the file has none, by the order: inputs, then targets, or
 * the class where the net takes one.
 */
int BPB(cli_read_table_for)(struct samples *samples, const net_t *net, const char *model,
                            const struct table_settings *settings);

/* The inputs alone, for a net that is there: X of the samples. The file may have no more. */
int BPB(cli_read_inputs_for)(struct samples *samples, const net_t *net,
                             const char *model, const struct table_settings *settings);

/* The names of the net's classes, to be freed with bpb_free. An int code. */
int BPB(cli_class_names)(const net_t *net, struct classes *classes);

/* Keep in the net which fields it has learnt from. An int code. */
int BPB(cli_note_fields)(net_t *net, const struct samples *samples);

/* Whether the net's targets may be class indices. */
bool BPB(cli_takes_classes)(const net_t *net);

#endif
