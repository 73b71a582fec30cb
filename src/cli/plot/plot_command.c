/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot.h"

#include "cli/common/command.h"
#include "cli/common/output.h"
#include "cli/common/paths.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct plot_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "out", .letter = 'o', .kind = &kind_path, .offset = AT(out), .value = "FILE",
     .required = true,
     .help = "the picture, whose kind goes by the end of the name: .png, .svg or .pdf"},
    {0},
};
/* clang-format on */

/* The kinds of pictures. The cairo terminals have letters of any alphabet. */
static const char *terminal_of(const char *path)
{
    static const struct {
        const char *ending, *terminal;
    } kinds[] = {
        {".png", "pngcairo size 960,720"},
        {".svg", "svg size 960,720 background rgb 'white'"},
        {".pdf", "pdfcairo size 20cm,15cm"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (path_ends_in(path, kinds[i].ending))
            return kinds[i].terminal;
    }
    return NULL;
}

static bool check(const struct args *args)
{
    const struct plot_settings *settings = args->settings;
    if (args->n_operands == 0) {
        complain("give at least one log, as bpblas train --log writes it");
        return false;
    }
    if (terminal_of(settings->out))
        return true;
    complain("--out %s: give a name that ends in .png, .svg or .pdf", settings->out);
    return false;
}

static bool computes(const struct args *args)
{
    (void)args;
    return false;
}

static int read_and_draw(struct plot_log *logs, const struct args *args)
{
    const struct plot_settings *settings = args->settings;
    const struct plot plot = {terminal_of(settings->out), logs, args->n_operands};
    for (size_t i = 0; i < args->n_operands; i++)
        ATTEMPT(plot_read(&logs[i], args->operands[i]));
    return plot_draw(&plot, settings->out);
}

static int run(const struct args *args)
{
    const struct plot_settings *settings = args->settings;
    struct plot_log logs[OPERANDS_MAX] = {{0}};
    ATTEMPT(output_check("--out", settings->out, OUTPUT_RENAMED));
    const int code = read_and_draw(logs, args);
    for (size_t i = 0; i < args->n_operands; i++)
        plot_free(&logs[i]);
    return code;
}

const struct command plot_command = {
    .name = "plot",
    .summary = "the curves of logs as a picture, drawn by gnuplot",
    .text = "Draws the losses of each epoch, and beneath them the accuracies where there are any,\n"
            "of one or several logs that bpblas train --log has written. Losses have a\n"
            "logarithmic scale where they span more than a factor of ten. Needs the program\n"
            "gnuplot (Debian: gnuplot-nox).\n",
    .examples = "examples:\n"
                "  bpblas train --data mnist --validate-last 10000 --log run.jsonl\n"
                "  bpblas plot run.jsonl -o curves.png\n"
                "  bpblas plot sigmoid.jsonl relu.jsonl -o both.svg\n",
    .operands = "LOG...",
    .options = options,
    .settings_bytes = sizeof(struct plot_settings),
    .check = check,
    .computes = computes,
    .run = run,
};
