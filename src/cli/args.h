/* SPDX-License-Identifier: BSD-3-Clause */
/* Options: one table for each command drives reading, errors and help. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "kinds.h"

#define OPTIONS_MAX 32

struct option {
    const char *name; /* without the dashes */
    const struct kind *kind;
    size_t offset;      /* of its value in the settings */
    const char *value;  /* what stands for the value in the help; NULL: a flag */
    const char *preset; /* the default, as it would be typed; NULL: none */
    const char *help;   /* one paragraph, whose lines are broken where it is printed */
    char letter;        /* 'o' for -o; 0: none */
    const char *with;   /* refused unless this option is given too; NULL: goes alone */
    bool required;
    bool recorded; /* one of the settings that make a result what it is */
};

/* A command line, read. */
struct args {
    const struct command *command;
    void *settings;                /* command->settings_bytes of zeros before reading */
    const char *text[OPTIONS_MAX]; /* of each option, as typed or preset; NULL: not given */
};

/* Read words, which end with NULL, into args->text and *args->settings. false: said why. */
bool args_read(struct args *args, char **words);

/* "--layers 784,30,10 --eta 3.0 ...": the recorded options in force. */
void args_record(const struct args *args, char *text, size_t bytes);

#endif
