/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gradient layer by layer: the rounds of backward_tmpl.c in another order, each a round of its
 * own, so that a layer's gradient is done before those below it have begun:
 *
 *     forward, D_L;  dW_L, db_L, hook;  D_{L-1};  dW_{L-1}, db_{L-1}, hook;  ...  dW_1, db_1, hook
 *
 * The slices are cut as there and the products are the same, and so are the bits.
 */
#include "blas/section.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

/* D_{l-1} from D_l. */
static void end_layer(struct pass *pass, const struct slice *slice)
{
    const size_t *l = pass->ends;
    BPB(pass_note)(pass, BPB(slice_propagate_layer)(slice, *l));
}

/* What the gradient layer by layer needs beside its pass. */
struct by_layer {
    layer_hook_t hook;
    void *user;
};

/* The hook runs as if the caller had called it: in the caller's floating-point environment, with
 * the caller's BLAS threads, and with no task in the plan's pool. pass_perform's section is left
 * and entered again around it. */
static void call_hook(const struct pass *pass, struct section *section,
                      const struct by_layer *by_layer, size_t l)
{
    const struct layer *shape = &pass->net->shape->layer[l - 1];
    bpb_section_leave(section);
    by_layer->hook(by_layer->user, l, pass->G + shape->W, (shape->n_in + 1) * shape->n_out);
    bpb_section_enter(section, pass->work->plan->uses_blas);
}

/* bpb_gradient_by_layer, bpbf_gradient_by_layer */
bpb_status BPB(gradient_by_layer)(const net_t *net, work_t *work, view_t X, targets_t T,
                                  real *gradient, double *loss, layer_hook_t hook, void *user)
{
    REQUIRE_POINTER(gradient);
    REQUIRE(hook, BPB_ERR_NULL, "hook is NULL");
    const struct by_layer by_layer = {hook, user};
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .T = T,
                        .needs = NEED_T | NEED_VJP | NEED_LOSS_GRADIENT,
                        .drops = true,
                        .end = BPB(slice_end_outputs),
                        .loss = loss,
                        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    BPB(pass_run)(&pass);
    pass.again = true;
    pass.end = end_layer;
    for (size_t l = net->shape->L; l > 0; l--) {
        BPB(descend_layer)(work, l, &(struct descent){.G = gradient});
        call_hook(&pass, &section, &by_layer, l);
        pass.ends = &l;
        if (l > 1)
            BPB(pass_run)(&pass);
    }
    work->left = LEFT_D;
    work->G = gradient;
    const bpb_status status = BPB(pass_outcome)(&pass);
    bpb_section_leave(&section);
    return status;
}
