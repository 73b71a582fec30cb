/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chain rule as a sum over paths. A path runs from an output down to a unit of layer l. In
 * layer m it enters at a_m[out] and leaves at z_m[in], which belong to the same unit, except if g_m
 * is softmax. A weight then leads to a_{m-1}:
 *
 *     dE/dz_l = sum   dE/da_L   da_L/dz_L   W_L   da_{L-1}/dz_{L-1}   W_{L-1} ...   da_l/dz_l
 *             paths
 *
 * If the formula of the loss gives its derivative by z_L, the path begins with delta_L = dE/dz_L.
 */
#include "explain_page.h"

struct path {
    const struct unit *to; /* the z at its end, and the column of the weight */
    size_t out[EXPLAIN_LAYERS + 1], in[EXPLAIN_LAYERS + 1];
    size_t count; /* paths written so far */
};

/* Write one product, in symbols or numbers. Returns its value. */
static double put_factors(struct page *page, const struct path *path)
{
    const struct trace *trace = page->trace;
    const struct loss_formula *loss = page_loss_formula(trace);
    const size_t L = trace->L, first = loss->of_z ? path->in[L] : path->out[L];
    double product = page_start_at(trace, first);
    if (loss->of_z)
        page_delta(page, L, first);
    else
        page_loss(page, first, loss->start[first % loss->group].formula);
    for (size_t m = L; m >= path->to->l; m--) {
        const size_t out = path->out[m], in = path->in[m];
        if (m < L || !loss->of_z) {
            page_times(page);
            page_slope(page, m, out, in);
            product *= page_slope_at(trace, m, out, in);
        }
        if (m > path->to->l) {
            page_times(page);
            page_weight(page, m, in, path->out[m - 1]);
            product *= trace->W[m][in][path->out[m - 1]];
        }
    }
    return product;
}

static void put_product(struct page *page, struct path *path)
{
    const struct trace *trace = page->trace;
    const size_t l = path->to->l, j = path->to->j;
    if (path->count++ > 0)
        fprintf(page->file, "\n%*s + ", page->indent, "");
    page->is_first = true;
    double product = put_factors(page, path);
    if (j < trace->n[l - 1]) {
        page_times(page);
        page_output(page, l - 1, j);
        product *= trace->a[l - 1][j];
    }
    page->sum += product;
}

static void enter(struct page *page, struct path *path, size_t m, size_t out);

/* At z_m[in] the path ends, or follows each weight to the layer below. */
static void leave(struct page *page, struct path *path, size_t m, size_t in)
{
    path->in[m] = in;
    if (m == path->to->l) {
        if (in == path->to->i)
            put_product(page, path);
        return;
    }
    for (size_t out = 0; out < page->trace->n[m - 1]; out++)
        enter(page, path, m - 1, out);
}

/* a_m[out] depends on z_m of its own unit, or for softmax on z_m of all units. */
static void enter(struct page *page, struct path *path, size_t m, size_t out)
{
    const struct trace *trace = page->trace;
    path->out[m] = out;
    if (!page_is_softmax(trace, m)) {
        leave(page, path, m, out);
        return;
    }
    for (size_t in = 0; in < trace->n[m]; in++)
        leave(page, path, m, in);
}

void explain_paths(struct page *page, const struct unit *at)
{
    const struct trace *trace = page->trace;
    const bool of_z = page_loss_formula(trace)->of_z;
    struct path path = {.to = at};
    page->sum = 0.0;
    for (size_t i = 0; i < trace->n[trace->L]; i++)
        (of_z ? leave : enter)(page, &path, trace->L, i);
}

/* The sums of layer 1 are the longest: each layer above multiplies the number of paths. */
size_t explain_products(const struct trace *trace, size_t limit)
{
    const bool of_z = page_loss_formula(trace)->of_z;
    size_t products = 1;
    for (size_t l = 1; l <= trace->L && products <= limit; l++) {
        if (page_is_softmax(trace, l) && !(of_z && l == trace->L))
            products *= trace->n[l];
        if (l > 1)
            products *= trace->n[l];
    }
    return products;
}
