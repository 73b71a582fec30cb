/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples from one file of numbers. */
#ifndef CLI_TABLE_READ_TMPL_H
#define CLI_TABLE_READ_TMPL_H

#include "bpblas.h"
#include "samples_tmpl.h"
#include "table.h"
#include "base/tmpl.h"

/* Read X, and T or labels, as the settings choose them. inputs NULL: all other fields. Labels that
 * are texts are names of known, or, if known is NULL, become classes 0, 1, ... in their order. An
 * int code; the samples are to be freed in any case. */
int BPB(cli_read_table)(struct samples *samples, const struct table_settings *settings,
                        const struct classes *known);

/*
 * The same for an existing net. Fields that are not given are chosen by the names in the notes of
 * the net. If the file has no names, they are chosen by their order: inputs, then targets, or the
 * class if the loss takes one.
 */
int BPB(cli_read_table_for)(struct samples *samples, const net_t *net, const char *model,
                            const struct table_settings *settings);

/* Read X only, for an existing net. The file need not have targets. */
int BPB(cli_read_inputs_for)(struct samples *samples, const net_t *net,
                             const char *model, const struct table_settings *settings);

/* The names of the net's classes, to be freed with bpb_free. An int code. */
int BPB(cli_class_names)(const net_t *net, struct classes *classes);

/* Note in the net which fields it was trained on. An int code. */
int BPB(cli_note_fields)(net_t *net, const struct samples *samples);

/* Whether the net's targets may be class indices. */
bool BPB(cli_takes_classes)(const net_t *net);

#endif
