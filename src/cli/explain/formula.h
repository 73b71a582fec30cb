/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of a net as formulas to be read, with what is needed to work them out by hand. */
#ifndef CLI_FORMULA_H
#define CLI_FORMULA_H

#include <stdbool.h>
#include <stdio.h>

#include "bpblas.h"

/*
 * A formula is a text in which @z @a stand for z and a = g(z), @p for the parameter of the
 * function, @t for a target, @s for the sum of all targets, @m @v for the mean and the logarithm
 * of the variance that go with t; * is a product.
 */
#define FORMULA_WORD_BYTES 96

/* What to put for the words: names, or numbers. */
struct formula_words {
    char z[FORMULA_WORD_BYTES], a[FORMULA_WORD_BYTES], p[FORMULA_WORD_BYTES];
    char t[FORMULA_WORD_BYTES], s[FORMULA_WORD_BYTES], m[FORMULA_WORD_BYTES];
    char v[FORMULA_WORD_BYTES];
};

/* Print it. Between names a product is a space, between numbers " * ". */
void formula_print(FILE *file, const char *formula, const struct formula_words *words,
                   bool are_numbers);

struct activation_formula {
    const char *value, *slope; /* g(z) and g'(z); NULL: of the column as a whole, softmax */
    const char *meaning;       /* of functions that stand in the two; "": clear by themselves */
    double (*slope_at)(double z, double a, double p);
};

/* The values that a loss looks at for one output. */
struct loss_values {
    double a, t, s, m, v, p;
};

struct loss_formula {
    const char *before, *term, *after; /* E is the sum of the terms between the other two */
    const char *meaning;
    bool of_z;       /* what follows is dE/dz, else dE/da */
    size_t group;    /* outputs that belong to one target */
    struct {         /* of each of these outputs */
        const char *formula;
        double (*at)(const struct loss_values *values);
    } start[2];
};

const struct activation_formula *activation_formula(bpb_activation activation);
const struct loss_formula *loss_formula(bpb_loss_kind loss, bpb_activation output);

#endif
