/* SPDX-License-Identifier: BSD-3-Clause */
/* How the products of a net are done: what options say of it, and how it is shown. */
#ifndef CLI_PLAN_SETTINGS_H
#define CLI_PLAN_SETTINGS_H

#include <stddef.h>

#include "bpblas.h"

struct plan_settings {
    size_t threads;     /* at most; 0: one for each CPU */
    size_t planning;    /* a bpb_planning */
    const char *wisdom; /* a file; NULL: none */
};

/* The most threads that a pass may use. */
size_t plan_most_threads(const struct plan_settings *settings);

/* *text = the wisdom, to be freed with bpb_free; NULL where none is asked for. An int code. */
int plan_read_wisdom(const struct plan_settings *settings, char **text);

/* Say why no plan could be made by these settings. An int code. */
int plan_explain(bpb_status status, const struct plan_settings *settings);

/* Say why no net of the widths in --layers could be made. An int code. */
int plan_refuse_layers(bpb_status status);

/* A table of what each product uses: its heading, and the line of an entry that is chosen. */
void plan_print_choice_heading(void);
void plan_print_choice(const bpb_plan_choice *entry);

/* A table of what each kernel took. */
void plan_print_time_heading(void);
void plan_print_time(const bpb_plan_choice *entry);

#endif
