/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_command.h"

#include <stdio.h>

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/json_writer.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct check_settings, member)
#define ROWS_BY_DEFAULT 10
#define PLACE_BYTES 96

/* clang-format off */
static const struct option options[] = {
    PAIRS_OPTIONS(struct check_settings, "without it the first ten"),
    {.name = "entries", .kind = &kind_size, .offset = AT(entries), .value = "N", .preset = "100",
     .help = "most entries tried of each W, each b and the inputs, drawn at random"},
    {.name = "seed", .kind = &kind_seed, .offset = AT(seed), .value = "S", .preset = "1",
     .help = "of the entries, and of the directions of products"},
    {.name = "tolerance", .kind = &kind_rate, .offset = AT(tolerance), .value = "X",
     .preset = "1", .help = "an entry may differ by X times its uncertainty"},
    {.name = "only", .kind = &kind_checks, .offset = AT(only), .value = "LIST",
     .help = "which derivatives; without it all"},
    {.name = "json", .kind = &kind_flag, .offset = AT(json),
     .help = "print one JSON object and no table"},
    {.name = "precision", .kind = &kind_stored, .offset = AT(precision), .value = "NAME",
     .preset = "stored",
     .help = "of the arithmetic; stored is what the model was trained in"},
    {0},
};
/* clang-format on */

static bool is_wanted(const struct check_settings *settings, int check)
{
    return settings->only == 0 || (settings->only >> check & 1) != 0;
}

/* ---- The table ---- */

/* Where an entry stands: units from 1, samples by their numbers in the data. */
static void name_place(const struct check_findings *findings, int check, char *text)
{
    const bpb_check_entry *at = &findings->report.result[check].worst;
    const size_t sample = at->layer == 0 ? findings->rows[at->col] : 0;
    const size_t output = at->row % findings->outputs, input = at->row / findings->outputs;
    if (at->layer > 0 && at->col == findings->inputs[check])
        snprintf(text, PLACE_BYTES, "b%zu_%zu", at->layer, at->row + 1);
    else if (at->layer > 0)
        snprintf(text, PLACE_BYTES, "W%zu[%zu,%zu]", at->layer, at->row + 1, at->col + 1);
    else if (check == BPB_CHECK_JACOBIAN)
        snprintf(text, PLACE_BYTES, "dy_%zu/dx_%zu of %zu", output + 1, input + 1, sample);
    else
        snprintf(text, PLACE_BYTES, "%c_%zu of %zu", check == BPB_CHECK_JVP ? 'y' : 'x',
                 at->row + 1, sample);
}

static void print_line(const struct check_findings *findings, int check)
{
    const bpb_check_result *result = &findings->report.result[check];
    char place[PLACE_BYTES];
    printf("%-10s  %7zu  %5zu  %11zu  ", bpb_name(BPB_NAMES_CHECK, (bpb_check_kind)check), result->entries,
           result->kinks, result->disagreeing);
    if (result->entries == 0) {
        puts("-");
        return;
    }
    name_place(findings, check, place);
    printf("%-20s  %24.*g  %24.*g  %11.3g\n", place, findings->digits, result->worst.computed,
           findings->digits, result->worst.difference, result->worst.uncertainty);
}

static void print_table(const struct check_findings *findings,
                        const struct check_settings *settings)
{
    printf("%-10s  %7s  %5s  %11s  %-20s  %24s  %24s  %11s\n", "derivative", "entries", "kinks",
           "disagreeing", "worst entry", "library", "differences", "uncertainty");
    for (int check = 0; check < BPB_CHECKS; check++) {
        if (is_wanted(settings, check))
            print_line(findings, check);
    }
}

/* ---- JSON ---- */

static void put_worst(struct json *json, const bpb_check_entry *worst)
{
    json_open(json, "worst", '{');
    json_count(json, "layer", worst->layer);
    json_count(json, "row", worst->row);
    json_count(json, "col", worst->col);
    json_number(json, "computed", worst->computed);
    json_number(json, "difference", worst->difference);
    json_number(json, "uncertainty", worst->uncertainty);
    json_close(json, '}');
}

