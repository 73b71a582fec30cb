/* SPDX-License-Identifier: BSD-3-Clause */
/* The help texts, on any stream. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* Of the program; commands ends with NULL. */
void help_program(FILE *stream, const struct command *const *commands);

/* Of one command, from its table of options. */
void help_command(FILE *stream, const struct command *command);

#endif
