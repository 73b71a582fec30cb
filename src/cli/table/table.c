/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <sys/stat.h>

#include "cli/common/paths.h"
#include "cli/common/say.h"
#include "image_folder.h"

/* What is not there is the kind of file that it would be. */
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

static bool refuse_for_folder(const struct table_settings *table)
{
    const char *option = table->targets ? table->targets_option
                         : table->label ? table->label_option
                                        : "--inputs";
    complain("%s: %s is no CSV or NumPy file, and a folder of IDX files has inputs and labels of "
             "its own: leave it out",
             option, table->path);
    return false;
}

bool table_check(const struct table_settings *table)
{
    const enum source source = source_of(table->path);
    if (source == SOURCE_FOLDER && (table->targets || table->label || table->inputs))
        return refuse_for_folder(table);
    if (table->targets && table->label) {
        complain("%s and %s: give the one for numbers, or the other for classes",
                 table->targets_option, table->label_option);
        return false;
    }
    if (source == SOURCE_NPY && table->inputs) {
        complain("--inputs: %s has no names and is taken as it is: give a file with the inputs "
                 "alone",
                 table->path);
        return false;
    }
    return true;
}
