/* SPDX-License-Identifier: BSD-3-Clause */
#include "formula.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define SELU_LAMBDA 1.0507009873554805
#define SELU_ALPHA 1.6732632423543772

/* ---- g' by hand; the library has its own ways, which round less ---- */

static double sigmoid_of(double z)
{
    return 1.0 / (1.0 + exp(-z));
}

static double slope_sigmoid(double z, double a, double p)
{
    (void)z, (void)p;
    return a * (1.0 - a);
}

static double slope_tanh(double z, double a, double p)
{
    (void)z, (void)p;
    return 1.0 - a * a;
}

static double slope_relu(double z, double a, double p)
{
    (void)a, (void)p;
    return z > 0.0 ? 1.0 : 0.0;
}

static double slope_identity(double z, double a, double p)
{
    (void)z, (void)a, (void)p;
    return 1.0;
}

static double slope_leaky(double z, double a, double p)
{
    (void)a;
    return z > 0.0 ? 1.0 : p;
}

static double slope_elu(double z, double a, double p)
{
    (void)a;
    return z > 0.0 ? 1.0 : p * exp(z);
}

static double slope_selu(double z, double a, double p)
{
    (void)p;
    return SELU_LAMBDA * slope_elu(z, a, SELU_ALPHA);
}

static double slope_softplus(double z, double a, double p)
{
    (void)a, (void)p;
    return sigmoid_of(z);
}

static double slope_softsign(double z, double a, double p)
{
    (void)a, (void)p;
    return 1.0 / ((1.0 + fabs(z)) * (1.0 + fabs(z)));
}

static double slope_gelu(double z, double a, double p)
{
    (void)a, (void)p;
    return 0.5 * erfc(-z / sqrt(2.0)) + z * exp(-0.5 * z * z) / sqrt(2.0 * PI);
}

static double slope_gelu_tanh(double z, double a, double p)
{
    (void)a, (void)p;
    const double root = sqrt(2.0 / PI);
    const double h = tanh(root * (z + 0.044715 * z * z * z));
    return 0.5 * (1.0 + h) + 0.5 * z * (1.0 - h * h) * root * (1.0 + 3.0 * 0.044715 * z * z);
}

static double slope_silu(double z, double a, double p)
{
    (void)a, (void)p;
    return sigmoid_of(z) * (1.0 + z * (1.0 - sigmoid_of(z)));
}

static double slope_exponential(double z, double a, double p)
{
    (void)z, (void)p;
    return a;
}

static const struct activation_formula activations[] = {
    [BPB_SIGMOID] = {"1 / (1 + exp(-@z))", "@a*(1 - @a)", "", slope_sigmoid},
    [BPB_TANH] = {"tanh(@z)", "1 - @a^2", "", slope_tanh},
    [BPB_RELU] = {"max(@z, 0)", "[@z > 0]", "[..] is 1 where it holds, else 0", slope_relu},
    [BPB_IDENTITY] = {"@z", "1", "", slope_identity},
    [BPB_SOFTMAX] = {NULL, NULL, "", NULL},
    [BPB_LEAKY_RELU] = {"@z where @z > 0, else @p*@z", "1 where @z > 0, else @p", "", slope_leaky},
    [BPB_ELU] = {"@z where @z > 0, else @p*(exp(@z) - 1)", "1 where @z > 0, else @p*exp(@z)", "",
                 slope_elu},
    [BPB_SELU] = {"lambda*(@z where @z > 0, else alpha*(exp(@z) - 1))",
                  "lambda*(1 where @z > 0, else alpha*exp(@z))",
                  "lambda = 1.0507009873554805, alpha = 1.6732632423543772", slope_selu},
    [BPB_SOFTPLUS] = {"ln(1 + exp(@z))", "1 / (1 + exp(-@z))", "", slope_softplus},
    [BPB_SOFTSIGN] = {"@z / (1 + |@z|)", "1 / (1 + |@z|)^2", "", slope_softsign},
    [BPB_GELU] = {"@z*Phi(@z)", "Phi(@z) + @z*phi(@z)",
                  "Phi and phi are the distribution and the density of N(0,1)", slope_gelu},
    [BPB_GELU_TANH] = {"@z / 2*(1 + tanh u(@z))",
                       "(1 + tanh u(@z)) / 2 + @z / 2*(1 - tanh^2 u(@z))*u'(@z)",
                       "u(z) = sqrt(2/pi) (z + 0.044715 z^3)", slope_gelu_tanh},
    [BPB_SILU] = {"@z*sigma(@z)", "sigma(@z)*(1 + @z*(1 - sigma(@z)))",
                  "sigma(z) = 1 / (1 + exp(-z))", slope_silu},
    [BPB_EXPONENTIAL] = {"exp(@z)", "@a", "", slope_exponential},
};

