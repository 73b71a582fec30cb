/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan has chosen, to be read: entry by entry, and as text that makes the plan again. */
#include <stdio.h>
#include <string.h>

#include "plan/plan_tmpl.h"
#include "plan/wisdom.h"

static bool same_product(const struct wisdom_line *line, struct product_shape shape,
                         enum product product)
{
    return line->precision == BPB_SELECT('d', 's') && line->product == product &&
           line->m == shape.m && line->n == shape.n && line->k == shape.k;
}

static bpb_status apply_line(plan_t *plan, const struct wisdom_line *line)
{
    for (size_t l = 1; l <= plan->shape->L; l++) {
        if (!has_product(plan, line->product, l) ||
            !same_product(line, BPB(product_shape)(plan, line->product, l), line->product))
            continue;
        const struct kernel *kernel = BPB(kernel_named)(line->kernel, line->kernel_length);
        REQUIRE(
            kernel && BPB(kernel_allowed)(plan, line->product, l, kernel), BPB_ERR_FORMAT,
            "the wisdom's kernel for the %s of layer %zu is none that this machine and plan have",
            bpb_product_names[line->product], l);
        plan->layer[l - 1].kernel[line->product] = kernel;
    }
    return BPB_OK;
}

bpb_status BPB(wisdom_apply)(plan_t *plan, const char *text)
{
    struct wisdom_line line;
    bpb_status status;
    REQUIRE(strncmp(text, BPB_WISDOM_TITLE, strlen(BPB_WISDOM_TITLE)) == 0, BPB_ERR_FORMAT,
            "wisdom does not begin with \"" BPB_WISDOM_TITLE "\", as the text of one does");
    while ((status = bpb_wisdom_read(&text, &line)) == BPB_OK)
        TRY(apply_line(plan, &line));
    return status == BPB_STOPPED ? BPB_OK : status;
}

/* One "s gradient 30 784 10 tiles" behind the text that is there; its length. */
static size_t write_line(const plan_t *plan, enum product product, size_t l, char *line,
                         size_t capacity)
{
    const struct product_shape shape = BPB(product_shape)(plan, product, l);
    return (size_t)snprintf(line, capacity, "%c %s %zu %zu %zu %s\n", BPB_SELECT('d', 's'),
                            bpb_product_names[product], shape.m, shape.n, shape.k,
                            plan->layer[l - 1].kernel[product]->name);
}

/* text NULL: the length alone. */
static size_t write_all(const plan_t *plan, char *text)
{
    char line[160];
    size_t length = (size_t)snprintf(line, sizeof line, "%s\n", BPB_WISDOM_TITLE);
    if (text)
        memcpy(text, line, length + 1);
    for (size_t l = 1; l <= plan->shape->L; l++)
        for (enum product product = 0; product < PRODUCTS; product++) {
            if (!has_product(plan, product, l))
                continue;
            const size_t more = write_line(plan, product, l, line, sizeof line);
            if (text)
                memcpy(text + length, line, more + 1);
            length += more;
        }
    return length;
}

/* bpb_plan_wisdom, bpbf_plan_wisdom */
bpb_status BPB(plan_wisdom)(const plan_t *plan, char *text, size_t capacity, size_t *bytes)
{
    REQUIRE_POINTER(plan);
    REQUIRE_POINTER(bytes);
    *bytes = write_all(plan, NULL) + 1;
    if (!text)
        return BPB_OK;
    REQUIRE(capacity >= *bytes, BPB_ERR_BUFFER, "capacity is %zu; the wisdom takes %zu bytes",
            capacity, *bytes);
    write_all(plan, text);
    return BPB_OK;
}

/* Find allowed kernel i, counted over layers, products and kernels. */
static bool find_entry(const plan_t *plan, size_t i, enum product *product, size_t *l,
                       size_t *which)
{
    const struct kernel *const *kernels = BPB(kernels)();
    for (*l = 1; *l <= plan->shape->L; (*l)++)
        for (*product = 0; *product < PRODUCTS; (*product)++)
            for (*which = 0; kernels[*which]; (*which)++)
                if (BPB(kernel_allowed)(plan, *product, *l, kernels[*which]) && i-- == 0)
                    return true;
    return false;
}

/* bpb_plan_entry, bpbf_plan_entry */
bpb_status BPB(plan_entry)(const plan_t *plan, size_t i, bpb_plan_choice *entry)
{
    enum product product;
    size_t l, which;
    REQUIRE_POINTER(plan);
    REQUIRE(entry, BPB_ERR_NULL, "choice is NULL");
    REQUIRE(find_entry(plan, i, &product, &l, &which), BPB_ERR_SIZE, "the plan has no choice %zu",
            i);
    const struct product_shape shape = BPB(product_shape)(plan, product, l);
    const struct planned *layer = &plan->layer[l - 1];
    const struct kernel *kernel = BPB(kernels)()[which];
    *entry = (bpb_plan_choice){
        .product = bpb_product_names[product],
        .layer = l,
        .m = shape.m,
        .n = shape.n,
        .k = shape.k,
        .kernel = kernel->name,
        .chosen = layer->kernel[product] == kernel,
        .seconds = layer->seconds[product][which],
    };
    return BPB_OK;
}
