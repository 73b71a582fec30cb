/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of version 0.4, as macros and small functions. A program of 0.4 that includes this header
 * after bpblas.h compiles unchanged where only names or the form of a call changed. bpblas.h does
 * not include it.
 *
 * What is not here has other arguments or another meaning in 0.5: calls with targets, sets of
 * samples, the scaling of float nets, some fields of options. docs/from-0.4.md tells what to write.
 * The header will be removed in a later version.
 */
#ifndef BPBLAS_NAMES_0_4_H
#define BPBLAS_NAMES_0_4_H

#include "bpblas.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types and functions with another name ------------------------------------------------ */

#define bpb_dview bpb_out
#define bpb_dcview bpb_view
#define bpb_dnet bpb_net
#define bpb_dplan bpb_plan
#define bpb_dwork bpb_work
#define bpb_dlayer bpb_layer
#define bpb_dlayer_hook bpb_layer_hook
#define bpb_dopt bpb_opt
#define bpb_dobjective bpb_objective
#define bpb_dmapped bpb_mapped
#define bpb_dfunctions bpb_functions
#define bpb_dactivation_function bpb_activation_function
#define bpb_dloss_function bpb_loss_function
#define bpb_dread bpb_view_of
#define bpb_dcolumns bpb_columns
#define bpb_dfind_nonfinite bpb_find_nonfinite
#define bpb_dnet_create bpb_net_create
#define bpb_dnet_destroy bpb_net_destroy
#define bpb_dnet_copy bpb_net_copy
#define bpb_dnet_set_activation bpb_net_set_activation
#define bpb_dnet_set_loss bpb_net_set_loss
#define bpb_dnet_init bpb_net_init
#define bpb_dnet_layers bpb_net_layers
#define bpb_dnet_units bpb_net_size
#define bpb_dnet_parameters bpb_net_parameters
#define bpb_dnet_theta bpb_net_theta
#define bpb_dnet_ctheta bpb_net_ctheta
#define bpb_dnet_W bpb_net_W
#define bpb_dnet_b bpb_net_b
#define bpb_dnet_set_note bpb_net_set_note
#define bpb_dnet_note bpb_net_note
#define bpb_dnet_note_key bpb_net_note_key
#define bpb_dplan_create bpb_plan_create
#define bpb_dplan_destroy bpb_plan_destroy
#define bpb_dplan_threads bpb_plan_threads
#define bpb_dplan_entry bpb_plan_entry
#define bpb_dplan_wisdom bpb_plan_wisdom
#define bpb_dwork_bytes bpb_work_bytes
#define bpb_dwork_init bpb_work_init
#define bpb_dwork_create bpb_work_create
#define bpb_dwork_destroy bpb_work_destroy
#define bpb_dwork_dropout bpb_work_dropout
#define bpb_dwork_layer bpb_work_layer
#define bpb_dforward bpb_forward
#define bpb_dvjp bpb_vjp
#define bpb_djvp bpb_jvp
#define bpb_djacobian bpb_jacobian
#define bpb_djacobian_vjp bpb_jacobian_vjp
#define bpb_dopt_create bpb_opt_create
#define bpb_dopt_destroy bpb_opt_destroy
#define bpb_dopt_step bpb_opt_step
#define bpb_dopt_loss bpb_opt_loss
#define bpb_dopt_set_eta bpb_opt_set_eta
#define bpb_dopt_eta bpb_opt_eta
#define bpb_dopt_steps bpb_opt_steps
#define bpb_dopt_pack bpb_opt_pack
#define bpb_dopt_unpack bpb_opt_unpack
#define bpb_dnorm2 bpb_norm2
#define bpb_dobjective_destroy bpb_objective_destroy
#define bpb_dobjective_gradient bpb_objective_gradient
#define bpb_dobjective_hvp bpb_objective_hvp
#define bpb_dobjective_gnvp bpb_objective_gnvp
#define bpb_dpredict_with bpb_predict_with
#define bpb_didx_read bpb_idx_read
#define bpb_done_hot bpb_one_hot
#define bpb_dcsv_read bpb_csv_read
#define bpb_dcsv_read_labels bpb_csv_read_labels
#define bpb_dnpy_read bpb_npy_read
#define bpb_dnpy_write bpb_npy_write
#define bpb_dmapped_open bpb_mapped_open
#define bpb_dmapped_close bpb_mapped_close
#define bpb_dnet_save bpb_net_save
#define bpb_dnet_save_memory bpb_net_save_memory
#define bpb_dnet_save_network2 bpb_net_save_network2
#define bpb_dnet_load_network2 bpb_net_load_network2
#define bpb_dwhitening bpb_whitening
#define bpb_dwhitening_create bpb_whitening_create
#define bpb_dwhitening_destroy bpb_whitening_destroy
#define bpb_dwhitening_merge bpb_whitening_merge
#define bpb_dwhitening_solve bpb_whitening_solve
#define bpb_dwhitening_add bpb_whitening_add
#define bpb_dwhitening_apply bpb_whitening_apply
#define bpb_dwhitening_fold bpb_whitening_fold

