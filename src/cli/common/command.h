/* SPDX-License-Identifier: BSD-3-Clause */
/* A command of the program, and how the program may end. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Functions that return an int code return one of these, or 128 + the signal that stopped a run.
 * If the code is not CODE_FINE, they have said why on stderr. */
enum code {
    CODE_FINE = 0,
    CODE_FAILED = 1,    /* a file or the memory */
    CODE_USAGE = 2,     /* the command line is wrong, or does not fit the data */
    CODE_NONFINITE = 3, /* a value is not finite */
    CODE_DISAGREES = 4  /* a derivative disagrees with its finite difference */
};

/* Return a code other than CODE_FINE to the caller. */
#define ATTEMPT(call)                                                                              \
    do {                                                                                           \
        const int code_ = (call);                                                                  \
        if (code_ != CODE_FINE)                                                                    \
            return code_;                                                                          \
    } while (0)

struct args;
struct option_group;

struct command {
    const char *name;
    const char *summary;                    /* one line */
    const char *text;                       /* of the help, before the options */
    const char *examples;                   /* of the help, after the options */
    const char *operands;                   /* name of words without an option; NULL: none */
    const struct option_group *groups;      /* the last has no options */
    size_t settings_bytes;                  /* of the struct that the options fill */
    bool (*check)(const struct args *args); /* whether options go together; NULL: no check */
    /* Whether the command computes, and so restarts with the right BLAS core; NULL: always. */
    bool (*computes)(const struct args *args);
    int (*run)(const struct args *args);
};

extern const struct command train_command, eval_command, predict_command, explain_command,
    check_command, info_command, plot_command;

#endif
