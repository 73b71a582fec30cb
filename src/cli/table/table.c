/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <sys/stat.h>

#include "cli/common/paths.h"
#include "cli/common/say.h"
#include "image_folder.h"

#define AT(member) offsetof(struct table_settings, member)

/* clang-format off */
const struct option table_field_options[] = {
    {.name = "inputs", .kind = &kind_path, .offset = AT(inputs), .value = "NAME,...",
     .absent = "the inputs that the model was trained on", .help = TABLE_INPUTS_HELP},
    {.name = "targets", .kind = &kind_path, .offset = AT(targets), .value = "NAME,...|FILE",
     .absent = "the targets or classes that the model was trained on",
     .help = TABLE_TARGETS_HELP},
    {.name = "label", .kind = &kind_path, .offset = AT(label), .value = "NAME|FILE",
     .absent = "as for --targets", .help = TABLE_LABEL_HELP},
    {0},
};
/* clang-format on */

/* A path that does not exist is judged by its name. */
enum source source_of(const char *path)
{
    struct stat status;
    if (path_is_npy(path))
        return SOURCE_NPY;
    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? SOURCE_FOLDER : SOURCE_CSV;
    return path_ends_in(path, ".csv") || path_ends_in(path, ".tsv") || path_ends_in(path, ".txt")
               ? SOURCE_CSV
               : SOURCE_FOLDER;
}

const char *table_targets_option(const struct table_settings *table)
{
    return table->is_test ? "--test-targets" : "--targets";
}

const char *table_label_option(const struct table_settings *table)
{
    return table->is_test ? "--test-label" : "--label";
}

bool table_check(const struct table_settings *table)
{
    const enum source source = source_of(table->path);
    if (source == SOURCE_FOLDER && (table->targets || table->label || table->inputs)) {
        complain("%s applies to CSV and NumPy files, but %s is not such a file: remove the option",
                 table->targets ? table_targets_option(table)
                 : table->label ? table_label_option(table)
                                : "--inputs",
                 table->path);
        return false;
    }
    if (table->targets && table->label) {
        complain("%s and %s exclude each other: give the first for numbers, the second for classes",
                 table_targets_option(table), table_label_option(table));
        return false;
    }
    if (source == SOURCE_NPY && table->inputs) {
        complain(
            "--inputs applies to CSV files, but %s is a NumPy file: give a file that holds the "
            "inputs only",
            table->path);
        return false;
    }
    return true;
}
