/* SPDX-License-Identifier: BSD-3-Clause */
/* What gnuplot is told: the data, and two panels. */
#include "plot.h"

#include <math.h>

#define SPAN_FOR_LOG 10.0 /* of the losses: the scale is logarithmic above it */

/* Sets of samples, in the order of the curves. */
static const char *const sets[] = {"train", "validation", "test"};
#define SETS ((int)(sizeof sets / sizeof sets[0]))

/* Colours that differ for the colour-blind too (Okabe and Ito 2008). */
static const char *const colours[] = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                      "#CC79A7", "#56B4E9", "#000000"};
#define COLOURS (sizeof colours / sizeof colours[0])

/* ---- Texts ---- */

/* Between single quotes nothing is special but these; a line must not end. */
static void put_quoted(FILE *file, const char *text)
{
    fputc('\'', file);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        fputs(c == '\'' ? "'" : "", file);
        fputc(c < 0x20 || c == 0x7f ? '?' : c, file);
    }
    fputc('\'', file);
}

/* "run.jsonl, train"; one log needs no name. */
static void put_title(FILE *file, const struct plot *plot, size_t log, int set)
{
    char title[512];
    snprintf(title, sizeof title, "%s%s%s", plot->n > 1 ? plot->logs[log].path : "",
             plot->n > 1 ? ", " : "", sets[set]);
    fputs(" title ", file);
    put_quoted(file, title);
}

/* ---- Data ---- */

static void put_value(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, " %.17g", value);
    else
        fputs(" NaN", file);
}

static void put_data(FILE *file, const struct plot_log *log, size_t number)
{
    fprintf(file, "$log%zu << END\n", number);
    for (size_t i = 0; i < log->n; i++) {
        fprintf(file, "%.17g", log->epochs[i].epoch);
        for (int c = 0; c < CURVES; c++)
            put_value(file, log->epochs[i].value[c]);
        fputc('\n', file);
    }
    fputs("END\n", file);
}

/* ---- Panels ---- */

static bool has_panel(const struct plot *plot, int first)
{
    for (size_t i = 0; i < plot->n; i++) {
        for (int set = 0; set < SETS; set++) {
            if (plot->logs[i].has[first + set])
                return true;
        }
    }
    return false;
}

/* The least and the greatest loss of a log, beyond what is there already. */
static void widen(const struct plot_log *log, double *least, double *most)
{
    for (size_t i = 0; i < log->n; i++) {
        for (int c = 0; c < CURVE_FIRST_ACCURACY; c++) {
            *least = fmin(*least, log->epochs[i].value[c]);
            *most = fmax(*most, log->epochs[i].value[c]);
        }
    }
}

static bool wants_log_scale(const struct plot *plot)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < plot->n; i++)
        widen(&plot->logs[i], &least, &most);
    return least > 0.0 && most > SPAN_FOR_LOG * least;
}

/* One log has a colour for each set; several have one for each log, and sets differ by dashes. */
static void put_curve(FILE *file, const struct plot *plot, size_t log, int first, int set)
{
    const size_t colour = (plot->n > 1 ? log : (size_t)set) % COLOURS;
    fprintf(file, "$log%zu using 1:%d with linespoints linecolor rgb '%s' dashtype %d linewidth 2 "
                  "pointtype 7 pointsize 0.3",
            log, first + set + 2, colours[colour], plot->n > 1 ? set + 1 : 1);
    put_title(file, plot, log, set);
}

static void put_panel(FILE *file, const struct plot *plot, int first, const char *name)
{
    const char *before = "plot ";
    fprintf(file, "set ylabel '%s'\n", name);
    for (size_t i = 0; i < plot->n; i++) {
        for (int set = 0; set < SETS; set++) {
            if (!plot->logs[i].has[first + set])
                continue;
            fputs(before, file);
            put_curve(file, plot, i, first, set);
            before = ", ";
        }
    }
    fputc('\n', file);
}

void plot_write_script(FILE *file, const struct plot *plot)
{
    const bool losses = has_panel(plot, 0), accuracies = has_panel(plot, CURVE_FIRST_ACCURACY);
    fprintf(file, "set encoding utf8\nset terminal %s\n", plot->terminal);
    for (size_t i = 0; i < plot->n; i++)
        put_data(file, &plot->logs[i], i);
    fputs("set grid\nset key below horizontal noenhanced\nset xlabel 'epoch'\n"
          "set datafile missing 'NaN'\nset lmargin 12\n", file);
    if (losses && accuracies)
        fputs("set multiplot layout 2,1\n", file);
    if (wants_log_scale(plot))
        fputs("set logscale y\n", file);
    if (losses)
        put_panel(file, plot, CURVE_TRAIN_LOSS, "loss");
    fputs("unset logscale y\n", file);
    if (accuracies)
        put_panel(file, plot, CURVE_FIRST_ACCURACY, "accuracy");
    if (losses && accuracies)
        fputs("unset multiplot\n", file);
}
