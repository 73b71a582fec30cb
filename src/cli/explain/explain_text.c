/* SPDX-License-Identifier: BSD-3-Clause */
/* The passes of one sample, line by line. */
#include <math.h>
#include <string.h>

#include "explain_page.h"

#define LEFT_BYTES 160

/* ---- Inputs and targets ---- */

static void print_inputs(const struct page *page)
{
    const struct trace *trace = page->trace;
    fputs("\nInputs\n", page->file);
    for (size_t i = 0; i < trace->n[0]; i++) {
        fprintf(page->file, "  x_%zu = %.10g", i + 1, trace->x[i]);
        if (trace->scales_in)
            fprintf(page->file,
                    ",  a0_%zu = (x_%zu - shift) factor = (%.6g - (%.6g)) * %.6g = %.10g", i + 1,
                    i + 1, trace->x[i], trace->in_shift[i], trace->in_factor[i], trace->a[0][i]);
        fputc('\n', page->file);
    }
}

static bool is_smoothed(const struct trace *trace)
{
    return trace->loss == BPB_CROSS_ENTROPY && trace->loss_parameter > 0.0;
}

static void print_targets(const struct page *page)
{
    const struct trace *trace = page->trace;
    const size_t targets = trace->n[trace->L] / page_loss_formula(trace)->group;
    fputs("\nTargets", page->file);
    if (trace->has_class)
        fprintf(page->file, ": the class %g, counted from 0", trace->T[0]);
    if (trace->scales_out && !trace->has_class)
        fputs(", scaled: (t - shift) / factor", page->file);
    if (is_smoothed(trace))
        fprintf(page->file, ", smoothed: (1 - epsilon) t + epsilon / K, epsilon = %.6g",
                trace->loss_parameter);
    fputc('\n', page->file);
    for (size_t i = 0; i < targets; i++)
        fprintf(page->file, "  t_%zu = %.10g\n", i + 1, trace->t[i]);
}

/* ---- Forward ---- */

static void weighted_sum(struct page *page, const struct unit *at)
{
    for (size_t j = 0; j < page->trace->n[at->l - 1]; j++) {
        page_weight(page, at->l, at->i, j);
        page_times(page);
        page_output(page, at->l - 1, j);
        fputs(" + ", page->file);
    }
    page_bias(page, at->l, at->i);
}

static void activated(struct page *page, const struct unit *at)
{
    const struct trace *trace = page->trace;
    if (!page_is_softmax(trace, at->l)) {
        page_activation(page, at->l, at->i, activation_formula(trace->g[at->l])->value);
        return;
    }
    page_activation(page, at->l, at->i, "exp(@z) / (");
    for (size_t k = 0; k < trace->n[at->l]; k++)
        page_activation(page, at->l, k, k > 0 ? " + exp(@z)" : "exp(@z)");
    fputc(')', page->file);
}

static void print_forward(struct page *page, size_t l)
{
    const struct trace *trace = page->trace;
    char left[LEFT_BYTES];
    fprintf(page->file, "\nForward, layer %zu (%s)\n", l, bpb_name(BPB_NAMES_ACTIVATION, trace->g[l]));
    for (size_t i = 0; i < trace->n[l]; i++) {
        snprintf(left, sizeof left, "z%zu_%zu", l, i + 1);
        page_equation(page, left, weighted_sum, (struct unit){l, i, 0}, trace->z[l][i]);
    }
    for (size_t i = 0; i < trace->n[l]; i++) {
        snprintf(left, sizeof left, "a%zu_%zu", l, i + 1);
        page_equation(page, left, activated, (struct unit){l, i, 0}, trace->a[l][i]);
    }
}

static void print_outputs(const struct page *page)
{
    const struct trace *trace = page->trace;
    for (size_t i = 0; trace->scales_out && i < trace->n[trace->L]; i++) {
        const double shift = trace->out_shift[i], factor = trace->out_factor[i];
        const double a = trace->a[trace->L][i];
        fprintf(page->file,
                "  y_%zu = shift + factor a%zu_%zu = %.6g + %.6g * (%.6g) = %.10g\n", i + 1,
                trace->L, i + 1, shift, factor, a, shift + factor * a);
    }
}

