/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas: train and run networks from the command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpblas.h"
#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/help.h"
#include "cli/common/restart.h"
#include "cli/common/say.h"

static const struct command *const commands[] = {&train_command,   &eval_command,  &predict_command,
                                                 &explain_command, &check_command, &plot_command,
                                                 &info_command,    NULL};

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/* What has been printed may still fail to arrive, on a full disk for example. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    complain("cannot write to standard output: %s", strerror(errno));
    return code == CODE_FINE ? CODE_FAILED : code;
}

static int read_and_run(struct args *args, char **argv)
{
    const struct command *command = args->command;
    if (!args->settings)
        return complain_status(BPB_ERR_MEMORY, "run", command->name);
    if (!args_read(args, argv + 2) || (command->check && !command->check(args)))
        return CODE_USAGE;
    if (!command->computes || command->computes(args))
        restart_with_right_core(argv);
    return command->run(args);
}

static int run_command(const struct command *command, char **argv)
{
    for (char **word = argv + 2; *word; word++) {
        if (is_help(*word)) {
            help_command(stdout, command);
            return CODE_FINE;
        }
    }
    struct args args = {.command = command, .settings = calloc(1, command->settings_bytes)};
    const int code = read_and_run(&args, argv);
    free(args.settings);
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help_program(stderr, commands);
        return CODE_USAGE;
    }
    if (is_help(argv[1])) {
        help_program(stdout, commands);
        return finish(CODE_FINE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("bpblas %s\n", bpb_version());
        return finish(CODE_FINE);
    }
    const struct command *command = find_command(argv[1]);
    if (!command) {
        complain("%s is no command: give train, eval, predict, explain, check, plot or info, or "
                 "--help",
                 argv[1]);
        return CODE_USAGE;
    }
    return finish(run_command(command, argv));
}
