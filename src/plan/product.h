/* SPDX-License-Identifier: BSD-3-Clause */
/* The products of a layer. */
#ifndef BPB_PRODUCT_H
#define BPB_PRODUCT_H

enum product {
    FORWARD,  /* Z = W A + b 1^T    n_out x B    = (n_out x n_in) (n_in x B)    */
    DELTA,    /* D' = W^T D         n_in x B     = (n_out x n_in)^T (n_out x B) */
    GRADIENT, /* G = D A^T + beta G n_out x n_in = (n_out x B) (n_in x B)^T     */
    PREDICT,  /* as FORWARD, in predict and evaluate */
    PRODUCTS
};

extern const char *const bpb_product_names[PRODUCTS];

#endif