static void total_loss(struct page *page, const struct unit *at)
{
    const struct loss_formula *loss = page_loss_formula(page->trace);
    (void)at;
    fputs(loss->before, page->file);
    for (size_t i = 0; i < page->trace->n[page->trace->L]; i += loss->group) {
        fputs(i > 0 ? " + " : "", page->file);
        page_loss(page, i, loss->term);
    }
    fputs(loss->after, page->file);
}

/* ---- Backward ---- */

static void slope(struct page *page, const struct unit *at)
{
    const struct trace *trace = page->trace;
    if (!page_is_softmax(trace, at->l)) {
        page_activation(page, at->l, at->i, activation_formula(trace->g[at->l])->slope);
        return;
    }
    page_output(page, at->l, at->i);
    page_times(page);
    fputs(at->i == at->j ? "(1 - " : "(0 - ", page->file);
    page_output(page, at->l, at->j);
    fputc(')', page->file);
}

/* g_l'(z_l), unless the derivative of the loss already contains it. */
static void print_slopes(struct page *page, size_t l)
{
    const struct trace *trace = page->trace;
    const size_t n = trace->n[l];
    const bool is_softmax = page_is_softmax(trace, l);
    char left[LEFT_BYTES];
    if (l == trace->L && page_loss_formula(trace)->of_z)
        return;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = is_softmax ? 0 : i; k < (is_softmax ? n : i + 1); k++) {
            if (is_softmax)
                snprintf(left, sizeof left, "J%zu[%zu,%zu] = da%zu_%zu/dz%zu_%zu", l, i + 1, k + 1,
                         l, i + 1, l, k + 1);
            else
                snprintf(left, sizeof left, "g%zu'(z%zu_%zu)", l, l, i + 1);
            page_equation(page, left, slope, (struct unit){l, i, k}, page_slope_at(trace, l, i, k));
        }
    }
}

/* dE/da_i of layer l, in brackets. */
static void put_error(struct page *page, size_t l, size_t i)
{
    const struct trace *trace = page->trace;
    const struct loss_formula *loss = page_loss_formula(trace);
    if (l == trace->L) {
        page_loss(page, i, loss->start[i % loss->group].formula);
        return;
    }
    fputc('(', page->file);
    for (size_t k = 0; k < trace->n[l + 1]; k++) {
        fputs(k > 0 ? " + " : "", page->file);
        page_weight(page, l + 1, k, i);
        page_times(page);
        page_delta(page, l + 1, k);
    }
    fputc(')', page->file);
}

/* delta_i = sum_k dE/da_k da_k/dz_i */
static void propagated(struct page *page, const struct unit *at)
{
    const struct trace *trace = page->trace;
    const bool is_softmax = page_is_softmax(trace, at->l);
    if (at->l == trace->L && page_loss_formula(trace)->of_z) {
        put_error(page, at->l, at->i);
        return;
    }
    for (size_t k = is_softmax ? 0 : at->i; k < (is_softmax ? trace->n[at->l] : at->i + 1); k++) {
        fputs(is_softmax && k > 0 ? " + " : "", page->file);
        put_error(page, at->l, k);
        page_times(page);
        page_slope(page, at->l, k, at->i);
    }
}

static void print_backward(struct page *page, size_t l)
{
    const struct trace *trace = page->trace;
    char left[LEFT_BYTES];
    fprintf(page->file, "\nBackward, layer %zu\n", l);
    print_slopes(page, l);
    for (size_t i = 0; i < trace->n[l]; i++) {
        snprintf(left, sizeof left, "delta%zu_%zu = dE/dz%zu_%zu", l, i + 1, l, i + 1);
        page_equation(page, left, propagated, (struct unit){l, i, 0}, trace->delta[l][i]);
    }
}

/* ---- Derivatives ---- */

/* Largest distance of the products and of the differences from the library. */
struct distance {
    double products, differences;
};

static void print_derivative(struct page *page, const char *left, struct unit at,
                             struct distance *largest)
{
    const struct trace *trace = page->trace;
    const bool is_bias = at.j == trace->n[at.l - 1];
    const double library = is_bias ? trace->db[at.l][at.i] : trace->dW[at.l][at.i][at.j];
    const double difference =
        is_bias ? trace->db_difference[at.l][at.i] : trace->dW_difference[at.l][at.i][at.j];
    page->indent = fprintf(page->file, "  %s", left);
    for (int numbers = 0; numbers < 2; numbers++) {
        page->numbers = numbers;
        fprintf(page->file, "%*s = ", numbers ? page->indent : 0, "");
        explain_paths(page, &at);
        fputc('\n', page->file);
    }
    fprintf(page->file, "%*s = %.10g    library %.*g    differences %.10g\n", page->indent, "",
            page->sum, trace->digits, library, difference);
    largest->products = fmax(largest->products, fabs(page->sum - library));
    largest->differences = fmax(largest->differences, fabs(difference - library));
}

