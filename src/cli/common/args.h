/* SPDX-License-Identifier: BSD-3-Clause */
/* Options: the tables of a command drive reading, errors and help. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "kinds.h"

#define OPTIONS_MAX 96
#define OPERANDS_MAX 16

struct args;

struct option {
    const char *name; /* without the dashes */
    const struct kind *kind;
    size_t offset;      /* of its value in the struct that the table is about */
    const char *value;  /* the name of the value in the help; NULL: a flag */
    const char *preset; /* the default, as the user would type it; NULL: none */
    /* If the default depends on other options: a function that returns it, as the user would type
     * it, after all other options have been read. preset then describes it in words. */
    const char *(*preset_by)(const struct args *args);
    const char *absent; /* for the help, if there is no preset: what applies without the option */
    const char *help;   /* one paragraph; the lines are broken when it is printed */
    char letter;        /* 'o' for -o; 0: none */
    const char *with;   /* the option that this one requires; NULL: none */
    bool required;
    bool recorded; /* a setting that the result depends on: noted in the model */
};

/* A table of options under one heading of the help. */
struct option_group {
    const char *heading;          /* NULL: the group continues the one before */
    const struct option *options; /* the last has no name */
    size_t base;                  /* where the struct of the table lies in the settings */
};

/* An option of the command, with what the command line says about it. */
struct arg {
    const struct option *option;
    void *value;      /* in the settings */
    const char *text; /* as typed or preset; NULL: not given */
    bool given;       /* typed by the user */
};

/* A command line, read. */
struct args {
    const struct command *command;
    void *settings; /* command->settings_bytes of zeros before reading */
    struct arg list[OPTIONS_MAX];
    size_t n;
    const char *operands[OPERANDS_MAX]; /* words that belong to no option, if it takes any */
    size_t n_operands;
};

/* Read words, which end with NULL, into args and *args->settings. false: said why. */
bool args_read(struct args *args, char **words);

/* Whether the user typed the option of that name; a default does not count. */
bool args_given(const struct args *args, const char *name);

/* The first option of the list that the user typed; the list ends with NULL. NULL: none. */
const char *args_first_given(const struct args *args, const char *const *names);

/* "--layers 784,30,10 --eta 3.0 ...": the recorded options in force. */
void args_record(const struct args *args, char *text, size_t bytes);

#endif
