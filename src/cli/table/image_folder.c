/* SPDX-License-Identifier: BSD-3-Clause */
#include "image_folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

static const char *const file_names[2][2] = {
    [PART_TRAIN] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
    [PART_TEST] = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
};

const char *part_name(enum part part)
{
    return part == PART_TRAIN ? "train" : "test";
}

static bool find(char path[PATH_BYTES], const char *folder, const char *name)
{
    static const char *const suffixes[] = {"", ".gz"};
    for (size_t i = 0; i < 2; i++) {
        const int length = snprintf(path, PATH_BYTES, "%s/%s%s", folder, name, suffixes[i]);
        if (length > 0 && length < PATH_BYTES && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

bool part_exists(const char *folder, enum part part)
{
    char path[PATH_BYTES];
    return find(path, folder, file_names[part][CONTENT_IMAGES]) ||
           find(path, folder, file_names[part][CONTENT_LABELS]);
}

int part_path(char path[PATH_BYTES], const char *folder, enum part part, enum content content)
{
    if (find(path, folder, file_names[part][content]))
        return CODE_FINE;
    struct stat status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
        complain("there is no folder %s: give the one that holds the IDX files, or a CSV or .npy "
                 "file",
                 folder);
    else
        complain("the folder %s has neither %s nor %s.gz: put it there, or give another folder",
                 folder, file_names[part][content], file_names[part][content]);
    return CODE_FAILED;
}
