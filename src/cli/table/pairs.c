/* SPDX-License-Identifier: BSD-3-Clause */
#include "pairs.h"

#define AT(member) offsetof(struct pairs_settings, member)

/* clang-format off */
const struct option pairs_data_options[] = {
    {.name = "data", .kind = &kind_path, .offset = AT(data.path), .value = "FILE|DIR",
     .required = true,
     .help = "CSV file, NumPy file (.npy), or folder of IDX files as for bpblas train. A CSV or "
             "NumPy file has one sample in each row. If the first row of a CSV file holds names, "
             "the fields are found by the names of the training data. Otherwise the inputs come "
             "first, then the targets; for cross-entropy with more than one output, the number of "
             "the class (from 0) may take the place of the targets. A first row with a field that "
             "is not a number holds names."},
    {.name = "part", .kind = &kind_part, .offset = AT(part), .value = "NAME", .preset = "test",
     .help = "Part of a folder: test reads the t10k files, train reads the train files."},
    {0},
};
/* clang-format on */