/* ---- Where the backward pass begins ---- */

static double difference(const struct loss_values *x)
{
    return x->a - x->t;
}

static double softmax_delta(const struct loss_values *x)
{
    return x->a * x->s - x->t;
}

static double huber_slope(const struct loss_values *x)
{
    const double r = x->a - x->t;
    return r > x->p ? x->p : r < -x->p ? -x->p : r;
}

static double sign(const struct loss_values *x)
{
    return (double)((x->a > x->t) - (x->a < x->t));
}

static double mean_delta(const struct loss_values *x)
{
    return (x->m - x->t) * exp(-x->v);
}

static double log_variance_delta(const struct loss_values *x)
{
    return 0.5 * (1.0 - (x->t - x->m) * (x->t - x->m) * exp(-x->v));
}

static const struct loss_formula losses[] = {
    [BPB_SQUARED] = {"1/2 (", "(@a - @t)^2", ")", "", false, 1, {{"(@a - @t)", difference}}},
    [BPB_CROSS_ENTROPY] = {"-(", "@t*ln(@a) + (1 - @t)*ln(1 - @a)", ")", "", true, 1,
                           {{"@a - @t", difference}}},
    [BPB_HUBER] = {"", "h(@a - @t)", "",
                   "h(r) = r^2/2 where |r| <= @p, else @p (|r| - @p/2); h'(r) = r cut off at -@p "
                   "and @p",
                   false, 1, {{"h'(@a - @t)", huber_slope}}},
    [BPB_ABSOLUTE] = {"", "|@a - @t|", "", "", false, 1, {{"sign(@a - @t)", sign}}},
    [BPB_POISSON] = {"", "@a - @t*ln(@a)", "", "", true, 1, {{"@a - @t", difference}}},
    [BPB_GAUSSIAN] = {"1/2 (", "@v + (@t - @m)^2*exp(-@v)", ")", "", true, 2,
                      {{"(@m - @t)*exp(-@v)", mean_delta},
                       {"1/2*(1 - (@t - @m)^2*exp(-@v))", log_variance_delta}}},
};
static const struct loss_formula softmax_cross_entropy = {
    "-(", "@t*ln(@a)", ")", "", true, 1, {{"@a*@s - @t", softmax_delta}}};

const struct activation_formula *activation_formula(bpb_activation activation)
{
    return &activations[activation];
}

const struct loss_formula *loss_formula(bpb_loss_kind loss, bpb_activation output)
{
    return loss == BPB_CROSS_ENTROPY && output == BPB_SOFTMAX ? &softmax_cross_entropy
                                                              : &losses[loss];
}

/* ---- Printing ---- */

static const char *find_word(const struct formula_words *words, char letter)
{
    switch (letter) {
    case 'z': return words->z;
    case 'a': return words->a;
    case 'p': return words->p;
    case 't': return words->t;
    case 's': return words->s;
    case 'm': return words->m;
    default: return words->v;
    }
}

/* A negative number is put in brackets behind an operator and before a power. */
static void put_word(FILE *file, const char *word, char before, char behind)
{
    const bool stands_alone = strchr("(|[", before) && behind != '^'; /* also at the very begin */
    fprintf(file, word[0] == '-' && !stands_alone ? "(%s)" : "%s", word);
}

void formula_print(FILE *file, const char *formula, const struct formula_words *words,
                   bool are_numbers)
{
    for (const char *c = formula; *c; c++) {
        if (*c == '@') {
            put_word(file, find_word(words, c[1]), c == formula ? '\0' : c[-1], c[2]);
            c++;
        } else if (*c == '*') {
            fputs(are_numbers ? " * " : " ", file);
        } else {
            fputc(*c, file);
        }
    }
}
