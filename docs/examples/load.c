/* SPDX-License-Identifier: BSD-3-Clause */
/* Load a model and predict, one sample at a time, in memory of the caller. */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>

/* A net that computes y = (x_1 + x_2, x_1 - x_2), as a model file. */
static bpb_status save_model(const char *path)
{
    const size_t sizes[] = {2, 2};
    bpb_net *net = NULL;
    bpb_status s = bpb_net_create(&net, &(bpb_net_options){
        .sizes = sizes, .n_sizes = 2, .output = BPB_IDENTITY, .init = BPB_INIT_ZERO});
    if (s)
        return s;
    const bpb_out W = bpb_net_W(net, bpb_net_theta(net), 1);
    W.data[0] = W.data[1] = W.data[2] = 1; // column-major
    W.data[3] = -1;
    s = bpb_net_save(net, path);
    bpb_net_destroy(&net);
    return s;
}

/* The distance of outputs from those of this model. */
static double error(int i, const double *y)
{
    return fmax(fabs(y[0] - 1.5 * i), fabs(y[1] - 0.5 * i));
}

/* The caller's loop: x changes in each step, y is where it wants the outputs. */
static bpb_status predict_all(const char *path, double *worst)
{
    double x[2], y[2];
    bpb_net *net = NULL;
    bpb_work *work = NULL;
    bpb_status s = bpb_net_load(&net, path, NULL);
    if (!s)
        s = bpb_work_create_for(&work, net, NULL);
    for (int i = 0; i < 1000 && !s; i++) {
        x[0] = i;
        x[1] = 0.5 * i;
        s = bpb_predict_with(net, work, bpb_samples(x, 1, 2), bpb_samples_out(y, 1, 2), NULL);
        *worst = fmax(*worst, error(i, y));
    }
    bpb_work_destroy(&work);
    bpb_net_destroy(&net);
    return s;
}

int main(void)
{
    const char *path = "load_example.safetensors";
    double worst = 0;
    bpb_status s = save_model(path);
    if (s == BPB_ERR_UNSUPPORTED)
        return 77; // this library is built without model files
    if (!s)
        s = predict_all(path, &worst);
    remove(path);
    if (s)
        fprintf(stderr, "%s\n", bpb_error());
    return s || worst > 0;
}
