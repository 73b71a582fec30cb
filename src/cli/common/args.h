/* SPDX-License-Identifier: BSD-3-Clause */
/* Options: one table for each command drives reading, errors and help. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "kinds.h"

#define OPTIONS_MAX 96
#define OPERANDS_MAX 16

struct option {
    const char *name; /* without the dashes */
    const struct kind *kind;
    size_t offset;      /* of its value in the settings */
    const char *value;  /* what stands for the value in the help; NULL: a flag */
    const char *preset; /* the default, as it would be typed; NULL: none */
    /* Where the default goes by other options: as it would be typed, after those have been read;
     * preset then says so in words, for the help. NULL: preset is it. */
    const char *(*preset_by)(const void *settings);
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
    bool given[OPTIONS_MAX];       /* typed */
    const char *operands[OPERANDS_MAX]; /* words that belong to no option, where it takes them */
    size_t n_operands;
};

/* Read words, which end with NULL, into args->text and *args->settings. false: said why. */
bool args_read(struct args *args, char **words);

/* Whether the option of that name was typed: a default is not. */
bool args_given(const struct args *args, const char *name);

/* "--layers 784,30,10 --eta 3.0 ...": the recorded options in force. */
void args_record(const struct args *args, char *text, size_t bytes);

#endif