#define bpb_sview bpbf_out
#define bpb_scview bpbf_view
#define bpb_snet bpbf_net
#define bpb_splan bpbf_plan
#define bpb_swork bpbf_work
#define bpb_slayer bpbf_layer
#define bpb_slayer_hook bpbf_layer_hook
#define bpb_sopt bpbf_opt
#define bpb_sobjective bpbf_objective
#define bpb_smapped bpbf_mapped
#define bpb_sfunctions bpbf_functions
#define bpb_sactivation_function bpbf_activation_function
#define bpb_sloss_function bpbf_loss_function
#define bpb_sread bpbf_view_of
#define bpb_scolumns bpbf_columns
#define bpb_sfind_nonfinite bpbf_find_nonfinite
#define bpb_snet_create bpbf_net_create
#define bpb_snet_destroy bpbf_net_destroy
#define bpb_snet_copy bpbf_net_copy
#define bpb_snet_set_activation bpbf_net_set_activation
#define bpb_snet_set_loss bpbf_net_set_loss
#define bpb_snet_init bpbf_net_init
#define bpb_snet_layers bpbf_net_layers
#define bpb_snet_units bpbf_net_size
#define bpb_snet_parameters bpbf_net_parameters
#define bpb_snet_theta bpbf_net_theta
#define bpb_snet_ctheta bpbf_net_ctheta
#define bpb_snet_W bpbf_net_W
#define bpb_snet_b bpbf_net_b
#define bpb_snet_set_note bpbf_net_set_note
#define bpb_snet_note bpbf_net_note
#define bpb_snet_note_key bpbf_net_note_key
#define bpb_splan_create bpbf_plan_create
#define bpb_splan_destroy bpbf_plan_destroy
#define bpb_splan_threads bpbf_plan_threads
#define bpb_splan_entry bpbf_plan_entry
#define bpb_splan_wisdom bpbf_plan_wisdom
#define bpb_swork_bytes bpbf_work_bytes
#define bpb_swork_init bpbf_work_init
#define bpb_swork_create bpbf_work_create
#define bpb_swork_destroy bpbf_work_destroy
#define bpb_swork_dropout bpbf_work_dropout
#define bpb_swork_layer bpbf_work_layer
#define bpb_sforward bpbf_forward
#define bpb_svjp bpbf_vjp
#define bpb_sjvp bpbf_jvp
#define bpb_sjacobian bpbf_jacobian
#define bpb_sjacobian_vjp bpbf_jacobian_vjp
#define bpb_sopt_create bpbf_opt_create
#define bpb_sopt_destroy bpbf_opt_destroy
#define bpb_sopt_step bpbf_opt_step
#define bpb_sopt_loss bpbf_opt_loss
#define bpb_sopt_set_eta bpbf_opt_set_eta
#define bpb_sopt_eta bpbf_opt_eta
#define bpb_sopt_steps bpbf_opt_steps
#define bpb_sopt_pack bpbf_opt_pack
#define bpb_sopt_unpack bpbf_opt_unpack
#define bpb_snorm2 bpbf_norm2
#define bpb_sobjective_destroy bpbf_objective_destroy
#define bpb_sobjective_gradient bpbf_objective_gradient
#define bpb_sobjective_hvp bpbf_objective_hvp
#define bpb_sobjective_gnvp bpbf_objective_gnvp
#define bpb_spredict_with bpbf_predict_with
#define bpb_sidx_read bpbf_idx_read
#define bpb_sone_hot bpbf_one_hot
#define bpb_scsv_read bpbf_csv_read
#define bpb_scsv_read_labels bpbf_csv_read_labels
#define bpb_snpy_read bpbf_npy_read
#define bpb_snpy_write bpbf_npy_write
#define bpb_smapped_open bpbf_mapped_open
#define bpb_smapped_close bpbf_mapped_close
#define bpb_snet_save bpbf_net_save
#define bpb_snet_save_memory bpbf_net_save_memory
#define bpb_snet_save_network2 bpbf_net_save_network2
#define bpb_snet_load_network2 bpbf_net_load_network2
#define bpb_swhitening bpb_whitening
#define bpb_swhitening_create bpb_whitening_create
#define bpb_swhitening_destroy bpb_whitening_destroy
#define bpb_swhitening_merge bpb_whitening_merge
#define bpb_swhitening_solve bpb_whitening_solve
#define bpb_swhitening_add bpbf_whitening_add
#define bpb_swhitening_apply bpbf_whitening_apply
#define bpb_swhitening_fold bpbf_whitening_fold