static void print_derivatives(struct page *page, size_t l, struct distance *largest)
{
    const struct trace *trace = page->trace;
    char left[LEFT_BYTES];
    fprintf(page->file, "\nDerivatives, layer %zu\n", l);
    for (size_t i = 0; i < trace->n[l]; i++) {
        for (size_t j = 0; j < trace->n[l - 1]; j++) {
            snprintf(left, sizeof left, "dE/dW%zu[%zu,%zu]", l, i + 1, j + 1);
            print_derivative(page, left, (struct unit){l, i, j}, largest);
        }
    }
    for (size_t i = 0; i < trace->n[l]; i++) {
        snprintf(left, sizeof left, "dE/db%zu_%zu", l, i + 1);
        print_derivative(page, left, (struct unit){l, i, trace->n[l - 1]}, largest);
    }
}

/* ---- All ---- */

static void print_meaning(FILE *file, const char *meaning, double parameter)
{
    struct formula_words words = {.z = "z"};
    snprintf(words.p, sizeof words.p, "%.6g", parameter);
    if (meaning[0]) {
        fputs("; ", file);
        formula_print(file, meaning, &words, false);
    }
    fputc('\n', file);
}

static void print_activation(FILE *file, const struct trace *trace, size_t l)
{
    const struct activation_formula *g = activation_formula(trace->g[l]);
    struct formula_words words = {.z = "z", .a = "a"};
    snprintf(words.p, sizeof words.p, "%.6g", trace->parameter[l]);
    fprintf(file, "  g%zu %s: g(z) = ", l, bpb_name(BPB_NAMES_ACTIVATION, trace->g[l]));
    if (!g->value) {
        fputs("exp(z_i) / sum of all exp(z_k), J[i,k] = da_i/dz_k = a_i ([i = k] - a_k)\n", file);
        return;
    }
    formula_print(file, g->value, &words, false);
    fputs(", g'(z) = ", file);
    formula_print(file, g->slope, &words, false);
    print_meaning(file, g->meaning, trace->parameter[l]);
}

static void print_loss_name(FILE *file, const struct trace *trace)
{
    fprintf(file, "  E %s", bpb_name(BPB_NAMES_LOSS, trace->loss));
    print_meaning(file, page_loss_formula(trace)->meaning, trace->loss_parameter);
}

void explain_print_net(FILE *file, const struct trace *trace)
{
    fprintf(file, "layers  %zu", trace->n[0]);
    for (size_t l = 1; l <= trace->L; l++)
        fprintf(file, " -> %zu %s", trace->n[l], bpb_name(BPB_NAMES_ACTIVATION, trace->g[l]));
    fprintf(file,
            "\nloss    %s\n"
            "\n"
            "Layers and units are counted from 1, samples from 0: Wl[i,j] is the weight of unit i\n"
            "of layer l for output j of the layer before. E is the loss of one sample alone.\n"
            "Formulas show numbers with six digits; results are computed from all digits.\n"
            "\n"
            "Functions\n",
            bpb_name(BPB_NAMES_LOSS, trace->loss));
    for (size_t l = 1; l <= trace->L; l++)
        print_activation(file, trace, l);
    print_loss_name(file, trace);
}

void explain_print_sample(FILE *file, const struct trace *trace)
{
    struct page page = {.file = file, .trace = trace};
    struct distance largest = {0.0, 0.0};
    fprintf(file, "\n==== Sample %zu ====\n", trace->sample);
    print_inputs(&page);
    print_targets(&page);
    for (size_t l = 1; l <= trace->L; l++)
        print_forward(&page, l);
    print_outputs(&page);
    fputs("\nLoss\n", file);
    page_equation(&page, "E", total_loss, (struct unit){0, 0, 0}, trace->E);
    for (size_t l = trace->L; l >= 1; l--)
        print_backward(&page, l);
    for (size_t l = trace->L; l >= 1; l--)
        print_derivatives(&page, l, &largest);
    fprintf(file,
            "\nLargest distance from the library's derivatives: %.3g by products, %.3g by "
            "differences\n",
            largest.products, largest.differences);
}