static void put_result(struct json *json, const struct check_findings *findings, int check)
{
    const bpb_check_result *result = &findings->report.result[check];
    json_open(json, NULL, '{');
    json_text(json, "derivative", bpb_name(BPB_NAMES_CHECK, (bpb_check_kind)check));
    json_count(json, "entries", result->entries);
    json_count(json, "kinks", result->kinks);
    json_count(json, "disagreeing", result->disagreeing);
    if (result->entries > 0)
        put_worst(json, &result->worst);
    json_close(json, '}');
}

static void print_json(const struct check_findings *findings, const struct check_settings *settings)
{
    struct json json = {.file = stdout, .digits = 17};
    json_open(&json, NULL, '{');
    json_counts(&json, "samples", findings->rows, findings->count);
    json_flag(&json, "agrees", findings->status == BPB_OK);
    json_open(&json, "results", '[');
    for (int check = 0; check < BPB_CHECKS; check++) {
        if (is_wanted(settings, check))
            put_result(&json, findings, check);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    putchar('\n');
}

/* ---- The command ---- */

static int judge(const struct check_findings *findings)
{
    size_t entries = 0, disagreeing = 0;
    for (int check = 0; check < BPB_CHECKS; check++) {
        entries += findings->report.result[check].entries;
        disagreeing += findings->report.result[check].disagreeing;
    }
    if (findings->status == BPB_NONFINITE) {
        complain("the loss, an output or a derivative is not finite");
        return CODE_NONFINITE;
    }
    if (findings->status != BPB_DISAGREES)
        return CODE_FINE;
    complain("%zu of %zu entries of derivatives differ from their differences", disagreeing,
             entries);
    return CODE_DISAGREES;
}

int check_print(const struct check_findings *findings, const struct check_settings *settings)
{
    (settings->json ? print_json : print_table)(findings, settings);
    return judge(findings);
}

static int run(const struct args *args)
{
    struct check_settings *settings = args->settings;
    size_t bytes;
    settings->pairs.first_rows = ROWS_BY_DEFAULT;
    ATTEMPT(model_precision(settings->pairs.model, settings->precision, &bytes));
    return (bytes == 8 ? bpb_cli_check : bpbf_cli_check)(settings);
}

const struct command check_command = {
    .name = "check",
    .summary = "a model's derivatives against central differences",
    .text =
        "Compares what the library computes for a model and data with central differences:\n"
        "  gradient  dE/dtheta, with differences of E\n"
        "  inputs    dE/dX, with differences of E\n"
        "  jacobian  dY/dX, with differences of Y\n"
        "  jvp       J v in a random direction, with differences of Y along it\n"
        "  vjp       J^T u for a random u, with differences of <u, Y>\n"
        "  hvp       H v in a random direction, with differences of the gradient along it\n"
        "Prints for each how many entries were compared, how many were left out since a kink\n"
        "of a function is there, how many disagree, and the worst: W2[3,1] is a weight, b2_3 a\n"
        "bias, with layers and units counted from 1; x_3 of 5 an input and y_3 of 5 an output\n"
        "of sample 5, with samples counted from 0. The uncertainty is that of the difference.\n"
        "\n"
        "The exit code is 4 where an entry disagrees. With --json:\n"
        "  {\"samples\": [0, ...], \"agrees\": true, \"results\": [{\"derivative\": ...,\n"
        "   \"entries\": ..., \"kinks\": ..., \"disagreeing\": ..., \"worst\": {\"layer\": l,\n"
        "   \"row\": i, \"col\": j, \"computed\": ..., \"difference\": ...,\n"
        "   \"uncertainty\": ...}}, ...]}\n"
        "with rows and columns as bpb_check_entry in bpblas.h counts them.\n",
    .examples = "examples:\n"
                "  bpblas check --model small.safetensors --data small.csv\n"
                "  bpblas check --model model.safetensors --only gradient,hvp \\\n"
                "    --data /usr/share/datasets/fashion-mnist --rows 0-99\n",
    .options = options,
    .settings_bytes = sizeof(struct check_settings),
    .run = run,
};