/* ---- Calls of another form --------------------------------------------------------------- */

static inline bpb_view bpb_dcmatrix(const double *data, size_t rows, size_t cols)
{
    return bpb_samples(data, cols, rows);
}
static inline bpb_out bpb_dmatrix(double *data, size_t rows, size_t cols)
{
    return bpb_samples_out(data, cols, rows);
}
static inline bpb_status bpb_dpredict(const bpb_net *net, bpb_view X, bpb_out Y)
{
    return bpb_predict(net, X, Y, NULL);
}
static inline bpb_status bpb_dnet_load(bpb_net **net, const char *path)
{
    return bpb_net_load(net, path, NULL);
}
static inline bpb_status bpb_dnet_load_memory(bpb_net **net, const void *buffer, size_t bytes)
{
    return bpb_net_load_memory(net, buffer, bytes, NULL);
}
static inline bpb_status bpb_dmoments_add(bpb_moments *moments, bpb_view X)
{
    return bpb_moments_add(moments, X, 0);
}
static inline bpb_activation bpb_dnet_activation(const bpb_net *net, size_t l)
{
    return bpb_net_layer(net, l).activation;
}
static inline const char *bpb_dnet_activation_name(const bpb_net *net, size_t l)
{
    return bpb_net_layer(net, l).name;
}
static inline double bpb_dnet_activation_parameter(const bpb_net *net, size_t l)
{
    return bpb_net_layer(net, l).parameter;
}
static inline bpb_loss_kind bpb_dnet_loss(const bpb_net *net)
{
    return bpb_net_loss(net).kind;
}
static inline const char *bpb_dnet_loss_name(const bpb_net *net)
{
    return bpb_net_loss(net).name;
}
static inline double bpb_dnet_loss_parameter(const bpb_net *net)
{
    return bpb_net_loss(net).parameter;
}
static inline size_t bpb_dnet_targets(const bpb_net *net)
{
    return bpb_net_loss(net).n_targets;
}
static inline bpb_status bpb_dnet_standardise_inputs(bpb_net *net, const bpb_moments *moments)
{
    return moments ? bpb_net_standardise_by(net, moments, NULL) : BPB_ERR_NULL;
}
static inline bpb_status bpb_dnet_standardise_outputs(bpb_net *net, const bpb_moments *moments)
{
    return moments ? bpb_net_standardise_by(net, NULL, moments) : BPB_ERR_NULL;
}
static inline bpb_status bpb_dnet_set_input_scaling(bpb_net *net, const double *shift,
                                                    const double *factor)
{
    return bpb_net_set_scaling(net, BPB_INPUTS, shift, factor);
}
static inline const double *bpb_dnet_input_scaling(const bpb_net *net)
{
    return bpb_net_scaling(net, BPB_INPUTS);
}
static inline bpb_status bpb_dnet_set_output_scaling(bpb_net *net, const double *shift,
                                                     const double *factor)
{
    return bpb_net_set_scaling(net, BPB_OUTPUTS, shift, factor);
}
static inline const double *bpb_dnet_output_scaling(const bpb_net *net)
{
    return bpb_net_scaling(net, BPB_OUTPUTS);
}

