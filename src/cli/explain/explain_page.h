/* SPDX-License-Identifier: BSD-3-Clause */
/* Equations of one sample. Each right side is written twice, in symbols and in numbers. */
#ifndef CLI_EXPLAIN_PAGE_H
#define CLI_EXPLAIN_PAGE_H

#include "explain.h"
#include "formula.h"

struct page {
    FILE *file;
    const struct trace *trace;
    bool numbers;  /* write numbers, not symbols */
    int indent;    /* column of the '=' */
    bool is_first; /* no operator precedes the next symbol or number */
    double sum;   /* of the products of explain_paths */
};

/* Unit i of layer l, and a second unit j if the right side needs one. */
struct unit {
    size_t l, i, j;
};
typedef void right_side(struct page *page, const struct unit *at);

/* left = symbols = numbers = result. */
void page_equation(struct page *page, const char *left, right_side *right, struct unit at,
                   double result);

/* Write a symbol, or a number, in brackets if it is negative and not the first. Units are counted
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

/* Values of the symbols, computed from the formulas. */
bool page_is_softmax(const struct trace *trace, size_t l);
const struct loss_formula *page_loss_formula(const struct trace *trace);
double page_slope_at(const struct trace *trace, size_t l, size_t i, size_t k);
double page_start_at(const struct trace *trace, size_t i); /* dE/da_i; dE/dz_i if loss->of_z */

/*
 * Write the derivative by the weight in row i and column j of layer l: a sum of one product for
 * each path from the loss to z_i, times the input of the weight. j = n_{l-1}: the bias, whose input
 * is 1.
 */
void explain_paths(struct page *page, const struct unit *at);

/* The number of products in the longest of these sums; counting may stop above limit. */
size_t explain_products(const struct trace *trace, size_t limit);

#endif
