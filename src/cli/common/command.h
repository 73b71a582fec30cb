/* SPDX-License-Identifier: BSD-3-Clause */
/* A command of the program, and how the program may end. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Functions that return an int code return one of these, or 128 + the signal that stopped a run;
 * unless it is CODE_FINE they have said why on stderr. */
enum code {
    CODE_FINE = 0,
    CODE_FAILED = 1,   /* a file or the memory */
    CODE_USAGE = 2,    /* the command line, or it does not fit the data */
    CODE_NONFINITE = 3, /* a value that is not finite */
    CODE_DISAGREES = 4  /* a derivative, with its differences */
};

/* Hand a code other than CODE_FINE on to the caller. */
#define ATTEMPT(call)                                                                              \
    do {                                                                                           \
        const int code_ = (call);                                                                  \
        if (code_ != CODE_FINE)                                                                    \
            return code_;                                                                          \
    } while (0)

struct args;

struct command {
    const char *name;
    const char *summary;                    /* one line */
    const char *text;                       /* what stands in the help before the options */
    const char *examples;                   /* and after them */
    const char *operands;                   /* words without an option, in the help; NULL: none */
    const struct option *options;           /* the last has no name */
    size_t settings_bytes;                  /* of the struct that the options fill */
    bool (*check)(const struct args *args); /* of options against each other; NULL: none */
    /* Whether to restart with the right BLAS core first; NULL: always. */
    bool (*computes)(const struct args *args);
    int (*run)(const struct args *args);
};

extern const struct command train_command, eval_command, predict_command, explain_command,
    check_command, info_command, plot_command;

#endif
