/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain_page.h"

#include <stdarg.h>
#include <string.h>

#define NUMBER "%.6g"
#define RESULT "%.10g"

void page_equation(struct page *page, const char *left, right_side *right, struct unit at,
                   double result)
{
    page->indent = fprintf(page->file, "  %s", left);
    for (int numbers = 0; numbers < 2; numbers++) {
        page->numbers = numbers;
        page->is_first = true;
        fprintf(page->file, "%*s = ", numbers ? page->indent : 0, "");
        right(page, &at);
        fputc('\n', page->file);
    }
    fprintf(page->file, "%*s = " RESULT "\n", page->indent, "", result);
}

/* ---- Symbols and numbers ---- */

#ifdef __GNUC__
#define PAGE_FORMAT __attribute__((format(printf, 3, 4)))
#else
#define PAGE_FORMAT
#endif

static void put(struct page *page, double value, const char *format, ...) PAGE_FORMAT;
static void put(struct page *page, double value, const char *format, ...)
{
    const bool in_brackets = value < 0.0 && !page->is_first;
    page->is_first = false;
    if (page->numbers) {
        fprintf(page->file, in_brackets ? "(" NUMBER ")" : NUMBER, value);
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(page->file, format, arguments);
    va_end(arguments);
}

void page_weight(struct page *page, size_t l, size_t i, size_t j)
{
    put(page, page->trace->W[l][i][j], "W%zu[%zu,%zu]", l, i + 1, j + 1);
}

void page_bias(struct page *page, size_t l, size_t i)
{
    put(page, page->trace->b[l][i], "b%zu_%zu", l, i + 1);
}

/* A_0 is X, unless the net scales it. */
static void name_output(const struct trace *trace, size_t l, size_t i, char *name, size_t bytes)
{
    if (l == 0 && !trace->scales_in)
        snprintf(name, bytes, "x_%zu", i + 1);
    else
        snprintf(name, bytes, "a%zu_%zu", l, i + 1);
}

void page_output(struct page *page, size_t l, size_t i)
{
    char name[FORMULA_WORD_BYTES];
    name_output(page->trace, l, i, name, sizeof name);
    put(page, page->trace->a[l][i], "%s", name);
}

void page_delta(struct page *page, size_t l, size_t i)
{
    put(page, page->trace->delta[l][i], "delta%zu_%zu", l, i + 1);
}

void page_slope(struct page *page, size_t l, size_t i, size_t k)
{
    const double value = page_slope_at(page->trace, l, i, k);
    if (page_is_softmax(page->trace, l))
        put(page, value, "J%zu[%zu,%zu]", l, i + 1, k + 1);
    else
        put(page, value, "g%zu'(z%zu_%zu)", l, l, i + 1);
}

void page_times(struct page *page)
{
    page->is_first = false;
    fputs(page->numbers ? " * " : " ", page->file);
}

/* ---- Formulas ---- */

static void number(char word[FORMULA_WORD_BYTES], double value)
{
    snprintf(word, FORMULA_WORD_BYTES, NUMBER, value);
}

static void name(char word[FORMULA_WORD_BYTES], const char *letter, size_t l, size_t i)
{
    if (l > 0)
        snprintf(word, FORMULA_WORD_BYTES, "%s%zu_%zu", letter, l, i + 1);
    else
        snprintf(word, FORMULA_WORD_BYTES, "%s_%zu", letter, i + 1);
}

void page_activation(struct page *page, size_t l, size_t i, const char *formula)
{
    const struct trace *trace = page->trace;
    struct formula_words words = {.z = ""};
    number(words.p, trace->parameter[l]);
    if (page->numbers) {
        number(words.z, trace->z[l][i]);
        number(words.a, trace->a[l][i]);
    } else {
        name(words.z, "z", l, i);
        name(words.a, "a", l, i);
    }
    formula_print(page->file, formula, &words, page->numbers);
}

/* (t_1 + t_2 + ...) */
static void name_sum(char word[FORMULA_WORD_BYTES], size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n && used < FORMULA_WORD_BYTES; i++)
        used += (size_t)snprintf(word + used, FORMULA_WORD_BYTES - used, "%st_%zu",
                                 i == 0 ? "(" : " + ", i + 1);
    if (used < FORMULA_WORD_BYTES)
        snprintf(word + used, FORMULA_WORD_BYTES - used, ")");
}

/* The values in the loss formula of output i. */
static struct loss_values values_of(const struct trace *trace, size_t i)
{
    const size_t group = page_loss_formula(trace)->group, first = i / group * group;
    const double *a = trace->a[trace->L];
    struct loss_values values = {.a = a[i], .t = trace->t[i / group], .p = trace->loss_parameter,
                                 .m = a[first], .v = a[first + group - 1]};
    for (size_t k = 0; k < trace->n[trace->L] / group; k++)
        values.s += trace->t[k];
    return values;
}

static struct formula_words number_words(const struct loss_values *values)
{
    struct formula_words words;
    number(words.z, 0.0);
    number(words.a, values->a);
    number(words.p, values->p);
    number(words.t, values->t);
    number(words.s, values->s);
    number(words.m, values->m);
    number(words.v, values->v);
    return words;
}

void page_loss(struct page *page, size_t i, const char *formula)
{
    const struct trace *trace = page->trace;
    const struct loss_values values = values_of(trace, i);
    struct formula_words words = number_words(&values);
    const size_t group = page_loss_formula(trace)->group, first = i / group * group;
    if (!page->numbers) {
        name(words.a, "a", trace->L, i);
        name(words.t, "t", 0, i / group);
        name(words.m, "a", trace->L, first);
        name(words.v, "a", trace->L, first + group - 1);
        name_sum(words.s, trace->n[trace->L]);
    }
    formula_print(page->file, formula, &words, page->numbers);
}

/* ---- Values ---- */

bool page_is_softmax(const struct trace *trace, size_t l)
{
    return trace->g[l] == BPB_SOFTMAX;
}

const struct loss_formula *page_loss_formula(const struct trace *trace)
{
    return loss_formula(trace->loss, trace->g[trace->L]);
}

double page_slope_at(const struct trace *trace, size_t l, size_t i, size_t k)
{
    const double *a = trace->a[l];
    if (page_is_softmax(trace, l))
        return a[i] * ((i == k ? 1.0 : 0.0) - a[k]);
    return activation_formula(trace->g[l])->slope_at(trace->z[l][i], a[i], trace->parameter[l]);
}

double page_start_at(const struct trace *trace, size_t i)
{
    const struct loss_formula *loss = page_loss_formula(trace);
    const struct loss_values values = values_of(trace, i);
    return loss->start[i % loss->group].at(&values);
}
