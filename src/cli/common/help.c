/* SPDX-License-Identifier: BSD-3-Clause */
#include "help.h"

#include <string.h>

#include "args.h"

#define INDENT 6
#define WIDTH 80

static const char program_text[] =
    "usage: bpblas COMMAND [OPTION...]\n"
    "\n"
    "Trains and runs dense feed-forward networks by back-propagation.\n"
    "\n"
    "commands:\n";

static const char program_rest[] =
    "\n"
    "bpblas COMMAND --help explains a command. bpblas --version prints the version.\n"
    "\n"
    "A first run. Debian's package dataset-fashion-mnist installs four IDX files in\n"
    "/usr/share/datasets/fashion-mnist. Any folder with files of the same names works:\n"
    "\n"
    "  bpblas train --data /usr/share/datasets/fashion-mnist --save model.safetensors\n"
    "  bpblas eval --data /usr/share/datasets/fashion-mnist --model model.safetensors\n"
    "  bpblas info --model model.safetensors\n"
    "\n"
    "exit codes:\n"
    "  0  success\n"
    "  1  a file cannot be read or written, or is damaged, or memory is exhausted\n"
    "  2  the command line is wrong, or does not fit the data\n"
    "  3  a value in the data or in a result is not finite (NaN or infinity)\n"
    "  4  a derivative disagrees with its finite difference (bpblas check)\n"
    "  128 + N  stopped by signal N (bpblas train: 130 by SIGINT, 143 by SIGTERM)\n"
    "\n"
    "environment:\n"
    "  OPENBLAS_CORETYPE    the kernels that OpenBLAS uses. If this variable is unset and\n"
    "                       OpenBLAS has chosen kernels far slower than the CPU allows,\n"
    "                       commands that compute set it and restart once. They print one\n"
    "                       line on stderr. All commands compute, except plot, and info\n"
    "                       without --plan\n"
    "  BPBLAS_NO_RESTART=1  never restart\n";

void help_program(FILE *stream, const struct command *const *commands)
{
    fputs(program_text, stream);
    for (; *commands; commands++)
        fprintf(stream, "  %-8s %s\n", (*commands)->name, (*commands)->summary);
    fputs(program_rest, stream);
}

/* Print the text indented, in lines of at most WIDTH characters. */
static void print_wrapped(FILE *stream, const char *text)
{
    size_t column = 0;
    while (*text) {
        const size_t length = strcspn(text, " ");
        const bool is_full = column + 1 + length > WIDTH;
        if (column == 0 || is_full)
            column = (size_t)fprintf(stream, "%s%*s", is_full ? "\n" : "", INDENT, "") - is_full;
        else
            column += (size_t)fprintf(stream, " ");
        column += (size_t)fprintf(stream, "%.*s", (int)length, text);
        text += length + (text[length] == ' ');
    }
    fputc('\n', stream);
}

/* "[a number above 0; default 0.1]": the values that are allowed, and the default. */
static void print_range(FILE *stream, const struct option *option)
{
    const char *preset = option->preset ? option->preset : option->absent;
    const bool has_values = option->value && option->kind != &kind_path;
    char wanted[256] = "", line[640];
    if (has_values)
        kind_wanted(option->kind, wanted, sizeof wanted);
    if (!has_values && !preset && !option->required)
        return;
    snprintf(line, sizeof line, "[%s%s%s%s]", wanted,
             has_values && (preset || option->required) ? "; " : "",
             preset             ? "default "
             : option->required ? "required"
                                : "",
             preset ? preset : "");
    print_wrapped(stream, line);
}

static void print_option(FILE *stream, const struct option *option)
{
    fputs("  ", stream);
    if (option->letter != 0)
        fprintf(stream, "-%c, ", option->letter);
    fprintf(stream, "--%s%s%s", option->name, option->value ? " " : "",
            option->value ? option->value : "");
    if (option->with)
        fprintf(stream, "  (with --%s)", option->with);
    fputc('\n', stream);
    print_wrapped(stream, option->help);
    print_range(stream, option);
}

void help_command(FILE *stream, const struct command *command)
{
    fprintf(stream,
            "usage: bpblas %s%s%s [OPTION...]\n\n%s\n"
            "Options are written --name VALUE or --name=VALUE. If an option is repeated, the last\n"
            "one counts.\n",
            command->name, command->operands ? " " : "", command->operands ? command->operands : "",
            command->text);
    for (const struct option_group *group = command->groups; group->options; group++) {
        if (group->heading)
            fprintf(stream, "\n%s:\n", group->heading);
        for (const struct option *option = group->options; option->name; option++)
            print_option(stream, option);
    }
    fprintf(stream, "\n%s\nFor exit codes and environment variables see bpblas --help.\n",
            command->examples);
}
