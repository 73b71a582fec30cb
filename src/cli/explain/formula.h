/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of a net as formulas in text, and their derivatives in C. */
#ifndef CLI_FORMULA_H
#define CLI_FORMULA_H

#include <stdbool.h>
#include <stdio.h>

#include "bpblas.h"

/*
 * In the text of a formula, @z and @a stand for z and a = g(z), @p for the parameter of the
 * function,
 * @t for a target, @s for the sum of all targets, and @m and @v for the mean and the logarithm of
 * the variance for t. * is a product.
 */
#define FORMULA_WORD_BYTES 96

/* The texts for the words: names or numbers. */
struct formula_words {
    char z[FORMULA_WORD_BYTES], a[FORMULA_WORD_BYTES], p[FORMULA_WORD_BYTES];
    char t[FORMULA_WORD_BYTES], s[FORMULA_WORD_BYTES], m[FORMULA_WORD_BYTES];
    char v[FORMULA_WORD_BYTES];
};

/* Print a formula. A product is printed as a space between names, as " * " between numbers. */
void formula_print(FILE *file, const char *formula, const struct formula_words *words,
                   bool are_numbers);

struct activation_formula {
    const char *value, *slope; /* g(z) and g'(z); NULL: softmax, a function of the whole column */
    const char *meaning;       /* of the names in the formulas; "": no explanation */
    double (*slope_at)(double z, double a, double p);
};

/* The values in the loss formula of one output. */
struct loss_values {
    double a, t, s, m, v, p;
};

struct loss_formula {
    const char *before, *term, *after; /* E is before, the sum of the terms, and after */
    const char *meaning;
    bool of_z;       /* start is dE/dz, else dE/da */
    size_t group;    /* outputs that belong to one target */
    struct {         /* for each output of the group */
        const char *formula;
        double (*at)(const struct loss_values *values);
    } start[2];
};

const struct activation_formula *activation_formula(bpb_activation activation);
const struct loss_formula *loss_formula(bpb_loss_kind loss, bpb_activation output);

#endif