static inline bpbf_view bpb_scmatrix(const float *data, size_t rows, size_t cols)
{
    return bpbf_samples(data, cols, rows);
}
static inline bpbf_out bpb_smatrix(float *data, size_t rows, size_t cols)
{
    return bpbf_samples_out(data, cols, rows);
}
static inline bpb_status bpb_spredict(const bpbf_net *net, bpbf_view X, bpbf_out Y)
{
    return bpbf_predict(net, X, Y, NULL);
}
static inline bpb_status bpb_snet_load(bpbf_net **net, const char *path)
{
    return bpbf_net_load(net, path, NULL);
}
static inline bpb_status bpb_snet_load_memory(bpbf_net **net, const void *buffer, size_t bytes)
{
    return bpbf_net_load_memory(net, buffer, bytes, NULL);
}
static inline bpb_status bpb_smoments_add(bpb_moments *moments, bpbf_view X)
{
    return bpbf_moments_add(moments, X, 0);
}
static inline bpb_activation bpb_snet_activation(const bpbf_net *net, size_t l)
{
    return bpbf_net_layer(net, l).activation;
}
static inline const char *bpb_snet_activation_name(const bpbf_net *net, size_t l)
{
    return bpbf_net_layer(net, l).name;
}
static inline double bpb_snet_activation_parameter(const bpbf_net *net, size_t l)
{
    return bpbf_net_layer(net, l).parameter;
}
static inline bpb_loss_kind bpb_snet_loss(const bpbf_net *net)
{
    return bpbf_net_loss(net).kind;
}
static inline const char *bpb_snet_loss_name(const bpbf_net *net)
{
    return bpbf_net_loss(net).name;
}
static inline double bpb_snet_loss_parameter(const bpbf_net *net)
{
    return bpbf_net_loss(net).parameter;
}
static inline size_t bpb_snet_targets(const bpbf_net *net)
{
    return bpbf_net_loss(net).n_targets;
}
static inline bpb_status bpb_snet_standardise_inputs(bpbf_net *net, const bpb_moments *moments)
{
    return moments ? bpbf_net_standardise_by(net, moments, NULL) : BPB_ERR_NULL;
}
static inline bpb_status bpb_snet_standardise_outputs(bpbf_net *net, const bpb_moments *moments)
{
    return moments ? bpbf_net_standardise_by(net, NULL, moments) : BPB_ERR_NULL;
}

static inline const char *bpb_activation_name(bpb_activation value)
{
    return bpb_name(BPB_NAMES_ACTIVATION, (int)value);
}
static inline const char *bpb_loss_name(bpb_loss_kind value)
{
    return bpb_name(BPB_NAMES_LOSS, (int)value);
}
static inline const char *bpb_init_name(bpb_init value)
{
    return bpb_name(BPB_NAMES_INIT, (int)value);
}
static inline const char *bpb_method_name(bpb_method value)
{
    return bpb_name(BPB_NAMES_METHOD, (int)value);
}
static inline const char *bpb_schedule_name(bpb_schedule_kind value)
{
    return bpb_name(BPB_NAMES_SCHEDULE, (int)value);
}
static inline const char *bpb_check_name(bpb_check_kind value)
{
    return bpb_name(BPB_NAMES_CHECK, (int)value);
}

#ifdef __cplusplus
}
#endif

#endif
