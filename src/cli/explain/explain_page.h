/* SPDX-License-Identifier: BSD-3-Clause */
/* Equations of one sample: each right side is written twice, in symbols and in numbers. */
#ifndef CLI_EXPLAIN_PAGE_H
#define CLI_EXPLAIN_PAGE_H

#include "explain.h"
#include "formula.h"

struct page {
    FILE *file;
    const struct trace *trace;
    bool numbers; /* the right side that is being written */
    int indent;   /* of the '=' */
    bool is_first; /* nothing stands before the next symbol or number that it could run into */
    double sum;   /* of the products of explain_paths */
};

/* The right side of an equation for unit i, and j where it needs another, of layer l. */
struct place {
    size_t l, i, j;
};
typedef void right_side(struct page *page, const struct place *at);

/* left = symbols = numbers = result. */
void page_equation(struct page *page, const char *left, right_side *right, struct place at,
                   double result);

/* The symbol, or the number, in brackets where it is negative and not the first. Units are counted
 * from 1. */
void page_weight(struct page *page, size_t l, size_t i, size_t j);
void page_bias(struct page *page, size_t l, size_t i);
void page_output(struct page *page, size_t l, size_t i); /* a_l, or x for l = 0 */
void page_delta(struct page *page, size_t l, size_t i);
void page_slope(struct page *page, size_t l, size_t i, size_t k); /* da_i/dz_k of layer l */
void page_times(struct page *page);

/* Formulas about unit i of layer l. */
void page_activation(struct page *page, size_t l, size_t i, const char *formula);
void page_loss(struct page *page, size_t i, const char *formula); /* about output i */

/* What the symbols stand for, worked out by hand. */
bool page_is_softmax(const struct trace *trace, size_t l);
const struct loss_formula *page_loss_formula(const struct trace *trace);
double page_slope_at(const struct trace *trace, size_t l, size_t i, size_t k);
double page_start_at(const struct trace *trace, size_t i); /* dE/da_i, or dE/dz_i: loss's of_z */

/*
 * dE/dz_i of layer l as the sum over all paths from the loss to it, each a product, and each behind
 * it the output that the weight of column j takes; j = n_{l-1}: the bias, which takes 1.
 */
void explain_paths(struct page *page, const struct place *at);

/* How many products the longest of these sums has; no more are counted than limit + 1. */
size_t explain_products(const struct trace *trace, size_t limit);

#endif
