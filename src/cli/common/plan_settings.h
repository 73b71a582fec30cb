/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan for the products of a net: its options, messages and tables. */
#ifndef CLI_PLAN_SETTINGS_H
#define CLI_PLAN_SETTINGS_H

#include <stddef.h>

#include "bpblas.h"

struct plan_settings {
    size_t threads;     /* maximum; 0: one for each CPU */
    size_t planning;    /* a bpb_planning */
    const char *wisdom; /* a file; NULL: none */
};

/* The maximum number of threads of a pass. */
size_t plan_most_threads(const struct plan_settings *settings);

/* *text = the wisdom, to be freed with bpb_free; NULL: none was given. An int code. */
int plan_read_wisdom(const struct plan_settings *settings, char **text);

/* Say why a plan with these settings cannot be made. An int code. */
int plan_explain(bpb_status status, const struct plan_settings *settings);

/* Say why a net with the widths of --layers cannot be made. An int code. */
int plan_refuse_layers(bpb_status status);

/* A table of the kernels in use: its heading, and the line of an entry if it is chosen. */
void plan_print_choice_heading(void);
void plan_print_choice(const bpb_plan_choice *entry);

/* A table of the time of each kernel. */
void plan_print_time_heading(void);
void plan_print_time(const bpb_plan_choice *entry);

#endif
