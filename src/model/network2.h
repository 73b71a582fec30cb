/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON files of network2.py (M. Nielsen, "Neural Networks and Deep Learning", chapter 3) as far
 * as they know no precision:
 *
 *     {"sizes": [n_0, ..., n_L],
 *      "weights": [W_1, ..., W_L],      W_l n_l rows of n_{l-1} numbers
 *      "biases": [b_1, ..., b_L],       b_l n_l rows of one number
 *      "cost": "CrossEntropyCost" or "QuadraticCost"}
 */
#ifndef BPB_NETWORK2_H
#define BPB_NETWORK2_H

#include "base/common.h"
#include "base/files.h"
#include "net/shape.h"

/* ---- Read ---- */

struct network2 {
    void *json;           /* owns all that follows but the shape */
    const void **weights; /* W_1 .. W_L, then b_1 .. b_L */
    const void **biases;
    struct shape *shape;
};

/*
 * Check all of the file, for a net of such reals. Memory is taken for what it really holds: some 3
 * bytes for each byte of the text of a net, and up to 80 of another. The errors of bpb_net_load,
 * BPB_ERR_RANGE where a number exceeds double; to be closed in any case.
 */
bpb_status bpb_network2_open(struct network2 *file, const char *path, size_t real_bytes);
void bpb_network2_close(struct network2 *file); /* keeps errno */

/* Entry (i, j) of W_l, l = 1..L, and i of b_l. */
double bpb_network2_weight(const struct network2 *file, size_t l, size_t i, size_t j);
double bpb_network2_bias(const struct network2 *file, size_t l, size_t i);

/* ---- Write ---- */

/* BPB_ERR_UNSUPPORTED: such a file cannot say what the shape says. */
bpb_status bpb_network2_check(const struct shape *shape);

/* A text that grows. The first failure is kept in status, and nothing is added from then on. */
struct text {
    char *bytes; /* to be freed in any case */
    size_t n, capacity;
    bpb_status status; /* BPB_ERR_MEMORY, BPB_ERR_SIZE */
};

void bpb_text_add(struct text *text, const char *string);

/* Numbers with this many digits, each with a point or an exponent, for a reader that tells whole
 * numbers from others. Between decimal_enter and decimal_leave. */
void bpb_text_add_number(struct text *text, double value, int digits);

/* What comes before the weights, between them and the biases, and after these. */
void bpb_network2_begin(struct text *text, const struct shape *shape);
void bpb_network2_turn(struct text *text);
void bpb_network2_end(struct text *text, const struct shape *shape);

#endif
