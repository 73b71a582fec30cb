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

/* The hook runs as if the caller had called it: in his floating-point environment, with the BLAS
 * threads that he has set, and no task in the plan's pool. */
static void call_hook(const struct pass *pass, struct section *section, layer_hook_t hook,
                      void *user, size_t l, real *gradient)
{
    const struct layer *shape = &pass->net->shape->layer[l - 1];
    bpb_section_leave(section);
    hook(user, l, gradient + shape->W, (shape->n_in + 1) * shape->n_out);
    bpb_section_enter(section, pass->work->plan->uses_blas);
}

/* From the top down, once D_L is there. */
static void go_down(struct pass *pass, struct section *section, real *gradient, layer_hook_t hook,
                    void *user)
{
    size_t l = pass->net->shape->L;
    pass->again = true;
    pass->end = end_layer;
    pass->ends = &l;
    for (;; l--) {
        BPB(descend_layer)(pass->work, l, &(struct descent){.G = gradient});
        call_hook(pass, section, hook, user, l, gradient);
        if (l == 1)
            return;
        BPB(pass_run)(pass);
    }
}

/* bpb_gradient_by_layer, bpbf_gradient_by_layer */
bpb_status BPB(gradient_by_layer)(const net_t *net, work_t *work, view_t X, view_t T,
                                  real *gradient, double *loss, layer_hook_t hook, void *user)
{
    REQUIRE(gradient && hook, BPB_ERR_NULL);
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(BPB(functions_check)(work->plan, NEED_VJP | NEED_LOSS_GRADIENT));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    struct pass pass = {.net = net,
                        .work = work,
                        .X = BPB(view_resolve)(X),
                        .T = BPB(view_resolve)(T),
                        .count = X.cols,
                        .drops = true,
                        .end = BPB(slice_end_outputs),
                        .scale = 1.0 / (double)X.cols,
                        .wants_loss = loss};
    BPB(pass_run)(&pass);
    go_down(&pass, &section, gradient, hook, user);
    work->left = LEFT_D;
    work->G = gradient;
    const bpb_status status = BPB(pass_outcome)(&pass, loss);
    bpb_section_leave(&section);
    return status;
}
