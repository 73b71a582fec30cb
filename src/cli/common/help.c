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
    "bpblas COMMAND --help explains a command; bpblas --version prints the version.\n"
    "\n"
    "A first run. Debian's package dataset-fashion-mnist puts four IDX files into\n"
    "/usr/share/datasets/fashion-mnist; any other folder with files of those names will do:\n"
    "\n"
    "  bpblas train --data /usr/share/datasets/fashion-mnist --save model.safetensors\n"
    "  bpblas eval --data /usr/share/datasets/fashion-mnist --model model.safetensors\n"
    "  bpblas info --model model.safetensors\n"
    "\n"
    "exit codes:\n"
    "  0  done\n"
    "  1  a file could not be read or written or is damaged, or the memory ran out\n"
    "  2  the command line is wrong, or does not fit the data\n"
    "  3  a value that is not finite (NaN or infinity), in the data or in what is computed\n"
    "  4  a derivative disagrees with its differences (bpblas check)\n"
    "  128 + N  stopped by signal N (bpblas train: 130 by SIGINT, 143 by SIGTERM)\n"
    "\n"
    "environment:\n"
    "  OPENBLAS_CORETYPE    the kernels that OpenBLAS uses. Where it is unset and OpenBLAS has\n"
    "                       chosen kernels far below the CPU, commands that compute (all but\n"
    "                       info without --plan) set it and restart themselves once, with one\n"
    "                       line on stderr\n"
    "  BPBLAS_NO_RESTART=1  never restart\n";

void help_program(FILE *stream, const struct command *const *commands)
{
    fputs(program_text, stream);
    for (; *commands; commands++)
        fprintf(stream, "  %-8s %s\n", (*commands)->name, (*commands)->summary);
    fputs(program_rest, stream);
}

/* Text, indented, with a line's end for a space where the line would become too long. */
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

/* What the value may be, and what it is by default. */
static void print_range(FILE *stream, const struct option *option)
{
    char wanted[256], line[320];
    kind_wanted(option->kind, wanted, sizeof wanted);
    if (option->preset)
        snprintf(line, sizeof line, "%s; default %s", wanted, option->preset);
    else
        snprintf(line, sizeof line, "%s%s", wanted, option->required ? "; required" : "");
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
    if (option->value && (option->kind != &kind_path || option->required))
        print_range(stream, option);
}

void help_command(FILE *stream, const struct command *command)
{
    fprintf(stream,
            "usage: bpblas %s%s%s [OPTION...]\n\n%s\noptions (--name VALUE or --name=VALUE; of a "
            "repeated one the last counts):\n",
            command->name, command->operands ? " " : "",
            command->operands ? command->operands : "", command->text);
    for (const struct option *option = command->options; option->name; option++)
        print_option(stream, option);
    fprintf(stream, "\n%s\nexit codes and environment: see bpblas --help\n", command->examples);
}
