/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trained closure inside a field solver: one net and one plan shared by all OpenMP threads,
 * each thread's scratch in its own memory, the fields used where they lie, bad cells flagged
 * while the others stay valid, and the answer the same however the domain is cut.
 *
 * The state is an array of cells of 8 values, of which the net takes 6; the four fluxes it
 * gives are arrays over the cells.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUES = 8, INPUTS = 6, FLUXES = 4, BLOCK = 64 };
static const size_t taken[INPUTS] = {0, 1, 2, 4, 5, 7};

/* flux (cells of them in each of FLUXES arrays) = net(state); the number of cells without an
 * answer, or a negative status. */
static long closure(const bpb_net *net, const bpb_plan *plan, const double *state, size_t cells,
                    double *flux, unsigned char *flags)
{
    long bad = 0;
    int error = 0;
#pragma omp parallel reduction(+ : bad) reduction(min : error)
    {
        const size_t bytes = bpb_work_bytes(plan);
        void *memory = malloc(bytes);
        bpb_work *work = NULL;
        error = bpb_work_init(&work, plan, memory, bytes);
#pragma omp for
        for (size_t c = 0; c < cells; c += BLOCK) {
            const size_t m = cells - c < BLOCK ? cells - c : BLOCK;
            if (error < 0)
                continue;
            const int status = bpb_predict_with(
                net, work,
                (bpb_view){.data = state + c * VALUES, .rows = INPUTS, .cols = m,
                             .ld = VALUES, .row_index = taken},
                (bpb_out){.data = flux + c, .rows = FLUXES, .cols = m,
                            .ld = 1, .row_stride = cells},
                flags + c);
            for (size_t j = 0; status > 0 && j < m; j++)
                bad += flags[c + j];
            if (status < 0)
                error = status;
        }
        free(memory);
    }
    return error < 0 ? error : bad;
}

int main(void)
{
    enum { CELLS = 1000 };
    static double state[CELLS * VALUES], flux[CELLS * FLUXES];
    static unsigned char flags[CELLS];
    for (int i = 0; i < CELLS * VALUES; i++)
        state[i] = sin(0.37 * i);
    state[17 * VALUES + 4] = NAN; // one cell has gone wrong

    const size_t sizes[] = {INPUTS, 64, 64, FLUXES};
    bpb_net *net = NULL; // in earnest: bpb_net_load(&net, "closure.safetensors", NULL)
    bpb_plan *plan = NULL;
    int status = bpb_net_create(
        &net, &(bpb_net_options){
                  .sizes = sizes, .n_sizes = 4, .hidden = BPB_TANH, .output = BPB_IDENTITY});
    if (!status)
        status = bpb_plan_create(&plan, net, NULL);
    const long bad = status ? status : closure(net, plan, state, CELLS, flux, flags);
    printf("cells without an answer: %ld; first flux %.6f\n", bad, flux[0]);
    bpb_plan_destroy(&plan);
    bpb_net_destroy(&net);
    return bad != 1 || !flags[17];
}
